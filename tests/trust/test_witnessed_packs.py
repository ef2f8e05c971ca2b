"""`verify` and the page say how many witnesses saw the log of a pack, and find a line in a witness's name that does not hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from diary.crypto.signing import Notary
from diary.ledger import checkpoints, cosignatures
from diary.ledger.cosignatures import Cosignature, LogWitness
from diary.pack.verify.verifier import verify
from tests.pack.conftest import BuiltPack
from tests.pack.fiction import fictional_diary
from tests.pack.judging import Cases, compare
from tests.pack.test_log_part import OTHERS, Logged, packed
from tests.running import here

KEYS = tuple(Notary(bytes(31) + bytes([n])) for n in (1, 2, 3))
WITNESSES = tuple(LogWitness(f"witness.example/{n}", key.pub) for n, key in enumerate(KEYS))
AT = 1_790_000_000


def line(n: int, note: str, *, over: str | None = None) -> str:
    """One witness's line over a note, or over another text."""
    text = over or note.split("\n\n", maxsplit=1)[0] + "\n"
    return checkpoints.line_text(cosignatures.cosign(KEYS[n], WITNESSES[n].name, text, AT)).rstrip("\n")


def made(folder: Path, change: Any) -> BuiltPack:
    """A pack whose newest checkpoint has these lines."""
    folder.mkdir()
    diary = fictional_diary(count=2)
    log = Logged(diary).log(OTHERS + 1, None)
    newest = log["checkpoints"][-1]
    newest["cosignatures"] = change(newest["note"])
    return packed(diary, log, folder)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """Two of the three witnesses, and a key nobody knows."""
    stranger = checkpoints.line_text(cosignatures.cosign(Notary(bytes(32)), "other.example", "x\n", 1)).rstrip("\n")
    return made(tmp_path_factory.mktemp("seen") / "pack", lambda note: [line(1, note), stranger, line(0, note)])


def counted(
    pack: BuiltPack, witnesses: Sequence[LogWitness]
) -> tuple[list[str], list[tuple[int, Sequence[Cosignature]]]]:
    """The codes found, and what was told of the witnesses."""
    told: list[tuple[int, Sequence[Cosignature]]] = []
    found = verify(pack.path, notary=pack.diary.notary.pub, witnesses=witnesses, on_seen=lambda *one: told.append(one))
    return [one.code for one in found], told


def test_the_witnesses_a_reader_knows_are_counted(seen: BuiltPack, tmp_path: Path) -> None:
    """Those given, each once; nobody given, nothing said. The command names them."""
    size = seen.told.log.anchors[-1].size
    assert counted(seen, ()) == ([], [])
    assert counted(seen, WITNESSES) == (
        [],
        [(size, (Cosignature(WITNESSES[0].name, AT), Cosignature(WITNESSES[1].name, AT)))],
    )
    assert counted(seen, WITNESSES[2:]) == ([], [(size, ())])
    notary, keys = tmp_path / "notary", tmp_path / "witnesses"
    notary.write_bytes(seen.diary.notary.pub)
    keys.write_text("".join(f"{one.vkey}\n" for one in WITNESSES))
    done = here("verify", seen.path, "--notary", notary, "--witness", keys)
    assert done.returncode == 0, done.stdout
    assert (
        f"2 of 3 witnesses have seen the log up to {size} leaves (witness.example/0, witness.example/1)." in done.stdout
    )


def test_a_line_that_does_not_hold_is_found_by_both(seen: BuiltPack, tmp_path: Path) -> None:
    """Over another text, or no line at all; a stranger's says nothing. Page and program agree."""
    forged = made(tmp_path / "forged", lambda note: [line(0, note), line(1, note, over="x\n1\ny\n")])
    broken = made(tmp_path / "broken", lambda note: [line(0, note), "no line"])
    cases = Cases(tmp_path, seen.diary.notary.pub)
    for name, pack in (("seen", seen), ("forged", forged), ("broken", broken)):
        cases.add(name, pack.path, notary=pack.diary.notary.pub, witnesses=WITNESSES)
        cases.add(f"{name} to a stranger", pack.path, notary=pack.diary.notary.pub)
    found = {name: {code for code, _ in one} for name, one in compare(cases).items()}
    assert found["forged"] == found["broken"] == {"cosignature"}
    assert found["seen"] == found["forged to a stranger"] == found["broken to a stranger"] == set()

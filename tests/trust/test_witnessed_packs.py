"""`verify` and the page report how many witnesses cosigned the log of a pack, and find invalid lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from diary.crypto.signing import Ed25519Signer
from diary.ledger import checkpoints, cosignatures
from diary.ledger.cosignatures import Cosignature, LogWitness
from diary.pack.verify.verifier import VerifiedFacts, verify_pack
from tests.cli_runner import run_cli_in_process
from tests.pack.conftest import BuiltPack
from tests.pack.fictional_diary import fictional_diary
from tests.pack.test_log_part import FOREIGN_LEAF_COUNT, InMemoryLog, make_pack_with_log
from tests.pack.verifier_comparison import PackCases, compare_verifiers

WITNESS_KEYS = tuple(Ed25519Signer(bytes(31) + bytes([n])) for n in (1, 2, 3))
WITNESSES = tuple(LogWitness(f"witness.example/{n}", key.pub) for n, key in enumerate(WITNESS_KEYS))
SIGNED_AT_SECONDS = 1_790_000_000


def cosignature_line(n: int, note: str, *, over: str | None = None) -> str:
    """Return one witness's line over a note, or over another text."""
    text = over or note.split("\n\n", maxsplit=1)[0] + "\n"
    return checkpoints.format_signature_line(
        cosignatures.cosign(WITNESS_KEYS[n], WITNESSES[n].name, text, SIGNED_AT_SECONDS)
    ).rstrip("\n")


def build_witnessed_pack(folder: Path, change: Any) -> BuiltPack:
    """Build a pack whose newest checkpoint has these lines."""
    folder.mkdir()
    diary = fictional_diary(count=2)
    log = InMemoryLog(diary).log_part(FOREIGN_LEAF_COUNT + 1, None)
    newest = log["checkpoints"][-1]
    newest["cosignatures"] = change(newest["note"])
    return make_pack_with_log(diary, log, folder)


@pytest.fixture(scope="module")
def witnessed_pack(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """Build a pack with lines of two of the three witnesses, and of an unknown key."""
    stranger = checkpoints.format_signature_line(
        cosignatures.cosign(Ed25519Signer(bytes(32)), "other.example", "x\n", 1)
    ).rstrip("\n")
    return build_witnessed_pack(
        tmp_path_factory.mktemp("seen") / "pack",
        lambda note: [cosignature_line(1, note), stranger, cosignature_line(0, note)],
    )


def count_witnesses(pack: BuiltPack, witnesses: Sequence[LogWitness]) -> tuple[list[str], int, tuple[Cosignature, ...]]:
    """Return the codes of the findings, the size of the log that witnesses saw, and their cosignatures."""
    facts = VerifiedFacts()
    findings = verify_pack(pack.path, notary=pack.diary.notary.pub, witnesses=witnesses, facts=facts)
    return [finding.code for finding in findings], facts.log_size, tuple(facts.cosignatures)


def test_the_witnesses_a_reader_knows_are_counted(witnessed_pack: BuiltPack, tmp_path: Path) -> None:
    """Each given witness counts once; without any there is no report. The command names them."""
    size = witnessed_pack.capsule.log.checkpoints[-1].size
    assert count_witnesses(witnessed_pack, ()) == ([], 0, ())
    assert count_witnesses(witnessed_pack, WITNESSES) == (
        [],
        size,
        (Cosignature(WITNESSES[0].name, SIGNED_AT_SECONDS), Cosignature(WITNESSES[1].name, SIGNED_AT_SECONDS)),
    )
    assert count_witnesses(witnessed_pack, WITNESSES[2:]) == ([], size, ())
    notary, keys = tmp_path / "notary", tmp_path / "witnesses"
    notary.write_bytes(witnessed_pack.diary.notary.pub)
    keys.write_text("".join(f"{one.vkey}\n" for one in WITNESSES))
    result = run_cli_in_process("verify", witnessed_pack.path, "--notary", notary, "--witness", keys)
    assert result.returncode == 0, result.stdout
    assert (
        f"2 of 3 witnesses have seen the log up to {size} leaves (witness.example/0, witness.example/1)."
        in result.stdout
    )


def test_a_line_that_does_not_hold_is_found_by_both(witnessed_pack: BuiltPack, tmp_path: Path) -> None:
    """A line over another text and a malformed one are found, a stranger's is ignored. Page and program agree."""
    forged = build_witnessed_pack(
        tmp_path / "forged", lambda note: [cosignature_line(0, note), cosignature_line(1, note, over="x\n1\ny\n")]
    )
    broken = build_witnessed_pack(tmp_path / "broken", lambda note: [cosignature_line(0, note), "no line"])
    cases = PackCases(tmp_path, witnessed_pack.diary.notary.pub)
    for name, pack in (("seen", witnessed_pack), ("forged", forged), ("broken", broken)):
        cases.add(name, pack.path, notary=pack.diary.notary.pub, witnesses=WITNESSES)
        cases.add(f"{name} to a stranger", pack.path, notary=pack.diary.notary.pub)
    codes_by_case = {name: {code for code, _ in one} for name, one in compare_verifiers(cases).items()}
    assert codes_by_case["forged"] == codes_by_case["broken"] == {"cosignature"}
    assert (
        codes_by_case["seen"] == codes_by_case["forged to a stranger"] == codes_by_case["broken to a stranger"] == set()
    )

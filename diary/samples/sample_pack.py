"""A whole pack for teaching and for tests: 120 entries, 300 exhibits, 2,500 messages, all made up, without any server.

It begins with the fictional diary and goes on as such diaries do. What is drawn follows from a seed; ids, keys and
signatures are fresh. A notary and a timestamp authority on this computer sign, so that every check can be tried; what
they vouch for is nothing, and the pack says TRAINING on every page.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from diary.client.accounts import Identity
from diary.client.attachments import Blob
from diary.client.journal import Journal
from diary.client.offline_pack import build_offline
from diary.clock import FixedClock
from diary.crypto.file_parts import open_parts
from diary.crypto.keys import Keyset
from diary.crypto.signing import Notary
from diary.encoding import b64, unb64
from diary.errors import NotACopy, PackFailed
from diary.ids import id_text, new_id
from diary.ledger import checkpoints, leaves, timestamps, tree
from diary.pack.capsule.builder import Wish
from diary.pack.verify.verifier import verify
from diary.samples import fictional_diary, register_records
from diary.samples.journal_writer import Waiting, Writer, write_diary
from diary.samples.long_diary import NAMED_FILES, WITHHELD, more_entries, more_records, of_the_mix
from diary.samples.timestamp_authority import make_authority

MADE_AT: Final = 1_795_500_000_000
ORIGIN: Final = "https://training.example"
DEVICES: Final = 3
_CLOCKS: Final = (800, -420_000, 1_900)


@dataclass
class SealedParts:
    """The sealed files of a diary that has no server: what the worker and the pack ask for."""

    waiting: Sequence[Waiting] = field(repr=False)

    def __post_init__(self) -> None:
        """By blob."""
        self._by = {one.blob.blob: one.sealed for one in self.waiting}

    def part(self, blob: str, i: int) -> bytes:
        """One sealed part, empty when there is none."""
        parts = self._by.get(blob, ())
        return parts[i] if i < len(parts) else b""

    async def content(self, diary: str, blob: Blob) -> Any:
        """The bytes of a file. Raises NotACopy when it is not here."""
        if blob.blob not in self._by:
            raise NotACopy
        for piece in open_parts(blob.key, diary, blob.blob, iter(self._by[blob.blob]), blob.parts):
            yield piece


@dataclass(frozen=True, slots=True)
class TrainingDiary:
    """The made-up diary, acknowledged, with its files and what is needed to check a pack of it."""

    journal: Journal
    source: SealedParts
    notary: Notary
    log: Mapping[str, object]
    root: bytes

    def wish(self, release: str, **more: Any) -> Wish:
        """Everything but one entry that the keeper kept back, for the police."""
        kept_back = {
            row["record"] for row in self.journal.versions() if row["open"]["fields"].get("narrative") == WITHHELD
        }
        chosen = tuple(one for one in self.journal.records("incident") if one not in kept_back)
        wish = Wish(
            pack_id=id_text(new_id()), no=1, made_at=MADE_AT, tz=fictional_diary.TZ, chosen=chosen, release=release,
            origin=ORIGIN, consent_at=MADE_AT - 60_000, training=True, log=self.log,
            review={"looked": 300, "not_looked": 0, "override_at": None, "words": 0},
        )  # fmt: skip
        return replace(wish, **more)


def training_diary(seed: int = 5) -> TrainingDiary:
    """Write the whole diary, have it acknowledged, stamped and logged. Needs openssl."""
    clock = FixedClock(0)
    notary = Notary(secrets.token_bytes(32))
    journal = Journal(_identity(notary), clock, fictional_diary.TZ)
    writer = Writer(
        journal, clock, devices=tuple(zip((id_text(new_id()) for _ in range(DEVICES)), _CLOCKS, strict=True))
    )
    writer.files = {name: id_text(new_id()) for name in NAMED_FILES}
    entries = [*map(of_the_mix, fictional_diary.entries()), *more_entries(seed)]
    write_diary(writer, entries, _quiet, [*register_records.versions(), *more_records(seed)])
    journal.acknowledge(notary)
    log, root = _log(journal, notary)
    return TrainingDiary(journal, SealedParts(writer.waiting), notary, log, root)


def make_training_pack(diary: TrainingDiary, wish: Wish, out: Path) -> None:
    """Build one pack of it at `out`. Raises PackFailed."""
    with tempfile.TemporaryDirectory(prefix="kept-training-") as work:
        asyncio.run(build_offline(diary.source, diary.journal, wish, out.absolute(), Path(work), _quiet))


def write_training_pack(release: str, out: Path) -> tuple[Path, Path]:
    """A pack at `out`; beside it the notary's key and the authority's root. Raises PackFailed when it does not check out."""
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    diary = training_diary()
    make_training_pack(diary, diary.wish(release), out)
    notary, root = out.with_suffix(".notary.txt"), out.with_suffix(".tsa-root.pem")
    notary.write_text(b64(diary.notary.pub) + "\n", encoding="ascii")
    root.write_bytes(diary.root)
    found = [one.code for one in verify(out, notary=diary.notary.pub, tsa_roots=[diary.root])]
    if found != ["training"]:
        raise PackFailed(f"The training pack does not check out: {', '.join(found)}.")
    return notary, root


def _quiet(*_: object) -> None:
    """No bars."""


def _identity(notary: Notary) -> Identity:
    """An account that no server knows."""
    account, diary, device = (id_text(new_id()) for _ in range(3))
    return Identity(
        login="", account=account, diary=diary, device=device, epoch=1, notary_pub=notary.pub, log=notary.log,
        keyset=Keyset.new(), account_key=secrets.token_bytes(32), diary_key=secrets.token_bytes(32), proof="",
    )  # fmt: skip


def _log(journal: Journal, notary: Notary) -> tuple[dict[str, object], bytes]:
    """A log of this diary alone, its checkpoint stamped; and the stamping authority's root."""
    rows = [(row["version"], row["receipt"]) for row in journal.versions() if row["receipt"]]
    held = [leaves.leaf(c=receipt["c"], n=receipt["n"], ts=receipt["ts"]) for _, receipt in rows]  # type: ignore[arg-type]
    nodes = {(0, i): leaf for i, leaf in enumerate(held)}

    def node(level: int, i: int) -> bytes:
        return nodes[level, i]

    nodes |= tree.grow(0, held, node)

    size = len(held)
    note = checkpoints.make(notary, size, tree.root(size, node))
    with tempfile.TemporaryDirectory(prefix="kept-training-tsa-") as folder:
        authority = make_authority(Path(folder))
        asked = timestamps.request(note)
        tsr = authority.answer(asked.der)
        stamp = {
            "authority": "training", "chain": authority.chain.decode(), "nonce": b64(asked.nonce), "policy": authority.policy,
            "tsr": b64(tsr),
        }  # fmt: skip
        root = authority.root
    proofs = [
        {"i": i, "path": [b64(step) for step in tree.inclusion(i, size, node)], "size": size, "version": version}
        for i, (version, _) in enumerate(rows)
    ]
    log = {
        "authorities": ["training"],
        "checkpoints": [{"note": note.decode(), "path": [], "size": size, "stamps": [stamp]}],
        "proofs": sorted(proofs, key=lambda row: str(row["version"])),
        "statements": [],
    }
    assert unb64(str(stamp["tsr"])) == tsr
    return log, root

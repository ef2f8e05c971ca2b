"""Whole pack for teaching and tests, made offline: 120 entries, 300 exhibits, 2,500 messages, all made up.

It continues the fictional diary. Drawings follow from a seed; ids, keys and signatures are random. A local notary and a
local timestamp authority sign, so that every check can be tried. Their signatures prove nothing, and every page of the
pack has the TRAINING mark.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

from diary.client.accounts import Identity
from diary.client.attachments import SealedFileReference
from diary.client.journal import Journal
from diary.client.offline_pack import build_pack_offline
from diary.clock import FixedClock
from diary.crypto.file_parts import open_parts
from diary.crypto.keys import Keyset
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, unb64
from diary.errors import InvalidSealedCopy, PackBuildFailed
from diary.ids import id_text, new_id
from diary.ledger import checkpoints, leaves, timestamps, tree
from diary.pack.capsule.builder import PackOptions
from diary.pack.verify.verifier import verify_pack
from diary.samples import fictional_diary, register_records
from diary.samples.journal_writer import JournalWriter, PendingUpload, write_diary
from diary.samples.long_diary import (
    WITHHELD_NARRATIVE,
    adapt_for_sample_pack,
    generate_entries,
    generate_records,
    load_sample_imports,
)
from diary.samples.timestamp_authority import make_authority

MADE_AT_MS: Final = 1_795_500_000_000
ORIGIN: Final = "https://training.example"
DEVICE_COUNT: Final = 3
_CLOCK_OFFSETS_MS: Final = (800, -420_000, 1_900)


@dataclass
class LocalSealedFiles:
    """Sealed files of a diary that no server stores, for the worker and the pack."""

    uploads: Sequence[PendingUpload] = field(repr=False)

    def __post_init__(self) -> None:
        """Index the uploads by blob id."""
        self._parts_by_blob = {upload.blob.blob_id: upload.sealed_parts for upload in self.uploads}

    def sealed_part(self, blob_id: str, part_index: int) -> bytes:
        """Return one sealed part, or b"" if it is not stored."""
        parts = self._parts_by_blob.get(blob_id, ())
        return parts[part_index] if part_index < len(parts) else b""

    async def read_blob(self, diary: str, blob: SealedFileReference) -> Any:
        """Yield the bytes of a file. Raise InvalidSealedCopy when it is not here."""
        if blob.blob_id not in self._parts_by_blob:
            raise InvalidSealedCopy
        for plaintext in open_parts(
            blob.key, diary, blob.blob_id, iter(self._parts_by_blob[blob.blob_id]), blob.sealed_part_count
        ):
            yield plaintext


@dataclass(frozen=True, slots=True)
class SamplePackDiary:
    """Made-up diary, acknowledged and logged, with its files and the keys to verify a pack of it."""

    journal: Journal
    sealed_files: LocalSealedFiles
    notary: Ed25519Signer
    log: Mapping[str, object]
    tsa_root: bytes

    def wish(self, release: str, **overrides: Any) -> PackOptions:
        """Return options for a pack for the police: everything but the withheld entry. `overrides`: other options."""
        withheld_records = {
            row["record"]
            for row in self.journal.versions()
            if row["open"]["fields"].get("narrative") == WITHHELD_NARRATIVE
        }
        chosen = tuple(
            record_id for record_id in self.journal.record_ids("incident") if record_id not in withheld_records
        )
        wish = PackOptions(
            pack_id=id_text(new_id()), no=1, made_at=MADE_AT_MS, tz=fictional_diary.TZ, chosen=chosen, release=release,
            origin=ORIGIN, consent_at=MADE_AT_MS - 60_000, training=True, log=self.log,
            identity=fictional_diary.KEEPER_IDENTITY, list_left_out=True,
            review={"looked": 300, "not_looked": 0, "override_at": None, "words": 0},
        )  # fmt: skip
        return replace(wish, **overrides)


def make_sample_pack_diary(seed: int = 5) -> SamplePackDiary:
    """Return the whole diary, with receipts, log and timestamps. Require the command `openssl`."""
    clock = FixedClock(0)
    notary = Ed25519Signer(secrets.token_bytes(32))
    journal = Journal(_offline_identity(notary), clock, fictional_diary.TZ)
    writer = JournalWriter(
        journal,
        clock,
        devices=tuple(zip((id_text(new_id()) for _ in range(DEVICE_COUNT)), _CLOCK_OFFSETS_MS, strict=True)),
    )
    written_entries = map(adapt_for_sample_pack, fictional_diary.load_entries())
    entries = [*written_entries, *load_sample_imports()[0], *generate_entries(seed)]
    write_diary(writer, entries, _ignore_progress, [*register_records.load_versions(), *generate_records(seed)])
    journal.sign_receipts(notary)
    log, tsa_root = _build_log(journal, notary)
    return SamplePackDiary(journal, LocalSealedFiles(writer.pending_uploads), notary, log, tsa_root)


def make_sample_pack(diary: SamplePackDiary, wish: PackOptions, pack_path: Path) -> None:
    """Build a pack of the diary at `pack_path`. Raise PackBuildFailed if that fails."""
    with tempfile.TemporaryDirectory(prefix="kept-training-") as work_folder:
        asyncio.run(
            build_pack_offline(
                diary.sealed_files, diary.journal, wish, pack_path.absolute(), Path(work_folder), _ignore_progress
            )
        )


def write_sample_pack(release: str, pack_path: Path) -> tuple[Path, Path]:
    """Write a pack to `pack_path`, with the notary's key and the authority's root beside it, and verify it.

    Return the paths of the two. Raise PackBuildFailed when the pack does not verify.
    """
    pack_path.absolute().parent.mkdir(parents=True, exist_ok=True)
    diary = make_sample_pack_diary()
    make_sample_pack(diary, diary.wish(release), pack_path)
    notary_key_path, tsa_root_path = pack_path.with_suffix(".notary.txt"), pack_path.with_suffix(".tsa-root.pem")
    notary_key_path.write_text(b64(diary.notary.pub) + "\n", encoding="ascii")
    tsa_root_path.write_bytes(diary.tsa_root)
    finding_codes = [
        finding.code for finding in verify_pack(pack_path, notary=diary.notary.pub, tsa_roots=[diary.tsa_root])
    ]
    if finding_codes != ["training"]:
        raise PackBuildFailed(f"The training pack does not verify: {', '.join(finding_codes)}.")
    return notary_key_path, tsa_root_path


def _ignore_progress(*_: object) -> None:
    """Ignore progress reports."""


def _offline_identity(notary: Ed25519Signer) -> Identity:
    """Return a new account that is on no server."""
    account, diary, device = (id_text(new_id()) for _ in range(3))
    return Identity(
        login="", account=account, diary=diary, device=device, epoch=1, notary_pub=notary.pub, log_id=notary.log_id,
        keyset=Keyset.generate(), account_key=secrets.token_bytes(32), diary_key=secrets.token_bytes(32), proof="",
    )  # fmt: skip


def _build_log(journal: Journal, notary: Ed25519Signer) -> tuple[dict[str, object], bytes]:
    """Build a log of this diary alone with a timestamped checkpoint. Return it with the authority's root (PEM)."""
    rows = [(row["version"], row["receipt"]) for row in journal.versions() if row["receipt"]]
    leaf_hashes = [
        leaves.receipt_leaf(
            commitment=str(receipt["c"]), number=str(receipt["n"]), timestamp_ms=cast(int, receipt["ts"])
        )
        for _, receipt in rows
    ]
    nodes = {(0, i): leaf for i, leaf in enumerate(leaf_hashes)}

    def node(level: int, i: int) -> bytes:
        return nodes[level, i]

    nodes |= tree.compute_new_nodes(0, leaf_hashes, node)

    size = len(leaf_hashes)
    note = checkpoints.sign_checkpoint(notary, size, tree.root_hash(size, node))
    with tempfile.TemporaryDirectory(prefix="kept-training-tsa-") as folder:
        authority = make_authority(Path(folder))
        timestamp_request = timestamps.build_request(note)
        tsr = authority.answer_query(timestamp_request.der)
        stamp = {
            "authority": "training", "chain": authority.chain_pem.decode(), "nonce": b64(timestamp_request.nonce),
            "policy": authority.policy,
            "tsr": b64(tsr),
        }  # fmt: skip
        tsa_root = authority.root_pem
    proofs = [
        {"i": i, "path": [b64(step) for step in tree.inclusion_proof(i, size, node)], "size": size, "version": version}
        for i, (version, _) in enumerate(rows)
    ]
    log = {
        "authorities": ["training"],
        "checkpoints": [{"note": note.decode(), "path": [], "size": size, "stamps": [stamp]}],
        "proofs": sorted(proofs, key=lambda row: str(row["version"])),
        "statements": [],
    }
    assert unb64(str(stamp["tsr"])) == tsr
    return log, tsa_root

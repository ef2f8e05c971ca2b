"""Check of what can come beside a pack: receipt-slip.json and pack.tsr (docs/pack.md, "Beside the pack").

A pack is often made before the server has confirmed the diary's record of it. The slip is the proof of that record with
its receipt, and its place in the log where the log has one. The timestamp is by an outside authority, over the SHA-256
of the pack's list of files. Neither changes the pack, so the pack's own signature does not cover them: each proves
itself.
"""

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from diary.constants import BESIDE_PACK_LIMIT, CANONICAL_LIMIT_BYTES, PACK_TIME_TOLERANCE_MS
from diary.encoding import canonical_json
from diary.errors import KeptError
from diary.ledger import timestamps
from diary.ledger.key_statements import NotaryKey
from diary.ledger.timestamp_authorities import RESPONSE_LIMIT_BYTES
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.verify.bag_check import MANIFESTS
from diary.pack.verify.export_check import ExportCheck, judge_export_proof
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.log_check import is_included, verified_checkpoint
from diary.pack.verify.pack_reader import (
    ZIP_ERRORS,
    FileBeside,
    MemberSource,
    OpenedPack,
    hash_member,
    open_source,
    size_of,
)
from diary.pack.verify.pack_root import is_stamp
from diary.pack.verify.proof_check import PackProofs, parse_object
from diary.record.reading import RecordFields, integer_of, object_of, text_of

SLIP_TYPE: Final = "slip/v1"
_SLIP_MEMBERS: Final = {"log", "proof", "t"}
_LOG_MEMBERS: Final = {"i", "note", "path", "size"}


def check_slips(pack: OpenedPack, proofs: PackProofs, keys: Sequence[NotaryKey]) -> ExportCheck:
    """Return every finding about the slips given with a pack, and when a server first received the record of it."""
    findings, times = list[Finding](), list[int]()
    judged, further = _split_beside(pack, stamps=False)
    for file in judged:
        checked = _check_slip(file.name, _read(file.source, CANONICAL_LIMIT_BYTES), pack, proofs, keys)
        findings += checked.findings
        times += [] if checked.received_at is None else [checked.received_at]
    findings += [make_finding("slip", file.name) for file in further]
    return ExportCheck(tuple(findings), bool(times), min(times, default=None))


def check_pack_stamps(pack: OpenedPack, roots: Sequence[bytes]) -> tuple[list[Finding], int | None]:
    """Return every finding about the timestamps given with a pack, and the earliest valid time, ms UTC.

    `roots`: PEM certificates of trusted authorities. The certificates in a timestamp are not trusted by themselves.
    """
    findings, times = list[Finding](), list[int]()
    manifest = pack.digests.get(MANIFESTS[0])
    made_at = integer_of(parse_object(pack.read(PACK_STATEMENT_PATH)) or {}, "made_at") or 0
    judged, further = _split_beside(pack, stamps=True)
    for file in judged:
        tsr = _read(file.source, RESPONSE_LIMIT_BYTES)
        try:
            digest = bytes.fromhex(manifest.sha256) if manifest else b""
            if roots:
                times.append(timestamps.verify_token(tsr, digest, roots))
                if times[-1] < made_at - PACK_TIME_TOLERANCE_MS:
                    findings.append(make_finding("pack_time", file.name))
            else:
                timestamps.check_token_digest(tsr, digest)
                findings.append(make_finding("stamp_root", file.name))
        except KeptError:
            findings.append(make_finding("stamp", file.name))
    findings += [make_finding("stamp", file.name) for file in further]
    return findings, min(times, default=None)


def _split_beside(pack: OpenedPack, *, stamps: bool) -> tuple[list[FileBeside], list[FileBeside]]:
    """Return the timestamps beside a pack, or the slips: those to judge, the first by their names, and the others.

    Each takes a while, and a forger's zip may have thousands.
    """
    files = sorted((file for file in pack.beside if is_stamp(file.name) is stamps), key=lambda file: file.name)
    return files[:BESIDE_PACK_LIMIT], files[BESIDE_PACK_LIMIT:]


def _check_slip(
    member: str, raw: bytes, pack: OpenedPack, proofs: PackProofs, keys: Sequence[NotaryKey]
) -> ExportCheck:
    """Check one slip."""
    invalid = ExportCheck((make_finding("slip", member),))
    slip = parse_object(raw)
    if slip is None or slip.keys() != _SLIP_MEMBERS or slip["t"] != SLIP_TYPE:
        return invalid
    proof, log = object_of(slip, "proof"), object_of(slip, "log")
    if slip["log"] is not None and (log.keys() != _LOG_MEMBERS or not _is_in_log(log, proof, keys)):
        return invalid
    index = log.get("i")
    places = {text_of(proof, "version"): index} if type(index) is int else {}
    checked = judge_export_proof("slip", member, canonical_json(proof), pack, proofs, keys, places)
    return checked if checked.findings or checked.received_at is not None else invalid


def _is_in_log(log: RecordFields, proof: RecordFields, keys: Sequence[NotaryKey]) -> bool:
    """Return whether the receipt is a leaf under a signed checkpoint."""
    checkpoint = verified_checkpoint(text_of(log, "note").encode(), keys)
    signed = {checkpoint.size: checkpoint} if checkpoint else {}
    return is_included(log, object_of(proof, "receipt"), signed)


def _read(source: MemberSource, limit_bytes: int) -> bytes:
    """Return a file; b"" for one that is too large, a link, or cannot be read, which is then malformed."""
    try:
        if isinstance(source, Path) and not stat.S_ISREG(source.lstat().st_mode):
            return b""
        if size_of(source) > limit_bytes:
            return b""
        hash_member(source)
        with open_source(source) as opened:
            return opened.read()
    except ZIP_ERRORS:
        return b""

"""Check of 12_record.json against the proofs, its own versions, and the rules for fields."""

from collections.abc import Iterator
from typing import Final

from diary.errors import KeptError
from diary.pack.proofs.proof_files import RECORD_TYPE
from diary.pack.verify.derived_fields import are_derived_rows_consistent, is_summary_consistent
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import PackProofs, VersionProof, parse_object
from diary.record.reading import RecordFields, integer_of, is_same_json, object_of, objects_of, text_of
from diary.record.rules import find_issues

RECORD_PATH: Final = "data/restricted/12_record.json"


def read_record(pack: OpenedPack) -> RecordFields:
    """Return 12_record.json; empty if it is absent or no JSON object, which `check_record` reports."""
    if pack.record is None:
        pack.record = parse_object((pack.read(RECORD_PATH) or b"").removesuffix(b"\n")) or {}
    return pack.record


def check_record(pack: OpenedPack, proofs: PackProofs) -> Iterator[Finding]:
    """Check 12_record.json against the restricted proofs."""
    raw = pack.read(RECORD_PATH)
    if raw is None:
        return
    value = read_record(pack)
    if value.get("t") != RECORD_TYPE or not raw.endswith(b"\n"):
        yield make_finding("unreadable", RECORD_PATH)
        return
    rows = {text_of(row, "version"): row for row in objects_of(value, "versions")}
    if len(rows) != len(objects_of(value, "versions")) or rows.keys() != proofs.restricted.keys():
        yield make_finding("record", RECORD_PATH)
    for version, row in rows.items():
        proof = proofs.restricted.get(version)
        if proof is not None and not _matches_proof(row, proof):
            yield make_finding("record", proof.member)
    try:
        is_consistent = are_derived_rows_consistent(value) and is_summary_consistent(value, pack)
    except (KeptError, KeyError):
        is_consistent = False
    if not is_consistent:
        yield make_finding("record", RECORD_PATH)
    for proof in proofs.restricted.values():
        # A time in the future may result from a wrong clock; that is no fault of the pack.
        faults = find_issues(text_of(proof.raw, "kind"), proof.values, {})
        if any(fault.code != "in_the_future" for fault in faults):
            yield make_finding("odd", proof.member)


def _matches_proof(row: RecordFields, proof: VersionProof) -> bool:
    """Return whether a row of the record equals its proof."""
    fields = {name: value for name, value in proof.values.items() if value is not None}
    is_same = all(is_same_json(row.get(name), proof.raw.get(name)) for name in ("c", "kind", "record", "seq_no"))
    received_at = integer_of(object_of(proof.raw, "receipt"), "ts")
    return (
        is_same
        and is_same_json(row.get("fields"), fields)
        and is_same_json(row.get("receipt_at"), received_at)
        and is_same_json(row.get("schema"), fields.get("_schema"))
        and is_same_json(row.get("parents"), fields.get("_parents"))
    )

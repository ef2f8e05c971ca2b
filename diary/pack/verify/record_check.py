"""12_record.json as `verify` reads it: against the proofs, against what follows from it, and against what fields may hold."""

from collections.abc import Iterator
from typing import Final

from diary.errors import KeptError
from diary.pack.proofs.proof_files import RECORD_TYPE
from diary.pack.verify.derived_fields import follows, stands_beside
from diary.pack.verify.findings import Finding, find
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import Proof, Proofs, object_from
from diary.record.reading import Fields, object_of, objects_of, text_of, whole_of
from diary.record.rules import oddities

RECORD: Final = "data/restricted/12_record.json"


def check_record(pack: OpenedPack, proofs: Proofs) -> Iterator[Finding]:
    """12_record.json against the restricted proofs."""
    raw = pack.read(RECORD)
    if raw is None:
        return
    value = object_from(raw.removesuffix(b"\n"))
    if value is None or value.get("t") != RECORD_TYPE or not raw.endswith(b"\n"):
        yield find("unreadable", RECORD)
        return
    rows = {text_of(row, "version"): row for row in objects_of(value, "versions")}
    if len(rows) != len(objects_of(value, "versions")) or rows.keys() != proofs.restricted.keys():
        yield find("record", RECORD)
    for version, row in rows.items():
        proof = proofs.restricted.get(version)
        if proof is not None and not _agrees(row, proof):
            yield find("record", proof.member)
    try:
        sound = follows(value) and stands_beside(value, pack)
    except (KeptError, KeyError):
        sound = False
    if not sound:
        yield find("record", RECORD)
    for proof in proofs.restricted.values():
        # What a keeper says of the future is said by a clock that may be wrong: no fault of the pack's.
        faults = oddities(text_of(proof.raw, "kind"), proof.values, {})
        if any(fault.code != "in_the_future" for fault in faults):
            yield find("odd", proof.member)


def _agrees(row: Fields, proof: Proof) -> bool:
    """Whether a row of the record says what the proof says."""
    fields = {name: held for name, held in proof.values.items() if held is not None}
    same = all(row.get(name) == proof.raw.get(name) for name in ("c", "kind", "record", "seq_no"))
    received = whole_of(object_of(proof.raw, "receipt"), "ts")
    return (
        same
        and row.get("fields") == fields
        and row.get("receipt_at") == received
        and row.get("schema") == fields.get("_schema")
        and row.get("parents") == fields.get("_parents")
    )

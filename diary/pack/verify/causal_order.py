"""Causal order of proofs, so that the history of a record is the same as in the diary.

A device's clock does not determine the order: it may be days wrong, or be put back. A version follows its parents;
beyond that the times of receipt decide, which come from a single clock; versions without a receipt come last, in the
order of their device's own numbers.
"""

import heapq
from collections.abc import Iterable, Mapping

from diary.pack.verify.proof_check import VersionProof
from diary.record.reading import codes_of, integer_of, object_of, text_of
from diary.record.record_history import RecordHistory, RecordVersion, build_histories

VERSION_SUFFIX_LENGTH = len("-12345678.json")


def record_histories(proofs: Iterable[VersionProof], kind: str) -> list[tuple[str, RecordHistory, VersionProof]]:
    """Return for every record of a kind: its proof label (`0007`, `JB-1`), its history, and its last proof by name."""
    proofs_by_record = {text_of(proof.raw, "record"): proof for proof in proofs if text_of(proof.raw, "kind") == kind}
    versions = [_opened_version(proof) for proof in sort_causally({proof.version: proof for proof in proofs})]
    return [
        (proof_label(proofs_by_record[history.record]), history, proofs_by_record[history.record])
        for history in build_histories(versions, kind)
    ]


def proof_label(proof: VersionProof) -> str:
    """Return `0007` for `0007-12345678.json`."""
    return proof.member.rpartition("/")[2][:-VERSION_SUFFIX_LENGTH]


def sort_causally(proofs: Mapping[str, VersionProof]) -> list[VersionProof]:
    """Sort proofs by version, parents first. Cycles, which only forged proofs have, come at the end."""
    unplaced_parents = {
        version: {parent_id for parent_id in codes_of(proof.values, "_parents") if parent_id in proofs}
        for version, proof in proofs.items()
    }
    children: dict[str, list[str]] = {}
    for version, parents in unplaced_parents.items():
        for parent in parents:
            children.setdefault(parent, []).append(version)
    ready = [(*_arrival_key(proofs[version]), version) for version, parents in unplaced_parents.items() if not parents]
    heapq.heapify(ready)
    ordered = []
    while ready:
        version = heapq.heappop(ready)[-1]
        ordered.append(version)
        for child in children.get(version, ()):
            unplaced_parents[child].discard(version)
            if not unplaced_parents[child]:
                heapq.heappush(ready, (*_arrival_key(proofs[child]), child))
    cyclic_versions = sorted(proofs.keys() - set(ordered))
    return [proofs[version] for version in (*ordered, *cyclic_versions)]


def _arrival_key(proof: VersionProof) -> tuple[bool, int, int]:
    """Return a sort key: time of receipt, else the number on the device."""
    ts = integer_of(object_of(proof.raw, "receipt"), "ts")
    return ts is None, ts or 0, integer_of(object_of(proof.values, "_line"), "n") or 0


def _opened_version(proof: VersionProof) -> RecordVersion:
    """Convert a proof to the form used by diary/record."""
    return RecordVersion(text_of(proof.raw, "record"), proof.version, text_of(proof.raw, "kind"), 1, proof.values, {})

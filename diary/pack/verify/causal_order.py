"""Proofs put in the order in which their versions came, so that a record is told as the diary told it.

A device's clock says nothing of order: it may be days wrong, or be put back. What a version grew from comes before it; beyond
that the receipts' times decide, which are one clock's, and what has none comes last, by its device's own numbering.
"""

import heapq
from collections.abc import Iterable, Mapping

from diary.pack.verify.proof_check import Proof
from diary.record.reading import codes_of, object_of, text_of, whole_of
from diary.record.record_history import Opened, Told, tell_all

VERSION_END = len("-12345678.json")


def told_of(proofs: Iterable[Proof], kind: str) -> list[tuple[str, Told, Proof]]:
    """Every record of a kind: what its proofs are called (`0007`, `JB-1`), the record as told, and its last proof by name."""
    members = {text_of(proof.raw, "record"): proof for proof in proofs if text_of(proof.raw, "kind") == kind}
    versions = [_opened(proof) for proof in in_order({proof.version: proof for proof in proofs})]
    return [(label_of(members[told.record]), told, members[told.record]) for told in tell_all(versions, kind)]


def label_of(proof: Proof) -> str:
    """`0007` of `0007-12345678.json`."""
    return proof.member.rpartition("/")[2][:-VERSION_END]


def in_order(proofs: Mapping[str, Proof]) -> list[Proof]:
    """Proofs by version, parents first. What leads in a circle, as only forged ones can, comes at the end."""
    waits = {
        version: {one for one in codes_of(proof.values, "_parents") if one in proofs}
        for version, proof in proofs.items()
    }
    after: dict[str, list[str]] = {}
    for version, parents in waits.items():
        for parent in parents:
            after.setdefault(parent, []).append(version)
    ready = [(*_came(proofs[version]), version) for version, parents in waits.items() if not parents]
    heapq.heapify(ready)
    ordered = []
    while ready:
        version = heapq.heappop(ready)[-1]
        ordered.append(version)
        for child in after.get(version, ()):
            waits[child].discard(version)
            if not waits[child]:
                heapq.heappush(ready, (*_came(proofs[child]), child))
    rest = sorted(proofs.keys() - set(ordered))
    return [proofs[version] for version in (*ordered, *rest)]


def _came(proof: Proof) -> tuple[bool, int, int]:
    """When it was received, else its number on its device."""
    ts = whole_of(object_of(proof.raw, "receipt"), "ts")
    return ts is None, ts or 0, whole_of(object_of(proof.values, "_line"), "n") or 0


def _opened(proof: Proof) -> Opened:
    """A proof as the record pages read a version."""
    return Opened(text_of(proof.raw, "record"), proof.version, text_of(proof.raw, "kind"), 1, proof.values, {})

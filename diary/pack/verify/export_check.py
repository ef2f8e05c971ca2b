"""Check of pack-export.json: the proof of the diary's own record of the pack (docs/pack.md, "Signature").

The record holds the digest of manifest-sha256.txt. Its receipt shows by when a server had that digest, which the
pack's signature alone does not show. A pack without the file is no fault: a computer that works from a sealed copy, and
somebody who prepares a pack for the keeper, cannot write to the diary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diary.constants import PACK_TIME_TOLERANCE_MS
from diary.errors import KeptError
from diary.ledger.key_statements import NotaryKey
from diary.pack.bag.manifest import EXPORT_PROOF_PATH
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.verify.bag_check import MANIFESTS
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import (
    RECEIPT_CODES,
    PackProofs,
    VersionProof,
    author_keys,
    check_proof,
    parse_object,
    read_proof,
)
from diary.record.reading import integer_of, object_of, text_of


@dataclass(frozen=True, slots=True)
class ExportCheck:
    """Result of the check. `received_at`: when a server received the record, ms UTC; None if no valid receipt says so."""

    findings: tuple[Finding, ...] = ()
    is_present: bool = False
    received_at: int | None = None


def check_export(pack: OpenedPack, proofs: PackProofs, keys: Sequence[NotaryKey]) -> ExportCheck:
    """Return every finding about pack-export.json. `keys`: trusted notary keys."""
    if EXPORT_PROOF_PATH not in pack.digests:
        return ExportCheck()
    return judge_export_proof("export", EXPORT_PROOF_PATH, pack.read(EXPORT_PROOF_PATH), pack, proofs, keys, {})


def judge_export_proof(
    code: str,
    member: str,
    raw: bytes | None,
    pack: OpenedPack,
    proofs: PackProofs,
    keys: Sequence[NotaryKey],
    leaf_indexes: Mapping[str, int],
) -> ExportCheck:
    """Return every finding about a proof of the record of this pack, in the pack or beside it.

    `code`: the finding for one that is malformed or about another pack. `leaf_indexes`: proven places in the log, by
    version.
    """
    proof = read_proof(member, raw)
    if isinstance(proof, Finding):
        return ExportCheck((make_finding(code, member),))
    try:
        account_keys = author_keys(proofs.keys)
    except (KeptError, ValueError):
        account_keys = ()  # reported as `keys`
    findings = set(check_proof(proof, account_keys, keys, leaf_indexes))
    receipt_findings = {finding for finding in findings if finding.code in RECEIPT_CODES}
    if findings - receipt_findings or not _is_about(proof, pack, proofs):
        return ExportCheck((make_finding(code, member), *receipt_findings))
    received_at = None if receipt_findings else integer_of(object_of(proof.raw, "receipt"), "ts")
    made_at = integer_of(proof.values, "made_at") or 0
    is_early = received_at is not None and received_at < made_at - PACK_TIME_TOLERANCE_MS
    times = (make_finding("pack_time", member),) if is_early else ()
    return ExportCheck((*receipt_findings, *times), True, received_at)


def _is_about(proof: VersionProof, pack: OpenedPack, proofs: PackProofs) -> bool:
    """Return whether a proof is of the export record of this pack."""
    diary_ids = {text_of(object_of(entry.values, "_ids"), "diary") for entry in proofs.fullest.values()}
    # What the statement says is checked against the pack in signature_check.py.
    statement: Mapping[str, object] = parse_object(pack.read(PACK_STATEMENT_PATH)) or {}
    manifest = pack.digests.get(MANIFESTS[0])
    values = proof.values
    return (
        text_of(proof.raw, "kind") == "export"
        and proof.raw.get("seq_no") is None
        and diary_ids == {text_of(object_of(values, "_ids"), "diary")}
        and manifest is not None
        and values.get("manifest_sha256") == manifest.sha256
        and text_of(values, "pack_id") == text_of(statement, "pack")
        and integer_of(values, "pack_no") == integer_of(statement, "no")
        and integer_of(values, "made_at") == integer_of(statement, "made_at")
    )

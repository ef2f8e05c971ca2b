"""Check of packs prepared by an advocate: their signed statement, and the keeper's grant (docs/pack.md).

[Note: what the signatures cover] The keeper signs the grant, and the advocate signs the statement, which names this
pack, each version in it and 12_record.json. The statement can therefore not be moved to another pack, and it names
nobody but its author. The identity of that person is known only to the keeper, who compared nine words with them.
Where the statement was removed completely, the pack's signature is by a key that is not the keeper's.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from diary import constants
from diary.crypto.fingerprints import fingerprint
from diary.crypto.signing import verify_author
from diary.encoding import b64, canonical_json, unb64
from diary.errors import BadSignature, KeptError
from diary.ledger.sharing import grants
from diary.ledger.sharing.earlier_keys import EARLIER_KEYS_MEMBER, earlier_keys_binding
from diary.pack.bag.manifest import SERVABLE_STATEMENT_PATH
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.preparer import PREPARED_LINE_PREFIX, is_single_line, prepared_line
from diary.pack.proofs.proof_files import RECORD_LIMIT_BYTES
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import PREPARED_PATH, PackProofs, parse_object
from diary.pack.verify.record_check import RECORD_PATH, read_record
from diary.record.reading import RecordFields, integer_of, is_same_json, object_of, objects_of, text_of

PREPARED_TYPE: Final = "prepared/v1"
READ_FIRST_PATH: Final = "data/00_READ-FIRST.txt"
_STATEMENT_MEMBERS: Final = {
    *(
        "by",
        "ecdsa_pub",
        "folder",
        "grant",
        "hpke_pub",
        "list",
        "made_at",
        "organisation",
        "pack",
        "record",
        "sig",
        "t",
    ),
}


def check_prepared(pack: OpenedPack, proofs: PackProofs) -> Iterator[Finding]:
    """Yield `prepared` for a valid statement, and `preparer` for an invalid one or a claim without one."""
    raw = pack.read(PREPARED_PATH)
    record = read_record(pack)
    recorded_claim = object_of(object_of(record, "pack"), "prepared")
    read_first = pack.read(READ_FIRST_PATH)
    lines = _find_prepared_lines(read_first or b"")
    if raw is None:
        if recorded_claim or lines:
            yield make_finding("preparer", RECORD_PATH if recorded_claim else READ_FIRST_PATH)
        return
    try:
        statement = parse_object(raw) or {}
        _check_signatures(statement, text_of(proofs.keys, "ecdsa_pub"))
        _check_earlier_keys(object_of(statement, "grant"), proofs.keys)
        _check_scope(object_of(statement, "grant"), proofs, is_servable_only=pack.is_servable_only)
        _check_statement_matches(statement, pack, proofs)
        line = prepared_line(text_of(statement, "by"), text_of(statement, "organisation"))
        is_line_right = read_first is None or lines == [line]
        if (record and not is_same_json(recorded_claim, prepared_members(statement))) or not is_line_right:
            raise BadSignature
    except (KeptError, KeyError, TypeError, ValueError, AttributeError):
        yield make_finding("preparer", PREPARED_PATH)
        return
    yield make_finding("prepared", PREPARED_PATH)


def prepared_members(statement: Mapping[str, Any]) -> RecordFields:
    """Return `pack.prepared` of 12_record.json as it follows from a statement."""
    return {
        "by": statement["by"],
        "grant": statement["grant"]["grant"],
        "organisation": statement["organisation"],
        "to": statement["grant"]["to"],
    }


def versions_digest(versions: Mapping[str, str]) -> str:
    """Return SHA-256 over the versions in servable/proof and their commitments, in base64."""
    return b64(
        hashlib.sha256(
            canonical_json(
                [[version, versions[version]] for version in sorted(versions)], limit_bytes=RECORD_LIMIT_BYTES
            )
        ).digest()
    )


def _check_signatures(statement: Mapping[str, Any], keeper_pub: str) -> None:
    """Raise BadSignature unless the keeper granted the signing key the right to prepare packs at that time."""
    grant, made_at = statement["grant"], statement["made_at"]
    if (
        set(statement) != _STATEMENT_MEMBERS
        or statement["t"] != PREPARED_TYPE
        or not all(is_single_line(statement[member]) for member in ("by", "organisation"))
    ):
        raise BadSignature
    grants.verify_grant(grant, unb64(keeper_pub))
    pub = unb64(statement["ecdsa_pub"])
    is_permitted = (
        "pack" in grant["rights"] and type(made_at) is int and grant["made_at"] <= made_at < grant["not_after"]
    )
    if not is_permitted or b64(fingerprint(pub, unb64(statement["hpke_pub"]))) != grant["to"]:
        raise BadSignature
    verify_author(
        pub,
        canonical_json({name: value for name, value in statement.items() if name != "sig"}),
        unb64(statement["sig"]),
    )


def _check_earlier_keys(grant: Mapping[str, Any], keys: RecordFields) -> None:
    """Raise BadSignature unless the pack names the earlier keys of the keeper that the grant does, and no other.

    Anybody can make a key that hands over to the keeper's. Without this check an advocate could name one, and write
    entries, changes and first words that count as the keeper's.
    """
    binding = earlier_keys_binding(objects_of(keys, EARLIER_KEYS_MEMBER))
    if binding.get(EARLIER_KEYS_MEMBER) != grant.get(EARLIER_KEYS_MEMBER):
        raise BadSignature


def _check_scope(grant: Mapping[str, Any], proofs: PackProofs, *, is_servable_only: bool) -> None:
    """Raise BadSignature if anything visible here is outside the grant."""
    diary_ids = {text_of(object_of(proof.values, "_ids"), "diary") for proof in proofs.fullest.values()}
    granted_records = grant["scope"].get("records")
    entries = {
        text_of(proof.raw, "record") for proof in proofs.fullest.values() if text_of(proof.raw, "kind") == "incident"
    }
    if (
        diary_ids != {grant["diary"]}
        or (granted_records is not None and not entries <= set(granted_records))
        or not (is_servable_only or grant["restricted"])
    ):
        raise BadSignature


def _check_statement_matches(statement: Mapping[str, Any], pack: OpenedPack, proofs: PackProofs) -> None:
    """Raise BadSignature unless the statement names this pack as its signatures do, its versions, and its record."""
    versions = {version: text_of(proof.raw, "c") for version, proof in proofs.servable.items()}
    is_copied = pack.is_portal_set or (pack.is_servable_only and not pack.folder.startswith("PACK_"))
    if statement["list"] != versions_digest(versions) or (statement["folder"] != pack.folder and not is_copied):
        raise BadSignature
    identity = (statement["pack"], statement["folder"], statement["made_at"])
    # Without the record these alone say whether the grant was valid when the pack was made.
    for path in (PACK_STATEMENT_PATH, SERVABLE_STATEMENT_PATH):
        signed = parse_object(pack.read(path))
        if signed and (text_of(signed, "pack"), text_of(signed, "folder"), integer_of(signed, "made_at")) != identity:
            raise BadSignature
    raw = pack.read(RECORD_PATH)
    if raw is None:
        return
    pack_fields = object_of(read_record(pack), "pack")
    pack_identity = (text_of(pack_fields, "id"), text_of(pack_fields, "folder"), integer_of(pack_fields, "made_at"))
    if pack_identity != identity or statement["record"] != hashlib.sha256(raw).hexdigest():
        raise BadSignature


def _find_prepared_lines(raw: bytes) -> list[str]:
    """Return the lines of READ-FIRST that say who prepared the pack, also those that only look so."""
    lines = raw[: constants.READ_FIRST_LIMIT_BYTES].decode("utf-8-sig", "replace").split("\n")
    return [line.removesuffix("\r") for line in lines if PREPARED_LINE_PREFIX.strip().lower() in line.lower()]

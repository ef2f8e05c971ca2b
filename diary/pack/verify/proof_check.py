"""Checks of proofs: digests, commitments, signatures, receipts, device lines, and equality of the two folders."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from diary import constants
from diary.crypto.signing import ed25519_key_id, load_public_key
from diary.encoding import b64, parse_canonical_json, unb64
from diary.errors import BadSignature, KeptError
from diary.ledger import receipts, rekeying
from diary.ledger.commitments import commitment, field_digest
from diary.ledger.key_statements import NotaryKey, find_key
from diary.ledger.lines import ChainLink, find_breaks
from diary.ledger.push import version_signing_input
from diary.ledger.rekeying import AuthorKey
from diary.pack.proofs.proof_files import KEYS_TYPE, PROOF_TYPE, RECORD_LIMIT_BYTES, SERVABLE_KINDS, schema_names
from diary.pack.verify.findings import Finding, make_finding
from diary.pack.verify.log_check import is_log_file
from diary.pack.verify.pack_reader import OpenedPack, has_too_many_values
from diary.record.reading import RecordFields, codes_of, integer_of, is_same_json, object_of, objects_of, text_of

SERVABLE_PROOFS_PREFIX: Final = "data/servable/proof/"
RESTRICTED_PROOFS_PREFIX: Final = "data/restricted/proof/"
PREPARED_PATH: Final = f"{SERVABLE_PROOFS_PREFIX}prepared.json"
# Findings that mean that a receipt does not count.
RECEIPT_CODES: Final = frozenset({"other_key", "receipt", "old_key"})
_NOTARY_KEY_BYTES: Final = 32
_PROOF_MEMBERS: Final = frozenset("c fields kind receipt record seq_no sig t version withheld".split())
_PROOF_FILENAME = re.compile(
    r"(?:[0-9]{4,6}|U[0-9]{4}|[A-Z]{1,4}-[1-9][0-9]{0,4}|[a-z]{4,10}-[0-9]{4,6})-[A-Za-z0-9_-]{8}\.json"
)


@dataclass(frozen=True, slots=True)
class VersionProof:
    """One parsed proof file: values by name, digests by name, names of withheld fields, and the JSON object."""

    member: str
    raw: RecordFields
    values: Mapping[str, object]
    digests: Mapping[str, str]
    withheld: frozenset[str]

    @property
    def version(self) -> str:
        """Return the version's id."""
        return text_of(self.raw, "version")


@dataclass(slots=True)
class PackProofs:
    """Proofs of both folders by version, and the keys of the pack."""

    servable: dict[str, VersionProof] = field(default_factory=dict)
    restricted: dict[str, VersionProof] = field(default_factory=dict)
    keys: RecordFields = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    is_servable_only: bool = False

    @property
    def fullest(self) -> dict[str, VersionProof]:
        """Return the proofs of the restricted folder, or of the servable one if the pack has only that."""
        return self.servable if self.is_servable_only else self.restricted


def read_proofs(pack: OpenedPack) -> PackProofs:
    """Read every proof; unreadable ones become findings."""
    proofs = PackProofs(is_servable_only=pack.is_servable_only)
    for path in sorted(pack.digests):
        for folder, folder_proofs in (
            (SERVABLE_PROOFS_PREFIX, proofs.servable),
            (RESTRICTED_PROOFS_PREFIX, proofs.restricted),
        ):
            if (
                path.startswith(folder)
                and not path.endswith("/keys.json")
                and path != PREPARED_PATH
                and not is_log_file(path)
            ):
                proof = _read_named_proof(path, pack.read(path), path.removeprefix(folder))
                if isinstance(proof, Finding):
                    proofs.findings.append(proof)
                elif proof.version in folder_proofs:
                    proofs.findings.append(make_finding("misplaced", path))
                else:
                    folder_proofs[proof.version] = proof
    keys = [
        parse_object(pack.read(f"{folder}keys.json")) for folder in (SERVABLE_PROOFS_PREFIX, RESTRICTED_PROOFS_PREFIX)
    ]
    proofs.keys = keys[1] or keys[0] or {}
    present_keys = keys[:1] if pack.is_servable_only else keys
    if (
        not all(present_keys)
        or not is_same_json(present_keys[0], present_keys[-1])
        or proofs.keys.get("t") != KEYS_TYPE
        or not _are_keys_valid(proofs.keys)
        or not _are_statements_of_this_diary(proofs)
    ):
        proofs.findings.append(
            make_finding(
                "keys", f"{SERVABLE_PROOFS_PREFIX if pack.is_servable_only else RESTRICTED_PROOFS_PREFIX}keys.json"
            )
        )
    return proofs


def parse_object(raw: bytes | None) -> dict[str, object] | None:
    """Parse canonical JSON; return None unless it is an object."""
    raw = raw or b""
    if has_too_many_values(raw):
        return None
    try:
        value = parse_canonical_json(raw, limit_bytes=RECORD_LIMIT_BYTES)
    except KeptError:
        return None
    return value if isinstance(value, dict) else None


def _are_keys_valid(keys: RecordFields) -> bool:
    """Return whether the public keys are valid and `log` is the notary key's id.

    Both server keys are '' if no server had the diary.
    """
    try:
        load_public_key(unb64(text_of(keys, "ecdsa_pub")))
        author_keys(keys)
        if is_never_received(keys):
            return True
        notary = unb64(text_of(keys, "notary"))
        return len(notary) == _NOTARY_KEY_BYTES and b64(ed25519_key_id(notary)) == keys.get("log")
    except (KeptError, ValueError):
        return False


def _are_statements_of_this_diary(proofs: PackProofs) -> bool:
    """Return whether the statements about earlier keys name the account and the diary of the pack.

    The diary is not known in a pack without proofs.
    """
    account, statements = text_of(proofs.keys, "account"), _earlier_statements(proofs.keys)
    diary_ids = {text_of(object_of(proof.values, "_ids"), "diary") for proof in proofs.fullest.values()}
    return all(
        text_of(statement, "account") == account and (not diary_ids or text_of(statement, "diary") in diary_ids)
        for statement in statements
    )


def is_never_received(keys: RecordFields) -> bool:
    """Return whether the pack states that no server ever had the diary."""
    return keys.get("notary") == "" == keys.get("log")


def _read_named_proof(member: str, raw: bytes | None, name: str) -> VersionProof | Finding:
    """Parse one proof of a proof folder, whose file name says which version it is of."""
    proof = read_proof(member, raw)
    if isinstance(proof, VersionProof) and (not _PROOF_FILENAME.fullmatch(name) or name[-13:-5] != proof.version[:8]):
        return make_finding("misplaced", member)
    return proof


def read_proof(member: str, raw: bytes | None) -> VersionProof | Finding:
    """Parse one proof, with every digest computed or taken as withheld."""
    value = parse_object(raw)
    if value is None or value.get("t") != PROOF_TYPE or value.keys() != _PROOF_MEMBERS:
        return make_finding("unreadable", member)
    try:
        names = schema_names(text_of(salted_field(value, "_kind"), "v"), _schema_number(value))
        digests, values = dict(_withheld_digests(object_of(value, "withheld"))), {}
        withheld = frozenset(digests)
        for field_name, salted_value in object_of(value, "fields").items():
            field_pair = object_of({"it": salted_value}, "it")
            if not isinstance(field_pair["s"], str) or field_pair.keys() != {"s", "v"}:
                return make_finding("unreadable", member)
            values[field_name] = field_pair["v"]
            digests[field_name] = b64(field_digest(field_name, unb64(field_pair["s"]), field_pair["v"]))
    except (KeptError, KeyError, UnicodeError):
        return make_finding("unreadable", member)
    is_complete = set(digests) == {*names.open_with_reserved, *names.restricted} and not withheld & set(values)
    # A pack shows these of every version. Without `_parents` nobody would see that the version before was left out.
    if not is_complete or any(name.startswith("_") for name in withheld):
        return make_finding("names", member)
    return VersionProof(member, value, values, digests, withheld)


def salted_field(proof: RecordFields, name: str) -> dict[str, object]:
    """Return a field of a proof with value and salt."""
    return object_of(object_of(proof, "fields"), name)


def _schema_number(proof: RecordFields) -> int:
    """Return the schema number. Raise KeyError if there is none."""
    number = integer_of(salted_field(proof, "_schema"), "v")
    if number is None:
        raise KeyError
    return number


def _withheld_digests(withheld: RecordFields) -> Iterator[tuple[str, str]]:
    """Yield the digests of withheld fields. Raise KeyError unless each has 32 bytes."""
    for name, digest in withheld.items():
        if not isinstance(digest, str) or len(unb64(digest)) != 32:
            raise KeyError
        yield name, digest


def check_proofs(proofs: PackProofs, keys: Sequence[NotaryKey], leaf_indexes: Mapping[str, int]) -> Iterator[Finding]:
    """Yield every finding about the proofs themselves.

    `keys`: trusted notary keys. `leaf_indexes`: proved position in the log by version; a receipt by an exposed key is
    valid only for a position below that key's limit.
    """
    try:
        account_keys = author_keys(proofs.keys)
    except (KeptError, ValueError):
        account_keys = ()  # reported as `keys`; no signature is valid without a key
    for proof in (*proofs.servable.values(), *proofs.restricted.values()):
        yield from check_proof(proof, account_keys, keys, leaf_indexes)
    for version in sorted(proofs.servable.keys() | proofs.restricted.keys()):
        servable = proofs.servable.get(version)
        yield from (
            _check_restricted_withheld(servable)
            if proofs.is_servable_only and servable
            else _check_pair(servable, proofs.restricted.get(version))
        )
    yield from _check_device_lines(proofs)
    yield from _check_parents(proofs)


def _check_parents(proofs: PackProofs) -> Iterator[Finding]:
    """Yield versions whose parent is missing: a pack contains either all versions of a record or none."""
    for proof in proofs.fullest.values():
        if any(parent not in proofs.fullest for parent in codes_of(proof.values, "_parents")):
            yield make_finding("left_out", proof.member)


def _key_bytes(keys: RecordFields, name: str) -> bytes:
    """Return a key's bytes; empty for an invalid key, so that every signature fails."""
    try:
        return unb64(text_of(keys, name))
    except KeptError:
        return b""


def receipts_by_version(proofs: PackProofs) -> dict[str, RecordFields]:
    """Return the receipts by version."""
    all_receipts = {version: object_of(proof.raw, "receipt") for version, proof in proofs.fullest.items()}
    return {version: receipt for version, receipt in all_receipts.items() if receipt}


def pack_notary_key(proofs: PackProofs) -> bytes:
    """Return the notary key of the pack; empty if it is invalid."""
    return _key_bytes(proofs.keys, "notary")


def _earlier_statements(keys: RecordFields) -> tuple[dict[str, object], ...]:
    """Return the statements about replaced keys, unchecked."""
    return objects_of(keys, "earlier") if "earlier" in keys else ()


def author_keys(keys: RecordFields) -> tuple[AuthorKey, ...]:
    """Return the account's keys, replaced ones first.

    Raise BadSignature unless each one is signed by the key before it, and for more keys than a grant may have.
    """
    statements = _earlier_statements(keys)
    # Every proof may be tried with every key. A person replaces keys rarely.
    if len(statements) > constants.GRANT_EARLIER_KEYS_LIMIT:
        raise BadSignature("There are too many statements about earlier keys.")
    return rekeying.verify_chain(statements, unb64(text_of(keys, "ecdsa_pub")))


def _check_author(proof: VersionProof, author_keys: Sequence[AuthorKey], message: bytes) -> None:
    """Raise BadSignature unless the key that a proof names, or a later one, signed it while it was in use."""
    key = rekeying.find_signing_key(author_keys, proof.values.get("_by"), message, unb64(text_of(proof.raw, "sig")))
    received_at = integer_of(object_of(proof.raw, "receipt"), "ts") if proof.raw.get("receipt") else None
    if key.last_ms is not None and (received_at is None or received_at > key.last_ms):
        raise BadSignature("The key had been replaced before the version was received.")


def check_proof(
    proof: VersionProof, author_keys: Sequence[AuthorKey], keys: Sequence[NotaryKey], leaf_indexes: Mapping[str, int]
) -> Iterator[Finding]:
    """Check commitment, ids, signature and receipt of one proof."""
    raw, ids = proof.raw, object_of(proof.values, "_ids")
    stated_commitment = text_of(raw, "c")
    if b64(commitment(proof.digests)) != stated_commitment:
        yield make_finding("commitment", proof.member)
    is_placed_rightly = (ids.get("record"), ids.get("version")) == (raw.get("record"), raw.get("version"))
    if not is_placed_rightly or proof.values.get("_kind") != raw.get("kind"):
        yield make_finding("misplaced", proof.member)
    try:
        message = version_signing_input(
            c=stated_commitment,
            diary=text_of(ids, "diary"),
            record=text_of(raw, "record"),
            version=text_of(raw, "version"),
        )
        _check_author(proof, author_keys, message)
    except (KeptError, ValueError):
        yield make_finding("author", proof.member)
    receipt = raw.get("receipt")
    if receipt is not None:
        receipt_fields = object_of(raw, "receipt")
        if receipt_fields.get("log") not in {key.log_id for key in keys}:
            yield make_finding("other_key", proof.member)
            return
        try:
            key = find_key(keys, receipt_fields.get("log"))
            received_at = receipts.verify_receipt(
                receipt_fields, key.pub, commitment=stated_commitment, envelopes_digest=text_of(receipt_fields, "env")
            )
            if received_at > constants.RECORD_LATEST_MS:
                raise BadSignature("The receipt is of a time that no server can give.")
            if key.leaf_limit is not None and not 0 <= leaf_indexes.get(proof.version, -1) < key.leaf_limit:
                yield make_finding("old_key", proof.member)
        except (KeptError, ValueError):
            yield make_finding("receipt", proof.member)


def _check_pair(servable: VersionProof | None, restricted: VersionProof | None) -> Iterator[Finding]:
    """Check the two proofs of one version against each other."""
    if servable is None and restricted and text_of(restricted.raw, "kind") not in SERVABLE_KINDS:
        return
    if servable is None or restricted is None:
        yield make_finding("no_twin", (servable or restricted or _raise_no_proof()).member)
        return
    is_same = all(
        is_same_json(servable.raw.get(name), restricted.raw.get(name))
        for name in ("c", "sig", "receipt", "record", "seq_no")
    )
    if not is_same or restricted.withheld or servable.digests != restricted.digests:
        yield make_finding("twin", servable.member)
    yield from _check_restricted_withheld(servable)


def _check_restricted_withheld(servable: VersionProof) -> Iterator[Finding]:
    """Yield a finding if a restricted field is disclosed in a servable proof."""
    kind = text_of(salted_field(servable.raw, "_kind"), "v")
    if set(schema_names(kind, integer_of(servable.values, "_schema") or 0).restricted) - servable.withheld:
        yield make_finding("twin", servable.member)


def _raise_no_proof() -> VersionProof:
    raise KeyError("neither proof")


def _check_device_lines(proofs: PackProofs) -> Iterator[Finding]:
    """Check the numbering of each device.

    Missing numbers are no fault: notes and entries not chosen have numbers too.
    """
    links, members = [], {}
    for proof in proofs.fullest.values():
        line = object_of(proof.values, "_line")
        device, number, prev = text_of(line, "device"), integer_of(line, "n") or 0, line.get("prev")
        links.append(ChainLink(device, number, prev if isinstance(prev, str) else None, text_of(proof.raw, "c")))
        members[device, number] = proof.member
    for line_break in find_breaks(links):
        if line_break.why != "missing":
            yield make_finding("line", members[line_break.device, line_break.n])

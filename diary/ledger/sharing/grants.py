"""Grants: what a keeper allows an advocate to see, signed by the keeper. docs/formats.md, section 8.

A grant states recipient, content, duration and purpose. Only the two people can read it: the server has the sealed
grant, its end and its recipient. An advocate accepts only what is signed by the key whose nine words were compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from diary import constants
from diary.crypto.fingerprints import FINGERPRINT_BYTES, fingerprint
from diary.crypto.keys import Keyset, VersionPart, grant_wrap_header, unwrap_key, wrap_key
from diary.crypto.padding import pad_version, unpad
from diary.crypto.public_key_sealing import open_with_private_key, seal_to_public_key
from diary.crypto.sealing import KEY_BYTES, EnvelopeKind, open_envelope, seal_envelope
from diary.crypto.signing import AuthorSigner, verify_author
from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import BadRequest, BadSignature, KeptError, SealError
from diary.ids import parse_id
from diary.ledger import rekeying
from diary.ledger.rekeying import AuthorKey
from diary.ledger.sharing.earlier_keys import EARLIER_KEYS_LIMIT, EARLIER_KEYS_MEMBER, earlier_keys_binding
from diary.ledger.signed_objects import JsonObject

TYPE: Final = "grant/v1"
RIGHTS: Final = ("view", "comment", "pack")
DAY_MS: Final = 86_400_000
DEFAULT_DURATION_MS: Final = constants.GRANT_DEFAULT_DAYS * DAY_MS
MAX_DURATION_MS: Final = constants.GRANT_MAX_DAYS * DAY_MS
RECORDS_LIMIT: Final = constants.GRANT_RECORDS_LIMIT
DIGESTS_TYPE: Final = "apart/v1"
DIGEST_BYTES: Final = 32
PURPOSE_LIMIT_CHARACTERS: Final = constants.GRANT_PURPOSE_LIMIT_CHARACTERS
NAME_LIMIT_CHARACTERS: Final = constants.ADVOCATE_NAME_LIMIT_CHARACTERS
_MEMBER_NAMES: Final = frozenset(
    ("diary", "from", "grant", "made_at", "not_after", "prev", "purpose", "restricted", "rights", "scope", "t", "to")
)
_SEALED_NAMES: Final = {"ecdsa_pub", "grant", "hpke_pub", "key", "name"}


@dataclass(frozen=True, slots=True)
class GrantParty:
    """The other party of a grant: two public keys of 65 bytes, and a name for people."""

    ecdsa_pub: bytes
    hpke_pub: bytes
    name: str

    @property
    def fingerprint(self) -> bytes:
        """Return the 12-byte fingerprint that the nine words encode."""
        return fingerprint(self.ecdsa_pub, self.hpke_pub)

    def public_key_members(self) -> JsonObject:
        """Return the public keys as members of a sealed document."""
        return {"ecdsa_pub": b64(self.ecdsa_pub), "hpke_pub": b64(self.hpke_pub)}


@dataclass(frozen=True, slots=True)
class OpenedGrant:
    """An opened grant: the signed statement, the key of its wraps, and the other party.

    `earlier_statements` is on the advocate's side: the statements about the keeper's earlier keys, oldest first.
    """

    statement: Mapping[str, Any]
    key: bytes = field(repr=False)
    counterparty: GrantParty
    earlier_statements: tuple[Mapping[str, Any], ...] = ()

    @property
    def id(self) -> str:
        """Return the grant's id."""
        return str(self.statement["grant"])

    @property
    def parts(self) -> tuple[VersionPart, ...]:
        """Return the parts of a version whose keys this grant gives."""
        return ("open", "restricted") if self.statement["restricted"] else ("open",)

    @property
    def gives_digests(self) -> bool:
        """Return whether the grant gives the digests of the restricted fields instead of that part's key.

        Without the digests, an advocate without that part's key could not prove that the rest is what the keeper
        sealed.
        """
        return not self.statement["restricted"] and "pack" in self.statement["rights"]

    def author_keys(self) -> tuple[AuthorKey, ...]:
        """Return the keys that may have signed the other party's versions, oldest first.

        Raise BadSignature if the chain of statements is broken.
        """
        return rekeying.verify_chain(self.earlier_statements, self.counterparty.ecdsa_pub)

    def is_unexpired(self, now_ms: int) -> bool:
        """Return whether the grant has not expired at `now_ms`."""
        return now_ms < int(self.statement["not_after"])


def sign_grant(author: AuthorSigner, fields: Mapping[str, object]) -> JsonObject:
    """Return a grant signed by its keeper, from its fields without `t`. Raise BadSignature if it is malformed."""
    unsigned = dict(fields) | {"t": TYPE}
    statement = unsigned | {"sig": b64(author.sign(canonical_json(unsigned)))}
    verify_grant(statement, author.pub)
    return statement


def verify_grant(statement: Mapping[str, Any], keeper_pub: bytes) -> None:
    """Raise BadSignature unless `statement` is a well-formed grant within the limits, signed by this key."""
    if set(statement) - {EARLIER_KEYS_MEMBER} != _MEMBER_NAMES | {"sig"} or statement["t"] != TYPE:
        raise BadSignature("That is not a grant.")
    fields = {name: value for name, value in statement.items() if name != "sig"}
    try:
        is_valid = all(
            (
                _are_ids_valid(statement),
                _is_scope_valid(statement["scope"]),
                _are_rights_valid(statement["rights"]),
                _are_times_valid(statement),
            )
        )
        if (
            not is_valid
            or type(statement["restricted"]) is not bool
            or not _is_text(statement["purpose"], PURPOSE_LIMIT_CHARACTERS)
        ):
            raise BadSignature("That is not a grant.")
        verify_author(keeper_pub, canonical_json(fields), unb64(str(statement["sig"])))
    except BadSignature:
        raise
    except BadRequest:
        raise BadSignature("That is not a grant.") from None


def grant_envelope_header(diary: str, grant: str, recipient: str) -> JsonObject:
    """Return the header of a grant's envelopes: the advocate's and the keeper's copy."""
    return {"diary": diary, "grant": grant, "t": "grant", "to": recipient}


def seal_for_advocate(
    advocate: GrantParty,
    keeper: GrantParty,
    statement: Mapping[str, Any],
    key: bytes,
    earlier_statements: Sequence[Mapping[str, Any]] = (),
) -> bytes:
    """Return the envelope for the advocate.

    It contains the grant, its key, the keeper's keys and name, and the statements about earlier keys.
    """
    payload = {"grant": dict(statement), "key": b64(key), "name": keeper.name} | keeper.public_key_members()
    payload |= (
        {EARLIER_KEYS_MEMBER: [dict(earlier_statement) for earlier_statement in earlier_statements]}
        if earlier_statements
        else {}
    )
    envelope_header = grant_envelope_header(str(statement["diary"]), str(statement["grant"]), b64(advocate.fingerprint))
    return seal_to_public_key(
        advocate.hpke_pub, EnvelopeKind.GRANT, envelope_header, pad_version(canonical_json(payload))
    )


def open_as_advocate(keyset: Keyset, envelope: bytes, diary: str, grant: str) -> OpenedGrant:
    """Open a grant as its advocate and check it. Raise SealError and BadSignature.

    Check its diary and id, the keeper's current and earlier keys, the signature, and that the grant is for this keyset.
    The caller must check that the keeper's nine words were compared: a stranger can issue a grant of their own.
    """
    own_fingerprint = fingerprint(keyset.ecdsa_pub, keyset.hpke_pub)
    plaintext = open_with_private_key(
        keyset.hpke_scalar, envelope, EnvelopeKind.GRANT, grant_envelope_header(diary, grant, b64(own_fingerprint))
    )
    opened_grant = _parse_plaintext(plaintext)
    statement, keeper = opened_grant.statement, opened_grant.counterparty
    verify_grant(statement, keeper.ecdsa_pub)
    if (statement["diary"], statement["grant"], statement["to"], statement["from"]) != (
        diary,
        grant,
        b64(own_fingerprint),
        b64(keeper.fingerprint),
    ):
        raise BadSignature("That grant is for somebody else.")
    _verify_earlier_statements(opened_grant)
    return opened_grant


def seal_keeper_copy(account_key: bytes, advocate: GrantParty, statement: Mapping[str, Any], key: bytes) -> bytes:
    """Return the keeper's own copy: the grant, its key, and the advocate."""
    payload = {"grant": dict(statement), "key": b64(key), "name": advocate.name} | advocate.public_key_members()
    envelope_header = grant_envelope_header(str(statement["diary"]), str(statement["grant"]), b64(advocate.fingerprint))
    return seal_envelope(account_key, EnvelopeKind.GRANT, envelope_header, pad_version(canonical_json(payload)))


def open_keeper_copy(
    account_key: bytes, envelope: bytes, keeper_pub: bytes, expected_header: Mapping[str, object]
) -> OpenedGrant:
    """Open the keeper's copy of a grant. Raise SealError and BadSignature.

    `expected_header` is from `grant_envelope_header`.
    """
    opened_grant = _parse_plaintext(open_envelope(account_key, envelope, EnvelopeKind.GRANT, expected_header))
    statement = opened_grant.statement
    verify_grant(statement, keeper_pub)
    matches_header = grant_envelope_header(
        statement["diary"], statement["grant"], statement["to"]
    ) == expected_header and statement["to"] == b64(opened_grant.counterparty.fingerprint)
    if opened_grant.earlier_statements or not matches_header:
        raise SealError
    return opened_grant


def wrap_keys(opened_grant: OpenedGrant, version: str, keys: Sequence[bytes]) -> tuple[bytes, ...]:
    """Wrap the keys of one version's parts, `open` first, for those parts that this grant gives."""
    diary = str(opened_grant.statement["diary"])
    parts_and_keys = zip(opened_grant.parts, keys, strict=False)
    return tuple(
        wrap_key(opened_grant.key, grant_wrap_header(opened_grant.id, diary, version, part), key)
        for part, key in parts_and_keys
    )


def unwrap_keys(opened_grant: OpenedGrant, version: str, wrapped_keys: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the version keys in the wraps, at most one per part.

    Raise SealError, also for a part that the grant does not give.
    """
    if len(wrapped_keys) > len(opened_grant.parts):
        raise SealError
    diary = str(opened_grant.statement["diary"])
    parts_and_wraps = zip(opened_grant.parts, wrapped_keys, strict=False)
    return tuple(
        unwrap_key(opened_grant.key, wrapped_key, grant_wrap_header(opened_grant.id, diary, version, part))
        for part, wrapped_key in parts_and_wraps
    )


def seal_digests(opened_grant: OpenedGrant, version: str, digests: Mapping[str, str]) -> bytes:
    """Seal the digests of one version's restricted fields (b64 by name) in place of a wrap of that part's key."""
    wrap_header = grant_wrap_header(opened_grant.id, str(opened_grant.statement["diary"]), version, "restricted")
    return seal_envelope(
        opened_grant.key, EnvelopeKind.WRAP, wrap_header, canonical_json({"digests": dict(digests), "t": DIGESTS_TYPE})
    )


def open_digests(opened_grant: OpenedGrant, version: str, sealed: bytes) -> dict[str, str]:
    """Return the digests that `seal_digests` sealed. Raise SealError, also if the grant does not give digests."""
    if not opened_grant.gives_digests:
        raise SealError
    wrap_header = grant_wrap_header(opened_grant.id, str(opened_grant.statement["diary"]), version, "restricted")
    try:
        document = parse_canonical_json(open_envelope(opened_grant.key, sealed, EnvelopeKind.WRAP, wrap_header))
        if not isinstance(document, dict) or set(document) != {"digests", "t"} or document["t"] != DIGESTS_TYPE:
            raise SealError
        digests = document["digests"]
        if not isinstance(digests, dict) or not all(
            len(unb64(_require_text(digest))) == DIGEST_BYTES for digest in digests.values()
        ):
            raise SealError
    except KeptError:
        raise SealError from None
    return {str(name): str(digest) for name, digest in digests.items()}


def _parse_plaintext(plaintext: bytes) -> OpenedGrant:
    """Parse the content of either envelope without checking the signature. Raise SealError if it is malformed."""
    try:
        payload = parse_canonical_json(unpad(plaintext))
        if (
            not isinstance(payload, dict)
            or set(payload) - {EARLIER_KEYS_MEMBER} != _SEALED_NAMES
            or not isinstance(payload["grant"], dict)
        ):
            raise SealError
        key, earlier_statements = unb64(str(payload["key"])), payload.get(EARLIER_KEYS_MEMBER, [])
        is_statement_list = isinstance(earlier_statements, list) and all(
            isinstance(statement, dict) for statement in earlier_statements
        )
        if not is_statement_list or bool(earlier_statements) != (EARLIER_KEYS_MEMBER in payload):
            raise SealError
        if len(key) != KEY_BYTES or not _is_text(payload["name"], NAME_LIMIT_CHARACTERS):
            raise SealError
        counterparty = GrantParty(
            unb64(str(payload["ecdsa_pub"])), unb64(str(payload["hpke_pub"])), str(payload["name"])
        )
        counterparty.fingerprint  # noqa: B018 - raises if a key has the wrong length
    except KeptError:
        raise SealError from None
    return OpenedGrant(payload["grant"], key, counterparty, tuple(earlier_statements))


def _verify_earlier_statements(opened_grant: OpenedGrant) -> None:
    """Raise BadSignature unless the grant's signature covers its earlier statements and they lead to the keeper's key.

    Every statement must be about the grant's diary.
    """
    statement, earlier_statements = opened_grant.statement, opened_grant.earlier_statements
    is_signed = earlier_keys_binding(earlier_statements).get(EARLIER_KEYS_MEMBER) == statement.get(EARLIER_KEYS_MEMBER)
    if (
        not is_signed
        or len(earlier_statements) > EARLIER_KEYS_LIMIT
        or any(earlier_statement.get("diary") != statement["diary"] for earlier_statement in earlier_statements)
    ):
        raise BadSignature("The statements about earlier keys are not the ones that were signed.")
    opened_grant.author_keys()


def _are_ids_valid(statement: Mapping[str, Any]) -> bool:
    """Return whether ids and fingerprints have valid lengths. Raise BadRequest if one is not base64url."""
    for name in ("diary", "grant", *(("prev",) if statement["prev"] is not None else ())):
        parse_id(_require_text(statement[name]))
    if EARLIER_KEYS_MEMBER in statement and len(unb64(_require_text(statement[EARLIER_KEYS_MEMBER]))) != DIGEST_BYTES:
        return False
    return all(len(unb64(_require_text(statement[name]))) == FINGERPRINT_BYTES for name in ("from", "to"))


def _is_scope_valid(scope: object) -> bool:
    """Return whether a scope is everything, one case, or a list of records without duplicates.

    Raise BadRequest if an id is not valid.
    """
    if not isinstance(scope, dict) or len(scope) != 1:
        return False
    if "case" in scope:
        parse_id(_require_text(scope["case"]))
        return True
    if "records" not in scope:
        return scope.get("all") is True
    records = scope["records"]
    if not isinstance(records, list) or not 0 < len(records) <= RECORDS_LIMIT:
        return False
    for record in records:
        parse_id(_require_text(record))
    return len(set(records)) == len(records)


def _are_rights_valid(rights: object) -> bool:
    """Return whether rights begin with `view` and are in the order of RIGHTS, without duplicates."""
    return (
        isinstance(rights, list) and rights[:1] == ["view"] and rights == [right for right in RIGHTS if right in rights]
    )


def _are_times_valid(statement: Mapping[str, Any]) -> bool:
    """Return whether a grant ends after its start and within the longest duration."""
    made_at, not_after = statement["made_at"], statement["not_after"]
    if type(made_at) is not int or type(not_after) is not int:
        return False
    return 0 <= made_at < not_after <= made_at + MAX_DURATION_MS


def _is_text(value: object, limit_characters: int) -> bool:
    """Return whether a value is non-empty text within the limit."""
    return isinstance(value, str) and 0 < len(value) <= limit_characters


def _require_text(value: object) -> str:
    """Return the value. Raise BadRequest unless it is text."""
    if not isinstance(value, str):
        raise BadRequest
    return value

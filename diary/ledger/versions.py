"""Sealing and opening of versions: docs/formats.md, section 5.

`compose` does everything except the sealing, so that test vectors can pin its result byte for byte.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from diary.crypto.keys import VersionPart, unwrap_any_epoch, version_wrap_header, wrap_key
from diary.crypto.padding import pad_version, unpad
from diary.crypto.sealing import KEY_BYTES, EnvelopeKind, open_envelope, seal_envelope
from diary.crypto.signing import AuthorSigner, author_key_id, verify_author
from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import BadSignature, KeptError, SealError
from diary.ids import parse_id
from diary.ledger.commitments import FieldNames, all_field_digests, commitment
from diary.ledger.push import PARTS, VersionPush, envelope_header, version_signing_input

SEED_BYTES: Final = 32
BlobKeys = tuple[tuple[str, bytes], ...]
FieldNamesLookup = Callable[[str, int], FieldNames]


@dataclass(frozen=True, slots=True)
class VersionIds:
    """The diary, record and version ids of a version, as text."""

    diary: str
    record: str
    version: str

    def ids_member(self) -> dict[str, object]:
        """Return the field `_ids` of the version."""
        return {"diary": self.diary, "record": self.record, "version": self.version}


@dataclass(frozen=True, slots=True)
class VersionDraft:
    """A version before sealing. Fields whose value is None are omitted.

    `line`, `clock` and `beacon` are described in docs/formats.md, section 5.
    """

    ids: VersionIds
    kind: str
    schema: int
    account: str
    device: str
    line: Mapping[str, object]
    clock: Mapping[str, object]
    open: Mapping[str, object]
    restricted: Mapping[str, object] = field(default_factory=dict)
    open_keys: BlobKeys = ()
    restricted_keys: BlobKeys = ()
    parents: tuple[str, ...] = ()
    beacon: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class VersionSecrets:
    """The random keys and seeds of a version, 32 bytes each."""

    open_key: bytes = field(repr=False)
    open_seed: bytes = field(repr=False)
    restricted_key: bytes = field(repr=False)
    restricted_seed: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> "VersionSecrets":
        """Return new keys and seeds. They must never be used for two versions."""
        return cls(*(os.urandom(KEY_BYTES) for _ in range(4)))


@dataclass(frozen=True, slots=True)
class ComposedVersion:
    """A version before sealing: padded payloads (one or two), field digests (name → b64) and commitment."""

    payloads: tuple[bytes, ...]
    digests: Mapping[str, str]
    commitment: bytes


@dataclass(frozen=True, slots=True)
class SealedVersion:
    """A sealed version ready to send, with the ids, commitment and field digests its author keeps."""

    ids: VersionIds
    push: VersionPush
    commitment: bytes
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OpenedVersion:
    """An opened version. `fields` has no reserved names; `restricted` is None if that part is absent or was not opened.

    `is_restricted_withheld`: a restricted part exists but was not opened, so the commitment could not be recomputed.
    The opened part is authentic only in that somebody with its key sealed it for these ids.

    `is_altered`: the content does not match the commitment. The text is returned in any case; the reader decides how to
    report it, and a pack must name it.
    """

    ids: VersionIds
    kind: str
    schema: int
    fields: Mapping[str, object]
    restricted: Mapping[str, object] | None
    reserved_fields: Mapping[str, object]
    open_keys: BlobKeys
    restricted_keys: BlobKeys
    seeds: tuple[bytes, ...]
    digests: Mapping[str, str]
    commitment: bytes
    is_altered: bool
    is_restricted_withheld: bool = False


def compose(draft: VersionDraft, field_names: FieldNames, key_id: str, secrets: VersionSecrets) -> ComposedVersion:
    """Return payloads and commitment of a draft. Raise SealError for a field that is not in the schema."""
    open_fields = _without_none(draft.open) | {
        "_kind": draft.kind,
        "_schema": draft.schema,
        "_ids": draft.ids.ids_member(),
        "_parents": list(draft.parents),
        "_line": dict(draft.line),
        "_author": {"account": draft.account, "device": draft.device},
        "_by": key_id,
        "_clock": dict(draft.clock),
        **({"_beacon": dict(draft.beacon)} if draft.beacon else {}),
    }
    restricted = _without_none(draft.restricted)
    if not (set(open_fields) <= set(field_names.open_with_reserved) and set(restricted) <= set(field_names.restricted)):
        raise SealError("A field is not part of this kind of record.")
    payloads = [_encode_payload(open_fields, draft.open_keys, secrets.open_seed)]
    restricted_seed = None
    if restricted or draft.restricted_keys:
        restricted_seed = secrets.restricted_seed
        payloads.append(_encode_payload(restricted, draft.restricted_keys, restricted_seed))
    field_digests = all_field_digests(field_names, open_fields, secrets.open_seed, restricted, restricted_seed)
    return ComposedVersion(tuple(payloads), field_digests, commitment(field_digests))


def seal_version(
    draft: VersionDraft, field_names: FieldNames, author: AuthorSigner, diary_key: bytes, epoch: int
) -> SealedVersion:
    """Seal, wrap and sign a draft under new keys. Raise SealError for a field that is not in the schema."""
    secrets = VersionSecrets.generate()
    composed = compose(draft, field_names, author.key_id, secrets)
    ids = draft.ids
    wraps, envelopes = [], []
    for part, key, payload in zip(PARTS, (secrets.open_key, secrets.restricted_key), composed.payloads, strict=False):
        wraps.append(wrap_key(diary_key, version_wrap_header(ids.diary, ids.version, part, epoch), key))
        header = envelope_header(ids.diary, ids.record, ids.version, part)
        envelopes.append(seal_envelope(key, EnvelopeKind.VERSION, header, payload))
    c = b64(composed.commitment)
    message = version_signing_input(c=c, diary=ids.diary, record=ids.record, version=ids.version)
    push = VersionPush(
        commitment=c,
        signature=b64(author.sign(message)),
        parents=draft.parents,
        blobs=tuple(dict.fromkeys(blob for blob, _ in (*draft.open_keys, *draft.restricted_keys))),
        wraps=tuple(wraps),
        envelopes=tuple(envelopes),
    )
    return SealedVersion(ids, push, composed.commitment, composed.digests)


def open_version(
    push: VersionPush,
    ids: VersionIds,
    find_field_names: FieldNamesLookup,
    diary_key: bytes,
    author_pub: bytes | None = None,
) -> OpenedVersion:
    """Return a version, opened with the diary's key. Raise SealError if it cannot be opened.

    Set `is_altered` if the commitment differs, or if the version names `author_pub` as its author and the signature is
    not valid.
    """
    keys = [
        unwrap_any_epoch(diary_key, wrap_envelope, version_wrap_header(ids.diary, ids.version, part, 1))[0]
        for part, wrap_envelope in zip(push.parts, push.wraps, strict=True)
    ]
    opened = open_with_keys(push, ids, find_field_names, keys)
    if author_pub is None or opened.is_altered or opened.reserved_fields.get("_by") != author_key_id(author_pub):
        return opened
    message = version_signing_input(c=push.commitment, diary=ids.diary, record=ids.record, version=ids.version)
    try:
        verify_author(author_pub, message, unb64(push.signature))
    except BadSignature:
        return replace(opened, is_altered=True)
    return opened


def open_with_keys(
    push: VersionPush,
    ids: VersionIds,
    find_field_names: FieldNamesLookup,
    keys: Sequence[bytes],
    withheld_digests: Mapping[str, str] | None = None,
) -> OpenedVersion:
    """Return a version, opened with its own keys: open, then restricted, which a reader may lack.

    Raise SealError if the version cannot be opened. `withheld_digests` are the digests of the restricted fields (b64 by
    name), for a reader without that part's key.
    """
    if not 0 < len(keys) <= len(push.parts):
        raise SealError
    is_restricted_withheld = len(keys) < len(push.parts) and withheld_digests is None
    opened_payloads = [
        _open_payload(key, envelope, ids, part)
        for part, key, envelope in zip(push.parts, keys, push.envelopes, strict=False)
    ]
    fields, blob_keys, seed = opened_payloads[0]
    restricted, restricted_keys, restricted_seed = opened_payloads[1] if len(opened_payloads) > 1 else ({}, (), None)
    kind, schema = fields.get("_kind"), fields.get("_schema")
    if not isinstance(kind, str) or type(schema) is not int:
        raise SealError
    field_names = find_field_names(kind, schema)
    field_digests = all_field_digests(field_names, fields, seed, restricted, restricted_seed)
    if withheld_digests is not None and len(keys) < len(push.parts):
        if set(withheld_digests) != set(field_names.restricted):
            raise SealError
        field_digests = {**field_digests, **withheld_digests}
    computed_commitment = commitment(field_digests)
    # The commitment does not cover a field that is not in the schema, so it must not count as part of the version.
    has_only_known_names = set(fields) <= set(field_names.open_with_reserved) and set(restricted) <= set(
        field_names.restricted
    )
    has_expected_ids = fields.get("_ids") == ids.ids_member() and fields.get("_parents") == list(push.parents)
    return OpenedVersion(
        ids=ids,
        kind=kind,
        schema=schema,
        fields={name: value for name, value in fields.items() if not name.startswith("_")},
        restricted=restricted if len(opened_payloads) > 1 else None,
        reserved_fields={name: value for name, value in fields.items() if name.startswith("_")},
        open_keys=blob_keys,
        restricted_keys=restricted_keys,
        seeds=(seed,) if restricted_seed is None else (seed, restricted_seed),
        digests=field_digests,
        commitment=computed_commitment,
        is_altered=not (
            has_only_known_names
            and has_expected_ids
            and (is_restricted_withheld or b64(computed_commitment) == push.commitment)
        ),
        is_restricted_withheld=is_restricted_withheld,
    )


def _without_none(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def _encode_payload(fields: Mapping[str, object], keys: BlobKeys, seed: bytes) -> bytes:
    """Return the padded payload of one part."""
    payload = {"fields": dict(fields), "keys": [[blob, b64(key)] for blob, key in keys], "seed": b64(seed)}
    return pad_version(canonical_json(payload))


def _open_payload(
    key: bytes, envelope: bytes, ids: VersionIds, part: VersionPart
) -> tuple[dict[str, object], BlobKeys, bytes]:
    """Return fields, blob keys and seed of one part. Raise SealError if it cannot be opened or is malformed."""
    header = envelope_header(ids.diary, ids.record, ids.version, part)
    plaintext = unpad(open_envelope(key, envelope, EnvelopeKind.VERSION, header))
    try:
        payload = parse_canonical_json(plaintext)
        if not isinstance(payload, dict) or set(payload) != {"fields", "keys", "seed"}:
            raise SealError
        fields, seed = payload["fields"], unb64(str(payload["seed"]))
        keys = tuple((str(blob), unb64(str(blob_key))) for blob, blob_key in payload["keys"])
        is_valid = all(parse_id(blob) and len(blob_key) == KEY_BYTES for blob, blob_key in keys)
    except (KeptError, TypeError, ValueError):
        raise SealError from None
    if not isinstance(fields, dict) or len(seed) != SEED_BYTES or not is_valid:
        raise SealError
    return fields, keys, seed

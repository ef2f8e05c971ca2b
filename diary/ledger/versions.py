"""Making a version and reading one: docs/formats.md, section 5.

`compose` is everything but the sealing, so that the vectors can pin it byte for byte.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from diary.crypto.keys import Part, unwrap_any_epoch, version_header, wrap
from diary.crypto.padding import pad_version, unpad
from diary.crypto.sealing import KEY_BYTES, Kind, open_envelope, seal
from diary.crypto.signing import Author, author_key_id, verify_author
from diary.encoding import b64, canon, parse, unb64
from diary.errors import BadSignature, KeptError, SealError
from diary.ids import parse_id
from diary.ledger.commitments import Names, commitment, digests
from diary.ledger.push import PARTS, Push, envelope_header, signed_bytes

SEED_BYTES: Final = 32
Keys = tuple[tuple[str, bytes], ...]
NamesOf = Callable[[str, int], Names]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a version stands: three ids, as text."""

    diary: str
    record: str
    version: str

    def ids(self) -> dict[str, object]:
        """`_ids` of the version."""
        return {"diary": self.diary, "record": self.record, "version": self.version}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is about to be sealed. Fields whose value is None are left out; `line`, `clock` and `beacon` as in formats.md 5."""

    place: Place
    kind: str
    schema: int
    account: str
    device: str
    line: Mapping[str, object]
    clock: Mapping[str, object]
    open: Mapping[str, object]
    restricted: Mapping[str, object] = field(default_factory=dict)
    open_keys: Keys = ()
    restricted_keys: Keys = ()
    parents: tuple[str, ...] = ()
    beacon: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Secrets:
    """The random parts of a version: its keys and seeds, 32 bytes each."""

    open_key: bytes = field(repr=False)
    open_seed: bytes = field(repr=False)
    restricted_key: bytes = field(repr=False)
    restricted_seed: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "Secrets":
        """Fresh ones; never used for two versions."""
        return cls(*(os.urandom(KEY_BYTES) for _ in range(4)))


@dataclass(frozen=True, slots=True)
class Composed:
    """A version before sealing: padded payloads (one or two), field digests (name → b64) and the commitment."""

    payloads: tuple[bytes, ...]
    digests: Mapping[str, str]
    commitment: bytes


@dataclass(frozen=True, slots=True)
class SealedVersion:
    """A version ready to travel, and what its maker keeps of it."""

    place: Place
    push: Push
    commitment: bytes
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OpenedVersion:
    """A version as read. `fields` without the reserved names; `restricted` None when there is no such part, or no key to it.

    `withheld`: there is a restricted part that was not opened, so the commitment could not be made again: what was opened
    is what whoever has its key sealed, at this place.

    `altered`: what was sealed does not add up to what was committed to. The text is still given: the reader
    decides what to say of it, and a pack must name it.
    """

    place: Place
    kind: str
    schema: int
    fields: Mapping[str, object]
    restricted: Mapping[str, object] | None
    reserved: Mapping[str, object]
    open_keys: Keys
    restricted_keys: Keys
    seeds: tuple[bytes, ...]
    digests: Mapping[str, str]
    commitment: bytes
    altered: bool
    withheld: bool = False


def compose(draft: Draft, names: Names, author_key_id: str, secrets: Secrets) -> Composed:
    """Payloads and commitment of a draft. Raises SealError for a field the schema does not name."""
    open_fields = _present(draft.open) | {
        "_kind": draft.kind,
        "_schema": draft.schema,
        "_ids": draft.place.ids(),
        "_parents": list(draft.parents),
        "_line": dict(draft.line),
        "_author": {"account": draft.account, "device": draft.device},
        "_by": author_key_id,
        "_clock": dict(draft.clock),
        **({"_beacon": dict(draft.beacon)} if draft.beacon else {}),
    }
    restricted = _present(draft.restricted)
    if not (set(open_fields) <= set(names.all_open) and set(restricted) <= set(names.restricted)):
        raise SealError("A field is not part of this kind of record.")
    payloads = [_payload(open_fields, draft.open_keys, secrets.open_seed)]
    seed = None
    if restricted or draft.restricted_keys:
        seed = secrets.restricted_seed
        payloads.append(_payload(restricted, draft.restricted_keys, seed))
    found = digests(names, open_fields, secrets.open_seed, restricted, seed)
    return Composed(tuple(payloads), found, commitment(found))


def seal_version(draft: Draft, names: Names, author: Author, diary_key: bytes, epoch: int) -> SealedVersion:
    """Seal, wrap and sign a draft under fresh keys."""
    secrets = Secrets.new()
    composed = compose(draft, names, author.key_id, secrets)
    place = draft.place
    wraps, envelopes = [], []
    for part, key, payload in zip(PARTS, (secrets.open_key, secrets.restricted_key), composed.payloads, strict=False):
        wraps.append(wrap(diary_key, version_header(place.diary, place.version, part, epoch), key))
        header = envelope_header(place.diary, place.record, place.version, part)
        envelopes.append(seal(key, Kind.VERSION, header, payload))
    c = b64(composed.commitment)
    message = signed_bytes(c=c, diary=place.diary, record=place.record, version=place.version)
    push = Push(
        c=c,
        sig=b64(author.sign(message)),
        parents=draft.parents,
        blobs=tuple(dict.fromkeys(blob for blob, _ in (*draft.open_keys, *draft.restricted_keys))),
        wraps=tuple(wraps),
        envelopes=tuple(envelopes),
    )
    return SealedVersion(place, push, composed.commitment, composed.digests)


def open_version(
    push: Push, place: Place, names_of: NamesOf, diary_key: bytes, author_pub: bytes | None = None
) -> OpenedVersion:
    """Read a version with the diary's key. Raises SealError; a commitment that differs makes it `altered`.

    So does a signature that does not hold, where the version says it is by the owner of `author_pub`.
    """
    keys = [
        unwrap_any_epoch(diary_key, wrapped, version_header(place.diary, place.version, part, 1))[0]
        for part, wrapped in zip(push.parts, push.wraps, strict=True)
    ]
    opened = open_with_keys(push, place, names_of, keys)
    if author_pub is None or opened.altered or opened.reserved.get("_by") != author_key_id(author_pub):
        return opened
    message = signed_bytes(c=push.c, diary=place.diary, record=place.record, version=place.version)
    try:
        verify_author(author_pub, message, unb64(push.sig))
    except BadSignature:
        return replace(opened, altered=True)
    return opened


def open_with_keys(
    push: Push, place: Place, names_of: NamesOf, keys: Sequence[bytes], apart: Mapping[str, str] | None = None
) -> OpenedVersion:
    """As `open_version`, with the version's own keys: open, then restricted, which a reader need not have.

    `apart`: digests of the restricted fields, b64 by name, for a reader without that part's key.
    """
    if not 0 < len(keys) <= len(push.parts):
        raise SealError
    withheld = len(keys) < len(push.parts) and apart is None
    read = [
        _read_payload(key, envelope, place, part)
        for part, key, envelope in zip(push.parts, keys, push.envelopes, strict=False)
    ]
    fields, blob_keys, seed = read[0]
    restricted, restricted_keys, restricted_seed = read[1] if len(read) > 1 else ({}, (), None)
    kind, schema = fields.get("_kind"), fields.get("_schema")
    if not isinstance(kind, str) or type(schema) is not int:
        raise SealError
    names = names_of(kind, schema)
    found = digests(names, fields, seed, restricted, restricted_seed)
    if apart is not None and len(keys) < len(push.parts):
        if set(apart) != set(names.restricted):
            raise SealError
        found = {**found, **apart}
    committed = commitment(found)
    # A field the schema does not name is outside the commitment, so it must not pass as part of the version.
    named = set(fields) <= set(names.all_open) and set(restricted) <= set(names.restricted)
    placed = fields.get("_ids") == place.ids() and fields.get("_parents") == list(push.parents)
    return OpenedVersion(
        place=place,
        kind=kind,
        schema=schema,
        fields={name: value for name, value in fields.items() if not name.startswith("_")},
        restricted=restricted if len(read) > 1 else None,
        reserved={name: value for name, value in fields.items() if name.startswith("_")},
        open_keys=blob_keys,
        restricted_keys=restricted_keys,
        seeds=(seed,) if restricted_seed is None else (seed, restricted_seed),
        digests=found,
        commitment=committed,
        altered=not (named and placed and (withheld or b64(committed) == push.c)),
        withheld=withheld,
    )


def _present(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def _payload(fields: Mapping[str, object], keys: Keys, seed: bytes) -> bytes:
    """The padded payload of one part."""
    named = {"fields": dict(fields), "keys": [[blob, b64(key)] for blob, key in keys], "seed": b64(seed)}
    return pad_version(canon(named))


def _read_payload(key: bytes, envelope: bytes, place: Place, part: Part) -> tuple[dict[str, object], Keys, bytes]:
    """Fields, blob keys and seed of one part, else SealError."""
    header = envelope_header(place.diary, place.record, place.version, part)
    plaintext = unpad(open_envelope(key, envelope, Kind.VERSION, header))
    try:
        named = parse(plaintext)
        if not isinstance(named, dict) or set(named) != {"fields", "keys", "seed"}:
            raise SealError
        fields, seed = named["fields"], unb64(str(named["seed"]))
        keys = tuple((str(blob), unb64(str(blob_key))) for blob, blob_key in named["keys"])
        sound = all(parse_id(blob) and len(blob_key) == KEY_BYTES for blob, blob_key in keys)
    except (KeptError, TypeError, ValueError):
        raise SealError from None
    if not isinstance(fields, dict) or len(seed) != SEED_BYTES or not sound:
        raise SealError
    return fields, keys, seed

"""A version's wire format: metadata, wraps, envelopes and wraps for grants, in frames. docs/formats.md, section 6."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from diary import constants
from diary.crypto.keys import VersionPart, grant_wrap_header, version_wrap_header
from diary.crypto.sealing import EnvelopeKind, envelope_prefix, read_header
from diary.encoding import b64, canonical_json, decode_frames, encode_frames, parse_canonical_json, unb64
from diary.errors import BadRequest, NotCanonical, SealError
from diary.ids import parse_id

PARTS: Final[tuple[VersionPart, ...]] = ("open", "restricted")
BLOBS_LIMIT: Final = constants.PUSH_FILES_LIMIT
PARENTS_LIMIT: Final = constants.PUSH_PARENTS_LIMIT
GRANTS_LIMIT: Final = constants.PUSH_GRANTS_LIMIT
_META_NAMES: Final = {"blobs", "c", "grants", "parents", "parts", "sig"}


@dataclass(frozen=True, slots=True)
class WrapsForGrant:
    """A version's keys wrapped for one grant: the key of `open`, or of `open` and `restricted`."""

    grant: str
    wraps: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class VersionPush:
    """A version as it is sent. Nothing in it is readable without its keys."""

    commitment: str
    signature: str
    parents: tuple[str, ...]
    blobs: tuple[str, ...]
    wraps: tuple[bytes, ...]
    envelopes: tuple[bytes, ...]
    grants: tuple[WrapsForGrant, ...] = ()

    @property
    def parts(self) -> tuple[VersionPart, ...]:
        """Return `open`, or `open` and `restricted`."""
        return PARTS[: len(self.envelopes)]

    @property
    def envelopes_digest(self) -> str:
        """Return the digest of the envelopes as in a receipt, b64."""
        return b64(digest_envelopes(self.envelopes))

    def meta(self) -> dict[str, object]:
        """Return the content of the first frame."""
        return {
            "blobs": list(self.blobs),
            "c": self.commitment,
            "grants": [[for_grant.grant, len(for_grant.wraps)] for for_grant in self.grants],
            "parents": list(self.parents),
            "parts": list(self.parts),
            "sig": self.signature,
        }


def digest_envelopes(envelopes: Sequence[bytes]) -> bytes:
    """Return SHA-256 over the envelopes, open then restricted."""
    return hashlib.sha256(b"".join(envelopes)).digest()


def version_signing_input(*, c: str, diary: str, record: str, version: str) -> bytes:
    """Return the bytes that the author of a version signs."""
    return canonical_json({"c": c, "diary": diary, "record": record, "t": "sig/v1", "version": version})


def envelope_header(diary: str, record: str, version: str, part: VersionPart) -> dict[str, object]:
    """Return the header of a version's envelope."""
    return {"diary": diary, "part": part, "record": record, "t": "version", "version": version}


def encode(push: VersionPush) -> bytes:
    """Return the body of a version push."""
    grant_wraps = (wrap for for_grant in push.grants for wrap in for_grant.wraps)
    return encode_frames((canonical_json(push.meta()), *push.wraps, *push.envelopes, *grant_wraps))


def body_digest(version_members: Mapping[str, object], sealed_frames: bytes) -> bytes:
    """Return SHA-256 of the body of a push without grants.

    `version_members` has the metadata; `sealed_frames` are the wraps and envelopes in frames.
    """
    meta = {name: version_members[name] for name in ("blobs", "c", "parents", "parts", "sig")} | {"grants": []}
    return hashlib.sha256(encode_frames((canonical_json(meta),)) + sealed_frames).digest()


def decode(raw: bytes, *, diary: str, record: str, version: str) -> VersionPush:
    """Parse a push for exactly this address. Raise BadRequest or NotCanonical. The signature is not checked here.

    The public headers are checked too: content sealed for other ids would be accepted and receipted, but would
    never open.
    """
    parsed_frames = decode_frames(raw, frames_limit=1 + (2 + GRANTS_LIMIT) * len(PARTS))
    if not parsed_frames:
        raise BadRequest("The frames do not add up.")
    push = from_frames(parse_canonical_json(parsed_frames[0]), parsed_frames[1:])
    for part, wrap, envelope in zip(push.parts, push.wraps, push.envelopes, strict=True):
        _check_wrap_header(wrap, version_wrap_header(diary, version, part, 1))
        if not envelope.startswith(
            envelope_prefix(EnvelopeKind.VERSION, envelope_header(diary, record, version, part))
        ):
            raise BadRequest("An envelope belongs to another place.")
    for for_grant in push.grants:
        for part, wrap in zip(PARTS, for_grant.wraps, strict=False):
            if not wrap.startswith(
                envelope_prefix(EnvelopeKind.WRAP, grant_wrap_header(for_grant.grant, diary, version, part))
            ):
                raise BadRequest("A wrap for a grant belongs to another place.")
    return push


def from_frames(meta: object, sealed_frames: Sequence[bytes]) -> VersionPush:
    """Return a push from its parsed first frame and the frames after it. Raise BadRequest if they do not fit."""
    if not isinstance(meta, dict) or set(meta) != _META_NAMES:
        raise BadRequest("The version's description is not complete.")
    parts = meta["parts"]
    if parts not in (["open"], ["open", "restricted"]) or len(sealed_frames) < 2 * len(parts):
        raise BadRequest("The version's parts do not add up.")
    own_frame_count = 2 * len(parts)
    grants = _parse_grants(meta["grants"], len(parts), sealed_frames[own_frame_count:])
    return VersionPush(
        commitment=_check_b64(meta["c"], 32),
        signature=_check_b64(meta["sig"], 64),
        parents=_parse_ids(meta["parents"], PARENTS_LIMIT),
        blobs=_parse_ids(meta["blobs"], BLOBS_LIMIT),
        wraps=tuple(sealed_frames[: len(parts)]),
        envelopes=tuple(sealed_frames[len(parts) : own_frame_count]),
        grants=grants,
    )


def _parse_grants(wrap_counts: object, part_count: int, wraps: Sequence[bytes]) -> tuple[WrapsForGrant, ...]:
    """Return the wraps for each grant. `wrap_counts` is [[grant, number of wraps]…].

    Raise BadRequest if the counts do not fit the wraps.
    """
    if not isinstance(wrap_counts, list) or len(wrap_counts) > GRANTS_LIMIT:
        raise BadRequest("The version's grants do not add up.")
    wraps_for_grants: list[WrapsForGrant] = []
    offset = 0
    for entry in wrap_counts:
        if (
            not isinstance(entry, list)
            or len(entry) != 2
            or type(entry[1]) is not int
            or not 0 < entry[1] <= part_count
        ):
            raise BadRequest("The version's grants do not add up.")
        wraps_for_grants.append(WrapsForGrant(_parse_ids([entry[0]], 1)[0], tuple(wraps[offset : offset + entry[1]])))
        offset += entry[1]
    if offset != len(wraps) or len({entry.grant for entry in wraps_for_grants}) != len(wraps_for_grants):
        raise BadRequest("The version's parts do not add up.")
    return tuple(wraps_for_grants)


def _parse_ids(value: object, limit: int) -> tuple[str, ...]:
    """Return a list of ids. Raise BadRequest for more than `limit` or duplicates."""
    if not isinstance(value, list) or len(value) > limit or not all(isinstance(item, str) for item in value):
        raise BadRequest("A list of ids is wrong.")
    ids = cast("list[str]", value)
    for item in ids:
        parse_id(item)
    if len(set(ids)) != len(ids):
        raise BadRequest("A list of ids names one twice.")
    return tuple(ids)


def _check_b64(value: object, length_bytes: int) -> str:
    """Return the text. Raise BadRequest unless it is b64 of this many bytes."""
    if not isinstance(value, str) or len(unb64(value)) != length_bytes:
        raise BadRequest("A digest or signature has the wrong length.")
    return value


def _check_wrap_header(wrap: bytes, expected_header: dict[str, object]) -> None:
    """Raise BadRequest unless the wrap's public header is `expected_header`, in any epoch."""
    if wrap.startswith(envelope_prefix(EnvelopeKind.WRAP, expected_header)):
        return  # Fast path: nearly every wrap is of the first epoch, and a server checks each push.
    try:
        header = read_header(wrap, EnvelopeKind.WRAP)
    except (SealError, NotCanonical):
        raise BadRequest("A wrap cannot be read.") from None
    epoch = header.get("epoch")
    if type(epoch) is not int or epoch < 1 or header | {"epoch": 1} != expected_header:
        raise BadRequest("A wrap belongs to another place.")

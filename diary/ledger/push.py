"""A version on the wire: meta, wraps, envelopes and the wraps for grants, in frames. docs/formats.md, section 6."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from diary import constants
from diary.crypto.keys import Part, grant_header, version_header
from diary.crypto.sealing import Kind, prefix, read_header
from diary.encoding import b64, canon, frames, parse, read_frames, unb64
from diary.errors import BadRequest, NotCanonical, SealError
from diary.ids import parse_id

PARTS: Final[tuple[Part, ...]] = ("open", "restricted")
BLOBS_LIMIT: Final = constants.PUSH_FILES_LIMIT
PARENTS_LIMIT: Final = constants.PUSH_PARENTS_LIMIT
GRANTS_LIMIT: Final = constants.PUSH_GRANTS_LIMIT
_META: Final = {"blobs", "c", "grants", "parents", "parts", "sig"}


@dataclass(frozen=True, slots=True)
class ForGrant:
    """A version's keys for whoever has a grant: wraps of `open`, or of `open` and `restricted`."""

    grant: str
    wraps: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Push:
    """A version as it travels: nothing of it can be read without its keys."""

    c: str
    sig: str
    parents: tuple[str, ...]
    blobs: tuple[str, ...]
    wraps: tuple[bytes, ...]
    envelopes: tuple[bytes, ...]
    grants: tuple[ForGrant, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """`open`, or `open` and `restricted`."""
        return PARTS[: len(self.envelopes)]

    @property
    def env(self) -> str:
        """The digest of the envelopes a receipt names, b64."""
        return b64(env_digest(self.envelopes))

    def meta(self) -> dict[str, object]:
        """The first frame."""
        return {
            "blobs": list(self.blobs),
            "c": self.c,
            "grants": [[one.grant, len(one.wraps)] for one in self.grants],
            "parents": list(self.parents),
            "parts": list(self.parts),
            "sig": self.sig,
        }


def env_digest(envelopes: Sequence[bytes]) -> bytes:
    """SHA-256 over the envelopes, open then restricted."""
    return hashlib.sha256(b"".join(envelopes)).digest()


def signed_bytes(*, c: str, diary: str, record: str, version: str) -> bytes:
    """What the author signs of a version."""
    return canon({"c": c, "diary": diary, "record": record, "t": "sig/v1", "version": version})


def envelope_header(diary: str, record: str, version: str, part: Part) -> dict[str, object]:
    """Header of a version's envelope."""
    return {"diary": diary, "part": part, "record": record, "t": "version", "version": version}


def encode(push: Push) -> bytes:
    """The body of a version push."""
    granted = (wrap for one in push.grants for wrap in one.wraps)
    return frames((canon(push.meta()), *push.wraps, *push.envelopes, *granted))


def body_digest(facts: Mapping[str, object], sealed: bytes) -> bytes:
    """SHA-256 of the body of a push without grants, from what is said of it and its wraps and envelopes in frames."""
    meta = {name: facts[name] for name in ("blobs", "c", "parents", "parts", "sig")} | {"grants": []}
    return hashlib.sha256(frames((canon(meta),)) + sealed).digest()


def decode(raw: bytes, *, diary: str, record: str, version: str) -> Push:
    """A push for exactly this address. Raises BadRequest or NotCanonical; the signature is for the caller to check.

    The public headers are compared as well: something sealed for another place would be accepted, receipted
    and then never open.
    """
    parts = read_frames(raw, at_most=1 + (2 + GRANTS_LIMIT) * len(PARTS))
    if not parts:
        raise BadRequest("The frames do not add up.")
    push = from_frames(parse(parts[0]), parts[1:])
    for part, wrap, envelope in zip(push.parts, push.wraps, push.envelopes, strict=True):
        _check_place(wrap, version_header(diary, version, part, 1))
        if not envelope.startswith(prefix(Kind.VERSION, envelope_header(diary, record, version, part))):
            raise BadRequest("An envelope belongs to another place.")
    for one in push.grants:
        for part, wrap in zip(PARTS, one.wraps, strict=False):
            if not wrap.startswith(prefix(Kind.WRAP, grant_header(one.grant, diary, version, part))):
                raise BadRequest("A wrap for a grant belongs to another place.")
    return push


def from_frames(meta: object, sealed: Sequence[bytes]) -> Push:
    """A push from its parsed first frame and the frames after it. Raises BadRequest."""
    if not isinstance(meta, dict) or set(meta) != _META:
        raise BadRequest("The version's description is not complete.")
    parts = meta["parts"]
    if parts not in (["open"], ["open", "restricted"]) or len(sealed) < 2 * len(parts):
        raise BadRequest("The version's parts do not add up.")
    own = 2 * len(parts)
    grants = _grants(meta["grants"], len(parts), sealed[own:])
    return Push(
        c=_b64_of(meta["c"], 32),
        sig=_b64_of(meta["sig"], 64),
        parents=_ids(meta["parents"], PARENTS_LIMIT),
        blobs=_ids(meta["blobs"], BLOBS_LIMIT),
        wraps=tuple(sealed[: len(parts)]),
        envelopes=tuple(sealed[len(parts) : own]),
        grants=grants,
    )


def _grants(told: object, parts: int, wraps: Sequence[bytes]) -> tuple[ForGrant, ...]:
    """The wraps for each grant, in the order of `told`: [[grant, how many]…]. Raises BadRequest."""
    if not isinstance(told, list) or len(told) > GRANTS_LIMIT:
        raise BadRequest("The version's grants do not add up.")
    found: list[ForGrant] = []
    at = 0
    for one in told:
        if not isinstance(one, list) or len(one) != 2 or type(one[1]) is not int or not 0 < one[1] <= parts:
            raise BadRequest("The version's grants do not add up.")
        found.append(ForGrant(_ids([one[0]], 1)[0], tuple(wraps[at : at + one[1]])))
        at += one[1]
    if at != len(wraps) or len({one.grant for one in found}) != len(found):
        raise BadRequest("The version's parts do not add up.")
    return tuple(found)


def _ids(value: object, at_most: int) -> tuple[str, ...]:
    """A list of ids, each once."""
    if not isinstance(value, list) or len(value) > at_most or not all(isinstance(one, str) for one in value):
        raise BadRequest("A list of ids is wrong.")
    listed = cast("list[str]", value)
    for one in listed:
        parse_id(one)
    if len(set(listed)) != len(listed):
        raise BadRequest("A list of ids names one twice.")
    return tuple(listed)


def _b64_of(value: object, length: int) -> str:
    """Text that is b64 of `length` bytes."""
    if not isinstance(value, str) or len(unb64(value)) != length:
        raise BadRequest("A digest or signature has the wrong length.")
    return value


def _check_place(wrap: bytes, expect: dict[str, object]) -> None:
    """Refuse a wrap whose public header is not `expect`, whatever its epoch."""
    if wrap.startswith(prefix(Kind.WRAP, expect)):
        return  # the first epoch, so nearly always; a server does this for every push
    try:
        header = read_header(wrap, Kind.WRAP)
    except (SealError, NotCanonical):
        raise BadRequest("A wrap cannot be read.") from None
    epoch = header.get("epoch")
    if type(epoch) is not int or epoch < 1 or header | {"epoch": 1} != expect:
        raise BadRequest("A wrap belongs to another place.")

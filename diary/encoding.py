"""Canonical JSON, base64url and frames: docs/formats.md, sections 2 and 6.

Signatures and digests cover these bytes, so every value must have exactly one encoding. `parse_canonical_json` accepts
no other: it encodes the parsed value again and compares.
"""

import binascii
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Final, NoReturn

from diary import constants
from diary.errors import BadRequest, NotCanonical

SIZE_LIMIT_BYTES: Final = constants.CANONICAL_LIMIT_BYTES
DEPTH_LIMIT: Final = constants.CANONICAL_DEPTH_LIMIT
MAX_INTEGER: Final = 2**53 - 1
FRAMES_LIMIT: Final = constants.FRAMES_LIMIT

_KEY_PATTERN = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_TO_URL_ALPHABET: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL_ALPHABET: Final = bytes.maketrans(b"-_", b"+/")
_DEPTH_TOKENS = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)


def b64(raw: bytes) -> str:
    """Return base64url without padding."""
    return binascii.b2a_base64(raw, newline=False).translate(_TO_URL_ALPHABET, b"=\n").decode("ascii")


def unb64(text: str) -> bytes:
    """Return the bytes of unpadded base64url. Raise BadRequest for any text that `b64` does not write."""
    try:
        raw = binascii.a2b_base64(text.encode("ascii").translate(_FROM_URL_ALPHABET) + b"=" * (-len(text) % 4))
    except ValueError:
        # binascii.Error or UnicodeEncodeError. The latter contains the text, so the chain ends here.
        raise BadRequest("That is not base64url.") from None
    # This comparison covers every case: the decoder skips other characters, and the last character can have bits
    # that no byte uses. Two spellings of an id would be two ids.
    if b64(raw) != text:
        raise BadRequest("That is not base64url.")
    return raw


def canonical_json(value: object, *, limit_bytes: int = SIZE_LIMIT_BYTES) -> bytes:
    """Return the canonical JSON of `value`, at most `limit_bytes` long.

    Accept None, bool, int, str, list, tuple (as a list) and dict whose keys match `_KEY_PATTERN`. Raise NotCanonical
    for everything else, including floats and lone surrogates.
    """
    try:
        raw = _encode_value(value, 0).encode("utf-8")
    except UnicodeEncodeError:
        # UnicodeEncodeError contains the text, so the chain ends here.
        raise NotCanonical("Text holds half of a character.") from None
    if len(raw) > limit_bytes:
        raise NotCanonical("The JSON is too large.")
    return raw


def parse_canonical_json(raw: bytes, *, limit_bytes: int = SIZE_LIMIT_BYTES) -> object:
    """Return the value of canonical JSON. Raise NotCanonical for any other bytes.

    Size and depth are checked before the JSON parser runs, because deep nesting would raise RecursionError there.
    """
    if len(raw) > limit_bytes:
        raise NotCanonical("The JSON is too large.")
    _check_depth(raw)
    try:
        value: object = _DECODER.decode(raw.decode("utf-8"))
    except ValueError:
        # JSONDecodeError or UnicodeDecodeError. Both contain the text, so the chain ends here.
        raise NotCanonical from None
    if canonical_json(value, limit_bytes=limit_bytes) != raw:
        raise NotCanonical
    return value


def encode_frames(parts: Iterable[bytes]) -> bytes:
    """Return the parts joined, each after its length in four bytes, big-endian."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def decode_frames(raw: bytes, *, frames_limit: int = FRAMES_LIMIT) -> list[bytes]:
    """Return the parts of `encode_frames`.

    Raise BadRequest for missing or trailing bytes and above `frames_limit` parts.
    """
    parts: list[bytes] = []
    offset = 0
    while offset < len(raw):
        start = offset + 4
        end = start + int.from_bytes(raw[offset:start], "big")
        if start > len(raw) or end > len(raw) or len(parts) == frames_limit:
            raise BadRequest("The frames do not add up.")
        parts.append(raw[start:end])
        offset = end
    return parts


def _encode_value(value: object, depth: int) -> str:
    """Return the encoding of `value`; `depth` counts the arrays and objects around it.

    Raise NotCanonical for a value that canonical JSON does not allow.

    One pass checks and writes. A push is checked and signed through a dozen small objects. With the standard encoder,
    which needs a second pass to check, encoding was the largest cost after the signatures.
    """
    if type(value) is str or isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    if isinstance(value, int):
        if value is True or value is False:
            return "true" if value else "false"
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise NotCanonical("A number is too large.")
        return int.__repr__(value)
    if depth == DEPTH_LIMIT:
        raise NotCanonical("The JSON is nested too deeply.")
    depth += 1
    if isinstance(value, dict):
        try:
            keys = sorted(value)
        except TypeError:
            raise NotCanonical("An object has a key that is not allowed.") from None
        # Most values of a signed object are texts. They are encoded here to save a call for each.
        return (
            "{"
            + ",".join(
                [
                    _encode_key(name)
                    + (encode_basestring(inner) if type(inner := value[name]) is str else _encode_value(inner, depth))
                    for name in keys
                ]
            )
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ",".join([_encode_value(inner, depth) for inner in value]) + "]"
    raise NotCanonical("A value has no canonical form.")


@lru_cache(maxsize=4096)
def _encode_key(key: object) -> str:
    """Return an object's key with its quotes and colon. Raise NotCanonical if it is not allowed."""
    if not isinstance(key, str) or not _KEY_PATTERN.fullmatch(key):
        raise NotCanonical("An object has a key that is not allowed.")
    return f'"{key}":'


def _check_depth(raw: bytes) -> None:
    """Raise NotCanonical for JSON that is nested deeper than the limit. Any bytes take one pass."""
    if raw.count(b"[") + raw.count(b"{") <= DEPTH_LIMIT:
        return
    depth, is_inside_string = 0, False
    for match in _DEPTH_TOKENS.finditer(raw):
        token = match.group()
        if token == b'"':
            is_inside_string = not is_inside_string
        elif is_inside_string or len(token) == 2:
            continue
        else:
            depth += 1 if token in b"[{" else -1
            if depth > DEPTH_LIMIT:
                raise NotCanonical("The JSON is nested too deeply.")


def _build_unique_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object. Raise NotCanonical for a duplicate key, which `dict` would drop silently."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotCanonical("An object has the same key twice.")
    return value


def _parse_integer(digits: str) -> int:
    """Return a JSON integer. Raise NotCanonical for more than 17 characters, which are always out of range."""
    if len(digits) > 17:
        raise NotCanonical("A number is too large.")
    return int(digits)


def _refuse_non_integer(_: str) -> NoReturn:
    """Raise NotCanonical for floats, NaN and infinities."""
    raise NotCanonical("Only whole numbers have a canonical form.")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_build_unique_object,
    parse_int=_parse_integer,
    parse_float=_refuse_non_integer,
    parse_constant=_refuse_non_integer,
)

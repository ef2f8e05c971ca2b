"""Canonical JSON, base64url and frames: docs/formats.md, sections 2 and 6.

Everything that is signed or digested is bytes from here, so there must be one spelling of each value.
`parse` takes nothing but that spelling: it re-encodes what it read and compares.
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
    """Base64url without padding."""
    return binascii.b2a_base64(raw, newline=False).translate(_TO_URL_ALPHABET, b"=\n").decode("ascii")


def unb64(text: str) -> bytes:
    """The bytes of unpadded base64url. Raises BadRequest for any spelling `b64` would not have chosen."""
    try:
        raw = binascii.a2b_base64(text.encode("ascii").translate(_FROM_URL_ALPHABET) + b"=" * (-len(text) % 4))
    except ValueError:
        # binascii.Error and UnicodeEncodeError; the latter would carry the text along.
        raise BadRequest("That is not base64url.") from None
    # The one check there is, and all of them: the decoder skips what is no base64, and the last character can carry bits
    # that no byte needs; two spellings of one id would be two ids.
    if b64(raw) != text:
        raise BadRequest("That is not base64url.")
    return raw


def canonical_json(value: object, *, limit_bytes: int = SIZE_LIMIT_BYTES) -> bytes:
    """The canonical JSON of `value`, at most `limit` bytes.

    Takes None, bool, int, str, list, tuple (as a list) and dict with keys of the pattern. Raises NotCanonical
    for everything else, floats and lone surrogates included.
    """
    try:
        raw = _encode_value(value, 0).encode("utf-8")
    except UnicodeEncodeError:
        # The error would carry the text along, so the chain ends here.
        raise NotCanonical("Text holds half of a character.") from None
    if len(raw) > limit_bytes:
        raise NotCanonical("The JSON is too large.")
    return raw


def parse_canonical_json(raw: bytes, *, limit_bytes: int = SIZE_LIMIT_BYTES) -> object:
    """The value of canonical JSON. Raises NotCanonical for any other bytes.

    Size and depth are judged before the JSON parser sees the text: deep nesting would end in a
    RecursionError there.
    """
    if len(raw) > limit_bytes:
        raise NotCanonical("The JSON is too large.")
    _check_depth(raw)
    try:
        value: object = _DECODER.decode(raw.decode("utf-8"))
    except ValueError:
        # Covers JSONDecodeError and UnicodeDecodeError, which would carry the text along.
        raise NotCanonical from None
    if canonical_json(value, limit_bytes=limit_bytes) != raw:
        raise NotCanonical
    return value


def encode_frames(parts: Iterable[bytes]) -> bytes:
    """Each part with its length before it, four bytes, big-endian."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def decode_frames(raw: bytes, *, frames_limit: int = FRAMES_LIMIT) -> list[bytes]:
    """The parts of `frames`. Raises BadRequest for missing or left-over bytes, or above `at_most`."""
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
    """The one spelling of `value`; `depth` counts the arrays and objects around it. Raises NotCanonical.

    One pass that checks and writes: a push is judged and witnessed by a dozen small objects, and the standard
    encoder, which would need a second pass to check, was the most of what that cost besides the signatures.
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
        # Nearly every value of a signed thing is text: written here, without a call for each.
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
    """A key as it stands in an object, with its colon. Raises NotCanonical for one that is not allowed."""
    if not isinstance(key, str) or not _KEY_PATTERN.fullmatch(key):
        raise NotCanonical("An object has a key that is not allowed.")
    return f'"{key}":'


def _check_depth(raw: bytes) -> None:
    """Refuse JSON nested deeper than the limit, in one pass whatever the bytes are."""
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
    """A JSON object; a key given twice would be lost silently otherwise."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotCanonical("An object has the same key twice.")
    return value


def _parse_integer(digits: str) -> int:
    """A JSON integer; more than 17 characters are out of range without counting them."""
    if len(digits) > 17:
        raise NotCanonical("A number is too large.")
    return int(digits)


def _refuse_non_integer(_: str) -> NoReturn:
    """Floats, NaN and infinities."""
    raise NotCanonical("Only whole numbers have a canonical form.")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_build_unique_object,
    parse_int=_parse_integer,
    parse_float=_refuse_non_integer,
    parse_constant=_refuse_non_integer,
)

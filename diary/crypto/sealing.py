"""Envelope E1, suite 1, and the bare box beneath it.

[Note: Cobblestone] Each message draws a 24-byte salt, and key, nonces and commitment all come from
HKDF(key, salt, context): no nonce can repeat for one key, and a ciphertext opens under one key only, so a
slot cannot be made to open for two different words. The context is the envelope's first bytes: a header
or kind that was changed, or bytes moved to another place, do not open.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from diary.encoding import canon, parse
from diary.errors import KeptError, SealError

FORMAT: Final = 0xE1
SUITE_KEY: Final = 0x01
SUITE_PERSON: Final = 0x02
FIXED_BYTES: Final = 6
HEADER_LIMIT: Final = 4096
KEY_BYTES: Final = 32


class Kind(IntEnum):
    """What an envelope holds; docs/formats.md, section 9."""

    VERSION = 1
    PART = 2
    WRAP = 3
    KEYSET = 4
    GRANT = 5
    LETTER = 6
    CAPTURE = 7
    HANDOVER = 8
    SUMMARY = 9
    ASKING = 10


def prefix(kind: Kind, header: Mapping[str, object], suite: int = SUITE_KEY) -> bytes:
    """The first bytes of an envelope, up to and with its header: what the rest is bound to."""
    text = canon(dict(header), limit=HEADER_LIMIT)
    return bytes((FORMAT, suite, kind, 0)) + len(text).to_bytes(2, "big") + text


def seal(key: bytes, kind: Kind, header: Mapping[str, object], plaintext: bytes) -> bytes:
    """An envelope of suite 1. `plaintext` is sealed as it stands: pad it first where its length tells."""
    context = prefix(kind, header)
    return context + box_seal(key, context, plaintext)


def open_envelope(key: bytes, envelope: bytes, kind: Kind, expect: Mapping[str, object]) -> bytes:
    """The plaintext of an envelope of suite 1 with exactly this kind and header, else SealError.

    The caller says what it asked for. A header taken from the envelope would let whoever hands it over
    choose: an older version, another record's, another kind.
    """
    context = prefix(kind, expect)
    if not envelope.startswith(context):
        raise SealError
    return box_open(key, context, envelope[len(context) :])


def read_header(envelope: bytes, kind: Kind, suite: int = SUITE_KEY) -> dict[str, object]:
    """The header an envelope claims, unauthenticated, else SealError; to choose a key or parameters by."""
    if len(envelope) < FIXED_BYTES or envelope[:4] != bytes((FORMAT, suite, kind, 0)):
        raise SealError
    length = int.from_bytes(envelope[4:6], "big")
    if length > HEADER_LIMIT:
        raise SealError
    try:
        header = parse(envelope[FIXED_BYTES : FIXED_BYTES + length])
    except KeptError:
        raise SealError from None
    if not isinstance(header, dict):
        raise SealError
    return header


def box_seal(key: bytes, context: bytes, plaintext: bytes) -> bytes:
    """Bare Cobblestone bytes: no magic, no header; 56 bytes and 16 a chunk longer than `plaintext`."""
    if len(key) != KEY_BYTES:
        raise SealError
    encryptor = Cobblestone256Encryptor(key, context)
    return encryptor.update(plaintext) + encryptor.finalize()


def box_size(length: int) -> int:
    """How long `length` plaintext bytes become."""
    return 56 + length + 16 * (length // 16_384 + 1)


def box_open(key: bytes, context: bytes, sealed: bytes) -> bytes:
    """What `box_seal` sealed under this key and context, else SealError; never a part of it."""
    if len(key) != KEY_BYTES:
        raise SealError
    decryptor = Cobblestone256Decryptor(key, context)
    try:
        return decryptor.update(sealed) + decryptor.finalize()
    except InvalidTag:
        raise SealError from None

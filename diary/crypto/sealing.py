"""Envelope E1, suite 1, and the sealed box inside it.

[Note: unique nonces and committed keys] Each message has a random 24-byte salt. Key, nonces and commitment all come
from HKDF(key, salt, context), so no nonce repeats under one key, and a ciphertext opens under one key only: a slot
cannot be made to open for two passphrases. The context is the envelope's prefix, so an envelope with a changed header
or kind, or with bytes from another place, does not open.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from diary.encoding import canonical_json, parse_canonical_json
from diary.errors import KeptError, SealError

FORMAT_BYTE: Final = 0xE1
SUITE_SYMMETRIC: Final = 0x01
SUITE_PUBLIC_KEY: Final = 0x02
PREAMBLE_BYTES: Final = 6
HEADER_LIMIT_BYTES: Final = 4096
KEY_BYTES: Final = 32


class EnvelopeKind(IntEnum):
    """Kind of an envelope's content; docs/formats.md, section 9."""

    VERSION = 1
    FILE_PART = 2
    WRAP = 3
    KEYSET = 4
    GRANT = 5
    LETTER = 6
    CAPTURE = 7
    HANDOVER = 8
    SUMMARY = 9
    WITNESS_REQUEST = 10


def envelope_prefix(kind: EnvelopeKind, header: Mapping[str, object], suite: int = SUITE_SYMMETRIC) -> bytes:
    """Return the first bytes of an envelope, up to and including its header: the context of its sealed box."""
    header_bytes = canonical_json(dict(header), limit_bytes=HEADER_LIMIT_BYTES)
    return bytes((FORMAT_BYTE, suite, kind, 0)) + len(header_bytes).to_bytes(2, "big") + header_bytes


def seal_envelope(key: bytes, kind: EnvelopeKind, header: Mapping[str, object], plaintext: bytes) -> bytes:
    """Return an envelope of suite 1. `plaintext` is not padded here: pad it first if its length is sensitive."""
    context = envelope_prefix(kind, header)
    return context + seal_box(key, context, plaintext)


def open_envelope(key: bytes, envelope: bytes, kind: EnvelopeKind, expected_header: Mapping[str, object]) -> bytes:
    """Return the plaintext of an envelope of suite 1. Raise SealError unless it has this kind and header and opens.

    The caller gives the expected header. A header taken from the envelope would let the sender substitute an older
    version, another record or another kind.
    """
    context = envelope_prefix(kind, expected_header)
    if not envelope.startswith(context):
        raise SealError
    return open_box(key, context, envelope[len(context) :])


def read_header(envelope: bytes, kind: EnvelopeKind, suite: int = SUITE_SYMMETRIC) -> dict[str, object]:
    """Return the unauthenticated header of an envelope, to choose a key or parameters by.

    Raise SealError if the envelope has another kind or a damaged header.
    """
    if len(envelope) < PREAMBLE_BYTES or envelope[:4] != bytes((FORMAT_BYTE, suite, kind, 0)):
        raise SealError
    length = int.from_bytes(envelope[4:6], "big")
    if length > HEADER_LIMIT_BYTES:
        raise SealError
    try:
        header = parse_canonical_json(envelope[PREAMBLE_BYTES : PREAMBLE_BYTES + length])
    except KeptError:
        raise SealError from None
    if not isinstance(header, dict):
        raise SealError
    return header


def seal_box(key: bytes, context: bytes, plaintext: bytes) -> bytes:
    """Return Cobblestone bytes without magic or header: 56 bytes, and 16 per chunk, more than `plaintext`.

    Raise SealError unless the key has 32 bytes.
    """
    if len(key) != KEY_BYTES:
        raise SealError
    encryptor = Cobblestone256Encryptor(key, context)
    return encryptor.update(plaintext) + encryptor.finalize()


def sealed_box_size(length: int) -> int:
    """Return the sealed size of `length` plaintext bytes."""
    return 56 + length + 16 * (length // 16_384 + 1)


def open_box(key: bytes, context: bytes, sealed: bytes) -> bytes:
    """Return the whole plaintext that `seal_box` sealed. Raise SealError for another key or context, or other bytes."""
    if len(key) != KEY_BYTES:
        raise SealError
    decryptor = Cobblestone256Decryptor(key, context)
    try:
        return decryptor.update(sealed) + decryptor.finalize()
    except InvalidTag:
        raise SealError from None

"""Fingerprints: nine words that name an account's public keys and are compared by voice. docs/formats.md, section 8.

[Note: nine words as look-up key and proof] The nine words are the fingerprint itself. Whoever has heard them can look
the keys up on an untrusted server, which can only return the matching keys or none. Finding a second key pair for the
fingerprint of an existing one takes about 2^96 tries.
"""

import hashlib
import re
from typing import Final

from diary import constants
from diary.crypto.signing import POINT_BYTES
from diary.crypto.words import word_list
from diary.errors import BadRequest

FINGERPRINT_BYTES: Final = 12
WORD_COUNT: Final = constants.FINGERPRINT_WORDS
FINGERPRINT_LABEL: Final = b"kept/fingerprint\0"
CHECKSUM_LABEL: Final = b"kept/fingerprint-check\0"
_CHECKSUM_BITS: Final = 3
_TEXT_LIMIT_CHARACTERS: Final = constants.TYPED_CODE_LIMIT_CHARACTERS


def fingerprint(ecdsa_pub: bytes, hpke_pub: bytes) -> bytes:
    """Return the first 96 bits of the SHA-256 of an account's two public keys.

    Raise BadRequest unless each has 65 bytes.
    """
    if (len(ecdsa_pub), len(hpke_pub)) != (POINT_BYTES, POINT_BYTES):
        raise BadRequest("A public key has 65 bytes.")
    return hashlib.sha256(FINGERPRINT_LABEL + ecdsa_pub + hpke_pub).digest()[:FINGERPRINT_BYTES]


def to_words(fingerprint_bytes: bytes) -> str:
    """Return a fingerprint as nine words to read aloud: 96 bits, and three check bits that detect 7 in 8 errors."""
    number = int.from_bytes(fingerprint_bytes, "big") << _CHECKSUM_BITS | _checksum(fingerprint_bytes)
    return " ".join(word_list()[number >> shift & 0x7FF] for shift in range(88, -1, -11))


def parse_words(text: str) -> bytes:
    """Return the fingerprint that nine words encode. Raise BadRequest for other words, and if the checksum is wrong.

    Case does not matter; words may be separated by spaces, commas or hyphens.
    """
    words = re.findall("[a-z]+", text.lower()) if len(text) <= _TEXT_LIMIT_CHARACTERS else []
    positions = {word: position for position, word in enumerate(word_list())}
    if len(words) != WORD_COUNT or not set(words) <= positions.keys():
        raise BadRequest("That is not nine words of the list. Ask for them again.")
    number = 0
    for word in words:
        number = number << 11 | positions[word]
    fingerprint_bytes = (number >> _CHECKSUM_BITS).to_bytes(FINGERPRINT_BYTES, "big")
    if number & 0b111 != _checksum(fingerprint_bytes):
        raise BadRequest("One of the nine words is wrong. Ask for them again.")
    return fingerprint_bytes


def _checksum(fingerprint_bytes: bytes) -> int:
    """Return the three check bits of a fingerprint. Raise BadRequest if it does not have 12 bytes."""
    if len(fingerprint_bytes) != FINGERPRINT_BYTES:
        raise BadRequest("A fingerprint has 12 bytes.")
    return hashlib.sha256(CHECKSUM_LABEL + fingerprint_bytes).digest()[0] >> 8 - _CHECKSUM_BITS

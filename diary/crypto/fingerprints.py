"""Two people's keys, compared by voice: nine words that name an account's public keys. docs/formats.md, section 8.

[Note: words that find and prove] The nine words are the fingerprint itself, so who has heard them can look the keys up on
a server that is not trusted: it can only give the keys that belong to the words, or none. Two keys with one fingerprint
would take 2^96 tries to find for keys that are there already.
"""

import hashlib
import re
from typing import Final

from diary import constants
from diary.crypto.signing import POINT_BYTES
from diary.crypto.words import word_list
from diary.errors import BadRequest

FINGERPRINT_BYTES: Final = 12
WORDS: Final = constants.FINGERPRINT_WORDS
LABEL: Final = b"kept/fingerprint\0"
CHECK: Final = b"kept/fingerprint-check\0"
_CHECK_BITS: Final = 3
_TEXT_LIMIT: Final = constants.TYPED_CODE_LIMIT_CHARACTERS


def fingerprint(ecdsa_pub: bytes, hpke_pub: bytes) -> bytes:
    """The first 96 bits of the digest of an account's two public keys, 65 bytes each. Raises BadRequest for other lengths."""
    if (len(ecdsa_pub), len(hpke_pub)) != (POINT_BYTES, POINT_BYTES):
        raise BadRequest("A public key has 65 bytes.")
    return hashlib.sha256(LABEL + ecdsa_pub + hpke_pub).digest()[:FINGERPRINT_BYTES]


def to_words(print_: bytes) -> str:
    """A fingerprint as nine words, to be read out: 96 bits and three that catch seven slips in eight."""
    number = int.from_bytes(print_, "big") << _CHECK_BITS | _check(print_)
    return " ".join(word_list()[number >> shift & 0x7FF] for shift in range(88, -1, -11))


def read_words(text: str) -> bytes:
    """The fingerprint that nine words spell, in any case, with spaces, commas or hyphens. Raises BadRequest."""
    named = re.findall("[a-z]+", text.lower()) if len(text) <= _TEXT_LIMIT else []
    places = {word: place for place, word in enumerate(word_list())}
    if len(named) != WORDS or not set(named) <= places.keys():
        raise BadRequest("That is not nine words of the list. Ask for them again.")
    number = 0
    for word in named:
        number = number << 11 | places[word]
    print_ = (number >> _CHECK_BITS).to_bytes(FINGERPRINT_BYTES, "big")
    if number & 0b111 != _check(print_):
        raise BadRequest("One of the nine words is wrong. Ask for them again.")
    return print_


def _check(print_: bytes) -> int:
    """The three bits that go with a fingerprint. Raises BadRequest for one of another length."""
    if len(print_) != FINGERPRINT_BYTES:
        raise BadRequest("A fingerprint has 12 bytes.")
    return hashlib.sha256(CHECK + print_).digest()[0] >> 8 - _CHECK_BITS

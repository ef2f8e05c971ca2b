"""Seven words for somebody who saw it: four are a code, three say whose key to trust. docs/formats.md, section 8.

[Note: seven words] The server is told what Argon2id makes of the four, under another label than the key that seals what the
keeper asks: it can find the row and not read or forge it. The other three are the first of the keeper's nine, so that a key
the server put in the keeper's place is refused on the page; and what comes back carries a proof that only the four make.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

from diary.crypto.fingerprints import SHORT_WORDS, to_words
from diary.crypto.kdf import DEFAULT, KdfProfile, argon2id
from diary.crypto.subkeys import subkey
from diary.crypto.words import word_list
from diary.errors import BadRequest

CODE: Final = 4
WORDS: Final = CODE + SHORT_WORDS
NAME_BYTES: Final = 16
_BYTES: Final = 5
_TEXT_LIMIT: Final = 400


@dataclass(frozen=True, slots=True)
class Code:
    """What the four words give: the name the server knows the code by, the key of what is asked, the proof in the answer."""

    name: bytes
    key: bytes = field(repr=False)
    proof: bytes = field(repr=False)


def new_words(print_: bytes) -> str:
    """Seven words for a keeper with this fingerprint: 40 random bits, four that check them, and three words of the key."""
    return words_of(secrets.token_bytes(_BYTES), print_)


def words_of(raw: bytes, print_: bytes) -> str:
    """The seven words of five bytes and a fingerprint."""
    number = int.from_bytes(raw, "big") << 4 | _check(raw)
    code = [word_list()[number >> shift & 0x7FF] for shift in range(33, -1, -11)]
    return " ".join((*code, *to_words(print_).split()[:SHORT_WORDS]))


def read_words(text: str) -> tuple[str, str]:
    """The code and the words of the key, in any case, with spaces, commas or hyphens. Raises BadRequest."""
    named = re.findall("[a-z]+", text.lower()) if len(text) <= _TEXT_LIMIT else []
    places = {word: place for place, word in enumerate(word_list())}
    if len(named) != WORDS or not set(named) <= places.keys():
        raise BadRequest("These are not seven words of the list.")
    number = 0
    for word in named[:CODE]:
        number = number << 11 | places[word]
    if number & 0xF != _check((number >> 4).to_bytes(_BYTES, "big")):
        raise BadRequest("One of the words is wrong, or they are not in the right order.")
    return " ".join(named[:CODE]), " ".join(named[CODE:])


def derive(code: str, address: str, profile: KdfProfile = DEFAULT) -> Code:
    """What four words are worth at one server's address: the cost of one Argon2id."""
    salt = hashlib.sha256(b"kept/witness-salt\0" + address.encode()).digest()[:16]
    root = argon2id(code.encode(), salt, profile)
    name = subkey(root, b"kept/witness-name\0")[:NAME_BYTES]
    return Code(name, subkey(root, b"kept/witness-key\0"), subkey(root, b"kept/witness-proof\0"))


def _check(raw: bytes) -> int:
    """The four bits that go with five bytes."""
    return hashlib.sha256(b"kept/witness-check\0" + raw).digest()[0] >> 4

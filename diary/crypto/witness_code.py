"""Nine words for somebody who saw it: four are a code, five say whose key to trust. docs/formats.md, section 8.

[Note: nine words] The server is told what Argon2id makes of the four, under another label than the key that seals what the
keeper asks: it can find the row and not read or forge it. The other five are the first of the keeper's nine, so that a key
the server put in the keeper's place is refused on the page; and what comes back carries a proof that only the four make.
The five stand in the salt, with the address: a table of all codes would have to be made anew for each keeper. Codes of
seven words (three of the key, the address alone in the salt) are read until the last of them has run out, and not made.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

from diary import constants
from diary.crypto.fingerprints import to_words
from diary.crypto.kdf import DEFAULT_PROFILE, KdfProfile, argon2id
from diary.crypto.subkeys import derive_subkey
from diary.crypto.words import word_list
from diary.errors import BadRequest

CODE_WORD_COUNT: Final = constants.WITNESS_CODE_WORDS
KEY_WORD_COUNT: Final = constants.WITNESS_KEY_WORDS
OLD_KEY_WORD_COUNT: Final = constants.WITNESS_OLD_KEY_WORDS
WORD_COUNT: Final = CODE_WORD_COUNT + KEY_WORD_COUNT
OLD_WORD_COUNT: Final = CODE_WORD_COUNT + OLD_KEY_WORD_COUNT
NAME_BYTES: Final = 16
_CODE_BYTES: Final = 5
_TEXT_LIMIT_CHARACTERS: Final = constants.TYPED_CODE_LIMIT_CHARACTERS


@dataclass(frozen=True, slots=True)
class WitnessCodeSecrets:
    """What the four words give: the name the server knows the code by, the key of what is asked, the proof in the answer."""

    name: bytes
    key: bytes = field(repr=False)
    proof: bytes = field(repr=False)


def generate_words(fingerprint_bytes: bytes) -> str:
    """Nine words for a keeper with this fingerprint: 40 random bits, four that check all of it, and five words of the key."""
    return encode_words(secrets.token_bytes(_CODE_BYTES), fingerprint_bytes)


def encode_words(raw: bytes, fingerprint_bytes: bytes) -> str:
    """The nine words of five bytes and a fingerprint."""
    key_words = " ".join(to_words(fingerprint_bytes).split()[:KEY_WORD_COUNT])
    number = int.from_bytes(raw, "big") << 4 | _checksum(raw, key_words)
    code = [word_list()[number >> shift & 0x7FF] for shift in range(33, -1, -11)]
    return " ".join((*code, key_words))


def parse_words(text: str) -> tuple[str, str]:
    """The code and the words of the key, in any case, with spaces, commas or hyphens. Raises BadRequest."""
    words = re.findall("[a-z]+", text.lower()) if len(text) <= _TEXT_LIMIT_CHARACTERS else []
    positions = {word: position for position, word in enumerate(word_list())}
    if len(words) not in (WORD_COUNT, OLD_WORD_COUNT) or not set(words) <= positions.keys():
        raise BadRequest("These are not nine words of the list.")
    number = 0
    for word in words[:CODE_WORD_COUNT]:
        number = number << 11 | positions[word]
    key_words = " ".join(words[CODE_WORD_COUNT:])
    if number & 0xF != _checksum((number >> 4).to_bytes(_CODE_BYTES, "big"), key_words):
        raise BadRequest("One of the words is wrong, or they are not in the right order.")
    return " ".join(words[:CODE_WORD_COUNT]), key_words


def derive_secrets(
    code_words: str, key_words: str, server_address: str, profile: KdfProfile = DEFAULT_PROFILE
) -> WitnessCodeSecrets:
    """What the words are worth at one server's address: the cost of one Argon2id."""
    label = (
        b"kept/witness-salt\0" if _is_old_format(key_words) else b"kept/witness-salt/v2\0" + key_words.encode() + b"\0"
    )
    salt = hashlib.sha256(label + server_address.encode()).digest()[:16]
    root = argon2id(code_words.encode(), salt, profile)
    name = derive_subkey(root, b"kept/witness-name\0")[:NAME_BYTES]
    return WitnessCodeSecrets(
        name, derive_subkey(root, b"kept/witness-key\0"), derive_subkey(root, b"kept/witness-proof\0")
    )


def _checksum(raw: bytes, key_words: str) -> int:
    """The four bits that go with five bytes and, but for an old code, the words of the key."""
    key_words_bytes = b"" if _is_old_format(key_words) else key_words.encode()
    return hashlib.sha256(b"kept/witness-check\0" + raw + key_words_bytes).digest()[0] >> 4


def _is_old_format(key_words: str) -> bool:
    """Whether these are the words of a code of before."""
    return len(key_words.split()) == OLD_KEY_WORD_COUNT

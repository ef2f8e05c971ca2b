"""Witness codes: four secret words and five words of the keeper's fingerprint. docs/formats.md, section 8.

[Note: nine words] The server stores an Argon2id derivation of the four code words. The key that seals the keeper's
request has another label, so the server can find the row but cannot read or forge it. The other five are the first
words of the keeper's fingerprint, so the page refuses a key that the server substituted; and the witness's statement
carries a proof that only the four words give. The five are part of the salt, with the server's address, so a table of
all codes would have to be computed for each keeper. Codes of seven words (three of the key, only the address in the
salt) are accepted until the last one has expired, but no longer issued.
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
    """Secrets derived from the words: name on the server, key of the request, proof in the statement."""

    name: bytes
    key: bytes = field(repr=False)
    proof: bytes = field(repr=False)


def generate_words(fingerprint_bytes: bytes) -> str:
    """Return nine words for a keeper with this fingerprint: 40 random bits, 4 check bits, five words of the key."""
    return encode_words(secrets.token_bytes(_CODE_BYTES), fingerprint_bytes)


def encode_words(raw: bytes, fingerprint_bytes: bytes) -> str:
    """Return the nine words for five bytes and a fingerprint."""
    fingerprint_words = " ".join(to_words(fingerprint_bytes).split()[:KEY_WORD_COUNT])
    number = int.from_bytes(raw, "big") << 4 | _checksum(raw, fingerprint_words)
    code = [word_list()[number >> shift & 0x7FF] for shift in range(33, -1, -11)]
    return " ".join((*code, fingerprint_words))


def parse_words(text: str) -> tuple[str, str]:
    """Return the code words and the fingerprint words. Raise BadRequest for other words, and if the checksum is wrong.

    Case does not matter; words may be separated by spaces, commas or hyphens.
    """
    words = re.findall("[a-z]+", text.lower()) if len(text) <= _TEXT_LIMIT_CHARACTERS else []
    positions = {word: position for position, word in enumerate(word_list())}
    if len(words) not in (WORD_COUNT, OLD_WORD_COUNT) or not set(words) <= positions.keys():
        raise BadRequest("These are not nine words of the list.")
    number = 0
    for word in words[:CODE_WORD_COUNT]:
        number = number << 11 | positions[word]
    fingerprint_words = " ".join(words[CODE_WORD_COUNT:])
    if number & 0xF != _checksum((number >> 4).to_bytes(_CODE_BYTES, "big"), fingerprint_words):
        raise BadRequest("One of the words is wrong, or they are not in the right order.")
    return " ".join(words[:CODE_WORD_COUNT]), fingerprint_words


def derive_secrets(
    code_words: str, fingerprint_words: str, server_address: str, profile: KdfProfile = DEFAULT_PROFILE
) -> WitnessCodeSecrets:
    """Derive the secrets for one server's address; costs one Argon2id."""
    label = (
        b"kept/witness-salt\0"
        if _is_old_format(fingerprint_words)
        else b"kept/witness-salt/v2\0" + fingerprint_words.encode() + b"\0"
    )
    salt = hashlib.sha256(label + server_address.encode()).digest()[:16]
    root = argon2id(code_words.encode(), salt, profile)
    name = derive_subkey(root, b"kept/witness-name\0")[:NAME_BYTES]
    return WitnessCodeSecrets(
        name, derive_subkey(root, b"kept/witness-key\0"), derive_subkey(root, b"kept/witness-proof\0")
    )


def _checksum(raw: bytes, fingerprint_words: str) -> int:
    """Return the four check bits of five bytes and, except for an old code, the key words."""
    fingerprint_words_bytes = b"" if _is_old_format(fingerprint_words) else fingerprint_words.encode()
    return hashlib.sha256(b"kept/witness-check\0" + raw + fingerprint_words_bytes).digest()[0] >> 4


def _is_old_format(fingerprint_words: str) -> bool:
    """Return whether these key words belong to a seven-word code."""
    return len(fingerprint_words.split()) == OLD_KEY_WORD_COUNT

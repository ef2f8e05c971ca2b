"""The word list, passphrases, and the two spellings of the recovery code."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Final

from diary import constants
from diary.crypto.unicode14 import is_assigned
from diary.errors import BadRequest
from diary.paths import VENDOR

SUGGESTED_WORDS: Final = constants.SUGGESTED_WORDS
MIN_CHARACTERS: Final = constants.WORDS_MIN_CHARACTERS
CODE_BYTES: Final = constants.RECOVERY_CODE_BYTES
CODE_WORDS: Final = constants.RECOVERY_CODE_WORDS
CODE_CHARACTERS: Final = constants.RECOVERY_CODE_CHARACTERS
CODE_TEXT_LIMIT_CHARACTERS: Final = constants.TYPED_CODE_LIMIT_CHARACTERS
WORD_LIST_LENGTH: Final = 2048
_CROCKFORD_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Unicode's White_Space property, listed because `str.isspace` and JavaScript's `\s` each differ from it.
WHITE_SPACE: Final = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_WHITE_SPACE_PATTERN = re.compile(f"[{WHITE_SPACE}]+")
# Between two words as people type them: a space, what a phone's keyboard makes of two spaces, a hyphen, a comma.
_SEPARATORS = re.compile("[ .,-]+")
_LISTED_WORD_LENGTHS: Final = range(3, 9)


@cache
def word_list() -> tuple[str, ...]:
    """Return the 2,048 words in alphabetical order. Raise BadRequest if the file is damaged."""
    words = tuple((VENDOR / "words-en.txt").read_text("ascii").split())
    if len(words) != WORD_LIST_LENGTH or any(first >= second for first, second in pairwise(words)):
        raise BadRequest("The word list is damaged.")
    return words


def suggest_words() -> str:
    """Return six random words, about 66 bits."""
    return " ".join(secrets.choice(word_list()) for _ in range(SUGGESTED_WORDS))


def normalise(text: str) -> str:
    """Return the words as they are passed to Argon2id. Raise BadRequest if they cannot be used.

    Applies NFKC, trims, and turns each run of white space into one space. Characters that Unicode 14 does not assign
    are refused: newer and older devices might fold them differently, and the words would stop matching.
    """
    if not all(is_assigned(ord(character)) for character in text):
        raise BadRequest("One of these characters is too new for some phones. Use another.")
    folded = _fold(text)
    if len(folded) < MIN_CHARACTERS:
        raise BadRequest("Use at least 12 characters.")
    return folded


def _fold(text: str) -> str:
    return _WHITE_SPACE_PATTERN.sub(" ", unicodedata.normalize("NFKC", text)).strip(" ")


def find_listed_words(text: str) -> str | None:
    """Return the six words of the list that `text` is made of, as suggested: lower case, one space between two.

    `text` may have capitals and no spaces. Return None when it is anything else, or can be read as six words in more
    than one way.
    """
    pieces = [piece for piece in _SEPARATORS.split(_fold(text).lower()) if piece]
    if len(pieces) > SUGGESTED_WORDS or not all(re.fullmatch("[a-z]{3,}", piece) for piece in pieces):
        return None
    readings = _readings_of(pieces, frozenset(word_list()), SUGGESTED_WORDS)
    return " ".join(readings[0]) if len(readings) == 1 else None


def _readings_of(pieces: Sequence[str], listed: frozenset[str], count: int) -> list[list[str]]:
    """Return the ways to read `pieces` as exactly `count` words, at most two. No word reaches over two pieces."""
    if not pieces:
        return [] if count else [[]]
    if count < len(pieces):
        return []
    piece, *others = pieces
    readings: list[list[str]] = []
    for length in _LISTED_WORD_LENGTHS:
        word, rest = piece[:length], piece[length:]
        if len(word) == length and word in listed:
            following = _readings_of([rest, *others] if rest else others, listed, count - 1)
            readings += [[word, *reading] for reading in following]
        if len(readings) > 1:
            break
    return readings[:2]


def typed_forms(text: str) -> tuple[str, ...]:
    """Return the texts to try for typed words, one after the other: as they stand, then as they were suggested.

    The second is there only for six words of the list that were typed with capitals or without spaces. As in the app:
    [Note: typed without care] in static/src/diary/session/typed_words.ts.
    """
    listed = find_listed_words(text)
    return (text,) if listed is None or listed == _fold(text) else (text, listed)


def format_code_as_words(code: bytes) -> str:
    """Return a recovery code as twelve words: 128 bits and the first 4 bits of their SHA-256."""
    number = int.from_bytes(code, "big") << 4 | hashlib.sha256(code).digest()[0] >> 4
    return " ".join(word_list()[number >> shift & 0x7FF] for shift in range(121, -1, -11))


def format_code_as_text(code: bytes) -> str:
    """Return a recovery code as 28 characters in groups of four. The last two characters are the checksum."""
    check = int.from_bytes(hashlib.sha256(code).digest()[:2], "big") >> 6
    number = int.from_bytes(code, "big") << 12 | check
    characters = "".join(_CROCKFORD_ALPHABET[number >> shift & 31] for shift in range(135, -1, -5))
    return "-".join(characters[offset : offset + 4] for offset in range(0, CODE_CHARACTERS, 4))


def generate_code() -> bytes:
    """Return a new recovery code of 16 bytes."""
    return secrets.token_bytes(CODE_BYTES)


def parse_code(text: str) -> bytes:
    """Return the 16 bytes of a recovery code typed in either spelling. Raise BadRequest if it is wrong."""
    if len(text) > CODE_TEXT_LIMIT_CHARACTERS:
        raise BadRequest("A recovery code has 28 letters and numbers, or twelve words.")
    words = re.findall("[a-z]+", text.lower())
    if len(words) == CODE_WORDS and set(words) <= set(word_list()):
        return _parse_code_words(words)
    return _parse_code_characters(text)


def _parse_code_words(words: list[str]) -> bytes:
    """Return the 16 bytes that twelve words encode. Raise BadRequest if the checksum is wrong."""
    positions = {word: position for position, word in enumerate(word_list())}
    number = 0
    for word in words:
        number = number << 11 | positions[word]
    code = (number >> 4).to_bytes(CODE_BYTES, "big")
    if format_code_as_words(code) != " ".join(words):
        raise BadRequest("These words are not in the right order, or one is wrong.")
    return code


def _parse_code_characters(text: str) -> bytes:
    """Return the 16 bytes that 28 characters encode. Raise BadRequest for other text, and if the checksum is wrong."""
    characters = re.sub(f"[{WHITE_SPACE}-]", "", text).upper().translate(str.maketrans("OIL", "011"))
    number = 0
    for character in characters:
        value = _CROCKFORD_ALPHABET.find(character)
        if value < 0:
            raise BadRequest("A recovery code has 28 letters and numbers, or twelve words.")
        number = number << 5 | value
    code = (number >> 12 & (1 << 128) - 1).to_bytes(CODE_BYTES, "big")
    if len(characters) != CODE_CHARACTERS or format_code_as_text(code).replace("-", "") != characters:
        raise BadRequest("One of these characters is wrong.")
    return code

"""Eight words and what they open: docs/formats.md, section 8.

[Note: eight words] Three words (33 bits) name a sealed pack on the server, five (51 bits and 4 of a checksum) open it.
The words never leave the phone and the page: the server is told a digest of the three and a proof made of the five by
Argon2id, and keeps keyed digests of both. What opens the parts is another branch of the same root.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from diary import constants
from diary.crypto.file_parts import PART_BYTES, padded_parts, part_count
from diary.crypto.kdf import DEFAULT, PRODUCT, KdfPolicy, KdfProfile, argon2id
from diary.crypto.padding import VERSION_CLASSES, pad_file_size, pad_version, unpad
from diary.crypto.sealing import Kind, box_size, open_envelope, prefix, seal
from diary.crypto.subkeys import subkey
from diary.crypto.words import WHITE_SPACE, word_list
from diary.encoding import b64, canon, parse, unb64
from diary.errors import BadRequest, KdfRefused, KeptError, SealError

WORDS: Final = constants.HANDOVER_WORDS
NAMING: Final = constants.HANDOVER_NAME_WORDS
NAME_BYTES: Final = 16
SALT_BYTES: Final = 16
_BYTES: Final = WORDS * 11 // 8
# `str.split` and JavaScript's `\s` take different characters for space; a byte order mark comes with what was copied.
_BETWEEN: Final = re.compile(f"[{WHITE_SPACE}\ufeff,]+")
_KDF: Final = {"alg", "m", "p", "salt", "t"}
SLIP: Final = "handover/v1"


@dataclass(frozen=True, slots=True)
class Opener:
    """What eight words and a `kdf` give: the proof for the server, and the key of the parts."""

    auth: bytes = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Slip:
    """What lies beside the file: its true name, size in bytes, SHA-256 in hex, and when it was sealed (ms)."""

    name: str
    size: int
    sha256: str
    made_at: int


def new_words() -> str:
    """Eight words: 84 random bits and four that check them."""
    return words_of(secrets.token_bytes(_BYTES))


def words_of(raw: bytes) -> str:
    """The words of 11 bytes, whose last four bits are replaced by the checksum."""
    number = _checked(int.from_bytes(raw, "big"))
    return " ".join(word_list()[number >> shift & 0x7FF] for shift in range(77, -1, -11))


def read_words(text: str) -> str:
    """The words as they are derived from. Raises BadRequest when they are not eight of the list, or do not check."""
    named = [word for word in _BETWEEN.split(text.lower()) if word]
    places = {word: place for place, word in enumerate(word_list())}
    if len(named) != WORDS or not all(word in places for word in named):
        raise BadRequest("These are not eight words of the list.")
    number = 0
    for word in named:
        number = number << 11 | places[word]
    if _checked(number) != number:
        raise BadRequest("One of the words is wrong, or they are not in the right order.")
    return " ".join(named)


def _checked(number: int) -> int:
    """88 bits with the last four made the checksum of the others."""
    plain = number >> 4 << 4
    return plain | hashlib.sha256(b"kept/handover-check\0" + plain.to_bytes(_BYTES, "big")).digest()[0] >> 4


def name_of(words: str) -> bytes:
    """What the first three words name: 16 bytes, which the server is asked by."""
    naming = " ".join(words.split()[:NAMING])
    return hashlib.sha256(b"kept/handover-name\0" + naming.encode()).digest()[:NAME_BYTES]


def new_kdf(profile: KdfProfile = DEFAULT, salt: bytes | None = None) -> dict[str, object]:
    """Fresh parameters for the five words."""
    return {
        "alg": "argon2id",
        "m": profile.m,
        "p": 1,
        "salt": b64(salt or secrets.token_bytes(SALT_BYTES)),
        "t": profile.t,
    }


def check_kdf(kdf: Mapping[str, object], policy: KdfPolicy = PRODUCT) -> KdfProfile:
    """The cost asked for. Raises KdfRefused for anything but a whole, allowed `kdf`."""
    m, t, salt = kdf.get("m"), kdf.get("t"), kdf.get("salt")
    if type(m) is not int or type(t) is not int or type(kdf.get("p")) is not int or not isinstance(salt, str):
        raise KdfRefused
    allowed = policy.floor.m <= m <= policy.ceiling.m and policy.floor.t <= t <= policy.ceiling.t
    try:
        whole = set(kdf) == _KDF and kdf["alg"] == "argon2id" and kdf["p"] == 1 and len(unb64(salt)) == SALT_BYTES
    except BadRequest:
        raise KdfRefused from None
    if not allowed or not whole:
        raise KdfRefused
    return KdfProfile(m, t)


def opener(words: str, kdf: Mapping[str, object], policy: KdfPolicy = PRODUCT) -> Opener:
    """Proof and key of the five words: the cost of one Argon2id. Raises KdfRefused."""
    profile = check_kdf(kdf, policy)
    salted = {"name": b64(name_of(words)), "salt": kdf["salt"]}
    salt = hashlib.sha256(b"kept/handover-salt\0" + canon(salted)).digest()[:SALT_BYTES]
    root = argon2id(" ".join(words.split()[NAMING:]).encode(), salt, profile)
    told = canon(dict(kdf))
    return Opener(subkey(root, b"kept/handover-auth\0" + told), subkey(root, b"kept/handover-key\0" + told))


def header(handover: str, part: int, parts: int) -> dict[str, object]:
    """Header of part `part` of `parts`, counted from 0; the last one is the slip."""
    return {"handover": handover, "part": part, "parts": parts}


def parts_of(size: int) -> int:
    """How many sealed parts a file of `size` bytes makes, its slip among them."""
    return part_count(size) + 1


def sealed_size(handover: str, size: int) -> int:
    """How many bytes all sealed parts of a file of `size` bytes are together."""
    parts, padded = parts_of(size), pad_file_size(size)
    lengths = [min(PART_BYTES, padded - at) for at in range(0, padded, PART_BYTES)] + [VERSION_CLASSES[0]]
    heads = (len(prefix(Kind.HANDOVER, header(handover, part, parts))) for part in range(parts))
    return sum(heads) + sum(box_size(length) for length in lengths)


def seal_handover(key: bytes, handover: str, chunks: Iterable[bytes], slip: Slip) -> Iterator[bytes]:
    """The sealed parts of a file and its slip, in order. Raises SealError when the bytes are not those of the slip."""
    parts, passing = parts_of(slip.size), hashlib.sha256()

    def passed() -> Iterator[bytes]:
        for chunk in chunks:
            passing.update(chunk)
            yield chunk

    for part, plaintext in enumerate(padded_parts(passed(), slip.size)):
        yield seal(key, Kind.HANDOVER, header(handover, part, parts), plaintext)
    if passing.hexdigest() != slip.sha256:
        raise SealError("The file changed while it was read.")
    told = {"made_at": slip.made_at, "name": slip.name, "sha256": slip.sha256, "size": slip.size, "t": SLIP}
    yield seal(key, Kind.HANDOVER, header(handover, parts - 1, parts), pad_version(canon(told)))


def open_slip(key: bytes, handover: str, parts: int, sealed: bytes) -> Slip:
    """The slip, which is the last part. Raises SealError for one that is none or does not fit the number of parts."""
    raw = unpad(open_envelope(key, sealed, Kind.HANDOVER, header(handover, parts - 1, parts)))
    try:
        told = parse(raw)
    except KeptError:
        raise SealError from None
    if not isinstance(told, dict) or told.get("t") != SLIP or set(told) != {"made_at", "name", "sha256", "size", "t"}:
        raise SealError
    name, size, digest, made_at = told["name"], told["size"], told["sha256"], told["made_at"]
    if not (isinstance(name, str) and isinstance(digest, str) and isinstance(size, int) and isinstance(made_at, int)):
        raise SealError
    if size < 0 or parts_of(size) != parts:
        raise SealError
    return Slip(name, size, digest, made_at)


def open_part(key: bytes, handover: str, part: int, slip: Slip, sealed: bytes) -> bytes:
    """The file's own bytes in one part. Raises SealError."""
    padded = open_envelope(key, sealed, Kind.HANDOVER, header(handover, part, parts_of(slip.size)))
    return padded[: max(0, slip.size - part * PART_BYTES)]

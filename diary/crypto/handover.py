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
from diary.crypto.kdf import DEFAULT_PROFILE, PRODUCTION_POLICY, KdfPolicy, KdfProfile, argon2id
from diary.crypto.padding import VERSION_SIZE_CLASSES_BYTES, pad_version, padded_file_size, unpad
from diary.crypto.sealing import EnvelopeKind, envelope_prefix, open_envelope, seal_envelope, sealed_box_size
from diary.crypto.subkeys import derive_subkey
from diary.crypto.words import WHITE_SPACE, word_list
from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import BadRequest, KdfPolicyViolation, KeptError, SealError

WORD_COUNT: Final = constants.HANDOVER_WORDS
NAME_WORD_COUNT: Final = constants.HANDOVER_NAME_WORDS
NAME_BYTES: Final = 16
SALT_BYTES: Final = 16
_CODE_BYTES: Final = WORD_COUNT * 11 // 8
# `str.split` and JavaScript's `\s` take different characters for space; a byte order mark comes with what was copied.
_SEPARATOR_PATTERN: Final = re.compile(f"[{WHITE_SPACE}\ufeff,]+")
_KDF_NAMES: Final = {"alg", "m", "p", "salt", "t"}
METADATA_TYPE: Final = "handover/v1"


@dataclass(frozen=True, slots=True)
class HandoverSecrets:
    """What eight words and a `kdf` give: the proof for the server, and the key of the parts."""

    proof: bytes = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandoverMetadata:
    """What lies beside the file: its true name, size in bytes, SHA-256 in hex, and when it was sealed (ms)."""

    name: str
    size: int
    sha256: str
    made_at_ms: int


def generate_words() -> str:
    """Eight words: 84 random bits and four that check them."""
    return encode_words(secrets.token_bytes(_CODE_BYTES))


def encode_words(raw: bytes) -> str:
    """The words of 11 bytes, whose last four bits are replaced by the checksum."""
    number = _with_checksum(int.from_bytes(raw, "big"))
    return " ".join(word_list()[number >> shift & 0x7FF] for shift in range(77, -1, -11))


def parse_words(text: str) -> str:
    """The words as they are derived from. Raises BadRequest when they are not eight of the list, or do not check."""
    words = [word for word in _SEPARATOR_PATTERN.split(text.lower()) if word]
    positions = {word: position for position, word in enumerate(word_list())}
    if len(words) != WORD_COUNT or not all(word in positions for word in words):
        raise BadRequest("These are not eight words of the list.")
    number = 0
    for word in words:
        number = number << 11 | positions[word]
    if _with_checksum(number) != number:
        raise BadRequest("One of the words is wrong, or they are not in the right order.")
    return " ".join(words)


def _with_checksum(number: int) -> int:
    """88 bits with the last four made the checksum of the others."""
    payload_bits = number >> 4 << 4
    return (
        payload_bits
        | hashlib.sha256(b"kept/handover-check\0" + payload_bits.to_bytes(_CODE_BYTES, "big")).digest()[0] >> 4
    )


def derive_name(words: str) -> bytes:
    """What the first three words name: 16 bytes, which the server is asked by."""
    name_words = " ".join(words.split()[:NAME_WORD_COUNT])
    return hashlib.sha256(b"kept/handover-name\0" + name_words.encode()).digest()[:NAME_BYTES]


def new_kdf_params(profile: KdfProfile = DEFAULT_PROFILE, salt: bytes | None = None) -> dict[str, object]:
    """Fresh parameters for the five words."""
    return {
        "alg": "argon2id",
        "m": profile.memory_kib,
        "p": 1,
        "salt": b64(salt or secrets.token_bytes(SALT_BYTES)),
        "t": profile.passes,
    }


def check_kdf_params(kdf: Mapping[str, object], policy: KdfPolicy = PRODUCTION_POLICY) -> KdfProfile:
    """The cost asked for. Raises KdfRefused for anything but a whole, allowed `kdf`."""
    m, t, salt = kdf.get("m"), kdf.get("t"), kdf.get("salt")
    if type(m) is not int or type(t) is not int or type(kdf.get("p")) is not int or not isinstance(salt, str):
        raise KdfPolicyViolation
    is_allowed = (
        policy.floor.memory_kib <= m <= policy.ceiling.memory_kib and policy.floor.passes <= t <= policy.ceiling.passes
    )
    try:
        is_complete = (
            set(kdf) == _KDF_NAMES and kdf["alg"] == "argon2id" and kdf["p"] == 1 and len(unb64(salt)) == SALT_BYTES
        )
    except BadRequest:
        raise KdfPolicyViolation from None
    if not is_allowed or not is_complete:
        raise KdfPolicyViolation
    return KdfProfile(m, t)


def derive_secrets(words: str, kdf: Mapping[str, object], policy: KdfPolicy = PRODUCTION_POLICY) -> HandoverSecrets:
    """Proof and key of the five words: the cost of one Argon2id. Raises KdfRefused."""
    profile = check_kdf_params(kdf, policy)
    salt_inputs = {"name": b64(derive_name(words)), "salt": kdf["salt"]}
    salt = hashlib.sha256(b"kept/handover-salt\0" + canonical_json(salt_inputs)).digest()[:SALT_BYTES]
    root = argon2id(" ".join(words.split()[NAME_WORD_COUNT:]).encode(), salt, profile)
    kdf_bytes = canonical_json(dict(kdf))
    return HandoverSecrets(
        derive_subkey(root, b"kept/handover-auth\0" + kdf_bytes),
        derive_subkey(root, b"kept/handover-key\0" + kdf_bytes),
    )


def handover_part_header(handover: str, index: int, total: int) -> dict[str, object]:
    """Header of part `part` of `parts`, counted from 0; the last one is the slip."""
    return {"handover": handover, "part": index, "parts": total}


def sealed_part_count(size: int) -> int:
    """How many sealed parts a file of `size` bytes makes, its slip among them."""
    return part_count(size) + 1


def sealed_size(handover: str, size: int) -> int:
    """How many bytes all sealed parts of a file of `size` bytes are together."""
    total, padded = sealed_part_count(size), padded_file_size(size)
    lengths = [min(PART_BYTES, padded - offset) for offset in range(0, padded, PART_BYTES)] + [
        VERSION_SIZE_CLASSES_BYTES[0]
    ]
    prefix_sizes = (
        len(envelope_prefix(EnvelopeKind.HANDOVER, handover_part_header(handover, index, total)))
        for index in range(total)
    )
    return sum(prefix_sizes) + sum(sealed_box_size(length) for length in lengths)


def seal_handover(key: bytes, handover: str, chunks: Iterable[bytes], metadata: HandoverMetadata) -> Iterator[bytes]:
    """The sealed parts of a file and its slip, in order. Raises SealError when the bytes are not those of the slip."""
    total, hasher = sealed_part_count(metadata.size), hashlib.sha256()

    def hashed_chunks() -> Iterator[bytes]:
        for chunk in chunks:
            hasher.update(chunk)
            yield chunk

    for index, plaintext in enumerate(padded_parts(hashed_chunks(), metadata.size)):
        yield seal_envelope(key, EnvelopeKind.HANDOVER, handover_part_header(handover, index, total), plaintext)
    if hasher.hexdigest() != metadata.sha256:
        raise SealError("The file changed while it was read.")
    metadata_members = {
        "made_at": metadata.made_at_ms,
        "name": metadata.name,
        "sha256": metadata.sha256,
        "size": metadata.size,
        "t": METADATA_TYPE,
    }
    yield seal_envelope(
        key,
        EnvelopeKind.HANDOVER,
        handover_part_header(handover, total - 1, total),
        pad_version(canonical_json(metadata_members)),
    )


def open_metadata(key: bytes, handover: str, total: int, sealed: bytes) -> HandoverMetadata:
    """The slip, which is the last part. Raises SealError for one that is none or does not fit the number of parts."""
    raw = unpad(open_envelope(key, sealed, EnvelopeKind.HANDOVER, handover_part_header(handover, total - 1, total)))
    try:
        metadata_members = parse_canonical_json(raw)
    except KeptError:
        raise SealError from None
    if (
        not isinstance(metadata_members, dict)
        or metadata_members.get("t") != METADATA_TYPE
        or set(metadata_members) != {"made_at", "name", "sha256", "size", "t"}
    ):
        raise SealError
    name, size, digest, made_at_ms = (
        metadata_members["name"],
        metadata_members["size"],
        metadata_members["sha256"],
        metadata_members["made_at"],
    )
    if not (
        isinstance(name, str) and isinstance(digest, str) and isinstance(size, int) and isinstance(made_at_ms, int)
    ):
        raise SealError
    if size < 0 or sealed_part_count(size) != total:
        raise SealError
    return HandoverMetadata(name, size, digest, made_at_ms)


def open_part(key: bytes, handover: str, index: int, metadata: HandoverMetadata, sealed: bytes) -> bytes:
    """The file's own bytes in one part. Raises SealError."""
    padded = open_envelope(
        key, sealed, EnvelopeKind.HANDOVER, handover_part_header(handover, index, sealed_part_count(metadata.size))
    )
    return padded[: max(0, metadata.size - index * PART_BYTES)]

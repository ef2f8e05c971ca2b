"""Handover codes: eight words that find and open a sealed pack. docs/formats.md, section 8.

[Note: name and key in eight words] The first three words (33 bits) name a sealed pack on the server. The other five (51
bits and 4 check bits) open it. The words never leave the phone and the receiving page: the server receives a digest of
the three and a proof derived from the five by Argon2id, and stores keyed digests of both. The key of the parts is
derived from the same root under another label.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from diary import constants
from diary.crypto.file_parts import PART_BYTES, padded_parts
from diary.crypto.kdf import DEFAULT_PROFILE, PRODUCTION_POLICY, KdfPolicy, KdfProfile, argon2id
from diary.crypto.padding import VERSION_SIZE_CLASSES_BYTES, pad_version, padded_file_size, part_count, unpad
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
# `str.split` and JavaScript's `\s` disagree about white space. Copied text may begin with a byte order mark.
_SEPARATOR_PATTERN: Final = re.compile(f"[{WHITE_SPACE}\ufeff,]+")
_KDF_NAMES: Final = {"alg", "m", "p", "salt", "t"}
METADATA_TYPE: Final = "handover/v1"


@dataclass(frozen=True, slots=True)
class HandoverSecrets:
    """Secrets derived from eight words and a `kdf`: the proof for the server, and the key of the parts."""

    proof: bytes = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandoverMetadata:
    """Metadata sealed with a file: original name, size in bytes, SHA-256 in hex, time of sealing (ms UTC)."""

    name: str
    size: int
    sha256: str
    made_at_ms: int


def generate_words() -> str:
    """Return eight random words: 84 random bits and four check bits."""
    return encode_words(secrets.token_bytes(_CODE_BYTES))


def encode_words(raw: bytes) -> str:
    """Return the words that encode 11 bytes. The last four bits are replaced by the checksum."""
    number = _with_checksum(int.from_bytes(raw, "big"))
    return " ".join(word_list()[number >> shift & 0x7FF] for shift in range(77, -1, -11))


def parse_words(text: str) -> str:
    """Return the words in the spelling used for derivation.

    Raise BadRequest unless the text is eight words of the list with a correct checksum.
    """
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
    """Return the 88-bit number with its last four bits replaced by the checksum of the others."""
    payload_bits = number >> 4 << 4
    return (
        payload_bits
        | hashlib.sha256(b"kept/handover-check\0" + payload_bits.to_bytes(_CODE_BYTES, "big")).digest()[0] >> 4
    )


def derive_name(words: str) -> bytes:
    """Return the 16-byte name under which the server stores the handover, from the first three words."""
    name_words = " ".join(words.split()[:NAME_WORD_COUNT])
    return hashlib.sha256(b"kept/handover-name\0" + name_words.encode()).digest()[:NAME_BYTES]


def new_kdf_params(profile: KdfProfile = DEFAULT_PROFILE, salt: bytes | None = None) -> dict[str, object]:
    """Return new `kdf` parameters for the five words. `salt` has 16 bytes and is random by default."""
    return {
        "alg": "argon2id",
        "m": profile.memory_kib,
        "p": 1,
        "salt": b64(salt or secrets.token_bytes(SALT_BYTES)),
        "t": profile.passes,
    }


def check_kdf_params(kdf: Mapping[str, object], policy: KdfPolicy = PRODUCTION_POLICY) -> KdfProfile:
    """Return the cost in `kdf`. Raise KdfPolicyViolation unless `kdf` is complete and within the policy."""
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
    """Return the proof and the key derived from the words. Run Argon2id once.

    Raise KdfPolicyViolation if the policy does not allow `kdf`.
    """
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
    """Return the header of part `index` of `total`, counted from 0. The last part is the metadata."""
    return {"handover": handover, "part": index, "parts": total}


def sealed_part_count(size: int) -> int:
    """Return the number of sealed parts of a file of `size` bytes, its metadata included."""
    return part_count(size) + 1


def sealed_size(handover: str, size: int) -> int:
    """Return the total size in bytes of all sealed parts of a file of `size` bytes."""
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
    """Yield the sealed parts of a file and then its metadata.

    Raise SealError if the bytes do not match the metadata.
    """
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
    """Open the metadata, which is the last part.

    Raise SealError if it is malformed or does not fit the number of parts.
    """
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
    """Return the file's content in one part, without padding. Raise SealError if the part cannot be opened."""
    padded = open_envelope(
        key, sealed, EnvelopeKind.HANDOVER, handover_part_header(handover, index, sealed_part_count(metadata.size))
    )
    return padded[: max(0, metadata.size - index * PART_BYTES)]

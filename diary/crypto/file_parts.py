"""Files, sealed part by part: docs/formats.md, sections 3 and 6.

A file is padded as a whole and cut into parts of 63 chunks, so that a sealed part stays under 1 MiB and
only the number of parts and the size class can be seen. Nothing here holds more than two parts at once.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from diary import constants
from diary.crypto.padding import padded_file_size
from diary.crypto.sealing import EnvelopeKind, open_envelope, seal_envelope
from diary.encoding import b64, canonical_json
from diary.errors import SealError

PART_BYTES: Final = constants.FILE_PART_BYTES
_PADDING_MARK: Final = b"\x80"


def part_count(size: int) -> int:
    """How many parts a file of `size` bytes has; at least one."""
    return -(-padded_file_size(size) // PART_BYTES)


def part_header(diary: str, blob: str, index: int, total: int) -> dict[str, object]:
    """Header of part `i` of `n`, counted from 0."""
    return {"blob": blob, "diary": diary, "i": index, "n": total, "t": "part"}


def padded_parts(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Cut a padded file of exactly `size` bytes into parts. Raises SealError when another number of bytes comes."""
    buffer = bytearray()
    bytes_read = 0
    for chunk in chunks:
        bytes_read += len(chunk)
        if bytes_read > size:
            raise SealError("The file changed while it was read.")
        buffer += chunk
        while len(buffer) >= PART_BYTES:
            yield bytes(buffer[:PART_BYTES])
            del buffer[:PART_BYTES]
    if bytes_read != size:
        raise SealError("The file changed while it was read.")
    buffer += _PADDING_MARK
    padding_left = padded_file_size(size) - size - 1
    while padding_left or buffer:
        zeros = min(padding_left, PART_BYTES - len(buffer))
        yield bytes(buffer) + bytes(zeros)
        padding_left -= zeros
        buffer.clear()


def seal_parts(key: bytes, diary: str, blob: str, chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The sealed parts of a file, in order."""
    total = part_count(size)
    for index, plaintext in enumerate(padded_parts(chunks, size)):
        yield seal_envelope(key, EnvelopeKind.FILE_PART, part_header(diary, blob, index, total), plaintext)


def open_part(key: bytes, header: dict[str, object], sealed: bytes) -> bytes:
    """The padded plaintext of one part, else SealError. `header`: from `part_header`."""
    return open_envelope(key, sealed, EnvelopeKind.FILE_PART, header)


def open_parts(key: bytes, diary: str, blob: str, parts: Iterable[bytes], total: int) -> Iterator[bytes]:
    """The file's bytes from its `n` sealed parts, in order, without the padding. Raises SealError.

    What was yielded before an error is content of this file, but not all of it.
    """
    pending_zeros, has_pending_mark, parts_read = 0, False, 0
    for index, sealed in enumerate(parts):
        plaintext = open_part(key, part_header(diary, blob, index, total), sealed)
        parts_read += 1
        content = plaintext.rstrip(b"\0")
        if not content:
            pending_zeros += len(plaintext)
            continue
        yield from _pending_bytes(has_pending_mark, pending_zeros)
        has_pending_mark = content.endswith(_PADDING_MARK)
        pending_zeros = len(plaintext) - len(content)
        yield content[:-1] if has_pending_mark else content
    if not has_pending_mark or parts_read != total:
        raise SealError


def parts_digest(sealed_digests: Iterable[bytes]) -> bytes:
    """What `complete` is told: SHA-256 over the canonical list of each sealed part's SHA-256 (32 bytes each)."""
    return hashlib.sha256(canonical_json([b64(digest) for digest in sealed_digests])).digest()


def _pending_bytes(has_pending_mark: bool, pending_zeros: int) -> Iterator[bytes]:
    """What looked like padding and turned out to be content, in pieces of a part at most."""
    if has_pending_mark:
        yield _PADDING_MARK
    while pending_zeros:
        piece = min(pending_zeros, PART_BYTES)
        yield bytes(piece)
        pending_zeros -= piece

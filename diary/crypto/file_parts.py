"""Sealing of files in parts: docs/formats.md, sections 3 and 6.

A file is padded as a whole and cut into parts of 63 chunks. A sealed part stays under 1 MiB, and only the number of
parts and the size class are visible. At most two parts are in memory at a time.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from diary import constants
from diary.crypto.padding import padded_file_size, part_count
from diary.crypto.sealing import EnvelopeKind, open_envelope, seal_envelope
from diary.encoding import b64, canonical_json
from diary.errors import SealError

PART_BYTES: Final = constants.FILE_PART_BYTES
_PADDING_MARK: Final = b"\x80"


def part_header(diary: str, blob: str, index: int, total: int) -> dict[str, object]:
    """Return the header of part `index` of `total`, counted from 0."""
    return {"blob": blob, "diary": diary, "i": index, "n": total, "t": "part"}


def padded_parts(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield the parts of a file of exactly `size` bytes, padded.

    Raise SealError if `chunks` has another number of bytes.
    """
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
    """Yield the sealed parts of a file, in order. Raise SealError if `chunks` does not have `size` bytes."""
    total = part_count(size)
    for index, plaintext in enumerate(padded_parts(chunks, size)):
        yield seal_envelope(key, EnvelopeKind.FILE_PART, part_header(diary, blob, index, total), plaintext)


def open_part(key: bytes, header: dict[str, object], sealed: bytes) -> bytes:
    """Return the padded plaintext of one part. `header` is from `part_header`.

    Raise SealError if it cannot be opened.
    """
    return open_envelope(key, sealed, EnvelopeKind.FILE_PART, header)


def open_parts(key: bytes, diary: str, blob: str, parts: Iterable[bytes], total: int) -> Iterator[bytes]:
    """Yield the file's content, without padding, from its `total` sealed parts in order.

    Raise SealError if a part is missing or cannot be opened. Bytes yielded before that are authentic content of this
    file, but not all of it.
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
    """Return the digest that completes an upload: SHA-256 of the canonical JSON list of each sealed part's SHA-256.

    Each item of `sealed_digests` has 32 bytes.
    """
    return hashlib.sha256(canonical_json([b64(digest) for digest in sealed_digests])).digest()


def _pending_bytes(has_pending_mark: bool, pending_zeros: int) -> Iterator[bytes]:
    """Yield bytes that looked like padding but are content, at most one part at a time."""
    if has_pending_mark:
        yield _PADDING_MARK
    while pending_zeros:
        piece = min(pending_zeros, PART_BYTES)
        yield bytes(piece)
        pending_zeros -= piece

"""Files, sealed part by part: docs/formats.md, sections 3 and 6.

A file is padded as a whole and cut into parts of 63 chunks, so that a sealed part stays under 1 MiB and
only the number of parts and the size class can be seen. Nothing here holds more than two parts at once.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from diary import constants
from diary.crypto.padding import pad_file_size
from diary.crypto.sealing import Kind, open_envelope, seal
from diary.encoding import b64, canon
from diary.errors import SealError

PART_BYTES: Final = constants.FILE_PART_BYTES
_MARK: Final = b"\x80"


def part_count(size: int) -> int:
    """How many parts a file of `size` bytes has; at least one."""
    return -(-pad_file_size(size) // PART_BYTES)


def part_header(diary: str, blob: str, i: int, n: int) -> dict[str, object]:
    """Header of part `i` of `n`, counted from 0."""
    return {"blob": blob, "diary": diary, "i": i, "n": n, "t": "part"}


def padded_parts(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Cut a padded file of exactly `size` bytes into parts. Raises SealError when another number of bytes comes."""
    held = bytearray()
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > size:
            raise SealError("The file changed while it was read.")
        held += chunk
        while len(held) >= PART_BYTES:
            yield bytes(held[:PART_BYTES])
            del held[:PART_BYTES]
    if seen != size:
        raise SealError("The file changed while it was read.")
    held += _MARK
    left = pad_file_size(size) - size - 1
    while left or held:
        zeros = min(left, PART_BYTES - len(held))
        yield bytes(held) + bytes(zeros)
        left -= zeros
        held.clear()


def seal_parts(key: bytes, diary: str, blob: str, chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The sealed parts of a file, in order."""
    n = part_count(size)
    for i, plaintext in enumerate(padded_parts(chunks, size)):
        yield seal(key, Kind.PART, part_header(diary, blob, i, n), plaintext)


def open_part(key: bytes, header: dict[str, object], sealed: bytes) -> bytes:
    """The padded plaintext of one part, else SealError. `header`: from `part_header`."""
    return open_envelope(key, sealed, Kind.PART, header)


def open_parts(key: bytes, diary: str, blob: str, parts: Iterable[bytes], n: int) -> Iterator[bytes]:
    """The file's bytes from its `n` sealed parts, in order, without the padding. Raises SealError.

    What was yielded before an error is content of this file, but not all of it.
    """
    zeros, marked, seen = 0, False, 0
    for i, sealed in enumerate(parts):
        plaintext = open_part(key, part_header(diary, blob, i, n), sealed)
        seen += 1
        content = plaintext.rstrip(b"\0")
        if not content:
            zeros += len(plaintext)
            continue
        yield from _held_back(marked, zeros)
        marked = content.endswith(_MARK)
        zeros = len(plaintext) - len(content)
        yield content[:-1] if marked else content
    if not marked or seen != n:
        raise SealError


def parts_digest(sealed_digests: Iterable[bytes]) -> bytes:
    """What `complete` is told: SHA-256 over the canonical list of each sealed part's SHA-256 (32 bytes each)."""
    return hashlib.sha256(canon([b64(digest) for digest in sealed_digests])).digest()


def _held_back(marked: bool, zeros: int) -> Iterator[bytes]:
    """What looked like padding and turned out to be content, in pieces of a part at most."""
    if marked:
        yield _MARK
    while zeros:
        piece = min(zeros, PART_BYTES)
        yield bytes(piece)
        zeros -= piece

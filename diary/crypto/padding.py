"""Padding of plaintexts, so that sealed lengths reveal little: docs/formats.md, section 3."""

from typing import Final

from diary import constants
from diary.errors import SealError

VERSION_SIZE_CLASSES_BYTES: Final = constants.VERSION_PADDING_BYTES
FILE_MIN_BYTES: Final = constants.FILE_PADDING_MIN_BYTES
_PADDING_MARK: Final = b"\x80"


def padme_size(length: int) -> int:
    """Return the Padmé size of a length from 1: at most 12 % more, and it reveals only O(log log length) bits."""
    exponent = length.bit_length() - 1
    mantissa_bits = exponent.bit_length()
    step = 1 << (exponent - mantissa_bits)
    return (length + step - 1) // step * step


def padded_version_size(length: int) -> int:
    """Return the padded size of `length` bytes of a version, grant, letter or other document (not of a file)."""
    min_size = length + 1
    return next((size for size in VERSION_SIZE_CLASSES_BYTES if min_size <= size), 0) or padme_size(min_size)


def pad_version(plaintext: bytes) -> bytes:
    """Return `plaintext`, 0x80, and zeros up to its size class."""
    return pad_to(plaintext, padded_version_size(len(plaintext)))


def pad_to(plaintext: bytes, size: int) -> bytes:
    """Return `plaintext`, 0x80, and zeros up to `size` bytes. Raise SealError if it does not fit."""
    if len(plaintext) >= size:
        raise SealError
    return plaintext + _PADDING_MARK + bytes(size - len(plaintext) - 1)


def unpad(padded: bytes) -> bytes:
    """Return the plaintext without its padding. Raise SealError if there is no padding."""
    stripped = padded.rstrip(b"\0")
    if not stripped.endswith(_PADDING_MARK):
        raise SealError
    return stripped[:-1]


def padded_file_size(size: int) -> int:
    """Return the padded size of a whole file of `size` bytes, before it is cut into parts."""
    return padme_size(max(size + 1, FILE_MIN_BYTES))


def part_count(size: int) -> int:
    """Return the number of parts of a file of `size` bytes, at least 1."""
    return -(-padded_file_size(size) // constants.FILE_PART_BYTES)

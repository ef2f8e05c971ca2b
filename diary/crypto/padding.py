"""Padding inside what is sealed, so that a length says little: docs/formats.md, section 3."""

from typing import Final

from diary import constants
from diary.errors import SealError

VERSION_SIZE_CLASSES_BYTES: Final = constants.VERSION_PADDING_BYTES
FILE_MIN_BYTES: Final = constants.FILE_PADDING_MIN_BYTES
_PADDING_MARK: Final = b"\x80"


def padme_size(length: int) -> int:
    """The Padmé class of a length above 1: at most 12 % longer, and only O(log log length) bits are told."""
    exponent = length.bit_length() - 1
    mantissa_bits = exponent.bit_length()
    step = 1 << (exponent - mantissa_bits)
    return (length + step - 1) // step * step


def padded_version_size(length: int) -> int:
    """The padded size of `length` bytes of a version or of a record on the device."""
    min_size = length + 1
    return next((size for size in VERSION_SIZE_CLASSES_BYTES if min_size <= size), 0) or padme_size(min_size)


def pad_version(plaintext: bytes) -> bytes:
    """`plaintext`, 0x80, and zeros up to its size class."""
    return pad_to(plaintext, padded_version_size(len(plaintext)))


def pad_to(plaintext: bytes, size: int) -> bytes:
    """`plaintext`, 0x80, and zeros up to `size`. Raises SealError when it does not fit."""
    if len(plaintext) >= size:
        raise SealError
    return plaintext + _PADDING_MARK + bytes(size - len(plaintext) - 1)


def unpad(padded: bytes) -> bytes:
    """What stood before the padding. Raises SealError when there is none."""
    stripped = padded.rstrip(b"\0")
    if not stripped.endswith(_PADDING_MARK):
        raise SealError
    return stripped[:-1]


def padded_file_size(size: int) -> int:
    """The padded size of a file of `size` bytes as a whole, before it is cut into parts."""
    return padme_size(max(size + 1, FILE_MIN_BYTES))

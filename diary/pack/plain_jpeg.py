"""Print copies that a phone made: plain JPEGs without metadata, checked without decoding them."""

import re
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.errors import BadRequest

_JPEG_START: Final = b"\xff\xd8\xff"
_JPEG_END: Final = b"\xff\xd9"
_FRAME_MARKERS: Final = (0xC0, 0xC1, 0xC2)
_SCAN_MARKER: Final = 0xDA
# Segments of a plain picture: frame, Huffman and quantisation tables, restart interval, scans, and a JFIF header
# without a thumbnail. APP1 to APP15 and comments may contain EXIF, locations, and colour profiles with a manufacturer's
# name.
_ALLOWED_MARKERS: Final = frozenset((*_FRAME_MARKERS, 0xC4, 0xDB, 0xDD, _SCAN_MARKER, 0xE0))
_JFIF_HEADER_BYTES: Final = 16
# End of a scan: a marker that is neither a stuffed byte nor a restart.
_MARKER_PATTERN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PrintCopy:
    """A JPEG without metadata, with its size in pixels."""

    jpeg: bytes
    width: int
    height: int


def check_print_copy(raw: bytes) -> PrintCopy:
    """Return a print copy made on the phone if it is a plain JPEG without metadata.

    The picture is not decoded; its segments are parsed to the end. Raise BadRequest; the caller then decodes the file
    instead.
    """
    width, height = _read_jpeg_size(raw)
    if width * height > constants.IMAGE_LIMIT_PIXELS or width < 1 or height < 1:
        raise BadRequest("A picture is too large.")
    return PrintCopy(raw, width, height)


def _read_jpeg_size(raw: bytes) -> tuple[int, int]:
    """Return the width and height of a plain JPEG in pixels.

    Raise BadRequest for any other segment, and for bytes after the end.
    """
    if not raw.startswith(_JPEG_START):
        raise BadRequest("A print copy is not a JPEG.")
    position, size = 2, (0, 0)
    while raw[position : position + 2] != _JPEG_END:
        if position + 4 > len(raw) or raw[position] != 0xFF:
            raise BadRequest("A print copy is damaged.")
        kind, length = raw[position + 1], int.from_bytes(raw[position + 2 : position + 4], "big")
        if kind not in _ALLOWED_MARKERS or length < 2 or (kind == 0xE0 and length != _JFIF_HEADER_BYTES):
            raise BadRequest("A print copy contains more than a picture.")
        if kind in _FRAME_MARKERS:
            size = (
                int.from_bytes(raw[position + 7 : position + 9], "big"),
                int.from_bytes(raw[position + 5 : position + 7], "big"),
            )
        position += 2 + length
        if kind == _SCAN_MARKER:
            scan_end = _MARKER_PATTERN.search(raw, position)
            if scan_end is None:
                raise BadRequest("A print copy is damaged.")
            position = scan_end.start()
    if position + 2 != len(raw):
        raise BadRequest("A print copy has bytes after its picture.")
    return size

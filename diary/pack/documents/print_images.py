"""Pictures for print: the phone's plain JPEG, checked, or the received file, decoded and encoded again.

Neither contains metadata. Decoding happens only inside the sandbox. Formats are limited to an explicit list, whatever
Pillow supports; a warning counts as an error; a picture of more than IMAGE_LIMIT_PIXELS is rejected before it is
decoded.
"""

import io
import re
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from diary import constants
from diary.errors import BadRequest

PRINT_WIDTH_PIXELS: Final = 900
JPEG_QUALITY: Final = 80
IMAGE_LIMIT_PIXELS: Final = constants.IMAGE_LIMIT_PIXELS
ACCEPTED_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF")
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
    if width * height > IMAGE_LIMIT_PIXELS or width < 1 or height < 1:
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


def make_print_copy(raw: bytes) -> PrintCopy:
    """Decode a picture, turn it upright, and encode it for print. Raise BadRequest if it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _encode(_decode(raw))
    except Exception as error:
        raise BadRequest("A picture cannot be read.") from error


def _decode(raw: bytes) -> Image.Image:
    """Return the upright picture; its size is checked in the header, before decoding."""
    if raw[4:8] == b"ftyp":
        _register_heif()
    picture = Image.open(io.BytesIO(raw), formats=ACCEPTED_FORMATS)
    if picture.width * picture.height > IMAGE_LIMIT_PIXELS:
        raise ValueError("too many pixels")
    picture.draft(
        "RGB", (PRINT_WIDTH_PIXELS * 2, PRINT_WIDTH_PIXELS * 2 * max(1, picture.height // max(1, picture.width)))
    )
    picture.load()
    return ImageOps.exif_transpose(picture)


def _encode(picture: Image.Image) -> PrintCopy:
    """Encode a JPEG of at most the print width; transparent parts become white."""
    if picture.mode in ("RGBA", "LA", "P", "PA"):
        layer = picture.convert("RGBA")
        picture = Image.new("RGB", layer.size, "white")
        picture.paste(layer, mask=layer.getchannel("A"))
    rgb_picture = picture.convert("RGB")
    if rgb_picture.width > PRINT_WIDTH_PIXELS:
        height = max(1, round(rgb_picture.height * PRINT_WIDTH_PIXELS / rgb_picture.width))
        rgb_picture = rgb_picture.resize((PRINT_WIDTH_PIXELS, height), Image.Resampling.BILINEAR)
    jpeg_buffer = io.BytesIO()
    # A new picture, because saving the decoded one would keep its EXIF and colour profile.
    clean = Image.new("RGB", rgb_picture.size)
    clean.paste(rgb_picture)
    clean.save(jpeg_buffer, "JPEG", quality=JPEG_QUALITY)
    return PrintCopy(jpeg_buffer.getvalue(), clean.width, clean.height)


def _register_heif() -> None:
    """Enable HEIC in Pillow. Call it inside the sandbox only."""
    import pillow_heif  # noqa: PLC0415 - its decoder is loaded for those who need it only

    pillow_heif.register_heif_opener()

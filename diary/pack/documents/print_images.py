"""Pictures for paper: re-encoded here, so that no metadata and no trick of the received file comes along.

Decoding happens only inside the sandbox. The formats are a list, not whatever Pillow was built with; a
warning counts as an error; a picture of more than forty million points is refused before it is decoded.
"""

import io
import re
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from diary import constants
from diary.errors import BadRequest

PRINT_WIDTH: Final = 900
QUALITY: Final = 80
POINTS: Final = constants.IMAGE_LIMIT_PIXELS
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF")
_JPEG: Final = b"\xff\xd8\xff"
_END: Final = b"\xff\xd9"
_SHAPES: Final = (0xC0, 0xC1, 0xC2)
_SCAN: Final = 0xDA
# What a bare picture is made of: its shape, Huffman and quantisation tables, restart interval, scans, and a JFIF head
# without a thumbnail. APP1 to APP15 and comments carry EXIF, places, colour profiles with a maker's name, and anything else.
_BARE: Final = frozenset((*_SHAPES, 0xC4, 0xDB, 0xDD, _SCAN, 0xE0))
_JFIF_BYTES: Final = 16
# What ends a scan: a marker that is neither a stuffed byte nor a restart.
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PrintCopy:
    """A JPEG without metadata, with its size in points."""

    jpeg: bytes
    width: int
    height: int


def accept(raw: bytes) -> PrintCopy:
    """A print copy made on the phone, if it is what it should be: a plain JPEG without metadata.

    It is not decoded: its structure is walked to the end. Raises BadRequest; the caller then decodes instead.
    """
    width, height = _walk(raw)
    if width * height > POINTS or width < 1 or height < 1:
        raise BadRequest("A picture is too large.")
    return PrintCopy(raw, width, height)


def _walk(raw: bytes) -> tuple[int, int]:
    """Width and height of a JPEG that has no segment but those a bare picture needs, and ends with it. Raises BadRequest."""
    if not raw.startswith(_JPEG):
        raise BadRequest("A print copy is not a JPEG.")
    at, shape = 2, (0, 0)
    while raw[at : at + 2] != _END:
        if at + 4 > len(raw) or raw[at] != 0xFF:
            raise BadRequest("A print copy is damaged.")
        kind, length = raw[at + 1], int.from_bytes(raw[at + 2 : at + 4], "big")
        if kind not in _BARE or length < 2 or (kind == 0xE0 and length != _JFIF_BYTES):
            raise BadRequest("A print copy carries more than a picture.")
        if kind in _SHAPES:
            shape = int.from_bytes(raw[at + 7 : at + 9], "big"), int.from_bytes(raw[at + 5 : at + 7], "big")
        at += 2 + length
        if kind == _SCAN:
            found = _MARKER.search(raw, at)
            if found is None:
                raise BadRequest("A print copy is damaged.")
            at = found.start()
    if at + 2 != len(raw):
        raise BadRequest("A print copy goes on behind its picture.")
    return shape


def print_copy(raw: bytes) -> PrintCopy:
    """Decode a picture of any listed format, turn it upright, and encode it for paper. Raises BadRequest."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _encode(_decode(raw))
    except Exception as error:
        raise BadRequest("A picture cannot be read.") from error


def _decode(raw: bytes) -> Image.Image:
    """The upright picture; its size is judged from the header, before anything is unpacked."""
    if raw[4:8] == b"ftyp":
        _with_heif()
    picture = Image.open(io.BytesIO(raw), formats=FORMATS)
    if picture.width * picture.height > POINTS:
        raise ValueError("too many points")
    picture.draft("RGB", (PRINT_WIDTH * 2, PRINT_WIDTH * 2 * max(1, picture.height // max(1, picture.width))))
    picture.load()
    return ImageOps.exif_transpose(picture)


def _encode(picture: Image.Image) -> PrintCopy:
    """A JPEG of at most the print width; what was see-through becomes white."""
    if picture.mode in ("RGBA", "LA", "P", "PA"):
        layer = picture.convert("RGBA")
        picture = Image.new("RGB", layer.size, "white")
        picture.paste(layer, mask=layer.getchannel("A"))
    flat = picture.convert("RGB")
    if flat.width > PRINT_WIDTH:
        height = max(1, round(flat.height * PRINT_WIDTH / flat.width))
        flat = flat.resize((PRINT_WIDTH, height), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    # A fresh picture: saving the decoded one would carry its EXIF and colour profile along.
    clean = Image.new("RGB", flat.size)
    clean.paste(flat)
    clean.save(out, "JPEG", quality=QUALITY)
    return PrintCopy(out.getvalue(), clean.width, clean.height)


def _with_heif() -> None:
    """Teach Pillow HEIC. Imported only when such a file has come, and only the sandbox ever comes here."""
    import pillow_heif  # noqa: PLC0415 - its decoder is loaded for those who need it only

    pillow_heif.register_heif_opener()

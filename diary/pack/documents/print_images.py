"""Pictures for print: the phone's plain JPEG, checked, or the received file, decoded and encoded again.

Neither contains metadata. Decoding happens only inside the sandbox. Formats are limited to an explicit list, whatever
Pillow supports; a warning counts as an error; a picture of more than IMAGE_LIMIT_PIXELS is rejected before it is
decoded.
"""

import io
import warnings
from typing import Final

from PIL import Image, ImageOps

from diary import constants
from diary.errors import BadRequest
from diary.pack.plain_jpeg import PrintCopy

PRINT_WIDTH_PIXELS: Final = 900
JPEG_QUALITY: Final = 80
IMAGE_LIMIT_PIXELS: Final = constants.IMAGE_LIMIT_PIXELS
ACCEPTED_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF")


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

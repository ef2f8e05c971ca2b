"""Pictures for print: the phone's plain JPEG, checked, or the received file, decoded and encoded again.

Neither contains metadata. Decoding happens only inside the sandbox. Formats are limited to an explicit list, whatever
Pillow supports; a warning counts as an error; a picture of more pixels than its format allows is rejected before it is
decoded. A JPEG may have more than others, because it is decoded at a fraction of its size.
"""

import io
import warnings
from typing import Final

from PIL import Image, ImageOps

from diary import constants
from diary.errors import BadRequest
from diary.pack.plain_jpeg import PrintCopy

PRINT_WIDTH_PIXELS: Final = constants.PRINT_WIDTH_PIXELS
# The longest picture that 04 prints in one piece, at the print width.
WHOLE_LENGTH_PIXELS: Final = constants.PRINT_WHOLE_PIXELS
# At the print width this is within IMAGE_LIMIT_PIXELS and within what a JPEG can have.
PRINT_LENGTH_LIMIT_PIXELS: Final = 40_000
JPEG_QUALITY: Final = 80
IMAGE_LIMIT_PIXELS: Final = constants.IMAGE_LIMIT_PIXELS
JPEG_LIMIT_PIXELS: Final = constants.JPEG_LIMIT_PIXELS
_JPEG_START: Final = b"\xff\xd8\xff"
ACCEPTED_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF")


def make_print_copy(raw: bytes) -> PrintCopy:
    """Decode a picture, turn it upright, and encode it for print. Raise BadRequest if it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _encode(_decode(raw))
    except Exception as error:
        raise BadRequest("A picture cannot be read.") from error


def encode_drawn_page(page: Image.Image) -> PrintCopy:
    """Encode a drawn page of a letter for print, in the size it has. Raise any exception of Pillow."""
    return _encode_as_is(page.convert("RGB"))


def _decode(raw: bytes) -> Image.Image:
    """Return the upright picture; its size is checked in the header, before decoding."""
    if raw[4:8] == b"ftyp":
        _register_heif()
    # Pillow's own limit is below the one for JPEG, and is not needed beside the limits here.
    Image.MAX_IMAGE_PIXELS = None
    picture = Image.open(io.BytesIO(raw), formats=ACCEPTED_FORMATS)
    pixels, is_jpeg = picture.width * picture.height, raw.startswith(_JPEG_START)
    if pixels > (JPEG_LIMIT_PIXELS if is_jpeg else IMAGE_LIMIT_PIXELS):
        raise ValueError("too many pixels")
    # Twice the size on paper gives the better picture; for a very large one there is no memory for that.
    finer = 2 if pixels <= IMAGE_LIMIT_PIXELS else 1
    width, height = print_size(picture.width, picture.height)
    picture.draft("RGB", (width * finer, height * finer))
    picture.load()
    return ImageOps.exif_transpose(picture)


def print_size(width: int, height: int) -> tuple[int, int]:
    """Return the size in pixels at which a picture is printed; the phone makes its copies by the same rule.

    The width is at most the print width. What is too wide to be read in one piece is printed in slices, so there the
    height is. No picture is enlarged.
    """
    is_sliced_across = width * PRINT_WIDTH_PIXELS > height * WHOLE_LENGTH_PIXELS
    widest, highest = PRINT_WIDTH_PIXELS, PRINT_LENGTH_LIMIT_PIXELS
    if is_sliced_across:
        widest, highest = highest, widest
    scale = min(1.0, widest / width, highest / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _encode(picture: Image.Image) -> PrintCopy:
    """Encode a JPEG of at most the print width; transparent parts become white."""
    if picture.mode in ("RGBA", "LA", "P", "PA"):
        layer = picture.convert("RGBA")
        picture = Image.new("RGB", layer.size, "white")
        picture.paste(layer, mask=layer.getchannel("A"))
    if picture.mode.startswith("I"):
        picture = _to_8_bits(picture)
    rgb_picture = picture.convert("RGB")
    size = print_size(*rgb_picture.size)
    if rgb_picture.size != size:
        rgb_picture = rgb_picture.resize(size, Image.Resampling.BILINEAR)
    return _encode_as_is(rgb_picture)


def _encode_as_is(rgb_picture: Image.Image) -> PrintCopy:
    """Encode a JPEG without metadata."""
    jpeg_buffer = io.BytesIO()
    # A new picture, because saving the decoded one would keep its EXIF and colour profile.
    clean = Image.new("RGB", rgb_picture.size)
    clean.paste(rgb_picture)
    clean.save(jpeg_buffer, "JPEG", quality=JPEG_QUALITY)
    return PrintCopy(jpeg_buffer.getvalue(), clean.width, clean.height)


def _to_8_bits(picture: Image.Image) -> Image.Image:
    """Return a greyscale picture of 16 bits a pixel with 8. Pillow's own conversion makes all but the darkest white.

    Greyscale of 10 and 12 bits is decoded to 16.
    """
    return picture.convert("I").point(lambda value: value * (1 / 256) + 0).convert("L")


def _register_heif() -> None:
    """Enable HEIC in Pillow. Call it inside the sandbox only."""
    import pillow_heif  # noqa: PLC0415 - its decoder is loaded for those who need it only

    pillow_heif.register_heif_opener()

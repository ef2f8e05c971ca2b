"""Decoding pictures: only listed formats, limited in size, without metadata."""

import io
import struct
import zlib

import pillow_heif
import pytest
from PIL import Image

from diary.errors import BadRequest
from diary.pack.documents.print_images import make_print_copy
from diary.pack.plain_jpeg import check_print_copy
from tests.pack.fictional_diary import draw_screenshot
from tests.pack.fictional_diary import make_print_copy as phone_copy


def make_photo_with_exif(image_format: str = "JPEG") -> bytes:
    """Return a sideways photo with a location and a device in its EXIF data."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretMaker"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (53.0, 48.0, 0.0)
    buffer = io.BytesIO()
    Image.new("RGB", (400, 200), "red").save(buffer, image_format, exif=exif)
    return buffer.getvalue()


def make_png_bomb(width: int, height: int) -> bytes:
    """Return a small PNG that declares huge dimensions."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))

    head = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")
    )


def test_a_photo_comes_out_upright_without_metadata() -> None:
    """The photo is rotated as its EXIF data says, and the EXIF data is removed."""
    copy = make_print_copy(make_photo_with_exif())
    assert (copy.width, copy.height) == (200, 400)
    assert b"SecretMaker" not in copy.jpeg and not dict(Image.open(io.BytesIO(copy.jpeg)).getexif())
    assert check_print_copy(copy.jpeg) == copy


def test_heic_becomes_a_print_copy() -> None:
    """The sandbox decodes HEIC, which the tests' browsers cannot show."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (1200, 900), "blue")).save(buffer)
    copy = make_print_copy(buffer.getvalue())
    assert (copy.width, copy.height) == (900, 675)


def test_transparent_pictures_get_a_white_background() -> None:
    """Transparent areas are printed white, not black."""
    buffer = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(buffer, "PNG")
    assert Image.open(io.BytesIO(make_print_copy(buffer.getvalue()).jpeg)).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'></svg>",
        b"<html><script>alert(1)</script></html>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"8BPS\x00\x01" + bytes(100),
        b"icns\x00\x00\x01\x00" + bytes(300),
        b"GIF89a",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1" + bytes(200),
        b"PK\x03\x04" + bytes(60),
        make_png_bomb(60_000, 60_000),
        make_png_bomb(10_000, 10_000),
        draw_screenshot(1, (60, 90))[:120],
    ],
)
def test_an_invalid_picture_is_refused(raw: bytes) -> None:
    """Renamed SVG, HTML, EPS, PSD and ICNS files, bombs and truncated files raise one clean error."""
    with pytest.raises(BadRequest):
        make_print_copy(raw)
    with pytest.raises(BadRequest):
        check_print_copy(raw)


def test_a_print_copy_with_metadata_is_refused() -> None:
    """EXIF data, comments and profiles are refused, because a PDF embeds the JPEG unchanged."""
    plain = phone_copy(draw_screenshot(1, (60, 90)), 30)
    assert check_print_copy(plain).jpeg == plain
    for segment in (b"\xff\xe1", b"\xff\xe2", b"\xff\xed", b"\xff\xfe"):
        with pytest.raises(BadRequest):
            check_print_copy(plain[:2] + segment + b"\x00\x08secret" + plain[2:])
    with pytest.raises(BadRequest):
        check_print_copy(make_photo_with_exif())
    with pytest.raises(BadRequest):
        check_print_copy(plain + b"trailing")


def test_damaged_pictures_never_crash_the_decoder() -> None:
    """Two hundred damaged files of each format cause no crash."""
    generator = __import__("random").Random(11)
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 64), "blue")).save(buffer)
    for original in (
        draw_screenshot(1, (60, 90)),
        make_photo_with_exif(),
        make_photo_with_exif("WEBP"),
        buffer.getvalue(),
    ):
        for _ in range(50):
            damaged = bytearray(original)
            for _ in range(8):
                damaged[generator.randrange(12, len(damaged))] = generator.randrange(256)
            try:
                copy = make_print_copy(bytes(damaged))
            except BadRequest:
                continue
            assert copy.jpeg.startswith(b"\xff\xd8\xff")

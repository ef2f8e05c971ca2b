"""Decoding pictures: only listed formats, limited in size, without metadata."""

import io
import struct
import zlib

import pillow_heif
import pytest
from PIL import Image, ImageStat

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


def png_of(size: tuple[int, int], bits: int, color_type: int, compressed: bytes) -> bytes:
    """Return a PNG of these rows."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))

    head = struct.pack(">LLBBBBB", *size, bits, color_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", compressed) + chunk(b"IEND", b"")


def make_png_bomb(width: int, height: int) -> bytes:
    """Return a small PNG that declares huge dimensions."""
    return png_of((width, height), 8, 2, zlib.compress(bytes(10_000)))


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


@pytest.mark.parametrize(
    ("size", "printed"),
    [
        ((600, 400), (600, 400)),
        ((1800, 900), (900, 450)),
        ((2340, 900), (900, 346)),
        ((4800, 1200), (3600, 900)),
        ((2500, 500), (2500, 500)),
        ((900, 5000), (900, 5000)),
        ((1200, 6000), (900, 4500)),
        ((50_000, 100), (40_000, 80)),
    ],
)
def test_what_is_too_wide_for_one_piece_is_limited_in_height(size: tuple[int, int], printed: tuple[int, int]) -> None:
    """A wide screenshot keeps the height that its slices need, and nothing is enlarged."""
    buffer = io.BytesIO()
    Image.new("L", size).save(buffer, "PNG")
    copy = make_print_copy(buffer.getvalue())
    assert (copy.width, copy.height) == printed
    assert check_print_copy(copy.jpeg) == copy


def mean_brightness(jpeg: bytes) -> float:
    """Return the mean of a picture's grey values, 0 to 255."""
    return ImageStat.Stat(Image.open(io.BytesIO(jpeg)).convert("L")).mean[0]


def make_grey_png(bits: int, color_type: int) -> bytes:
    """Return a PNG of a grey ramp from black to white, of this many bits a sample."""
    levels = 1 << bits
    extra = {0: b"", 4: b"\xff" * (bits // 8)}[color_type]
    rows = b""
    for _ in range(64):
        samples = [round((levels - 1) * x / 255) for x in range(256)]
        if bits < 8:
            packed = int("".join(f"{sample:0{bits}b}" for sample in samples), 2)
            rows += b"\0" + packed.to_bytes(256 * bits // 8, "big")
        else:
            rows += b"\0" + b"".join(sample.to_bytes(bits // 8, "big") + extra for sample in samples)
    return png_of((256, 64), bits, color_type, zlib.compress(rows))


def make_grey_heic(bits: int) -> bytes:
    """Return a HEIC of the same ramp with 8, 10 or 12 bits a pixel."""
    buffer = io.BytesIO()
    if bits == 8:
        pillow_heif.from_bytes("L", (256, 64), bytes(range(256)) * 64).save(buffer, quality=-1)
    else:
        row = b"".join((x * 257).to_bytes(2, "little") for x in range(256))
        saved_in_12_bits, pillow_heif.options.SAVE_HDR_TO_12_BIT = pillow_heif.options.SAVE_HDR_TO_12_BIT, bits == 12
        pillow_heif.from_bytes("I;16", (256, 64), row * 64).save(buffer, quality=-1)
        pillow_heif.options.SAVE_HDR_TO_12_BIT = saved_in_12_bits
    return buffer.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        *(make_grey_png(bits, 0) for bits in (2, 4, 8, 16)),
        *(make_grey_png(bits, 4) for bits in (8, 16)),
        *(make_grey_heic(bits) for bits in (8, 10, 12)),
    ],
)
def test_greyscale_of_any_depth_keeps_its_brightness(raw: bytes) -> None:
    """Greyscale of 10, 12 and 16 bits is not printed white."""
    jpeg = make_print_copy(raw).jpeg
    assert mean_brightness(jpeg) == pytest.approx(127.5, abs=2)
    darkest, *_, brightest = Image.open(io.BytesIO(jpeg)).convert("L").crop((0, 30, 256, 31)).tobytes()
    assert darkest < 12 and brightest > 243


def make_large_jpeg(width: int, height: int) -> bytes:
    """Return a grey JPEG of these dimensions."""
    buffer = io.BytesIO()
    Image.new("L", (width, height), 90).save(buffer, "JPEG", quality=50)
    return buffer.getvalue()


def test_a_jpeg_may_have_more_pixels_than_other_pictures() -> None:
    """A JPEG of 197 megapixels is printed in less memory than it has pixels, and a larger one is refused."""
    copy = make_print_copy(make_large_jpeg(16_384, 12_000))
    assert (copy.width, copy.height) == (900, 659) and mean_brightness(copy.jpeg) == pytest.approx(90, abs=2)
    with pytest.raises(BadRequest):
        make_print_copy(make_large_jpeg(20_100, 10_000))
    with pytest.raises(BadRequest):
        make_print_copy(make_png_bomb(8_000, 6_000))


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

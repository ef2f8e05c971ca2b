"""Files as people have them: screenshots, photos, and files whose name or type is wrong."""

import io
import random

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import FilePayload

SCREEN_SIZE = (1170, 2532)


def _draw_screenshot(seed: int) -> Image.Image:
    """Return a picture like a chat on a phone: bubbles with grey lines."""
    generator = random.Random(seed)
    picture = Image.new("RGB", SCREEN_SIZE, (246, 245, 241))
    draw = ImageDraw.Draw(picture)
    for row in range(24):
        left = 60 if generator.random() < 0.6 else 420
        top = 180 + row * 96
        draw.rounded_rectangle((left, top, left + 600, top + 74), 24, fill=(221, 228, 224))
        draw.rectangle((left + 40, top + 30, left + generator.randint(200, 560), top + 44), fill=(70, 76, 74))
    return picture


def make_png(seed: int = 1, *, comment: str = "") -> bytes:
    """Return a screenshot. `comment` is stored inside as plain text, as some phones store their model."""
    notes = PngInfo()
    if comment:
        notes.add_text("Comment", comment)
    out = io.BytesIO()
    _draw_screenshot(seed).save(out, "PNG", pnginfo=notes)
    return out.getvalue()


def make_png_of_size(size_bytes: int, seed: int = 1) -> bytes:
    """Return a screenshot with a photo in it, of about `size_bytes`: noise does not compress."""
    picture = _draw_screenshot(seed)
    rows = min(SCREEN_SIZE[1], max(1, size_bytes // (SCREEN_SIZE[0] * 3)))
    noise = random.Random(seed).randbytes(SCREEN_SIZE[0] * rows * 3)
    picture.paste(Image.frombytes("RGB", (SCREEN_SIZE[0], rows), noise), (0, 0))
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


def make_jpeg_with_gps(seed: int = 2) -> bytes:
    """Return a photo whose EXIF data contains its location."""
    exif = Image.Exif()
    exif[0x0110] = "Phone 9"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (53.0, 22.0, 30.0)
    out = io.BytesIO()
    _draw_screenshot(seed).resize((900, 1200)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def make_jpeg_with_time(taken_at: str, seed: int = 2) -> bytes:
    """Return a photo taken at `2026:08:01 20:14:05` by the camera's clock, without a time zone."""
    exif = Image.Exif()
    exif[0x0132] = taken_at
    out = io.BytesIO()
    _draw_screenshot(seed).resize((900, 1200)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def make_large_jpeg(
    width: int,
    height: int,
    first_quarter: tuple[int, int, int],
    rest: tuple[int, int, int],
    *,
    orientation: int = 1,
) -> bytes:
    """Return a JPEG of any size: one colour in the first quarter of its stored pixels, another elsewhere.

    `orientation`: what its EXIF data asks for, 1 to 8.
    """
    picture = Image.new("RGB", (width, height), rest)
    picture.paste(first_quarter, (0, 0, width // 2, height // 2))
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def make_heic(seed: int = 3) -> bytes:
    """Return a photo in the iPhone's format, which Chromium cannot show."""
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(_draw_screenshot(seed).resize((600, 800))).save(out, quality=60)
    return out.getvalue()


def picker_file(name: str, claimed: str, content: bytes) -> FilePayload:
    """Return a file for the picker: its name, the type it claims, and its bytes."""
    return {"name": name, "mimeType": claimed, "buffer": content}

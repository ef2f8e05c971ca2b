"""Photographs of a fictional phone: JPEG with camera data, position and orientation, one HEIC, one e-mail.

Shapes and grain are derived from the picture's name: the same name gives the same picture.
"""

import math
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from io import BytesIO
from typing import Any, Final

import pillow_heif
from PIL import Image, ImageDraw, ImageFilter

from diary.samples.picture_text import draw_text

PictureSpec = Mapping[str, Any]
Canvas = ImageDraw.ImageDraw
_SIZE_PIXELS: Final = (1512, 2016)
_JPEG_QUALITY: Final = 86
# A patch of the North Sea: nobody's home.
_LATITUDE: Final = 54.25
_LONGITUDE: Final = 1.75
_TRANSPOSE_BY_ORIENTATION: Final = {1: None, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


def draw_photo(picture: PictureSpec, taken_at: datetime) -> bytes:
    """Draw the JPEG or HEIC that `picture` describes. `taken_at`: aware local time, for the camera data."""
    image = _draw_scene(picture["draw"], picture["name"])
    transpose = _TRANSPOSE_BY_ORIENTATION[picture["turned"]]
    if transpose is not None:
        # Stored sideways with an orientation tag, as phones do.
        image = image.transpose(transpose)
    exif = _camera_data(picture, taken_at)
    buffer = BytesIO()
    if picture["name"].endswith(".HEIC"):
        # The encoder's default takes seven times as long for a fifth of the size: too slow for a demo.
        pillow_heif.from_pillow(image).save(buffer, quality=60, exif=exif.tobytes(), enc_params={"preset": "ultrafast"})
    else:
        image.save(buffer, "JPEG", quality=_JPEG_QUALITY, exif=exif)
    return buffer.getvalue()


def _camera_data(picture: PictureSpec, taken_at: datetime) -> Image.Exif:
    """Return Exif data: make, model, orientation, time and, if the picture has one, position."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Fictional", "Phone 3", "3.1"
    exif[0x0112] = picture["turned"]
    timestamp = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    exif[0x0132] = timestamp
    exif_ifd = exif.get_ifd(0x8769)
    exif_ifd[0x9003] = exif_ifd[0x9004] = timestamp
    exif_ifd[0x9011] = taken_at.strftime("%z")[:3] + ":" + taken_at.strftime("%z")[3:]
    if picture.get("gps"):
        gps_ifd = exif.get_ifd(0x8825)
        gps_ifd[1], gps_ifd[2] = "N", _degrees(_LATITUDE)
        gps_ifd[3], gps_ifd[4] = "E", _degrees(_LONGITUDE)
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    """Return an angle as degrees, minutes and seconds."""
    whole_degrees = math.floor(value)
    minutes = (value - whole_degrees) * 60
    return float(whole_degrees), float(math.floor(minutes)), round((minutes - math.floor(minutes)) * 60, 2)


def _draw_scene(scene: str, seed: str) -> Image.Image:
    """Draw a scene with grain, slightly out of focus."""
    rng = random.Random(seed)  # noqa: S311 - grain on a picture; nothing depends on its being unguessable
    image = Image.new("RGB", _SIZE_PIXELS, (120, 124, 122))
    _SCENES[scene](ImageDraw.Draw(image), rng)
    grain = Image.frombytes("L", (378, 504), rng.randbytes(378 * 504)).resize(_SIZE_PIXELS)
    speckled = Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.07)
    return speckled.filter(ImageFilter.GaussianBlur(1.2))


def _draw_gradient(draw: Canvas, top: tuple[int, int, int], bottom: tuple[int, int, int]) -> None:
    """Draw a background that fades from one colour at the top to another at the bottom."""
    width, height = _SIZE_PIXELS
    for y in range(0, height, 8):
        fraction = y / height
        colour = tuple(int(a + (b - a) * fraction) for a, b in zip(top, bottom, strict=True))
        draw.rectangle((0, y, width, y + 8), fill=colour)


def _draw_flowers(draw: Canvas, rng: random.Random) -> None:
    """Draw a bunch of flowers in paper on a desk, with a card."""
    _draw_gradient(draw, (188, 180, 168), (128, 98, 70))
    draw.polygon([(500, 1900), (1050, 1900), (1220, 900), (330, 900)], fill=(206, 190, 160))
    for _ in range(46):
        x, y, size = rng.randint(330, 1200), rng.randint(420, 1050), rng.randint(60, 120)
        draw.ellipse((x, y, x + size, y + size), fill=(200 + rng.randint(0, 50), 40 + rng.randint(0, 120), 80))
    draw.rectangle((820, 1250, 1300, 1560), fill=(250, 248, 240))
    draw_text(draw, (860, 1320), "See you soon. C", 54, (40, 40, 60))


def _draw_street(draw: Canvas, rng: random.Random) -> None:
    """Draw a row of houses in the evening, with a parked car."""
    _draw_gradient(draw, (92, 104, 138), (54, 54, 58))
    for house in range(6):
        x = house * 260 - 20
        draw.rectangle((x, 520 + rng.randint(-40, 40), x + 240, 1300), fill=(96 + rng.randint(0, 40), 74, 64))
        for window in range(3):
            is_lit = rng.random() < 0.4
            glass_colour = (236, 204, 120) if is_lit else (44, 48, 60)
            draw.rectangle((x + 30, 620 + window * 210, x + 110, 740 + window * 210), fill=glass_colour)
    draw.rectangle((0, 1300, 1512, 2016), fill=(62, 62, 66))
    draw.rounded_rectangle((380, 1320, 1180, 1560), 60, fill=(168, 172, 178))
    draw.polygon([(520, 1330), (640, 1180), (940, 1180), (1060, 1330)], fill=(150, 156, 164))
    for wheel in (480, 960):
        draw.ellipse((wheel, 1480, wheel + 150, 1630), fill=(24, 24, 26))


def _draw_bags(draw: Canvas, rng: random.Random) -> None:
    """Draw paper bags on a step."""
    _draw_gradient(draw, (78, 92, 80), (150, 146, 140))
    draw.rectangle((440, 120, 1080, 1400), fill=(44, 74, 96))
    draw_text(draw, (700, 300), "9", 120, (220, 214, 190))
    for bag in range(7):
        x, y = 140 + (bag % 4) * 310 + rng.randint(-20, 20), 1250 + (bag // 4) * 280
        draw.polygon([(x, y), (x + 250, y), (x + 270, y + 340), (x - 20, y + 340)], fill=(186, 146, 96))


def _draw_tag(draw: Canvas, rng: random.Random) -> None:
    """Draw a white disc on dark lining with cut thread."""
    _draw_gradient(draw, (38, 40, 52), (22, 24, 32))
    for _ in range(120):
        x, y = rng.randint(0, 1512), rng.randint(0, 2016)
        draw.line([(x, y), (x + 60, y + 4)], fill=(50, 52, 66), width=2)
    draw.ellipse((520, 760, 1000, 1240), fill=(232, 232, 228), outline=(180, 180, 178), width=14)
    draw.ellipse((640, 880, 880, 1120), outline=(200, 200, 198), width=8)
    for _ in range(14):
        x, y = rng.randint(420, 1080), rng.randint(680, 1320)
        draw.arc((x, y, x + 120, y + 60), 0, 200, fill=(240, 240, 240), width=4)


def _draw_tyre(draw: Canvas, rng: random.Random) -> None:
    """Draw a wheel with a cut in the tyre's wall."""
    _draw_gradient(draw, (128, 130, 134), (84, 84, 86))
    draw.ellipse((160, 380, 1360, 1580), fill=(30, 30, 32))
    draw.ellipse((420, 640, 1100, 1320), fill=(150, 152, 158))
    for spoke in range(5):
        angle = spoke * 1.2566
        rim_point = (760 + 320 * math.cos(angle), 980 + 320 * math.sin(angle))
        draw.line([(760, 980), rim_point], fill=(96, 98, 104), width=40)
    draw.line([(230, 1180), (330, 1290), (390, 1400)], fill=(120, 112, 104), width=12)
    draw.rectangle((0, 1560, 1512, 2016), fill=(70 + rng.randint(0, 6), 70, 72))


def _draw_door(draw: Canvas, rng: random.Random) -> None:
    """Draw a street door from above at night, with a person in the light."""
    _draw_gradient(draw, (16, 18, 30), (34, 34, 44))
    draw.polygon([(560, 900), (960, 900), (1300, 2016), (200, 2016)], fill=(120, 104, 62))
    draw.rectangle((620, 420, 900, 920), fill=(70, 50, 44))
    draw.ellipse((690, 930, 830, 1070), fill=(26, 26, 30))
    draw.rounded_rectangle((620, 1050, 900, 1560), 80, fill=(30 + rng.randint(0, 4), 30, 38))


def _draw_figure(draw: Canvas, rng: random.Random) -> None:
    """Draw a road at dusk with a person on the other side."""
    _draw_street(draw, rng)
    draw.ellipse((1240, 1010, 1320, 1090), fill=(40, 34, 32))
    draw.rounded_rectangle((1200, 1080, 1360, 1360), 50, fill=(28, 28, 34))
    for leg in (1220, 1290):
        draw.rectangle((leg, 1340, leg + 50, 1560), fill=(34, 36, 44))
        draw.rectangle((leg - 6, 1550, leg + 66, 1580), fill=(230, 230, 228))


_SCENES: Final[dict[str, Callable[[Canvas, random.Random], None]]] = {
    "flowers": _draw_flowers,
    "street": _draw_street,
    "bags": _draw_bags,
    "tag": _draw_tag,
    "tyre": _draw_tyre,
    "door": _draw_door,
    "figure": _draw_figure,
}


def build_mail(picture: PictureSpec, sent_at: datetime) -> bytes:
    """Return the e-mail that `picture` describes, with the headers a mail program saves."""
    message = EmailMessage()
    message["Return-Path"] = "<bounce-7781@example.net>"
    message["Received"] = (
        "from relay.example.net (relay.example.net [203.0.113.77]) by mx.example.org with ESMTPS id 4XyZ1k0q; "
        + format_datetime(sent_at)
    )
    message["From"] = picture["from"]
    message["To"] = "jas.b@example.org"
    message["Subject"] = picture["subject"]
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = "<20260721021200.7781@example.net>"
    message.set_content(picture["text"])
    return message.as_bytes()

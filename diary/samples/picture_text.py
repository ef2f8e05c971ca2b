"""Writing on the fictional pictures: six scripts and a few faces, set with the fonts the pack is printed in.

Pillow shapes one font at a time and cannot draw the emoji font, so a line is cut into runs by script, and
the handful of faces used are drawn as shapes.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

from PIL import ImageDraw, ImageFont

from diary.paths import FONTS

Colour = tuple[int, int, int]
LATIN: Final = "NotoSans_400Regular.ttf"
BOLD: Final = "NotoSans_700Bold.ttf"
# First and last code point, font file.
_SCRIPTS: Final = (
    (0x0600, 0x06FF, "NotoNastaliqUrdu_400Regular.ttf"),
    (0x0900, 0x097F, "NotoSansDevanagari_400Regular.ttf"),
    (0x0980, 0x09FF, "NotoSansBengali_400Regular.ttf"),
    (0x0A00, 0x0A7F, "NotoSansGurmukhi_400Regular.ttf"),
    (0x3000, 0x9FFF, "NotoSansSC_400Regular.ttf"),
    (0xFF00, 0xFFEF, "NotoSansSC_400Regular.ttf"),
)
_FACES: Final = "❤🙂😔😡👀"
_URDU: Final = "NotoNastaliqUrdu_400Regular.ttf"


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """One of the pack's fonts at a size in pixels."""
    return ImageFont.truetype(FONTS / name, size, layout_engine=ImageFont.Layout.RAQM)


def _font_name(character: str, latin: str) -> str:
    """The font a character is set in; 'face' for those that are drawn."""
    if character in _FACES:
        return "face"
    point = ord(character)
    return next((name for first, last, name in _SCRIPTS if first <= point <= last), latin)


def _runs(text: str, latin: str) -> Iterator[tuple[str, str]]:
    """(font, text) pieces of one line; a space stays with what stands before it."""
    held, name = "", ""
    for character in text:
        its = name if character == " " and name not in ("", "face") else _font_name(character, latin)
        if held and (its != name or its == "face"):
            yield name, held
            held = ""
        held += character
        name = its
    if held:
        yield name, held


def _run_width(name: str, text: str, size: int) -> int:
    """Width of one piece in pixels."""
    return int(size * 1.15) if name == "face" else int(font(name, size).getlength(text))


def width(text: str, size: int, latin: str = LATIN) -> int:
    """Width of a line in pixels."""
    return sum(_run_width(name, piece, size) for name, piece in _runs(text, latin))


def is_right_to_left(text: str) -> bool:
    """Whether a line is Urdu."""
    return any(0x0600 <= ord(character) <= 0x06FF for character in text)


def wrap(text: str, size: int, limit: int) -> list[str]:
    """A paragraph as lines no wider than `limit`; Chinese may break anywhere, other text at spaces."""
    lines, line = [], ""
    words = list(text) if any(ord(c) >= 0x3000 and c not in _FACES for c in text) else text.split(" ")
    joint = "" if words and len(words) == len(text) else " "
    for word in words:
        longer = f"{line}{joint}{word}" if line else word
        if line and width(longer, size) > limit:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def line_height(text: str, size: int) -> int:
    """Room for a line: Nastaliq hangs far below its baseline."""
    return int(size * (2.1 if is_right_to_left(text) else 1.4))


def write(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, fill: Colour, latin: str = LATIN
) -> None:
    """One line with its left edge and top at `at`."""
    x, y = at
    pieces = list(_runs(text, latin))
    if is_right_to_left(text):
        pieces.reverse()
    for name, piece in pieces:
        if name == "face":
            _face(draw, (x, y + size // 5), size, piece)
        elif name == _URDU:
            draw.text((x, y), piece.strip(), font=font(name, size), fill=fill, direction="rtl", language="ur")
        else:
            draw.text((x, y), piece, font=font(name, size), fill=fill)
        x += _run_width(name, piece, size)


def write_centred(draw: ImageDraw.ImageDraw, middle: int, y: int, text: str, size: int, fill: Colour) -> None:
    """One line centred on x = `middle`."""
    write(draw, (middle - width(text, size) // 2, y), text, size, fill)


def _face(draw: ImageDraw.ImageDraw, at: tuple[int, int], size: int, character: str) -> None:
    """One of the faces, in a square of `size`."""
    x, y = at
    unit = size / 20
    if character == "❤":
        red = (214, 45, 60)
        for left in (0, 9):
            draw.ellipse((x + left * unit, y + 2 * unit, x + (left + 10) * unit, y + 12 * unit), fill=red)
        point = [(x + unit, y + 9 * unit), (x + 18 * unit, y + 9 * unit), (x + 9.5 * unit, y + 19 * unit)]
        draw.polygon(point, fill=red)
        return
    if character == "👀":
        for left in (0, 10):
            box = (x + left * unit, y + 2 * unit, x + (left + 9) * unit, y + 18 * unit)
            draw.ellipse(box, fill=(255, 255, 255), outline=(60, 60, 60), width=max(1, int(unit)))
            draw.ellipse((x + left * unit, y + 8 * unit, x + (left + 5) * unit, y + 15 * unit), fill=(30, 30, 30))
        return
    skin = (232, 96, 60) if character == "😡" else (255, 204, 77)
    draw.ellipse((x, y, x + 19 * unit, y + 19 * unit), fill=skin)
    for left in (5, 12):
        draw.ellipse((x + left * unit, y + 6 * unit, x + (left + 2.5) * unit, y + 9.5 * unit), fill=(70, 45, 20))
    mouth = (x + 5 * unit, y + 8 * unit, x + 14 * unit, y + 15 * unit)
    if character != "🙂":
        mouth = (x + 5 * unit, y + 12 * unit, x + 14 * unit, y + 18 * unit)
    angles = (20, 160) if character == "🙂" else (200, 340)
    draw.arc(mouth, *angles, fill=(70, 45, 20), width=max(1, int(1.4 * unit)))

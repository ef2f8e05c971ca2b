"""Text on the fictional pictures: six scripts and a few emoji, in the fonts of the pack.

Pillow shapes text in one font at a time and cannot draw the emoji font, so lines are split into runs by script and the
few emoji in use are drawn as shapes.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

from PIL import ImageDraw, ImageFont

from diary.paths import FONTS

Colour = tuple[int, int, int]
LATIN_FONT: Final = "NotoSans_400Regular.ttf"
BOLD_FONT: Final = "NotoSans_700Bold.ttf"
# First and last code point, font file.
_FONTS_BY_CODE_POINTS: Final = (
    (0x0600, 0x06FF, "NotoNastaliqUrdu_400Regular.ttf"),
    (0x0900, 0x097F, "NotoSansDevanagari_400Regular.ttf"),
    (0x0980, 0x09FF, "NotoSansBengali_400Regular.ttf"),
    (0x0A00, 0x0A7F, "NotoSansGurmukhi_400Regular.ttf"),
    (0x3000, 0x9FFF, "NotoSansSC_400Regular.ttf"),
    (0xFF00, 0xFFEF, "NotoSansSC_400Regular.ttf"),
)
_EMOJI: Final = "❤🙂😔😡👀"
_URDU_FONT: Final = "NotoNastaliqUrdu_400Regular.ttf"


@cache
def load_font(name: str, size_pixels: int) -> ImageFont.FreeTypeFont:
    """Load one of the pack's fonts at a size in pixels."""
    return ImageFont.truetype(FONTS / name, size_pixels, layout_engine=ImageFont.Layout.RAQM)


def _font_name(character: str, latin_font: str) -> str:
    """Return the font for a character; 'face' for the emoji that are drawn."""
    if character in _EMOJI:
        return "face"
    code_point = ord(character)
    return next((name for first, last, name in _FONTS_BY_CODE_POINTS if first <= code_point <= last), latin_font)


def _split_runs(text: str, latin_font: str) -> Iterator[tuple[str, str]]:
    """Split a line into (font, text) runs. A space stays with the text before it."""
    run, run_font = "", ""
    for character in text:
        character_font = (
            run_font if character == " " and run_font not in ("", "face") else _font_name(character, latin_font)
        )
        if run and (character_font != run_font or character_font == "face"):
            yield run_font, run
            run = ""
        run += character
        run_font = character_font
    if run:
        yield run_font, run


def _run_width(font_name: str, text: str, size: int) -> int:
    """Return the width of one run in pixels."""
    return int(size * 1.15) if font_name == "face" else int(load_font(font_name, size).getlength(text))


def text_width(text: str, size: int, latin_font: str = LATIN_FONT) -> int:
    """Return the width of a line in pixels."""
    return sum(_run_width(name, piece, size) for name, piece in _split_runs(text, latin_font))


def is_right_to_left(text: str) -> bool:
    """Return whether a line is Urdu."""
    return any(0x0600 <= ord(character) <= 0x06FF for character in text)


def wrap_text(text: str, size: int, width_limit: int) -> list[str]:
    """Wrap a paragraph to lines no wider than `width_limit` pixels.

    Chinese breaks anywhere, other text at spaces.
    """
    lines, line = [], ""
    words = list(text) if any(ord(c) >= 0x3000 and c not in _EMOJI for c in text) else text.split(" ")
    separator = "" if words and len(words) == len(text) else " "
    for word in words:
        candidate = f"{line}{separator}{word}" if line else word
        if line and text_width(candidate, size) > width_limit:
            lines.append(line)
            line = word
        else:
            line = candidate
    return [*lines, line] if line else lines


def line_height(text: str, size: int) -> int:
    """Return the height of a line in pixels. Nastaliq hangs far below its baseline."""
    return int(size * (2.1 if is_right_to_left(text) else 1.4))


def draw_text(
    draw: ImageDraw.ImageDraw,
    position: tuple[int, int],
    text: str,
    size: int,
    fill: Colour,
    latin_font: str = LATIN_FONT,
) -> None:
    """Draw one line with its left edge and top at `position`."""
    x, y = position
    pieces = list(_split_runs(text, latin_font))
    if is_right_to_left(text):
        pieces.reverse()
    for font_name, piece in pieces:
        if font_name == "face":
            _draw_emoji(draw, (x, y + size // 5), size, piece)
        elif font_name == _URDU_FONT:
            draw.text((x, y), piece.strip(), font=load_font(font_name, size), fill=fill, direction="rtl", language="ur")
        else:
            draw.text((x, y), piece, font=load_font(font_name, size), fill=fill)
        x += _run_width(font_name, piece, size)


def draw_text_centred(draw: ImageDraw.ImageDraw, centre_x: int, y: int, text: str, size: int, fill: Colour) -> None:
    """Draw one line centred on x = `centre_x`."""
    draw_text(draw, (centre_x - text_width(text, size) // 2, y), text, size, fill)


def _draw_emoji(draw: ImageDraw.ImageDraw, position: tuple[int, int], size: int, character: str) -> None:
    """Draw one of the emoji, in a square of `size` pixels."""
    x, y = position
    unit = size / 20
    if character == "❤":
        red = (214, 45, 60)
        for offset_x in (0, 9):
            draw.ellipse((x + offset_x * unit, y + 2 * unit, x + (offset_x + 10) * unit, y + 12 * unit), fill=red)
        heart_points = [(x + unit, y + 9 * unit), (x + 18 * unit, y + 9 * unit), (x + 9.5 * unit, y + 19 * unit)]
        draw.polygon(heart_points, fill=red)
        return
    if character == "👀":
        for offset_x in (0, 10):
            box = (x + offset_x * unit, y + 2 * unit, x + (offset_x + 9) * unit, y + 18 * unit)
            draw.ellipse(box, fill=(255, 255, 255), outline=(60, 60, 60), width=max(1, int(unit)))
            draw.ellipse(
                (x + offset_x * unit, y + 8 * unit, x + (offset_x + 5) * unit, y + 15 * unit), fill=(30, 30, 30)
            )
        return
    skin = (232, 96, 60) if character == "😡" else (255, 204, 77)
    draw.ellipse((x, y, x + 19 * unit, y + 19 * unit), fill=skin)
    for offset_x in (5, 12):
        draw.ellipse(
            (x + offset_x * unit, y + 6 * unit, x + (offset_x + 2.5) * unit, y + 9.5 * unit), fill=(70, 45, 20)
        )
    mouth = (x + 5 * unit, y + 8 * unit, x + 14 * unit, y + 15 * unit)
    if character != "🙂":
        mouth = (x + 5 * unit, y + 12 * unit, x + 14 * unit, y + 18 * unit)
    angles = (20, 160) if character == "🙂" else (200, 340)
    draw.arc(mouth, *angles, fill=(70, 45, 20), width=max(1, int(1.4 * unit)))

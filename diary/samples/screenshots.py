"""Screenshots of a fictional phone, 1170 × 2532 PNG: chats, call lists, profiles, posts, orders, a bank.

They imitate no real company's app, only what such screens have in common.
"""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from diary.samples.picture_text import (
    BOLD_FONT,
    Colour,
    draw_text,
    draw_text_centred,
    is_right_to_left,
    line_height,
    text_width,
    wrap_text,
)

WIDTH_PIXELS: Final = 1170
HEIGHT_PIXELS: Final = 2532
_TEXT_SIZE_PIXELS: Final = 46
_INK: Final[Colour] = (22, 24, 28)
_GREY: Final[Colour] = (122, 126, 134)
_PAPER: Final[Colour] = (255, 255, 255)
_THEIR_BUBBLE: Final[Colour] = (233, 234, 238)
_MY_BUBBLE: Final[Colour] = (36, 112, 214)
_RED: Final[Colour] = (206, 44, 44)
_RULE: Final[Colour] = (226, 228, 232)

PictureSpec = Mapping[str, Any]
Canvas = ImageDraw.ImageDraw


def draw_screenshot(picture: PictureSpec) -> bytes:
    """Draw the PNG that `picture` describes. The same description gives the same bytes."""
    image = Image.new("RGB", (WIDTH_PIXELS, HEIGHT_PIXELS), _PAPER)
    draw = ImageDraw.Draw(image)
    _draw_status_bar(draw, picture["clock"])
    _SCREENS[picture["draw"]](draw, picture)
    draw.rounded_rectangle(
        (WIDTH_PIXELS // 2 - 210, HEIGHT_PIXELS - 36, WIDTH_PIXELS // 2 + 210, HEIGHT_PIXELS - 24), 6, fill=_INK
    )
    buffer = BytesIO()
    metadata = PngInfo()
    metadata.add_text("Software", "fictional phone")
    image.save(buffer, "PNG", compress_level=6, pnginfo=metadata)
    return buffer.getvalue()


def _draw_status_bar(draw: Canvas, clock: str) -> None:
    """Draw the clock, signal and battery."""
    draw_text(draw, (90, 48), clock, 50, _INK, BOLD_FONT)
    for bar in range(4):
        x = 880 + bar * 20
        draw.rectangle((x, 96 - bar * 10, x + 12, 104), fill=_INK)
    draw.rounded_rectangle((990, 60, 1080, 104), 12, outline=_GREY, width=4)
    draw.rectangle((998, 68, 1040, 96), fill=_INK)


def _draw_title_bar(draw: Canvas, title: str, subtitle: str) -> int:
    """Draw a bar with a round picture, a name and a subtitle. Return the y below it."""
    draw.ellipse((150, 158, 258, 266), fill=(176, 184, 196))
    draw.ellipse((186, 178, 222, 214), fill=_PAPER)
    draw.chord((168, 216, 240, 290), 180, 360, fill=_PAPER)
    draw.line([(92, 190), (68, 214), (92, 238)], fill=_MY_BUBBLE, width=8)
    draw_text(draw, (290, 150), title, 50, _INK, BOLD_FONT)
    draw_text(draw, (290, 214), subtitle, 36, _GREY)
    draw.line([(0, 300), (WIDTH_PIXELS, 300)], fill=_RULE, width=3)
    return 330


def _draw_chat(draw: Canvas, picture: PictureSpec) -> None:
    """Draw bubbles left and right with their times."""
    y = _draw_title_bar(draw, picture["title"], picture["under"])
    draw_text_centred(draw, WIDTH_PIXELS // 2, y, picture["day"], 36, _GREY)
    y += 90
    for sender, clock, text in picture["lines"]:
        y = _draw_bubble(draw, y, sender == "me", clock, text)
    draw.rounded_rectangle(
        (60, HEIGHT_PIXELS - 210, WIDTH_PIXELS - 60, HEIGHT_PIXELS - 110), 50, outline=_RULE, width=4
    )
    draw_text(draw, (110, HEIGHT_PIXELS - 190), "Message", 40, _GREY)


def _draw_bubble(draw: Canvas, y: int, is_mine: bool, clock: str, text: str) -> int:
    """Draw one message and return the y below it."""
    lines = wrap_text(text, _TEXT_SIZE_PIXELS, 720)
    bubble_width = max(text_width(line, _TEXT_SIZE_PIXELS) for line in lines) + 80
    bubble_height = sum(line_height(line, _TEXT_SIZE_PIXELS) for line in lines) + 44
    bubble_left = WIDTH_PIXELS - 50 - bubble_width if is_mine else 50
    draw.rounded_rectangle(
        (bubble_left, y, bubble_left + bubble_width, y + bubble_height),
        44,
        fill=_MY_BUBBLE if is_mine else _THEIR_BUBBLE,
    )
    text_y = y + 20
    for line in lines:
        x = (
            bubble_left + bubble_width - 40 - text_width(line, _TEXT_SIZE_PIXELS)
            if is_right_to_left(line)
            else bubble_left + 40
        )
        draw_text(draw, (x, text_y), line, _TEXT_SIZE_PIXELS, _PAPER if is_mine else _INK)
        text_y += line_height(line, _TEXT_SIZE_PIXELS)
    clock_x = WIDTH_PIXELS - 50 - text_width(clock, 30) if is_mine else 60
    draw_text(draw, (clock_x, y + bubble_height + 6), clock, 30, _GREY)
    return y + bubble_height + 66


def _draw_calls(draw: Canvas, picture: PictureSpec) -> None:
    """Draw a list of missed calls, a few minutes apart, back from `first`."""
    draw_text(draw, (70, 160), "Recents", 84, _INK, BOLD_FONT)
    draw.line([(0, 300), (WIDTH_PIXELS, 300)], fill=_RULE, width=3)
    hour, minute = (int(part) for part in picture["first"].split(":"))
    minute_of_day = hour * 60 + minute
    for row in range(picture["count"]):
        y = 322 + row * 138
        draw_text(draw, (90, y), "No Caller ID", 46, _RED, BOLD_FONT)
        draw_text(draw, (90, y + 60), "phone", 36, _GREY)
        clock = f"{minute_of_day // 60:02d}:{minute_of_day % 60:02d}"
        draw_text(draw, (WIDTH_PIXELS - 90 - text_width(clock, 42), y + 22), clock, 42, _GREY)
        draw.line([(90, y + 126), (WIDTH_PIXELS, y + 126)], fill=_RULE, width=2)
        minute_of_day -= (3, 4, 2, 5, 3, 4)[row % 6]


def _draw_profile(draw: Canvas, picture: PictureSpec) -> None:
    """Draw a profile: round picture, name, three counts, a line of text, an empty grid."""
    draw_text_centred(draw, WIDTH_PIXELS // 2, 150, picture["title"], 52, _INK)
    draw.ellipse((80, 300, 360, 580), fill=(150, 160, 150))
    for house in range(4):
        draw.rectangle((120 + house * 54, 420, 160 + house * 54, 520), fill=(110, 96, 88))
    for column, count in enumerate(picture["lines"]):
        draw_text(draw, (400, 340 + column * 70), count, 42, _INK)
    if picture["about"]:
        for number, line in enumerate(wrap_text(picture["about"], 44, WIDTH_PIXELS - 160)):
            draw_text(draw, (80, 630 + number * 62), line, 44, _INK)
    draw.rounded_rectangle((80, 800, WIDTH_PIXELS - 80, 900), 24, fill=_MY_BUBBLE)
    draw_text_centred(draw, WIDTH_PIXELS // 2, 822, "Follow back", 44, _PAPER)
    for cell in range(9):
        x, y = 10 + (cell % 3) * 386, 980 + (cell // 3) * 386
        draw.rectangle((x, y, x + 376, y + 376), fill=(240, 241, 244))


def _draw_post(draw: Canvas, picture: PictureSpec) -> None:
    """Draw a picture of a party with comments under it."""
    draw_text(draw, (70, 150), "Post", 60, _INK, BOLD_FONT)
    draw.rectangle((0, 260, WIDTH_PIXELS, 1160), fill=(196, 170, 140))
    for person in range(5):
        x = 120 + person * 210
        draw.ellipse((x, 560, x + 130, 690), fill=(120 + person * 18, 90, 76))
        draw.rounded_rectangle((x - 30, 700, x + 160, 1160), 60, fill=(60 + person * 30, 90, 140 - person * 16))
    y = 1210
    for line in picture["lines"]:
        draw.ellipse((60, y, 140, y + 80), fill=(176, 184, 196))
        draw_text(draw, (170, y), picture["title"], 40, _INK, BOLD_FONT)
        draw_text(draw, (170, y + 58), line, 46, _INK)
        draw_text(draw, (170, y + 130), "22 min", 32, _GREY)
        y += 210


def _draw_order(draw: Canvas, picture: PictureSpec) -> None:
    """Draw a delivery with its items and the note for the rider."""
    draw_text(draw, (70, 160), picture["title"], 64, _INK, BOLD_FONT)
    draw.rounded_rectangle((60, 290, WIDTH_PIXELS - 60, 700), 30, fill=(238, 240, 232))
    draw.line([(200, 500), (500, 420), (760, 560), (980, 400)], fill=(120, 140, 100), width=14)
    labels = ("Items", "Payment", "Note from customer")
    for number, (label, line) in enumerate(zip(labels, picture["lines"], strict=True)):
        y = 780 + number * 220
        draw_text(draw, (70, y), label, 38, _GREY)
        draw_text(draw, (70, y + 60), line, 52, _INK)
        draw.line([(70, y + 180), (WIDTH_PIXELS, y + 180)], fill=_RULE, width=2)


def _draw_bank(draw: Canvas, picture: PictureSpec) -> None:
    """Draw payments of one penny, newest first, each with its reference."""
    draw_text(draw, (70, 160), "Payments in", 64, _INK, BOLD_FONT)
    references: Sequence[str] = picture["lines"]
    for number, reference in enumerate(reversed(references)):
        y = 300 + number * 190
        draw_text(draw, (70, y), "C REDFERN", 44, _INK, BOLD_FONT)
        draw_text(draw, (70, y + 64), f"Ref: {reference}", 42, _GREY)
        draw_text(draw, (WIDTH_PIXELS - 230, y + 20), "+£0.01", 48, (28, 120, 70))
        draw.line([(70, y + 160), (WIDTH_PIXELS, y + 160)], fill=_RULE, width=2)


_SCREENS: Final[dict[str, Callable[[Canvas, PictureSpec], None]]] = {
    "chat": _draw_chat,
    "calls": _draw_calls,
    "profile": _draw_profile,
    "post": _draw_post,
    "order": _draw_order,
    "bank": _draw_bank,
}

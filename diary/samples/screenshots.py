"""Screenshots of a fictional phone, 1170 × 2532 PNG: chats, call lists, profiles, posts, orders, a bank.

Nothing here imitates a real company's app; the shapes are what such screens have in common.
"""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from diary.samples.picture_text import BOLD, Colour, is_right_to_left, line_height, width, wrap, write, write_centred

WIDTH: Final = 1170
HEIGHT: Final = 2532
_TEXT: Final = 46
_INK: Final[Colour] = (22, 24, 28)
_GREY: Final[Colour] = (122, 126, 134)
_PAPER: Final[Colour] = (255, 255, 255)
_THEIRS: Final[Colour] = (233, 234, 238)
_MINE: Final[Colour] = (36, 112, 214)
_RED: Final[Colour] = (206, 44, 44)
_LINE: Final[Colour] = (226, 228, 232)

Picture = Mapping[str, Any]
Canvas = ImageDraw.ImageDraw


def screenshot(picture: Picture) -> bytes:
    """The PNG that `picture` describes; the same description gives the same bytes."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    _status_bar(draw, picture["clock"])
    _SCREENS[picture["draw"]](draw, picture)
    draw.rounded_rectangle((WIDTH // 2 - 210, HEIGHT - 36, WIDTH // 2 + 210, HEIGHT - 24), 6, fill=_INK)
    out = BytesIO()
    note = PngInfo()
    note.add_text("Software", "fictional phone")
    image.save(out, "PNG", compress_level=6, pnginfo=note)
    return out.getvalue()


def _status_bar(draw: Canvas, clock: str) -> None:
    """Clock, signal and battery."""
    write(draw, (90, 48), clock, 50, _INK, BOLD)
    for bar in range(4):
        x = 880 + bar * 20
        draw.rectangle((x, 96 - bar * 10, x + 12, 104), fill=_INK)
    draw.rounded_rectangle((990, 60, 1080, 104), 12, outline=_GREY, width=4)
    draw.rectangle((998, 68, 1040, 96), fill=_INK)


def _title(draw: Canvas, title: str, under: str) -> int:
    """A bar with a round picture, a name and a line beneath; gives the y below it."""
    draw.ellipse((150, 158, 258, 266), fill=(176, 184, 196))
    draw.ellipse((186, 178, 222, 214), fill=_PAPER)
    draw.chord((168, 216, 240, 290), 180, 360, fill=_PAPER)
    draw.line([(92, 190), (68, 214), (92, 238)], fill=_MINE, width=8)
    write(draw, (290, 150), title, 50, _INK, BOLD)
    write(draw, (290, 214), under, 36, _GREY)
    draw.line([(0, 300), (WIDTH, 300)], fill=_LINE, width=3)
    return 330


def _chat(draw: Canvas, picture: Picture) -> None:
    """Bubbles left and right with their times."""
    y = _title(draw, picture["title"], picture["under"])
    write_centred(draw, WIDTH // 2, y, picture["day"], 36, _GREY)
    y += 90
    for who, at, text in picture["lines"]:
        y = _bubble(draw, y, who == "me", at, text)
    draw.rounded_rectangle((60, HEIGHT - 210, WIDTH - 60, HEIGHT - 110), 50, outline=_LINE, width=4)
    write(draw, (110, HEIGHT - 190), "Message", 40, _GREY)


def _bubble(draw: Canvas, y: int, mine: bool, at: str, text: str) -> int:
    """One message; gives the y below it."""
    lines = wrap(text, _TEXT, 720)
    wide = max(width(line, _TEXT) for line in lines) + 80
    high = sum(line_height(line, _TEXT) for line in lines) + 44
    left = WIDTH - 50 - wide if mine else 50
    draw.rounded_rectangle((left, y, left + wide, y + high), 44, fill=_MINE if mine else _THEIRS)
    below = y + 20
    for line in lines:
        x = left + wide - 40 - width(line, _TEXT) if is_right_to_left(line) else left + 40
        write(draw, (x, below), line, _TEXT, _PAPER if mine else _INK)
        below += line_height(line, _TEXT)
    label = WIDTH - 50 - width(at, 30) if mine else 60
    write(draw, (label, y + high + 6), at, 30, _GREY)
    return y + high + 66


def _calls(draw: Canvas, picture: Picture) -> None:
    """A list of missed calls, one every few minutes backwards from `first`."""
    write(draw, (70, 160), "Recents", 84, _INK, BOLD)
    draw.line([(0, 300), (WIDTH, 300)], fill=_LINE, width=3)
    hour, minute = (int(part) for part in picture["first"].split(":"))
    now = hour * 60 + minute
    for row in range(picture["count"]):
        y = 322 + row * 138
        write(draw, (90, y), "No Caller ID", 46, _RED, BOLD)
        write(draw, (90, y + 60), "phone", 36, _GREY)
        clock = f"{now // 60:02d}:{now % 60:02d}"
        write(draw, (WIDTH - 90 - width(clock, 42), y + 22), clock, 42, _GREY)
        draw.line([(90, y + 126), (WIDTH, y + 126)], fill=_LINE, width=2)
        now -= (3, 4, 2, 5, 3, 4)[row % 6]


def _profile(draw: Canvas, picture: Picture) -> None:
    """A person's page: round picture, name, three counts, a line about them, an empty grid."""
    write_centred(draw, WIDTH // 2, 150, picture["title"], 52, _INK)
    draw.ellipse((80, 300, 360, 580), fill=(150, 160, 150))
    for house in range(4):
        draw.rectangle((120 + house * 54, 420, 160 + house * 54, 520), fill=(110, 96, 88))
    for column, count in enumerate(picture["lines"]):
        write(draw, (400, 340 + column * 70), count, 42, _INK)
    if picture["about"]:
        for number, line in enumerate(wrap(picture["about"], 44, WIDTH - 160)):
            write(draw, (80, 630 + number * 62), line, 44, _INK)
    draw.rounded_rectangle((80, 800, WIDTH - 80, 900), 24, fill=_MINE)
    write_centred(draw, WIDTH // 2, 822, "Follow back", 44, _PAPER)
    for cell in range(9):
        x, y = 10 + (cell % 3) * 386, 980 + (cell // 3) * 386
        draw.rectangle((x, y, x + 376, y + 376), fill=(240, 241, 244))


def _post(draw: Canvas, picture: Picture) -> None:
    """A picture of a party with comments under it."""
    write(draw, (70, 150), "Post", 60, _INK, BOLD)
    draw.rectangle((0, 260, WIDTH, 1160), fill=(196, 170, 140))
    for person in range(5):
        x = 120 + person * 210
        draw.ellipse((x, 560, x + 130, 690), fill=(120 + person * 18, 90, 76))
        draw.rounded_rectangle((x - 30, 700, x + 160, 1160), 60, fill=(60 + person * 30, 90, 140 - person * 16))
    y = 1210
    for line in picture["lines"]:
        draw.ellipse((60, y, 140, y + 80), fill=(176, 184, 196))
        write(draw, (170, y), picture["title"], 40, _INK, BOLD)
        write(draw, (170, y + 58), line, 46, _INK)
        write(draw, (170, y + 130), "22 min", 32, _GREY)
        y += 210


def _order(draw: Canvas, picture: Picture) -> None:
    """A delivery with what was ordered and the note for the rider."""
    write(draw, (70, 160), picture["title"], 64, _INK, BOLD)
    draw.rounded_rectangle((60, 290, WIDTH - 60, 700), 30, fill=(238, 240, 232))
    draw.line([(200, 500), (500, 420), (760, 560), (980, 400)], fill=(120, 140, 100), width=14)
    labels = ("Items", "Payment", "Note from customer")
    for number, (label, line) in enumerate(zip(labels, picture["lines"], strict=True)):
        y = 780 + number * 220
        write(draw, (70, y), label, 38, _GREY)
        write(draw, (70, y + 60), line, 52, _INK)
        draw.line([(70, y + 180), (WIDTH, y + 180)], fill=_LINE, width=2)


def _bank(draw: Canvas, picture: Picture) -> None:
    """Payments of one penny, newest first, each with its reference."""
    write(draw, (70, 160), "Payments in", 64, _INK, BOLD)
    references: Sequence[str] = picture["lines"]
    for number, reference in enumerate(reversed(references)):
        y = 300 + number * 190
        write(draw, (70, y), "C REDFERN", 44, _INK, BOLD)
        write(draw, (70, y + 64), f"Ref: {reference}", 42, _GREY)
        write(draw, (WIDTH - 230, y + 20), "+£0.01", 48, (28, 120, 70))
        draw.line([(70, y + 160), (WIDTH, y + 160)], fill=_LINE, width=2)


_SCREENS: Final[dict[str, Callable[[Canvas, Picture], None]]] = {
    "chat": _chat,
    "calls": _calls,
    "profile": _profile,
    "post": _post,
    "order": _order,
    "bank": _bank,
}

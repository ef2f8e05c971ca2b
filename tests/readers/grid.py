"""Sixty pictures, ten of which show where somebody lives, as the review before a pack shows them at four sizes."""

from __future__ import annotations

import io
import json
import random
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageDraw
from playwright.sync_api import Playwright, expect

from diary.samples.demo import running_server
from diary.samples.photos import draw_photo
from diary.samples.picture_text import BOLD_FONT, LATIN_FONT, load_font
from diary.samples.screenshots import draw_screenshot
from tests.browser.chromium import PHONE_OPTIONS, Profile
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import (
    NONE_OF_THESE,
    choose_usual_contents,
    open_picture,
    picture_tiles,
    see_picture,
)
from tests.browser.pictures import picker_file
from tests.readers.slices import photograph_in_slices

COUNT: Final = 60
SCREEN: Final = 6
PICKED_AT_ONCE: Final = 20
SIZES: Final = ((360, 640), (412, 915), (768, 1024), (1280, 800))
NARRATIVE: Final = "Everything that he sent."
ADDING_TIMEOUT_MS: Final = 300_000
SAYINGS: Final = (
    "where are you",
    "I know you saw this",
    "you looked tired today",
    "answer me",
    "Please stop messaging me.",
    "who was that in the car",
    "it was only a joke",
    "tell your mum I said hi",
    "I can wait",
    "nice coat",
    "14 missed calls and nothing",
    "I will be there at 5",
)
SCENES: Final = ("flowers", "street", "bags", "tag", "tyre", "door", "figure")
TAKEN_AT: Final = datetime(2026, 5, 9, 18, 5, tzinfo=UTC)


class Planted(NamedTuple):
    """A place in a picture of a kind. In a photo it stands at `at`, in fractions of width and height.

    `size`: height of its letters in pixels, in a picture 900 wide.
    """

    kind: str
    place: str
    at: tuple[float, float] = (0, 0)
    size: int = 0


PLANTED: Final = (
    Planted("chat", "parcel for 14 Elm Road LS1 4AB"),
    Planted("chat", "so its flat 3, 22 Mill Lane right?"),
    Planted("chat", "saw you go in at Hazel Court no 9"),
    Planted("photo", "88 ORCHARD WAY", (0.55, 0.12), 40),
    Planted("photo", "Mrs J. Bell, 5 Canal St, M1 3HE", (0.30, 0.62), 26),
    Planted("photo", "St Anne's Primary School", (0.08, 0.80), 30),
    Planted("photo", "31b Vine Terrace", (0.78, 0.30), 24),
    Planted("letter", "Ms J. Bell, 17 Rowan Close, York YO1 7EP"),
    Planted("profile", "works at Hart's Bakery, Market Sq, Selby"),
    Planted("order", "Leave at 40 Station Terrace, back door"),
)
KINDS: Final = ("chat", "chat", "chat", "photo", "letter", "profile", "order", "calls")


class Drawn(NamedTuple):
    """A picture, PNG or JPEG, and the place that it shows: "" for none."""

    content: bytes
    place: str


def draw_pictures(seed: int) -> Iterator[Drawn]:
    """Yield sixty pictures in an order drawn by `seed`."""
    chance = random.Random(seed)
    plans = [*PLANTED, *(Planted(chance.choice(KINDS), "") for _ in range(COUNT - len(PLANTED)))]
    chance.shuffle(plans)
    for number, plan in enumerate(plans):
        yield Drawn(_draw(number, plan, chance), plan.place)


def _draw(number: int, plan: Planted, chance: random.Random) -> bytes:
    clock = f"{chance.randint(7, 23):02}:{chance.randint(10, 59)}"
    said = chance.sample(SAYINGS, 7)
    if plan.kind == "photo":
        scene = {"name": f"IMG_{number}.JPG", "draw": chance.choice(SCENES), "turned": 1}
        image = Image.open(io.BytesIO(draw_photo(scene, TAKEN_AT))).convert("RGB")
        if plan.place:
            _draw_sign(image, plan)
        return _encode(image)
    if plan.kind == "letter":
        return _encode(_draw_letter(plan.place or "The occupier", said))
    spec: dict[str, object] = {"draw": plan.kind, "clock": clock, "title": chance.choice(("Callum", "Mr Truth"))}
    if plan.kind == "chat":
        lines = [[chance.choice(("them", "them", "me")), clock, words] for words in said]
        if plan.place:
            lines[chance.randint(1, 5)][2] = plan.place
        spec |= {"under": "last seen today", "day": "Mon 4 May", "lines": lines}
    elif plan.kind == "calls":
        spec |= {"first": "23:55", "count": 15}
    elif plan.kind == "profile":
        spec |= {"lines": ["0 posts", "3 followers", "1 following"], "about": plan.place or said[0]}
    else:
        lines_of_order = ["Special fried rice × 6", "Pay at the door", plan.place or said[0]]
        spec |= {"title": f"Order {chance.randint(1000, 9999)}", "lines": lines_of_order}
    return draw_screenshot(spec)


def _draw_sign(image: Image.Image, planted: Planted) -> None:
    """Draw the place on a plate that belongs to the scene."""
    size = round(planted.size * image.width / 900)
    font, draw = load_font(BOLD_FONT, size), ImageDraw.Draw(image)
    x = min(round(planted.at[0] * image.width), image.width - round(font.getlength(planted.place)) - 2 * size)
    left, top, right, bottom = draw.textbbox((x, round(planted.at[1] * image.height)), planted.place, font=font)
    margin = size // 2
    draw.rectangle((left - margin, top - margin, right + margin, bottom + margin), fill=(214, 208, 190))
    draw.text((x, round(planted.at[1] * image.height)), planted.place, fill=(40, 38, 34), font=font)


def _draw_letter(addressee: str, said: list[str]) -> Image.Image:
    image = Image.new("RGB", (1240, 1754), (252, 251, 246))
    draw, font = ImageDraw.Draw(image), load_font(LATIN_FONT, 30)
    draw.text((120, 160), addressee, fill=(30, 30, 36), font=font)
    for line, words in enumerate(["Hello,", *said, "You know who."]):
        draw.text((120, 420 + line * 90), words, fill=(30, 30, 36), font=font)
    return image


def _encode(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def photograph_grid(playwright: Playwright, seed: int, folder: Path, key: Path) -> None:
    """Add sixty pictures to a diary, go to the review, and photograph each as the grid shows it at four sizes.

    Writes `folder`/WIDTHxHEIGHT/NN.png, its windowfuls from left to right. For a picture that must be opened there it
    writes NN-opened.png too. Writes the places to the file `key`, by the number of the picture.

    Raises:
        LookupError: The smallest size does not show a picture well enough to be confirmed in the grid.
    """
    drawn = list(draw_pictures(seed))
    with tempfile.TemporaryDirectory(prefix="kept-readers-") as name, running_server(Path(name) / "server") as origin:
        profile = Profile(playwright, "", Path(name) / "profile", PHONE_OPTIONS)
        keeper = BrowserKeeper(profile.open().pages[0], origin)
        keeper.open_without_diary()
        keeper.write_first_entry(NARRATIVE)
        keeper.postpone_copy()
        for first in range(0, COUNT, PICKED_AT_ONCE):
            _add(keeper, drawn, range(first, first + PICKED_AT_ONCE))
        choose_usual_contents(keeper)
        keeper.tap("Next")
        numbers = [number for first in range(0, COUNT, SCREEN) for number in _photograph_screen(keeper, folder, first)]
        profile.close()
    places = {position: drawn[number].place for position, number in enumerate(numbers, 1) if drawn[number].place}
    key.write_text(json.dumps(places, indent=1) + "\n", encoding="utf-8")


def _add(keeper: BrowserKeeper, drawn: list[Drawn], numbers: range) -> None:
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    files = []
    for number in numbers:
        kind = "png" if drawn[number].content.startswith(b"\x89PNG") else "jpeg"
        files.append(picker_file(f"{number:02}.{kind}", f"image/{kind}", drawn[number].content))
    keeper.pick_files(files)
    last = keeper.page.get_by_text(f"{files[-1]['name']}: Saved on this phone")
    expect(last).to_be_attached(timeout=ADDING_TIMEOUT_MS)


def _photograph_screen(keeper: BrowserKeeper, folder: Path, first: int) -> list[int]:
    """Photograph the pictures of this screen at each size, then confirm them. Return their numbers in order."""
    expect(keeper.page.get_by_text(f"Pictures {first + 1} to {first + SCREEN} of {COUNT}")).to_be_visible()
    for width, height in reversed(SIZES):
        keeper.page.set_viewport_size({"width": width, "height": height})
        to = folder / f"{width}x{height}"
        to.mkdir(parents=True, exist_ok=True)
        for index in range(SCREEN):
            _photograph_picture(keeper, index, to / f"{first + index + 1:02}.png")
    for index in range(SCREEN):
        if not see_picture(keeper, index):
            raise LookupError(f"picture {first + index + 1} cannot be seen in the grid at {SIZES[0]}")
    found = [re.search(r"(\d\d)\.(png|jpeg)", label) for label in picture_tiles(keeper).all_inner_texts()]
    keeper.tap(NONE_OF_THESE)
    return [int(match[1]) for match in found if match]


def _photograph_picture(keeper: BrowserKeeper, index: int, path: Path) -> None:
    """Photograph a picture in the grid, and opened if it is too small there."""
    is_seen = see_picture(keeper, index)
    tile = picture_tiles(keeper).nth(index)
    photograph_in_slices(tile, path)
    if is_seen:
        return
    open_picture(keeper, index)
    photograph_in_slices(keeper.page.locator(".look-picture"), path.with_stem(f"{path.stem}-opened"))
    keeper.tap("Back to the pictures")

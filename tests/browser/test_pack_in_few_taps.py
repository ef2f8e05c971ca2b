"""Sixty pictures of which ten show an address, through the grid with one tap a screenful."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pypdf
import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import expect

from diary.pack.verify.verifier import verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import (
    NONE_OF_THESE,
    choose_usual_contents,
    give_consent,
    open_picture,
    picture_tiles,
    review_findings,
    save_pack,
    see_picture,
)
from tests.browser.pictures import picker_file

# The pages are made as on a person's phone.
pytestmark = pytest.mark.usual_locks
NARRATIVE = "He rang from 07700 900123 again."
SCREEN_PICTURES = 6
BIT_COUNT = 6
# Numbers of the pictures that show an address. The last screenful is never looked at.
ADDRESS_PICTURES = (3, 9, 14, 20, 27, 33, 38, 44, 50, 57)
PICTURE_COUNT = 60
ADDING_TIMEOUT_MS = 120_000


def _numbered_picture(number: int, words: str = "") -> bytes:
    """Return a photo with `words` across it, and its number as six squares, black for 1, along its top."""
    picture = Image.new("RGB", (600, 800), (235, 225, 205))
    draw = ImageDraw.Draw(picture)
    for bit in range(BIT_COUNT):
        colour = (0, 0, 0) if number >> bit & 1 else (255, 255, 255)
        draw.rectangle((bit * 100, 0, bit * 100 + 99, 99), fill=colour)
    draw.multiline_text((40, 300), words, fill=(20, 20, 20), font=ImageFont.load_default(80))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _number_of(picture: Image.Image) -> int:
    grey = picture.convert("L")
    step = grey.width / BIT_COUNT
    levels: list[Any] = [grey.getpixel((int(step * (bit + 0.5)), int(step / 2))) for bit in range(BIT_COUNT)]
    return sum(1 << bit for bit, level in enumerate(levels) if level < 128)


def _add_pictures(keeper: BrowserKeeper, numbers: range, addresses: tuple[int, ...] = ()) -> None:
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files(
        [
            picker_file(
                f"{number}.jpg",
                "image/jpeg",
                _numbered_picture(number, "14 Elm Road\nLeeds\nLS1 4AB" if number in addresses else ""),
            )
            for number in numbers
        ]
    )
    expect(keeper.page.get_by_text(f"{numbers[-1]}.jpg: Saved on this phone")).to_be_attached(timeout=ADDING_TIMEOUT_MS)


def test_of_sixty_pictures_those_that_show_an_address_do_not_reach_the_pages(
    new_phone: NewPhone, tmp_path: Path
) -> None:
    """What was picked out is on no page, nor is what was never looked at; all others are."""
    keeper = new_phone()
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    _add_pictures(keeper, range(1, PICTURE_COUNT + 1), ADDRESS_PICTURES)
    choose_usual_contents(keeper)
    keeper.tap("Next")
    confirmed: set[int] = set()
    for first in range(1, PICTURE_COUNT - SCREEN_PICTURES + 1, SCREEN_PICTURES):
        expect(keeper.page.get_by_text(f"Pictures {first} to {first + 5} of {PICTURE_COUNT}")).to_be_visible()
        labels = picture_tiles(keeper).all_inner_texts()
        numbers = [int(found[1]) for label in labels if (found := re.search(r"(\d+)\.jpg", label))]
        for index, number in enumerate(numbers):
            if number not in ADDRESS_PICTURES:
                assert see_picture(keeper, index)
                confirmed.add(number)
                continue
            open_picture(keeper, index)
            keeper.tap("Leave it out of packs" if number % 2 else "It shows where I live, work or study")
            expect(picture_tiles(keeper).nth(index)).to_contain_text(
                re.compile("Left out of packs|Stays off the pages")
            )
        keeper.tap(NONE_OF_THESE)
    keeper.wait_for_text("Pictures 55 to 60 of 60")
    keeper.tap("Go on without looking at the rest")
    keeper.wait_for_text("6 pictures were not looked at.")
    keeper.tap("Go on")
    review_findings(keeper, 0, all_arrived=True)
    give_consent(keeper)
    pack = save_pack(keeper, tmp_path)
    assert {finding.code for finding in verify_pack(pack)} == {"never_received"}
    printed = _pictures_on_pages(pack)
    assert printed == confirmed
    assert len(printed) == PICTURE_COUNT - SCREEN_PICTURES - len([n for n in ADDRESS_PICTURES if n < 55])
    print(f"{len(ADDRESS_PICTURES)} of {PICTURE_COUNT} pictures show an address; on the pages: none of them")


def _pictures_on_pages(pack: Path) -> set[int]:
    """Return the numbers of the pictures in every document of the part that may be served."""
    numbers = set()
    with zipfile.ZipFile(pack) as archive:
        names = [name for name in archive.namelist() if "/servable/" in name]
        assert not [name for name in names if name.lower().endswith((".jpg", ".jpeg", ".png"))]
        for name in names:
            if not name.endswith(".pdf"):
                continue
            for page in pypdf.PdfReader(io.BytesIO(archive.read(name))).pages:
                numbers |= {_number_of(one.image) for one in page.images if one.image and one.image.width >= 300}
    return numbers

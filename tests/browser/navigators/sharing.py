"""From the diary to a pack on the disk, by the screens."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.navigators.keeper import Keeper

MAKING = 120_000


def goes_to_consent(keeper: Keeper, pictures: int, *, initials: str = "jb") -> None:
    """Choose everything, look at each picture once, fill in the officer's sheet."""
    keeper.goes("Share")
    keeper.tap("Make a pack")
    keeper.tap("Next")
    keeper.sees_place("What goes in")
    keeper.tap("Next")
    for n in range(pictures):
        keeper.sees(re.compile(f"Picture {n + 1} of {pictures}"))
        keeper.tap("Nothing shows where I am")
    keeper.field("Your initials").fill(initials)
    keeper.field("Name to use").fill("Jo")
    keeper.tap("Next")
    keeper.sees_place("Before the pack is made")


def agrees(keeper: Keeper) -> None:
    """Say that the server may read it for as long as it takes, and begin."""
    keeper.page.get_by_label("I have read this and want to make the pack").check()
    keeper.tap("Make the pack")


def makes_a_pack(keeper: Keeper, pictures: int, folder: Path) -> Path:
    """The finished zip, saved below `folder`. The phone has to accept downloads."""
    goes_to_consent(keeper, pictures)
    agrees(keeper)
    expect(keeper.heading("Your pack is ready")).to_be_visible(timeout=MAKING)
    with keeper.page.expect_download() as saved:
        keeper.tap("Save it to this phone")
    assert re.fullmatch(r"documents-\d{4}-\d\d-\d\d\.zip", saved.value.suggested_filename)
    pack = folder / "pack.zip"
    saved.value.save_as(pack)
    return pack

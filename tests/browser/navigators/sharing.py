"""Go from the diary to a pack on the disk, through the screens."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.navigators.keeper import Keeper

MAKING = 120_000
# The label of the field that every export asks for.
WORDS = "Type your words once more"


def chooses_everything(keeper: Keeper, button: str = "Make a pack") -> None:
    """Go from Share to the contents; the first pack also shows the warning about court."""
    keeper.goes("Share")
    keeper.page.get_by_role("button", name=re.compile(f"^{button}( No signal needed.*)?$")).first.click()
    keeper.page.get_by_role("heading", name=re.compile("^(If this goes to court|What should go in\\?)$")).wait_for()
    if keeper.heading("If this goes to court").is_visible():
        keeper.tap("I know this, go on")
    keeper.tap("Next")
    keeper.sees_place("What goes in")


def looks_through(
    keeper: Keeper, pictures: int, *, answer: str = "Nothing shows where I am", arrived: bool = False
) -> None:
    """Answer once for each picture, then for each finding in the words. `arrived`: no more pictures are to come."""
    if not arrived:
        keeper.tap("Next")
    for n in range(pictures):
        keeper.sees(re.compile(f"Picture {n + 1} of {pictures}"))
        keeper.tap(answer)
    keeper.sees_place("Words that may say where you are")
    while (question := keeper.button("It may be seen")).count():
        count = question.count()
        question.first.click()
        expect(question).to_have_count(count - 1)
    keeper.tap("Next")


def goes_to_consent(keeper: Keeper, pictures: int, *, initials: str = "jb") -> None:
    """Choose everything, answer for each picture, and fill in the officer's sheet."""
    chooses_everything(keeper)
    looks_through(keeper, pictures)
    keeper.field("Your initials").fill(initials)
    keeper.field("Name to use").fill("Jo")
    keeper.tap("Next")
    keeper.sees_place("Before the pack is made")


def agrees(keeper: Keeper) -> None:
    """Give consent that the server may read the pack while it makes it, with the words, and begin."""
    keeper.page.get_by_label("I have read this and want to make the pack").check()
    keeper.field(WORDS).fill(keeper.words)
    keeper.tap("Make the pack")


def saves_the_pack(keeper: Keeper, folder: Path, *, name: str = "pack.zip") -> Path:
    """Wait until the pack is ready and save it below `folder`. The phone has to accept downloads."""
    expect(keeper.heading("Your pack is ready")).to_be_visible(timeout=MAKING)
    with keeper.page.expect_download() as saved:
        keeper.tap("Save it to this phone")
    assert re.fullmatch(r"documents-\d{4}-\d\d-\d\d\.zip", saved.value.suggested_filename)
    pack = folder / name
    saved.value.save_as(pack)
    return pack


def makes_a_pack(keeper: Keeper, pictures: int, folder: Path) -> Path:
    """Make a pack and return the zip, saved below `folder`."""
    goes_to_consent(keeper, pictures)
    agrees(keeper)
    return saves_the_pack(keeper, folder)

"""Go from the diary to a pack on the disk, through the screens."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.navigators.keeper import BrowserKeeper

PACK_TIMEOUT_MS = 120_000
# The label of the field that every export asks for.
PASSPHRASE_LABEL = "Type your password once more"
PACK_ON_SERVER = "Make a pack on the server"


def choose_everything(keeper: BrowserKeeper, button: str = "Make a pack") -> None:
    """Go from Share to the contents. Before the first pack, confirm the warning about court."""
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile(f"^{button}( For a slow phone.*)?$")).first.click()
    keeper.page.get_by_role("heading", name=re.compile("^(If this goes to court|What should go in\\?)$")).wait_for()
    if keeper.heading("If this goes to court").is_visible():
        keeper.tap("I know this, go on")
    keeper.tap("Next")
    keeper.wait_for_screen("What goes in")


def review_findings(
    keeper: BrowserKeeper, pictures: int, *, answer: str = "Nothing shows where I am", all_arrived: bool = False
) -> None:
    """Answer once for each picture, then for each finding in the text.

    `all_arrived` means that no more pictures are to come.
    """
    if not all_arrived:
        keeper.tap("Next")
    for n in range(pictures):
        keeper.wait_for_text(re.compile(f"Picture {n + 1} of {pictures}"))
        # What this browser cannot show is saved and opened before it can be answered.
        copy = keeper.button("Save a copy to open it")
        expect(copy.or_(keeper.button(answer)).first).to_be_visible()
        if copy.count():
            copy.click()
        keeper.tap(answer)
    keeper.wait_for_screen("Words that may say where you are")
    while (question := keeper.button("Leave it in")).count():
        count = question.count()
        question.first.click()
        expect(question).to_have_count(count - 1)
    keeper.tap("Next")


def go_to_consent(keeper: BrowserKeeper, pictures: int, *, initials: str = "jb", button: str = "Make a pack") -> None:
    """Choose everything, answer for each picture, and fill in the officer's sheet."""
    choose_everything(keeper, button)
    review_findings(keeper, pictures)
    keeper.field("Your initials").fill(initials)
    keeper.field("Name to use").fill("Jo")
    keeper.tap("Next")
    keeper.wait_for_screen("Before the pack is made")


def give_consent(keeper: BrowserKeeper) -> None:
    """Consent, confirm with the words, and begin."""
    keeper.page.get_by_label("I have read this and want to make the pack").check()
    keeper.field(PASSPHRASE_LABEL).fill(keeper.passphrase)
    keeper.tap("Make the pack")


def save_pack(keeper: BrowserKeeper, folder: Path, *, name: str = "pack.zip") -> Path:
    """Wait until the pack is ready and save it below `folder`. The phone must accept downloads."""
    expect(keeper.heading("Your pack is ready")).to_be_visible(timeout=PACK_TIMEOUT_MS)
    with keeper.page.expect_download() as saved:
        keeper.tap("Save it to this phone")
    assert re.fullmatch(r"documents-\d{4}-\d\d-\d\d\.zip", saved.value.suggested_filename)
    pack = folder / name
    saved.value.save_as(pack)
    return pack


def make_and_save_pack(keeper: BrowserKeeper, pictures: int, folder: Path, *, button: str = "Make a pack") -> Path:
    """Make a pack and save it below `folder`. Return the zip's path."""
    go_to_consent(keeper, pictures, button=button)
    give_consent(keeper)
    return save_pack(keeper, folder)

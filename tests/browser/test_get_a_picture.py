"""From a half-written entry to a picture in it: at most six taps."""

import re

from playwright.sync_api import expect

from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png, picker_file

MAX_TAPS = 6


def test_adding_a_picture_takes_six_taps(keeper: BrowserKeeper) -> None:
    """The draft is sealed and off the screen, the picture is added, and after unlocking both are there."""
    keeper.create_registered_diary("He waited outside.")
    keeper.go_to_tab("Add")
    keeper.type_narrative("He put a note under the wiper.")
    keeper.wait_for_sealed_draft()
    keeper.taps = 0
    keeper.open_card("Photos & screenshots")
    keeper.taps += 1
    keeper.tap("Go and get a picture (locks this)")
    keeper.tap("Lock and get a picture")
    keeper.page.get_by_role("heading", name="Add picture").wait_for()
    assert "wiper" not in keeper.page.content()
    # Here the person leaves the app, takes the screenshot, and returns.
    with keeper.page.expect_file_chooser() as chooser:
        keeper.tap("Add")
    chooser.value.set_files([picker_file("note.png", "image/png", make_png(7))])
    keeper.page.get_by_text("Picture 1").wait_for()
    keeper.tap("Save")
    keeper.field("Your password").wait_for()
    taps = keeper.taps  # unlocking is not counted
    keeper.unlock()
    expect(keeper.field("What happened?")).to_have_value("He put a note under the wiper.")
    keeper.page.get_by_role("button", name=re.compile("^Photos & screenshots")).click()
    keeper.wait_for_file("note.png")
    assert taps <= MAX_TAPS

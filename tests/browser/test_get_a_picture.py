"""From a half-written entry to a picture in it: at most six taps and one second of machine time."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png, picker_file

MAX_TAPS = 6
MAX_SECONDS = 1.0


class Stopwatch:
    """Measures the time between a tap and its result."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def measure(self, action: Callable[[], object], wait: Callable[[], object]) -> None:
        """Act, and add the time until the result shows."""
        start = time.monotonic()
        action()
        wait()
        self.seconds += time.monotonic() - start


@pytest.mark.timed
def test_adding_a_picture_takes_six_taps_and_a_second(keeper: BrowserKeeper) -> None:
    """The draft is sealed and off the screen, the picture is added, and after unlocking both are there."""
    keeper.create_registered_diary("He waited outside.")
    keeper.go_to_tab("Add")
    keeper.type_narrative("He put a note under the wiper.")
    keeper.wait_for_sealed_draft()
    keeper.taps = 0
    stopwatch = Stopwatch()
    keeper.open_card("Photos & screenshots")
    keeper.taps += 1
    keeper.tap("Get a picture")
    stopwatch.measure(
        lambda: keeper.tap("Lock and get a picture"),
        lambda: keeper.page.get_by_role("heading", name="Add picture").wait_for(),
    )
    assert "wiper" not in keeper.page.content()
    # Here the person leaves the app, takes the screenshot, and returns.
    with keeper.page.expect_file_chooser() as chooser:
        keeper.tap("Add")
    stopwatch.measure(
        lambda: chooser.value.set_files([picker_file("note.png", "image/png", make_png(7))]),  # type: ignore[list-item]
        lambda: keeper.page.get_by_text("Picture 1").wait_for(),
    )
    stopwatch.measure(lambda: keeper.tap("Save"), lambda: keeper.field("Your words").wait_for())
    taps = keeper.taps  # unlocking is not counted
    keeper.unlock()
    expect(keeper.field("What happened?")).to_have_value("He put a note under the wiper.")
    keeper.page.get_by_role("button", name=re.compile("^Photos & screenshots")).click()
    keeper.wait_for_file("note.png")
    print(f"{taps} taps, {stopwatch.seconds * 1000:.0f} ms")
    assert taps <= MAX_TAPS
    assert stopwatch.seconds <= MAX_SECONDS, stopwatch.seconds

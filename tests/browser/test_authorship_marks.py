"""The keeper's screens mark what somebody else wrote, above the words, whatever happened to it later."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.received_text_screens import HELPING_SCREENS
from tests.browser.screen_steps import js
from tests.browser.test_screens import address, show  # noqa: F401

MARKS_BY_SCREEN = {
    "an entry typed for you, waiting": ("Written by PK, not confirmed by you yet", "It was read back to you."),
    "an entry typed for you, yours": ("Written by PK, confirmed by you", "What you were asked: Tell me"),
    "an entry typed for you, changed": ("Written by PK, changed by you", "As it was typed", "He was at the bus stop."),
    "a statement, checked": ("Written by someone else, and sent with the words you gave",),
    "a statement, changed": ("You changed these words after they came.", "I saw him stand inside the gate."),
    "a statement, not theirs": ("Written by someone else. It was not sent with the words you gave",),
    "a statement, not checked": (
        "Written by someone else. Nobody checked whether it was sent with the words you gave",
    ),
}


@pytest.mark.usefixtures("address")
def test_every_mark_is_shown_above_the_text(show: Callable[..., Page]) -> None:  # noqa: F811
    """Entries typed by an advocate and statements of others have their mark above the words.

    The entries are waiting, confirmed and changed. The statements are checked, changed, from another sender, and not
    checked.
    """
    page = show()
    for name, texts in MARKS_BY_SCREEN.items():
        js("fake.reset()")(page)
        for step in HELPING_SCREENS[name]:
            step(page)
        mark = page.locator("main .written").first
        for text in texts:
            expect(mark).to_contain_text(text)
        words = page.locator("main .narrative, main .facts").last
        mark_box, words_box = mark.bounding_box(), words.bounding_box()
        assert mark_box and words_box and mark_box["y"] < words_box["y"], name
    js("fake.reset()")(page)
    js("fake.open(24); stage.go({name: 'entry', record: 'r1'})")(page)
    expect(page.locator("main .narrative")).to_be_visible()
    expect(page.locator("main .written")).to_have_count(0)

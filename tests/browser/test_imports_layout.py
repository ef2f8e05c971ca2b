"""Imports and message lists at every width and direction, and by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import chat_exports as exports
from tests.browser.conftest import NewPhone
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.importing import choose_import_file, go_to_imports, preview_import
from tests.browser.navigators.keeper import BrowserKeeper


def _make_unregistered_diary(keeper: BrowserKeeper) -> None:
    keeper.open_without_diary()
    keeper.write_first_entry("He was outside again.")
    keeper.postpone_copy()


@pytest.mark.parametrize(
    ("width", "text", "direction"),
    [
        pytest.param(320, "100%", "ltr", id="320 px"),
        *(
            pytest.param(width, text, direction, id=name, marks=pytest.mark.slow)
            for width, text, direction, name in (
                (360, "200%", "ltr", "text at 200 %"),
                (360, "100%", "rtl", "right to left"),
                (1280, "100%", "ltr", "desk"),
            )
        ),
    ],
)
def test_nothing_is_cut_off_or_scrolls_sideways(new_phone: NewPhone, width: int, text: str, direction: str) -> None:
    """Choosing, answering, the preview, the list and its form have no fault at this width, text size and direction."""
    keeper = new_phone(viewport={"width": width, "height": 740}, is_mobile=width < 600, has_touch=width < 600)
    _make_unregistered_diary(keeper)
    keeper.page.evaluate(
        f"document.documentElement.style.fontSize = '{text}'; document.documentElement.dir = '{direction}'"
    )
    faults_by_screen = {}

    def judge(state: str) -> None:
        keeper.page.wait_for_timeout(150)
        if screen_faults := accessibility_faults(keeper.page):
            faults_by_screen[state] = screen_faults

    go_to_imports(keeper)
    judge("choose")
    choose_import_file(keeper, exports.ios_zip())
    keeper.wait_for_text("How are dates written in this chat?")
    keeper.tap("Use another zone")
    judge("ask")
    preview_import(keeper, "4 Mar 2026 (month first)", re.compile(r"^Jo\b"))
    keeper.tap("Choose all")
    keeper.button("See the messages").first.click()
    judge("look")
    keeper.tap("Add 2 entries")
    keeper.wait_for_screen("Added")
    judge("added")
    keeper.open_entry("WhatsApp: 2 messages from سارة الخطيب, Sam, 1 from me")
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.tap("Change the list")
    keeper.tap("Change no. 1")
    judge("form")
    assert faults_by_screen == {}


@pytest.mark.slow  # a matrix; the test by touch is in every `make test`
def test_a_chat_is_imported_by_keyboard_alone(keeper: BrowserKeeper) -> None:
    """The focus follows each step, and Space and Enter operate everything.

    Only the file is chosen in the browser's own dialog.
    """
    _make_unregistered_diary(keeper)
    go_to_imports(keeper)
    keys = keeper.page.keyboard
    expect(keeper.page.locator("h1")).to_be_focused()
    keys.press("Tab")
    expect(keeper.button("Choose the file")).to_be_focused()
    with keeper.page.expect_file_chooser() as chooser:
        keys.press("Enter")
    chooser.value.set_files([exports.android_zip()])
    keeper.wait_for_text("Whose account or phone is this from?")
    expect(keeper.page.locator("h1")).to_be_focused()
    _tab_to(keeper, "Mine")
    keys.press("Enter")
    keeper.wait_for_text("Which of these is you?")
    expect(keeper.page.locator("h1")).to_be_focused()
    _tab_to(keeper, re.compile(r"^Jo\b"))
    keys.press("Enter")
    keeper.wait_for_screen("What would be added")
    expect(keeper.page.locator("h1")).to_be_focused()
    _tab_to(keeper, "Choose all")
    keys.press("Enter")
    _tab_to(keeper, "Add 2 entries")
    keys.press("Enter")
    _tab_to(keeper, "No, it is not")  # the chat has a picture, so the question comes first
    keys.press("Enter")
    keeper.wait_for_screen("Added")
    expect(keeper.page.locator("h1")).to_be_focused()


def _tab_to(keeper: BrowserKeeper, name: str | re.Pattern[str]) -> None:
    for _ in range(40):
        keeper.page.keyboard.press("Tab")
        button = keeper.button(name)
        # After the last control the focus is in the browser's own bars for a moment, and the page is covered.
        if button.count() and button.evaluate("(button) => button === document.activeElement"):
            return
    raise AssertionError(f"{name} is not reached")

"""Back, Forward and the browser's list of visited pages: one screen up each time, and nothing after a lock."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live_server import LiveServer
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.test_show_now import PAGE_CONTENT_SCRIPT

NARRATIVE = "SENTINELENTRY he waited by the gate"
HALF_SENTENCE = "SENTINELHALF a sent"
PAGE_BEFORE = "/safety"


@pytest.fixture
def diary(keeper: BrowserKeeper, server: LiveServer) -> BrowserKeeper:
    """Return a keeper who came from another page and has a diary of one entry open."""
    keeper.page.goto(f"{server.app_url}{PAGE_BEFORE}")
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    return keeper


def entries_of_history(page: Page) -> tuple[int, list[tuple[str, str]]]:
    """Return the place in the browser's history, and what a long press on Back or Forward lists: addresses, titles."""
    session = page.context.new_cdp_session(page)
    history = session.send("Page.getNavigationHistory")
    session.detach()
    return history["currentIndex"], [(entry["url"], entry["title"]) for entry in history["entries"]]


def app_entries(keeper: BrowserKeeper) -> set[tuple[str, str]]:
    """Return the different entries of the app in the browser's history."""
    _, entries = entries_of_history(keeper.page)
    return {entry for entry in entries if entry[0].startswith(keeper.app_url) and PAGE_BEFORE not in entry[0]}


def assert_nothing_of_the_diary(page: Page) -> None:
    """Assert that the page and its history hold no word of the diary."""
    assert "SENTINEL" not in page.evaluate(PAGE_CONTENT_SCRIPT)


def wait_until_settled(page: Page) -> None:
    """Wait until the page is at the entry of its screen: a new step back then leaves the page."""
    expect(page.locator("body")).to_be_visible()
    page.wait_for_function("() => history.state === null")


def press_back_and_forward(keeper: BrowserKeeper) -> None:
    """Press Forward until the end, as a person who holds the locked phone could: only the lock is ever shown."""
    page = keeper.page
    index, entries = entries_of_history(page)
    for _ in range(len(entries) - index):
        page.go_forward()
        keeper.wait_for_lock()
        assert_nothing_of_the_diary(page)


def test_back_goes_up_one_screen_at_a_time_and_then_out(diary: BrowserKeeper) -> None:
    """From an entry to the list, to the first screen, and then out to the page before; the diary is locked."""
    page = diary.page
    diary.open_entry(NARRATIVE)
    diary.tap("Help")
    diary.wait_for_screen("Help")
    page.go_back()
    expect(page.get_by_role("article").get_by_text(NARRATIVE).first).to_be_visible()
    page.go_back()
    expect(diary.entry_row(NARRATIVE)).to_be_visible()
    page.go_back()
    diary.wait_for_screen("Saved")
    assert app_entries(diary) == {(f"{diary.app_url}/", "Notes")}
    page.go_back()
    page.wait_for_url(f"**{PAGE_BEFORE}")
    page.go_forward()
    diary.wait_for_lock()
    assert_nothing_of_the_diary(page)
    diary.unlock()


def test_a_draft_survives_back(diary: BrowserKeeper) -> None:
    """A half sentence is there again after Back, also where Back leaves the diary."""
    diary.go_to_tab("Add")
    diary.type_narrative(HALF_SENTENCE)
    diary.page.go_back()
    diary.wait_for_screen("Saved")
    diary.go_to_tab("Add")
    expect(diary.field("What happened?")).to_have_value(HALF_SENTENCE)
    diary.type_narrative(f"{HALF_SENTENCE}ence")
    diary.lock()
    diary.unlock()
    diary.type_narrative(f"{HALF_SENTENCE}ence, and more")
    diary.page.go_back()
    diary.page.wait_for_url(f"**{PAGE_BEFORE}")
    diary.page.go_forward()
    diary.wait_for_lock()
    diary.unlock()
    expect(diary.field("What happened?")).to_have_value(f"{HALF_SENTENCE}ence, and more")


def lock_by_button(keeper: BrowserKeeper) -> None:
    """Lock from the bar at the bottom."""
    keeper.lock()


def leave_and_open_the_lock(keeper: BrowserKeeper) -> None:
    """Leave for the notebook, try Back and Forward there, and open the lock."""
    keeper.leave()
    try_the_notebook(keeper)


def clear_and_open_the_lock(keeper: BrowserKeeper) -> None:
    """Clear the phone by holding the arrow, try Back and Forward in the notebook, and open the lock."""
    keeper.clear_phone()
    try_the_notebook(keeper)


def try_the_notebook(keeper: BrowserKeeper) -> None:
    """Press Forward in the notebook as often as it goes: the notebook stays. Then open the lock."""
    keeper.wait_for_notebook()
    wait_until_settled(keeper.page)
    index, entries = entries_of_history(keeper.page)
    for _ in range(len(entries) - index):
        keeper.page.go_forward()
        keeper.wait_for_notebook()
        assert_nothing_of_the_diary(keeper.page)
    keeper.open_lock_from_notebook()


def reload_page(keeper: BrowserKeeper) -> None:
    """Load the page again where it is."""
    keeper.page.reload()
    keeper.wait_for_lock()


def restore_from_memory(keeper: BrowserKeeper) -> None:
    """Tell the page that it came back from the browser's memory."""
    with keeper.page.expect_event("load"):
        keeper.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    keeper.wait_for_lock()


@pytest.mark.parametrize(
    "close",
    [lock_by_button, leave_and_open_the_lock, clear_and_open_the_lock, reload_page, restore_from_memory],
)
def test_nothing_comes_back_after_the_diary_is_closed(
    diary: BrowserKeeper, close: Callable[[BrowserKeeper], Any]
) -> None:
    """Forward shows the lock, Back leaves for the page before, and the list of pages names none of the diary."""
    page = diary.page
    diary.open_entry(NARRATIVE)
    diary.go_to_tab("More")
    diary.tap("Help")
    diary.wait_for_screen("Help")
    close(diary)
    wait_until_settled(page)
    assert_nothing_of_the_diary(page)
    _, entries = entries_of_history(page)
    assert set(entries[-2:]) == {(f"{diary.app_url}/", "Notes")}, "one entry ahead, which holds the lock"
    press_back_and_forward(diary)
    wait_until_settled(page)
    page.go_back()
    page.wait_for_url(f"**{PAGE_BEFORE}")
    page.go_forward()
    diary.wait_for_lock()
    press_back_and_forward(diary)
    assert_nothing_of_the_diary(page)


def test_no_entry_is_left_when_the_list_of_pages_is_used_to_leave(diary: BrowserKeeper) -> None:
    """Back to another page at once, past all screens: Forward then shows the lock, and no screen's entry is ahead."""
    page = diary.page
    diary.open_entry(NARRATIVE)
    diary.tap("Help")
    diary.wait_for_screen("Help")
    lock_index = entries_of_history(page)[0] - page.evaluate("history.state")
    page.evaluate("() => { history.go(-1 - history.state); }")
    page.wait_for_url(f"**{PAGE_BEFORE}")
    page.go_forward()
    diary.wait_for_lock()
    page.wait_for_function(f"() => history.state === null && history.length === {lock_index + 2}")
    press_back_and_forward(diary)


def test_a_closed_tab_brings_nothing_back(diary: BrowserKeeper) -> None:
    """A tab that was closed deep in the diary, and opened again, is at the lock and has nowhere to go back to."""
    diary.open_entry(NARRATIVE)
    context = diary.page.context
    diary.page.close()
    diary.page = context.new_page()
    diary.open_locked()
    assert diary.page.go_forward() is None
    diary.wait_for_lock()
    assert_nothing_of_the_diary(diary.page)


def test_a_page_shown_to_somebody_goes_back_to_the_lock(diary: BrowserKeeper) -> None:
    """From "Show someone now", Back and then Forward show the lock; nothing is ahead of the page that is shown."""
    for _ in range(2):
        diary.tap("Help")
        diary.tap("Show someone now")
        diary.tap("Show this")
        diary.wait_for_screen("Please read")
        diary.page.wait_for_function("() => history.state === 1")
        index, entries = entries_of_history(diary.page)
        assert index == len(entries) - 1, "a person who holds the phone can swipe to an earlier screen"
        diary.page.go_back()
        diary.wait_for_lock()
        wait_until_settled(diary.page)
        press_back_and_forward(diary)
        diary.unlock()


def test_adding_a_picture_goes_back_to_the_lock(diary: BrowserKeeper) -> None:
    """From the page to add a picture, opened in the diary or at the lock, Back shows the lock."""
    diary.go_to_tab("Add")
    diary.open_card("Photos & screenshots")
    diary.tap("Go and get a picture (locks this)")
    diary.tap("Lock and get a picture")
    diary.wait_for_screen("Add picture")
    diary.page.go_back()
    diary.wait_for_lock()
    wait_until_settled(diary.page)
    diary.tap("Add picture")
    diary.wait_for_screen("Add picture")
    diary.tap("Write two lines")
    diary.page.go_back()
    diary.wait_for_lock()
    wait_until_settled(diary.page)
    press_back_and_forward(diary)
    diary.unlock()


def test_the_notebook_goes_back_to_its_list_and_then_out(diary: BrowserKeeper) -> None:
    """From a note to the list, and from the list out: never to the diary or its lock."""
    page = diary.page
    diary.open_entry(NARRATIVE)
    diary.leave()
    diary.wait_for_notebook()
    diary.tap("New note")
    diary.field("Note").fill("Bins on Tuesday")
    page.go_back()
    diary.wait_for_notebook()
    diary.wait_for_text("Bins on Tuesday")
    wait_until_settled(page)
    page.go_back()
    page.wait_for_url(f"**{PAGE_BEFORE}")
    page.go_forward()
    diary.wait_for_lock()
    assert_nothing_of_the_diary(page)


def test_an_open_dialog_closes_first(diary: BrowserKeeper) -> None:
    """Back closes a dialog and stays at its place; the next Back goes up one screen."""
    page = diary.page
    diary.open_entry(NARRATIVE)
    diary.tap("Put this away")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(diary.button("Put this away")).to_be_visible()
    diary.tap("Put this away")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_back()
    diary.wait_for_screen("Entries")


@pytest.mark.parametrize("press_twice", ["history.go(-2)", "history.back(); setTimeout(() => history.back())"])
def test_two_quick_steps_back_go_up_two_screens(diary: BrowserKeeper, press_twice: str) -> None:
    """Back pressed twice in a row goes up two screens, not one and not three."""
    diary.open_entry(NARRATIVE)
    diary.tap("Help")
    diary.wait_for_screen("Help")
    diary.page.evaluate(f"() => {{ {press_twice} }}")
    expect(diary.entry_row(NARRATIVE)).to_be_visible()
    diary.page.go_back()
    diary.wait_for_screen("Saved")


def test_the_button_of_the_app_and_the_one_of_the_phone_agree(diary: BrowserKeeper) -> None:
    """After the arrow at the top, Back goes on from there."""
    diary.open_entry(NARRATIVE)
    diary.tap("Help")
    diary.wait_for_screen("Help")
    diary.tap("Back")
    expect(diary.page.get_by_role("article").get_by_text(NARRATIVE).first).to_be_visible()
    diary.page.go_back()
    expect(diary.entry_row(NARRATIVE)).to_be_visible()
    diary.page.go_forward()
    expect(diary.entry_row(NARRATIVE)).to_be_visible()
    diary.page.go_back()
    diary.wait_for_screen("Saved")


def test_going_round_the_bar_is_not_climbed_back(diary: BrowserKeeper) -> None:
    """Tapping the bar ten times leaves one entry for each of its places."""
    for _ in range(3):
        diary.go_to_tab("Entries")
        diary.go_to_tab("Share")
        diary.go_to_tab("More")
        diary.wait_for_screen("More")
    diary.page.go_back()
    diary.wait_for_screen("Share")
    diary.page.go_back()
    expect(diary.entry_row(NARRATIVE)).to_be_visible()
    diary.page.go_back()
    diary.wait_for_screen("Saved")


def test_back_in_the_first_run(keeper: BrowserKeeper, server: LiveServer) -> None:
    """Before the first Save, Back goes up to the first screen and then out; what was typed is kept."""
    page = keeper.page
    page.goto(f"{server.app_url}{PAGE_BEFORE}")
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    keeper.type_narrative(HALF_SENTENCE)
    keeper.choose_time("Just now")
    keeper.tap("Save")
    keeper.wait_for_screen("Choose a password")
    page.go_back()
    expect(keeper.field("What happened?")).to_have_value(HALF_SENTENCE)
    page.go_back()
    keeper.wait_for_screen("Is this phone safe to write on?")
    page.go_back()
    expect(keeper.button("Start")).to_be_visible()
    page.go_back()
    page.wait_for_url(f"**{PAGE_BEFORE}")
    page.go_forward()
    expect(keeper.button("Start")).to_be_visible()
    keeper.tap("I have a username or a backup file")
    page.go_back()
    expect(keeper.button("Start")).to_be_visible()


def test_a_save_that_is_left_by_back_loses_nothing(diary: BrowserKeeper) -> None:
    """Save and at once Back out of the diary: the entry is saved, or its words are still in the form, but not both."""
    diary.lock()
    diary.unlock()
    diary.type_narrative(HALF_SENTENCE)
    diary.choose_time("Just now")
    diary.tap("Save")
    diary.page.go_back()
    diary.page.wait_for_url(f"**{PAGE_BEFORE}")
    diary.page.go_forward()
    diary.wait_for_lock()
    diary.unlock()
    typed = diary.field("What happened?").input_value()
    diary.go_to_tab("Entries")
    expect(diary.entry_row(NARRATIVE)).to_be_visible()
    assert (diary.entry_row(HALF_SENTENCE).count(), typed) in [(1, ""), (0, HALF_SENTENCE)]


def test_an_upload_goes_on_after_back(keeper: BrowserKeeper) -> None:
    """Back inside the diary stops no upload."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.add_entry(HALF_SENTENCE)
    keeper.page.go_back()
    expect(keeper.entry_row(NARRATIVE)).to_be_visible()
    keeper.wait_until_kept_safe(HALF_SENTENCE)

"""Many calls at once: one entry with a count and screenshots; and a list of messages, written and ordered by hand."""

import re

from playwright.sync_api import expect

from tests.browser.chromium import throttle_cpu
from tests.browser.conftest import NewPhone
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png, picker_file

CALLS_SUMMARY = "43 missed calls, 21:10 to 23:55"


def _assert_accessible(keeper: BrowserKeeper, state: str) -> None:
    keeper.page.wait_for_timeout(150)
    assert (state, accessibility_faults(keeper.page)) == (state, [])


def _make_offline_diary(keeper: BrowserKeeper) -> None:
    keeper.open_without_diary()
    keeper.write_first_entry("He was outside again.")
    keeper.postpone_copy()
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)


def test_43_missed_calls_and_three_screenshots_are_one_entry(keeper: BrowserKeeper) -> None:
    """Words, a time span, three pictures in order, channel and count are one entry, on a slow and offline phone."""
    _make_offline_diary(keeper)
    throttle_cpu(keeper.page, 4)
    keeper.go_to_tab("Add")
    keeper.wait_for_screen("What happened?")
    keeper.type_narrative(CALLS_SUMMARY)
    keeper.pick_chip("Pick a time")
    keeper.pick_chip("Between or unsure")
    for field, value in (
        ("date", "2026-11-20"),
        ("time", "21:10"),
        ("until", "2026-11-20"),
        ("until-time", "23:55"),
    ):
        keeper.page.locator(f"#when-{field}").fill(value)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file(f"calls-{n}.png", "image/png", make_png(n)) for n in (1, 2, 3)])
    for n in (1, 2, 3):
        keeper.wait_for_file(f"calls-{n}.png")
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")
    keeper.open_card("How they did it")
    keeper.page.get_by_role("radio", name="Phone call", exact=True).check()
    keeper.field("How many?").fill("43")
    keeper.save_card()
    keeper.open_entry(CALLS_SUMMARY)
    article = keeper.page.get_by_role("article")
    expect(article.get_by_role("button", name=re.compile("^Look at calls-"))).to_have_text(
        [f"calls-{n}.png" for n in (1, 2, 3)]
    )
    for text in ("Phone call", "43", "21:10"):
        expect(article.get_by_text(text).first).to_be_visible()
    keeper.go_to_tab("Entries")
    expect(keeper.entry_row(CALLS_SUMMARY)).to_have_count(1)


def test_a_list_of_messages_is_written_pasted_ordered_and_kept(new_phone: NewPhone) -> None:
    """Rows are typed, pasted, moved and sorted, and survive a lock.

    Every state is accessible, and the entry shows the count.
    """
    keeper = new_phone()
    _make_offline_diary(keeper)
    keeper.add_entry(CALLS_SUMMARY, "Yesterday")
    _open_message_list(keeper)
    _assert_accessible(keeper, "empty")
    keeper.tap("Add one")
    keeper.page.get_by_label("Time", exact=True).fill("23:55")
    keeper.page.get_by_role("radio", name="Missed call", exact=True).check()
    keeper.page.get_by_label("From which name or number").fill("Withheld")
    keeper.page.get_by_role("button", name="More", exact=True).first.click()
    _assert_accessible(keeper, "a row")
    keeper.tap("Done with no. 1")
    keeper.tap("Paste several")
    keeper.field("One on each line").fill("21:10 Missed call\n9.15 pm Sam: answer me\nno time here")
    _assert_accessible(keeper, "pasting")
    keeper.tap("Put them in the list")
    expect(keeper.page.locator(".message")).to_have_count(4)
    keeper.wait_for_text("Kept while you write.")
    keeper.lock()
    keeper.unlock()
    _open_message_list(keeper)
    expect(keeper.page.locator(".message")).to_have_count(4)
    keeper.tap("Put in order of time")
    keeper.tap("Move no. 1 down")
    words = keeper.page.locator(".message")
    for n, text in enumerate(("answer me", "Missed call", "no time here", "23:55")):
        expect(words.nth(n)).to_contain_text(text)
    keeper.page.get_by_role("radio", name="Only theirs, not mine", exact=True).check()
    _assert_accessible(keeper, "the list")
    keeper.tap("Save the list")
    keeper.wait_for_text("2 missed calls and 2 messages from Sam, Withheld")
    keeper.wait_for_text("Only theirs, not mine")
    _assert_accessible(keeper, "read")
    keeper.tap("Back")
    expect(keeper.page.get_by_role("article").get_by_text("4 came to you")).to_be_visible()


def _open_message_list(keeper: BrowserKeeper) -> None:
    keeper.open_entry(CALLS_SUMMARY)
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.wait_for_screen("Messages and calls")
    first = keeper.page.get_by_role("button", name=re.compile("^(Add one|Change the list)$"))
    expect(first.first).to_be_visible()

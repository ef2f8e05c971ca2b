"""Many calls at once: one entry with a count and screenshots; and a list of messages, written and ordered by hand."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import slow
from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.pictures import png, upload

CALLS = "43 missed calls, 21:10 to 23:55"
# Estimates for a person in a hurry: a second and a half for a tap, four letters a second.
SECONDS_PER_TAP, SECONDS_PER_LETTER = 1.5, 0.25


def _judge(keeper: Keeper, state: str) -> None:
    keeper.page.wait_for_timeout(150)
    assert (state, faults(keeper.page)) == (state, [])


def _make_offline_diary(keeper: Keeper) -> None:
    keeper.opens()
    keeper.first_entry("He was outside again.")
    keeper.puts_off_the_copy()
    keeper.is_offline_ready()
    keeper.page.context.set_offline(True)


@pytest.mark.timed
def test_43_missed_calls_and_three_screenshots_are_one_entry(keeper: Keeper) -> None:
    """Offline on a slow phone, words, a time span, three pictures in order,
    the channel and the count take 60 s of a person's time.
    """
    _make_offline_diary(keeper)
    slow(keeper.page, 4)
    keeper.goes("Add")
    keeper.sees_place("What happened?")
    start, taps, letters = time.monotonic(), 0, len(CALLS)
    keeper.writes(CALLS)
    keeper.picks("Pick a time")
    keeper.picks("Between or unsure")
    for field, typed in (("date", "2026-11-20"), ("time", "21:10"), ("until", "2026-11-20"), ("until-time", "23:55")):
        keeper.page.locator(f"#when-{field}").fill(typed)
        letters += len(typed)
    taps += 6
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload(f"calls-{n}.png", "image/png", png(n)) for n in (1, 2, 3)])
    for n in (1, 2, 3):
        keeper.has_file(f"calls-{n}.png")
    taps += 6
    keeper.tap("Save")
    keeper.sees_place("Saved")
    keeper.opens_card("How it reached you")
    keeper.page.get_by_role("radio", name="Phone call", exact=True).check()
    keeper.field("How many?").fill("43")
    keeper.saves_card()
    taps, letters = taps + 4, letters + 2
    seconds = time.monotonic() - start + taps * SECONDS_PER_TAP + letters * SECONDS_PER_LETTER
    assert seconds <= 60, seconds
    keeper.reads(CALLS)
    article = keeper.page.get_by_role("article")
    expect(article.get_by_role("button", name=re.compile("^Look at calls-"))).to_have_text(
        [f"calls-{n}.png" for n in (1, 2, 3)]
    )
    for text in ("Phone call", "43", "21:10"):
        expect(article.get_by_text(text).first).to_be_visible()
    keeper.goes("Entries")
    expect(keeper.row(CALLS)).to_have_count(1)


def test_a_list_of_messages_is_written_pasted_ordered_and_kept(new_phone: NewPhone) -> None:
    """Rows are typed, pasted, moved and sorted; they survive a lock;
    every state is accessible; the entry shows the count.
    """
    keeper = new_phone()
    _make_offline_diary(keeper)
    keeper.adds(CALLS, "Yesterday")
    _open_message_list(keeper)
    _judge(keeper, "empty")
    keeper.tap("Add one")
    keeper.page.get_by_label("Time", exact=True).fill("23:55")
    keeper.page.get_by_role("radio", name="Missed call", exact=True).check()
    keeper.page.get_by_label("From which name or number").fill("Withheld")
    keeper.page.get_by_role("button", name="More", exact=True).first.click()
    _judge(keeper, "a row")
    keeper.tap("Done with no. 1")
    keeper.tap("Paste several")
    keeper.field("One on each line").fill("21:10 Missed call\n9.15 pm Sam: answer me\nno time here")
    _judge(keeper, "pasting")
    keeper.tap("Put them in the list")
    expect(keeper.page.locator(".message")).to_have_count(4)
    keeper.sees("Kept while you write.")
    keeper.locks()
    keeper.unlocks()
    _open_message_list(keeper)
    expect(keeper.page.locator(".message")).to_have_count(4)
    keeper.tap("Put in order of time")
    keeper.tap("Move no. 1 down")
    words = keeper.page.locator(".message")
    for n, text in enumerate(("answer me", "Missed call", "no time here", "23:55")):
        expect(words.nth(n)).to_contain_text(text)
    keeper.page.get_by_role("radio", name="Only theirs, not mine", exact=True).check()
    _judge(keeper, "the list")
    keeper.tap("Save the list")
    keeper.sees("2 missed calls and 2 messages from Sam, Withheld")
    keeper.sees("Only theirs, not mine")
    _judge(keeper, "read")
    keeper.tap("Back")
    expect(keeper.page.get_by_role("article").get_by_text("4 came to you")).to_be_visible()


def _open_message_list(keeper: Keeper) -> None:
    keeper.reads(CALLS)
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.sees_place("Messages and calls")
    first = keeper.page.get_by_role("button", name=re.compile("^(Add one|Change the list)$"))
    expect(first.first).to_be_visible()

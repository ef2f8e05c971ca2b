"""From "only on this phone" to "kept safe", and to a second device, with words or with the code."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.serving import Served

FIRST = "He rang eleven times after midnight."
SECOND = "A letter with no stamp was on the mat."


def test_written_offline_is_kept_safe_once_there_is_signal(keeper: Keeper) -> None:
    """Entries written offline are sent after a later registration, in order, and keep their numbers."""
    keeper.opens()
    keeper.has_loaded()
    keeper.page.context.set_offline(True)
    keeper.first_entry(FIRST)
    keeper.puts_off_the_copy()
    keeper.adds(SECOND)
    keeper.page.context.set_offline(False)
    keeper.goes("More")
    keeper.tap("Keep a copy off this phone", exact=False)
    keeper.keeps_a_copy()
    keeper.is_kept_safe(SECOND)
    expect(keeper.state_of(FIRST)).to_have_text(KEPT)
    expect(keeper.row(FIRST).get_by_text("No. 1", exact=True)).to_be_visible()
    expect(keeper.row(SECOND).get_by_text("No. 2", exact=True)).to_be_visible()


@pytest.mark.slow  # the test with the code and new words is in every `make test`
def test_a_second_device_signs_in_with_the_passphrase(new_phone: NewPhone) -> None:
    """A second browser signs in with the name and the words and has every entry; both see what the other adds."""
    phone = new_phone()
    phone.begins(FIRST)
    desk = new_phone(is_mobile=False, has_touch=False, viewport={"width": 1280, "height": 800})
    desk.signs_in(phone.login, phone.words)
    desk.reads(FIRST)
    desk.adds(SECOND)
    desk.is_kept_safe(SECOND)
    phone.locks()
    phone.unlocks()
    phone.goes("Entries")
    expect(phone.state_of(SECOND)).to_have_text(KEPT)


def test_a_second_device_signs_in_with_the_code_and_new_words(new_phone: NewPhone) -> None:
    """The code and new words open everything on another device; the old words no longer work."""
    phone = new_phone()
    phone.begins(FIRST)
    twelve, _ = phone.writes_down_the_code()
    other = new_phone()
    other.opens()
    other.asks_to_sign_in_with_code(
        phone.login, f"abandon {' '.join(['abandon'] * 10)} about", "ferry lantern oatmeal candle"
    )
    expect(other.problem()).to_contain_text("Check the name and the code, and try again.")
    other.field("Your code").fill(twelve)
    other.tap("Open")
    # Both fields were emptied, and the earlier error is gone.
    expect(other.page.get_by_text("This is needed too.")).to_be_visible()
    expect(other.page.get_by_text("Check the name and the code")).to_have_count(0)
    other.field("New words").fill("ferry lantern oatmeal candle")
    other.tap("Open")
    other.sees_place("What happened?")
    other.reads(FIRST)
    third = new_phone()
    third.opens()
    third.asks_to_sign_in(phone.login, phone.words)
    expect(third.problem()).to_contain_text("That did not match. Check the name and the words, and try again.")
    third.field("Your words").fill("ferry lantern oatmeal candle")
    third.tap("Open")
    third.sees_place("What happened?")
    third.reads(FIRST)


def test_a_line_asks_for_the_code_until_it_is_written_down(keeper: Keeper) -> None:
    """One quiet line asks for the code until it has been written down."""
    keeper.begins(FIRST)
    line = keeper.page.get_by_text("You have not written down your code yet.")
    keeper.locks()
    keeper.unlocks()
    expect(line).to_be_visible()
    keeper.writes_down_the_code()
    keeper.goes("Add")
    expect(line).to_have_count(0)
    # A new code replaces the old one: the screen says so first, and the line is back until the new code is checked.
    keeper.goes("More")
    keeper.tap(re.compile("^Your code, for paper"), exact=False)
    keeper.sees("A new one takes its place: what is on your paper then opens nothing.")
    keeper.field("Type your words").fill(keeper.words)
    keeper.tap("Make a new code")
    expect(keeper.page.locator(".letters")).to_be_visible()
    keeper.goes("More")
    expect(line).to_be_visible()
    keeper.sees("Not written down yet")


def test_additions_and_amendments_stay_readable(keeper: Keeper, server: Served) -> None:
    """After ten minutes, a card is an addition, and changed words are an amendment with a reason; nothing is lost."""
    keeper.page.clock.install()
    keeper.begins(FIRST)
    keeper.page.clock.fast_forward("11:00")
    keeper.unlocks_if_locked()
    keeper.reads(FIRST)
    keeper.opens_card("Who")
    keeper.field("Who did it?").fill("My ex")
    keeper.saves_card()
    expect(keeper.page.get_by_role("article").get_by_text("My ex", exact=True).first).to_be_visible()
    keeper.tap("Change the words or the time")
    keeper.field("What happened?").fill("He rang nine times after midnight.")
    keeper.tap("Save")
    keeper.field("Reason").fill("I counted again.")
    keeper.tap("Save the change")
    keeper.sees("He rang nine times after midnight.")
    keeper.tap("Everything you saved, with dates")
    history = keeper.page.locator(".history")
    expect(history).to_contain_text("First version")
    expect(history).to_contain_text("Added")
    expect(history).to_contain_text("Reason: I counted again.")
    expect(history).to_contain_text(f"Before: {FIRST}")
    keeper.goes("Entries")
    expect(keeper.state_of("He rang nine times")).to_have_text(KEPT)
    expect(keeper.row("He rang nine times")).to_contain_text(re.compile("changed"))


def test_an_unfinished_change_waits_and_is_not_saved_with_a_card(keeper: Keeper) -> None:
    """An unfinished change waits, is not saved with a card, and is gone after Cancel."""
    keeper.opens()
    keeper.first_entry(FIRST)
    keeper.puts_off_the_copy()
    article = keeper.page.get_by_role("article")
    half = "He was at the bus stop, and"
    keeper.reads(FIRST)
    keeper.tap("Change the words or the time")
    keeper.field("What happened?").fill(half)
    keeper.leaves()
    keeper.sees_notebook()
    keeper.asks_for_the_lock()
    keeper.unlocks()
    keeper.reads(FIRST)
    keeper.sees("Not saved yet")
    keeper.opens_card("Who")
    keeper.field("Who did it?").fill("My ex")
    # It also survives another screen without a lock.
    keeper.reads(FIRST)
    expect(keeper.page.get_by_role("button", name=re.compile("^Who Not saved yet$"))).to_be_visible()
    keeper.opens_card("Who")
    expect(keeper.field("Who did it?")).to_have_value("My ex")
    keeper.saves_card()
    expect(keeper.page.get_by_role("button", name=re.compile("^Who Not saved yet$"))).to_have_count(0)
    expect(article.get_by_text("My ex", exact=True).first).to_be_visible()
    expect(article.get_by_text(FIRST)).to_be_visible()
    keeper.tap("Messages and calls, one by one")
    keeper.tap("Add one")
    keeper.field("Its words, exactly").fill("Answer me")
    keeper.sees("Kept while you write.")
    keeper.reads(FIRST)
    keeper.tap("Messages and calls, one by one")
    expect(keeper.page.get_by_role("main")).to_contain_text("Answer me")
    keeper.tap("Leave without saving")
    keeper.reads(FIRST)
    keeper.tap("Change the words or the time")
    expect(keeper.field("What happened?")).to_have_value(half)
    keeper.tap("Cancel")
    expect(article.get_by_text("Not saved yet")).to_have_count(0)
    keeper.opens_card("Who")
    keeper.field("Who did it?").fill("My ex and a friend")
    keeper.saves_card()
    expect(article.get_by_text("My ex and a friend", exact=True).first).to_be_visible()
    expect(article.get_by_text(FIRST)).to_be_visible()
    keeper.tap("Change the words or the time")
    expect(keeper.field("What happened?")).to_have_value(FIRST)

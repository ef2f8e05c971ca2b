"""From "saved on this phone only" to "backed up", and to a second device, with words or with the code."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper

FIRST_NARRATIVE = "He rang eleven times after midnight."
SECOND_NARRATIVE = "A letter with no stamp was on the mat."


def test_written_offline_is_kept_safe_once_there_is_signal(keeper: BrowserKeeper) -> None:
    """Entries written offline are sent after a later registration, in order, and keep their numbers."""
    keeper.open_without_diary()
    keeper.wait_until_loaded()
    keeper.page.context.set_offline(True)
    keeper.write_first_entry(FIRST_NARRATIVE)
    keeper.postpone_copy()
    keeper.add_entry(SECOND_NARRATIVE)
    keeper.page.context.set_offline(False)
    keeper.go_to_tab("More")
    keeper.tap("Set up a backup", exact=False)
    keeper.register_copy()
    keeper.wait_until_kept_safe(SECOND_NARRATIVE)
    expect(keeper.entry_state(FIRST_NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)
    expect(keeper.entry_row(FIRST_NARRATIVE).get_by_text("No. 1", exact=True)).to_be_visible()
    expect(keeper.entry_row(SECOND_NARRATIVE).get_by_text("No. 2", exact=True)).to_be_visible()


@pytest.mark.slow  # the test with the code and new words is in every `make test`
def test_a_second_device_signs_in_with_the_passphrase(new_phone: NewPhone) -> None:
    """A second browser signs in with the name and the words and has every entry. Both show what the other adds."""
    phone = new_phone()
    phone.create_registered_diary(FIRST_NARRATIVE)
    desk = new_phone(is_mobile=False, has_touch=False, viewport={"width": 1280, "height": 800})
    desk.sign_in(phone.login, phone.passphrase)
    desk.open_entry(FIRST_NARRATIVE)
    desk.add_entry(SECOND_NARRATIVE)
    desk.wait_until_kept_safe(SECOND_NARRATIVE)
    phone.lock()
    phone.unlock()
    phone.go_to_tab("Entries")
    expect(phone.entry_state(SECOND_NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)


def test_a_second_device_signs_in_with_the_code_and_new_words(new_phone: NewPhone) -> None:
    """The code and new words open everything on another device. The old words no longer work."""
    phone = new_phone()
    phone.create_registered_diary(FIRST_NARRATIVE)
    code_words, _ = phone.write_down_recovery_code()
    other = new_phone()
    other.open_without_diary()
    other.submit_sign_in_with_code(
        phone.login, f"abandon {' '.join(['abandon'] * 10)} about", "ferry lantern oatmeal candle"
    )
    expect(other.error_message()).to_contain_text("Check the username and the recovery code, and try again.")
    other.field("Your recovery code").fill(code_words)
    other.tap("Open")
    # Both fields were emptied, and the earlier error is gone.
    expect(other.page.get_by_text("This is needed too.")).to_be_visible()
    expect(other.page.get_by_text("Check the username and the recovery code")).to_have_count(0)
    other.field("New password").fill("ferry lantern oatmeal candle")
    other.tap("Open")
    other.wait_for_screen("What happened?")
    other.open_entry(FIRST_NARRATIVE)
    third = new_phone()
    third.open_without_diary()
    third.submit_sign_in(phone.login, phone.passphrase)
    expect(third.error_message()).to_contain_text("Check the username and the password, and try again.")
    third.field("Your password").fill("ferry lantern oatmeal candle")
    third.tap("Open")
    third.wait_for_screen("What happened?")
    third.open_entry(FIRST_NARRATIVE)


def test_a_line_asks_for_the_code_until_it_is_written_down(keeper: BrowserKeeper) -> None:
    """A quiet line asks for the code until it has been written down."""
    keeper.create_registered_diary(FIRST_NARRATIVE)
    line = keeper.page.get_by_text("You have not written down your recovery code yet.")
    keeper.lock()
    keeper.unlock()
    expect(line).to_be_visible()
    keeper.write_down_recovery_code()
    keeper.go_to_tab("Add")
    expect(line).to_have_count(0)
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Your backup is set up"), exact=False)
    keeper.wait_for_screen("Your backup is set up")
    expect(keeper.page.get_by_role("button", name="Write down my recovery code")).to_have_count(0)
    keeper.tap("Done")
    # A new code replaces the old one: the screen explains that first, and the line is back until the new code is
    # checked.
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Your recovery code"), exact=False)
    keeper.wait_for_text("As soon as the new one is shown, the old one no longer opens your diary.")
    keeper.field("Type your password").fill(keeper.passphrase)
    keeper.tap("Make a new recovery code")
    expect(keeper.page.locator(".letters")).to_be_visible()
    keeper.go_to_tab("More")
    expect(line).to_be_visible()
    keeper.tap(re.compile("^Keeping it safe"))
    keeper.wait_for_text("Not written down yet")


def test_additions_and_amendments_stay_readable(keeper: BrowserKeeper, server: LiveServer) -> None:
    """After ten minutes, a card is an addition, and changed words are an amendment with a reason; nothing is lost."""
    keeper.page.clock.install()
    keeper.create_registered_diary(FIRST_NARRATIVE)
    keeper.page.clock.fast_forward("11:00")
    keeper.unlock_if_locked()
    keeper.open_entry(FIRST_NARRATIVE)
    keeper.open_card("Who")
    keeper.field("Who did it?").fill("My ex")
    keeper.save_card()
    expect(keeper.page.get_by_role("article").get_by_text("My ex", exact=True).first).to_be_visible()
    keeper.tap("Change the words or the time")
    keeper.field("What happened?").fill("He rang nine times after midnight.")
    keeper.tap("Save")
    keeper.field("Reason").fill("I counted again.")
    keeper.tap("Save the change")
    keeper.wait_for_text("He rang nine times after midnight.")
    keeper.tap("Everything you saved, with dates")
    history = keeper.page.locator(".history")
    expect(history).to_contain_text("First version")
    expect(history).to_contain_text("Added")
    expect(history).to_contain_text("Reason: I counted again.")
    expect(history).to_contain_text(f"Before: {FIRST_NARRATIVE}")
    keeper.go_to_tab("Entries")
    expect(keeper.entry_state("He rang nine times")).to_have_text(KEPT_SAFE_PATTERN)
    expect(keeper.entry_row("He rang nine times")).to_contain_text(re.compile("changed"))


def test_an_unfinished_change_waits_and_is_not_saved_with_a_card(keeper: BrowserKeeper) -> None:
    """An unfinished change waits, is not saved with a card, and is gone after Cancel."""
    keeper.open_without_diary()
    keeper.write_first_entry(FIRST_NARRATIVE)
    keeper.postpone_copy()
    article = keeper.page.get_by_role("article")
    half_sentence = "He was at the bus stop, and"
    keeper.open_entry(FIRST_NARRATIVE)
    keeper.tap("Change the words or the time")
    keeper.field("What happened?").fill(half_sentence)
    keeper.leave()
    keeper.wait_for_notebook()
    keeper.open_lock_from_notebook()
    keeper.unlock()
    keeper.open_entry(FIRST_NARRATIVE)
    keeper.wait_for_text("Not saved yet")
    keeper.open_card("Who")
    keeper.field("Who did it?").fill("My ex")
    # It also survives another screen without a lock.
    keeper.open_entry(FIRST_NARRATIVE)
    expect(keeper.page.get_by_role("button", name=re.compile("^Who Not saved yet$"))).to_be_visible()
    keeper.open_card("Who")
    expect(keeper.field("Who did it?")).to_have_value("My ex")
    keeper.save_card()
    expect(keeper.page.get_by_role("button", name=re.compile("^Who Not saved yet$"))).to_have_count(0)
    expect(article.get_by_text("My ex", exact=True).first).to_be_visible()
    expect(article.get_by_text(FIRST_NARRATIVE)).to_be_visible()
    keeper.tap("Messages and calls, one by one")
    keeper.tap("Add one")
    keeper.field("Its words, exactly").fill("Answer me")
    keeper.wait_for_text("Kept while you write.")
    keeper.open_entry(FIRST_NARRATIVE)
    keeper.tap("Messages and calls, one by one")
    expect(keeper.page.get_by_role("main")).to_contain_text("Answer me")
    keeper.tap("Leave without saving")
    keeper.open_entry(FIRST_NARRATIVE)
    keeper.tap("Change the words or the time")
    expect(keeper.field("What happened?")).to_have_value(half_sentence)
    keeper.tap("Cancel")
    expect(article.get_by_text("Not saved yet")).to_have_count(0)
    keeper.open_card("Who")
    keeper.field("Who did it?").fill("My ex and a friend")
    keeper.save_card()
    expect(article.get_by_text("My ex and a friend", exact=True).first).to_be_visible()
    expect(article.get_by_text(FIRST_NARRATIVE)).to_be_visible()
    keeper.tap("Change the words or the time")
    expect(keeper.field("What happened?")).to_have_value(FIRST_NARRATIVE)

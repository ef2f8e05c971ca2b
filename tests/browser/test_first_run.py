"""From a phone without a diary to words sealed on it, offline; nothing typed is ever lost."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.live_server import LiveServer
from tests.browser.navigators.keeper import ONLY_ON_PHONE_PATTERN, BrowserKeeper

pytestmark = pytest.mark.first_visit

NARRATIVE = "He stood across the road from ten to eight until the bus came."


def write_first_entry_offline(phone: BrowserKeeper) -> None:
    """Write the first line, save it and choose the words, until the entry is sealed on the phone."""
    phone.confirm_phone_is_safe()
    phone.type_narrative(NARRATIVE)
    phone.choose_time("Just now")
    phone.tap("Save")
    phone.choose_passphrase()
    expect(phone.page.locator(".state").first).to_have_text(ONLY_ON_PHONE_PATTERN)


def test_the_first_entry_is_saved_offline(new_phone: NewPhone) -> None:
    """The first entry is saved on an offline phone with a slowed processor."""
    # Given a phone whose browser has opened the page once
    phone = new_phone()
    phone.open_without_diary()
    phone.wait_until_loaded()
    # and that has no signal and a slow processor
    phone.page.context.set_offline(True)
    chromium.throttle_cpu(phone.page, 4)
    # When its keeper writes the first line and saves it, then it is sealed on this phone
    write_first_entry_offline(phone)


def test_offline_reload_keeps_the_entry(keeper: BrowserKeeper) -> None:
    """After an offline reload, the lock opens with the words and the entry is there."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    keeper.postpone_copy()
    keeper.page.reload()
    keeper.wait_for_lock()
    keeper.unlock()
    keeper.open_entry(NARRATIVE)
    expect(keeper.page.locator(".state").first).to_have_text(ONLY_ON_PHONE_PATTERN)


def _type_text(keeper: BrowserKeeper) -> None:
    keeper.confirm_phone_is_safe()
    keeper.type_narrative(NARRATIVE)
    keeper.wait_for_sealed_draft()


def _choose_time(keeper: BrowserKeeper) -> None:
    _type_text(keeper)
    keeper.choose_time("Yesterday")
    keeper.wait_for_sealed_draft()


def _go_to_words(keeper: BrowserKeeper) -> None:
    _choose_time(keeper)
    keeper.tap("Save")
    keeper.wait_for_screen("Choose a password")


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(_type_text, marks=pytest.mark.slow),
        pytest.param(_choose_time, marks=pytest.mark.slow),
        _go_to_words,
    ],
    ids=["text", "time", "words"],
)
def test_a_draft_survives_a_kill_before_the_first_save(
    new_profile: NewProfile, server: LiveServer, step: Callable[[BrowserKeeper], None]
) -> None:
    """When the browser is killed at any step before there are words, the draft is still there."""
    profile = new_profile()
    keeper = BrowserKeeper(profile.open().new_page(), server.app_url)
    keeper.open_without_diary()
    step(keeper)
    profile.kill()
    second = BrowserKeeper(profile.open().new_page(), server.app_url)
    second.page.goto(server.app_url)
    second.button("Start").click()
    second.tap("Yes")
    expect(second.field("What happened?")).to_have_value(NARRATIVE)


def test_an_entry_survives_a_kill_after_saving(new_profile: NewProfile, server: LiveServer) -> None:
    """When the browser is killed right after saving, the words open the diary, and a newer draft is there too."""
    profile = new_profile()
    keeper = BrowserKeeper(profile.open().new_page(), server.app_url)
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    profile.kill()
    second = BrowserKeeper(profile.open().new_page(), server.app_url)
    second.passphrase = keeper.passphrase
    second.open_locked()
    second.unlock()
    second.type_narrative("A second line, not saved")
    second.wait_for_sealed_draft()
    profile.kill()
    third = BrowserKeeper(profile.open().new_page(), server.app_url)
    third.passphrase = keeper.passphrase
    third.open_locked()
    third.unlock()
    expect(third.field("What happened?")).to_have_value("A second line, not saved")
    third.open_entry(NARRATIVE)


def test_own_words_are_typed_twice_and_must_be_long(keeper: BrowserKeeper) -> None:
    """The keeper's own words need twelve characters and must be typed twice the same."""
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    keeper.type_narrative(NARRATIVE)
    keeper.choose_time("Not sure")
    keeper.tap("Save")
    keeper.wait_for_screen("Choose a password")
    keeper.field("Type your password").fill("too short")
    keeper.tap("Save with this password")
    keeper.wait_for_text("Use at least 12 characters.")
    keeper.field("Type your password").fill("seven purple umbrellas")
    keeper.tap("Save with this password")
    keeper.field("Type it once more").fill("seven purple umbrella")
    keeper.tap("Save with this password")
    keeper.wait_for_text("The two are not the same. Type it once more.")
    keeper.field("Type it once more").fill("seven purple umbrellas")
    keeper.tap("Save with this password")
    keeper.wait_for_screen("Set up a backup")


def test_the_keeper_chooses_between_the_two_hours(keeper: BrowserKeeper) -> None:
    """01:30 on 25 October came twice: the keeper chooses one, and the entry shows it."""
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    keeper.type_narrative(NARRATIVE)
    keeper.choose_time("Pick a time")
    keeper.pick_chip("Exact")
    keeper.field("Date").fill("2026-10-25")
    keeper.field("Time").fill("01:30")
    keeper.pick_chip("The second")
    keeper.tap("Save")
    keeper.choose_passphrase()
    keeper.postpone_copy()
    keeper.open_entry(NARRATIVE)
    keeper.wait_for_screen(re.compile(r"25 October 2026.*01:30"))

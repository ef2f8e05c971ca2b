"""From a phone that holds nothing to words sealed on it, offline, and nothing typed is ever lost."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.navigators.keeper import SEALED_HERE, Keeper
from tests.browser.serving import Served

pytestmark = pytest.mark.first_visit

TEXT = "He stood across the road from ten to eight until the bus came."


@pytest.mark.timed
def test_first_line_offline_in_eight_taps_and_six_seconds(new_phone: NewPhone, server: Served) -> None:
    """First line: at most eight taps besides typing and six seconds of machine time, offline, at 4×."""
    # Given a phone whose browser has opened the page once
    phone = new_phone()
    phone.opens()
    phone.has_loaded()
    # and that has no signal and a slow processor
    phone.page.context.set_offline(True)
    chromium.slow(phone.page, 4)
    # When its keeper writes the first line and saves it
    began = time.monotonic()
    phone.starts()
    phone.writes(TEXT)
    phone.chooses("Just now")
    phone.tap("Save")
    phone.chooses_words()
    # Then it is sealed on this phone
    expect(phone.page.locator(".state").first).to_have_text(SEALED_HERE)
    spent = time.monotonic() - began
    assert phone.taps <= 8
    assert spent <= 6, f"{spent:.1f} s"


def test_offline_reload_keeps_the_entry(keeper: Keeper) -> None:
    """Offline, across a reload: the lock, the words, the entry."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.is_offline_ready()
    keeper.page.context.set_offline(True)
    keeper.puts_off_the_copy()
    keeper.page.reload()
    keeper.sees_lock()
    keeper.unlocks()
    keeper.reads(TEXT)
    expect(keeper.page.locator(".state").first).to_have_text(SEALED_HERE)


def _to_text(keeper: Keeper) -> None:
    keeper.starts()
    keeper.writes(TEXT)
    keeper.draft_is_sealed()


def _to_time(keeper: Keeper) -> None:
    _to_text(keeper)
    keeper.chooses("Yesterday")
    keeper.draft_is_sealed()


def _to_words(keeper: Keeper) -> None:
    _to_time(keeper)
    keeper.tap("Save")
    keeper.sees_place("Choose words that open this")


@pytest.mark.parametrize(
    "step",
    [pytest.param(_to_text, marks=pytest.mark.slow), pytest.param(_to_time, marks=pytest.mark.slow), _to_words],
    ids=["text", "time", "words"],
)
def test_killed_before_the_first_save_the_draft_stands(new_profile: NewProfile, server: Served, step) -> None:  # type: ignore[no-untyped-def]
    """Killed after any step before there are words: what was typed is there again."""
    profile = new_profile()
    keeper = Keeper(profile.open().new_page(), server.app_url)
    keeper.opens()
    step(keeper)
    profile.kill()
    again = Keeper(profile.open().new_page(), server.app_url)
    again.page.goto(server.app_url)
    again.button("Start").click()
    again.tap("Yes")
    expect(again.field("What happened?")).to_have_value(TEXT)


def test_killed_after_save_the_entry_stands(new_profile: NewProfile, server: Served) -> None:
    """Killed the moment the screen says sealed: it opens with the words, and a draft begun since is there."""
    profile = new_profile()
    keeper = Keeper(profile.open().new_page(), server.app_url)
    keeper.opens()
    keeper.first_entry(TEXT)
    profile.kill()
    again = Keeper(profile.open().new_page(), server.app_url)
    again.words = keeper.words
    again.opens_locked()
    again.unlocks()
    again.writes("A second line, not saved")
    again.draft_is_sealed()
    profile.kill()
    third = Keeper(profile.open().new_page(), server.app_url)
    third.words = keeper.words
    third.opens_locked()
    third.unlocks()
    expect(third.field("What happened?")).to_have_value("A second line, not saved")
    third.reads(TEXT)


def test_own_words_are_typed_twice_and_must_be_long(keeper: Keeper) -> None:
    """Own words: twelve characters or more, and the same both times."""
    keeper.opens()
    keeper.starts()
    keeper.writes(TEXT)
    keeper.chooses("Not sure")
    keeper.tap("Save")
    keeper.sees_place("Choose words that open this")
    keeper.field("Type your words").fill("too short")
    keeper.tap("Save with these words")
    keeper.sees("Use at least 12 characters.")
    keeper.field("Type your words").fill("seven purple umbrellas")
    keeper.tap("Save with these words")
    keeper.field("Type them once more").fill("seven purple umbrella")
    keeper.tap("Save with these words")
    keeper.sees("The two are not the same. Type them once more.")
    keeper.field("Type them once more").fill("seven purple umbrellas")
    keeper.tap("Save with these words")
    keeper.sees_place("Keep a copy off this phone")


def test_repeated_hour_is_asked_about(keeper: Keeper) -> None:
    """01:30 on 25 October came twice: the keeper says which, and the entry shows it."""
    keeper.opens()
    keeper.starts()
    keeper.writes(TEXT)
    keeper.chooses("Pick a time")
    keeper.picks("Exact")
    keeper.field("Date").fill("2026-10-25")
    keeper.field("Time").fill("01:30")
    keeper.picks("The second")
    keeper.tap("Save")
    keeper.chooses_words()
    keeper.puts_off_the_copy()
    keeper.reads(TEXT)
    keeper.sees_place(re.compile(r"25 October 2026.*01:30"))

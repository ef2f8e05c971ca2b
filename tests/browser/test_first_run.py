"""From a phone without a diary to words sealed on it, offline; nothing typed is ever lost."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.navigators.keeper import SEALED_HERE, Keeper
from tests.browser.serving import Served

pytestmark = pytest.mark.first_visit

TEXT = "He stood across the road from ten to eight until the bus came."


@pytest.mark.timed
def test_the_first_entry_takes_eight_taps_and_six_seconds_offline(new_phone: NewPhone, server: Served) -> None:
    """The first entry takes at most eight taps besides typing,
    and six seconds of machine time, offline on a slowed processor.
    """
    # Given a phone whose browser has opened the page once
    phone = new_phone()
    phone.opens()
    phone.has_loaded()
    # and that has no signal and a slow processor
    phone.page.context.set_offline(True)
    chromium.slow(phone.page, 4)
    # When its keeper writes the first line and saves it
    start = time.monotonic()
    phone.starts()
    phone.writes(TEXT)
    phone.chooses("Just now")
    phone.tap("Save")
    phone.chooses_words()
    # Then it is sealed on this phone
    expect(phone.page.locator(".state").first).to_have_text(SEALED_HERE)
    seconds = time.monotonic() - start
    assert phone.taps <= 8
    assert seconds <= 6, f"{seconds:.1f} s"


def test_offline_reload_keeps_the_entry(keeper: Keeper) -> None:
    """After an offline reload, the lock opens with the words and the entry is there."""
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


def _type_text(keeper: Keeper) -> None:
    keeper.starts()
    keeper.writes(TEXT)
    keeper.draft_is_sealed()


def _choose_time(keeper: Keeper) -> None:
    _type_text(keeper)
    keeper.chooses("Yesterday")
    keeper.draft_is_sealed()


def _reach_words(keeper: Keeper) -> None:
    _choose_time(keeper)
    keeper.tap("Save")
    keeper.sees_place("Choose words that open this")


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(_type_text, marks=pytest.mark.slow),
        pytest.param(_choose_time, marks=pytest.mark.slow),
        _reach_words,
    ],
    ids=["text", "time", "words"],
)
def test_a_draft_survives_a_kill_before_the_first_save(
    new_profile: NewProfile, server: Served, step: Callable[[Keeper], None]
) -> None:
    """When the browser is killed at any step before there are words, the draft is still there."""
    profile = new_profile()
    keeper = Keeper(profile.open().new_page(), server.app_url)
    keeper.opens()
    step(keeper)
    profile.kill()
    second = Keeper(profile.open().new_page(), server.app_url)
    second.page.goto(server.app_url)
    second.button("Start").click()
    second.tap("Yes")
    expect(second.field("What happened?")).to_have_value(TEXT)


def test_an_entry_survives_a_kill_after_saving(new_profile: NewProfile, server: Served) -> None:
    """When the browser is killed right after saving, the words open the diary, and a newer draft is there too."""
    profile = new_profile()
    keeper = Keeper(profile.open().new_page(), server.app_url)
    keeper.opens()
    keeper.first_entry(TEXT)
    profile.kill()
    second = Keeper(profile.open().new_page(), server.app_url)
    second.words = keeper.words
    second.opens_locked()
    second.unlocks()
    second.writes("A second line, not saved")
    second.draft_is_sealed()
    profile.kill()
    third = Keeper(profile.open().new_page(), server.app_url)
    third.words = keeper.words
    third.opens_locked()
    third.unlocks()
    expect(third.field("What happened?")).to_have_value("A second line, not saved")
    third.reads(TEXT)


def test_own_words_are_typed_twice_and_must_be_long(keeper: Keeper) -> None:
    """One's own words need twelve characters, and must be typed twice the same."""
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


def test_the_keeper_chooses_between_the_two_hours(keeper: Keeper) -> None:
    """01:30 on 25 October came twice: the keeper chooses one, and the entry shows it."""
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

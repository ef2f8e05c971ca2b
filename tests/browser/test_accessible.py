"""The real app, taken through its states as a person would: nothing for axe to find, by day and by night."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import agrees, goes_to_consent
from tests.browser.pictures import heic, png, upload

TEXT = "He was at the gate again, and called my name."


class Judged:
    """Collects what is wrong, by the name of the state."""

    def __init__(self, keeper: Keeper) -> None:
        """Of one phone."""
        self.keeper = keeper
        self.found: dict[str, list[str]] = {}
        self.states = 0

    def __call__(self, state: str) -> None:
        """Judge the page as it stands."""
        self.keeper.page.wait_for_timeout(100)  # a state line is drawn, a sheet has opened
        self.states += 1
        if wrong := faults(self.keeper.page):
            self.found[state] = wrong


@pytest.mark.slow  # test_screens.py judges the same screens in every `make test`
def test_every_state_on_the_way_is_accessible(new_phone: NewPhone) -> None:
    """From a new phone to a pack: no violation, no small target, one h1, no sideways scrolling in any state met."""
    keeper = new_phone()
    judged = Judged(keeper)
    _first_run(keeper, judged)
    _entry(keeper, judged)
    _around(keeper, judged)
    _pack(keeper, judged)
    _locked(keeper, judged)
    assert judged.found == {}
    assert judged.states > 30


def _first_run(keeper: Keeper, judged: Judged) -> None:
    keeper.opens()
    judged("start")
    keeper.tap("Start")
    judged("safe to write")
    keeper.tap("Yes")
    keeper.sees_place("What happened?")
    judged("first line")
    keeper.button("Save").dispatch_event("click")  # it says that it cannot yet
    judged("nothing to save")
    keeper.writes(TEXT)
    keeper.chooses("Pick a time")
    judged("a time being picked")
    keeper.chooses("Just now")
    keeper.tap("Save")
    keeper.sees_place("Choose words that open this")
    judged("words")
    keeper.tap("Save with these words")
    judged("no words typed")
    keeper.chooses_words()
    judged("copy")
    keeper.asks_for_a_copy()
    keeper.sees_place("Your sign-in name")
    judged("name")
    keeper.tap("Later")


def _entry(keeper: Keeper, judged: Judged) -> None:
    keeper.is_kept_safe(TEXT)
    judged("entries")
    keeper.reads(TEXT)
    judged("entry")
    keeper.opens_card("Photos & screenshots")
    judged("files, none")
    keeper.picks_files([upload("screen.png", "image/png", png()), upload("IMG_1.HEIC", "image/heic", heic())])
    keeper.has_file("screen.png")
    keeper.has_file("IMG_1.HEIC")
    judged("files")
    cards = keeper.page.locator("main .rows button[aria-expanded]")
    for n in range(cards.count()):
        if cards.nth(n).get_attribute("aria-expanded") != "true":
            cards.nth(n).click()
        judged(f"card {n}")
    keeper.goes("Entries")
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")
    keeper.tile("screen.png").first.click()
    keeper.page.get_by_role("heading", level=1).wait_for()
    judged("a picture")


def _around(keeper: Keeper, judged: Judged) -> None:
    keeper.goes("More")
    rows = keeper.page.locator("main .rows button")
    for n in range(rows.count()):
        name = rows.nth(n).inner_text().split("\n")[0]
        rows.nth(n).click()
        judged(f"more: {name}")
        keeper.goes("More")
    keeper.tap("Help")
    judged("help")


def _pack(keeper: Keeper, judged: Judged) -> None:
    keeper.goes("Share")
    judged("share")
    goes_to_consent(keeper, 2)
    judged("consent")
    agrees(keeper)
    judged("being made")
    expect(keeper.heading(re.compile("Your pack is ready"))).to_be_visible(timeout=120_000)
    judged("ready")


def _locked(keeper: Keeper, judged: Judged) -> None:
    keeper.locks()
    judged("lock")
    keeper.tries_words("not these words at all")
    expect(keeper.problem()).to_be_visible()
    judged("lock, wrong words")

"""The real app, taken through its screens as a person would: axe finds no fault, by day or by night."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import agrees, goes_to_consent
from tests.browser.pictures import heic, png, upload

TEXT = "He was at the gate again, and called my name."


class Judge:
    """Collects the faults of each screen, by the screen's name."""

    def __init__(self, keeper: Keeper) -> None:
        """Judge one phone."""
        self.keeper = keeper
        self.found: dict[str, list[str]] = {}
        self.states = 0

    def __call__(self, state: str) -> None:
        """Judge the page as it is now."""
        self.keeper.page.wait_for_timeout(100)  # let a state line be drawn or a sheet open
        self.states += 1
        if found_faults := faults(self.keeper.page):
            self.found[state] = found_faults


@pytest.mark.slow  # test_screens.py judges the same screens in every `make test`
def test_every_screen_from_first_entry_to_pack_is_accessible(new_phone: NewPhone) -> None:
    """From a new phone to a pack, no screen has an axe violation, a small target, a second h1 or sideways scrolling."""
    keeper = new_phone()
    judge = Judge(keeper)
    _judge_first_run(keeper, judge)
    _judge_entry(keeper, judge)
    _judge_more(keeper, judge)
    _judge_pack(keeper, judge)
    _judge_lock(keeper, judge)
    assert judge.found == {}
    assert judge.states > 30


def _judge_first_run(keeper: Keeper, judge: Judge) -> None:
    keeper.opens()
    judge("start")
    keeper.tap("Start")
    judge("safe to write")
    keeper.tap("Yes")
    keeper.sees_place("What happened?")
    judge("first line")
    keeper.button("Save").dispatch_event("click")  # it says that there is nothing to save yet
    judge("nothing to save")
    keeper.writes(TEXT)
    keeper.chooses("Pick a time")
    judge("a time being picked")
    keeper.chooses("Just now")
    keeper.tap("Save")
    keeper.sees_place("Choose words that open this")
    judge("words")
    keeper.tap("Save with these words")
    judge("no words typed")
    keeper.chooses_words()
    judge("copy")
    keeper.asks_for_a_copy()
    keeper.sees_place("Your sign-in name")
    judge("name")
    keeper.tap("Later")


def _judge_entry(keeper: Keeper, judge: Judge) -> None:
    keeper.is_kept_safe(TEXT)
    judge("entries")
    keeper.reads(TEXT)
    judge("entry")
    keeper.opens_card("Photos & screenshots")
    judge("files, none")
    keeper.picks_files([upload("screen.png", "image/png", png()), upload("IMG_1.HEIC", "image/heic", heic())])
    keeper.has_file("screen.png")
    keeper.has_file("IMG_1.HEIC")
    judge("files")
    cards = keeper.page.locator("main .rows button[aria-expanded]")
    for n in range(cards.count()):
        if cards.nth(n).get_attribute("aria-expanded") != "true":
            cards.nth(n).click()
        judge(f"card {n}")
    keeper.goes("Entries")
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")
    keeper.tile("screen.png").first.click()
    keeper.page.get_by_role("heading", level=1).wait_for()
    judge("a picture")


def _judge_more(keeper: Keeper, judge: Judge) -> None:
    keeper.goes("More")
    rows = keeper.page.locator("main .rows button")
    for n in range(rows.count()):
        name = rows.nth(n).inner_text().split("\n")[0]
        rows.nth(n).click()
        judge(f"more: {name}")
        keeper.goes("More")
    keeper.tap("Help")
    judge("help")


def _judge_pack(keeper: Keeper, judge: Judge) -> None:
    keeper.goes("Share")
    judge("share")
    goes_to_consent(keeper, 2)
    judge("consent")
    agrees(keeper)
    judge("being made")
    expect(keeper.heading(re.compile("Your pack is ready"))).to_be_visible(timeout=120_000)
    judge("ready")


def _judge_lock(keeper: Keeper, judge: Judge) -> None:
    keeper.locks()
    judge("lock")
    keeper.tries_words("not these words at all")
    expect(keeper.problem()).to_be_visible()
    judge("lock, wrong words")

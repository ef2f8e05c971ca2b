"""The real app, taken through its screens as a person would: axe finds no fault, by day or by night."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import PAGES_OF_MORE, BrowserKeeper
from tests.browser.navigators.sharing import give_consent, go_to_consent
from tests.browser.pictures import make_heic, make_png, picker_file

NARRATIVE = "He was at the gate again, and called my name."


class AccessibilityAudit:
    """Collects the faults of each screen, by the screen's name."""

    def __init__(self, keeper: BrowserKeeper) -> None:
        """Judge one phone."""
        self.keeper = keeper
        self.faults_by_screen: dict[str, list[str]] = {}
        self.states = 0

    def __call__(self, state: str) -> None:
        """Judge the page as it is now."""
        self.keeper.page.wait_for_timeout(100)  # let a state line be drawn or a sheet open
        self.states += 1
        if found_faults := accessibility_faults(self.keeper.page):
            self.faults_by_screen[state] = found_faults


@pytest.mark.slow  # test_screens.py judges the same screens in every `make test`
def test_every_screen_from_first_entry_to_pack_is_accessible(new_phone: NewPhone) -> None:
    """From a new phone to a pack, no screen has an axe violation, a small target, a second h1 or sideways scrolling."""
    keeper = new_phone()
    judge = AccessibilityAudit(keeper)
    _audit_first_run(keeper, judge)
    _audit_entry(keeper, judge)
    _audit_more(keeper, judge)
    _audit_pack(keeper, judge)
    _audit_lock(keeper, judge)
    assert judge.faults_by_screen == {}
    assert judge.states > 30


def _audit_first_run(keeper: BrowserKeeper, audit: AccessibilityAudit) -> None:
    keeper.open_without_diary()
    audit("start")
    keeper.tap("Start")
    audit("safe to write")
    keeper.tap("Yes")
    keeper.wait_for_screen("What happened?")
    audit("first line")
    keeper.button("Save").dispatch_event("click")  # the screen shows that there is nothing to save yet
    audit("nothing to save")
    keeper.type_narrative(NARRATIVE)
    keeper.choose_time("Pick a time")
    audit("a time being picked")
    keeper.choose_time("Just now")
    keeper.tap("Save")
    keeper.wait_for_screen("Choose a password")
    audit("words")
    keeper.tap("Save with this password")
    audit("no words typed")
    keeper.choose_passphrase()
    audit("copy")
    keeper.request_copy()
    keeper.wait_for_screen("Your username")
    audit("name")
    keeper.tap("Later")


def _audit_entry(keeper: BrowserKeeper, audit: AccessibilityAudit) -> None:
    keeper.wait_until_kept_safe(NARRATIVE)
    audit("entries")
    keeper.open_entry(NARRATIVE)
    audit("entry")
    keeper.open_card("Photos & screenshots")
    audit("files, none")
    keeper.pick_files(
        [picker_file("screen.png", "image/png", make_png()), picker_file("IMG_1.HEIC", "image/heic", make_heic())]
    )
    keeper.wait_for_file("screen.png")
    keeper.wait_for_file("IMG_1.HEIC")
    audit("files")
    cards = keeper.page.locator("main .rows button[aria-expanded]")
    for n in range(cards.count()):
        if cards.nth(n).get_attribute("aria-expanded") != "true":
            cards.nth(n).click()
        audit(f"card {n}")
    keeper.go_to_tab("Entries")
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.file_tile("screen.png").first.click()
    keeper.page.get_by_role("heading", level=1).wait_for()
    audit("a picture")


def _audit_more(keeper: BrowserKeeper, audit: AccessibilityAudit) -> None:
    rows = keeper.page.locator("main .rows button")
    keeper.go_to_tab("More")
    keeper.wait_for_screen("More")
    for n in range(rows.count()):
        name = rows.nth(n).inner_text().split("\n")[0]
        rows.nth(n).click()
        audit(f"more: {name}")
        if name in PAGES_OF_MORE:
            for k in range(rows.count()):
                title = rows.nth(k).inner_text().split("\n")[0]
                rows.nth(k).click()
                audit(f"more: {name}: {title}")
                keeper.page.go_back()
                keeper.wait_for_screen(name)
        keeper.go_to_tab("More")
        keeper.wait_for_screen("More")
    keeper.tap("Help")
    audit("help")


def _audit_pack(keeper: BrowserKeeper, audit: AccessibilityAudit) -> None:
    keeper.go_to_tab("Share")
    audit("share")
    go_to_consent(keeper, 2)
    audit("consent")
    give_consent(keeper)
    audit("being made")
    expect(keeper.heading(re.compile("Your pack is ready"))).to_be_visible(timeout=120_000)
    audit("ready")


def _audit_lock(keeper: BrowserKeeper, audit: AccessibilityAudit) -> None:
    keeper.lock()
    audit("lock")
    keeper.try_passphrase("not these words at all")
    expect(keeper.error_message()).to_be_visible()
    audit("lock, wrong words")

"""The first screen after the lock: the draft or an empty Add, and nothing that somebody beside the phone may read."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from diary.clock import SystemClock
from tests.browser import chromium
from tests.browser.advocate_screens import QUESTION_WAITING
from tests.browser.conftest import NewPhone
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.registers import RegisterScreens
from tests.browser.screen_steps import OPEN_DIARY, go_to_screen, js
from tests.browser.test_languages_screens import choose_language
from tests.browser.test_screens import FOLLOW_UPS, address, show
from tests.browser.test_screens_driven import OpenPage

__all__ = ["address", "show"]
NARRATIVE = "SENTINELENTRY he waited by the gate"
HALF_SENTENCE = "SENTINELDRAFT half a sent"
FORCE = "SENTINELFORCE"
DAY_SECONDS = 86_400
DESKTOP = chromium.DESKTOP_OPTIONS | {"is_mobile": False, "has_touch": False}
UNTIL_FREE_SCRIPT = """async () => {
  while ((await navigator.locks.query()).held.length) await new Promise((go) => setTimeout(go, 20));
}"""
SOMETHING = "Something to look at"


def write_what_is_due(keeper: BrowserKeeper) -> None:
    """Note a visit of the police, who should say more tomorrow."""
    registers = RegisterScreens(keeper)
    registers.open("The police came")
    keeper.wait_for_screen("The police came")
    tomorrow = datetime.fromtimestamp(SystemClock().now_ms() / 1000 + DAY_SECONDS, UTC).date().isoformat()
    registers.fill({"Which police force?": FORCE, "When should you hear from them?": tomorrow})
    registers.save(FORCE)


def assert_first_screen(keeper: BrowserKeeper, draft: str = "") -> None:
    """Assert that Add is shown with this draft; no other text of the diary, and no number."""
    keeper.wait_for_screen("What happened?")
    expect(keeper.field("What happened?")).to_have_value(draft)
    expect(keeper.button(SOMETHING)).to_be_visible()
    assert "SENTINEL" not in keeper.page.locator("body").inner_text()
    # What the app says of itself above the page may be counted: "Read all 2".
    text = "".join(keeper.page.locator(".bar, .thumb, main .stack-wide").all_inner_texts())
    assert not re.search(r"\d", text), text


def lock(keeper: BrowserKeeper) -> None:
    """Lock by the button."""
    keeper.lock()


def reload(keeper: BrowserKeeper) -> None:
    """Reload the page."""
    keeper.page.reload()
    keeper.wait_for_lock()


def crash(keeper: BrowserKeeper) -> None:
    """Lose the tab without a word, and open the app in a new one."""
    context = keeper.page.context
    keeper.page.close()
    keeper.page = context.new_page()
    keeper.open_locked()


def other_tab(keeper: BrowserKeeper) -> None:
    """Go on in another tab, which waits until the first one is closed."""
    first = keeper.page
    keeper.page = first.context.new_page()
    keeper.page.goto(keeper.app_url)
    keeper.wait_for_screen("Open in another tab")
    first.close()
    keeper.page.evaluate(UNTIL_FREE_SCRIPT)
    keeper.tap("Try again")
    keeper.wait_for_lock()


def leave(keeper: BrowserKeeper) -> None:
    """Leave to the notebook, and open the lock from it."""
    keeper.leave()
    keeper.wait_for_notebook()
    keeper.open_lock_from_notebook()


@pytest.mark.parametrize("options", [chromium.PHONE_OPTIONS, DESKTOP], ids=["phone", "desktop"])
def test_every_opening_lands_on_add(new_phone: NewPhone, options: dict[str, Any]) -> None:
    """However the diary was closed, from whatever place, it opens on Add, and so does it on another device."""
    keeper = new_phone(**options)
    keeper.create_registered_diary(NARRATIVE)
    write_what_is_due(keeper)
    closings: list[Callable[[BrowserKeeper], None]] = [lock, reload, crash, other_tab, leave]
    for close in closings:
        keeper.open_entry(NARRATIVE)
        close(keeper)
        keeper.unlock()
        assert_first_screen(keeper)
    keeper.tap(SOMETHING)
    keeper.wait_for_screen("Follow-ups")
    keeper.wait_for_text("Their reply is due")
    other = new_phone(**options)
    other.sign_in(keeper.login, keeper.passphrase)
    assert_first_screen(other)


def test_every_opening_lands_on_the_draft(keeper: BrowserKeeper) -> None:
    """What is half written is there again, and nothing else."""
    keeper.create_registered_diary(NARRATIVE)
    write_what_is_due(keeper)
    keeper.go_to_tab("Add")
    keeper.type_narrative(HALF_SENTENCE)
    keeper.wait_for_sealed_draft()
    for close in (lock, reload, crash):
        keeper.go_to_tab("More")
        close(keeper)
        keeper.unlock()
        assert_first_screen(keeper, HALF_SENTENCE)


def test_the_line_is_there_only_when_there_is_something(show: OpenPage) -> None:
    """Nothing is due, or all of it was done: no line. A day far ahead is no reason either, but a question is."""
    page = show((OPEN_DIARY,))
    line = page.get_by_role("button", name=SOMETHING, exact=True)
    date = (
        "fake.open(24); fake.dates = [{{key: 'k', what: 'update', kind: 'report', record: 'r0', seq_no: null, "
        "detail: {{}}, fields: {{}}, done_at: {done}, "
        "due: new Date(Date.now() + {days} * 864e5).toISOString().slice(0, 10)}}]"
    )
    for step, count in (
        (OPEN_DIARY, 0),
        (js(date.format(done="null", days=60)), 0),
        (js(date.format(done="1", days=1)), 0),
        (js(date.format(done="null", days=1)), 1),
        (js(date.format(done="null", days=-1)), 1),
        (QUESTION_WAITING, 1),
        (js("fake.open(24, {waiting: {captured: 1, later: 0}})"), 1),
        (js("fake.open(24, {waiting: {captured: 0, later: 1}})"), 1),
        (js("fake.open(24, {waiting: {captured: 0, later: 0, written: 1}})"), 1),
        (js("fake.open(24, {waiting: {captured: 0, later: 0, answers: 1}})"), 1),
    ):
        js("fake.reset()")(page)
        step(page)
        expect(page.get_by_role("heading", name="What happened?", level=1)).to_be_visible()
        expect(line).to_have_count(count)


def test_the_first_screen_names_nobody(show: OpenPage) -> None:
    """Of questions, answers, dates and things added while locked, the first screen shows one line without a number."""
    page = show((FOLLOW_UPS,))
    expect(page.get_by_role("button", name=SOMETHING, exact=True)).to_have_count(1)
    text = page.locator("body").inner_text()
    assert "Priya" not in text and not re.search(r"\d", text), text
    assert accessibility_faults(page) == []


def test_follow_ups_has_everything_one_tap_away(show: OpenPage) -> None:
    """A question, an answer, what was written or added, footage, a reply and an order: each leads to its place."""
    page = show((FOLLOW_UPS, go_to_screen("chase")))
    expect(page.get_by_text("Priya K asked you something")).to_have_count(0)
    main = page.get_by_role("main")
    for name, place in (
        ("A question from Priya K", "asked"),
        ("An answer from someone you asked", "witness"),
        ("Written down for you", "assisted"),
        ("Added while this was locked", "captured"),
    ):
        main.get_by_role("button", name=name, exact=True).click()
        page.wait_for_function("place => stage.place.name === place", arg=place)
        page.go_back()
        expect(page.get_by_role("heading", name="Follow-ups", level=1)).to_be_visible()
    for number, (title, place) in enumerate(
        [
            ("Ask for the recording before it is wiped", "entry"),
            ("Their reply is due", "kept"),
            ("This order ends", "kept"),
        ]
    ):
        expect(main.locator("li.page-item strong").nth(number)).to_have_text(title)
        main.locator("li.page-item").nth(number).get_by_role("button", name="See it").click()
        page.wait_for_function("place => stage.place.name === place", arg=place)
        page.go_back()
        expect(page.get_by_role("heading", name="Follow-ups", level=1)).to_be_visible()


def test_footage_that_was_asked_for_still_says_when_it_is_wiped(show: OpenPage) -> None:
    """Asking does not stop the machine. Words of an entry that are cut end with three dots."""
    page = show((FOLLOW_UPS, go_to_screen("chase")))
    items = page.get_by_role("main").locator("li.page-item")
    asked = items.filter(has_text="You asked for this. Has it come?")
    expect(asked).to_contain_text("May be wiped on 5 Dec 2026")
    expect(items.filter(has_text="Ask for the recording before it is wiped")).not_to_contain_text("May be wiped on")
    expect(asked).to_contain_text("until somebody came out and…")


def test_follow_ups_is_not_called_empty_too_early(show: OpenPage) -> None:
    """Nothing is due: the screen says so, and what would be here. A device that still fetches does not say so."""
    page = show((OPEN_DIARY, go_to_screen("chase")))
    empty = page.get_by_text("You have nothing to follow up now.")
    expect(empty).to_be_visible()
    # Somebody who looks here for a place to write a date down is led to the entries.
    page.get_by_role("button", name=re.compile("^Add a camera or a record")).click()
    expect(page.get_by_role("heading", name="Entries", level=1)).to_be_visible()
    page.go_back()
    js("fake.set({account: {...fake.state.account, coming: {here: 12, total: 60, state: 'fetching'}}})")(page)
    expect(empty).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "pl", "ur"])
def test_a_chosen_time_moves_nothing(show: OpenPage, language: str) -> None:
    """What is under a finger stays there: the other times, and Save."""
    page = show((OPEN_DIARY,), viewport={"width": 360, "height": 740})
    if language != "en":
        choose_language(page, language)
    places = "() => [...document.querySelectorAll('.chip, main button')].map((one) => one.getBoundingClientRect().top)"
    before = page.evaluate(places)
    page.locator(".chip input").first.check()
    assert page.locator(".chip-tick").first.is_visible()
    assert page.evaluate(places)[: len(before)] == before  # "Throw this draft away" comes below

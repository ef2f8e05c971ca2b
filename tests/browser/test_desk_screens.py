"""Every screen of the advocate's page in every state: judged by axe, measured for width, in four languages, driven by keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import js
from tests.browser.desk_screens import DESK_SCREENS
from tests.browser.navigators.judge import AXE, DESK, PHONE, at_a_desk, faults, too_wide
from tests.browser.test_languages_screens import judge_in, speaks
from tests.browser.test_screens import Handler, pretending, show  # noqa: F401

PRETENDED = "/tests/browser/fake_desk.js"


class DeskHandler(Handler):
    """The advocate's page with the pretended desk in place of main.js; files as they lie."""

    at, template = "/desk", "desk.html"
    swaps = (("/desk/code/", "/static/"), ("/static/app/desk/main.js", PRETENDED))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the pretended desk is served; `show` opens it."""
    with pretending(DeskHandler) as place:
        yield place


def walk(page: Page, judge: Callable[[Page], list[str]]) -> dict[str, list[str]]:
    """What `judge` finds on each screen, by its name."""
    found = {}
    for name, steps in DESK_SCREENS.items():
        for step in steps:
            step(page)
        page.wait_for_timeout(60)
        if wrong := judge(page):
            found[name] = wrong
    return found


def test_on_a_phone(show: Callable[..., Page]) -> None:  # noqa: F811
    """Nothing for axe by day and by night; each stays within its width however it is shown."""
    page = show(viewport=PHONE)
    page.evaluate(AXE)
    assert walk(page, lambda page: faults(page) + too_wide(page, everywhere=False)) == {}


@pytest.mark.slow  # the phone's walk judges the same screens in every `make test`
def test_at_a_desk(show: Callable[..., Page]) -> None:  # noqa: F811
    """Nothing for axe by day and by night."""
    page = show(viewport=DESK)
    page.evaluate(AXE)
    assert walk(page, at_a_desk) == {}


@pytest.mark.slow
@pytest.mark.parametrize("code", ["ur", "cy", "pl"])
def test_in_another_language(show: Callable[..., Page], code: str) -> None:  # noqa: F811
    """Nothing left in English, nothing cut, nothing wider than the screen, in its direction."""
    page = show(viewport=PHONE)
    speaks(page, code)
    assert walk(page, judge_in(code, with_axe=False)) == {}


def test_written_down_and_asked_by_keyboard_alone(show: Callable[..., Page]) -> None:  # noqa: F811
    """From the list to a letter and a question without a pointer; what is missing is said and reached."""
    page = show((js("fake.in()"),), viewport=DESK)
    reaches(page, "Maya")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("Maya")
    reaches(page, "Write down what they say")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_be_focused()
    reaches(page, "call", "Space")
    reaches(page, "said-0")
    page.keyboard.type("He was at the bus stop.")
    reaches(page, "read", "Space")
    reaches(page, "Seal and send it")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("Maya")
    assert page.evaluate("fake.letters.length") == 1
    reaches(page, "He messaged from a new account")
    page.keyboard.press("Enter")
    reaches(page, "question")
    page.keyboard.type("What then?")
    reaches(page, "Send the question")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Not answered yet").last).to_be_visible()
    assert page.evaluate("fake.letters[1].text") == "What then?"


REACHED = """(wanted) => {
  const at = document.activeElement;
  return at.id === wanted || at.value === wanted || (at.matches('button, [role=button]') && at.textContent.includes(wanted));
}"""


def reaches(page: Page, wanted: str, then: str = "") -> None:
    """Tab until the focus is on a button with these words, or this id; then a key."""
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate(REACHED, wanted):
            if then:
                page.keyboard.press(then)
            return
    raise AssertionError(f"the keyboard does not reach {wanted}")

"""Every state of the advocate's page: axe, width, four languages, and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk_screens import DESK_SCREENS
from tests.browser.navigators.accessibility import (
    AXE_SCRIPT,
    DESKTOP_SIZE,
    PHONE_SIZE,
    accessibility_faults,
    desktop_faults,
    overflow_faults,
)
from tests.browser.screen_steps import js, leave_and_read_phase
from tests.browser.test_languages_screens import choose_language, make_judge
from tests.browser.test_screens import FakeAppHandler, serve_fake_app, show  # noqa: F401

FAKE_DESK_PATH = "/tests/browser/fake_desk.ts"


class FakeDeskHandler(FakeAppHandler):
    """Serves the advocate's page with the fake desk in place of main.js, and files as they are."""

    page_path, template = "/desk", "desk.html"
    script_replacements = (("/desk/code/", "/static/"), ("/static/app/desk/main.js", FAKE_DESK_PATH))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the fake desk. Return the address for `show`."""
    with serve_fake_app(FakeDeskHandler) as url:
        yield url


def judge_every_screen(page: Page, judge: Callable[[Page], list[str]]) -> dict[str, list[str]]:
    """Return the faults that `judge` finds on each screen, by its name."""
    faults_by_screen = {}
    for name, steps in DESK_SCREENS.items():
        for step in steps:
            step(page)
        page.wait_for_timeout(60)
        if screen_faults := judge(page):
            faults_by_screen[name] = screen_faults
    return faults_by_screen


def test_every_desk_screen_on_a_phone(show: Callable[..., Page]) -> None:  # noqa: F811
    """No screen has an axe fault, by day or by night, or is wider than the page at any size."""
    page = show(viewport=PHONE_SIZE)
    page.evaluate(AXE_SCRIPT)
    assert (
        judge_every_screen(page, lambda page: accessibility_faults(page) + overflow_faults(page, include_desktop=False))
        == {}
    )


@pytest.mark.slow  # the phone's walk judges the same screens in every `make test`
def test_every_desk_screen_at_a_desk(show: Callable[..., Page]) -> None:  # noqa: F811
    """No screen has an axe fault, by day or by night."""
    page = show(viewport=DESKTOP_SIZE)
    page.evaluate(AXE_SCRIPT)
    assert judge_every_screen(page, desktop_faults) == {}


@pytest.mark.slow
@pytest.mark.parametrize("code", ["ur", "cy", "pl"])
def test_every_desk_screen_in_another_language(show: Callable[..., Page], code: str) -> None:  # noqa: F811
    """No text is left in English or cut, nothing is wider than the screen, and the direction is right."""
    page = show(viewport=PHONE_SIZE)
    choose_language(page, code)
    assert judge_every_screen(page, make_judge(code, with_axe=False)) == {}


def test_a_letter_and_a_question_are_written_by_keyboard_alone(show: Callable[..., Page]) -> None:  # noqa: F811
    """Both are written without a pointer. Missing answers are announced and reachable."""
    page = show((js("fake.in()"),), viewport=DESKTOP_SIZE)
    tab_to(page, "Maya")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("Maya")
    tab_to(page, "Write down what they say")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_be_focused()
    tab_to(page, "call", "Space")
    tab_to(page, "said-0")
    page.keyboard.type("He was at the bus stop.")
    tab_to(page, "read", "Space")
    tab_to(page, "Send it to them")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("Maya")
    assert page.evaluate("fake.letters.length") == 1
    tab_to(page, "He messaged from a new account")
    page.keyboard.press("Enter")
    tab_to(page, "question")
    page.keyboard.type("What then?")
    tab_to(page, "Send the question")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Not answered yet").last).to_be_visible()
    assert page.evaluate("fake.letters[1].text") == "What then?"


HAS_FOCUS_SCRIPT = """(wanted) => {
  const at = document.activeElement;
  return at.id === wanted || at.value === wanted ||
    (at.matches('button, [role=button]') && at.textContent.includes(wanted));
}"""


def test_back_goes_up_to_the_list_of_clients_and_then_out(show: Callable[..., Page]) -> None:  # noqa: F811
    """From an entry to the client, to the list of clients, and then out; the session has ended by then."""
    page = show((js("fake.reset(); fake.in()"),), viewport=PHONE_SIZE)
    main = page.get_by_role("main")
    expect(page.get_by_role("heading", name="Clients", level=1)).to_be_visible()
    main.locator(".item").first.click()
    main.locator(".item").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("article")).to_have_count(0)
    expect(main.locator(".item").first).to_be_visible()
    assert page.evaluate("[stage.place.name, Boolean(fake.state.client)]") == ["entries", True]
    page.go_back()
    expect(page.get_by_role("heading", name="Clients", level=1)).to_be_visible()
    assert page.evaluate("[location.pathname, fake.state.client]") == ["/desk", None]
    assert leave_and_read_phase(page) == "out"


def test_nothing_of_a_client_comes_back_after_the_lock(show: Callable[..., Page]) -> None:  # noqa: F811
    """After a lock Forward shows the sign-in page and nothing else."""
    page = show((js("fake.reset(); fake.in()"),), viewport=PHONE_SIZE)
    main = page.get_by_role("main")
    main.locator(".item").first.click()
    main.locator(".item").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    page.get_by_role("navigation").get_by_role("button", name="Lock").click()
    expect(page.get_by_label("Six digits")).to_be_visible()
    page.wait_for_function("() => history.state === null")
    for _ in range(3):
        page.go_forward()
        expect(page.get_by_label("Six digits")).to_be_visible()
        expect(page.get_by_role("article")).to_have_count(0)


def tab_to(page: Page, target: str, key: str = "") -> None:
    """Press Tab until a button with these words, or this id, has the focus; then press `key`."""
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate(HAS_FOCUS_SCRIPT, target):
            if key:
                page.keyboard.press(key)
            return
    raise AssertionError(f"the keyboard does not reach {target}")

"""What stands above every page: one line, the most urgent first, and the rest behind a button."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.screen_steps import go_to_screen, js
from tests.browser.test_screens import address, show  # noqa: F401 - fixtures

SMALL_PHONE = {"width": 360, "height": 640}
HEADING_LIMIT_PX = 120
# 14:03 in winter, when London's clocks show UTC.
SIGNED_IN_AT = "Date.UTC(2026, 10, 28, 14, 3)"
SIGN_INS = f"[{{at: {SIGNED_IN_AT}, device_name: 'Pixel 7', kind: 'ordinary', signed_out: false, what: 'signed_in'}}]"
TROUBLE = "{code: 'omitted', sentence: 'The server left something out of the list that it has to give back whole.'}"
WARNING_TEXT = "Someone signed in on 28 Nov 2026, 14:03."
MOST_ACCOUNT_STATES = (
    f"sign_ins: {SIGN_INS}, returned: {SIGNED_IN_AT}, trouble: {TROUBLE}, rekeying: true, recovery: 'later', "
    "witnesses_gone: ['North', 'South'], closing: {on: Date.now() + 6e8, off: Date.now() + 7e8}, exit_said: false"
)
MOST_STATES = (
    "update: true, unsigned: true, asked: {n: 2, name: 'Priya K'}, "
    "waiting: {captured: 2, later: 0, written: 1, answers: 1}, "
    "erasing: [{record: 'r0', asked_at: Date.now(), due_at: Date.now() + 6e8, here: true}]"
)


def _open(account: str = "", state: str = "") -> Callable[[Page], object]:
    members = f"login: 'x', registered: true, recovery: 'done', trouble: null, {account}"
    return js(f"fake.open(5, {{account: {{{members}}}, {state}}})")


def _heading_top(page: Page) -> float:
    box = page.get_by_role("heading", level=1).bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.usefixtures("address")
def test_a_sign_in_stands_first_with_its_time_and_leaves_the_heading_in_place(
    show: Callable[..., Page],  # noqa: F811
) -> None:
    """However much applies, one line is above the heading. It is the sign-in of another device, with day and time."""
    page = show((_open(MOST_ACCOUNT_STATES, MOST_STATES), go_to_screen("entries")), viewport=SMALL_PHONE)
    assert _heading_top(page) <= HEADING_LIMIT_PX
    warning = page.get_by_text(WARNING_TEXT, exact=True)
    expect(warning).to_be_visible()
    assert warning.evaluate("(line) => line.scrollHeight <= line.clientHeight"), "its time is cut off"
    page.get_by_role("button", name="Read all 15", exact=True).click()
    expect(page.get_by_text("15 things to know")).to_be_visible()
    lines = page.locator(".lines > .line")
    expect(lines).to_have_count(16)
    expect(lines.nth(1)).to_contain_text("Someone signed in to your diary. If that was not you")
    expect(lines.nth(1)).to_contain_text("Pixel 7")
    expect(lines.nth(2)).to_contain_text(re.compile(r"signed in again on 28 Nov 2026, 14:03\."))
    expect(lines.nth(3)).to_contain_text("The server left something out")
    for text in (
        "The server does not name the same",
        "you can delete one entry for good",
        "Priya K",
        "A new version is ready.",
    ):
        expect(lines.filter(has_text=text)).to_have_count(1)
    assert accessibility_faults(page) == []
    close = page.get_by_role("button", name="Close", exact=True)
    expect(close).to_be_focused()
    close.click()
    expect(lines).to_have_count(1)
    assert _heading_top(page) <= HEADING_LIMIT_PX


@pytest.mark.parametrize(
    ("account", "state", "shown"),
    [
        (f"sign_ins: {SIGN_INS}", "", WARNING_TEXT),
        (f"returned: {SIGNED_IN_AT}", "", "Another device signed this phone out."),
        (f"trouble: {TROUBLE}", "", "The server left something out"),
        ("rekeying: true", "", "Changing the keys is not finished."),
        ("closing: {on: Date.now() + 6e8, off: Date.now() + 7e8}", "", "This server closes on"),
        ("recovery: 'later'", "", "You have not written down your recovery code yet."),
        ("exit_said: false", "", "“Leave” at the top locks this at once"),
        ("", "update: true", "A new version is ready."),
        ("", "unsigned: true", "Stop: this page may be about to be replaced by a false one."),
        ("", "lockIn: 17", "Locking in 17 seconds."),
        ("", "borrowed: true, ordinary: true", "Not your phone: nothing is kept here."),
        ("", "busy: {what: 'listing', done: 1, total: 3}", "Putting your list in order"),
        ("coming: {here: 12, total: 60, state: 'fetching'}", "", "Your entries are coming to this phone"),
        ("coming: {here: 0, total: null, state: 'offline'}", "", "Still waiting for your entries"),
    ],
)
@pytest.mark.usefixtures("address")
def test_no_single_line_moves_the_heading_far(
    show: Callable[..., Page],  # noqa: F811
    account: str,
    state: str,
    shown: str,
) -> None:
    """Whatever stands above the heading of a small phone, the heading is in the first 120 pixels."""
    page = show((_open(account, state), go_to_screen("more")), viewport=SMALL_PHONE)
    expect(page.locator(".lines")).to_contain_text(shown)
    assert _heading_top(page) <= HEADING_LIMIT_PX


@pytest.mark.usefixtures("address")
def test_a_sign_in_can_be_answered_and_the_next_line_follows(
    show: Callable[..., Page],  # noqa: F811
) -> None:
    """Two taps say "It was not me". Another place begins with one line again."""
    page = show(
        (_open(f"sign_ins: {SIGN_INS}, recovery: 'later'"), go_to_screen("entries")),
        viewport=SMALL_PHONE,
    )
    page.get_by_role("button", name="Read all 2", exact=True).click()
    page.get_by_role("button", name="It was not me", exact=True).click()
    expect(page.get_by_role("heading", name="Someone knows my password")).to_be_visible()
    expect(page.get_by_text(WARNING_TEXT, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Read all 2", exact=True)).to_be_visible()


@pytest.mark.usefixtures("address")
def test_the_seconds_before_a_lock_can_be_stopped_at_once(
    show: Callable[..., Page],  # noqa: F811
) -> None:
    """Only the count before a lock takes the place of a warning, and its button needs no other tap."""
    page = show((_open(f"sign_ins: {SIGN_INS}", "lockIn: 17"), go_to_screen("entries")), viewport=SMALL_PHONE)
    assert _heading_top(page) <= HEADING_LIMIT_PX
    page.get_by_role("button", name="Keep open", exact=True).click()
    js("fake.set({lockIn: null})")(page)
    expect(page.get_by_text(WARNING_TEXT, exact=True)).to_be_visible()

"""Every current warning has its line above the page, and a button that leads on."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen_steps import js
from tests.browser.test_screens import address, show  # noqa: F401

KEY_CHANGED_TEXT = "The key was changed."
ACCOUNT_STATE = (
    "{login: 'x', registered: true, recovery: 'done',"
    " trouble: {code: 'log_changed', sentence: 'The list was changed.', act: null},"
    " also: [{code: 'omitted', sentence: 'Something is left out.', act: null},"
    " {code: 'capture_key', sentence: 'The key was changed.', act: null}]}"
)


@pytest.mark.usefixtures("address")
def test_each_warning_has_a_line_and_a_link(show: Callable[..., Page]) -> None:  # noqa: F811
    """The first warning says how many there are, and opens them all.

    A warning about the server leads to the page that compares, which lists them all.
    """
    page = show((js(f"fake.open(2, {{account: {ACCOUNT_STATE}}})"),))
    lines = page.locator(".line.state-trouble")
    expect(lines).to_have_text(["The list was changed. Read all 3"])
    page.get_by_role("button", name="Read all 3").click()
    expect(lines).to_have_text(
        [
            "The list was changed.",
            "Something is left out.Look at what is missing",
            KEY_CHANGED_TEXT + "I have read this",
        ]
    )
    expect(page.get_by_role("button", name="I have read this")).to_be_visible()
    lines.get_by_role("button", name="Look at what is missing").click()
    expect(page.locator("p.state-trouble")).to_have_text(
        ["The list was changed.", "Something is left out.", KEY_CHANGED_TEXT]
    )

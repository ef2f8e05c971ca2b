"""A server that asks for an invitation: the phone asks only then, a wrong one loses nothing, and a right one works."""

from __future__ import annotations

from playwright.sync_api import expect

from diary.services.accounts import enrolment
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper


def test_a_copy_is_kept_with_an_invitation(keeper: BrowserKeeper, server: LiveServer) -> None:
    """The invitation is asked for after the words, which stay typed.

    An empty and a wrong one get a message, and nothing is lost.
    """
    keeper.open_without_diary()
    keeper.write_first_entry("He was outside again.")
    assert server._watched
    instance = server._watched.app.state.app_context.instance
    object.__setattr__(instance.settings, "enrolment", "code")
    try:
        keeper.request_copy()
        field = keeper.field("Your invitation")
        expect(field).to_be_visible()
        assert accessibility_faults(keeper.page) == []
        expect(keeper.field("Type your password")).to_have_value(keeper.passphrase)
        keeper.tap("Set up a backup")
        expect(keeper.page.get_by_text("What you have written is saved")).to_be_visible()
        field.fill("abcd-efgh")
        keeper.tap("Set up a backup")
        expect(keeper.page.get_by_text("That invitation did not work")).to_be_visible()
        field.fill(
            enrolment.format_code(enrolment._daily_code(instance.pepper, instance.clock.now_ms()))
            .upper()
            .replace("-", " ")
        )
        keeper.register_copy()
        keeper.wait_for_screen("Saved")
        assert keeper.login
    finally:
        object.__setattr__(instance.settings, "enrolment", "open")

"""Help inside the app, offline: services by way of contact and by country, and "Before you report"."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper


def service(keeper: Keeper, name: str) -> Locator:
    """Return the heading of one service in the list."""
    return keeper.page.get_by_role("heading", name=name, exact=True, level=2)


def test_help_is_there_with_no_signal(keeper: Keeper) -> None:
    """A number asks before it rings; the chosen contact and country change the list;
    "Before you report" answers worries.
    """
    keeper.opens()
    keeper.first_entry("He rang.")
    keeper.puts_off_the_copy()
    keeper.is_offline_ready()
    keeper.page.context.set_offline(True)
    keeper.tap("Help")
    silent = service(keeper, "If you can hear but cannot speak")
    expect(silent).to_be_visible()
    expect(service(keeper, "Victim Support Scotland")).to_be_visible()
    keeper.chooses("Wales")
    expect(service(keeper, "Victim Support Scotland")).to_be_hidden()
    expect(service(keeper, "Live Fear Free (Wales)")).to_be_visible()
    keeper.chooses("I use BSL")
    expect(silent).to_be_hidden()
    assert keeper.page.locator("main h2.service").first.inner_text() == "999 BSL"
    keeper.chooses("I call")
    keeper.tap("Ring 101")
    expect(keeper.page.get_by_role("link", name="Ring now")).to_have_attribute("href", "tel:101")
    keeper.tap("Cancel")
    keeper.tap("Before you report")
    expect(keeper.heading("Before you report")).to_be_visible()
    expect(keeper.page.get_by_text("You do not need to gather evidence first.")).to_be_visible()
    keeper.tap("I am under 18")
    expect(keeper.page.get_by_text("A parent or carer is normally told.")).to_be_visible()
    assert faults(keeper.page) == []
    keeper.page.context.set_offline(False)

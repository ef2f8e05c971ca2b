"""Help inside the app, offline: services by way of contact and by country, and "Before you report"."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper


def service_heading(keeper: BrowserKeeper, name: str) -> Locator:
    """Return the heading of one service in the list."""
    return keeper.page.get_by_role("heading", name=name, exact=True, level=2)


def test_help_is_there_with_no_signal(keeper: BrowserKeeper) -> None:
    """A number asks before it rings, and the chosen contact and country change the list.

    "Before you report" answers worries.
    """
    keeper.open_without_diary()
    keeper.write_first_entry("He rang.")
    keeper.postpone_copy()
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    keeper.tap("Help")
    silent = service_heading(keeper, "If you can hear but cannot speak")
    expect(silent).to_be_visible()
    expect(service_heading(keeper, "Victim Support Scotland")).to_be_visible()
    keeper.pick_chip("Wales")
    expect(service_heading(keeper, "Victim Support Scotland")).to_be_hidden()
    expect(service_heading(keeper, "Live Fear Free (Wales)")).to_be_visible()
    keeper.pick_chip("I use BSL")
    expect(silent).to_be_hidden()
    assert keeper.page.locator("main h2.service").first.inner_text() == "999 BSL"
    keeper.pick_chip("I call")
    keeper.tap("Ring 101")
    expect(keeper.page.get_by_role("link", name="Ring now")).to_have_attribute("href", "tel:101")
    keeper.tap("Cancel")
    keeper.tap("Before you report")
    expect(keeper.heading("Before you report")).to_be_visible()
    expect(keeper.page.get_by_text("You do not need to gather evidence first.")).to_be_visible()
    keeper.tap("I am under 18")
    expect(keeper.page.get_by_text("A parent or carer is normally told.")).to_be_visible()
    assert accessibility_faults(keeper.page) == []
    keeper.page.context.set_offline(False)

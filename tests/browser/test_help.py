"""Help inside the app, offline: 999 at once, services by way of contact and by country, and "Before you report"."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.screen_steps import OPEN_DIARY, go_to_screen, js
from tests.browser.test_languages_screens import choose_language
from tests.browser.test_screens import SCREENS, address, show

__all__ = ["address", "show"]
BSL = "https://999bsl.co.uk"
SMALL_PHONE = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}


def emergency_link(page: Page, target: str) -> Locator:
    """Return the link to `target` among the first ones."""
    return page.locator(f'.emergency a[href="{target}"]')


def assert_on_screen(page: Page, element: Locator) -> None:
    """Assert that an element is whole between the top of the page and the bottom bar, without scrolling."""
    assert page.evaluate("document.scrollingElement.scrollTop") == 0
    box = element.bounding_box()
    bar = page.locator("nav.thumb").bounding_box()
    assert box
    assert bar
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= bar["y"], element


def service_heading(keeper: BrowserKeeper, name: str) -> Locator:
    """Return the heading of one service in the list."""
    return keeper.page.get_by_role("heading", name=name, exact=True, level=2)


def test_help_is_there_with_no_signal(keeper: BrowserKeeper) -> None:
    """A number leads to the phone's dialler, and the chosen contact and country change the list.

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
    expect(service_heading(keeper, "SignHealth, for Deaf people")).to_be_visible()
    keeper.pick_chip("I call")
    ring = keeper.page.get_by_role("link", name="Ring 101")
    expect(ring).to_have_attribute("href", "tel:101")
    ring.click()
    expect(keeper.page.get_by_role("dialog")).to_have_count(0)
    keeper.wait_for_text("Calls and texts stay in this phone’s lists.")
    keeper.tap("Before you report")
    expect(keeper.heading("Before you report")).to_be_visible()
    expect(keeper.page.get_by_text("You do not need to gather evidence first.")).to_be_visible()
    keeper.tap("I am under 18")
    expect(keeper.page.get_by_text("A parent or carer is normally told.")).to_be_visible()
    assert accessibility_faults(keeper.page) == []
    keeper.page.context.set_offline(False)


def test_999_is_on_the_first_screen_of_help(keeper: BrowserKeeper) -> None:
    """The number, a text and 999 BSL are there without scrolling, with no question in between."""
    keeper.open_without_diary()
    keeper.write_first_entry("He rang.")
    keeper.postpone_copy()
    page = keeper.page
    page.context.route("https://999bsl.co.uk/**", lambda route: route.fulfill(body="BSL"))
    expect(keeper.button("Help")).to_have_text("Help")  # a question mark alone promises instructions
    keeper.tap("Help")
    keeper.wait_for_screen("Help")
    for name, target in (("Ring 999", "tel:999"), ("Text 999", "sms:999")):
        link = emergency_link(page, target)
        expect(link).to_have_accessible_name(name)
        assert_on_screen(page, link)
        link.tap()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(keeper.heading("Help")).to_be_visible()
    assert_on_screen(page, emergency_link(page, BSL))
    with page.context.expect_page() as opened:
        emergency_link(page, BSL).tap()
    assert opened.value.url == "https://999bsl.co.uk/"
    assert opened.value.evaluate("window.opener === null && document.referrer === ''")
    opened.value.close()
    assert_on_screen(page, page.get_by_text("Ring 999 from a mobile and listen."))
    assert_on_screen(page, page.get_by_text("text “register” to it, answer “yes”."))


@pytest.mark.parametrize("young", [False, True], ids=["usual", "young"])
@pytest.mark.parametrize("language", ["en", "cy", "pl", "ur"])
def test_999_is_on_the_first_screen_in_every_language(show: Callable[..., Page], language: str, young: bool) -> None:
    """The emergency services stand above every banner, and 999 stays on the screen at 200 % text."""
    page = show((js(f"fake.young = {str(young).lower()}"), *SCREENS["lines"], go_to_screen("help")), **SMALL_PHONE)
    if language != "en":
        choose_language(page, language)
    for target in ("tel:999", BSL, "sms:999"):
        assert_on_screen(page, emergency_link(page, target))
        emergency_link(page, target).tap(trial=True)  # nothing covers it
    expect(page.locator(".lines-low")).to_be_in_viewport(ratio=1)
    js("fake.set({lockIn: null})")(page)
    banner = page.locator(".line.state-trouble").bounding_box()
    shown_first = page.locator(".emergency").bounding_box()
    assert banner
    assert shown_first
    assert banner["y"] > shown_first["y"] + shown_first["height"]
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    js("scrollTo(0, 0)")(page)
    assert_on_screen(page, emergency_link(page, "tel:999"))


def test_nothing_that_reads_as_a_warning_stands_under_999(show: Callable[..., Page]) -> None:
    """Who copied a number, and that nobody tried it, is said of other services."""
    page = show((OPEN_DIARY, go_to_screen("help")), **SMALL_PHONE)
    notes = [page.get_by_text(words) for words in ("From an official page", "We have not tried it")]
    services = page.get_by_role("listitem")
    expect(services.filter(has_text="101").filter(has=notes[0])).not_to_have_count(0)
    for note in notes:
        expect(page.locator(".emergency").filter(has=note)).to_have_count(0)
        for target in ("tel:999", "sms:999", "tel:18000"):
            emergency_rows = services.filter(has=page.locator(f'a[href="{target}"]'))
            expect(emergency_rows.filter(has=note)).to_have_count(0)


def test_a_phone_says_before_a_number_that_it_may_show_in_the_call_list(show: Callable[..., Page]) -> None:
    """On a phone a number rings at once, so each says it where it stands. Under 999 it would hold people back."""
    page = show((OPEN_DIARY, go_to_screen("help")), **SMALL_PHONE)
    numbers = page.locator('.numbers li:has(a[href^="tel:"])')
    said = [text for text in numbers.all_inner_texts() if "This may show in the phone’s call list." in text]
    urgent = numbers.filter(has=page.locator('a[href="tel:999"], a[href="tel:18000"]'))
    assert said
    assert len(said) + urgent.count() == numbers.count()
    for text in urgent.all_inner_texts():
        assert "call list" not in text


def test_a_computer_asks_before_any_number_but_999(show: Callable[..., Page]) -> None:
    """A link on a computer may ring another device at once, so a dialog says so first, and never under 999."""
    page = show((OPEN_DIARY, go_to_screen("help")))
    assert page.locator("main a[href^='tel:'], main a[href^='sms:']").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    ) == ["tel:999", "sms:999"]
    page.get_by_role("button", name="Ring 0808 802 0300").first.click()
    expect(page.get_by_text("another device with the same Apple or Google account")).to_be_visible()
    assert page.locator("dialog a").get_attribute("href") == "tel:08088020300"

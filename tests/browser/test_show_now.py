"""Show someone now: only what was ticked, and no way back into the diary."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.accessibility import IS_TOO_WIDE, accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.registers import RegisterScreens
from tests.browser.pictures import make_png, picker_file

TICKED_NARRATIVE = "Blue car outside work, ten to eight."
UNTICKED_NARRATIVE = "Quiet place nobody may read about."
RESTRICTED_ADDRESS = "Rowan House, flat nine"
PAGE_CONTENT_SCRIPT = """async () => {
  const parts = [document.documentElement.outerHTML, document.title, location.href, JSON.stringify(history.state),
    JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}),
    [...document.querySelectorAll('input, textarea')].map((element) => element.value).join()];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) parts.push(request.url);
  return parts.join('\\n');
}"""


def write_diary(keeper: BrowserKeeper) -> RegisterScreens:
    """Write two entries, and a person with a restricted address."""
    keeper.open_without_diary()
    keeper.write_first_entry(UNTICKED_NARRATIVE, "Yesterday")
    keeper.postpone_copy()
    keeper.add_entry(TICKED_NARRATIVE)
    registers = RegisterScreens(keeper)
    registers.add_record(
        "People and accounts", "Add a person",
        {"Name, or what you call them": "Sam", "What do they look like?": "Tall, a limp"},
        choices=["The person doing this"], title="Sam",
    )  # fmt: skip
    keeper.tap("Change this")
    keeper.tap("More details")
    keeper.field("Where they live, work or go").fill(RESTRICTED_ADDRESS)
    keeper.tap("Save")
    keeper.wait_for_text(RESTRICTED_ADDRESS)
    return registers


def show_ticked(keeper: BrowserKeeper) -> None:
    """Show the newest entry, which is ticked, to the person in front of the keeper."""
    keeper.tap("Help")
    keeper.tap("Show someone now")
    keeper.tap("Show this")
    keeper.wait_for_screen("Please read")


def _assert_nothing_revealed(page: Page) -> None:
    content = page.evaluate(PAGE_CONTENT_SCRIPT)
    for secret in (UNTICKED_NARRATIVE, RESTRICTED_ADDRESS):
        assert secret not in content


def test_show_shows_only_ticked_items(keeper: BrowserKeeper) -> None:
    """Restricted words and other entries are nowhere in the page."""
    write_diary(keeper)
    keeper.lock()
    keeper.unlock()
    show_ticked(keeper)
    page = keeper.page
    keeper.wait_for_text(TICKED_NARRATIVE)
    keeper.wait_for_text("Sam (S1)")
    keeper.wait_for_text("2 entries")
    _assert_nothing_revealed(page)
    assert accessibility_faults(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    page.evaluate("document.documentElement.dir = 'rtl'; document.documentElement.style.fontSize = '200%'")
    assert not page.evaluate(IS_TOO_WIDE)
    assert page.get_by_role("button").all_inner_texts() == ["Close and lock", "Close and lock"]
    assert page.get_by_role("link").count() == 0
    assert page.get_by_role("textbox").count() == 0


def test_the_button_to_show_stays_in_sight(keeper: BrowserKeeper) -> None:
    """Somebody who ticks an entry at the end of the list need not look for the button."""
    write_diary(keeper)
    keeper.page.set_viewport_size({"width": 360, "height": 500})
    keeper.go_to_tab("Share")
    keeper.tap("Show someone now", exact=False)
    keeper.page.get_by_role("checkbox").last.scroll_into_view_if_needed()
    keeper.page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    expect(keeper.button("Show this")).to_be_in_viewport(ratio=1)


def test_every_exit_leads_to_the_lock(keeper: BrowserKeeper) -> None:
    """No way out leaves anything of the diary behind.

    The ways are Close, reload, Back and Forward, three presses of Shift (the notebook) and hiding the page.
    """
    write_diary(keeper)
    page = keeper.page

    def go_back() -> None:
        page.goto("about:blank")
        page.go_back()

    def swipe_away() -> None:
        page.go_back()
        # Playwright's own go_forward fails if the app removes the entries ahead while it looks for the next.
        page.evaluate("history.forward()")

    def hide_page() -> None:
        page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true})")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.evaluate("delete document.visibilityState")

    def press_shift_three_times() -> None:
        for _ in range(3):
            page.keyboard.press("Shift")

    def close_page() -> None:
        keeper.button("Close and lock").first.click()

    for leave in (close_page, page.reload, go_back, swipe_away, press_shift_three_times, hide_page):
        show_ticked(keeper)
        leave()
        if leave is press_shift_three_times:
            keeper.wait_for_notebook()
            _assert_nothing_revealed(page)
            keeper.open_lock_from_notebook()
        keeper.wait_for_lock()
        _assert_nothing_revealed(page)
        assert TICKED_NARRATIVE not in page.evaluate(PAGE_CONTENT_SCRIPT), leave
        keeper.unlock()


def test_the_page_closes_by_itself_after_three_minutes(new_phone: NewPhone) -> None:
    """A page left open locks after three minutes, even if it is touched."""
    keeper = new_phone()
    keeper.page.clock.install()
    keeper.open_without_diary()
    keeper.write_first_entry(TICKED_NARRATIVE)
    keeper.postpone_copy()
    show_ticked(keeper)
    keeper.page.clock.run_for(170_000)
    keeper.wait_for_screen("Please read")
    keeper.page.mouse.click(180, 300)
    keeper.page.clock.run_for(11_000)
    keeper.wait_for_lock()
    assert TICKED_NARRATIVE not in keeper.page.evaluate(PAGE_CONTENT_SCRIPT)


def test_cards_are_in_english_with_the_keepers_language_beneath(keeper: BrowserKeeper) -> None:
    """Urdu is shown right to left under the English.

    Shown cards are ticked next time, and restricted text starts unticked.
    """
    registers = write_diary(keeper)
    page = keeper.page
    keeper.tap("Help")
    keeper.tap("Show someone now")
    keeper.wait_for_text("Kept from the other person: shown only if you tick it")
    registers.assert_accessible()
    page.get_by_role("checkbox", name=re.compile("^I need an interpreter")).check()
    keeper.field("Which language?").fill("Urdu")
    page.get_by_role("checkbox", name=re.compile("^Please write down")).check()
    page.get_by_role("radio", name="اردو").check()
    keeper.wait_for_text("These translations have not yet been checked")
    page.get_by_role("checkbox", name=re.compile(re.escape(RESTRICTED_ADDRESS))).check()
    registers.assert_accessible()
    keeper.tap("Show this")
    keeper.wait_for_text("I need an interpreter: Urdu.")
    keeper.wait_for_text(RESTRICTED_ADDRESS)
    expect(page.locator("[lang=ur][dir=rtl]")).to_have_count(2)
    assert accessibility_faults(page) == []
    keeper.button("Close and lock").first.click()
    keeper.unlock()
    keeper.tap("Help")
    keeper.tap("Show someone now")
    expect(page.get_by_role("checkbox", name=re.compile("^I need an interpreter: Urdu"))).to_be_checked()
    expect(page.get_by_role("checkbox", name=re.compile(re.escape(RESTRICTED_ADDRESS)))).not_to_be_checked()


def test_show_opens_from_an_entry_and_from_an_order(keeper: BrowserKeeper) -> None:
    """From an entry, only that entry is ticked. An order shows its terms. With nothing ticked, nothing is shown."""
    registers = write_diary(keeper)
    keeper.open_entry(UNTICKED_NARRATIVE)
    keeper.tap("Show someone now")
    expect(keeper.page.get_by_role("checkbox", name=re.compile(re.escape(UNTICKED_NARRATIVE[:20])))).to_be_checked()
    for box in keeper.page.get_by_role("checkbox").all():
        box.uncheck()
    keeper.tap("Show this")
    keeper.wait_for_text("Tick at least one thing.")
    order = {"Which court, or who made it?": "Lewisham", "Given to them on": "2026-10-03"}
    title = "Restraining order, Lewisham"
    registers.add_record("Orders", "Add an order", order, choices=["Restraining order"], title=title)
    keeper.button("Add a picture").first.click()
    with keeper.page.expect_file_chooser() as chooser:
        keeper.tap("No, it is not")
    chooser.value.set_files([picker_file("order.png", "image/png", make_png())])
    keeper.tap("Show")
    registers.assert_accessible()
    keeper.tap("Show someone now")
    picture = keeper.page.get_by_role("checkbox", name=re.compile("^Picture of the order"))
    expect(picture).not_to_be_checked()
    keeper.wait_for_text("Look at this picture first")
    keeper.tap("Back")
    keeper.tap("Show")
    keeper.pick_chip("Nothing shows where I am")
    expect(keeper.page.get_by_role("radio", name="Nothing shows where I am")).to_be_checked()
    keeper.tap("Show someone now")
    expect(picture).to_be_checked()
    keeper.tap("Show this")
    keeper.wait_for_text("Given to them on 3 Oct 2026")
    expect(keeper.page.get_by_role("img", name="Picture of the order")).to_be_visible()
    assert accessibility_faults(keeper.page) == []


def test_what_a_deaf_person_needs_comes_first(keeper: BrowserKeeper) -> None:
    """Somebody who chose BSL in Help finds that card on the first screen, and the officer reads it before all else."""
    write_diary(keeper)
    keeper.page.set_viewport_size({"width": 360, "height": 740})
    keeper.tap("Help")
    keeper.pick_chip("I use BSL")
    keeper.tap("Back")
    keeper.go_to_tab("Share")
    keeper.tap("Show someone now", exact=False)
    need = keeper.page.get_by_label(re.compile("^I am Deaf"))
    expect(need).to_be_in_viewport()
    need.check()
    keeper.tap("Show this")
    expect(keeper.page.get_by_role("heading", level=2).first).to_have_text("What you need")


def test_help_remembers_the_way_of_contact(keeper: BrowserKeeper) -> None:
    """The choice survives a lock. Deaf people get no voice menu in the list, and others the phone's dialler."""
    keeper.open_without_diary()
    keeper.write_first_entry(TICKED_NARRATIVE)
    keeper.postpone_copy()
    keeper.tap("Help")
    keeper.pick_chip("I use BSL")
    keeper.wait_for_text("999 BSL")
    keeper.wait_for_text("emergencySMS")
    keeper.page.wait_for_timeout(300)
    keeper.tap("Back")
    keeper.lock()
    keeper.unlock()
    keeper.tap("Help")
    expect(keeper.page.get_by_role("radio", name="I use BSL")).to_be_checked()
    services = keeper.page.locator("ul.numbers")
    expect(services.get_by_text("Relay UK, emergency")).to_be_visible()
    expect(services.get_by_text("press 55")).to_have_count(0)
    assert accessibility_faults(keeper.page) == []
    keeper.pick_chip("I call")
    expect(services.get_by_text("press 55")).to_be_visible()
    expect(services.get_by_role("link", name="Ring 101")).to_have_attribute("href", "tel:101")

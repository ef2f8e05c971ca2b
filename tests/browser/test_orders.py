"""A term can be broken only after the order was given to the other person. The order then shows the entry."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.registers import RegisterScreens

COURT_LABEL = "Which court, or who made it?"
TERM_TEXT = "Not to contact her directly or indirectly."


def _open_order_card(keeper: BrowserKeeper, text: str) -> None:
    keeper.open_entry(text)
    button = keeper.button(re.compile("^More you can add"))
    if button.count():
        button.click()
    keeper.open_card("Was an order in force?")


def test_a_term_can_be_broken_only_after_the_order_was_served(keeper: BrowserKeeper) -> None:
    """Without a date of service, no term can be chosen.

    With one, a later entry can name a term and an earlier one cannot.
    """
    keeper.open_without_diary()
    keeper.write_first_entry("A new message today.")
    keeper.postpone_copy()
    registers = RegisterScreens(keeper)
    registers.open("Orders")
    keeper.tap("Add an order")
    registers.fill({COURT_LABEL: "Lewisham"}, ["Restraining order"])
    keeper.tap("Another term")
    keeper.field("What term 1 says").fill(TERM_TEXT)
    registers.save("Restraining order, Lewisham")
    keeper.wait_for_text("A term can only be broken after that.")

    _open_order_card(keeper, "A new message today.")
    keeper.wait_for_text("No date yet for when it was given to them.")
    term = keeper.page.get_by_role("checkbox", name=re.compile("^Term 1"))
    expect(term).to_have_count(0)

    registers.open("Orders")
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^Restraining order")).click()
    keeper.tap("Change this")
    registers.fill({"Given to them on": "2026-10-03"})
    keeper.tap("Save")
    keeper.wait_for_text("In force. Given to them on 3 Oct 2026.")

    _open_order_card(keeper, "A new message today.")
    term.check()
    keeper.save_card()

    keeper.go_to_tab("Add")
    keeper.type_narrative("Before there was an order.")
    keeper.pick_chip("Pick a time")
    keeper.pick_chip("Some time that day")
    keeper.field("Date").fill("2026-09-15")
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")
    _open_order_card(keeper, "Before there was an order.")
    keeper.wait_for_text("It had not been given to them yet when this happened")
    expect(term).to_have_count(0)

    registers.open("Orders")
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^Restraining order")).click()
    keeper.wait_for_text("You said it was broken once:")
    registers.assert_accessible()
    keeper.page.get_by_role("main").get_by_role("list").get_by_role("button", name=re.compile("^Entry 1")).first.click()
    keeper.wait_for_text("A new message today.")


def test_a_later_date_of_service_keeps_the_breach_and_says_so(keeper: BrowserKeeper) -> None:
    """After a correction of the date of service to a later one, the breach stays.

    The order and the entry show that it came before.
    """
    keeper.open_without_diary()
    keeper.write_first_entry("He rang the bell.", "Yesterday")
    keeper.postpone_copy()
    registers = RegisterScreens(keeper)
    registers.open("Orders")
    keeper.tap("Add an order")
    registers.fill({COURT_LABEL: "Lewisham", "Given to them on": "2026-10-03"}, ["Restraining order"])
    keeper.tap("Another term")
    keeper.field("What term 1 says").fill(TERM_TEXT)
    registers.save("Restraining order, Lewisham")
    _open_order_card(keeper, "He rang the bell.")
    keeper.page.get_by_role("checkbox", name=re.compile("^Term 1")).check()
    keeper.save_card()
    registers.open("Orders")
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^Restraining order")).click()
    keeper.tap("Change this")
    today = keeper.page.evaluate("new Date().toISOString().slice(0, 10)")
    registers.fill({"Given to them on": today})
    keeper.tap("Save")
    keeper.wait_for_text("1 entry says that a term was broken, but it happened before the order was given to them.")
    keeper.wait_for_text("This happened before the order was given to them.")
    keeper.open_entry("He rang the bell.")
    keeper.wait_for_text("Restraining order, Lewisham: this happened before the order was given to them")
    keeper.wait_for_text("Terms you think were broken")  # the keeper's answer is kept


def test_an_ended_order_says_so_and_is_not_shown_as_in_force(new_phone: NewPhone) -> None:
    """An ended order is marked in the list and on its page. Show offers only the order in force."""
    keeper = new_phone(viewport={"width": 1280, "height": 800}, is_mobile=False, has_touch=False)
    keeper.open_without_diary()
    keeper.write_first_entry("He rang the bell.")
    keeper.postpone_copy()
    registers = RegisterScreens(keeper)
    for court, ends in (("Lewisham", "2027-10-03"), ("Camberwell", "2026-11-01")):
        fields = {COURT_LABEL: court, "Given to them on": "2026-10-03", "Ends on": ends}
        registers.add_record(
            "Orders", "Add an order", fields, choices=["Restraining order"], title=f"Restraining order, {court}"
        )
    keeper.wait_for_text("It ended on 1 Nov 2026.")
    keeper.wait_for_text(re.compile("^Has ended, Given to them on 3 Oct 2026"))
    expect(keeper.page.get_by_role("complementary").get_by_role("button", name=re.compile("Lewisham"))).to_be_visible()
    registers.assert_accessible()
    keeper.tap("Help")
    keeper.tap("Show someone now")
    expect(keeper.page.get_by_role("checkbox", name="Restraining order, Lewisham")).to_be_checked()
    expect(keeper.page.get_by_role("checkbox", name=re.compile("Camberwell"))).to_have_count(0)

"""An entry can name a broken term only after the order was given to the other person;
the order then shows the entry.
"""

import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.registers import Registers

COURT = "Which court, or who made it?"
TERM = "Not to contact her directly or indirectly."


def _open_order_card(keeper: Keeper, text: str) -> None:
    keeper.reads(text)
    button = keeper.button(re.compile("^More you can add"))
    if button.count():
        button.click()
    keeper.opens_card("Was an order in force?")


def test_a_term_can_be_broken_only_after_the_order_was_served(keeper: Keeper) -> None:
    """Without a date of service, no term can be chosen.
    With one, a later entry can name a term and an earlier one cannot.
    """
    keeper.opens()
    keeper.first_entry("A new message today.")
    keeper.puts_off_the_copy()
    registers = Registers(keeper)
    registers.opens("Orders")
    keeper.tap("Add an order")
    registers.fills({COURT: "Lewisham"}, ["Restraining order"])
    keeper.tap("Another term")
    keeper.field("What term 1 says").fill(TERM)
    registers.saves("Restraining order, Lewisham")
    keeper.sees("A term can only be broken after that.")

    _open_order_card(keeper, "A new message today.")
    keeper.sees("No date yet for when it was given to them.")
    term = keeper.page.get_by_role("checkbox", name=re.compile("^Term 1"))
    expect(term).to_have_count(0)

    registers.opens("Orders")
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^Restraining order")).click()
    keeper.tap("Change this")
    registers.fills({"Given to them on": "2026-10-03"})
    keeper.tap("Save")
    keeper.sees("In force. Given to them on 3 Oct 2026.")

    _open_order_card(keeper, "A new message today.")
    term.check()
    keeper.saves_card()

    keeper.goes("Add")
    keeper.writes("Before there was an order.")
    keeper.picks("Pick a time")
    keeper.picks("Some time that day")
    keeper.field("Date").fill("2026-09-15")
    keeper.tap("Save")
    keeper.sees_place("Saved")
    _open_order_card(keeper, "Before there was an order.")
    keeper.sees("It had not been given to them yet when this happened")
    expect(term).to_have_count(0)

    registers.opens("Orders")
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^Restraining order")).click()
    keeper.sees("You said it was broken once:")
    registers.has_no_faults()
    keeper.page.get_by_role("main").get_by_role("list").get_by_role("button", name=re.compile("^Entry 1")).first.click()
    keeper.sees("A new message today.")


def test_a_later_date_of_service_keeps_the_breach_and_says_so(keeper: Keeper) -> None:
    """When the date of service is corrected to a later one,
    the breach stays, and order and entry say that it came before.
    """
    keeper.opens()
    keeper.first_entry("He rang the bell.", "Yesterday")
    keeper.puts_off_the_copy()
    registers = Registers(keeper)
    registers.opens("Orders")
    keeper.tap("Add an order")
    registers.fills({COURT: "Lewisham", "Given to them on": "2026-10-03"}, ["Restraining order"])
    keeper.tap("Another term")
    keeper.field("What term 1 says").fill(TERM)
    registers.saves("Restraining order, Lewisham")
    _open_order_card(keeper, "He rang the bell.")
    keeper.page.get_by_role("checkbox", name=re.compile("^Term 1")).check()
    keeper.saves_card()
    registers.opens("Orders")
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^Restraining order")).click()
    keeper.tap("Change this")
    today = keeper.page.evaluate("new Date().toISOString().slice(0, 10)")
    registers.fills({"Given to them on": today})
    keeper.tap("Save")
    keeper.sees("1 entry says that a term was broken, but it happened before the order was given to them.")
    keeper.sees("This happened before the order was given to them.")
    keeper.reads("He rang the bell.")
    keeper.sees("Restraining order, Lewisham: this happened before it was given to them")
    keeper.sees("Terms you think were broken")  # the keeper's answer is kept


def test_an_ended_order_says_so_and_is_not_shown_as_in_force(new_phone: NewPhone) -> None:
    """An ended order says so in the list and on its page; Show offers only the order in force."""
    keeper = new_phone(viewport={"width": 1280, "height": 800}, is_mobile=False, has_touch=False)
    keeper.opens()
    keeper.first_entry("He rang the bell.")
    keeper.puts_off_the_copy()
    registers = Registers(keeper)
    for court, ends in (("Lewisham", "2027-10-03"), ("Camberwell", "2026-11-01")):
        fields = {COURT: court, "Given to them on": "2026-10-03", "Ends on": ends}
        registers.adds(
            "Orders", "Add an order", fields, picks=["Restraining order"], title=f"Restraining order, {court}"
        )
    keeper.sees("It ended on 1 Nov 2026.")
    keeper.sees(re.compile("^Has ended, Given to them on 3 Oct 2026"))
    expect(keeper.page.get_by_role("complementary").get_by_role("button", name=re.compile("Lewisham"))).to_be_visible()
    registers.has_no_faults()
    keeper.tap("Help")
    keeper.tap("Show someone now")
    expect(keeper.page.get_by_role("checkbox", name="Restraining order, Lewisham")).to_be_checked()
    expect(keeper.page.get_by_role("checkbox", name=re.compile("Camberwell"))).to_have_count(0)

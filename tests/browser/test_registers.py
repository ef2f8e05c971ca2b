"""People, accounts, orders, reports and the other registers, filled in offline on a phone;
and impossible or hostile values.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import IS_TOO_WIDE, faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.registers import ORDER, Registers


def _make_diary(keeper: Keeper, text: str = "He was outside again.") -> Registers:
    keeper.opens()
    keeper.first_entry(text)
    keeper.puts_off_the_copy()
    return Registers(keeper)


def test_registers_written_offline_survive_a_reload(keeper: Keeper) -> None:
    """A person, their account, an order with two terms and a report are written offline and survive lock and reload.
    Every page is accessible.
    """
    registers = _make_diary(keeper)
    keeper.is_offline_ready()
    keeper.has_loaded()
    keeper.page.context.set_offline(True)
    registers.adds(
        "People and accounts", "Add a person",
        {"Name, or what you call them": "Sam", "What do they look like?": "Tall, a limp"},
        picks=["The person doing this"], title="Sam",
    )  # fmt: skip
    keeper.sees("S1 in lists and packs")
    registers.has_no_faults()
    registers.adds(
        "People and accounts", "Add an account or number", {"@name or address": "@sam.new", "Blocked on": "2026-11-02"},
        picks=["Instagram", "Sam"] if keeper.page.get_by_text("Instagram").count() else ["Sam"],
        title=re.compile("^@sam.new"),
    )  # fmt: skip
    registers.has_no_faults()
    registers.adds_order("Not to contact her.", "Not to go within 100 metres of Elm Road.")
    keeper.sees("In force until 3 Oct 2027. Given to them on 3 Oct 2026.")
    keeper.sees("Not to go within 100 metres of Elm Road.")
    registers.has_no_faults()
    keeper.page.reload()
    keeper.sees_lock()
    keeper.unlocks()
    registers.opens("People and accounts")
    registers.has("Sam")
    registers.has("@sam.new")
    registers.has_no_faults()
    registers.opens("Orders")
    registers.has("Restraining order, Lewisham Magistrates")


def test_the_police_came_is_two_taps_away_and_goes_on_the_list_to_chase(keeper: Keeper) -> None:
    """Officer, reference and next update are noted in two taps; the date is in To chase until it is ticked off."""
    registers = _make_diary(keeper)
    keeper.taps = 0
    registers.opens("The police came")
    keeper.sees_place("The police came")
    assert keeper.taps == 2
    registers.has_no_faults()
    registers.fills({"Which police force?": "Met", "Incident or CAD number": "CAD 4411"})
    registers.fills(
        {"When should you hear from them?": "2026-12-01", "What did they say happens next?": "They ring the shop."}
    )
    registers.saves("Met, CAD 4411")
    keeper.sees("They came to me")
    registers.opens("To chase")
    keeper.sees("You should hear from them")
    registers.has_no_faults()
    keeper.tap("Done")
    keeper.sees("There is nothing to chase.")
    keeper.tap("1 done")
    registers.has_no_faults()
    keeper.tap("Not done after all")
    expect(keeper.button("Done")).to_be_visible()
    assert keeper.page.evaluate("typeof Notification === 'undefined' || Notification.permission !== 'granted'")


def test_impossible_days_are_reported_and_nothing_is_lost(keeper: Keeper) -> None:
    """Service before the order, an end before its beginning,
    a future day and the year 1066 are each reported beside their field.
    """
    registers = _make_diary(keeper)
    registers.opens("Orders")
    keeper.tap("Add an order")
    registers.fills(ORDER | {"Given to them on": "2026-09-01", "Ends on": "2026-09-30"})
    keeper.tap("Save")
    keeper.sees("It cannot be given to them before it was made.")
    keeper.sees("This is before it began. Look at both days again.")
    registers.has_no_faults()
    keeper.field("Made on").fill("2999-01-01")
    keeper.sees("Look at the year again.")
    keeper.field("Made on").fill("1066-10-14")
    keeper.sees("Look at the year again.")
    keeper.locks()
    keeper.unlocks()
    registers.opens("Orders")
    keeper.tap("Add an order")
    keeper.sees("What you typed is kept until you save it or throw it away.")
    expect(keeper.field("Which court, or who made it?")).to_have_value("Lewisham Magistrates")
    keeper.tap("Throw away what I typed")
    expect(keeper.field("Which court, or who made it?")).to_have_value("")
    keeper.tap("Save")
    keeper.sees("Fill in at least one thing. One is enough.")


def test_a_changed_word_needs_a_reason_and_stays_in_the_history(keeper: Keeper) -> None:
    """After ten minutes a change needs a reason; taking out and putting back are in the history too."""
    registers = _make_diary(keeper)
    registers.adds("Cases", "Add a case", {"What do you call it?": "Sam"}, title="Sam")
    keeper.page.evaluate("(() => { const now = Date.now; Date.now = () => now() + 660000; })()")
    keeper.tap("Change this")
    registers.fills({"What do you call it?": "Lee"})
    keeper.tap("Save")
    keeper.sees("Why do you change this?")
    registers.has_no_faults()
    dialog = keeper.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save").click()
    keeper.sees("Write a short reason.")
    dialog.get_by_label("Your reason").fill("I found out more.")
    dialog.get_by_role("button", name="Save").click()
    keeper.sees_place("Lee")
    keeper.tap("Take this out")
    registers.has_no_faults()
    keeper.tap("Take it out")
    keeper.sees(re.compile("You took this out on"))
    registers.has_no_faults()
    keeper.tap("History")
    keeper.sees("Why: I found out more.")
    keeper.sees("Before: Sam")
    registers.opens("Cases")
    keeper.sees("There is none yet.")
    keeper.tap("1 taken out")
    registers.has_no_faults()
    registers.has("Lee")
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^Lee")).click()
    keeper.tap("Put it back")
    expect(keeper.button("Take this out")).to_be_visible()


def test_two_accounts_are_merged_and_separated_again(keeper: Keeper) -> None:
    """Both accounts stay readable and link to each other, and the merge can be undone."""
    registers = _make_diary(keeper)
    for handle in ("@one", "@uno"):
        registers.adds("People and accounts", "Add an account or number", {"@name or address": handle}, title=handle)
    keeper.tap("This is the same as another one")
    registers.has_no_faults()
    keeper.page.get_by_role("dialog").get_by_role("button", name="@one").click()
    keeper.sees("You said that this is the same as:")
    registers.has_no_faults()
    keeper.tap("@one")
    keeper.sees("You said that these are the same:")
    keeper.tap("@uno")
    keeper.tap("It is not the same after all")
    keeper.page.get_by_label("Your reason").fill("Another spelling, another person")
    keeper.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(keeper.button("This is the same as another one")).to_be_visible()


REGISTERS = [
    ("How it changes your life", "Add a change", "What is it like now?", "I sleep at a friend’s."),
    ("Told to stop", "Add when they were told", "The exact words", "Please leave me alone."),
    ("What others saw", "Add what somebody saw", "“I saw”: what they say, in their words", "I saw him at the gate."),
    ("Background", "Write the background", "What was it like, in your own words?", "We met at work."),
    ("Reported to", "Add who you told", "Which force, school, company or helpline?", "Elm School"),
]


@pytest.mark.slow  # test_screens.py judges the same cards in every `make test`
def test_each_register_is_accessible_with_every_question_open(keeper: Keeper) -> None:
    """Lists, full forms and pages have no axe fault, 44 px targets, one heading,
    and no sideways scrolling at 320 px, 200 % or mirrored.
    """
    registers = _make_diary(keeper)
    keeper.page.set_viewport_size({"width": 320, "height": 640})
    for register, add, label, title in REGISTERS:
        registers.opens(register)
        registers.has_no_faults()
        keeper.tap(add)
        keeper.tap("More details")
        registers.has_no_faults()
        keeper.page.evaluate("document.documentElement.dir = 'rtl'")
        assert faults(keeper.page) == []
        keeper.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert not keeper.page.evaluate(IS_TOO_WIDE)
        keeper.page.evaluate("document.documentElement.dir = 'ltr'; document.documentElement.style.fontSize = ''")
        keeper.field(label).fill(title)
        about = keeper.page.get_by_role("checkbox", name=re.compile("^Entry 1"))
        if about.count():
            about.check()
        keeper.tap("Save")
        keeper.sees_place(title)
        if register != "Background":
            keeper.sees("Entries it is about")
            keeper.sees(re.compile("^Entry 1 · He was outside again"))
        registers.has_no_faults()


def test_an_order_takes_thirty_terms_and_shows_hostile_words_as_text(keeper: Keeper) -> None:
    """Hostile text is shown as text; a repeated term number is reported; thirty terms are saved."""
    registers = _make_diary(keeper)
    hostile = "<img src=x onerror=alert(1)>\u202eevil ${7*7}"
    registers.opens("Orders")
    keeper.tap("Add an order")
    keeper.tap("Another term")
    keeper.field("What term 1 says").fill(hostile)
    keeper.tap("Another term")
    keeper.page.get_by_label("Number").nth(1).fill("1")
    keeper.tap("Save")
    keeper.sees("Use a whole number that no other term has.")
    keeper.page.get_by_label("Number").nth(1).fill("2")
    for _ in range(28):
        keeper.tap("Another term")
    registers.fills({"Which court, or who made it?": hostile})
    keeper.tap("Save")
    expect(keeper.page.locator(".terms li")).to_have_count(30)
    expect(keeper.page.get_by_text(hostile).first).to_be_visible()
    assert keeper.page.locator("main img").count() == 0


def test_a_person_is_added_by_keyboard_alone(new_phone: NewPhone) -> None:
    """A person is added without a pointer; the focus follows each step, also after the dialog."""
    keeper = new_phone()
    registers = _make_diary(keeper)
    keys = keeper.page.keyboard
    registers.opens("People and accounts")
    expect(keeper.heading("People and accounts")).to_be_focused()
    keeper.button("Add a person").focus()
    keys.press("Enter")
    expect(keeper.heading("Add a person")).to_be_focused()
    keys.press("Tab")
    keys.type("Sam")
    keeper.button("Save").focus()
    keys.press("Enter")
    expect(keeper.heading("Sam")).to_be_focused()
    keeper.button("Take this out").focus()
    keys.press("Enter")
    expect(keeper.page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    expect(keeper.button("Take this out")).to_be_focused()
    keeper.button("Help").focus()
    keys.press("Enter")
    keeper.button("Show someone now").focus()
    keys.press("Enter")
    expect(keeper.heading("Show someone now")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(keeper.heading("Please read")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    keeper.sees_lock()

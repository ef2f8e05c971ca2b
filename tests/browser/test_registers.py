"""The registers, filled in offline on a phone, also with impossible or hostile values."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.accessibility import IS_TOO_WIDE, accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.registers import ORDER_FIELDS, RegisterScreens


def _make_diary(keeper: BrowserKeeper, text: str = "He was outside again.") -> RegisterScreens:
    keeper.open_without_diary()
    keeper.write_first_entry(text)
    keeper.postpone_copy()
    return RegisterScreens(keeper)


def test_registers_written_offline_survive_a_reload(keeper: BrowserKeeper) -> None:
    """A person, an account, an order and a report written offline survive lock and reload.

    Every page is accessible.
    """
    registers = _make_diary(keeper)
    keeper.wait_until_offline_ready()
    keeper.wait_until_loaded()
    keeper.page.context.set_offline(True)
    registers.add_record(
        "People and accounts", "Add a person",
        {"Name, or what you call them": "Sam", "What do they look like?": "Tall, a limp"},
        choices=["The person doing this"], title="Sam",
    )  # fmt: skip
    keeper.wait_for_text("S1 in lists and packs")
    registers.assert_accessible()
    registers.add_record(
        "People and accounts", "Add an account or number", {"@name or address": "@sam.new", "Blocked on": "2026-11-02"},
        choices=["Instagram", "Sam"] if keeper.page.get_by_text("Instagram").count() else ["Sam"],
        title=re.compile("^@sam.new"),
    )  # fmt: skip
    registers.assert_accessible()
    registers.add_order("Not to contact her.", "Not to go within 100 metres of Elm Road.")
    keeper.wait_for_text("In force until 3 Oct 2027. Given to them on 3 Oct 2026.")
    keeper.wait_for_text("Not to go within 100 metres of Elm Road.")
    registers.assert_accessible()
    keeper.page.reload()
    keeper.wait_for_lock()
    keeper.unlock()
    registers.open("People and accounts")
    registers.wait_for_row("Sam")
    registers.wait_for_row("@sam.new")
    registers.assert_accessible()
    registers.open("Orders")
    registers.wait_for_row("Restraining order, Lewisham Magistrates")


def test_a_police_visit_is_noted_in_two_taps_and_listed_to_chase(keeper: BrowserKeeper) -> None:
    """Officer, reference and next update take two taps. The date is in Follow-ups until it is ticked off."""
    registers = _make_diary(keeper)
    keeper.taps = 0
    registers.open("The police came")
    keeper.wait_for_screen("The police came")
    assert keeper.taps == 2
    registers.assert_accessible()
    registers.fill({"Which police force?": "Met", "Incident or CAD number": "CAD 4411"})
    registers.fill(
        {"When should you hear from them?": "2026-12-01", "What did they say happens next?": "They ring the shop."}
    )
    registers.save("Met, CAD 4411")
    keeper.wait_for_text("They came to me")
    keeper.go_to_tab("Follow-ups")
    keeper.wait_for_text("Their reply is due")
    registers.assert_accessible()
    keeper.tap("Done")
    keeper.wait_for_text("You have nothing to follow up now.")
    keeper.tap("1 done")
    registers.assert_accessible()
    keeper.tap("Not done after all")
    expect(keeper.button("Done")).to_be_visible()
    assert keeper.page.evaluate("typeof Notification === 'undefined' || Notification.permission !== 'granted'")


def test_a_crime_number_is_written_down_from_the_follow_ups(keeper: BrowserKeeper) -> None:
    """Whoever looks under Follow-ups for a place for a crime number finds one, and Back leads there again."""
    registers = _make_diary(keeper)
    keeper.go_to_tab("Follow-ups")
    keeper.page.get_by_role("button", name=re.compile("^Write down a crime number")).click()
    keeper.wait_for_screen("Reports and crime numbers")
    keeper.tap("Add who you told")
    registers.fill({"Crime number": "CR/4471"})
    registers.save("CR/4471")
    keeper.page.go_back()
    keeper.wait_for_screen("Reports and crime numbers")
    keeper.wait_for_text("CR/4471")
    keeper.page.go_back()
    keeper.wait_for_screen("Follow-ups")


def test_impossible_days_are_reported_and_nothing_is_lost(keeper: BrowserKeeper) -> None:
    """Impossible days are each reported beside their field.

    They are service before the order, an end before its beginning, a future day and the year 1066.
    """
    registers = _make_diary(keeper)
    registers.open("Orders")
    keeper.tap("Add an order")
    registers.fill(ORDER_FIELDS | {"Given to them on": "2026-09-01", "Ends on": "2026-09-30"})
    keeper.tap("Save")
    keeper.wait_for_text("It cannot be given to them before it was made.")
    keeper.wait_for_text("This is before it began. Look at both days again.")
    registers.assert_accessible()
    keeper.field("Made on").fill("2999-01-01")
    keeper.wait_for_text("Look at the year again.")
    keeper.field("Made on").fill("1066-10-14")
    keeper.wait_for_text("Look at the year again.")
    keeper.lock()
    keeper.unlock()
    registers.open("Orders")
    keeper.tap("Add an order")
    keeper.wait_for_text("What you typed is kept until you save it or throw it away.")
    expect(keeper.field("Which court, or who made it?")).to_have_value("Lewisham Magistrates")
    keeper.tap("Throw away what I typed")
    expect(keeper.field("Which court, or who made it?")).to_have_value("")
    keeper.tap("Save")
    keeper.wait_for_text("Fill in at least one thing. One is enough.")


def test_a_changed_word_needs_a_reason_and_stays_in_the_history(keeper: BrowserKeeper) -> None:
    """After ten minutes a change needs a reason; taking out and putting back are in the history too."""
    registers = _make_diary(keeper)
    registers.add_record("Cases", "Add a case", {"What do you call it?": "Sam"}, title="Sam")
    keeper.page.evaluate("(() => { const now = Date.now; Date.now = () => now() + 660000; })()")
    keeper.tap("Change this")
    registers.fill({"What do you call it?": "Lee"})
    keeper.tap("Save")
    keeper.wait_for_text("Why do you change this?")
    registers.assert_accessible()
    dialog = keeper.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save").click()
    keeper.wait_for_text("Write a short reason.")
    dialog.get_by_label("Your reason").fill("I found out more.")
    dialog.get_by_role("button", name="Save").click()
    keeper.wait_for_screen("Lee")
    keeper.tap("Put this away")
    registers.assert_accessible()
    keeper.tap("Put it away")
    keeper.wait_for_text(re.compile("You put this away on"))
    registers.assert_accessible()
    keeper.tap("History")
    keeper.wait_for_text("Why: I found out more.")
    keeper.wait_for_text("Before: Sam")
    registers.open("Cases")
    keeper.wait_for_text("There is none yet.")
    keeper.tap("1 put away")
    registers.assert_accessible()
    registers.wait_for_row("Lee")
    keeper.page.get_by_role("main").get_by_role("button", name=re.compile("^Lee")).click()
    keeper.tap("Put it back")
    expect(keeper.button("Put this away")).to_be_visible()


def test_two_accounts_are_merged_and_separated_again(keeper: BrowserKeeper) -> None:
    """Both accounts stay readable and link to each other, and the merge can be undone."""
    registers = _make_diary(keeper)
    for handle in ("@one", "@uno"):
        registers.add_record(
            "People and accounts", "Add an account or number", {"@name or address": handle}, title=handle
        )
    keeper.tap("This is the same as another one")
    registers.assert_accessible()
    keeper.page.get_by_role("dialog").get_by_role("button", name="@one").click()
    keeper.wait_for_text("You said that this is the same as:")
    registers.assert_accessible()
    keeper.tap("@one")
    keeper.wait_for_text("You said that these are the same:")
    keeper.tap("@uno")
    keeper.tap("It is not the same after all")
    keeper.page.get_by_label("Your reason").fill("Another spelling, another person")
    keeper.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(keeper.button("This is the same as another one")).to_be_visible()


REGISTER_EXAMPLES = [
    ("How it changes your life", "Add a change", "What is it like now?", "I sleep at a friend’s."),
    ("When I told them to stop", "Add when they were told", "The exact words", "Please leave me alone."),
    (
        "Notes from other people",
        "Add a note from someone",
        "“I saw”: what they say, in their words",
        "I saw him at the gate.",
    ),
    ("Background", "Write the background", "What was it like, in your own words?", "We met at work."),
    ("Reports and crime numbers", "Add who you told", "Which force, school, company or helpline?", "Elm School"),
]


@pytest.mark.slow  # test_screens.py judges the same cards in every `make test`
def test_each_register_is_accessible_with_every_question_open(keeper: BrowserKeeper) -> None:
    """Lists, full forms and pages have no axe fault, 44 px targets and one heading.

    Nothing scrolls sideways at 320 px, 200 % or mirrored.
    """
    registers = _make_diary(keeper)
    keeper.page.set_viewport_size({"width": 320, "height": 640})
    for register, add, label, title in REGISTER_EXAMPLES:
        registers.open(register)
        registers.assert_accessible()
        keeper.tap(add)
        keeper.tap("More details")
        registers.assert_accessible()
        keeper.page.evaluate("document.documentElement.dir = 'rtl'")
        assert accessibility_faults(keeper.page) == []
        keeper.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert not keeper.page.evaluate(IS_TOO_WIDE)
        keeper.page.evaluate("document.documentElement.dir = 'ltr'; document.documentElement.style.fontSize = ''")
        keeper.field(label).fill(title)
        about = keeper.page.get_by_role("checkbox", name=re.compile("^Entry 1"))
        if about.count():
            about.check()
        keeper.tap("Save")
        keeper.wait_for_screen(title)
        if register != "Background":
            keeper.wait_for_text("Entries it is about")
            keeper.wait_for_text(re.compile("^Entry 1 · He was outside again"))
        registers.assert_accessible()


def test_an_order_takes_thirty_terms_and_shows_hostile_words_as_text(keeper: BrowserKeeper) -> None:
    """Hostile text is shown as text; a repeated term number is reported; thirty terms are saved."""
    registers = _make_diary(keeper)
    hostile = "<img src=x onerror=alert(1)>\u202eevil ${7*7}"
    registers.open("Orders")
    keeper.tap("Add an order")
    keeper.tap("Another term")
    keeper.field("What term 1 says").fill(hostile)
    keeper.tap("Another term")
    keeper.page.get_by_label("Number").nth(1).fill("1")
    keeper.tap("Save")
    keeper.wait_for_text("Use a whole number that no other term has.")
    keeper.page.get_by_label("Number").nth(1).fill("2")
    for _ in range(28):
        keeper.tap("Another term")
    registers.fill({"Which court, or who made it?": hostile})
    keeper.tap("Save")
    expect(keeper.page.locator(".terms li")).to_have_count(30)
    expect(keeper.page.get_by_text(hostile).first).to_be_visible()
    assert keeper.page.locator("main img").count() == 0


def test_a_person_is_added_by_keyboard_alone(new_phone: NewPhone) -> None:
    """A person is added without a pointer; the focus follows each step, also after the dialog."""
    keeper = new_phone()
    registers = _make_diary(keeper)
    keys = keeper.page.keyboard
    registers.open("People and accounts")
    expect(keeper.heading("People and accounts")).to_be_focused()
    keeper.button("Add a person").focus()
    keys.press("Enter")
    expect(keeper.heading("Add a person")).to_be_focused()
    keys.press("Tab")
    keys.type("Sam")
    keeper.button("Save").focus()
    keys.press("Enter")
    expect(keeper.heading("Sam")).to_be_focused()
    keeper.button("Put this away").focus()
    keys.press("Enter")
    expect(keeper.page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    expect(keeper.button("Put this away")).to_be_focused()
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
    keeper.wait_for_lock()

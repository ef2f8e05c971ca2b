"""Impossible answers are refused: wrong days, ends before beginnings, amounts that are not numbers."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from diary.clock import SystemClock
from tests.browser.navigators import cards
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.registers import RegisterScreens

NARRATIVE = "He was at the gate."
FUTURE_MESSAGE = "That has not happened yet. Look at the date and time again."
# What is typed under "Pick a time", by the id of its field, and the message that it gets.
IMPOSSIBLE_TIMES = (
    ("Some time that day", {"date": "2999-01-01"}, FUTURE_MESSAGE),
    ("Exact", {"date": "1066-10-14", "time": "10:00"}, "That is too long ago. Look at the year again."),
    (
        "Exact",
        {"date": "2026-03-29", "time": "01:30"},
        "That night the clocks went forward, so this time did not happen.",
    ),
    ("Between or unsure", {"date": "2026-11-03", "until": "2026-11-02"}, "The last day is before the first."),
    (
        "Between or unsure",
        {"date": "2026-11-03", "time": "21:00", "until": "2026-11-03", "until-time": "20:00"},
        "The last day is before the first.",
    ),
)


@pytest.fixture
def keeper(keeper: BrowserKeeper) -> BrowserKeeper:
    """Return a keeper whose diary has one entry."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    return keeper


def _date_in_days(days_ahead: int) -> str:
    return (datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC) + timedelta(days=days_ahead)).date().isoformat()


# What a keyboard can leave behind when it cuts an emoji in two.
TYPE_HALF_SCRIPT = """(field) => {
  field.value = 'He laughed \\ud83d and went.';
  field.dispatchEvent(new Event('input', { bubbles: true }));
}"""


def test_half_of_a_character_is_refused_and_its_answer_is_named(keeper: BrowserKeeper) -> None:
    """The refusal names the answer, nothing typed is lost, and without the character it is saved."""
    keeper.go_to_tab("Add")
    field = keeper.field("What happened?")
    field.evaluate(TYPE_HALF_SCRIPT)
    keeper.choose_time("Just now")
    keeper.tap("Save")
    expect(keeper.error_message()).to_have_text(re.compile("^What happened: One character or emoji here is broken"))
    expect(field).to_have_value(re.compile("^He laughed . and went"))
    field.fill("He laughed and went.")
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")
    keeper.tap("See this entry")
    body = cards.open_card(keeper, "Where")
    body.get_by_label("Where exactly?").evaluate(TYPE_HALF_SCRIPT)
    keeper.tap("Save this card")
    expect(keeper.error_message()).to_have_text(re.compile("^Where exactly\\?: One character or emoji here is broken"))


def test_impossible_times_are_not_saved(keeper: BrowserKeeper) -> None:
    """A time in the future, too long ago or skipped by a clock change, or a wrong end, cannot be saved.

    The text stays.
    """
    keeper.go_to_tab("Add")
    keeper.type_narrative("Something else.")
    keeper.pick_chip("Pick a time")
    for precision, fields, message in IMPOSSIBLE_TIMES:
        keeper.pick_chip(precision)
        if "until" in fields:
            keeper.pick_chip("Two days or times")
        for name in ("date", "time", "until", "until-time"):
            field = keeper.page.locator(f"#when-{name}")
            if field.count():
                field.fill(fields.get(name, ""))
        keeper.wait_for_text(message)
        expect(keeper.button("Save")).to_have_attribute("aria-disabled", "true")
    assert accessibility_faults(keeper.page) == []
    expect(keeper.field("What happened?")).to_have_value("Something else.")
    keeper.pick_chip("Not sure")
    keeper.tap("Save")
    keeper.wait_for_screen("Saved")


def test_impossible_days_on_cards_are_not_saved(keeper: BrowserKeeper) -> None:
    """A request date in the future or a deletion date in the year 26 is reported beside its field.

    A future deletion date is valid.
    """
    keeper.open_entry(NARRATIVE)
    body = cards.open_card(keeper, "Cameras or records that may show it")
    cards.type_into(body, "Who has it?", "The shop")
    cards.type_into(body, "Asked for on", _date_in_days(2))
    cards.type_into(body, "Likely to be wiped on", "0026-12-20")
    keeper.wait_for_text("That day has not come yet. Look at it again.")
    keeper.wait_for_text("Look at the year again.")
    keeper.tap("Save this card")
    expect(keeper.button("Save this card")).to_be_visible()
    assert accessibility_faults(keeper.page) == []
    cards.type_into(body, "Asked for on", _date_in_days(-1))
    keeper.tap("Save this card")
    expect(keeper.button("Save this card")).to_be_visible()
    cards.type_into(body, "Likely to be wiped on", _date_in_days(20))
    keeper.save_card()
    expect(cards.fact_value(keeper, "What may have recorded it?").first).to_contain_text("The shop")
    # Removing the item removes its error.
    body = cards.open_card(keeper, "Cameras or records that may show it")
    cards.type_into(body, "Asked for on", _date_in_days(2))
    keeper.tap("Save this card")
    expect(keeper.button("Save this card")).to_be_visible()
    keeper.tap("Take this one away")
    keeper.save_card()
    expect(cards.fact_value(keeper, "What may have recorded it?")).to_have_count(0)


def test_registers_refuse_an_end_before_its_beginning(keeper: BrowserKeeper) -> None:
    """A "last seen" before "first seen", or an amount that is no number, is not saved, and nothing typed is lost."""
    registers = RegisterScreens(keeper)
    registers.open("People and accounts")
    keeper.tap("Add an account or number")
    keeper.tap("More details")
    keeper.field("@name or address").fill("@quiet.walks")
    keeper.page.locator("#c-account-first_seen-date").fill("2026-11-05")
    keeper.page.locator("#c-account-last_seen-date").fill("2026-11-02")
    keeper.tap("Save")
    keeper.wait_for_text("This is before it began. Look at both days again.")
    keeper.wait_for_text("Some of it needs another look. Nothing was lost.")
    registers.assert_accessible()
    keeper.page.locator("#c-account-last_seen-date").fill("2026-11-06")
    keeper.tap("Save")
    keeper.wait_for_screen("@quiet.walks")
    registers.open("How it changes your life")
    keeper.tap("Add a change")
    keeper.tap("More details")
    keeper.field("What is it like now?").fill("New locks.")
    keeper.field("What has it cost you?").fill("lots")
    keeper.tap("Save")
    keeper.wait_for_text("Type an amount, for example 94 or 94.50.")
    keeper.wait_for_text("Some of it needs another look. Nothing was lost.")
    expect(keeper.field("What is it like now?")).to_have_value("New locks.")
    keeper.field("What has it cost you?").fill("94.50")
    keeper.tap("Save")
    keeper.wait_for_text("£94.50")

"""Impossible answers are refused:
days in the future or too long ago, ends before beginnings, amounts that are not numbers.
"""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from diary.clock import SystemClock
from tests.browser.navigators import cards
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.registers import Registers

TEXT = "He was at the gate."
FUTURE = "That has not happened yet. Look at the date and time again."
# What is typed under "Pick a time", by the id of its field; and the message that it gets.
TIMES = (
    ("Some time that day", {"date": "2999-01-01"}, FUTURE),
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
def keeper(keeper: Keeper) -> Keeper:
    """A diary with one entry."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    return keeper


def _day(ahead: int) -> str:
    return (datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC) + timedelta(days=ahead)).date().isoformat()


def test_impossible_times_are_not_saved(keeper: Keeper) -> None:
    """A time in the future, too long ago, skipped by the clock change
    or ending before it starts cannot be saved; the text stays.
    """
    keeper.goes("Add")
    keeper.writes("Something else.")
    keeper.picks("Pick a time")
    for precision, fields, message in TIMES:
        keeper.picks(precision)
        if "until" in fields:
            keeper.picks("Two days or times")
        for name in ("date", "time", "until", "until-time"):
            field = keeper.page.locator(f"#when-{name}")
            if field.count():
                field.fill(fields.get(name, ""))
        keeper.sees(message)
        expect(keeper.button("Save")).to_have_attribute("aria-disabled", "true")
    assert faults(keeper.page) == []
    expect(keeper.field("What happened?")).to_have_value("Something else.")
    keeper.picks("Not sure")
    keeper.tap("Save")
    keeper.sees_place("Saved")


def test_impossible_days_on_cards_are_not_saved(keeper: Keeper) -> None:
    """A request date in the future or a deletion date in the year 26 is reported beside its field.
    A future deletion date is valid.
    """
    keeper.reads(TEXT)
    body = cards.opens(keeper, "Anything that may be on camera")
    cards.types(body, "Who has it?", "The shop")
    cards.types(body, "Asked for on", _day(2))
    cards.types(body, "Likely to be wiped on", "0026-12-20")
    keeper.sees("That day has not come yet. Look at it again.")
    keeper.sees("Look at the year again.")
    keeper.tap("Save this card")
    expect(keeper.button("Save this card")).to_be_visible()
    assert faults(keeper.page) == []
    cards.types(body, "Asked for on", _day(-1))
    keeper.tap("Save this card")
    expect(keeper.button("Save this card")).to_be_visible()
    cards.types(body, "Likely to be wiped on", _day(20))
    keeper.saves_card()
    expect(cards.fact(keeper, "What may have recorded it?").first).to_contain_text("The shop")
    # Removing the item removes its error.
    body = cards.opens(keeper, "Anything that may be on camera")
    cards.types(body, "Asked for on", _day(2))
    keeper.tap("Save this card")
    expect(keeper.button("Save this card")).to_be_visible()
    keeper.tap("Take this one away")
    keeper.saves_card()
    expect(cards.fact(keeper, "What may have recorded it?")).to_have_count(0)


def test_registers_refuse_an_end_before_its_beginning(keeper: Keeper) -> None:
    """A "last seen" before "first seen", or an amount that is no number, is not saved, and nothing typed is lost."""
    registers = Registers(keeper)
    registers.opens("People and accounts")
    keeper.tap("Add an account or number")
    keeper.tap("More details")
    keeper.field("@name or address").fill("@quiet.walks")
    keeper.page.locator("#c-account-first_seen-date").fill("2026-11-05")
    keeper.page.locator("#c-account-last_seen-date").fill("2026-11-02")
    keeper.tap("Save")
    keeper.sees("This is before it began. Look at both days again.")
    keeper.sees("Some of it needs another look. Nothing was lost.")
    registers.has_no_faults()
    keeper.page.locator("#c-account-last_seen-date").fill("2026-11-06")
    keeper.tap("Save")
    keeper.sees_place("@quiet.walks")
    registers.opens("How it changes your life")
    keeper.tap("Add a change")
    keeper.tap("More details")
    keeper.field("What is it like now?").fill("New locks.")
    keeper.field("What has it cost you?").fill("lots")
    keeper.tap("Save")
    keeper.sees("Type an amount, for example 94 or 94.50.")
    keeper.sees("Some of it needs another look. Nothing was lost.")
    expect(keeper.field("What is it like now?")).to_have_value("New locks.")
    keeper.field("What has it cost you?").fill("94.50")
    keeper.tap("Save")
    keeper.sees("£94.50")

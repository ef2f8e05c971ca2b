"""Answers that cannot be so: days that have not come or that nobody has seen, ends before beginnings, amounts that are none."""

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
# What is typed under "Pick a time", by the id of its field; and what is said of it.
TIMES = (
    ("Some time that day", {"date": "2999-01-01"}, FUTURE),
    ("Exact", {"date": "1066-10-14", "time": "10:00"}, "That is too long ago. Look at the year again."),
    ("Exact", {"date": "2026-03-29", "time": "01:30"}, "That night the clocks went forward, so this time did not happen."),
    ("Between or unsure", {"date": "2026-11-03", "until": "2026-11-02"}, "The last day is before the first."),
    (
        "Between or unsure",
        {"date": "2026-11-03", "time": "21:00", "until": "2026-11-03", "until-time": "20:00"},
        "The last day is before the first.",
    ),
)


@pytest.fixture
def written(keeper: Keeper) -> Keeper:
    """A diary of one entry."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    return keeper


def _day(ahead: int) -> str:
    return (datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC) + timedelta(days=ahead)).date().isoformat()


def test_times_that_cannot_be_are_said_and_wait(written: Keeper) -> None:
    """Not yet, before anybody alive, an hour that never was, an end before its start: Save waits, the words stand."""
    written.goes("Add")
    written.writes("Something else.")
    written.picks("Pick a time")
    for how, fields, said in TIMES:
        written.picks(how)
        if "until" in fields:
            written.picks("Two days or times")
        for name in ("date", "time", "until", "until-time"):
            field = written.page.locator(f"#when-{name}")
            if field.count():
                field.fill(fields.get(name, ""))
        written.sees(said)
        expect(written.button("Save")).to_have_attribute("aria-disabled", "true")
    assert faults(written.page) == []
    expect(written.field("What happened?")).to_have_value("Something else.")
    written.picks("Not sure")
    written.tap("Save")
    written.sees_place("Saved")


def test_days_on_cards_are_looked_at_before_they_are_kept(written: Keeper) -> None:
    """Asked for tomorrow, wiped in the year 26: each said beside its field; a wipe date ahead is as it should be."""
    written.reads(TEXT)
    body = cards.opens(written, "Anything that may be on camera")
    cards.types(body, "Who has it?", "The shop")
    cards.types(body, "Asked for on", _day(2))
    cards.types(body, "Likely to be wiped on", "0026-12-20")
    written.sees("That day has not come yet. Look at it again.")
    written.sees("Look at the year again.")
    written.tap("Save this card")
    expect(written.button("Save this card")).to_be_visible()
    assert faults(written.page) == []
    cards.types(body, "Asked for on", _day(-1))
    written.tap("Save this card")
    expect(written.button("Save this card")).to_be_visible()
    cards.types(body, "Likely to be wiped on", _day(20))
    written.saves_card()
    expect(cards.fact(written, "What may have recorded it?").first).to_contain_text("The shop")
    # One that is taken away takes what was wrong with it along.
    body = cards.opens(written, "Anything that may be on camera")
    cards.types(body, "Asked for on", _day(2))
    written.tap("Save this card")
    expect(written.button("Save this card")).to_be_visible()
    written.tap("Take this one away")
    written.saves_card()
    expect(cards.fact(written, "What may have recorded it?")).to_have_count(0)


def test_registers_ask_again_where_an_end_is_before_its_beginning(written: Keeper) -> None:
    """An account last seen before it was first seen, money that is no amount: nothing is saved, nothing is lost."""
    registers = Registers(written)
    registers.opens("People and accounts")
    written.tap("Add an account or number")
    written.tap("More details")
    written.field("@name or address").fill("@quiet.walks")
    written.page.locator("#c-account-first_seen-date").fill("2026-11-05")
    written.page.locator("#c-account-last_seen-date").fill("2026-11-02")
    written.tap("Save")
    written.sees("This is before it began. Look at both days again.")
    written.sees("Some of it needs another look. Nothing was lost.")
    registers.is_sound()
    written.page.locator("#c-account-last_seen-date").fill("2026-11-06")
    written.tap("Save")
    written.sees_place("@quiet.walks")
    registers.opens("How it changes your life")
    written.tap("Add a change")
    written.tap("More details")
    written.field("What is it like now?").fill("New locks.")
    written.field("What has it cost you?").fill("lots")
    written.tap("Save")
    written.sees("Type an amount, for example 94 or 94.50.")
    written.sees("Some of it needs another look. Nothing was lost.")
    expect(written.field("What is it like now?")).to_have_value("New locks.")
    written.field("What has it cost you?").fill("94.50")
    written.tap("Save")
    written.sees("£94.50")

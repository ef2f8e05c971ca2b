"""Order, gaps and counts, each with the entries it is based on."""

import json
from pathlib import Path
from typing import Any

import pytest

from diary.record import chronology as order
from diary.record.incident import Incident
from diary.record.record_history import RecordVersion, build_history
from diary.record.times import DAY_MS

MAY_4_MS = 1_777_852_800_000  # 2026-05-04T00:00:00Z, a Monday


def make_incident(
    number: str, day: int | None, *, written: int | None = None, end: int | None = None, **fields: object
) -> Incident:
    said: dict[str, object] = {
        "precision": "unknown" if day is None else "minute",
        "utc_offset_min": 60,
        "tz": "Europe/London",
        **fields,
    }
    if day is not None:
        said.setdefault("occurred_start", MAY_4_MS + day * DAY_MS)
    if end is not None:
        said["occurred_end"] = end
    said["_clock"] = {"utc": written or 0}
    history = build_history([RecordVersion(f"r{number}", f"v{number}", "incident", 1, said, {})])
    return Incident(number, None if number.startswith("U") else int(number), history)


def test_order_is_by_time_with_undated_last_and_ties_by_number() -> None:
    """Order is by time; entries without a number come after those with one."""
    entries = [
        make_incident("3", None),
        make_incident("2", 5),
        make_incident("1", 9),
        make_incident("U1", 5),
        make_incident("4", 5),
    ]
    assert [one.number for one in order.sort_incidents(entries)] == ["2", "4", "U1", "1", "3"]


def test_months_without_entries_are_counted_as_none() -> None:
    """All months from the first to the last are listed, across years."""
    months = order.tally_by_month(order.extract_facts([make_incident("1", 0), make_incident("2", 280)]))
    assert [(tally.label, tally.count) for tally in months][:2] == [("May 2026", 1), ("Jun 2026", 0)]
    assert months[-1].label == "Feb 2027" and len(months) == 10


def test_codes_are_counted_once_an_entry_most_used_first() -> None:
    """Each code counts once per entry, with entries and letters, most used first."""
    codes = order.tally_by_code(
        [make_incident("1", 0, behaviours=["watch", "calls", "calls"]), make_incident("2", 1, behaviours=["calls"])],
        "behaviours",
        "behaviours",
    )
    assert [(tally.label, tally.entry_numbers, tally.letter) for tally in codes] == [
        ("Phone calls", ("1", "2"), "b"),
        ("Watched me", ("1",), "g"),
    ]


def test_weekday_and_hour_are_local() -> None:
    """00:30 British summer time is the next day compared with UTC."""
    weekdays = order.tally_by_weekday(
        order.extract_facts([make_incident("1", 0, occurred_start=MAY_4_MS + DAY_MS - 1_800_000)])
    )
    assert [tally.label for tally in weekdays if tally.count] == ["Tuesday"]
    assert [
        tally.label for tally in order.tally_by_hour_block(order.extract_facts([make_incident("1", 0)])) if tally.count
    ] == ["00:00 to 04:00"]
    assert not any(
        tally.count
        for tally in order.tally_by_hour_block(order.extract_facts([make_incident("1", 0, precision="day")]))
    )


def test_gaps_are_days_between_days_that_are_told_of() -> None:
    """Undated entries and entries of one day make no gap; long gaps and the median are found."""
    gaps = order.summarise_gaps(
        order.extract_facts(
            [
                make_incident("1", 0),
                make_incident("2", 40),
                make_incident("5", 40),
                make_incident("3", 42),
                make_incident("4", None),
            ]
        )
    )
    assert [(gap.previous_entry, gap.next_entry, gap.days) for gap in gaps.long_gaps] == [("1", "2", 40)]
    assert gaps.longest_gap == gaps.long_gaps[0] and gaps.median_days == 21


def test_a_time_over_months_ends_the_gap_before_it_and_is_in_no_month() -> None:
    """An entry from 5 May to 13 July leaves no gap in June."""
    range_incident = make_incident("2", 1, precision="date_range", end=MAY_4_MS + 70 * DAY_MS)
    facts = order.extract_facts([make_incident("1", 0), range_incident, make_incident("3", 80)])
    assert [
        (gap.previous_entry, gap.next_entry, gap.days) for gap in [order.summarise_gaps(facts).longest_gap] if gap
    ] == [("2", "3", 10)]
    assert order.multi_month_entries(facts) == ("2",) and [tally.count for tally in order.tally_by_month(facts)] == [
        1,
        0,
        1,
    ]
    assert order.period_days(facts) == 81


def test_days_since_counts_from_the_last_day_told_of() -> None:
    """Days since the last event count on the keeper's own calendar."""
    assert (
        order.days_since_last_entry(
            order.extract_facts([make_incident("1", 0), make_incident("2", 3)]), MAY_4_MS + 10 * DAY_MS, 60
        )
        == 7
    )
    assert order.days_since_last_entry(order.extract_facts([make_incident("1", None)]), MAY_4_MS, 0) is None


@pytest.mark.parametrize(
    "case",
    json.loads((Path(__file__).parents[1] / "vectors/patterns.json").read_text())["cases"],
    ids=lambda case: case["name"],
)
def test_a_pack_counts_as_the_screen_does(case: dict[str, Any]) -> None:
    """The vectors of the Patterns screen, clock changes included, match the text of a pack."""
    expect, kept_incidents = (
        case["expect"],
        [incident for incident in case["diary"]["incidents"] if incident.get("taken_out") is None],
    )
    number = {incident["record"]: str(n) for n, incident in enumerate(kept_incidents, 1)}
    entries = []
    for n, incident in enumerate(kept_incidents, 1):
        histories = build_history(
            [
                RecordVersion(
                    incident["record"], f"v{n}", "incident", 1, incident["fields"], incident.get("restricted") or {}
                )
            ]
        )
        entries.append(Incident(str(n), n, histories))
    facts = order.extract_facts(entries)
    gaps, longest = order.summarise_gaps(facts), expect["gaps"]["longest"]
    assert gaps.median_days == expect["gaps"]["median"]
    assert [(gap.previous_entry, gap.next_entry, gap.days) for gap in gaps.long_gaps] == [
        (*(number[incident] for incident in gap["ids"]), gap["days"]) for gap in expect["gaps"]["long"]
    ]
    assert (gaps.longest_gap and gaps.longest_gap.days) == (longest and longest["days"])
    for tallies, rows in (
        (order.tally_by_month(facts), [row["ids"] for row in expect["months"]]),
        (order.tally_by_weekday(facts), expect["weekdays"]),
    ):
        assert [tally.entry_numbers for tally in tallies] == [
            tuple(number[incident] for incident in row) for row in rows
        ]
    hours = [0] * 6
    for cell in expect["hours"]:
        hours[cell["hour"] // 4] += len(cell["ids"])
    assert [tally.count for tally in order.tally_by_hour_block(facts)] == hours
    assert order.multi_month_entries(facts) == tuple(number[incident] for incident in expect["over_months"])
    for name, field, choice in (
        ("behaviours",) * 3,
        ("channels", "channel", "channels"),
        ("places", "place_category", "places"),
    ):
        counted = {tally.count for tally in order.tally_by_code(entries, field, choice)}
        assert counted == {len(row["ids"]) for row in expect[name]}, name


def test_late_is_more_than_a_day_after_the_end() -> None:
    """A day that is not over is not late; anything written years later is, whatever its source."""
    start = MAY_4_MS
    assert not make_incident("1", 0, written=start + DAY_MS).is_late
    assert make_incident("1", 0, written=start + DAY_MS + 1).is_late
    assert not make_incident("1", 0, end=start + DAY_MS, written=start + 2 * DAY_MS).is_late
    assert make_incident("1", 0, written=start, entry_kind="later_recollection").is_late
    assert not make_incident("1", 0, written=start, entry_kind="contemporaneous").is_late
    assert make_incident("1", 0, written=start + 3 * 365 * DAY_MS, entry_kind="contemporaneous").is_late
    assert not make_incident("1", None, written=start).is_late

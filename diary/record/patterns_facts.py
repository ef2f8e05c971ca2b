"""Countable facts of an incident; mirrored by static/src/record/patterns/patterns_facts.ts.

A fact is never more precise than the entry: an entry dated to the month has no single day, one dated to a part of the
day has no minute, and one without a time has no place in the order.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from diary.record import times
from diary.record.reading import RecordFields, boolean_of, codes_of, integer_of, is_blank, objects_of, text_of

_SOURCE: Final = json.loads(Path(__file__).with_name("marks.json").read_text("utf-8"))
# mark → field → codes of that field that set the mark
MARKS: Final[dict[str, dict[str, list[str]]]] = _SOURCE["marks"]
FIRST_MARKS: Final[list[str]] = _SOURCE["firsts"]
CLOCK_PRECISIONS: Final = frozenset({"exact", "minute", "hour"})
DAY_PRECISIONS: Final = CLOCK_PRECISIONS | {"part_of_day", "day"}
_OCCURRED_FIELDS: Final = ("occurred_start", "occurred_end", "precision", "tz", "utc_offset_min")
# Sorts before every possible instant.
_BEFORE_ALL_MS: Final = -(10**15)
_DATE_PATTERN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class IncidentFact:
    """Facts of one incident.

    `day` and `last_day` are local dates, '' without a known time; `minute_of_day` is local. `occurred` are the fields of
    its time, empty without an alleged breach, which is judged by them.
    """

    record: str
    day: str
    last_day: str
    is_single_day: bool
    instant_ms: int | None
    minute_of_day: int | None
    is_hour_approximate: bool
    behaviours: tuple[str, ...]
    channel: str
    place_category: str
    actors: tuple[str, ...]
    targets: tuple[str, ...]
    accounts: tuple[str, ...]
    account_text: str
    has_witness: bool
    file_count: int
    breaches: tuple[tuple[str, int], ...]
    occurred: RecordFields
    order_ids: tuple[str, ...]
    message_count: int | None
    is_count_estimate: bool
    schedule_id: str
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as precisely as it is known: a local date, and the instant in ms UTC if the clock time is known too."""

    day: str
    instant_ms: int | None = None


def make_fact(record: str, fields: RecordFields, restricted: RecordFields) -> IncidentFact:
    """Extract the countable facts from the current fields of an incident."""
    occurred_at = times.occurred_time(fields)
    day, last_day, is_single_day = _local_days(occurred_at)
    local_start = occurred_at.local_start()
    is_clock_known = bool(day) and occurred_at.precision in CLOCK_PRECISIONS
    count = integer_of(fields, "count")
    return IncidentFact(
        record=record, day=day, last_day=last_day, is_single_day=is_single_day,
        instant_ms=occurred_at.start_ms if is_clock_known else None,
        minute_of_day=local_start.hour * 60 + local_start.minute if is_clock_known and local_start else None,
        is_hour_approximate=occurred_at.precision == "hour",
        behaviours=_unique(codes_of(fields, "behaviours")),
        channel=text_of(fields, "channel"),
        place_category=text_of(fields, "place_category"),
        actors=_unique(codes_of(fields, "actor_ids")),
        targets=_unique(codes_of(fields, "targeted_person_ids")),
        accounts=_unique(codes_of(fields, "account_ids")),
        account_text=text_of(fields, "channel_account").strip(" \t\r\n"),
        has_witness=has_witness(fields, restricted),
        file_count=len(_unique(codes_of(fields, "attachment_ids"))),
        breaches=(breaches := _alleged_breaches(fields)),
        occurred={name: fields.get(name) for name in _OCCURRED_FIELDS} if breaches else {},
        order_ids=_unique(codes_of(fields, "order_ids")),
        message_count=count if count is not None and count >= 0 else None,
        is_count_estimate=boolean_of(fields, "count_is_estimate") is True,
        schedule_id=text_of(fields, "schedule_id"),
        marks=frozenset(name for name, mark_codes in MARKS.items() if _is_marked(fields, mark_codes)),
    )  # fmt: skip


def _local_days(claimed_time: times.ClaimedTime) -> tuple[str, str, bool]:
    """Return the first and last local date, and whether they are a single day.

    The end of a range is converted with the UTC offset in force at the end.
    """
    local_start = claimed_time.local_start()
    if local_start is None or claimed_time.start_ms is None or not claimed_time.is_known:
        return "", "", False
    day = local_start.date().isoformat()
    if claimed_time.precision in DAY_PRECISIONS:
        return day, day, True
    if claimed_time.end_ms is None or claimed_time.end_ms <= claimed_time.start_ms:
        return day, day, False
    offset = (
        times.offset_minutes_at(claimed_time.end_ms - 1, claimed_time.tz)
        if times.find_time_zone(claimed_time.tz)
        else claimed_time.offset_minutes
    )
    last_day = times.to_local_datetime(claimed_time.end_ms - 1, offset).date().isoformat()
    return day, max(day, last_day), False


def _unique(codes: Iterable[str]) -> tuple[str, ...]:
    """Remove duplicates and keep the order."""
    return tuple(dict.fromkeys(codes))


def has_witness(fields: RecordFields, restricted: RecordFields) -> bool:
    """Return whether somebody saw the incident or was told about it."""
    if codes_of(fields, "witness_ids") or text_of(restricted, "witness_names"):
        return True
    return not is_blank(fields.get("told_others"))


def _alleged_breaches(fields: RecordFields) -> tuple[tuple[str, int], ...]:
    """Return order and term number of each alleged breach without duplicates; an unnamed term is 0."""
    order_terms = [
        (text_of(breach, "order_id"), integer_of(breach, "term_no") or 0)
        for breach in objects_of(fields, "alleged_breaches")
    ]
    return tuple(dict.fromkeys(breach for breach in order_terms if breach[0]))


def _is_marked(fields: RecordFields, mark_codes: dict[str, list[str]]) -> bool:
    """Return whether any of the codes that set a mark is present."""
    return any(code in codes for field, codes in mark_codes.items() for code in codes_of(fields, field))


def parse_moment(value: object, tz: str) -> Moment | None:
    """Parse a time in any stored form: a date, a local time, ms UTC or a time block (docs/record.md, Times)."""
    if isinstance(value, str):
        return Moment(value[:10]) if _parse_date(value[:10]) else None
    ms = integer_of({"ms": value}, "ms")
    if ms is not None:
        claimed_time = times.occurred_time({"occurred_start": ms, "tz": tz, "precision": "minute"})
        local_start = claimed_time.local_start()
        return Moment(local_start.date().isoformat(), ms) if local_start else None
    claimed_time = times.read_time_block({"at": value}, "at")
    local_start = claimed_time.local_start()
    if local_start is None or not claimed_time.is_known:
        return None
    return Moment(
        local_start.date().isoformat(), claimed_time.start_ms if claimed_time.precision in CLOCK_PRECISIONS else None
    )


def _parse_date(text: str) -> date | None:
    """Parse `2026-11-03`, or return None. Other ISO 8601 forms are rejected, because records use only this one."""
    try:
        return date.fromisoformat(text) if _DATE_PATTERN.fullmatch(text) else None
    except ValueError:
        return None


def days_between(first_day: str, second_day: str) -> int:
    """Return the whole days from one local date to another; 0 if either is invalid."""
    start_date, end_date = _parse_date(first_day), _parse_date(second_day)
    return 0 if start_date is None or end_date is None else (end_date - start_date).days


def next_day(day: str) -> str:
    """Return the next local date, or '' for an invalid one."""
    parsed = _parse_date(day)
    return "" if parsed is None else (parsed + timedelta(days=1)).isoformat()


def sort_facts(facts: Sequence[IncidentFact]) -> tuple[IncidentFact, ...]:
    """Sort by day, undated facts last; within a day by instant, facts without one first; ties keep their order."""
    return tuple(
        sorted(
            facts,
            key=lambda fact: (not fact.day, fact.day, _BEFORE_ALL_MS if fact.instant_ms is None else fact.instant_ms),
        )
    )

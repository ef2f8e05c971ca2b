"""What counting needs of one incident, in few words; the twin of static/src/record/patterns/patterns_facts.ts.

A fact never says more than the keeper did: an entry told to the month has no day of its own, one told to the part of
a day no hour, and one without a time stands in no order at all.
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
# mark → field → codes of the field that make it
MARKS: Final[dict[str, dict[str, list[str]]]] = _SOURCE["marks"]
FIRST_MARKS: Final[list[str]] = _SOURCE["firsts"]
CLOCK_PRECISIONS: Final = frozenset({"exact", "minute", "hour"})
DAY_PRECISIONS: Final = CLOCK_PRECISIONS | {"part_of_day", "day"}
# Before every instant that is counted.
_BEFORE_ALL_MS: Final = -(10**15)
_DATE_PATTERN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class IncidentFact:
    """One incident. `day` and `last` are local dates, '' when no time is known; `minute` is of the local day."""

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
    order_ids: tuple[str, ...]
    message_count: int | None
    is_count_estimate: bool
    schedule_id: str
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was, as exactly as it is known: a local date, and the instant where the clock is known too."""

    day: str
    instant_ms: int | None = None


def make_fact(record: str, fields: RecordFields, restricted: RecordFields) -> IncidentFact:
    """What counting needs of an incident that says this now."""
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
        breaches=_alleged_breaches(fields),
        order_ids=_unique(codes_of(fields, "order_ids")),
        message_count=count if count is not None and count >= 0 else None,
        is_count_estimate=boolean_of(fields, "count_is_estimate") is True,
        schedule_id=text_of(fields, "schedule_id"),
        marks=frozenset(name for name, mark_codes in MARKS.items() if _is_marked(fields, mark_codes)),
    )  # fmt: skip


def _local_days(claimed_time: times.ClaimedTime) -> tuple[str, str, bool]:
    """First and last local date, and whether it is one day; the end of a range is read on the clock of its own night."""
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
    """Each once, in the order given."""
    return tuple(dict.fromkeys(codes))


def has_witness(fields: RecordFields, restricted: RecordFields) -> bool:
    """Whether somebody saw it or was told of it."""
    if codes_of(fields, "witness_ids") or text_of(restricted, "witness_names"):
        return True
    return not is_blank(fields.get("told_others"))


def _alleged_breaches(fields: RecordFields) -> tuple[tuple[str, int], ...]:
    """Order and term of each alleged breach, each once; a term nobody named is 0."""
    order_terms = [
        (text_of(breach, "order_id"), integer_of(breach, "term_no") or 0)
        for breach in objects_of(fields, "alleged_breaches")
    ]
    return tuple(dict.fromkeys(breach for breach in order_terms if breach[0]))


def _is_marked(fields: RecordFields, mark_codes: dict[str, list[str]]) -> bool:
    """Whether one of the codes that make a mark is said."""
    return any(code in codes for field, codes in mark_codes.items() for code in codes_of(fields, field))


def parse_moment(value: object, tz: str) -> Moment | None:
    """A time in any of the ways a record may hold it: a date, a local time, ms UTC, or one object (docs/record.md, Times)."""
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
    """The day, when a calendar has it. ISO has other ways to write one; a record has only this."""
    try:
        return date.fromisoformat(text) if _DATE_PATTERN.fullmatch(text) else None
    except ValueError:
        return None


def days_between(first_day: str, second_day: str) -> int:
    """Whole days from one local date to another."""
    start_date, end_date = _parse_date(first_day), _parse_date(second_day)
    return 0 if start_date is None or end_date is None else (end_date - start_date).days


def next_day(day: str) -> str:
    """The local date after."""
    parsed = _parse_date(day)
    return "" if parsed is None else (parsed + timedelta(days=1)).isoformat()


def sort_facts(facts: Sequence[IncidentFact]) -> tuple[IncidentFact, ...]:
    """By time, those without one last; within a day by the clock, those without one first; then as they came."""
    return tuple(
        sorted(
            facts,
            key=lambda fact: (not fact.day, fact.day, _BEFORE_ALL_MS if fact.instant_ms is None else fact.instant_ms),
        )
    )

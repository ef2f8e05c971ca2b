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
from diary.record.reading import Fields, codes_of, is_blank, objects_of, switch_of, text_of, whole_of

_SOURCE: Final = json.loads(Path(__file__).with_name("marks.json").read_text("utf-8"))
# mark → field → codes of the field that make it
MARKS: Final[dict[str, dict[str, list[str]]]] = _SOURCE["marks"]
FIRSTS: Final[list[str]] = _SOURCE["firsts"]
CLOCK_KNOWN: Final = frozenset({"exact", "minute", "hour"})
DAY_KNOWN: Final = CLOCK_KNOWN | {"part_of_day", "day"}
# Before every instant that is counted.
_EVER: Final = -(10**15)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Fact:
    """One incident. `day` and `last` are local dates, '' when no time is known; `minute` is of the local day."""

    record: str
    day: str
    last: str
    one_day: bool
    at: int | None
    minute: int | None
    about: bool
    behaviours: tuple[str, ...]
    channel: str
    place: str
    actors: tuple[str, ...]
    targets: tuple[str, ...]
    accounts: tuple[str, ...]
    account_text: str
    witness: bool
    files: int
    breaches: tuple[tuple[str, int], ...]
    orders: tuple[str, ...]
    count: int | None
    count_about: bool
    schedule: str
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was, as exactly as it is known: a local date, and the instant where the clock is known too."""

    day: str
    at: int | None = None


def fact_of(record: str, fields: Fields, restricted: Fields) -> Fact:
    """What counting needs of an incident that says this now."""
    when = times.occurred(fields)
    day, last, one_day = _days(when)
    begins = when.local_start()
    clock = bool(day) and when.precision in CLOCK_KNOWN
    count = whole_of(fields, "count")
    return Fact(
        record=record, day=day, last=last, one_day=one_day,
        at=when.start if clock else None,
        minute=begins.hour * 60 + begins.minute if clock and begins else None,
        about=when.precision == "hour",
        behaviours=_once(codes_of(fields, "behaviours")),
        channel=text_of(fields, "channel"),
        place=text_of(fields, "place_category"),
        actors=_once(codes_of(fields, "actor_ids")),
        targets=_once(codes_of(fields, "targeted_person_ids")),
        accounts=_once(codes_of(fields, "account_ids")),
        account_text=text_of(fields, "channel_account").strip(" \t\r\n"),
        witness=has_witness(fields, restricted),
        files=len(_once(codes_of(fields, "attachment_ids"))),
        breaches=_breaches(fields),
        orders=_once(codes_of(fields, "order_ids")),
        count=count if count is not None and count >= 0 else None,
        count_about=switch_of(fields, "count_is_estimate") is True,
        schedule=text_of(fields, "schedule_id"),
        marks=frozenset(name for name, made_by in MARKS.items() if _is_marked(fields, made_by)),
    )  # fmt: skip


def _days(when: times.When) -> tuple[str, str, bool]:
    """First and last local date, and whether it is one day; the end of a range is read on the clock of its own night."""
    begins = when.local_start()
    if begins is None or when.start is None or not when.is_known:
        return "", "", False
    day = begins.date().isoformat()
    if when.precision in DAY_KNOWN:
        return day, day, True
    if when.end is None or when.end <= when.start:
        return day, day, False
    offset = times.offset_at(when.end - 1, when.tz) if times.find_zone(when.tz) else when.offset_min
    last = times.at_offset(when.end - 1, offset).date().isoformat()
    return day, max(day, last), False


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order given."""
    return tuple(dict.fromkeys(codes))


def has_witness(fields: Fields, restricted: Fields) -> bool:
    """Whether somebody saw it or was told of it."""
    if codes_of(fields, "witness_ids") or text_of(restricted, "witness_names"):
        return True
    return not is_blank(fields.get("told_others"))


def _breaches(fields: Fields) -> tuple[tuple[str, int], ...]:
    """Order and term of each alleged breach, each once; a term nobody named is 0."""
    found = [
        (text_of(one, "order_id"), whole_of(one, "term_no") or 0) for one in objects_of(fields, "alleged_breaches")
    ]
    return tuple(dict.fromkeys(one for one in found if one[0]))


def _is_marked(fields: Fields, made_by: dict[str, list[str]]) -> bool:
    """Whether one of the codes that make a mark is said."""
    return any(code in codes for field, codes in made_by.items() for code in codes_of(fields, field))


def moment_of(value: object, tz: str) -> Moment | None:
    """A time in any of the ways a record may hold it: a date, a local time, ms UTC, or one object (docs/record.md, Times)."""
    if isinstance(value, str):
        return Moment(value[:10]) if _find_date(value[:10]) else None
    ms = whole_of({"ms": value}, "ms")
    if ms is not None:
        when = times.occurred({"occurred_start": ms, "tz": tz, "precision": "minute"})
        begins = when.local_start()
        return Moment(begins.date().isoformat(), ms) if begins else None
    when = times.block({"at": value}, "at")
    begins = when.local_start()
    if begins is None or not when.is_known:
        return None
    return Moment(begins.date().isoformat(), when.start if when.precision in CLOCK_KNOWN else None)


def _find_date(text: str) -> date | None:
    """The day, when a calendar has it. ISO has other ways to write one; a record has only this."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def days_between(first: str, second: str) -> int:
    """Whole days from one local date to another."""
    begins, ends = _find_date(first), _find_date(second)
    return 0 if begins is None or ends is None else (ends - begins).days


def next_day(day: str) -> str:
    """The local date after."""
    found = _find_date(day)
    return "" if found is None else (found + timedelta(days=1)).isoformat()


def in_order(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """By time, those without one last; within a day by the clock, those without one first; then as they came."""
    return tuple(sorted(facts, key=lambda fact: (not fact.day, fact.day, _EVER if fact.at is None else fact.at)))

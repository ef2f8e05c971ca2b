"""Order, gaps and counts of a pack's entries, each with the entries behind it; no layout and no conclusions.

Nothing is counted here a second time: what a pack prints is what diary/record/patterns.py counts, and so what the phone's
Patterns screen shows. This module gives the counts entry numbers and names.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from diary.record import patterns, times, vocabulary
from diary.record.incident import Incident
from diary.record.patterns_facts import Fact, days_between, fact_of, in_order
from diary.record.reading import Fields

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BLOCK_HOURS: Final = 4


@dataclass(frozen=True, slots=True)
class Tally:
    """How many, of what, and which entries they are."""

    label: str
    numbers: tuple[str, ...]
    letter: str = ""

    @property
    def count(self) -> int:
        """How many entries."""
        return len(self.numbers)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days from the last day that was reached to the next one with an entry."""

    after: str
    before: str
    begins: date
    ends: date
    days: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """The longest gap, the middle one in whole days, and those of more than thirty days in order."""

    longest: Gap | None
    median: int | None
    long: tuple[Gap, ...]


def ordered(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """By the time they are said to have happened; those without a date last; ties by number."""
    return tuple(sorted(incidents, key=lambda one: (not one.when.is_known, one.when.start or 0, *_rank(one))))


def _rank(incident: Incident) -> tuple[bool, int]:
    """Those that have a number first, as they were received."""
    return incident.seq_no is None, int(incident.number.lstrip("U") or 0)


def facts(incidents: Iterable[Incident]) -> tuple[Fact, ...]:
    """What is counted of each, in order of time; the `record` of a fact is its entry's number."""
    return in_order([fact_of(one.number, one.said, one.kept_apart) for one in sorted(incidents, key=_rank)])


def dated(found: Iterable[Fact]) -> tuple[Fact, ...]:
    """Those with a day."""
    return tuple(fact for fact in found if fact.day)


def by_month(found: Sequence[Fact]) -> tuple[Tally, ...]:
    """Every month from the first entry to the last, the empty ones too: an empty month is a fact."""
    rows = patterns.months(dated(found))
    return tuple(
        Tally(f"{times.month_short(int(row['month'][5:]))} {row['month'][:4]}", tuple(row["ids"])) for row in rows
    )


def over_months(found: Iterable[Fact]) -> tuple[str, ...]:
    """Entries told over more than one month: they are in none."""
    return tuple(fact.record for fact in found if fact.day[:7] != fact.last[:7])


def by_code(incidents: Iterable[Incident], field: str, choice: str) -> tuple[Tally, ...]:
    """One tally for each code of a field that was used, most used first, then in the list's own order."""
    order = {term.code: index for index, term in enumerate(vocabulary.LISTS[choice].terms)}
    rows = patterns.tally((one.number, dict.fromkeys(one.codes(field))) for one in incidents)
    rows.sort(key=lambda row: (-len(row["ids"]), order.get(row["code"], len(order))))
    return tuple(
        Tally(vocabulary.label(choice, row["code"]), tuple(row["ids"]), _letter(choice, row["code"])) for row in rows
    )


def _letter(choice: str, code: str) -> str:
    """The letters a term carries; only behaviours have any, though other lists share some of their codes."""
    term = vocabulary.LISTS[choice].find(code)
    return term.letter if term else ""


def by_weekday(found: Sequence[Fact]) -> tuple[Tally, ...]:
    """Monday to Sunday, for entries whose day is known."""
    held = patterns.week(found)["weekdays"]
    return tuple(Tally(name, tuple(numbers)) for name, numbers in zip(WEEKDAYS, held, strict=True))


def by_hours(found: Sequence[Fact]) -> tuple[Tally, ...]:
    """Six blocks of four hours, for entries whose time of day is known."""
    cells = patterns.week(found)["hours"]
    tallies = []
    for start in range(0, 24, _BLOCK_HOURS):
        held = {number for cell in cells if start <= cell["hour"] < start + _BLOCK_HOURS for number in cell["ids"]}
        numbers = tuple(fact.record for fact in found if fact.record in held)
        tallies.append(Tally(f"{start:02d}:00 to {start + _BLOCK_HOURS:02d}:00", numbers))
    return tuple(tallies)


def where(incidents: Iterable[Incident], label: str, holds: Callable[[Incident], bool]) -> Tally:
    """The entries for which something holds."""
    return Tally(label, tuple(incident.number for incident in incidents if holds(incident)))


def gaps(found: Sequence[Fact]) -> Gaps:
    """The days in which nothing is written down; entries of one day have none between them."""
    counted = patterns.gaps(dated(found))
    longest = counted["longest"]
    return Gaps(_gap(longest) if longest else None, counted["median"], tuple(_gap(one) for one in counted["long"]))


def _gap(found: Mapping[str, Any]) -> Gap:
    after, before = found["ids"]
    return Gap(after, before, date.fromisoformat(found["from"]), date.fromisoformat(found["to"]), found["days"])


def period_days(found: Sequence[Fact]) -> int | None:
    """Days from the first to the last day that is told of, both counted; None without a date."""
    known = dated(found)
    return days_between(known[0].day, _until(known)) + 1 if known else None


def days_since(found: Sequence[Fact], made_at: int, offset_min: int) -> int | None:
    """Days from the last day that is told of to the day the pack was made; None without a date."""
    known = dated(found)
    return days_between(_until(known), times.at_offset(made_at, offset_min).date().isoformat()) if known else None


def _until(known: Sequence[Fact]) -> str:
    return max(fact.last for fact in known)


def contacts(found: Sequence[Fact], schedules: Iterable[tuple[str, Fields]]) -> tuple[int, bool]:
    """Messages and calls inside entries, and whether any of the counts is an estimate. `schedules`: ids and fields."""
    counted = patterns.messages(found, [{"record": record, "fields": fields} for record, fields in schedules])
    return counted["count"], counted["about"]

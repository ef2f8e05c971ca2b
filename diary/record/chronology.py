"""Order, gaps and counts of a pack's entries, each with the entries behind it; no layout and no conclusions.

All counts come from diary/record/patterns.py, so a pack prints the same numbers as the Patterns screen. This module
adds entry numbers and labels.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from diary.record import patterns, times, vocabulary
from diary.record.incident import Incident
from diary.record.patterns_facts import IncidentFact, days_between, make_fact, sort_facts

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BLOCK_HOURS: Final = 4


@dataclass(frozen=True, slots=True)
class Tally:
    """A label with the numbers of the entries counted under it."""

    label: str
    entry_numbers: tuple[str, ...]
    letter: str = ""

    @property
    def count(self) -> int:
        """Return the number of entries."""
        return len(self.entry_numbers)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days between the last day covered so far and the next day with an entry."""

    previous_entry: str
    next_entry: str
    start_date: date
    end_date: date
    days: int


@dataclass(frozen=True, slots=True)
class GapSummary:
    """The longest gap, the median in whole days (rounded down), and the gaps of more than thirty days in order."""

    longest_gap: Gap | None
    median_days: int | None
    long_gaps: tuple[Gap, ...]


def sort_incidents(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Sort incidents by claimed time, undated ones last, ties by entry number."""
    return tuple(
        sorted(
            incidents,
            key=lambda incident: (
                not incident.occurred_time.is_known,
                incident.occurred_time.start_ms or 0,
                *_number_sort_key(incident),
            ),
        )
    )


def _number_sort_key(incident: Incident) -> tuple[bool, int]:
    """Return a sort key that puts numbered incidents first, in order of number."""
    return incident.seq_no is None, int(incident.number.lstrip("U") or 0)


def extract_facts(incidents: Iterable[Incident]) -> tuple[IncidentFact, ...]:
    """Return the countable facts of each incident in order of time; `record` of a fact is the entry number."""
    return sort_facts(
        [
            make_fact(incident.number, incident.fields, incident.restricted_fields)
            for incident in sorted(incidents, key=_number_sort_key)
        ]
    )


def dated_facts(incident_facts: Iterable[IncidentFact]) -> tuple[IncidentFact, ...]:
    """Return the facts that have a day."""
    return tuple(fact for fact in incident_facts if fact.day)


def tally_by_month(incident_facts: Sequence[IncidentFact]) -> tuple[Tally, ...]:
    """Count entries for every month from the first entry to the last, empty months included."""
    rows = patterns.count_by_month(dated_facts(incident_facts))
    return tuple(
        Tally(f"{times.short_month_name(int(row['month'][5:]))} {row['month'][:4]}", tuple(row["ids"])) for row in rows
    )


def multi_month_entries(incident_facts: Iterable[IncidentFact]) -> tuple[str, ...]:
    """Return the entries that span more than one month; `tally_by_month` leaves them out."""
    return tuple(fact.record for fact in incident_facts if fact.day[:7] != fact.last_day[:7])


def tally_by_code(incidents: Iterable[Incident], field: str, list_name: str) -> tuple[Tally, ...]:
    """Return one tally for each code used in a field, most used first, then in the order of the choice list."""
    order = {term.code: index for index, term in enumerate(vocabulary.CHOICE_LISTS[list_name].terms)}
    rows = patterns.group_by_code((incident.number, dict.fromkeys(incident.codes(field))) for incident in incidents)
    rows.sort(key=lambda row: (-len(row["ids"]), order.get(row["code"], len(order))))
    return tuple(
        Tally(vocabulary.label(list_name, row["code"]), tuple(row["ids"]), _section_letter(list_name, row["code"]))
        for row in rows
    )


def _section_letter(list_name: str, code: str) -> str:
    """Return the section 2A(3) letters of a code; only behaviours have any, although other lists share some codes."""
    term = vocabulary.CHOICE_LISTS[list_name].find_term(code)
    return term.letter if term else ""


def tally_by_weekday(incident_facts: Sequence[IncidentFact]) -> tuple[Tally, ...]:
    """Count the entries whose day is known by weekday, Monday to Sunday."""
    ids_by_weekday = patterns.count_by_weekday_and_hour(incident_facts)["weekdays"]
    return tuple(Tally(name, tuple(numbers)) for name, numbers in zip(WEEKDAYS, ids_by_weekday, strict=True))


def tally_by_hour_block(incident_facts: Sequence[IncidentFact]) -> tuple[Tally, ...]:
    """Count the entries whose time of day is known in six blocks of four hours."""
    cells = patterns.count_by_weekday_and_hour(incident_facts)["hours"]
    tallies = []
    for start in range(0, 24, _BLOCK_HOURS):
        block_entries = {
            number for cell in cells if start <= cell["hour"] < start + _BLOCK_HOURS for number in cell["ids"]
        }
        numbers = tuple(fact.record for fact in incident_facts if fact.record in block_entries)
        tallies.append(Tally(f"{start:02d}:00 to {start + _BLOCK_HOURS:02d}:00", numbers))
    return tuple(tallies)


def tally_where(incidents: Iterable[Incident], label: str, predicate: Callable[[Incident], bool]) -> Tally:
    """Return a tally of the incidents for which the predicate is true."""
    return Tally(label, tuple(incident.number for incident in incidents if predicate(incident)))


def summarise_gaps(incident_facts: Sequence[IncidentFact]) -> GapSummary:
    """Summarise the days without entries; entries on the same day have no gap between them."""
    gap_counts = patterns.find_gaps(dated_facts(incident_facts))
    longest = gap_counts["longest"]
    return GapSummary(
        _make_gap(longest) if longest else None,
        gap_counts["median"],
        tuple(_make_gap(gap) for gap in gap_counts["long"]),
    )


def _make_gap(gap: Mapping[str, Any]) -> Gap:
    previous_entry, next_entry = gap["ids"]
    return Gap(previous_entry, next_entry, date.fromisoformat(gap["from"]), date.fromisoformat(gap["to"]), gap["days"])


def period_days(incident_facts: Sequence[IncidentFact]) -> int | None:
    """Return the days from the first to the last day covered, both counted; None without a dated entry."""
    with_date = dated_facts(incident_facts)
    return days_between(with_date[0].day, _last_day(with_date)) + 1 if with_date else None


def days_since_last_entry(incident_facts: Sequence[IncidentFact], made_at_ms: int, offset_minutes: int) -> int | None:
    """Return the days from the last day covered to the day the pack was made; None without a dated entry."""
    with_date = dated_facts(incident_facts)
    return (
        days_between(_last_day(with_date), times.to_local_datetime(made_at_ms, offset_minutes).date().isoformat())
        if with_date
        else None
    )


def _last_day(with_date: Sequence[IncidentFact]) -> str:
    return max(fact.last_day for fact in with_date)

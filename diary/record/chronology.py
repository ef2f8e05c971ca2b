"""Order, gaps and counts. Numbers only, each with the entries behind it; no layout and no conclusions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from statistics import median
from typing import Final

from diary.record import times, vocabulary
from diary.record.incident import Incident

LONG_GAP_DAYS: Final = 30
_CLOCK_KNOWN: Final = frozenset({"exact", "minute", "hour"})
_DAY_KNOWN: Final = _CLOCK_KNOWN | {"part_of_day", "day"}


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
    """Days between two entries that follow one another in time."""

    after: str
    before: str
    begins: date
    ends: date

    @property
    def days(self) -> int:
        """Whole days between the two dates."""
        return (self.ends - self.begins).days


def ordered(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """By the time they are said to have happened; those without a date last; ties by number."""
    return tuple(sorted(incidents, key=_place))


def _place(incident: Incident) -> tuple[bool, int, bool, int]:
    when = incident.when
    unnumbered = incident.seq_no is None
    rank = int(incident.number.lstrip("U") or 0)
    return (not when.is_known, when.start or 0, unnumbered, rank)


def by_month(incidents: Iterable[Incident]) -> tuple[Tally, ...]:
    """Every month from the first entry to the last, the empty ones too: an empty month is a fact."""
    found: dict[tuple[int, int], list[str]] = {}
    for incident in incidents:
        begins = incident.when.local_start()
        if incident.when.is_known and begins:
            found.setdefault((begins.year, begins.month), []).append(incident.number)
    if not found:
        return ()
    (year, month), last = min(found), max(found)
    months: list[Tally] = []
    while (year, month) <= last:
        numbers = tuple(found.get((year, month), ()))
        months.append(Tally(f"{times.month_short(month)} {year}", numbers))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return tuple(months)


def by_code(incidents: Sequence[Incident], field: str, choice: str) -> tuple[Tally, ...]:
    """One tally for each code of a field that was used, most used first, then in the list's own order."""
    found: dict[str, list[str]] = {}
    for incident in incidents:
        for code in dict.fromkeys(incident.codes(field)):
            found.setdefault(code, []).append(incident.number)
    order = {term.code: index for index, term in enumerate(vocabulary.LISTS[choice].terms)}
    ranked = sorted(found.items(), key=lambda row: (-len(row[1]), order.get(row[0], len(order)), row[0]))
    return tuple(Tally(vocabulary.label(choice, code), tuple(numbers), _letter(choice, code)) for code, numbers in ranked)


def _letter(choice: str, code: str) -> str:
    """The letters a term carries; only behaviours have any, though other lists share some of their codes."""
    term = vocabulary.LISTS[choice].find(code)
    return term.letter if term else ""


def by_weekday(incidents: Iterable[Incident]) -> tuple[Tally, ...]:
    """Monday to Sunday, for entries whose day is known."""
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return _under(days, [(i, begins.weekday()) for i, begins in _placed(incidents, _DAY_KNOWN)])


def by_hours(incidents: Iterable[Incident]) -> tuple[Tally, ...]:
    """Six blocks of four hours, for entries whose time of day is known."""
    blocks = [f"{hour:02d}:00 to {hour + 4:02d}:00" for hour in range(0, 24, 4)]
    return _under(blocks, [(i, begins.hour // 4) for i, begins in _placed(incidents, _CLOCK_KNOWN)])


def _placed(incidents: Iterable[Incident], precise: frozenset[str]) -> Iterable[tuple[Incident, datetime]]:
    """Entries known as precisely as asked, with their local beginning."""
    for incident in incidents:
        begins = incident.when.local_start()
        if begins and incident.when.precision in precise:
            yield incident, begins


def _under(names: Sequence[str], found: Iterable[tuple[Incident, int]]) -> tuple[Tally, ...]:
    """Tallies under fixed names, empty ones too."""
    numbers: list[list[str]] = [[] for _ in names]
    for incident, index in found:
        numbers[index].append(incident.number)
    return tuple(Tally(name, tuple(held)) for name, held in zip(names, numbers, strict=True))


def where(incidents: Iterable[Incident], label: str, holds: Callable[[Incident], bool]) -> Tally:
    """The entries for which something holds."""
    return Tally(label, tuple(incident.number for incident in incidents if holds(incident)))


def gaps(incidents: Sequence[Incident]) -> tuple[Gap, ...]:
    """The days between entries that follow one another in time; entries without a date are left out."""
    dated = [
        (incident.number, begins.date())
        for incident in ordered(incidents)
        if incident.when.is_known and (begins := incident.when.local_start())
    ]
    return tuple(Gap(after, before, begins, ends) for (after, begins), (before, ends) in pairwise(dated))


def long_gaps(found: Iterable[Gap]) -> tuple[Gap, ...]:
    """Gaps of more than thirty days, in order."""
    return tuple(gap for gap in found if gap.days > LONG_GAP_DAYS)


def median_days(found: Sequence[Gap]) -> int | None:
    """The middle gap in whole days, halves rounded down; None when there is none."""
    return int(median(gap.days for gap in found)) if found else None


def days_since(incidents: Sequence[Incident], made_at: int, offset_min: int) -> int | None:
    """Days from the most recent dated entry to the day the pack was made; None without one."""
    dated = [incident for incident in ordered(incidents) if incident.when.is_known]
    if not dated:
        return None
    last = dated[-1].when.local_start()
    return None if last is None else (times.at_offset(made_at, offset_min).date() - last.date()).days


def contacts(incidents: Iterable[Incident]) -> tuple[int, bool]:
    """Messages and calls counted inside entries, and whether any of the counts is an estimate."""
    counted = [incident.count for incident in incidents if incident.count is not None]
    return sum(number for number, _ in counted), any(estimated for _, estimated in counted)

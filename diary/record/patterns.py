"""The pattern in numbers: each with the entries behind it, and no conclusion; the twin of static/src/record/patterns/patterns.ts.

`count` takes a diary as plain values and gives plain values, so that both languages can be held to one set of vectors
(tests/vectors/patterns.json): `{"incidents", "person", "account", "sighting", "order", "notice", "report", "background",
"impact", "schedule"}`, each a list of `{"record", "fields"[, "restricted"][, "taken_out"]}` in feed order. Every list of
records in the answer is in order of time. What was taken out is counted nowhere but in `taken_out`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from diary import constants
from diary.record.patterns_dates import accounts_used, key_dates, sides
from diary.record.patterns_facts import FIRSTS, Fact, days_between, fact_of, in_order, next_day
from diary.record.reading import Fields, objects_of, switch_of, text_of, whole_of

LONG_GAP_DAYS: Final = constants.LONG_GAP_DAYS
Diary = Mapping[str, Sequence[Mapping[str, Any]]]


def count(diary: Diary, tz: str) -> dict[str, Any]:
    """Everything the Patterns screen and the fact sheet say, by name. `tz` reads instants that came without a zone."""
    standing = [one for one in diary.get("incidents", ()) if one.get("taken_out") is None]
    leads = {kind: _leads(diary.get(kind, ())) for kind in ("person", "account")}
    facts = in_order(
        [_led(fact_of(one["record"], one["fields"], one.get("restricted") or {}), leads) for one in standing]
    )
    dated = [fact for fact in facts if fact.day]
    used = accounts_used(facts, diary, leads["account"], tz)
    return {
        "all": _ids(facts),
        "undated": [fact.record for fact in facts if not fact.day],
        "taken_out": len(diary.get("incidents", ())) - len(standing),
        "since": dated[0].day if dated else "",
        "until": max((fact.last for fact in dated), default=""),
        **_days(dated),
        "gaps": gaps(dated),
        "months": months(dated),
        "over_months": _ids(fact for fact in dated if fact.day[:7] != fact.last[:7]),
        "behaviours": by_code(facts, lambda fact: fact.behaviours),
        "channels": by_code(facts, lambda fact: [fact.channel] if fact.channel else []),
        "places": by_code(facts, lambda fact: [fact.place] if fact.place else []),
        **week(facts),
        "key_dates": [{**one, **sides(one, dated)} for one in key_dates(facts, diary, tz)],
        **used,
        "firsts": [_first(facts, mark) for mark in FIRSTS],
        "marks": {mark: _ids(fact for fact in facts if mark in fact.marks) for mark in _marks_of(facts)},
        **_backed(facts),
        "breaches": _breaches(facts),
        "orders": by_code(facts, lambda fact: fact.orders),
        "targets": by_code(facts, lambda fact: fact.targets or ("",)),
        "actors": by_code(facts, lambda fact: fact.actors),
        "messages": messages(facts, diary.get("schedule", ())),
    }


def _ids(facts: Iterable[Fact]) -> list[str]:
    """The records."""
    return [fact.record for fact in facts]


def _leads(records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What each merged record leads to in the end; a ring leads nowhere, so each of it stands for itself."""
    into = {one["record"]: text_of(one["fields"], "merged_into") for one in records}
    found = {}
    for record, first in into.items():
        seen, at = {record}, first
        while at and at not in seen and into.get(at):
            seen.add(at)
            at = into[at]
        found[record] = record if not at or at in seen else at
    return found


def _led(fact: Fact, leads: Mapping[str, Mapping[str, str]]) -> Fact:
    """The same fact with merged people and accounts counted as one."""
    person, account = leads["person"], leads["account"]
    values = {name: getattr(fact, name) for name in Fact.__slots__}
    for name, led in (("actors", person), ("targets", person), ("accounts", account)):
        values[name] = tuple(dict.fromkeys(led.get(one, one) for one in values[name]))
    return Fact(**values)


def by_code(facts: Iterable[Fact], codes: Callable[[Fact], Iterable[str]]) -> list[dict[str, Any]]:
    """A count for each code, most entries first, then by the code itself."""
    return tally((fact.record, codes(fact)) for fact in facts)


def tally(coded: Iterable[tuple[str, Iterable[str]]]) -> list[dict[str, Any]]:
    """The same of records with their codes, each code once a record."""
    found: dict[str, list[str]] = {}
    for record, codes in coded:
        for code in codes:
            found.setdefault(code, []).append(record)
    return [{"code": code, "ids": ids} for code, ids in sorted(found.items(), key=lambda row: (-len(row[1]), row[0]))]


def _days(dated: Sequence[Fact]) -> dict[str, Any]:
    """Distinct days, the fullest of them, and the longest run of days one after another; ranges have no day of their own."""
    days: dict[str, list[str]] = {}
    for fact in dated:
        if fact.one_day:
            days.setdefault(fact.day, []).append(fact.record)
    fullest = max(days, key=lambda day: len(days[day]), default="")
    best: list[str] = []
    run: list[str] = []
    for day in days:
        if run and next_day(run[-1]) == day:
            run.append(day)
        else:
            run = [day]
        best = run if len(run) > len(best) else best
    return {
        "days": len(days),
        "no_day": _ids(fact for fact in dated if not fact.one_day),
        "fullest": {"day": fullest, "ids": days.get(fullest, [])},
        "run": {"days": len(best), "from": best[0] if best else "", "ids": [one for day in best for one in days[day]]},
    }


def gaps(dated: Sequence[Fact]) -> dict[str, Any]:
    """Days from the last day reached to the next one with an entry; entries of the same day have none between them."""
    found: list[dict[str, Any]] = []
    reach: Fact | None = None
    for fact in dated:
        if reach is not None and fact.day > reach.last:
            days = days_between(reach.last, fact.day)
            found.append({"days": days, "from": reach.last, "to": fact.day, "ids": [reach.record, fact.record]})
        if reach is None or fact.last >= reach.last:
            reach = fact
    return {
        "longest": max(found, key=lambda gap: gap["days"], default=None),
        # Halves rounded down: no gap is made longer than it was.
        "median": int(median(gap["days"] for gap in found)) if found else None,
        "long": [gap for gap in found if gap["days"] > LONG_GAP_DAYS],
    }


def months(dated: Sequence[Fact]) -> list[dict[str, Any]]:
    """Every month from the first to the last, the empty ones too: an empty month is a fact. One over two months is in neither."""
    found: dict[str, list[str]] = {}
    for fact in dated:
        if fact.day[:7] == fact.last[:7]:
            found.setdefault(fact.day[:7], []).append(fact.record)
    if not found:
        return []
    month, last, rows = min(found), max(found), []
    while month <= last:
        rows.append({"month": month, "ids": found.get(month, [])})
        year, number = int(month[:4]), int(month[5:])
        month = f"{year + number // 12:04d}-{number % 12 + 1:02d}"
    return rows


def week(facts: Sequence[Fact]) -> dict[str, Any]:
    """Weekday (Monday 0) and hour on the clock of the place; both 01:30s of an autumn night are in hour 1."""
    days: list[list[str]] = [[] for _ in range(7)]
    cells: dict[tuple[int, int], list[str]] = {}
    for fact in facts:
        if not fact.one_day:
            continue
        weekday = days_between("2024-01-01", fact.day) % 7  # a Monday
        days[weekday].append(fact.record)
        if fact.minute is not None:
            cells.setdefault((weekday, fact.minute // 60), []).append(fact.record)
    return {
        "weekdays": days,
        "hours": [{"weekday": weekday, "hour": hour, "ids": ids} for (weekday, hour), ids in sorted(cells.items())],
        "no_hour": _ids(fact for fact in facts if fact.minute is None),
        "about": _ids(fact for fact in facts if fact.about and fact.minute is not None),
    }


def _first(facts: Sequence[Fact], mark: str) -> dict[str, Any]:
    """The earliest dated entry of a mark, and all of them; with none dated, no first can be named."""
    marked = [fact for fact in facts if mark in fact.marks]
    first = next((fact for fact in marked if fact.day), None)
    return {
        "mark": mark,
        "first": first.record if first else None,
        "day": first.day if first else "",
        "ids": _ids(marked),
    }


def _marks_of(facts: Iterable[Fact]) -> list[str]:
    """Every mark that some entry has."""
    return sorted({mark for fact in facts for mark in fact.marks})


def _backed(facts: Sequence[Fact]) -> dict[str, Any]:
    """With somebody who saw or was told, with a file, with neither."""
    return {
        "witness": _ids(fact for fact in facts if fact.witness),
        "files": _ids(fact for fact in facts if fact.files),
        "neither": _ids(fact for fact in facts if not fact.witness and not fact.files),
    }


def _breaches(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """Alleged breaches by order and term."""
    found: dict[tuple[str, int], list[str]] = {}
    for fact in facts:
        for one in fact.breaches:
            found.setdefault(one, []).append(fact.record)
    return [{"order": order, "term": term, "ids": ids} for (order, term), ids in sorted(found.items())]


def messages(facts: Iterable[Fact], schedules: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Messages and calls inside entries: the entry's own count, else what came in by its schedule."""
    counts = {one["record"]: _in_schedule(one["fields"]) for one in schedules if one.get("taken_out") is None}
    total: dict[str, Any] = {"count": 0, "about": False, "ids": []}
    for fact in facts:
        own = (fact.count, fact.count_about) if fact.count is not None else counts.get(fact.schedule)
        if own is not None:
            total["count"] += own[0]
            total["about"] = total["about"] or own[1]
            total["ids"].append(fact.record)
    return total


def _in_schedule(fields: Fields) -> tuple[int, bool]:
    """What came in: its own count, or its rows that came to the keeper."""
    said = whole_of(fields, "count")
    if said is not None and said >= 0:
        return said, switch_of(fields, "count_is_estimate") is True
    rows = sum(text_of(row, "direction") == "in" for row in objects_of(fields, "rows"))
    return rows, text_of(fields, "complete") not in ("", "complete")

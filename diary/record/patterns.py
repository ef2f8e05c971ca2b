"""Pattern counts, each with the entries behind it and without conclusions.

Mirrored by static/src/record/patterns/patterns.ts. `count_patterns` takes and returns plain values, so that both
implementations can be tested against the same vectors (tests/vectors/patterns.json). Its input is `{"incidents",
"person", "account", "sighting", "order", "notice", "report", "background", "impact", "schedule"}`, each a list of
`{"record", "fields"[, "restricted"][, "taken_out"]}` in feed order. Every list of records in the result is in order of
time. Withdrawn records are counted in `taken_out` only.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from diary import constants
from diary.record.breaches import can_be_broken
from diary.record.patterns_dates import count_accounts, find_first_seen_days, find_key_dates, split_by_key_date
from diary.record.patterns_facts import FIRST_MARKS, IncidentFact, days_between, make_fact, next_day, sort_facts
from diary.record.reading import RecordFields, boolean_of, codes_of, integer_of, objects_of, text_of

LONG_GAP_DAYS: Final = constants.LONG_GAP_DAYS
DiaryRecords = Mapping[str, Sequence[Mapping[str, Any]]]


def count_patterns(diary: DiaryRecords, tz: str) -> dict[str, Any]:
    """Return all counts of the Patterns screen and the fact sheet by name.

    `tz`: zone for instants stored without one.
    """
    facts, merge_targets = _merged_facts(diary)
    dated = [fact for fact in facts if fact.day]
    account_counts = count_accounts(facts, diary, merge_targets["account"], tz)
    return {
        "all": _record_ids(facts),
        "undated": [fact.record for fact in facts if not fact.day],
        "taken_out": len(diary.get("incidents", ())) - len(facts),
        "since": dated[0].day if dated else "",
        "until": max((fact.last_day for fact in dated), default=""),
        **_count_days(dated),
        "gaps": find_gaps(dated),
        "months": count_by_month(dated),
        "over_months": _record_ids(fact for fact in dated if fact.day[:7] != fact.last_day[:7]),
        "behaviours": count_by_code(facts, lambda fact: fact.behaviours),
        "channels": count_by_code(facts, lambda fact: [fact.channel] if fact.channel else []),
        "places": count_by_code(facts, lambda fact: [fact.place_category] if fact.place_category else []),
        **count_by_weekday_and_hour(facts),
        "key_dates": [
            {**incident, **split_by_key_date(incident, dated)} for incident in find_key_dates(facts, diary, tz)
        ],
        **account_counts,
        "firsts": [_first_with_mark(facts, mark) for mark in FIRST_MARKS],
        "marks": {mark: _record_ids(fact for fact in facts if mark in fact.marks) for mark in _marks_in_use(facts)},
        **_group_by_corroboration(facts),
        "breaches": _count_breaches(facts, diary.get("order", ())),
        "orders": count_by_code(facts, lambda fact: fact.order_ids),
        "targets": count_by_code(facts, lambda fact: fact.targets or ("",)),
        "actors": count_by_code(facts, lambda fact: fact.actors),
        "messages": count_messages(facts, diary.get("schedule", ())),
    }


def first_seen_days(diary: DiaryRecords, tz: str) -> dict[str, str]:
    """Return the local day on which each account was first seen, by account after merges; undated ones are left out."""
    facts, merge_targets = _merged_facts(diary)
    return find_first_seen_days(facts, diary, merge_targets["account"], tz)


def _merged_facts(diary: DiaryRecords) -> tuple[tuple[IncidentFact, ...], dict[str, dict[str, str]]]:
    """Return the facts of the active incidents in order of time, after merges, and the merges of people and accounts."""
    merge_targets = {kind: _resolve_merges(diary.get(kind, ())) for kind in ("person", "account")}
    facts = sort_facts(
        [
            _merge_identities(
                make_fact(incident["record"], incident["fields"], incident.get("restricted") or {}), merge_targets
            )
            for incident in diary.get("incidents", ())
            if incident.get("taken_out") is None
        ]
    )
    return facts, merge_targets


def _record_ids(facts: Iterable[IncidentFact]) -> list[str]:
    """Return the record ids of the facts."""
    return [fact.record for fact in facts]


def _resolve_merges(records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Map each merged record to the end of its merge chain; records in a cycle map to themselves."""
    merged_into = {item["record"]: text_of(item["fields"], "merged_into") for item in records}
    targets = {}
    for record, target in merged_into.items():
        visited, current = {record}, target
        while current and current not in visited and merged_into.get(current):
            visited.add(current)
            current = merged_into[current]
        targets[record] = record if not current or current in visited else current
    return targets


def _merge_identities(fact: IncidentFact, merge_targets: Mapping[str, Mapping[str, str]]) -> IncidentFact:
    """Return the fact with merged people and accounts replaced by their merge targets."""
    person, account = merge_targets["person"], merge_targets["account"]
    values = {name: getattr(fact, name) for name in IncidentFact.__slots__}
    for name, targets_by_id in (("actors", person), ("targets", person), ("accounts", account)):
        values[name] = tuple(dict.fromkeys(targets_by_id.get(record_id, record_id) for record_id in values[name]))
    return IncidentFact(**values)


def count_by_code(
    facts: Iterable[IncidentFact], codes: Callable[[IncidentFact], Iterable[str]]
) -> list[dict[str, Any]]:
    """Count entries by code, most entries first, then by code."""
    return group_by_code((fact.record, codes(fact)) for fact in facts)


def group_by_code(coded: Iterable[tuple[str, Iterable[str]]]) -> list[dict[str, Any]]:
    """Group record ids by code, most records first, then by code.

    Input: record ids with their codes, each code once per record.
    """
    ids_by_code: dict[str, list[str]] = {}
    for record, codes in coded:
        for code in codes:
            ids_by_code.setdefault(code, []).append(record)
    return [
        {"code": code, "ids": ids} for code, ids in sorted(ids_by_code.items(), key=lambda row: (-len(row[1]), row[0]))
    ]


def _count_days(dated: Sequence[IncidentFact]) -> dict[str, Any]:
    """Count distinct days, and find the busiest day and the longest run of consecutive days; ranges are left out."""
    days: dict[str, list[str]] = {}
    for fact in dated:
        if fact.is_single_day:
            days.setdefault(fact.day, []).append(fact.record)
    busiest_day = max(days, key=lambda day: len(days[day]), default="")
    longest_run: list[str] = []
    run: list[str] = []
    for day in days:
        if run and next_day(run[-1]) == day:
            run.append(day)
        else:
            run = [day]
        longest_run = run if len(run) > len(longest_run) else longest_run
    return {
        "days": len(days),
        "no_day": _record_ids(fact for fact in dated if not fact.is_single_day),
        "fullest": {"day": busiest_day, "ids": days.get(busiest_day, [])},
        "run": {
            "days": len(longest_run),
            "from": longest_run[0] if longest_run else "",
            "ids": [record for day in longest_run for record in days[day]],
        },
    }


def find_gaps(dated: Sequence[IncidentFact]) -> dict[str, Any]:
    """Find the gaps between the last day covered and the next entry; entries on the same day have none between them."""
    gap_rows: list[dict[str, Any]] = []
    latest: IncidentFact | None = None
    for fact in dated:
        if latest is not None and fact.day > latest.last_day:
            days = days_between(latest.last_day, fact.day)
            gap_rows.append(
                {"days": days, "from": latest.last_day, "to": fact.day, "ids": [latest.record, fact.record]}
            )
        if latest is None or fact.last_day >= latest.last_day:
            latest = fact
    return {
        "longest": max(gap_rows, key=lambda gap: gap["days"], default=None),
        # Round halves down, so that no gap is overstated.
        "median": int(median(gap["days"] for gap in gap_rows)) if gap_rows else None,
        "long": [gap for gap in gap_rows if gap["days"] > LONG_GAP_DAYS],
    }


def count_by_month(dated: Sequence[IncidentFact]) -> list[dict[str, Any]]:
    """Count entries for every month from the first to the last, empty ones included.

    Entries that span two months are left out.
    """
    ids_by_month: dict[str, list[str]] = {}
    for fact in dated:
        if fact.day[:7] == fact.last_day[:7]:
            ids_by_month.setdefault(fact.day[:7], []).append(fact.record)
    if not ids_by_month:
        return []
    month, last_month, rows = min(ids_by_month), max(ids_by_month), []
    while month <= last_month:
        rows.append({"month": month, "ids": ids_by_month.get(month, [])})
        year, number = int(month[:4]), int(month[5:])
        month = f"{year + number // 12:04d}-{number % 12 + 1:02d}"
    return rows


def count_by_weekday_and_hour(facts: Sequence[IncidentFact]) -> dict[str, Any]:
    """Count by weekday (Monday is 0) and by local hour.

    Both occurrences of 01:30 in the autumn clock change are in hour 1.
    """
    days: list[list[str]] = [[] for _ in range(7)]
    cells: dict[tuple[int, int], list[str]] = {}
    for fact in facts:
        if not fact.is_single_day:
            continue
        weekday = days_between("2024-01-01", fact.day) % 7  # a Monday
        days[weekday].append(fact.record)
        if fact.minute_of_day is not None:
            cells.setdefault((weekday, fact.minute_of_day // 60), []).append(fact.record)
    return {
        "weekdays": days,
        "hours": [{"weekday": weekday, "hour": hour, "ids": ids} for (weekday, hour), ids in sorted(cells.items())],
        "no_hour": _record_ids(fact for fact in facts if fact.minute_of_day is None),
        "about": _record_ids(fact for fact in facts if fact.is_hour_approximate and fact.minute_of_day is not None),
    }


def _first_with_mark(facts: Sequence[IncidentFact], mark: str) -> dict[str, Any]:
    """Return the earliest dated entry with a mark and all entries with it; without a dated one, `first` is None."""
    marked = [fact for fact in facts if mark in fact.marks]
    first_marked = next((fact for fact in marked if fact.day), None)
    return {
        "mark": mark,
        "first": first_marked.record if first_marked else None,
        "day": first_marked.day if first_marked else "",
        "ids": _record_ids(marked),
    }


def _marks_in_use(facts: Iterable[IncidentFact]) -> list[str]:
    """Return the marks that occur, sorted."""
    return sorted({mark for fact in facts for mark in fact.marks})


def _group_by_corroboration(facts: Sequence[IncidentFact]) -> dict[str, Any]:
    """Split the entries into those with a witness, those with a file, and those with neither."""
    return {
        "witness": _record_ids(fact for fact in facts if fact.has_witness),
        "files": _record_ids(fact for fact in facts if fact.file_count),
        "neither": _record_ids(fact for fact in facts if not fact.has_witness and not fact.file_count),
    }


def _count_breaches(facts: Iterable[IncidentFact], orders: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Group alleged breaches by order and term; one before service or after the order's end does not count."""
    fields_by_order = {order["record"]: order["fields"] for order in orders if order.get("taken_out") is None}
    ids_by_term: dict[tuple[str, int], list[str]] = {}
    for fact in facts:
        for order, term in fact.breaches:
            if can_be_broken(fields_by_order.get(order, {}), fact.occurred):
                ids_by_term.setdefault((order, term), []).append(fact.record)
    return [{"order": order, "term": term, "ids": ids} for (order, term), ids in sorted(ids_by_term.items())]


def count_messages(facts: Iterable[IncidentFact], schedules: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Count messages and calls in entries: the entry's own count, otherwise the incoming counts of its schedules.

    An entry's schedules are the one that it names and those that name it. Each schedule is counted once.
    """
    counts, schedules_by_entry = {}, dict[str, list[str]]()
    for schedule in schedules:
        if schedule.get("taken_out") is None:
            counts[schedule["record"]] = incoming_count(schedule["fields"])
            for incident_id in codes_of(schedule["fields"], "incident_ids"):
                schedules_by_entry.setdefault(incident_id, []).append(schedule["record"])
    total: dict[str, Any] = {"count": 0, "about": False, "ids": []}
    counted = set[str]()
    for fact in facts:
        if fact.message_count is not None:
            parts = [(fact.message_count, fact.is_count_estimate)]
        else:
            linked = {fact.schedule_id, *schedules_by_entry.get(fact.record, ())} & counts.keys()
            if not linked:
                continue
            # Two entries may share a schedule: its messages came once.
            parts = [counts[schedule_id] for schedule_id in linked - counted]
            counted |= linked
        total["count"] += sum(count for count, _ in parts)
        total["about"] = total["about"] or any(is_estimate for _, is_estimate in parts)
        total["ids"].append(fact.record)
    return total


def incoming_count(fields: RecordFields) -> tuple[int, bool]:
    """Return the incoming count of a schedule, declared or counted from its rows, and whether it is an estimate."""
    declared_count = integer_of(fields, "count")
    if declared_count is not None and declared_count >= 0:
        return declared_count, boolean_of(fields, "count_is_estimate") is True
    rows = sum(text_of(row, "direction") == "in" for row in objects_of(fields, "rows"))
    return rows, text_of(fields, "complete") not in ("", "complete")

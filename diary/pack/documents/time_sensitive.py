"""What an officer has to act on by a day: recordings about to be wiped, updates that were promised, orders in force."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from diary.pack.contents import PackContents
from diary.pack.printable_text import escape_unprintable
from diary.pack.registers import RegisterRecord, breaches_order, format_record_day, order_label, records_of_kind
from diary.pack.wording import format_entries
from diary.record import times, vocabulary
from diary.record.breaches import day_start_ms, order_status
from diary.record.reading import RecordFields, integer_of, objects_of, text_of

# Outcomes after which nothing is left to ask for; the twin of static/src/record/recorders.ts.
_SETTLED_OUTCOMES: Final = frozenset({"got_it", "police_have_it", "wiped", "refused", "none"})
_ASKED_OUTCOMES: Final = frozenset({"asked", "promised"})
_REFERENCES: Final = (("crime", "crime_ref"), ("incident", "incident_ref"))
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Day, label, words and mark; rows are sorted by them.
_DatedRow = tuple[str, str, str, str]


def time_sensitive_rows(contents: PackContents) -> list[list[str]]:
    """Return `[label, words, mark]` of what has a day, the earliest first, then of what was since orders were served.

    A day that had passed when the pack was made is marked. Nothing is left out because its day has passed: a recording
    may still be there, and an update may still be owed.
    """
    dated_rows = sorted((*_recording_rows(contents), *_update_rows(contents), *_order_end_rows(contents)))
    return [
        [escape_unprintable(part) for part in row]
        for row in (*_without_day(dated_rows), *_since_service_rows(contents))
    ]


def _without_day(rows: Iterable[_DatedRow]) -> Iterator[tuple[str, str, str]]:
    return (row[1:] for row in rows)


def _recording_rows(contents: PackContents) -> Iterator[_DatedRow]:
    """Yield the recordings that somebody may still have."""
    for entry in contents.unredacted_entries:
        for recording in objects_of(entry.fields, "independent_evidence"):
            day = text_of(recording, "overwrite_due")
            if not _DAY.fullmatch(day) or text_of(recording, "outcome") in _SETTLED_OUTCOMES:
                continue
            mark = "This day had passed." if _has_passed(contents, recording, "overwrite_due") else ""
            label = f"May be wiped about {times.format_iso_date(day)} (estimate)"
            yield day, label, f"{_recording_words(recording)}, entry {entry.number}.", mark


def _recording_words(recording: RecordFields) -> str:
    kind, holder = text_of(recording, "kind"), text_of(recording, "holder")
    asked_on = times.format_iso_date(text_of(recording, "requested_at"))
    parts = [vocabulary.label("independent_evidence", kind) if kind else "Recording"]
    parts += [f"held by {holder}"] if holder else []
    is_asked = text_of(recording, "outcome") in _ASKED_OUTCOMES
    undated = "asked for, on a day that is not noted" if is_asked else "no note that anybody asked for it"
    parts.append(f"asked for on {asked_on}" if asked_on else undated)
    return ", ".join(parts)


def _update_rows(contents: PackContents) -> Iterator[_DatedRow]:
    """Yield the updates that the keeper was told to expect."""
    reports = records_of_kind(contents.unredacted_registers, "report")
    tz = contents.capsule.metadata.tz
    for report in reports:
        day = report.text("next_update_due")
        due_ms = day_start_ms(report.fields, "next_update_due", tz)
        if not _DAY.fullmatch(day) or due_ms is None:
            continue
        later = [one.code for one in reports if (day_start_ms(one.fields, "at", tz) or 0) >= due_ms]
        mark = ""
        # An entry may mention a report to anybody, and a new report is not the update. So the update stays overdue.
        mentioning = _entries_that_mention_reporting(contents, due_ms)
        hint = f" Reporting is mentioned in {format_entries(mentioning)}." if mentioning else ""
        if _has_passed(contents, report.fields, "next_update_due"):
            mark = f"Later contact: {', '.join(later)}." if later else f"OVERDUE: no later report is listed.{hint}"
        label = f"Update expected {times.format_iso_date(day)}"
        yield day, label, f"{_short_reference(report)}.", mark


def _entries_that_mention_reporting(contents: PackContents, due_ms: int) -> list[str]:
    """Return the numbers of the entries of that day or later that mention a report to anybody."""
    return [
        entry.number
        for entry in contents.unredacted_entries
        if text_of(entry.restricted_fields, "reported_text")
        and (integer_of(entry.fields, "occurred_start") or 0) >= due_ms
    ]


def _short_reference(report: RegisterRecord) -> str:
    """Return `R2, crime NM/4326/18, DC Amin`: the whole report stands further down on the page."""
    references = (f"{prefix} {words}" for prefix, name in _REFERENCES if (words := report.text(name)))
    officer = report.text("officer_name")
    return ", ".join((report.code, *references, *([officer] if officer else [])))


def _order_end_rows(contents: PackContents) -> Iterator[_DatedRow]:
    """Yield the last days of orders that had not ended."""
    for order in records_of_kind(contents.unredacted_registers, "order"):
        day = order.text("expires_on")
        if _DAY.fullmatch(day) and not _has_passed(contents, order.fields, "expires_on"):
            yield day, f"Last day of an order {times.format_iso_date(day)}", f"{order.code} {order_label(order)}.", ""


def _since_service_rows(contents: PackContents) -> Iterator[tuple[str, str, str]]:
    """Yield the entries while each order was in force, by number: not all of them break it."""
    for order in records_of_kind(contents.unredacted_registers, "order"):
        served_on = format_record_day(order, "served_on")
        if served_on:
            numbers = entries_since_service(contents, order)
            breaching = [entry.number for entry in contents.unredacted_entries if breaches_order(entry, order)]
            counted = len(set(breaching) & set(numbers))
            said = f"; {counted} said to break it" if counted else ""
            said += f"; {len(breaching) - counted} undated, said to break it" if len(breaching) > counted else ""
            found = f"{len(numbers)} in this pack: {format_entries(numbers)}" if numbers else "None in this pack"
            words = f"{found}{said}."
            yield f"Since {order.code} was served, {served_on}", words, ""


def entries_since_service(contents: PackContents, order: RegisterRecord) -> list[str]:
    """Return the numbers of the entries while an order was in force, from the day on which it was served."""
    return [
        entry.number for entry in contents.unredacted_entries if order_status(order.fields, entry.fields) == "in_force"
    ]


def _has_passed(contents: PackContents, fields: RecordFields, name: str) -> bool:
    """Return whether a day was over when the pack was made."""
    metadata = contents.capsule.metadata
    start_ms = day_start_ms(fields, name, metadata.tz)
    return start_ms is not None and start_ms + times.DAY_MS <= metadata.made_at

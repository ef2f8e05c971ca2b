"""Pattern counts of document 01: those of diary/record/patterns.py with entry numbers, and no conclusions."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from diary.pack.contents import PackContents
from diary.pack.documents.incident_rows import TemplateData
from diary.pack.printable_text import escape_unprintable
from diary.pack.registers import records_of_kind
from diary.pack.wording import format_entry_numbers
from diary.record import patterns, times

_COUNTED_KINDS: Final = (
    "person",
    "account",
    "sighting",
    "order",
    "notice",
    "report",
    "background",
    "impact",
    "schedule",
)
_FIRST_LABELS: Final[Mapping[str, str]] = {
    "at_home": "At or near home",
    "damage": "Property damaged",
    "in_person": "In person",
    "third_party": "Through somebody else",
    "threat": "A threat",
}
NEW_ACCOUNT_LABEL: Final = "A new account or number after a block"
_KEY_DATE_LABELS: Final[Mapping[str, str]] = {
    "blocked": "Blocked",
    "moved": "Moved home",
    "notice": "Told to stop",
    "own": "Day the keeper named",
    "report": "Reported",
    "served": "Order served",
}


def count_patterns(contents: PackContents) -> dict[str, Any]:
    """Count the patterns of the servable contents.

    Restricted fields only decide whether an entry has a witness; no name is passed on.
    """
    records_by_kind = {
        kind: [
            {"record": record.record, "fields": record.fields} for record in records_of_kind(contents.registers, kind)
        ]
        for kind in _COUNTED_KINDS
    }
    incidents = [
        {"record": entry.record, "fields": entry.fields, "restricted": unredacted.restricted_fields}
        for entry, unredacted in zip(contents.entries, contents.unredacted_entries, strict=True)
    ]
    return patterns.count_patterns({"incidents": incidents, **records_by_kind}, contents.capsule.metadata.tz)


def format_message_count(messages: Mapping[str, Any]) -> str:
    """Return `about 73`, or the number alone if no part of it is an estimate."""
    return f"{'about ' if messages['about'] else ''}{messages['count']}"


def pattern_sections(contents: PackContents) -> TemplateData:
    """Return key dates, firsts, targets, accounts after a block, and the counts for FOUR."""
    pattern_counts = count_patterns(contents)
    entry_numbers = {entry.record: entry.number for entry in contents.entries}
    return {
        "key_dates": [_key_date_row(contents, key_date) for key_date in pattern_counts["key_dates"]],
        "firsts": [
            _first_row(first_counts, entry_numbers) for first_counts in pattern_counts["firsts"] if first_counts["ids"]
        ],
        "targets": [_target_row(contents, target, entry_numbers) for target in pattern_counts["targets"]],
        "four": _four_rows(pattern_counts, entry_numbers),
        "course": _course_of_conduct_lines(contents, pattern_counts),
    }


def _entry_numbers_of(ids: Iterable[str], entry_numbers: Mapping[str, str]) -> str:
    """Return the entry numbers of records as text."""
    return format_entry_numbers(tuple(entry_numbers[record_id] for record_id in ids))


def _key_date_row(contents: PackContents, key_date: Mapping[str, Any]) -> list[str]:
    """Return the row of a key date: the event, its day, and the numbers of entries before, on and after it."""
    ref = contents.labels.get(key_date["record"], "")
    label = _KEY_DATE_LABELS.get(key_date["kind"], "Day") + (f" ({ref})" if ref else "")
    words = f"{label}: {key_date['words']}" if key_date["words"] else label
    return [
        escape_unprintable(words),
        times.format_iso_date(key_date["day"]),
        *(str(len(key_date[side])) for side in ("before", "same", "after")),
    ]


def _first_row(first_counts: Mapping[str, Any], entry_numbers: Mapping[str, str]) -> list[str]:
    """Return the earliest entry with a mark, and all entries with it."""
    first = entry_numbers.get(first_counts["first"] or "", "not dated")
    day = times.format_iso_date(first_counts["day"]) if first_counts["day"] else ""
    return [
        _FIRST_LABELS.get(first_counts["mark"], first_counts["mark"]),
        f"entry {first}",
        day,
        str(len(first_counts["ids"])),
        _entry_numbers_of(first_counts["ids"], entry_numbers),
    ]


def _target_row(contents: PackContents, target: Mapping[str, Any], entry_numbers: Mapping[str, str]) -> list[str]:
    """Return the entries aimed at one person; if nobody is named, the row says so."""
    code = (
        contents.labels.get(target["code"], "somebody who is not in this pack")
        if target["code"]
        else "not recorded (the keeper unless the entry says otherwise)"
    )
    return [code, str(len(target["ids"])), _entry_numbers_of(target["ids"], entry_numbers)]


def _course_of_conduct_lines(contents: PackContents, pattern_counts: Mapping[str, Any]) -> list[str]:
    """Return the number of occasions for each suspect, one line each."""
    return [
        f"{contents.labels.get(actor['code'], '?')}: {len(actor['ids'])} occasion{'' if len(actor['ids']) == 1 else 's'}"
        for actor in pattern_counts["actors"]
    ]


def _four_rows(pattern_counts: Mapping[str, Any], entry_numbers: Mapping[str, str]) -> list[list[str]]:
    """Return counts that may help with the FOUR assessment, without ticks, scores or interpretation.

    What the keeper marks has a row only if an entry has the mark: a zero would look like an answer to a question that
    was perhaps never asked. What is counted from dates has a row with a zero too.
    """
    marks, messages = pattern_counts["marks"], pattern_counts["messages"]
    marked_rows = (
        ("Watching, or knowing things they should not", marks.get("watching", ())),
        ("Through other people, or to people around the keeper", marks.get("third_party", ())),
        ("In person", marks.get("in_person", ())),
        ("Carried on after a warning, as marked by the keeper", marks.get("after_warning", ())),
    )
    new_accounts, new_account_ids = pattern_counts["new_accounts"], pattern_counts["new_account_ids"]
    rows: list[tuple[str, int | str, Iterable[str]]]
    rows = [(label, len(ids), ids) for label, ids in marked_rows if ids]
    rows += [
        (
            f"After being told to stop on {times.format_iso_date(key_date['day'])}",
            len(key_date["after"]),
            key_date["after"],
        )
        for key_date in pattern_counts["key_dates"]
        if key_date["kind"] == "notice"
    ]
    if new_accounts or (_is_block_known(pattern_counts) and not new_account_ids):
        rows.append(("New accounts or numbers after a block", len(new_accounts), new_account_ids))
    elif new_account_ids:
        rows.append((NEW_ACCOUNT_LABEL, len(new_account_ids), new_account_ids))
    if pattern_counts["fullest"]["ids"]:
        rows += [
            ("Most entries in one day", len(pattern_counts["fullest"]["ids"]), pattern_counts["fullest"]["ids"]),
            ("Most days in a row with an entry", pattern_counts["run"]["days"], pattern_counts["run"]["ids"]),
            ("Different days", pattern_counts["days"], ()),
        ]
    if pattern_counts["accounts"]:
        rows.append(("Different accounts and numbers used", len(pattern_counts["accounts"]), ()))
    if messages["ids"]:
        rows.append(("Messages and calls counted inside entries", format_message_count(messages), messages["ids"]))
    return [[label, str(count), _entry_numbers_of(ids, entry_numbers)] for label, count, ids in rows]


def _is_block_known(pattern_counts: Mapping[str, Any]) -> bool:
    return any(key_date["kind"] == "blocked" for key_date in pattern_counts["key_dates"])

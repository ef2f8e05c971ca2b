"""Pattern counts of document 01: those of diary/record/patterns.py with entry numbers, and no conclusions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from diary.pack.contents import PackContents
from diary.pack.documents.incident_rows import TemplateData
from diary.pack.printable_text import escape_unprintable
from diary.pack.registers import RegisterRecord, records_of_kind
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
NEW_ACCOUNT_LABEL: Final = "By an account or number that was new after a block"
# Answers that say nothing of how it is known whose an account is.
_NO_BASIS: Final = frozenset({"not_sure", "prefer_not_to_say", "unknown"})
_CERTAINTY_WORDS: Final = (
    ("sure", "the keeper is sure of"),
    ("guess", "a guess"),
    ("not said", "where it is not said"),
)
_KEY_DATE_LABELS: Final[Mapping[str, str]] = {
    "blocked": "Blocked",
    "moved": "Moved home",
    "notice": "Told to stop",
    "own": "Day the keeper named",
    "report": "Reported",
    "served": "Order served",
}


@dataclass(frozen=True, slots=True)
class AccountAfterBlock:
    """An account that is new after a block: the day it was first seen ('' if not known), and how sure the keeper is.

    `certainty`: how sure the keeper is whose account it is: `sure`, `guess` or `not said`.
    """

    day: str
    certainty: str


@lru_cache(maxsize=1)
def count_patterns(contents: PackContents) -> Mapping[str, Any]:
    """Count the patterns of the servable contents.

    Restricted fields only decide whether an entry has a witness; no name is passed on. Most sections need the counts, and
    a worker makes one pack, so those of the last contents are cached.
    """
    return patterns.count_patterns(_counted_records(contents), contents.capsule.metadata.tz)


def _counted_records(contents: PackContents) -> dict[str, Any]:
    """Return the records that are counted, by kind."""
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
    return {"incidents": incidents, **records_by_kind}


@lru_cache(maxsize=1)
def new_accounts(contents: PackContents) -> tuple[AccountAfterBlock, ...]:
    """Return the accounts that are new after a block, those of unknown day last."""
    days = patterns.first_seen_days(_counted_records(contents), contents.capsule.metadata.tz)
    accounts = [
        AccountAfterBlock(days.get(record, ""), _certainty_of(contents.registers[record]))
        for record in count_patterns(contents)["new_accounts"]
    ]
    return tuple(sorted(accounts, key=lambda account: (not account.day, account.day)))


def _certainty_of(account: RegisterRecord) -> str:
    bases = set(account.codes("attribution_basis")) - _NO_BASIS
    return "not said" if not bases else "guess" if bases == {"guess"} else "sure"


def format_certainty(accounts: Sequence[AccountAfterBlock]) -> str:
    """Return how sure the keeper is whose accounts these are: `2 the keeper is sure of, 4 a guess`."""
    counts = [(sum(account.certainty == code for account in accounts), words) for code, words in _CERTAINTY_WORDS]
    return ", ".join(f"{count} {words}" for count, words in counts if count)


def format_message_count(messages: Mapping[str, Any]) -> str:
    """Return `about 73`, or the number alone if no part of it is an estimate."""
    return f"{'about ' if messages['about'] else ''}{messages['count']}"


def pattern_sections(contents: PackContents) -> TemplateData:
    """Return key dates, firsts, targets, accounts after a block, and the counts for FOUR."""
    pattern_counts = count_patterns(contents)
    entry_numbers = {entry.record: entry.number for entry in contents.entries}
    return {
        "key_dates": [
            [key_date_letter(index), *_key_date_row(contents, key_date)]
            for index, key_date in enumerate(lettered_key_dates(pattern_counts))
        ],
        "firsts": [
            _first_row(first_counts, entry_numbers) for first_counts in pattern_counts["firsts"] if first_counts["ids"]
        ],
        "targets": [_target_row(contents, target, entry_numbers) for target in pattern_counts["targets"]],
        "four": _four_rows(pattern_counts, entry_numbers, format_certainty(new_accounts(contents))),
    }


def _entry_numbers_of(ids: Iterable[str], entry_numbers: Mapping[str, str]) -> str:
    """Return the entry numbers of records as text."""
    return format_entry_numbers(tuple(entry_numbers[record_id] for record_id in ids))


def lettered_key_dates(pattern_counts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the key dates in the order of their letters: by day, within a day those without a clock time first."""
    return sorted(pattern_counts["key_dates"], key=lambda key_date: (key_date["day"], key_date["at"] or 0))


def key_date_letter(index: int) -> str:
    """Return the letter of a key date, counted from 0: `A` … `Z`, `AA`, `AB` and on."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def key_date_label(contents: PackContents, key_date: Mapping[str, Any]) -> str:
    """Return what happened on a key date: `Order served (O1)`, `Day the keeper named (BG1): I moved`."""
    ref = contents.labels.get(key_date["record"], "")
    label = _KEY_DATE_LABELS.get(key_date["kind"], "Day") + (f" ({ref})" if ref else "")
    return f"{label}: {key_date['words']}" if key_date["words"] else label


def _key_date_row(contents: PackContents, key_date: Mapping[str, Any]) -> list[str]:
    """Return the row of a key date: the event, its day, and how many entries are before, on and after it."""
    return [
        escape_unprintable(key_date_label(contents, key_date)),
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


def _four_rows(
    pattern_counts: Mapping[str, Any], entry_numbers: Mapping[str, str], certainty_words: str
) -> list[list[str]]:
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
    counted_accounts, new_account_ids = pattern_counts["new_accounts"], pattern_counts["new_account_ids"]
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
    if counted_accounts or (_is_block_known(pattern_counts) and not new_account_ids):
        label = "New accounts or numbers after a block" + (f": {certainty_words}" if certainty_words else "")
        rows.append((label, len(counted_accounts), new_account_ids))
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

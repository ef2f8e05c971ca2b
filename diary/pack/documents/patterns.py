"""The pattern in numbers as 01 prints it: the counts of diary/record/patterns.py with entry numbers; nothing is concluded."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from diary.pack.contents import Contents
from diary.pack.documents.incident_rows import Row
from diary.pack.printable_text import drawable
from diary.pack.registers import of_kind
from diary.pack.wording import numbers_words
from diary.record import patterns, times

_KINDS: Final = ("person", "account", "sighting", "order", "notice", "report", "background", "impact", "schedule")
_FIRSTS: Final[Mapping[str, str]] = {
    "at_home": "At or near home",
    "damage": "Property damaged",
    "in_person": "In person",
    "third_party": "Through somebody else",
    "threat": "A threat",
}
_KEYS: Final[Mapping[str, str]] = {
    "blocked": "Blocked",
    "moved": "Moved home",
    "notice": "Told to stop",
    "own": "Day the keeper named",
    "report": "Reported",
    "served": "Order served",
}


def counted(contents: Contents) -> dict[str, Any]:
    """What record/patterns.py counts of the servable side. Names of witnesses count as there, and are not carried on."""
    told = {
        kind: [{"record": one.record, "fields": one.said} for one in of_kind(contents.registers, kind)]
        for kind in _KINDS
    }
    incidents = [
        {"record": entry.record, "fields": entry.said, "restricted": whole.kept_apart}
        for entry, whole in zip(contents.entries, contents.whole, strict=True)
    ]
    return patterns.count({"incidents": incidents, **told}, contents.capsule.head.tz)


def pattern_sections(contents: Contents) -> Row:
    """Key dates, firsts, whom it was aimed at, accounts after a block, and counts for FOUR."""
    found = counted(contents)
    names = {entry.record: entry.number for entry in contents.entries}
    return {
        "key_dates": [_key_date(contents, one) for one in found["key_dates"]],
        "firsts": [_first(one, names) for one in found["firsts"] if one["ids"]],
        "targets": [_aimed(contents, one, names) for one in found["targets"]],
        "four": _four(found, names),
        "course": _course(contents, found),
    }


def _which(ids: Iterable[str], names: Mapping[str, str]) -> str:
    """Entry numbers of records."""
    return numbers_words(tuple(names[one] for one in ids))


def _key_date(contents: Contents, one: Mapping[str, Any]) -> list[str]:
    """What happened, its day, and how many entries lie before, on and after it."""
    ref = contents.names.get(one["record"], "")
    label = _KEYS.get(one["kind"], "Day") + (f" ({ref})" if ref else "")
    words = f"{label}: {one['words']}" if one["words"] else label
    return [
        drawable(words),
        times.date_words(one["day"]),
        *(str(len(one[side])) for side in ("before", "same", "after")),
    ]


def _first(one: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """The earliest entry of a mark, and all that have it."""
    first = names.get(one["first"] or "", "not dated")
    day = times.date_words(one["day"]) if one["day"] else ""
    return [
        _FIRSTS.get(one["mark"], one["mark"]),
        f"entry {first}",
        day,
        str(len(one["ids"])),
        _which(one["ids"], names),
    ]


def _aimed(contents: Contents, one: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """Entries aimed at one person; where nobody is named, that is said."""
    code = (
        contents.names.get(one["code"], "somebody who is not in this pack")
        if one["code"]
        else "not recorded (the keeper unless the entry says otherwise)"
    )
    return [code, str(len(one["ids"])), _which(one["ids"], names)]


def _course(contents: Contents, found: Mapping[str, Any]) -> list[str]:
    """One line for each person said to have done it: how many occasions."""
    return [
        f"{contents.names.get(one['code'], '?')}: {len(one['ids'])} occasion{'' if len(one['ids']) == 1 else 's'}"
        for one in found["actors"]
    ]


def _four(found: Mapping[str, Any], names: Mapping[str, str]) -> list[list[str]]:
    """Counts that may help when considering FOUR. No tick, no score, no word of what they mean."""
    marks = found["marks"]
    rows: Sequence[tuple[str, int, Iterable[str]]] = (
        ("Watching, or knowing things they should not", len(marks.get("watching", ())), marks.get("watching", ())),
        (
            "Through other people, or to people around the keeper",
            len(marks.get("third_party", ())),
            marks.get("third_party", ()),
        ),
        ("In person", len(marks.get("in_person", ())), marks.get("in_person", ())),
        (
            "After being told to stop, as marked by the keeper",
            len(marks.get("after_warning", ())),
            marks.get("after_warning", ()),
        ),
        ("New accounts or numbers after a block", len(found["new_accounts"]), found["new_account_ids"]),
        ("Most entries in one day", len(found["fullest"]["ids"]), found["fullest"]["ids"]),
        ("Most days in a row with an entry", found["run"]["days"], found["run"]["ids"]),
        ("Different days", found["days"], ()),
        ("Different accounts and numbers used", len(found["accounts"]), ()),
    )
    about = "about " if found["messages"]["about"] else ""
    told = [[label, str(count), _which(ids, names)] for label, count, ids in rows]
    return [
        *told,
        [
            "Messages and calls counted inside entries",
            f"{about}{found['messages']['count']}",
            _which(found["messages"]["ids"], names),
        ],
    ]

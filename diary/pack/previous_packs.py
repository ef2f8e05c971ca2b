"""What earlier packs of a diary gave out: their numbers hold for ever. static/src/pack/previous_packs.ts reads the same.

An officer who has "JB/3" on paper must find the same file under it in every later pack, so exhibits are numbered from
what the diary's own `export` records say, and only new ones get new numbers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary.errors import BadRequest
from diary.pack.capsule.selection import may_go
from diary.record.evidence import Attachment
from diary.record.reading import codes_of, objects_of, text_of, whole_of
from diary.record.record_history import Opened, Revision, Told, tell_all

SUPPLEMENTS: Final = ("supplement", "items")
_GIVEN: Final = frozenset({"pack", "evidence", "portal", "supplement"})
_ITEM: Final = re.compile(r"[A-Z]{1,4}/([1-9][0-9]{0,4})")


@dataclass(frozen=True, slots=True)
class Earlier:
    """One earlier pack: its number, when it was made, to whom it went, and what was in it. `items`: number by file."""

    no: int
    made_at: int
    receipt_ref: str
    delivered_to: str
    entries: frozenset[str]
    items: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Later:
    """What tells a change after a pack: when versions were received, and the entries that have a file no earlier pack holds."""

    came: Mapping[str, int]
    fresh: frozenset[str]


def earlier_packs(opened: Sequence[Opened], before: int) -> tuple[Earlier, ...]:
    """The packs that the diary says were made with a number below `before`, by number."""
    found = []
    for told in tell_all(opened, "export"):
        said = told.newest.fields
        no, made_at = whole_of(said, "pack_no"), whole_of(said, "made_at")
        if told.taken_out is not None or text_of(said, "kind") not in _GIVEN:
            continue
        if no is not None and made_at is not None and 0 < no < before:
            ref, to = text_of(said, "receipt_ref"), text_of(said, "delivered_to")
            found.append(Earlier(no, made_at, ref, to, frozenset(codes_of(said, "record_ids")), _items(said)))
    return tuple(sorted(found, key=lambda one: (one.no, one.made_at)))


def _items(said: Mapping[str, object]) -> dict[str, int]:
    """Each file's number, as the record of a pack lists them."""
    rows = (
        (text_of(row, "record"), _ITEM.fullmatch(text_of(row, "item"))) for row in objects_of(said, "items_included")
    )
    return {record: int(found[1]) for record, found in rows if record and found}


def given_numbers(packs: Sequence[Earlier]) -> dict[str, int]:
    """Every number already given, by file; the first pack that numbered a file or used a number keeps it."""
    numbers: dict[str, int] = {}
    taken: set[int] = set()
    for pack in packs:
        for record, number in pack.items.items():
            if record not in numbers and number not in taken:
                numbers[record] = number
                taken.add(number)
    return numbers


def numbered(attached: Sequence[Attachment], packs: Sequence[Earlier], start_no: int) -> list[tuple[int, Attachment]]:
    """The files with their numbers, by number: those given before keep theirs, new ones follow the highest."""
    given = given_numbers(packs)
    following = max([start_no - 1, *given.values()]) + 1
    rows: list[tuple[int, Attachment]] = []
    for one in attached:
        if one.record in given:
            rows.append((given[one.record], one))
        else:
            rows.append((following, one))
            following += 1
    return sorted(rows, key=lambda row: row[0])


def asked_for(items: Sequence[str], packs: Sequence[Earlier]) -> frozenset[str]:
    """The files that items name: `JB/12`. Raises BadRequest for one that no earlier pack holds."""
    by_number = {number: record for record, number in given_numbers(packs).items()}
    found = set()
    for item in items:
        matched = _ITEM.fullmatch(item)
        if not matched or int(matched[1]) not in by_number:
            raise BadRequest("An item was asked for that no earlier pack holds.")
        found.add(by_number[int(matched[1])])
    return frozenset(found)


def superseded(packs: Sequence[Earlier]) -> list[dict[str, object]]:
    """What a supplement names: every earlier pack, oldest first."""
    return [
        {
            "delivered_to": pack.delivered_to or None,
            "made_at": pack.made_at,
            "no": pack.no,
            "receipt_ref": pack.receipt_ref or None,
        }
        for pack in packs
    ]


def is_later(revision: Revision, than: int, came: Mapping[str, int]) -> bool:
    """Whether a change was made after an instant, by its device's clock or by when it was received: either clock may be slow.

    `came`: when versions were received, ms UTC.
    """
    return max(revision.at or 0, came.get(revision.version, 0)) > than


def with_new_files(opened: Sequence[Opened], packs: Sequence[Earlier]) -> frozenset[str]:
    """The entries with a file that no earlier pack holds and that may go into one: a picture found later is news of them."""
    given = {record for pack in packs for record in pack.items}
    files = [one for one in tell_all(opened, "attachment") if one.record not in given and may_go(one, intimate=False)]
    fresh = {one.record for one in files}
    named = {record for one in files for record in codes_of(one.newest.fields, "incident_ids")}
    for told in tell_all(opened, "incident"):
        if fresh & {*codes_of(told.newest.fields, "attachment_ids"), *codes_of(told.newest.fields, "narrative_media")}:
            named.add(told.record)
    return frozenset(named)


def new_or_changed(opened: Sequence[Opened], packs: Sequence[Earlier], came: Mapping[str, int]) -> tuple[str, ...]:
    """The entries that no earlier pack holds, or that were written on or given a file after. `came` as for `is_later`."""
    fresh = with_new_files(opened, packs)
    last: dict[str, int] = {}
    for pack in packs:
        last |= dict.fromkeys(pack.entries, pack.made_at)
    return tuple(
        told.record
        for told in tell_all(opened, "incident")
        if told.taken_out is None
        and (
            told.record not in last
            or told.record in fresh
            or any(is_later(revision, last[told.record], came) for revision in told.revisions)
        )
    )


def since(
    entries: Sequence[tuple[int | None, Told]],
    included: frozenset[str],
    packs: Sequence[Earlier],
    absent: Sequence[Mapping[str, object]],
    later: Later,
) -> dict[str, object]:
    """By entry number: what is new, what was changed after the last pack that held it, and what was taken out since.

    `absent`: entries of which nothing is left, `{"record","no","at","why"}`.
    """
    last: dict[str, int] = {}
    for pack in packs:
        last |= dict.fromkeys(pack.entries, pack.made_at)
    rows: dict[str, list[int]] = {"changed": [], "new": [], "removed": []}
    for number, told in entries:
        if number is None:
            continue
        seen = last.get(told.record)
        if told.taken_out is not None:
            if seen is not None:
                rows["removed"].append(number)
        elif told.record in included:
            if seen is None:
                rows["new"].append(number)
            elif told.record in later.fresh or any(is_later(one, seen, later.came) for one in told.revisions):
                rows["changed"].append(number)
    rows["removed"] += [int(str(row["no"])) for row in absent if row["why"] == "removed" and row["record"] in last]
    return {name: sorted(numbers) for name, numbers in rows.items()}

"""What is new since the earlier packs of the same diary, for page one of 01 and the marks in its rows.

A supplement says it in its metadata, for it holds nothing else. For other packs it follows from the `export` records that
came along: each earlier pack that held an entry of this one has one. What is said to be new is therefore in no earlier
pack; an entry of a pack that shares none with this one cannot be here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from diary.pack.contents import PackContents
from diary.pack.previous_packs import DELIVERED_KINDS
from diary.pack.registers import RegisterRecord, records_of_kind
from diary.pack.wording import format_entries
from diary.record import times
from diary.record.incident import Incident
from diary.record.reading import integer_of, objects_of, text_of

_NUMBERS_CHARACTERS: Final = 44


@dataclass(frozen=True, slots=True)
class NewSince:
    """Numbers of entries and items of exhibits that are new, changed or removed since the earlier packs.

    `earlier`: the earlier packs in words. `exhibits` is None if it is not known which exhibits they held.
    """

    earlier: str
    new: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    exhibits: tuple[str, ...] | None


def find_new_since(contents: PackContents) -> NewSince | None:
    """Return what is new since the earlier packs, or None for a diary's first pack."""
    metadata = contents.capsule.metadata
    exports = _earlier_exports(contents)
    if metadata.superseded_packs:
        known_numbers = {integer_of(export.fields, "pack_no") for export in exports}
        are_known = known_numbers >= {pack.number for pack in metadata.superseded_packs}
        earlier = "; ".join(
            _pack_words(contents, pack.number, pack.made_at)
            + (f" (your reference {pack.receipt_ref})" if pack.receipt_ref else "")
            for pack in metadata.superseded_packs
        )
        changes = metadata.changes
        new, changed, removed = (
            tuple(str(number) for number in numbers)
            for numbers in (changes.new_entries, changes.changed_entries, changes.removed_entries)
        )
        return NewSince(earlier, new, changed, removed, _new_items(contents, exports) if are_known else None)
    if not exports:
        return None
    last_export = exports[-1]
    last_made_at = integer_of(last_export.fields, "made_at") or 0
    items = _new_items(contents, exports)
    return NewSince(
        _pack_words(contents, integer_of(last_export.fields, "pack_no") or 0, last_made_at),
        tuple(entry.number for entry in contents.entries if _delivered_at(entry, exports) is None),
        tuple(entry.number for entry in contents.entries if _is_changed(contents, entry, exports, items)),
        tuple(
            str(number)
            for gap in contents.capsule.gaps
            if gap.get("why") == "removed"
            and (number := integer_of(gap, "seq_no")) is not None
            and (integer_of(gap, "at") or 0) > last_made_at
        ),
        items,
    )


def new_since_rows(new_since: NewSince) -> list[list[str]]:
    """Return a row for each kind of change: what it is, how many, and which, if they are few."""
    entry_rows = (
        ("New entries", new_since.new, "marked NEW"),
        ("Entries added to or amended", new_since.changed, "marked CHANGED"),
        ("Entries removed by the keeper", new_since.removed, "listed further back"),
    )
    rows = [[label, str(len(numbers)), _named(numbers, where)] for label, numbers, where in entry_rows]
    if new_since.exhibits is not None:
        rows.append(["New exhibits", str(len(new_since.exhibits)), _span_of(new_since.exhibits)])
    return rows


def _named(numbers: tuple[str, ...], where: str) -> str:
    """Return the entries by number, or where they are marked if the list would be long."""
    words = format_entries(numbers) if numbers else ""
    return words if len(words) <= _NUMBERS_CHARACTERS else where


def _span_of(items: Sequence[str]) -> str:
    return "" if not items else items[0] if len(items) == 1 else f"{items[0]} to {items[-1]}"


def _earlier_exports(contents: PackContents) -> list[RegisterRecord]:
    """Return the records of earlier packs of this diary, by number."""
    this_number = contents.capsule.metadata.number
    exports = [
        export
        for export in records_of_kind(contents.registers, "export")
        if export.text("kind") in DELIVERED_KINDS
        and 0 < (integer_of(export.fields, "pack_no") or 0) < this_number
        and integer_of(export.fields, "made_at") is not None
    ]
    return sorted(exports, key=lambda export: integer_of(export.fields, "pack_no") or 0)


def _pack_words(contents: PackContents, number: int, made_at: int) -> str:
    metadata = contents.capsule.metadata
    return f"pack {metadata.initials} {number} of {times.format_instant(made_at, metadata.tz).day}"


def _delivered_at(entry: Incident, exports: Sequence[RegisterRecord]) -> int | None:
    """Return when the last earlier pack that contains an entry was made, in ms UTC; None if no earlier pack does."""
    times_made = [
        integer_of(export.fields, "made_at") for export in exports if entry.record in export.codes("record_ids")
    ]
    return max((made_at for made_at in times_made if made_at is not None), default=None)


def _is_changed(
    contents: PackContents, entry: Incident, exports: Sequence[RegisterRecord], new_items: Sequence[str]
) -> bool:
    """Return whether an entry was revised, or given a file, after the last earlier pack with it."""
    delivered_at = _delivered_at(entry, exports)
    if delivered_at is None:
        return False
    has_new_file = any(view.exhibit.item in new_items for view in contents.exhibits_of(entry))
    return has_new_file or any(
        max(revision.recorded_at_ms or 0, contents.versions[revision.version].received_at or 0) > delivered_at
        for revision in entry.history.revisions
    )


def _new_items(contents: PackContents, exports: Sequence[RegisterRecord]) -> tuple[str, ...]:
    """Return the exhibits that no earlier pack held."""
    delivered = {text_of(row, "record") for export in exports for row in objects_of(export.fields, "items_included")}
    return tuple(view.exhibit.item for view in contents.exhibits if view.exhibit.record not in delivered)

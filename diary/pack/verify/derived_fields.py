"""Unsigned content of 12_record.json, checked against what is proved: counts, numbers, references and files.

These checks detect a changed value even if all manifests were regenerated, where that is possible. What the keeper
stated once for the whole pack (their own words, the officer's sheet) is in no proof: it is only checked that a pack
which somebody else prepared has nothing of the kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from diary.constants import FIRST_ENTRIES_LIMIT
from diary.pack.capsule.builder import opened_cards
from diary.pack.capsule.reader import KEEPERS_OWN_KINDS
from diary.pack.previous_packs import SUPPLEMENT_KINDS
from diary.pack.proofs.record_json import derived_rows
from diary.pack.verify.custody_check import is_custody_right
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.proof_check import parse_object
from diary.pack.verify.reference_check import are_items_right, are_references_right
from diary.record.incident import Incident
from diary.record.reading import RecordFields, boolean_of, integer_of, is_same_json, object_of, objects_of, text_of
from diary.record.record_history import RecordHistory, RecordVersion, build_histories, build_history
from diary.record.schemas import find_schema

SIDECARS_PREFIX: Final = "data/restricted/14_sidecars/"
_RECORD_MEMBERS: Final = frozenset(
    "asked counts custody exhibits gaps own_words pack records refs sheet start_with t versions".split()
)
_VERSION_MEMBERS: Final = frozenset("c fields kind parents receipt_at record schema seq seq_no version".split())
_OPTIONAL_RECORD_MEMBERS: Final = frozenset({"hold_words", "left_out"})
_FILE_MEMBERS: Final = ("file", "record", "sha256", "sha512")


def is_summary_consistent(record: RecordFields, pack: OpenedPack) -> bool:
    """Return whether everything outside the versions of 12_record.json is consistent with them and with the files."""
    versions, pack_fields = objects_of(record, "versions"), object_of(record, "pack")
    folder = text_of(pack_fields, "folder")
    opened_versions = [opened_version(row) for row in versions]
    histories = [build_history([opened_version(row) for row in group]) for group in _group_by_record(versions).values()]
    return (
        set(record) - _OPTIONAL_RECORD_MEMBERS == _RECORD_MEMBERS
        and all(set(row) == _VERSION_MEMBERS for row in versions)
        and (pack.is_part_folder or folder == pack.folder)
        and folder.startswith(f"PACK_{text_of(pack_fields, 'initials')}_{integer_of(pack_fields, 'no')}_")
        and _is_feed_order([integer_of(row, "seq") for row in versions])
        and _are_entry_numbers_right(record, versions)
        and _are_counts_right(object_of(record, "counts"), histories)
        and _are_labels_right(record)
        and _are_exhibits_right(record, pack)
        and _has_no_words_of_keeper(record)
        and _are_cards_right(record, build_histories(opened_versions, "incident"))
        and are_items_right(objects_of(record, "exhibits"), text_of(pack_fields, "initials"))
        and are_references_right(record, opened_versions)
        and is_custody_right(record, opened_versions)
    )


def are_derived_rows_consistent(record: RecordFields) -> bool:
    """Return whether the derived rows of 12_record.json follow from its versions, and its counts from its entries."""
    versions = [opened_version(row) for row in objects_of(record, "versions")]
    facts = {
        text_of(row, "version"): (text_of(row, "c"), integer_of(row, "receipt_at"), integer_of(row, "seq_no"))
        for row in objects_of(record, "versions")
    }
    rows = objects_of(record, "records")
    labels = {text_of(row, "record"): text_of(row, "ref") for row in rows}
    counts, gaps = object_of(record, "counts"), objects_of(record, "gaps")
    entry_count = sum(row.get("kind") == "incident" for row in rows)
    earlier_count = sum(gap.get("why") == "earlier" for gap in gaps)
    is_continuing = text_of(object_of(record, "pack"), "kind") in SUPPLEMENT_KINDS
    expected_counts = {
        # Only supplements count entries of earlier packs.
        **({"earlier": earlier_count} if earlier_count or "earlier" in counts else {}),
        "included": entry_count,
        "removed": sum(gap.get("why") == "removed" for gap in gaps),
        "total": entry_count + len(gaps),
        "withheld": sum(gap.get("why") == "withheld" for gap in gaps),
    }
    return (
        is_same_json(derived_rows(versions, facts, labels), record.get("records"))
        and all(is_same_json(counts.get(name), number) for name, number in expected_counts.items())
        # An entry that is missing for another reason would be in none of the counts.
        and {text_of(gap, "why") for gap in gaps} <= {"removed", "withheld", *(("earlier",) if is_continuing else ())}
    )


def opened_version(row: RecordFields) -> RecordVersion:
    """Return a version from 12_record.json, with its fields split into open and restricted.

    Raise KeyError if a member is missing.
    """
    kind, fields = text_of(row, "kind"), object_of(row, "fields")
    number = integer_of(row, "schema") or 0
    restricted = set(find_schema(kind, number).restricted)
    return RecordVersion(
        text_of(row, "record"),
        text_of(row, "version"),
        kind,
        number,
        {name: value for name, value in fields.items() if name not in restricted},
        {name: value for name, value in fields.items() if name in restricted},
    )


def _group_by_record(versions: Sequence[RecordFields]) -> dict[str, list[RecordFields]]:
    groups: dict[str, list[RecordFields]] = {}
    for row in versions:
        groups.setdefault(text_of(row, "record"), []).append(row)
    return groups


def _is_feed_order(seqs: Sequence[int | None]) -> bool:
    """Return whether the numbers increase without repetition, and versions without a number come last."""
    known = [seq for seq in seqs if seq is not None]
    return list(seqs) == [*known, *[None] * (len(seqs) - len(known))] and known == sorted(set(known))


def _are_entry_numbers_right(record: RecordFields, versions: Sequence[RecordFields]) -> bool:
    """Return whether entry numbers increase in feed order and, together with the gaps, are complete and unique."""
    entries = [row for row in versions if row.get("kind") == "incident"]
    numbers_by_record = {text_of(row, "record"): integer_of(row, "seq_no") for row in entries}
    is_number_constant = all(numbers_by_record[text_of(row, "record")] == integer_of(row, "seq_no") for row in entries)
    numbers = [number for number in numbers_by_record.values() if number is not None]
    gap_numbers = [number for gap in objects_of(record, "gaps") if (number := integer_of(gap, "seq_no")) is not None]
    return (
        is_number_constant
        and numbers == sorted(numbers)
        and sorted([*numbers, *gap_numbers]) == list(range(1, 1 + len(numbers) + len(gap_numbers)))
        and _is_start_right(record, versions, numbers)
        and [text_of(row, "record") for row in objects_of(record, "asked")] == list(numbers_by_record)
    )


def _is_start_right(record: RecordFields, versions: Sequence[RecordFields], numbers: Sequence[int]) -> bool:
    """Return whether 'start with these' names entries here, each once and in order.

    The keeper may choose others for a pack than those marked; an advocate may not.
    """
    start_with = record.get("start_with")
    if not isinstance(start_with, list) or not all(type(number) is int and number in numbers for number in start_with):
        return False
    if object_of(object_of(record, "pack"), "prepared"):
        entries = build_histories([opened_version(row) for row in versions], "incident")
        marked = {
            entry.record for entry in entries if boolean_of(entry.current_version.fields, "start_with_this") is True
        }
        marked_numbers = {integer_of(row, "seq_no") for row in versions if text_of(row, "record") in marked}
        return start_with == [number for number in numbers if number in marked_numbers][-FIRST_ENTRIES_LIMIT:]
    return start_with == sorted(set(start_with)) and len(start_with) <= FIRST_ENTRIES_LIMIT


def _has_no_words_of_keeper(record: RecordFields) -> bool:
    """Return whether a pack that somebody else prepared has nothing that only the keeper can say."""
    return not object_of(object_of(record, "pack"), "prepared") or (
        record.get("own_words") == ""
        and "left_out" not in record
        and all(text == "" for text in object_of(record, "sheet").values())
        and KEEPERS_OWN_KINDS.isdisjoint(text_of(row, "kind") for row in objects_of(record, "versions"))
    )


def _are_cards_right(record: RecordFields, entries: Sequence[RecordHistory]) -> bool:
    """Return whether the question cards and the time of each entry are those in its versions."""
    numbers = {text_of(row, "record"): integer_of(row, "seq_no") for row in objects_of(record, "versions")}
    return is_same_json([opened_cards(entry, numbers[entry.record]) for entry in entries], record.get("asked"))


def _are_counts_right(counts: RecordFields, histories: Sequence[RecordHistory]) -> bool:
    """Return whether the counts of additions, amendments and late entries are right."""
    entries = [history for history in histories if history.first_version.kind == "incident"]
    late_count = sum(Incident("", None, history).is_late for history in entries)
    revision_counts = {
        kind: sum(history.has_revision(kind) for history in entries) for kind in ("addition", "amendment")
    }
    return is_same_json(
        [counts.get(name) for name in ("added_to", "amended", "late")],
        [revision_counts["addition"], revision_counts["amendment"], late_count],
    )


def _are_labels_right(record: RecordFields) -> bool:
    """Return whether each record's reference matches its number, its exhibit or the list of references."""
    items = {text_of(row, "record"): text_of(row, "item") for row in objects_of(record, "exhibits")}
    refs = {text_of(row, "record"): (text_of(row, "kind"), text_of(row, "ref")) for row in objects_of(record, "refs")}
    rows = objects_of(record, "records")
    unnumbered = [text_of(row, "record") for row in rows if row.get("kind") == "incident" and row.get("seq_no") is None]
    items |= {entry_id: f"U{rank}" for rank, entry_id in enumerate(unnumbered, 1)}
    referenced_ids = {text_of(row, "record") for row in rows if row.get("kind") not in ("incident", "attachment")}
    return referenced_ids == refs.keys() and all(_is_label_right(row, items, refs) for row in rows)


def _is_label_right(row: RecordFields, items: Mapping[str, str], refs: Mapping[str, tuple[str, str]]) -> bool:
    record, kind, name = text_of(row, "record"), text_of(row, "kind"), text_of(row, "ref")
    if kind == "incident":
        number = integer_of(row, "seq_no")
        return name == (items.get(record) if number is None else str(number))
    return name == items.get(record, "") if kind == "attachment" else refs.get(record) == (kind, name)


def _are_exhibits_right(record: RecordFields, pack: OpenedPack) -> bool:
    """Return whether exhibits and sidecars match one to one, and custody lists each exhibit as exported."""
    rows = objects_of(record, "exhibits")
    exhibit_facts = [
        (text_of(row, "item"), *(row.get(name) for name in _FILE_MEMBERS), row.get("size")) for row in rows
    ]
    custody = objects_of(record, "custody")
    items = {str(row[0]) for row in exhibit_facts}
    exported_items = {text_of(line, "item") for line in custody if line.get("action") == "exported"}
    return (
        is_same_json(sorted(exhibit_facts, key=str), sorted(_sidecar_facts(pack), key=str))
        and len(items) == len(exhibit_facts)
        and items == exported_items
        and {text_of(line, "item") for line in custody} <= items
    )


def _sidecar_facts(pack: OpenedPack) -> Iterator[tuple[object, ...]]:
    """Yield the facts in each sidecar about its file."""
    for path in pack.digests:
        if path.startswith(SIDECARS_PREFIX):
            value = parse_object(pack.read(path))
            if value is not None:
                yield (text_of(value, "item"), *(value.get(name) for name in _FILE_MEMBERS), value.get("size_bytes"))

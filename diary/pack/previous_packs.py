"""Contents and item numbers of earlier packs, which stay valid; mirrored by static/src/pack/previous_packs.ts.

An officer who has "JB/3" on paper must find the same file under that number in every later pack. Exhibits are therefore
numbered from the diary's `export` records, and only new files get new numbers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diary.errors import BadRequest
from diary.pack.capsule.selection import is_file_allowed
from diary.record.evidence import Attachment
from diary.record.reading import codes_of, integer_of, objects_of, text_of
from diary.record.record_history import RecordHistory, RecordVersion, Revision, build_histories

SUPPLEMENT_KINDS: Final = ("supplement", "items")
DELIVERED_KINDS: Final = frozenset({"pack", "evidence", "portal", "supplement"})
_ITEM_PATTERN: Final = re.compile(r"[A-Z]{1,4}/([1-9][0-9]{0,4})")


@dataclass(frozen=True, slots=True)
class PreviousPack:
    """One earlier pack: its number, time (ms UTC), recipient and contents.

    `receipt_ref`: the reference that the recipient gave on delivery, not a receipt of the server's. `numbers_by_file`:
    item number by file id.
    """

    number: int
    made_at: int
    receipt_ref: str
    delivered_to: str
    entry_ids: frozenset[str]
    numbers_by_file: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ChangeEvidence:
    """Data for detecting later changes: times of receipt by version, and entries with a file that no pack contains."""

    version_times: Mapping[str, int]
    entries_with_new_files: frozenset[str]


def list_previous_packs(versions: Sequence[RecordVersion], below_number: int) -> tuple[PreviousPack, ...]:
    """Return the delivered packs with a number below `below_number`, by number."""
    packs = []
    for history in build_histories(versions, "export"):
        fields = history.current_version.fields
        number, made_at = integer_of(fields, "pack_no"), integer_of(fields, "made_at")
        if history.withdrawn_at_ms is not None or text_of(fields, "kind") not in DELIVERED_KINDS:
            continue
        if number is not None and made_at is not None and 0 < number < below_number:
            receipt_ref, delivered_to = text_of(fields, "receipt_ref"), text_of(fields, "delivered_to")
            packs.append(
                PreviousPack(
                    number,
                    made_at,
                    receipt_ref,
                    delivered_to,
                    frozenset(codes_of(fields, "record_ids")),
                    _numbers_by_file(fields),
                )
            )
    return tuple(sorted(packs, key=lambda pack: (pack.number, pack.made_at)))


def _numbers_by_file(fields: Mapping[str, object]) -> dict[str, int]:
    """Return each file's number as listed in the export record."""
    rows = (
        (text_of(row, "record"), _ITEM_PATTERN.fullmatch(text_of(row, "item")))
        for row in objects_of(fields, "items_included")
    )
    return {record: int(item_match[1]) for record, item_match in rows if record and item_match}


def numbers_in_packs(packs: Sequence[PreviousPack]) -> dict[str, int]:
    """Return every assigned number by file; the first pack that numbered a file or used a number has precedence."""
    numbers: dict[str, int] = {}
    used_numbers: set[int] = set()
    for pack in packs:
        for record, number in pack.numbers_by_file.items():
            if record not in numbers and number not in used_numbers:
                numbers[record] = number
                used_numbers.add(number)
    return numbers


def number_files(
    attachments: Sequence[Attachment], packs: Sequence[PreviousPack], first_number: int
) -> list[tuple[int, Attachment]]:
    """Return the files by number: assigned numbers stay, and new files follow the highest."""
    assigned = numbers_in_packs(packs)
    next_number = max([first_number - 1, *assigned.values()]) + 1
    rows: list[tuple[int, Attachment]] = []
    for attachment in attachments:
        if attachment.record in assigned:
            rows.append((assigned[attachment.record], attachment))
        else:
            rows.append((next_number, attachment))
            next_number += 1
    return sorted(rows, key=lambda row: row[0])


def requested_files(items: Sequence[str], packs: Sequence[PreviousPack]) -> frozenset[str]:
    """Return the ids of files requested as `JB/12`. Raise BadRequest for an item that no earlier pack contains."""
    by_number = {number: record for record, number in numbers_in_packs(packs).items()}
    file_ids = set()
    for item in items:
        item_match = _ITEM_PATTERN.fullmatch(item)
        if not item_match or int(item_match[1]) not in by_number:
            raise BadRequest("An item was asked for that no earlier pack holds.")
        file_ids.add(by_number[int(item_match[1])])
    return frozenset(file_ids)


def superseded_rows(packs: Sequence[PreviousPack]) -> list[dict[str, object]]:
    """Return every earlier pack, oldest first, for a supplement."""
    return [
        {
            "delivered_to": pack.delivered_to or None,
            "made_at": pack.made_at,
            "no": pack.number,
            "receipt_ref": pack.receipt_ref or None,
        }
        for pack in packs
    ]


def is_revised_after(revision: Revision, instant_ms: int, version_times: Mapping[str, int]) -> bool:
    """Return whether a revision was made after an instant. `version_times`: time by version, ms UTC."""
    return version_times.get(revision.version, 0) > instant_ms


def find_entries_with_new_files(versions: Sequence[RecordVersion], packs: Sequence[PreviousPack]) -> frozenset[str]:
    """Return the entries with a packable file that no earlier pack contains: a file added later is a change."""
    delivered_files = {record for pack in packs for record in pack.numbers_by_file}
    files = [
        file
        for file in build_histories(versions, "attachment")
        if file.record not in delivered_files and is_file_allowed(file, include_intimate=False)
    ]
    new_file_ids = {file.record for file in files}
    entry_ids = {record for file in files for record in codes_of(file.current_version.fields, "incident_ids")}
    for history in build_histories(versions, "incident"):
        if new_file_ids & {
            *codes_of(history.current_version.fields, "attachment_ids"),
            *codes_of(history.current_version.fields, "narrative_media"),
        }:
            entry_ids.add(history.record)
    return frozenset(entry_ids)


def new_or_changed_entries(
    versions: Sequence[RecordVersion], packs: Sequence[PreviousPack], version_times: Mapping[str, int]
) -> tuple[str, ...]:
    """Return the entries that no earlier pack contains, or that were revised or given a file since.

    `version_times`: as in `is_revised_after`.
    """
    with_files = find_entries_with_new_files(versions, packs)
    last_delivered_at: dict[str, int] = {}
    for pack in packs:
        last_delivered_at |= dict.fromkeys(pack.entry_ids, pack.made_at)
    return tuple(
        history.record
        for history in build_histories(versions, "incident")
        if history.withdrawn_at_ms is None
        and (
            history.record not in last_delivered_at
            or history.record in with_files
            or any(
                is_revised_after(revision, last_delivered_at[history.record], version_times)
                for revision in history.revisions
            )
        )
    )


def changes_since(
    entries: Sequence[tuple[int | None, RecordHistory]],
    included_ids: frozenset[str],
    packs: Sequence[PreviousPack],
    missing_entries: Sequence[Mapping[str, object]],
    evidence: ChangeEvidence,
) -> dict[str, object]:
    """Return the entry numbers that are new, changed since the last pack with them, or removed since.

    `missing_entries`: entries without any readable version, `{"record","no","at","why"}`.
    """
    last_delivered_at: dict[str, int] = {}
    for pack in packs:
        last_delivered_at |= dict.fromkeys(pack.entry_ids, pack.made_at)
    rows: dict[str, list[int]] = {"changed": [], "new": [], "removed": []}
    for number, history in entries:
        if number is None:
            continue
        delivered_at = last_delivered_at.get(history.record)
        if history.withdrawn_at_ms is not None:
            if delivered_at is not None:
                rows["removed"].append(number)
        elif history.record in included_ids:
            if delivered_at is None:
                rows["new"].append(number)
            elif history.record in evidence.entries_with_new_files or any(
                is_revised_after(revision, delivered_at, evidence.version_times) for revision in history.revisions
            ):
                rows["changed"].append(number)
    rows["removed"] += [
        int(str(row["no"])) for row in missing_entries if row["why"] == "removed" and row["record"] in last_delivered_at
    ]
    return {name: sorted(numbers) for name, numbers in rows.items()}

"""Check of what the records and files of a pack are called in 12_record.json: `S1`, `O2`, `JB/3`."""

from collections.abc import Mapping, Sequence

from diary.pack.capsule.selection import register_code
from diary.pack.exhibit_parsing import REGISTER_KINDS
from diary.record.reading import RecordFields, integer_of, objects_of, text_of
from diary.record.record_history import RecordVersion, build_histories
from diary.record.roles import RoleClaim, are_codes_possible


def are_references_right(record: RecordFields, versions: Sequence[RecordVersion]) -> bool:
    """Return whether the references follow from the records' order, and the codes of people from what they claim.

    Ranks count records that are not here too, so only their order can be checked.
    """
    rows = objects_of(record, "refs")
    records = [history.record for kind in REGISTER_KINDS for history in build_histories(versions, kind)]
    people = {text_of(row, "record"): text_of(row, "ref") for row in rows if row.get("kind") == "person"}
    claims = [
        RoleClaim(version.record, text_of(version.fields, "role"), text_of(version.fields, "role_code"))
        for version in versions
        if version.kind == "person" and not version.is_withdrawal
    ]
    return (
        [text_of(row, "record") for row in rows] == records
        and all(_are_ranks_rising(rows, kind) for kind in REGISTER_KINDS)
        and all(_is_register_code(row) for row in rows if row.get("kind") != "person")
        and are_codes_possible(claims, people)
    )


def are_items_right(exhibits: Sequence[RecordFields], initials: str) -> bool:
    """Return whether the files are called by the pack's initials and rising numbers."""
    items = [text_of(row, "item") for row in exhibits]
    numbers = [_item_number(item) for item in items]
    return (
        items == [f"{initials}/{number}" for number in numbers] and 0 not in numbers and numbers == sorted(set(numbers))
    )


def _are_ranks_rising(rows: Sequence[Mapping[str, object]], kind: str) -> bool:
    ranks = [integer_of(row, "no") or 0 for row in rows if row.get("kind") == kind]
    return 0 not in ranks and ranks == sorted(set(ranks))


def _is_register_code(row: RecordFields) -> bool:
    return row.get("ref") == register_code(text_of(row, "kind"), integer_of(row, "no") or 0)


def _item_number(item: str) -> int:
    """Return the number in `JB/3`; 0 if there is no number, or one of more than five digits."""
    digits = item.rpartition("/")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else 0

"""What a record names: the ids of other records in its fields, wherever they stand; the twin of record/referenced_ids.js.

A link may point at nothing, at what was taken out, or in a circle. Whoever follows one asks first whether the record
is there, and goes through each record once.
"""

from collections.abc import Iterable, Iterator, Mapping

from diary.record.reading import RecordFields
from diary.record.record_history import RecordHistory

# Links that are not called an id: what a person was found to be, and the file that is the account.
_OTHER_LINK_FIELDS = frozenset({"merged_into", "narrative_media"})


def ids_in(fields: RecordFields) -> Iterator[str]:
    """Every id in fields called `…_id` or `…_ids`, in objects and lists of objects too. Reserved names are none."""
    for name, value in fields.items():
        if name.startswith("_"):
            continue
        if name.endswith(("_id", "_ids")) or name in _OTHER_LINK_FIELDS:
            yield from (
                item
                for item in (value if isinstance(value, list | tuple) else (value,))
                if isinstance(item, str) and item
            )
        items = value if isinstance(value, list | tuple) else (value,)
        for item in items:
            if isinstance(item, Mapping):
                yield from ids_in(item)


def ids_named_by(history: RecordHistory) -> frozenset[str]:
    """Every record that a record names now."""
    return frozenset((*ids_in(history.current_version.fields), *ids_in(history.current_version.restricted)))


def reachable_records(start: Iterable[str], references: Mapping[str, frozenset[str]]) -> set[str]:
    """`start` and every record of `names` that something reached names, however far: circles end where they began."""
    visited, pending = set(), list(start)
    while pending:
        record = pending.pop()
        if record in visited:
            continue
        visited.add(record)
        pending += [referenced for referenced in references.get(record, ()) if referenced in references]
    return visited


def merge_root(record: str, merged_into: Mapping[str, str]) -> str:
    """The record that one stands for after mergings (`into`: record to `merged_into`). In a circle, its lowest id."""
    path: list[str] = []
    while record not in path:
        path.append(record)
        next_record = merged_into.get(record, "")
        if not next_record or next_record not in merged_into:
            return record
        record = next_record
    return min(path[path.index(record) :])

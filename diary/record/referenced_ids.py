"""References between records: the ids of other records in any field.

Mirrored by static/src/record/referenced_ids.ts. A reference may point to a missing or withdrawn record, or form a
cycle. Code that follows one checks first that the record exists, and visits each record once.
"""

from collections.abc import Iterable, Iterator, Mapping

from diary.record.reading import RecordFields
from diary.record.record_history import RecordHistory

# Reference fields without an id suffix: the merge target of a person, and the file that contains the narrative.
_OTHER_LINK_FIELDS = frozenset({"merged_into", "narrative_media"})


def ids_in(fields: RecordFields) -> Iterator[str]:
    """Yield every id in fields named `…_id` or `…_ids`, nested objects and lists included.

    Reserved names are skipped.
    """
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
    """Return the ids of all records that the current version refers to."""
    return frozenset((*ids_in(history.current_version.fields), *ids_in(history.current_version.restricted)))


def reachable_records(start: Iterable[str], references: Mapping[str, frozenset[str]]) -> set[str]:
    """Return `start` and every record of `references` that can be reached from it; cycles are allowed."""
    visited, pending = set(), list(start)
    while pending:
        record = pending.pop()
        if record in visited:
            continue
        visited.add(record)
        pending += [referenced for referenced in references.get(record, ()) if referenced in references]
    return visited


def merge_root(record: str, merged_into: Mapping[str, str]) -> str:
    """Return the end of a record's merge chain (`merged_into`: record to target), or the lowest id of a cycle."""
    path: list[str] = []
    while record not in path:
        path.append(record)
        next_record = merged_into.get(record, "")
        if not next_record or next_record not in merged_into:
            return record
        record = next_record
    return min(path[path.index(record) :])

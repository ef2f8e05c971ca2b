"""What a record names: the ids of other records in its fields, wherever they stand; the twin of record/referenced_ids.js.

A link may point at nothing, at what was taken out, or in a circle. Whoever follows one asks first whether the record
is there, and goes through each record once.
"""

from collections.abc import Iterable, Iterator, Mapping

from diary.record.reading import Fields
from diary.record.record_history import Told

# Links that are not called an id: what a person was found to be, and the file that is the account.
_ALSO = frozenset({"merged_into", "narrative_media"})


def ids_in(fields: Fields) -> Iterator[str]:
    """Every id in fields called `…_id` or `…_ids`, in objects and lists of objects too. Reserved names are none."""
    for name, value in fields.items():
        if name.startswith("_"):
            continue
        if name.endswith(("_id", "_ids")) or name in _ALSO:
            yield from (
                one for one in (value if isinstance(value, list | tuple) else (value,)) if isinstance(one, str) and one
            )
        inner = value if isinstance(value, list | tuple) else (value,)
        for one in inner:
            if isinstance(one, Mapping):
                yield from ids_in(one)


def named_by(told: Told) -> frozenset[str]:
    """Every record that a record names now."""
    return frozenset((*ids_in(told.newest.fields), *ids_in(told.newest.restricted)))


def reached(start: Iterable[str], names: Mapping[str, frozenset[str]]) -> set[str]:
    """`start` and every record of `names` that something reached names, however far: circles end where they began."""
    found, waiting = set(), list(start)
    while waiting:
        record = waiting.pop()
        if record in found:
            continue
        found.add(record)
        waiting += [one for one in names.get(record, ()) if one in names]
    return found


def root_of(record: str, into: Mapping[str, str]) -> str:
    """The record that one stands for after mergings (`into`: record to `merged_into`). In a circle, its lowest id."""
    way: list[str] = []
    while record not in way:
        way.append(record)
        following = into.get(record, "")
        if not following or following not in into:
            return record
        record = following
    return min(way[way.index(record) :])

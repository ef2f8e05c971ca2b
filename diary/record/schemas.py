"""Field names of each kind of record, open and restricted, by schema number.

The commitment of a version covers every name of its schema, so a released schema never changes: a new field needs a new
schema number.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.errors import BadRequest

RESERVED_NAMES: Final = (
    "_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordSchema:
    """Field names of one kind under one schema number; `open` includes the reserved names."""

    open: tuple[str, ...]
    restricted: tuple[str, ...]


_SCHEMAS: Final[dict[tuple[str, int], RecordSchema]] = {
    (kind, int(number)): RecordSchema(tuple(names["open"]), tuple(names["restricted"]))
    for kind, numbers in json.loads(Path(__file__).with_name("schemas.json").read_text(encoding="utf-8")).items()
    for number, names in numbers.items()
}

RECORD_KINDS: Final = tuple(sorted({kind for kind, _ in _SCHEMAS}))
NEWEST_SCHEMA_NUMBERS: Final = {
    kind: max(number for known, number in _SCHEMAS if known == kind) for kind in RECORD_KINDS
}


def find_schema(kind: str, number: int) -> RecordSchema:
    """Return the schema of a kind. Raise BadRequest for an unsupported kind or number."""
    known_schema = _SCHEMAS.get((kind, number))
    if known_schema is None:
        raise BadRequest("This release does not support this kind of record.")
    return known_schema

"""Which names each kind of record has, open and restricted, by schema number.

The commitment of a version spans every name of its schema, so a list never changes once released: a new
field is a new schema number.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.errors import BadRequest

RESERVED: Final = (
    "_author", "_beacon", "_by", "_clock", "_ids", "_kind", "_line", "_parents", "_schema",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Schema:
    """The names of one kind under one schema number; reserved names are among the open ones."""

    open: tuple[str, ...]
    restricted: tuple[str, ...]


_TABLES: Final[dict[tuple[str, int], Schema]] = {
    (kind, int(number)): Schema(tuple(names["open"]), tuple(names["restricted"]))
    for kind, numbers in json.loads(Path(__file__).with_name("schemas.json").read_text(encoding="utf-8")).items()
    for number, names in numbers.items()
}

KINDS: Final = tuple(sorted({kind for kind, _ in _TABLES}))
NEWEST: Final = {kind: max(number for known, number in _TABLES if known == kind) for kind in KINDS}


def schema(kind: str, number: int) -> Schema:
    """The names of a kind. Raises BadRequest for a kind or number this release does not know."""
    found = _TABLES.get((kind, number))
    if found is None:
        raise BadRequest("A record is of a kind this release does not know.")
    return found

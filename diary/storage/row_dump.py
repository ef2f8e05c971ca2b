"""The rows of a copied database as a stream of chunks, so that a backup stores only what changed.

[Note: rows instead of pages] A page of an index changes whenever one of its hundreds of entries does, and the entries
are random. One night with 1 % new rows therefore changes most pages of every index. Rows in the order of their numbers
do not have this fault: new rows come at the end, and the others stay where they are. So the stream has the rows and the
statements that create the indexes, and the indexes are built again when it is read.

A chunk ends where the checksum of a row says so, not at a fixed place. A row that is added or removed in the middle
changes its own chunk, and those after it are the same as before.
"""

import base64
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from diary.errors import InvalidSealedCopy
from diary.storage.bulk import backup as sql
from diary.storage.control import sqlite as control
from diary.storage.sqlite.connection import connect

SMALLEST_CHUNK_BYTES: Final = 16 << 10
LARGEST_CHUNK_BYTES: Final = 256 << 10
# One row in 16 may end a chunk.
_BOUNDARY_MASK: Final = 15
_SCHEMA, _TABLE, _ROW, _SEQUENCE = "schema", "table", "row", "sequence"
_DAMAGED_MESSAGE: Final = "The database in this backup cannot be read. Nothing was written."


def dump_chunks(path: Path) -> Iterator[bytes]:
    """Yield the schema and the rows of the SQLite file at `path` as chunks of lines, each a JSON array.

    A chunk has about 16 to 256 KiB, more if a row has more. Equal databases give equal chunks.
    """
    lines: list[bytes] = []
    size = 0
    for line in _dump_lines(path):
        lines.append(line)
        size += len(line)
        may_end = size >= SMALLEST_CHUNK_BYTES and zlib.crc32(line) & _BOUNDARY_MASK == 0
        if may_end or size >= LARGEST_CHUNK_BYTES:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)


def load_chunks(chunks: Iterable[bytes], path: Path) -> None:
    """Write a new SQLite file from the chunks of `dump_chunks`. Raise InvalidSealedCopy if they are malformed.

    Each line runs as one statement that creates something or adds a row. So a line cannot open another file.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as copy:
            copy.execute(control.BEGIN_WRITE)
            insert_row = ""
            for chunk in chunks:
                for line in chunk.splitlines():
                    kind, *values = json.loads(line)
                    if kind == _SCHEMA:
                        _create(copy, values[0])
                    elif kind == _TABLE:
                        insert_row = sql.insert_values(_checked_name(values[0]), values[1])
                    elif kind == _ROW:
                        copy.execute(insert_row, [_decode(value) for value in values])
                    elif kind == _SEQUENCE:
                        copy.execute(sql.INSERT_SEQUENCE, values)
                    else:
                        # Inserted rows have set the sequences. The next lines have the right numbers.
                        copy.execute(sql.DELETE_SEQUENCES)
            copy.execute(control.COMMIT)
    except (sqlite3.Error, ValueError, TypeError, IndexError, KeyError):
        raise InvalidSealedCopy(_DAMAGED_MESSAGE) from None


def _dump_lines(path: Path) -> Iterator[bytes]:
    """Yield one line for each table, row, sequence and index."""
    with closing(connect(path, read_only=True)) as copy:
        tables = copy.execute(sql.LIST_TABLE_SCHEMAS).fetchall()
        for _, schema in tables:
            yield _line(_SCHEMA, schema)
        for table, _ in tables:
            rows = copy.execute(sql.select_rows_in_order(table))
            yield _line(_TABLE, table, len(rows.description))
            for row in rows:
                yield _line(_ROW, *map(_encode, row))
        if copy.execute(sql.HAS_SEQUENCES).fetchone():
            yield _line("sequences")
            for name, number in copy.execute(sql.LIST_SEQUENCES):
                yield _line(_SEQUENCE, name, number)
        for (schema,) in copy.execute(sql.LIST_OTHER_SCHEMAS):
            yield _line(_SCHEMA, schema)


def _line(*values: object) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _encode(value: object) -> object:
    """Return a value of a column for JSON: bytes become an array with their base64."""
    return [base64.b64encode(value).decode("ascii")] if isinstance(value, bytes) else value


def _decode(value: Any) -> Any:
    """Return the value that `_encode` was given."""
    return base64.b64decode(value[0], validate=True) if isinstance(value, list) else value


def _create(copy: sqlite3.Connection, schema: str) -> None:
    """Run a statement that creates a table, an index or a trigger. Raise ValueError for any other."""
    if not schema.upper().startswith("CREATE "):
        raise ValueError
    copy.execute(schema)


def _checked_name(name: str) -> str:
    """Return the name of a table. Raise ValueError if it would change the statement."""
    if not name.isidentifier():
        raise ValueError
    return name

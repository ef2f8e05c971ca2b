"""The statements that move rows from SQLite to PostgreSQL (storage/transfer.py).

Names of tables and columns come from the database's own schema. `$1` stands for a parameter: all that take one run on
PostgreSQL.
"""

from collections.abc import Iterable, Sequence
from typing import Final

LIST_PART_DIGESTS: Final = (
    "SELECT p.name, p.digest FROM part p JOIN blob b ON b.id = p.blob_id WHERE b.erased = 0 ORDER BY p.id"
)
LIST_COLUMNS: Final = (
    "SELECT table_name, column_name, data_type FROM information_schema.columns"
    " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
)
LIST_FOREIGN_KEYS: Final = (
    "SELECT CAST(conrelid AS REGCLASS)::TEXT AS child, CAST(confrelid AS REGCLASS)::TEXT AS parent"
    " FROM pg_constraint WHERE contype = 'f'"
)
FIND_SEQUENCE: Final = "SELECT pg_get_serial_sequence($1, 'id')"
SET_SEQUENCE: Final = "SELECT setval(CAST($1 AS TEXT)::REGCLASS, $2, $3)"


def count_rows(table: str) -> str:
    """Return the statement that counts a table's rows."""
    return f"SELECT count(*) FROM {table}"


def select_rows(table: str, columns: Iterable[str]) -> str:
    """Return the statement that reads every row of a table in the order of the key."""
    return f"SELECT {', '.join(columns)} FROM {table} ORDER BY id"


def select_rows_up_to(table: str, columns: Iterable[str], *, has_lower_bound: bool) -> str:
    """Return the statement that reads the rows up to the key `$1`, and above the key `$2` where there is one."""
    where = "id <= $1 AND id > $2" if has_lower_bound else "id <= $1"
    return f"SELECT {', '.join(columns)} FROM {table} WHERE {where} ORDER BY id"


def delete_rows(table: str) -> str:
    """Return the statement that empties a table."""
    return f"DELETE FROM {table}"


def delete_rows_after(table: str) -> str:
    """Return the statement that deletes the rows above the key `$1`."""
    return f"DELETE FROM {table} WHERE id > $1"


def delete_row(table: str) -> str:
    """Return the statement that deletes the row of the key `$1`."""
    return f"DELETE FROM {table} WHERE id = $1"


def upsert_row(table: str, columns: Sequence[str]) -> str:
    """Return the statement that adds a row, or replaces the row that has its key."""
    placeholders = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    assignments = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id") or "id = excluded.id"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({placeholders}) ON CONFLICT (id) DO UPDATE SET {assignments}"


def read_highest_id(table: str) -> str:
    """Return the statement that reads a table's highest key, NULL for an empty table."""
    return f"SELECT max(id) FROM {table}"

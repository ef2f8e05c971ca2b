"""The statements of a backup (storage/backup.py).

They run on an SQLite file, or on a connection of PostgreSQL's driver.

Names of tables and columns come from the database's own schema.
"""

from collections.abc import Sequence
from typing import Final

LIST_PART_NAMES: Final = "SELECT p.name FROM part p JOIN blob b ON b.id = p.blob_id WHERE b.erased = 0 ORDER BY p.id"
FIND_SEALED_COLUMN: Final = "SELECT id, kdf FROM account WHERE length(kdf) > 0 ORDER BY id LIMIT 1"
FIND_NEWEST_SIGNED_HEAD: Final = (
    "SELECT d.signed_head FROM version v JOIN diary d ON d.id = v.diary_id ORDER BY v.id DESC LIMIT 1"
)
LIST_KEY_STATEMENTS: Final = "SELECT statement FROM key_statement ORDER BY id"
FIND_ACCOUNT_TABLE: Final = "SELECT to_regclass('account')"
FIND_ANY_ACCOUNT: Final = "SELECT 1 FROM account LIMIT 1"
LIST_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
LIST_PART_SIZES: Final = (
    "SELECT p.name, p.size FROM part p JOIN blob b ON b.id = p.blob_id WHERE b.erased = 0 ORDER BY p.id"
)
LIST_TABLE_SCHEMAS: Final = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
)
LIST_OTHER_SCHEMAS: Final = (
    "SELECT sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL ORDER BY type, name"
)
HAS_SEQUENCES: Final = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"
LIST_SEQUENCES: Final = "SELECT name, seq FROM sqlite_sequence ORDER BY name"
DELETE_SEQUENCES: Final = "DELETE FROM sqlite_sequence"
INSERT_SEQUENCE: Final = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)"


def delete_rows(table: str) -> str:
    """Return the statement that empties a table."""
    return f"DELETE FROM {table}"


def select_rows(table: str, columns: Sequence[str]) -> str:
    """Return the statement that reads every row of a table."""
    return f"SELECT {', '.join(columns)} FROM {table}"


def insert_row(table: str, columns: Sequence[str]) -> str:
    """Return the statement that adds one row to a table of an SQLite file."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def select_rows_in_order(table: str) -> str:
    """Return the statement that reads every row of a table of an SQLite file, in the order of its row numbers."""
    return f'SELECT * FROM "{table}" ORDER BY rowid'


def insert_values(table: str, column_count: int) -> str:
    """Return the statement that adds one row with a value for each column to a table of an SQLite file."""
    return f'INSERT INTO "{table}" VALUES ({", ".join("?" * column_count)})'

"""SQLite: transactions, savepoints and pragmas."""

from typing import Final

BEGIN_READ: Final = "BEGIN"
# This takes the write lock at once, so that a batch never has to be restarted at its first change.
BEGIN_WRITE: Final = "BEGIN IMMEDIATE"
COMMIT: Final = "COMMIT"
ROLLBACK: Final = "ROLLBACK"
SAVEPOINT: Final = "SAVEPOINT job"
ROLLBACK_TO_SAVEPOINT: Final = "ROLLBACK TO job"
RELEASE_SAVEPOINT: Final = "RELEASE job"

# Fails with SQLITE_NOTADB or SQLITE_CORRUPT where the file is not a sound database.
READ_SCHEMA: Final = "SELECT count(*) FROM sqlite_master"
QUERY_ONLY: Final = "PRAGMA query_only=ON"
CHECKPOINT_WAL: Final = "PRAGMA wal_checkpoint(PASSIVE)"
TRUNCATE_WAL: Final = "PRAGMA wal_checkpoint(TRUNCATE)"
# Removes the write-ahead log, so that a copy is one file.
LEAVE_WAL_MODE: Final = "PRAGMA journal_mode=DELETE"
QUICK_CHECK: Final = "PRAGMA quick_check(1)"

# The identifier of the next version, as an expression; see models.core.Version.
NEXT_VERSION_ID: Final = "(SELECT coalesce(max(id) + 1, 0) FROM version)"


def set_pragma(name: str, value: str | int) -> str:
    """Return the statement that sets a pragma of the connection. Both come from this program."""
    return f"PRAGMA {name}={value}"


def list_columns(table: str) -> str:
    """Return the statement that lists a table's columns; the second value of each row is the name."""
    return f"PRAGMA table_info({table})"

"""PostgreSQL: transactions, savepoints, advisory locks, the sequence of version numbers, vacuum.

`?` stands for a parameter where the statement runs in a transaction of storage, and `$1` where it runs on a connection
of the driver.
"""

from typing import Final

BEGIN_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
BEGIN_WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
COMMIT: Final = "COMMIT"
ROLLBACK: Final = "ROLLBACK"
SAVEPOINT: Final = "SAVEPOINT job"
ROLLBACK_TO_SAVEPOINT: Final = "ROLLBACK TO job"
RELEASE_SAVEPOINT: Final = "RELEASE job"

# The locks of [Note: one writer per worker] in storage/postgres/writer.py. They are released when the transaction ends.
LOCK_ALL_ACCOUNTS: Final = "SELECT pg_advisory_xact_lock(?, 0)"
SHARE_LOCK_ALL_ACCOUNTS: Final = "SELECT pg_advisory_xact_lock_shared(?, 0)"
LOCK_ACCOUNTS: Final = "SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(? AS BIGINT[])) k"
# Held until the connection closes.
LOCK_MIGRATIONS: Final = "SELECT pg_advisory_lock($1, 1)"

# The identifier of the next version, as an expression.
NEXT_VERSION_ID: Final = "nextval('version_place')"
CREATE_VERSION_SEQUENCE: Final = "CREATE SEQUENCE IF NOT EXISTS version_place MINVALUE 0 START 0"
# Never moves the sequence back: a number that was drawn and not used stays unused.
ADVANCE_VERSION_SEQUENCE: Final = (
    "SELECT setval('version_place', top, true) FROM (SELECT max(id) AS top FROM version) v,"
    " (SELECT last_value FROM version_place) s WHERE top IS NOT NULL AND top > s.last_value"
)


def vacuum(table: str) -> str:
    """Return the statement that vacuums a table."""
    return f"VACUUM {table}"

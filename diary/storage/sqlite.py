"""How SQLite is opened, everywhere the same."""

import sqlite3
from pathlib import Path
from typing import Final

from diary.errors import BadSetting

# FULL: a commit is on the disk, or it is not a commit. secure_delete: what is deleted is overwritten, since
# a stolen disk is one of our adversaries. trusted_schema off: a database file that was tampered with cannot
# make us call functions.
PRAGMAS: Final = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "secure_delete": "ON",
    "trusted_schema": "OFF",
    "busy_timeout": "5000",
    "journal_size_limit": "67108864",
}
PREFIX: Final = "sqlite://"


def path_of(url: str) -> Path:
    """The file of a `sqlite://` address. Raises BadSetting for any other."""
    if not url.startswith(PREFIX) or len(url) == len(PREFIX):
        raise BadSetting("DIARY_DATABASE_URL is not an address of the kind sqlite:///folder/file.")
    return Path(url.removeprefix(PREFIX))


def connect(path: Path, *, reading: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode, for one thread at a time. `reading`: it can change nothing."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}")
    if reading:
        connection.execute("PRAGMA query_only=ON")
    return connection


def forget(path: Path) -> None:
    """Bring the write-ahead log home and cut it off: it may still hold pages from before a deletion.

    While someone reads it cannot be cut; the next time does it then.
    """
    connection = connect(path)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()

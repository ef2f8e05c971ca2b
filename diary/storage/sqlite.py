"""How SQLite is opened, everywhere the same."""

import sqlite3
import threading
from contextlib import suppress
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
# Pages of the write-ahead log that are brought home at the latest: 32 MB.
HOME_PAGES: Final = 8_000


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


class Homebringer:
    """Brings the write-ahead log home beside the writer.

    [Note: bringing home] Left alone, SQLite does it inside the commit that made the log long: every client of that
    batch waits for a thousand pages and two more flushes. A connection of its own does it in steps while others write;
    the writer does it itself only when the log has become very long all the same.
    """

    def __init__(self, path: Path) -> None:
        """Of this database. The writer's own connection is told to wait with it (`HOME_PAGES`)."""
        self._path = path
        self._called = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="homebringer", daemon=True)

    def start(self) -> None:
        """Be there."""
        self._thread.start()

    def call(self) -> None:
        """The log has grown. From any thread; answers at once."""
        self._called.set()

    def end(self) -> None:
        """Finish what is under way and close the connection. Blocks for that long."""
        self._ended = True
        self._called.set()
        self._thread.join()

    def _work(self) -> None:
        """The thread."""
        connection = connect(self._path)
        try:
            while self._called.wait() and not self._ended:
                self._called.clear()
                # What cannot be done now is done at the next call; a full disk is said by whoever writes.
                with suppress(sqlite3.Error):
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        finally:
            connection.close()

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
URL_PREFIX: Final = "sqlite://"
# Pages of the write-ahead log that are brought home at the latest: 32 MB.
MAX_WAL_PAGES: Final = 8_000


def path_from_url(url: str) -> Path:
    """The file of a `sqlite://` address. Raises BadSetting for any other."""
    if not url.startswith(URL_PREFIX) or len(url) == len(URL_PREFIX):
        raise BadSetting("DIARY_DATABASE_URL is not an address of the kind sqlite:///folder/file.")
    return Path(url.removeprefix(URL_PREFIX))


def check_writable(path: Path) -> None:
    """Return when the file can be written, or made. Raises BadSetting with what stands in the way.

    The models' library waits for ever on a file that turns it away at the door, so it is tried here first.
    """
    try:
        connection = connect(path)
    except sqlite3.Error as error:
        raise BadSetting(describe_error(error)) from None
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise BadSetting(describe_error(error)) from None
    finally:
        connection.close()


def describe_error(error: sqlite3.Error) -> str:
    """What SQLite found, in a sentence for whoever runs the server."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "The database is held by another program. See which, and try again."
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return "The database file is damaged. Move it away, keep it, and put a backup back."
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return "The database cannot be written: the disk is full or fails."
    return "The database cannot be written: run this as the user whose it is, and see who may write in DIARY_DATA."


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode, for one thread at a time. `reading`: it can change nothing."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={value}")
    except sqlite3.Error:
        connection.close()
        raise
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    return connection


def truncate_wal(path: Path) -> None:
    """Bring the write-ahead log home and cut it off: it may still hold pages from before a deletion.

    While someone reads it cannot be cut; the next time does it then.
    """
    connection = connect(path)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()


class WalCheckpointer:
    """Brings the write-ahead log home beside the writer.

    [Note: bringing home] Left alone, SQLite does it inside the commit that made the log long: every client of that
    batch waits for a thousand pages and two more flushes. A connection of its own does it in steps while others write;
    the writer does it itself only when the log has become very long all the same.
    """

    def __init__(self, path: Path) -> None:
        """Of this database. The writer's own connection is told to wait with it (`HOME_PAGES`)."""
        self._path = path
        self._wake_event = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="homebringer", daemon=True)

    def start(self) -> None:
        """Be there."""
        self._thread.start()

    def request_checkpoint(self) -> None:
        """The log has grown. From any thread; answers at once."""
        self._wake_event.set()

    def stop(self) -> None:
        """Finish what is under way and close the connection. Blocks for that long."""
        self._is_stopping = True
        self._wake_event.set()
        self._thread.join()

    def _run(self) -> None:
        """The thread."""
        connection = connect(self._path)
        try:
            while self._wake_event.wait() and not self._is_stopping:
                self._wake_event.clear()
                # What cannot be done now is done at the next call; a full disk is said by whoever writes.
                with suppress(sqlite3.Error):
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        finally:
            connection.close()

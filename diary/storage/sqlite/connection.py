"""Connections to SQLite, all opened with the same pragmas."""

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from diary.errors import BadSetting
from diary.storage.control import sqlite as control

# FULL: a commit that was acknowledged survives a power cut. secure_delete: deleted rows are overwritten, since a
# stolen disk is among the threats. trusted_schema off: a database file that was tampered with cannot call functions.
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
# Pages of the write-ahead log after which the writer runs a checkpoint itself: 32 MB.
MAX_WAL_PAGES: Final = 8_000


def path_from_url(url: str) -> Path:
    """Return the file of a `sqlite://` address. Raise BadSetting for any other address."""
    if not url.startswith(URL_PREFIX) or len(url) == len(URL_PREFIX):
        raise BadSetting("DIARY_DATABASE_URL is not an address of the form sqlite:///folder/file.")
    return Path(url.removeprefix(URL_PREFIX))


def check_writable(path: Path) -> None:
    """Return when the file can be written or created. Raise BadSetting with the reason otherwise.

    The models' library waits for ever for a file that it may not open, so this check runs first.
    """
    try:
        connection = connect(path)
    except sqlite3.Error as error:
        raise BadSetting(describe_error(error)) from None
    try:
        connection.execute(control.BEGIN_WRITE)
        connection.execute(control.READ_SCHEMA).fetchone()
        connection.execute(control.ROLLBACK)
    except sqlite3.Error as error:
        raise BadSetting(describe_error(error)) from None
    finally:
        connection.close()


_REMEDIES: Final = {
    code: sentence
    for sentence, codes in {
        "The database is held by another program. Find out which, stop it, and try again.": (
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
        ),
        "The database file is damaged. Move it elsewhere, keep it, and restore a backup.": (
            sqlite3.SQLITE_NOTADB,
            sqlite3.SQLITE_CORRUPT,
        ),
        "The database cannot be written: the disk is full or faulty.": (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR),
        "The database cannot be written: run this as the user that owns it, and check the permissions of DIARY_DATA.": (
            sqlite3.SQLITE_PERM,
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_AUTH,
        ),
    }.items()
    for code in codes
}


def has_remedy(error: sqlite3.Error) -> bool:
    """Return whether the operator can do something about an error: about the file, the disk or another program."""
    return _primary_code(error) in _REMEDIES


def describe_error(error: sqlite3.Error) -> str:
    """Return one or two sentences for the operator: the error of SQLite and the remedy."""
    return _REMEDIES.get(_primary_code(error), f"The database refused a statement: {error}. Report this.")


def _primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's code of an error without its details, 0 if it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Return a connection in autocommit mode, for one thread at a time. With `read_only`, every change fails."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        for name, value in PRAGMAS.items():
            connection.execute(control.set_pragma(name, value))
    except sqlite3.Error:
        connection.close()
        raise
    if read_only:
        connection.execute(control.QUERY_ONLY)
    return connection


def truncate_wal(path: Path) -> None:
    """Copy the write-ahead log into the database and truncate it: it may still contain pages from before a deletion.

    SQLite cannot truncate the log while another connection reads; the next call does it then.
    """
    connection = connect(path)
    try:
        connection.execute(control.TRUNCATE_WAL).fetchone()
    finally:
        connection.close()


class WalCheckpointer:
    """Thread that runs the checkpoints of the write-ahead log.

    [Note: WAL checkpoints] By default SQLite runs a checkpoint inside the commit that made the log long: every client
    of that batch waits for a thousand pages and two more flushes. A separate connection runs it in steps while the
    writer goes on; the writer runs it itself only when the log has grown to MAX_WAL_PAGES all the same.
    """

    def __init__(self, path: Path) -> None:
        """Store the path of the database file. `start` runs the thread.

        The writer must set `wal_autocheckpoint` to MAX_WAL_PAGES on its own connection.
        """
        self._path = path
        self._wake_event = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="wal-checkpointer", daemon=True)

    def start(self) -> None:
        """Start the checkpoint thread."""
        self._thread.start()

    def request_checkpoint(self) -> None:
        """Wake the thread for a checkpoint, from any thread, without waiting for it."""
        self._wake_event.set()

    def stop(self) -> None:
        """Stop the thread and close its connection. Blocks until a checkpoint in progress has ended."""
        self._is_stopping = True
        self._wake_event.set()
        self._thread.join()

    def _run(self) -> None:
        """Run a checkpoint after each request, until `stop` is called."""
        connection = connect(self._path)
        try:
            while self._wake_event.wait() and not self._is_stopping:
                self._wake_event.clear()
                # What fails now is done at the next request; the writer reports a full disk.
                with suppress(sqlite3.Error):
                    connection.execute(control.CHECKPOINT_WAL).fetchone()
        finally:
            connection.close()

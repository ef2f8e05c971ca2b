"""SQLite's writer: jobs run on the event loop, and a thread waits for the disk.

[Note: who holds the lock] Python runs one thread at a time, and each statement hands that right over and asks for
it back. While requests keep the event loop busy, a job that ran in a thread of its own lost a few milliseconds at
every statement; a batch of pushes spent most of its time in that queue. So jobs that only find and change a few
rows run on the loop itself, like look-ups ([Note: reading], storage/database_interface.py), and the thread gets what blocks: the
COMMIT with its flush to the disk, and whole batches that hold a longer job. The connection belongs to one batch
from its first statement to its commit, so it is never used by both at once.

[Note: proofs beside the loop] The author's signature of a push costs as much as all the rest of it and needs no row. It
is checked in the thread while the loop runs the batch's jobs, and before anything is committed: what was run for a push
that is not its author's has left no trace outside this process, and the batch is done again without it. The thread leaves
the connection alone until the loop has said that it is done with it. Whoever sent such a push is asked for the proof
first from then on, so nobody can have others' work done twice.

Whatever goes wrong on the loop is undone there, and the batch is done again in the thread, where a job that fails
is found by savepoints and another program's lock is waited for.
"""

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from diary.errors import KeptError, Unavailable
from diary.storage.sqlite.connection import HOME_PAGES, PRAGMAS, Homebringer, connect
from diary.storage.writer import BATCH, Hand, Proof, Waiting, settle

T = TypeVar("T")
_PATIENT: Final = f"PRAGMA busy_timeout={PRAGMAS['busy_timeout']}"
_AT_ONCE: Final = "PRAGMA busy_timeout=0"
# So many jobs make some two thousand pages of the write-ahead log: see [Note: bringing home], connection.py.
HOME_JOBS: Final = 500
SUSPECTS: Final = 10_000


class SqliteWriter:
    """The writer of one file; made and used on one event loop. Whose a job is does not matter: it is always alone."""

    def __init__(self, path: Path) -> None:
        """`path`: a database that has been migrated. Jobs are taken from now on, and run from `start`."""
        self._connection = connect(path)
        self._connection.execute(_AT_ONCE)
        self._connection.execute(f"PRAGMA wal_autocheckpoint={HOME_PAGES}")
        self._home = Homebringer(path)
        self._since = 0
        self._suspects: set[bytes | None] = set()
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Waiting] = deque()
        self._handed: queue.SimpleQueue[list[Waiting] | None] = queue.SimpleQueue()
        self._prepared: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._busy = True
        self._stopped = False

    def start(self) -> None:
        """Open for jobs."""
        self._home.start()
        self._thread.start()
        self._loop.call_soon(self._next)

    async def run(
        self, job: Callable[[Hand], T], of: bytes | None = None, *, small: bool = False, proof: Proof | None = None
    ) -> T:
        """What `job` returned, once it is on the disk.

        Raises what the job raised, with nothing of it kept, and Unavailable when the database cannot write.
        """
        if self._stopped:
            raise Unavailable
        if proof and of in self._suspects:
            proof()
            proof = None
        waiting = Waiting(job, self._loop.create_future(), of, small=small, proof=proof)
        self._waiting.append(waiting)
        if not self._busy:
            self._busy = True
            # Not at once: what else has come in with this one goes along.
            self._loop.call_soon(self._next)
        result: T = await waiting.future
        return result

    async def stop(self) -> None:
        """Finish what is queued, then close the connection."""
        if not self._stopped:
            self._stopped = True
            if not self._busy:
                self._handed.put(None)
            await asyncio.to_thread(self._thread.join)

    def _next(self) -> None:
        """Begin the next batch, if there is one. On the loop."""
        if not self._waiting:
            self._busy = False
            if self._stopped:
                self._handed.put(None)
            return
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        self._handed.put(batch)
        prepared = False
        try:
            prepared = all(one.small for one in batch) and prepare(self._connection, batch)
        finally:
            self._prepared.put(prepared)

    def _settled(self, batch: list[Waiting]) -> None:
        """A batch has ended: its callers first, then the next batch. On the loop."""
        settle(batch)
        self._loop.call_soon(self._next)

    def _work(self) -> None:
        """The thread: end batch after batch until told to stop."""
        try:
            while (batch := self._handed.get()) is not None:
                failed = prove(batch)
                # From here on the connection is this thread's; see [Note: proofs beside the loop].
                if self._prepared.get() and not failed:
                    finish(self._connection, batch)
                else:
                    _undo(self._connection)
                    commit(self._connection, [one for one in batch if one not in failed])
                    self._refuse(failed)
                self._loop.call_soon_threadsafe(self._settled, batch)
                self._since += len(batch)
                if self._since >= HOME_JOBS:
                    self._since = 0
                    self._home.call()
        finally:
            self._home.end()
            self._connection.close()

    def _refuse(self, failed: dict[Waiting, Exception]) -> None:
        """Give the reason to whose proof did not hold, and remember them."""
        for waiting, error in failed.items():
            waiting.result, waiting.error = None, error
        if len(self._suspects) + len(failed) > SUSPECTS:
            self._suspects = set()
        self._suspects |= {one.of for one in failed}


def prove(batch: list[Waiting]) -> dict[Waiting, Exception]:
    """Run the proofs of a batch: which jobs have one that does not hold, and why. Changes no job: the loop is at work on them."""
    failed: dict[Waiting, Exception] = {}
    for waiting in batch:
        if waiting.proof:
            try:
                waiting.proof()
            except Exception as error:  # noqa: BLE001 - belongs to the caller, and must not end the thread
                failed[waiting] = error
    return failed


def prepare(connection: sqlite3.Connection, batch: list[Waiting]) -> bool:
    """Run a batch up to its COMMIT: False, and nothing done, when anything stands in the way. Waits for nobody."""
    try:
        if run_all(connection, batch):
            return True
    except sqlite3.Error:
        _undo(connection)
    for waiting in batch:
        waiting.forget()
    return False


def finish(connection: sqlite3.Connection, batch: list[Waiting]) -> None:
    """Commit a batch that was prepared. When the transaction is lost, so is every job in it."""
    try:
        connection.execute("COMMIT")
    except sqlite3.Error:
        _lose(connection, batch)


def commit(connection: sqlite3.Connection, batch: list[Waiting]) -> None:
    """Run a batch in one transaction, from its beginning. When the transaction is lost, so is every job in it."""
    for waiting in batch:
        waiting.forget()
    connection.execute(_PATIENT)
    try:
        if run_all(connection, batch):
            connection.execute("COMMIT")
        else:
            _apart(connection, batch)
    except sqlite3.Error:
        _lose(connection, batch)
    connection.execute(_AT_ONCE)


def _lose(connection: sqlite3.Connection, batch: list[Waiting]) -> None:
    """Nothing of a batch is kept."""
    _undo(connection)
    for waiting in batch:
        # A job that failed by itself keeps its own reason: that one would hold after a retry, too.
        if not isinstance(waiting.error, KeptError):
            waiting.error = Unavailable()


def _undo(connection: sqlite3.Connection) -> None:
    """As if the transaction had not begun. One that cannot even be undone fails the next batch's beginning as well."""
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def run_all(connection: sqlite3.Connection, batch: list[Waiting]) -> bool:
    """Begin, and run a batch without savepoints: False, and nothing kept, when a job failed after it had written.

    Jobs look before they write, so this is the rule. Raises sqlite3.Error when the transaction cannot go on.
    """
    connection.execute("BEGIN IMMEDIATE")
    for waiting in batch:
        before = connection.total_changes
        _attempt(connection, waiting)
        if waiting.error is not None and connection.total_changes != before:
            connection.execute("ROLLBACK")
            return False
    return True


def _apart(connection: sqlite3.Connection, batch: list[Waiting]) -> None:
    """Run a batch again from its beginning, each job in a savepoint of its own."""
    connection.execute("BEGIN IMMEDIATE")
    for waiting in batch:
        waiting.forget()
        connection.execute("SAVEPOINT job")
        _attempt(connection, waiting)
        if waiting.error is not None:
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
    connection.execute("COMMIT")


def _attempt(connection: sqlite3.Connection, waiting: Waiting) -> None:
    """Run one job. Raises sqlite3.Error when the transaction cannot go on."""
    try:
        waiting.result = waiting.job(connection)
    except sqlite3.IntegrityError:
        # Services look before they write and turn what they expect into errors with a name.
        waiting.error = Unavailable()
    except sqlite3.Error:
        raise
    except Exception as error:  # noqa: BLE001 - belongs to the caller, and must not end the thread
        waiting.error = error
    if not connection.in_transaction:
        raise sqlite3.OperationalError("the transaction is gone")

"""The writer: one queue, one thread, one connection, many jobs to a commit.

[Note: one writer] A push must be on the disk before it is answered, and waiting for the disk dominates. So
whatever queued while the last commit ran goes into the next one (at most 64 jobs), each inside its own
savepoint: a job that fails takes nothing of its neighbours with it, and nobody waits for company. SQLite
has one writer at a time anyway; two connections that both write would only make each other wait in a queue
that is not fair, and a sign-in could starve behind pushes. Therefore every change of a row goes through
here, and everything else only reads.

PostgreSQL has a writer in each worker (postgres.py) that keeps the same promise with locks.
"""

import asyncio
import queue
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from diary.errors import KeptError, Unavailable
from diary.storage.sqlite import connect

T = TypeVar("T")
BATCH: Final = 64


class Cursor(Protocol):
    """The rows of one statement."""

    def fetchone(self) -> Any:
        """The next row as a tuple, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """The rows that are left, one by one."""
        ...

    @property
    def rowcount(self) -> int:
        """How many rows a change touched."""
        ...


class Hand(Protocol):
    """What a job writes with."""

    def execute(self, sql: str, parameters: tuple[Any, ...] = ..., /) -> Cursor:
        """Run one statement; `?` stands for each parameter."""
        ...


class Writer(Protocol):
    """Runs jobs one after another and answers when they are on the disk."""

    async def run(self, job: Callable[[Hand], T], of: bytes | None = None) -> T:
        """What `job` returned, once committed; or what it raised, with nothing of it kept.

        `of`: the account the job reads and writes rows of and of nobody else; None for any other job. Where
        there are many writers, jobs of one account never run at once, and others run alone.
        """
        ...


class Waiting:
    """A job, and the caller that waits for it."""

    __slots__ = ("error", "future", "job", "of", "result")

    def __init__(self, job: Callable[[Hand], Any], future: "asyncio.Future[Any]", of: bytes | None) -> None:
        self.job = job
        self.future = future
        self.of = of
        self.result: Any = None
        self.error: BaseException | None = None

    def forget(self) -> None:
        """As if the job had not been run."""
        self.result = self.error = None

    def settle(self) -> None:
        """Tell the caller; one that has gone away is not missed, its job stays done."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class BatchWriter(ABC):
    """A writer with one thread of its own; a subclass knows its database. Made and used on one event loop."""

    def __init__(self) -> None:
        """Take no job yet; see `start`."""
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)

    def start(self) -> None:
        """Open for jobs."""
        self._thread.start()

    async def run(self, job: Callable[[Hand], T], of: bytes | None = None) -> T:
        """What `job` returned, once it is on the disk.

        Raises what the job raised, with nothing of it kept, and Unavailable when the database cannot write.
        """
        if self._stopped:
            raise Unavailable
        waiting = Waiting(job, self._loop.create_future(), of)
        self._queue.put(waiting)
        result: T = await waiting.future
        return result

    async def stop(self) -> None:
        """Finish what is queued, then close the connection."""
        if not self._stopped:
            self._stopped = True
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)

    @abstractmethod
    def commit(self, batch: list[Waiting]) -> None:
        """Run a batch in one transaction and give each job its result or error; raises nothing."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database; the last thing the thread does."""

    def _work(self) -> None:
        """The thread: batch after batch until told to stop."""
        try:
            while True:
                batch, last = self._gather()
                if batch:
                    self.commit(batch)
                    self._loop.call_soon_threadsafe(_settle, batch)
                if last:
                    return
        finally:
            self.close()

    def _gather(self) -> tuple[list[Waiting], bool]:
        """Wait for one job and take along what else is there; True when this is the last batch."""
        batch: list[Waiting] = []
        while len(batch) < BATCH:
            try:
                waiting = self._queue.get(block=not batch)
            except queue.Empty:
                break
            if waiting is None:
                return batch, True
            batch.append(waiting)
        return batch, False


class SqliteWriter(BatchWriter):
    """The writer over SQLite. Whose a job is does not matter: one writer is always alone."""

    def __init__(self, path: Path) -> None:
        """`path`: a database that has been migrated."""
        super().__init__()
        self._connection = connect(path)

    def commit(self, batch: list[Waiting]) -> None:
        """Run a batch."""
        _commit(self._connection, batch)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _settle(batch: list[Waiting]) -> None:
    """Wake every caller of a batch, in one turn of the loop."""
    for waiting in batch:
        waiting.settle()


def _commit(connection: sqlite3.Connection, batch: list[Waiting]) -> None:
    """Run a batch in one transaction. When the transaction is lost, so is every job in it."""
    try:
        if not _together(connection, batch):
            _apart(connection, batch)
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for waiting in batch:
            # A job that failed by itself keeps its own reason: that one would hold after a retry, too.
            if not isinstance(waiting.error, KeptError):
                waiting.error = Unavailable()


def _together(connection: sqlite3.Connection, batch: list[Waiting]) -> bool:
    """Run a batch without savepoints: False, and nothing kept, when a job failed after it had written.

    Jobs look before they write, so this is the rule; and each statement less is one less hand-over between
    the two threads, which is what costs when many push at once.
    """
    connection.execute("BEGIN IMMEDIATE")
    for waiting in batch:
        before = connection.total_changes
        _attempt(connection, waiting)
        if waiting.error is not None and connection.total_changes != before:
            connection.execute("ROLLBACK")
            return False
    connection.execute("COMMIT")
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

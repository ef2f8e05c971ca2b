"""Writers of the database: each has one queue and one connection, and commits many jobs at once.

[Note: one writer] A push is acknowledged after it is on the disk, and waiting for the disk takes most of the time. So
all jobs that queued during the last commit go into the next one (at most 64). A job that fails is rolled back without
the other jobs of its batch, and no batch waits for further jobs. SQLite has one writer at a time anyway; two
connections that both write would wait for each other in a queue that is not fair, and a sign-in could starve behind
pushes. Therefore every change of a row goes through the writer, and all other code only reads.

This module has what both databases share. SQLite's writer is in storage/sqlite/writer.py. PostgreSQL has one writer in
each worker (storage/postgres/writer.py), which gives the same guarantees with locks.
"""

import asyncio
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol, TypeVar

from diary.errors import Unavailable

T = TypeVar("T")
PreCommitCheck = Callable[[], None]
MAX_BATCH_JOBS: Final = 64


class Cursor(Protocol):
    """The rows of one statement."""

    def fetchone(self) -> Any:
        """Return the next row as a tuple, or None.

        Call it once: readers of PostgreSQL return the first row each time.
        """
        ...

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Yield the remaining rows."""
        ...

    @property
    def rowcount(self) -> int:
        """Return the number of rows that a change affected."""
        ...


class Transaction(Protocol):
    """An open transaction, in which a job runs its statements."""

    def execute(self, sql: str, parameters: tuple[Any, ...] = ..., /) -> Cursor:
        """Run one statement and return its rows; `?` stands for each parameter."""
        ...


class DatabaseWriter(Protocol):
    """Runner of jobs, one after another, that returns their results once they are on the disk."""

    async def run(
        self,
        job: Callable[[Transaction], T],
        account: bytes | None = None,
        *,
        is_short: bool = False,
        pre_commit_check: PreCommitCheck | None = None,
    ) -> T:
        """Run a job and return its result once it is committed.

        Raise the job's error after its changes were rolled back.

        A job checks before it writes, and may run again from its beginning after a rollback.

        `account`: the only account whose rows the job reads and writes; None for any other job. With several writers,
        jobs of one account never run at the same time, and a job with `account=None` runs alone. `is_short`: the job
        finds and changes a few rows by an index, so it may run on the event loop. `pre_commit_check`: raises if the job
        must not be committed; it reads no rows, and runs before the commit.
        """
        ...


class PendingJob:
    """A queued job, and the future of its caller."""

    __slots__ = ("account", "error", "future", "is_short", "job", "pre_commit_check", "result")

    def __init__(
        self,
        job: Callable[[Transaction], Any],
        future: "asyncio.Future[Any]",
        account: bytes | None,
        *,
        is_short: bool = False,
        pre_commit_check: PreCommitCheck | None = None,
    ) -> None:
        self.job = job
        self.future = future
        self.account = account
        self.is_short = is_short
        self.pre_commit_check = pre_commit_check
        self.result: Any = None
        self.error: BaseException | None = None

    def reset(self) -> None:
        """Reset the result after a rollback."""
        self.result = self.error = None

    def resolve(self) -> None:
        """Give the caller the result or the error. A caller that was cancelled gets none; its job stays committed."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class BatchWriter(ABC):
    """A writer that runs batches in its own thread. Create and use it on one event loop."""

    def __init__(self) -> None:
        """Create the thread; `start` runs it."""
        self._queue: queue.SimpleQueue[PendingJob | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._stopped = False
        self._thread = threading.Thread(target=self._process_batches, name="writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def run(
        self,
        job: Callable[[Transaction], T],
        account: bytes | None = None,
        *,
        is_short: bool = False,
        pre_commit_check: PreCommitCheck | None = None,
    ) -> T:
        """Run a job in the thread, short or not, and return its result once it is on the disk.

        `pre_commit_check` runs at once, on the event loop. Raise its error or the job's, after the job's changes were
        rolled back, and Unavailable if the database cannot write.
        """
        del is_short
        if self._stopped:
            raise Unavailable
        if pre_commit_check:
            pre_commit_check()
        pending_job = PendingJob(job, self._loop.create_future(), account)
        self._queue.put(pending_job)
        result: T = await pending_job.future
        return result

    async def stop(self) -> None:
        """Finish the queued jobs, then close the connection."""
        if not self._stopped:
            self._stopped = True
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)

    @abstractmethod
    def run_batch(self, batch: list[PendingJob]) -> None:
        """Run a batch in one transaction and give each job its result or error. Must not raise."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection. The writer thread calls this at its end."""

    def _process_batches(self) -> None:
        """Run batch after batch until `stop` is called. This is the main function of the writer thread."""
        try:
            while True:
                batch, is_last = self._collect_batch()
                if batch:
                    self.run_batch(batch)
                    self._loop.call_soon_threadsafe(resolve_all, batch)
                if is_last:
                    return
        finally:
            self.close()

    def _collect_batch(self) -> tuple[list[PendingJob], bool]:
        """Wait for one job and return it with the other queued jobs; the flag is True for the last batch."""
        batch: list[PendingJob] = []
        while len(batch) < MAX_BATCH_JOBS:
            try:
                pending_job = self._queue.get(block=not batch)
            except queue.Empty:
                break
            if pending_job is None:
                return batch, True
            batch.append(pending_job)
        return batch, False


def resolve_all(batch: list[PendingJob]) -> None:
    """Resolve every job of a batch, in one turn of the loop."""
    for pending_job in batch:
        pending_job.resolve()

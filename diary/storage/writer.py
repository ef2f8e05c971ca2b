"""The writer: one queue, one connection, many jobs to a commit.

[Note: one writer] A push must be on the disk before it is answered, and waiting for the disk dominates. So
whatever queued while the last commit ran goes into the next one (at most 64 jobs): a job that fails takes
nothing of its neighbours with it, and nobody waits for company. SQLite has one writer at a time anyway; two
connections that both write would only make each other wait in a queue that is not fair, and a sign-in could
starve behind pushes. Therefore every change of a row goes through here, and everything else only reads.

What is here is common to both: SQLite's writer is in storage/sqlite/writer.py, and PostgreSQL has one in each worker
(storage/postgres/writer.py) that keeps the same promise with locks.
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


class Transaction(Protocol):
    """What a job writes with."""

    def execute(self, sql: str, parameters: tuple[Any, ...] = ..., /) -> Cursor:
        """Run one statement; `?` stands for each parameter."""
        ...


class DatabaseWriter(Protocol):
    """Runs jobs one after another and answers when they are on the disk."""

    async def run(
        self,
        job: Callable[[Transaction], T],
        account: bytes | None = None,
        *,
        is_short: bool = False,
        pre_commit_check: PreCommitCheck | None = None,
    ) -> T:
        """What `job` returned, once committed; or what it raised, with nothing of it kept.

        A job looks before it writes, and may be run again from its beginning after it was undone.

        `of`: the account the job reads and writes rows of and of nobody else; None for any other job. Where
        there are many writers, jobs of one account never run at once, and others run alone. `small`: it finds a
        few rows by an index and changes a few, so it may run where requests are answered. `proof`: raises unless the
        job may count; it needs no row, and has been run before anything is committed.
        """
        ...


class PendingJob:
    """A job, and the caller that waits for it."""

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
        """As if the job had not been run."""
        self.result = self.error = None

    def resolve(self) -> None:
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
        self._queue: queue.SimpleQueue[PendingJob | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._stopped = False
        self._thread = threading.Thread(target=self._process_batches, name="writer", daemon=True)

    def start(self) -> None:
        """Open for jobs."""
        self._thread.start()

    async def run(
        self,
        job: Callable[[Transaction], T],
        account: bytes | None = None,
        *,
        is_short: bool = False,
        pre_commit_check: PreCommitCheck | None = None,
    ) -> T:
        """What `job` returned, once it is on the disk; every job runs in the thread, `small` or not, and proofs here.

        Raises what the job raised, with nothing of it kept, and Unavailable when the database cannot write.
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
        """Finish what is queued, then close the connection."""
        if not self._stopped:
            self._stopped = True
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)

    @abstractmethod
    def run_batch(self, batch: list[PendingJob]) -> None:
        """Run a batch in one transaction and give each job its result or error; raises nothing."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database; the last thing the thread does."""

    def _process_batches(self) -> None:
        """The thread: batch after batch until told to stop."""
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
        """Wait for one job and take along what else is there; True when this is the last batch."""
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
    """Wake every caller of a batch, in one turn of the loop."""
    for pending_job in batch:
        pending_job.resolve()

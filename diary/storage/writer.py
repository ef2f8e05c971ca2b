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
Proof = Callable[[], None]
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

    async def run(
        self, job: Callable[[Hand], T], of: bytes | None = None, *, small: bool = False, proof: Proof | None = None
    ) -> T:
        """What `job` returned, once committed; or what it raised, with nothing of it kept.

        A job looks before it writes, and may be run again from its beginning after it was undone.

        `of`: the account the job reads and writes rows of and of nobody else; None for any other job. Where
        there are many writers, jobs of one account never run at once, and others run alone. `small`: it finds a
        few rows by an index and changes a few, so it may run where requests are answered. `proof`: raises unless the
        job may count; it needs no row, and has been run before anything is committed.
        """
        ...


class Waiting:
    """A job, and the caller that waits for it."""

    __slots__ = ("error", "future", "job", "of", "proof", "result", "small")

    def __init__(
        self,
        job: Callable[[Hand], Any],
        future: "asyncio.Future[Any]",
        of: bytes | None,
        *,
        small: bool = False,
        proof: Proof | None = None,
    ) -> None:
        self.job = job
        self.future = future
        self.of = of
        self.small = small
        self.proof = proof
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

    async def run(
        self, job: Callable[[Hand], T], of: bytes | None = None, *, small: bool = False, proof: Proof | None = None
    ) -> T:
        """What `job` returned, once it is on the disk; every job runs in the thread, `small` or not, and proofs here.

        Raises what the job raised, with nothing of it kept, and Unavailable when the database cannot write.
        """
        del small
        if self._stopped:
            raise Unavailable
        if proof:
            proof()
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
                    self._loop.call_soon_threadsafe(settle, batch)
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


def settle(batch: list[Waiting]) -> None:
    """Wake every caller of a batch, in one turn of the loop."""
    for waiting in batch:
        waiting.settle()

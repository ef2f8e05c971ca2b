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
from diary.storage.sqlite.connection import MAX_WAL_PAGES, PRAGMAS, WalCheckpointer, connect
from diary.storage.writer import MAX_BATCH_JOBS, PendingJob, PreCommitCheck, Transaction, resolve_all

T = TypeVar("T")
_WAIT_FOR_LOCK_SQL: Final = f"PRAGMA busy_timeout={PRAGMAS['busy_timeout']}"
_FAIL_IF_LOCKED_SQL: Final = "PRAGMA busy_timeout=0"
# So many jobs make some two thousand pages of the write-ahead log: see [Note: bringing home], connection.py.
JOBS_PER_WAL_CHECKPOINT: Final = 500
MAX_UNTRUSTED_ACCOUNTS: Final = 10_000


class SqliteWriter:
    """The writer of one file; made and used on one event loop. Whose a job is does not matter: it is always alone."""

    def __init__(self, path: Path) -> None:
        """`path`: a database that has been migrated. Jobs are taken from now on, and run from `start`."""
        self._connection = connect(path)
        self._connection.execute(_FAIL_IF_LOCKED_SQL)
        self._connection.execute(f"PRAGMA wal_autocheckpoint={MAX_WAL_PAGES}")
        self._wal_checkpointer = WalCheckpointer(path)
        self._jobs_since_wal_checkpoint = 0
        self._untrusted_accounts: set[bytes | None] = set()
        self._loop = asyncio.get_running_loop()
        self._pending_jobs: deque[PendingJob] = deque()
        self._batch_queue: queue.SimpleQueue[list[PendingJob] | None] = queue.SimpleQueue()
        self._prepare_results: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._process_batches, name="writer", daemon=True)
        self._is_busy = True
        self._stopped = False

    def start(self) -> None:
        """Open for jobs."""
        self._wal_checkpointer.start()
        self._thread.start()
        self._loop.call_soon(self._start_next_batch)

    async def run(
        self,
        job: Callable[[Transaction], T],
        account: bytes | None = None,
        *,
        is_short: bool = False,
        pre_commit_check: PreCommitCheck | None = None,
    ) -> T:
        """What `job` returned, once it is on the disk.

        Raises what the job raised, with nothing of it kept, and Unavailable when the database cannot write.
        """
        if self._stopped:
            raise Unavailable
        if pre_commit_check and account in self._untrusted_accounts:
            pre_commit_check()
            pre_commit_check = None
        pending_job = PendingJob(
            job, self._loop.create_future(), account, is_short=is_short, pre_commit_check=pre_commit_check
        )
        self._pending_jobs.append(pending_job)
        if not self._is_busy:
            self._is_busy = True
            # Not at once: what else has come in with this one goes along.
            self._loop.call_soon(self._start_next_batch)
        result: T = await pending_job.future
        return result

    async def stop(self) -> None:
        """Finish what is queued, then close the connection."""
        if not self._stopped:
            self._stopped = True
            if not self._is_busy:
                self._batch_queue.put(None)
            await asyncio.to_thread(self._thread.join)

    def _start_next_batch(self) -> None:
        """Begin the next batch, if there is one. On the loop."""
        if not self._pending_jobs:
            self._is_busy = False
            if self._stopped:
                self._batch_queue.put(None)
            return
        batch = [self._pending_jobs.popleft() for _ in range(min(MAX_BATCH_JOBS, len(self._pending_jobs)))]
        self._batch_queue.put(batch)
        is_prepared = False
        try:
            is_prepared = all(pending_job.is_short for pending_job in batch) and prepare_batch(self._connection, batch)
        finally:
            self._prepare_results.put(is_prepared)

    def _on_batch_finished(self, batch: list[PendingJob]) -> None:
        """A batch has ended: its callers first, then the next batch. On the loop."""
        resolve_all(batch)
        self._loop.call_soon(self._start_next_batch)

    def _process_batches(self) -> None:
        """The thread: end batch after batch until told to stop."""
        try:
            while (batch := self._batch_queue.get()) is not None:
                failed = run_pre_commit_checks(batch)
                # From here on the connection is this thread's; see [Note: proofs beside the loop].
                if self._prepare_results.get() and not failed:
                    commit_prepared_batch(self._connection, batch)
                else:
                    _roll_back(self._connection)
                    run_batch(self._connection, [pending_job for pending_job in batch if pending_job not in failed])
                    self._reject_jobs(failed)
                self._loop.call_soon_threadsafe(self._on_batch_finished, batch)
                self._jobs_since_wal_checkpoint += len(batch)
                if self._jobs_since_wal_checkpoint >= JOBS_PER_WAL_CHECKPOINT:
                    self._jobs_since_wal_checkpoint = 0
                    self._wal_checkpointer.request_checkpoint()
        finally:
            self._wal_checkpointer.stop()
            self._connection.close()

    def _reject_jobs(self, failed: dict[PendingJob, Exception]) -> None:
        """Give the reason to whose proof did not hold, and remember them."""
        for pending_job, error in failed.items():
            pending_job.result, pending_job.error = None, error
        if len(self._untrusted_accounts) + len(failed) > MAX_UNTRUSTED_ACCOUNTS:
            self._untrusted_accounts = set()
        self._untrusted_accounts |= {rejected_job.account for rejected_job in failed}


def run_pre_commit_checks(batch: list[PendingJob]) -> dict[PendingJob, Exception]:
    """Run the proofs of a batch: which jobs have one that does not hold, and why. Changes no job: the loop is at work on them."""
    failed: dict[PendingJob, Exception] = {}
    for pending_job in batch:
        if pending_job.pre_commit_check:
            try:
                pending_job.pre_commit_check()
            except Exception as error:  # noqa: BLE001 - belongs to the caller, and must not end the thread
                failed[pending_job] = error
    return failed


def prepare_batch(connection: sqlite3.Connection, batch: list[PendingJob]) -> bool:
    """Run a batch up to its COMMIT: False, and nothing done, when anything stands in the way. Waits for nobody."""
    try:
        if run_without_savepoints(connection, batch):
            return True
    except sqlite3.Error:
        _roll_back(connection)
    for pending_job in batch:
        pending_job.reset()
    return False


def commit_prepared_batch(connection: sqlite3.Connection, batch: list[PendingJob]) -> None:
    """Commit a batch that was prepared. When the transaction is lost, so is every job in it."""
    try:
        connection.execute("COMMIT")
    except sqlite3.Error:
        _mark_batch_failed(connection, batch)


def run_batch(connection: sqlite3.Connection, batch: list[PendingJob]) -> None:
    """Run a batch in one transaction, from its beginning. When the transaction is lost, so is every job in it."""
    for pending_job in batch:
        pending_job.reset()
    connection.execute(_WAIT_FOR_LOCK_SQL)
    try:
        if run_without_savepoints(connection, batch):
            connection.execute("COMMIT")
        else:
            _run_with_savepoints(connection, batch)
    except sqlite3.Error:
        _mark_batch_failed(connection, batch)
    connection.execute(_FAIL_IF_LOCKED_SQL)


def _mark_batch_failed(connection: sqlite3.Connection, batch: list[PendingJob]) -> None:
    """Nothing of a batch is kept."""
    _roll_back(connection)
    for pending_job in batch:
        # A job that failed by itself keeps its own reason: that one would hold after a retry, too.
        if not isinstance(pending_job.error, KeptError):
            pending_job.error = Unavailable()


def _roll_back(connection: sqlite3.Connection) -> None:
    """As if the transaction had not begun. One that cannot even be undone fails the next batch's beginning as well."""
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def run_without_savepoints(connection: sqlite3.Connection, batch: list[PendingJob]) -> bool:
    """Begin, and run a batch without savepoints: False, and nothing kept, when a job failed after it had written.

    Jobs look before they write, so this is the rule. Raises sqlite3.Error when the transaction cannot go on.
    """
    connection.execute("BEGIN IMMEDIATE")
    for pending_job in batch:
        changes_before = connection.total_changes
        _run_job(connection, pending_job)
        if pending_job.error is not None and connection.total_changes != changes_before:
            connection.execute("ROLLBACK")
            return False
    return True


def _run_with_savepoints(connection: sqlite3.Connection, batch: list[PendingJob]) -> None:
    """Run a batch again from its beginning, each job in a savepoint of its own."""
    connection.execute("BEGIN IMMEDIATE")
    for pending_job in batch:
        pending_job.reset()
        connection.execute("SAVEPOINT job")
        _run_job(connection, pending_job)
        if pending_job.error is not None:
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
    connection.execute("COMMIT")


def _run_job(connection: sqlite3.Connection, pending_job: PendingJob) -> None:
    """Run one job. Raises sqlite3.Error when the transaction cannot go on."""
    try:
        pending_job.result = pending_job.job(connection)
    except sqlite3.IntegrityError:
        # Services look before they write and turn what they expect into errors with a name.
        pending_job.error = Unavailable()
    except sqlite3.Error:
        raise
    except Exception as error:  # noqa: BLE001 - belongs to the caller, and must not end the thread
        pending_job.error = error
    if not connection.in_transaction:
        raise sqlite3.OperationalError("the transaction is gone")

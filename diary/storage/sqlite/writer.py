"""SQLite's writer: jobs run on the event loop, and a thread waits for the disk.

[Note: the GIL] Python runs one thread at a time, and each statement releases the interpreter's lock and takes it again.
While requests keep the event loop busy, a job in a thread of its own loses a few milliseconds at every statement; a
batch of pushes spent most of its time waiting. So jobs that only find and change a few rows run on the loop itself,
like look-ups ([Note: where reads run], storage/database_interface.py). The thread gets what blocks: the COMMIT with its
flush to the disk, and whole batches that contain a longer job. The connection belongs to one batch from its first
statement to its commit, so loop and thread never use it at once.

[Note: checks on a thread] To check the author's signature of a push costs as much as all the rest of the push and needs
no row. The thread checks it while the loop runs the batch's jobs, before anything is committed. When a check fails, the
batch is rolled back and runs again without that job: nothing of it has left this process. The thread leaves the
connection alone until the loop has finished with it. The checks of an account that failed one run before its jobs from
then on, so that nobody can make other clients' work run twice.

Whatever fails on the loop is rolled back there, and the batch runs again in the thread. There, savepoints find the job
that fails, and the thread waits for a lock of another program.
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
from diary.storage.control import sqlite as control
from diary.storage.sqlite.connection import MAX_WAL_PAGES, PRAGMAS, WalCheckpointer, connect
from diary.storage.writer import MAX_BATCH_JOBS, PendingJob, PreCommitCheck, Transaction, resolve_all

T = TypeVar("T")
_WAIT_FOR_LOCK: Final = control.set_pragma("busy_timeout", PRAGMAS["busy_timeout"])
_FAIL_IF_LOCKED: Final = control.set_pragma("busy_timeout", 0)
# This many jobs make some two thousand pages of the write-ahead log: see [Note: WAL checkpoints], connection.py.
JOBS_PER_WAL_CHECKPOINT: Final = 500
MAX_UNTRUSTED_ACCOUNTS: Final = 10_000


class SqliteWriter:
    """The writer of one file; made and used on one event loop. Jobs of all accounts run one after another."""

    def __init__(self, path: Path) -> None:
        """Connect to the migrated database at `path`. Jobs may be queued at once; they run after `start`."""
        self._connection = connect(path)
        self._connection.execute(_FAIL_IF_LOCKED)
        self._connection.execute(control.set_pragma("wal_autocheckpoint", MAX_WAL_PAGES))
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
        """Start the threads and run the queued jobs."""
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
        """Run a job and return its result once it is on the disk.

        Raise the job's error after its changes were rolled back, and Unavailable if the database cannot write.
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
            # In the next turn of the loop, so that jobs which arrive in this one join the batch.
            self._loop.call_soon(self._start_next_batch)
        result: T = await pending_job.future
        return result

    async def stop(self) -> None:
        """Finish the queued jobs, then close the connection."""
        if not self._stopped:
            self._stopped = True
            if not self._is_busy:
                self._batch_queue.put(None)
            await asyncio.to_thread(self._thread.join)

    def _start_next_batch(self) -> None:
        """Begin the next batch if a job waits. The event loop calls this."""
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
        """Resolve the callers of a finished batch, then begin the next batch. The event loop calls this."""
        resolve_all(batch)
        self._loop.call_soon(self._start_next_batch)

    def _process_batches(self) -> None:
        """Commit batch after batch until `stop` is called. This is the main function of the writer thread."""
        try:
            while (batch := self._batch_queue.get()) is not None:
                failed = run_pre_commit_checks(batch)
                # From here on only this thread uses the connection; see [Note: checks on a thread].
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
        """Give each job whose check failed its error, and add its account to the untrusted ones."""
        for pending_job, error in failed.items():
            pending_job.result, pending_job.error = None, error
        if len(self._untrusted_accounts) + len(failed) > MAX_UNTRUSTED_ACCOUNTS:
            self._untrusted_accounts = set()
        self._untrusted_accounts |= {rejected_job.account for rejected_job in failed}


def run_pre_commit_checks(batch: list[PendingJob]) -> dict[PendingJob, Exception]:
    """Run the checks of a batch and return the errors by the jobs they belong to.

    Changes no job: the loop works on them at the same time.
    """
    failed: dict[PendingJob, Exception] = {}
    for pending_job in batch:
        if pending_job.pre_commit_check:
            try:
                pending_job.pre_commit_check()
            except Exception as error:  # noqa: BLE001 - raised in the caller; it must not end the thread
                failed[pending_job] = error
    return failed


def prepare_batch(connection: sqlite3.Connection, batch: list[PendingJob]) -> bool:
    """Run a batch up to its COMMIT, without waiting for a lock.

    Return False, with everything rolled back, when a lock is taken, a statement fails or a job failed after it had
    written.
    """
    try:
        if run_without_savepoints(connection, batch):
            return True
    except sqlite3.Error:
        _roll_back(connection)
    for pending_job in batch:
        pending_job.reset()
    return False


def commit_prepared_batch(connection: sqlite3.Connection, batch: list[PendingJob]) -> None:
    """Commit a prepared batch. When the commit fails, every job of the batch fails."""
    try:
        connection.execute(control.COMMIT)
    except sqlite3.Error:
        _mark_batch_failed(connection, batch)


def run_batch(connection: sqlite3.Connection, batch: list[PendingJob]) -> None:
    """Run a batch in one transaction, from its beginning. When the transaction fails, every job of the batch fails."""
    for pending_job in batch:
        pending_job.reset()
    connection.execute(_WAIT_FOR_LOCK)
    try:
        if run_without_savepoints(connection, batch):
            connection.execute(control.COMMIT)
        else:
            _run_with_savepoints(connection, batch)
    except sqlite3.Error:
        _mark_batch_failed(connection, batch)
    connection.execute(_FAIL_IF_LOCKED)


def _mark_batch_failed(connection: sqlite3.Connection, batch: list[PendingJob]) -> None:
    """Roll a batch back and give each job an error."""
    _roll_back(connection)
    for pending_job in batch:
        # A job that failed by itself keeps its own error: a retry would fail in the same way.
        if not isinstance(pending_job.error, KeptError):
            pending_job.error = Unavailable()


def _roll_back(connection: sqlite3.Connection) -> None:
    """Roll the transaction back, if one is open. When that fails, the next batch fails as it begins."""
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute(control.ROLLBACK)


def run_without_savepoints(connection: sqlite3.Connection, batch: list[PendingJob]) -> bool:
    """Begin a transaction and run a batch without savepoints.

    Return False, with everything rolled back, if a job failed after a change. Jobs check before they write, so most
    batches need no savepoint. Raise sqlite3.Error if the transaction cannot go on.
    """
    connection.execute(control.BEGIN_WRITE)
    for pending_job in batch:
        changes_before = connection.total_changes
        _run_job(connection, pending_job)
        if pending_job.error is not None and connection.total_changes != changes_before:
            connection.execute(control.ROLLBACK)
            return False
    return True


def _run_with_savepoints(connection: sqlite3.Connection, batch: list[PendingJob]) -> None:
    """Run a batch from its beginning and commit it, each job in its own savepoint."""
    connection.execute(control.BEGIN_WRITE)
    for pending_job in batch:
        pending_job.reset()
        connection.execute(control.SAVEPOINT)
        _run_job(connection, pending_job)
        if pending_job.error is not None:
            connection.execute(control.ROLLBACK_TO_SAVEPOINT)
        connection.execute(control.RELEASE_SAVEPOINT)
    connection.execute(control.COMMIT)


def _run_job(connection: sqlite3.Connection, pending_job: PendingJob) -> None:
    """Run one job and store its result or error. Raise sqlite3.Error when the transaction cannot go on."""
    try:
        pending_job.result = pending_job.job(connection)
    except sqlite3.IntegrityError:
        # Services check before they write and raise their own errors for expected conflicts.
        pending_job.error = Unavailable()
    except sqlite3.Error:
        raise
    except Exception as error:  # noqa: BLE001 - raised in the caller; it must not end the thread
        pending_job.error = error
    if not connection.in_transaction:
        raise sqlite3.OperationalError("the transaction is gone")

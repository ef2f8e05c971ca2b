"""SQLite's writer: durable, in order, and a failed job does not affect the others."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from diary.errors import BadSignature, Conflict, Unavailable
from diary.storage.sqlite.connection import connect
from diary.storage.sqlite.writer import SqliteWriter
from diary.storage.writer import MAX_BATCH_JOBS, BatchWriter, PendingJob, PreCommitCheck, Transaction
from tests.storage.add_number_job import add_number_job

T = TypeVar("T")
PROJECT_ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    """Create a database with one table."""
    created_path = tmp_path / "t.sqlite3"
    connection = connect(created_path)
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    connection.close()
    return created_path


class ForcedSizeWriter(SqliteWriter):
    """A writer whose jobs are all short or all long. They run in different threads, with the same guarantees."""

    are_jobs_short = False

    async def run(
        self,
        job: Callable[[Transaction], T],
        account: bytes | None = None,
        *,
        is_short: bool = False,
        pre_commit_check: PreCommitCheck | None = None,
    ) -> T:
        """Run a job with the length that the test sets."""
        return await super().run(
            job, account, is_short=is_short or self.are_jobs_short, pre_commit_check=pre_commit_check
        )


@pytest.fixture(params=["in the thread", "on the loop"])
async def writer(database_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SqliteWriter]:
    """Start a writer, and stop it after the test."""
    started_writer = ForcedSizeWriter(database_path)
    started_writer.are_jobs_short = request.param == "on the loop"
    started_writer.start()
    yield started_writer
    await started_writer.stop()


def stored_numbers(path: Path) -> list[int]:
    """Return the numbers in the table."""
    connection = sqlite3.connect(path)
    try:
        return [n for (n,) in connection.execute("SELECT n FROM t ORDER BY n")]
    finally:
        connection.close()


def test_every_connection_is_opened_the_same_way(database_path: Path) -> None:
    """Each connection has the pragmas of PRAGMAS, and a read-only connection cannot write."""
    connection = connect(database_path, read_only=True)
    pragmas = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete", "trusted_schema", "foreign_keys")
    }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "trusted_schema": 0,
        "foreign_keys": 1,
    }
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("INSERT INTO t VALUES (1)")
    connection.close()


async def test_jobs_share_commits_and_keep_their_order(writer: SqliteWriter, database_path: Path) -> None:
    """A hundred jobs at once add a hundred rows, and each caller gets the result of its own job."""
    answers = await asyncio.gather(*(writer.run(add_number_job(n)) for n in range(100)))
    assert answers == list(range(100))
    assert stored_numbers(database_path) == list(range(100))


async def test_a_failing_job_does_not_fail_its_batch(writer: SqliteWriter, database_path: Path) -> None:
    """Its changes are rolled back, the other jobs' rows stay, and its caller gets the error."""

    def fail_job(tx: Transaction) -> None:
        tx.execute("INSERT INTO t VALUES (?)", (7,))
        raise Conflict

    jobs = [add_number_job(1), fail_job, add_number_job(2), add_number_job(1), add_number_job(3)]
    answers = await asyncio.gather(*(writer.run(job) for job in jobs), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, Conflict, int, Unavailable, int]
    assert stored_numbers(database_path) == [1, 2, 3]


async def test_a_failed_commit_fails_every_job(writer: SqliteWriter, database_path: Path) -> None:
    """When the transaction ends early, every job in it raises Unavailable, and the next job works."""

    def lose_connection(tx: Transaction) -> None:
        tx.execute("INSERT INTO t VALUES (5)")
        tx.execute("ROLLBACK")

    with pytest.raises(Unavailable):
        await writer.run(lose_connection)
    await writer.run(add_number_job(6))
    assert stored_numbers(database_path) == [6]


async def test_a_full_disk_is_reported(writer: SqliteWriter, database_path: Path) -> None:
    """With a page limit in place of a full disk: Unavailable, no row of the job, and reads still work."""
    limit = await writer.run(lambda tx: tx.execute("PRAGMA max_page_count = 8").fetchone())
    assert limit

    def write_much(tx: Transaction) -> None:
        for n in range(100_000):
            tx.execute("INSERT INTO t VALUES (?)", (n,))

    with pytest.raises(Unavailable):
        await writer.run(write_much)
    assert stored_numbers(database_path) == []


async def test_short_jobs_run_on_the_loop_and_a_long_job_moves_its_batch_to_the_thread(database_path: Path) -> None:
    """The results are the same; only the thread that runs the jobs differs."""
    writer = SqliteWriter(database_path)
    thread_names: list[tuple[int, str]] = []

    def record_thread(n: int) -> Callable[[Transaction], int]:
        def work(tx: Transaction) -> int:
            thread_names.append((n, threading.current_thread().name))
            return add_number_job(n)(tx)

        return work

    loop_thread = threading.current_thread().name
    writer.start()
    assert await asyncio.gather(*(writer.run(record_thread(n), is_short=True) for n in range(3))) == [0, 1, 2]
    assert thread_names == [(n, loop_thread) for n in range(3)]
    thread_names.clear()
    assert await asyncio.gather(*(writer.run(record_thread(n), is_short=n != 4) for n in range(3, 6))) == [3, 4, 5]
    assert thread_names == [(n, "writer") for n in range(3, 6)]
    await writer.stop()
    assert stored_numbers(database_path) == list(range(6))


async def test_a_failed_check_rolls_back_its_job_and_no_other(writer: SqliteWriter, database_path: Path) -> None:
    """The job's changes are rolled back, and the other jobs of its batch never see them.

    The thread finishes its checks first, then waits until the loop has finished with the connection.
    """
    order_of_runs: list[str] = []

    def fails() -> None:
        order_of_runs.append("fails")
        raise BadSignature

    def count(tx: Transaction) -> int:
        return int(tx.execute("SELECT count(*) FROM t").fetchone()[0])

    def add_and_count_job(n: int) -> Callable[[Transaction], int]:
        def job(tx: Transaction) -> int:
            time.sleep(0.02)
            return add_number_job(n)(tx) * 0 + count(tx)

        return job

    submitted_jobs = [
        writer.run(add_and_count_job(1), b"a", pre_commit_check=lambda: order_of_runs.append("holds")),
        writer.run(add_and_count_job(2), b"b", pre_commit_check=fails),
        writer.run(add_and_count_job(3), b"a"),
    ]
    answers = await asyncio.gather(*submitted_jobs, return_exceptions=True)
    assert (answers[0], type(answers[1]), answers[2]) == (1, BadSignature, 2)
    assert sorted(order_of_runs) == ["fails", "holds"] and stored_numbers(database_path) == [1, 3]
    # The same account again: its check runs first, and no batch begins for it.
    with pytest.raises(BadSignature):
        await writer.run(lambda tx: order_of_runs.append("job"), b"b", pre_commit_check=fails)
    assert "job" not in order_of_runs
    assert await writer.run(add_number_job(4), b"b", pre_commit_check=lambda: None) == 4
    assert stored_numbers(database_path) == [1, 3, 4]


async def test_a_failed_check_hides_the_error_of_its_job(writer: SqliteWriter, database_path: Path) -> None:
    """A client with a wrong signature learns nothing about stored rows, and its job is rolled back."""

    def conflicting_job(tx: Transaction) -> None:
        add_number_job(2)(tx)
        raise Conflict

    def fails() -> None:
        raise BadSignature

    submitted_jobs = [writer.run(add_number_job(1), b"a"), writer.run(conflicting_job, b"b", pre_commit_check=fails)]
    answers = await asyncio.gather(*submitted_jobs, return_exceptions=True)
    assert (answers[0], type(answers[1])) == (1, BadSignature) and stored_numbers(database_path) == [1]


async def test_a_short_job_waits_for_another_programs_lock_in_the_thread(database_path: Path) -> None:
    """While another program writes, a short job waits in the thread and the loop goes on; then the job is committed."""
    writer = SqliteWriter(database_path)
    writer.start()
    other_connection = connect(database_path)
    other_connection.execute("BEGIN IMMEDIATE")
    pending = asyncio.ensure_future(writer.run(add_number_job(1), is_short=True))
    turns = 0
    started_at = asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() < started_at + 0.3:
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 30 and not pending.done()
    other_connection.execute("COMMIT")
    assert await pending == 1
    other_connection.close()
    await writer.stop()
    assert stored_numbers(database_path) == [1]


async def test_no_job_is_accepted_after_stop(database_path: Path) -> None:
    """The queued jobs are finished first."""
    writer = SqliteWriter(database_path)
    writer.start()
    pending = [asyncio.ensure_future(writer.run(add_number_job(n))) for n in range(10)]
    await asyncio.sleep(0)
    await writer.stop()
    await asyncio.gather(*pending)
    assert stored_numbers(database_path) == list(range(10))
    with pytest.raises(Unavailable):
        await writer.run(add_number_job(11))


@pytest.mark.parametrize("is_short", [True, False])
def test_acknowledged_jobs_survive_a_kill(database_path: Path, is_short: bool) -> None:
    """After SIGKILL during writes, the database has every number that was acknowledged."""
    program = textwrap.dedent(
        """
        import asyncio, pathlib, sys
        from diary.storage.sqlite.writer import SqliteWriter

        async def client(writer, start, is_short):
            for n in range(start, 10**9, 8):
                await writer.run(lambda tx: tx.execute("INSERT INTO t VALUES (?)", (n,)) and None, is_short=is_short)
                print(n, flush=True)

        async def main():
            writer = SqliteWriter(pathlib.Path(sys.argv[1]))
            writer.start()
            await asyncio.gather(*(client(writer, start, sys.argv[2] == "True") for start in range(8)))

        asyncio.run(main())
        """
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(database_path), str(is_short)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
    )
    assert child.stdout is not None
    acknowledged = [int(child.stdout.readline()) for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in child.stdout if line.endswith("\n")]
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    assert set(acknowledged) <= set(stored_numbers(database_path))
    check = sqlite3.connect(database_path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


class BatchCounter(BatchWriter):
    """A writer without a database that notes the size of its batches and gives each job the number of its batch."""

    def __init__(self) -> None:
        """Start with no batch."""
        super().__init__()
        self.sizes: list[int] = []
        self.is_closed = False

    def run_batch(self, batch: list[PendingJob]) -> None:
        """Note the size and finish the jobs."""
        self.sizes.append(len(batch))
        for pending_job in batch:
            pending_job.result = len(self.sizes)

    def close(self) -> None:
        """Note that the thread has ended."""
        self.is_closed = True


async def test_jobs_queued_before_the_thread_starts_are_run_in_full_batches_and_finished_at_the_stop() -> None:
    """No batch is larger than the limit, the order is kept, and the stop waits for what was queued before it."""
    counter = BatchCounter()

    def nothing(_: Transaction) -> None:
        raise AssertionError("No batch of this writer runs its jobs.")

    jobs = [asyncio.ensure_future(counter.run(nothing)) for _ in range(MAX_BATCH_JOBS + 3)]
    await asyncio.sleep(0)
    counter.start()
    await counter.stop()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*jobs) == [1] * MAX_BATCH_JOBS + [2] * 3
    assert counter.sizes == [MAX_BATCH_JOBS, 3] and counter.is_closed
    with pytest.raises(Unavailable):
        await counter.run(nothing)


async def test_a_check_that_fails_queues_nothing_for_a_writer_with_batches() -> None:
    """The caller gets the error of the check, and no batch is begun for the job."""
    counter = BatchCounter()

    def refuse() -> None:
        raise BadSignature

    with pytest.raises(BadSignature):
        await counter.run(lambda _: None, pre_commit_check=refuse)
    counter.start()
    await counter.stop()
    assert counter.sizes == []

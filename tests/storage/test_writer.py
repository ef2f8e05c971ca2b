"""The single writer: durable, in order, and a job that fails takes nobody with it."""

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
from diary.storage.writer import PreCommitCheck, Transaction
from tests.storage.add_number_job import add_number_job

T = TypeVar("T")
PROJECT_ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    """A database with one table."""
    created_path = tmp_path / "t.sqlite3"
    connection = connect(created_path)
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    connection.close()
    return created_path


class ForcedSizeWriter(SqliteWriter):
    """A writer whose jobs are all small, or all not: they run in different threads, and promise the same."""

    is_small = False

    async def run(
        self,
        job: Callable[[Transaction], T],
        account: bytes | None = None,
        *,
        is_short: bool = False,
        pre_commit_check: PreCommitCheck | None = None,
    ) -> T:
        """A job, as the test has it."""
        return await super().run(job, account, is_short=is_short or self.is_small, pre_commit_check=pre_commit_check)


@pytest.fixture(params=["in the thread", "on the loop"])
async def writer(database_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SqliteWriter]:
    """A writer at work."""
    started_writer = ForcedSizeWriter(database_path)
    started_writer.is_small = request.param == "on the loop"
    started_writer.start()
    yield started_writer
    await started_writer.stop()


def stored_numbers(path: Path) -> list[int]:
    """What is in the table."""
    connection = sqlite3.connect(path)
    try:
        return [n for (n,) in connection.execute("SELECT n FROM t ORDER BY n")]
    finally:
        connection.close()


def test_every_connection_is_opened_the_same_way(database_path: Path) -> None:
    """WAL, synchronous FULL, secure_delete on, trusted_schema off, foreign keys on; a reader can change nothing."""
    connection = connect(database_path, read_only=True)
    found = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete", "trusted_schema", "foreign_keys")
    }
    assert found == {
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
    """A hundred at once give a hundred rows; each answer is its own job's."""
    answers = await asyncio.gather(*(writer.run(add_number_job(n)) for n in range(100)))
    assert answers == list(range(100))
    assert stored_numbers(database_path) == list(range(100))


async def test_a_failing_job_does_not_fail_its_batch(writer: SqliteWriter, database_path: Path) -> None:
    """What it wrote is gone, its neighbours' rows stay, and the caller gets the reason."""

    def fail_job(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO t VALUES (?)", (7,))
        raise Conflict

    jobs = [add_number_job(1), fail_job, add_number_job(2), add_number_job(1), add_number_job(3)]
    answers = await asyncio.gather(*(writer.run(job) for job in jobs), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, Conflict, int, Unavailable, int]
    assert stored_numbers(database_path) == [1, 2, 3]


async def test_a_failed_commit_fails_every_job(writer: SqliteWriter, database_path: Path) -> None:
    """When the transaction is lost every job in it is Unavailable, and the next one works."""

    def lose_connection(transaction: Transaction) -> None:
        transaction.execute("INSERT INTO t VALUES (5)")
        transaction.execute("ROLLBACK")

    with pytest.raises(Unavailable):
        await writer.run(lose_connection)
    await writer.run(add_number_job(6))
    assert stored_numbers(database_path) == [6]


async def test_a_full_disk_is_reported(writer: SqliteWriter, database_path: Path) -> None:
    """A page limit stands in for a full disk: Unavailable, nothing half done, and reading goes on."""
    limit = await writer.run(lambda hand: hand.execute("PRAGMA max_page_count = 8").fetchone())
    assert limit

    def write_much(transaction: Transaction) -> None:
        for n in range(100_000):
            transaction.execute("INSERT INTO t VALUES (?)", (n,))

    with pytest.raises(Unavailable):
        await writer.run(write_much)
    assert stored_numbers(database_path) == []


async def test_small_jobs_run_on_the_loop_and_any_other_takes_its_batch_to_the_thread(database_path: Path) -> None:
    """What is answered is the same; where it ran differs, and nothing but the thread commits."""
    writer = SqliteWriter(database_path)
    thread_names: list[tuple[int, str]] = []

    def noting(n: int) -> Callable[[Transaction], int]:
        def work(transaction: Transaction) -> int:
            thread_names.append((n, threading.current_thread().name))
            return add_number_job(n)(transaction)

        return work

    loop_thread = threading.current_thread().name
    writer.start()
    assert await asyncio.gather(*(writer.run(noting(n), is_short=True) for n in range(3))) == [0, 1, 2]
    assert thread_names == [(n, loop_thread) for n in range(3)]
    thread_names.clear()
    assert await asyncio.gather(*(writer.run(noting(n), is_short=n != 4) for n in range(3, 6))) == [3, 4, 5]
    assert thread_names == [(n, "writer") for n in range(3, 6)]
    await writer.stop()
    assert stored_numbers(database_path) == list(range(6))


async def test_a_proof_that_does_not_hold_undoes_its_job_and_no_other(
    writer: SqliteWriter, database_path: Path
) -> None:
    """Nothing of it is kept, its neighbours in the batch are answered as if it had not been there, none sees a trace of it;
    and the thread, which has judged long before, waits until the loop is done with the connection."""
    order_of_runs: list[str] = []

    def fails() -> None:
        order_of_runs.append("proof")
        raise BadSignature

    def count(transaction: Transaction) -> int:
        return int(transaction.execute("SELECT count(*) FROM t").fetchone()[0])

    def adds_and_counts(n: int) -> Callable[[Transaction], int]:
        def job(hand: Transaction) -> int:
            time.sleep(0.02)
            return add_number_job(n)(hand) * 0 + count(hand)

        return job

    submitted_jobs = [
        writer.run(adds_and_counts(1), b"a", pre_commit_check=lambda: order_of_runs.append("holds")),
        writer.run(adds_and_counts(2), b"b", pre_commit_check=fails),
        writer.run(adds_and_counts(3), b"a"),
    ]
    answers = await asyncio.gather(*submitted_jobs, return_exceptions=True)
    assert (answers[0], type(answers[1]), answers[2]) == (1, BadSignature, 2)
    assert sorted(order_of_runs) == ["holds", "proof"] and stored_numbers(database_path) == [1, 3]
    # The same account again: its proof comes first, and no batch is begun for it.
    with pytest.raises(BadSignature):
        await writer.run(lambda hand: order_of_runs.append("job"), b"b", pre_commit_check=fails)
    assert "job" not in order_of_runs
    assert await writer.run(add_number_job(4), b"b", pre_commit_check=lambda: None) == 4
    assert stored_numbers(database_path) == [1, 3, 4]


async def test_a_job_and_its_proof_that_both_fail_say_what_the_proof_says(
    writer: SqliteWriter, database_path: Path
) -> None:
    """Whose signature does not hold learns nothing of what is stored; and nothing of it is kept."""

    def taken(transaction: Transaction) -> None:
        add_number_job(2)(transaction)
        raise Conflict

    def fails() -> None:
        raise BadSignature

    submitted_jobs = [writer.run(add_number_job(1), b"a"), writer.run(taken, b"b", pre_commit_check=fails)]
    answers = await asyncio.gather(*submitted_jobs, return_exceptions=True)
    assert (answers[0], type(answers[1])) == (1, BadSignature) and stored_numbers(database_path) == [1]


async def test_another_programs_lock_is_waited_for_and_nobody_else_waits(database_path: Path) -> None:
    """While another program writes, a small job waits in the thread and the loop goes on; then it is done."""
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
    """What was queued is finished first."""
    writer = SqliteWriter(database_path)
    writer.start()
    pending = [asyncio.ensure_future(writer.run(add_number_job(n))) for n in range(10)]
    await asyncio.sleep(0)
    await writer.stop()
    await asyncio.gather(*pending)
    assert stored_numbers(database_path) == list(range(10))
    with pytest.raises(Unavailable):
        await writer.run(add_number_job(11))


@pytest.mark.parametrize("small", [True, False])
def test_what_was_acknowledged_survives_a_kill(database_path: Path, small: bool) -> None:
    """kill -9 in the middle of writing: every number that was answered is in the database afterwards."""
    program = textwrap.dedent(
        """
        import asyncio, pathlib, sys
        from diary.storage.sqlite.writer import SqliteWriter

        async def client(writer, start, small):
            for n in range(start, 10**9, 8):
                await writer.run(lambda tx: tx.execute("INSERT INTO t VALUES (?)", (n,)) and None, is_short=small)
                print(n, flush=True)

        async def main():
            writer = SqliteWriter(pathlib.Path(sys.argv[1]))
            writer.start()
            await asyncio.gather(*(client(writer, start, sys.argv[2] == "True") for start in range(8)))

        asyncio.run(main())
        """
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(database_path), str(small)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
    )
    assert child.stdout is not None
    answered = [int(child.stdout.readline()) for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    answered += [int(line) for line in child.stdout if line.endswith("\n")]
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    assert set(answered) <= set(stored_numbers(database_path))
    check = sqlite3.connect(database_path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()

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
from diary.storage.writer import Hand, Proof
from tests.storage.adding import adder

T = TypeVar("T")
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one table."""
    made = tmp_path / "t.sqlite3"
    connection = connect(made)
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    connection.close()
    return made


class Asked(SqliteWriter):
    """A writer whose jobs are all small, or all not: they run in different threads, and promise the same."""

    small = False

    async def run(
        self, job: Callable[[Hand], T], of: bytes | None = None, *, small: bool = False, proof: Proof | None = None
    ) -> T:
        """A job, as the test has it."""
        return await super().run(job, of, small=small or self.small, proof=proof)


@pytest.fixture(params=["in the thread", "on the loop"])
async def writer(path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SqliteWriter]:
    """A writer at work."""
    made = Asked(path)
    made.small = request.param == "on the loop"
    made.start()
    yield made
    await made.stop()


def rows(path: Path) -> list[int]:
    """What is in the table."""
    connection = sqlite3.connect(path)
    try:
        return [n for (n,) in connection.execute("SELECT n FROM t ORDER BY n")]
    finally:
        connection.close()


def test_every_connection_is_opened_the_same_way(path: Path) -> None:
    """WAL, synchronous FULL, secure_delete on, trusted_schema off, foreign keys on; a reader can change nothing."""
    connection = connect(path, reading=True)
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


async def test_jobs_share_commits_and_keep_their_order(writer: SqliteWriter, path: Path) -> None:
    """A hundred at once give a hundred rows; each answer is its own job's."""
    answers = await asyncio.gather(*(writer.run(adder(n)) for n in range(100)))
    assert answers == list(range(100))
    assert rows(path) == list(range(100))


async def test_a_job_that_fails_takes_nobody_with_it(writer: SqliteWriter, path: Path) -> None:
    """What it wrote is gone, its neighbours' rows stay, and the caller gets the reason."""

    def fails(hand: Hand) -> None:
        hand.execute("INSERT INTO t VALUES (?)", (7,))
        raise Conflict

    jobs = [adder(1), fails, adder(2), adder(1), adder(3)]
    answers = await asyncio.gather(*(writer.run(job) for job in jobs), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, Conflict, int, Unavailable, int]
    assert rows(path) == [1, 2, 3]


async def test_a_commit_that_fails_is_nobodys_success(writer: SqliteWriter, path: Path) -> None:
    """When the transaction is lost every job in it is Unavailable, and the next one works."""

    def loses(hand: Hand) -> None:
        hand.execute("INSERT INTO t VALUES (5)")
        hand.execute("ROLLBACK")

    with pytest.raises(Unavailable):
        await writer.run(loses)
    await writer.run(adder(6))
    assert rows(path) == [6]


async def test_a_full_disk_is_said(writer: SqliteWriter, path: Path) -> None:
    """A page limit stands in for a full disk: Unavailable, nothing half done, and reading goes on."""
    limit = await writer.run(lambda hand: hand.execute("PRAGMA max_page_count = 8").fetchone())
    assert limit

    def much(hand: Hand) -> None:
        for n in range(100_000):
            hand.execute("INSERT INTO t VALUES (?)", (n,))

    with pytest.raises(Unavailable):
        await writer.run(much)
    assert rows(path) == []


async def test_small_jobs_run_on_the_loop_and_any_other_takes_its_batch_to_the_thread(path: Path) -> None:
    """What is answered is the same; where it ran differs, and nothing but the thread commits."""
    writer = SqliteWriter(path)
    seen: list[tuple[int, str]] = []

    def noting(n: int) -> Callable[[Hand], int]:
        def work(hand: Hand) -> int:
            seen.append((n, threading.current_thread().name))
            return adder(n)(hand)

        return work

    here = threading.current_thread().name
    writer.start()
    assert await asyncio.gather(*(writer.run(noting(n), small=True) for n in range(3))) == [0, 1, 2]
    assert seen == [(n, here) for n in range(3)]
    seen.clear()
    assert await asyncio.gather(*(writer.run(noting(n), small=n != 4) for n in range(3, 6))) == [3, 4, 5]
    assert seen == [(n, "writer") for n in range(3, 6)]
    await writer.stop()
    assert rows(path) == list(range(6))


async def test_a_proof_that_does_not_hold_undoes_its_job_and_no_other(writer: SqliteWriter, path: Path) -> None:
    """Nothing of it is kept, its neighbours in the batch are answered as if it had not been there, none sees a trace of it;
    and the thread, which has judged long before, waits until the loop is done with the connection."""
    ran: list[str] = []

    def fails() -> None:
        ran.append("proof")
        raise BadSignature

    def count(hand: Hand) -> int:
        return int(hand.execute("SELECT count(*) FROM t").fetchone()[0])

    def adds_and_counts(n: int) -> Callable[[Hand], int]:
        def job(hand: Hand) -> int:
            time.sleep(0.02)
            return adder(n)(hand) * 0 + count(hand)

        return job

    asked = [
        writer.run(adds_and_counts(1), b"a", proof=lambda: ran.append("holds")),
        writer.run(adds_and_counts(2), b"b", proof=fails),
        writer.run(adds_and_counts(3), b"a"),
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert (answers[0], type(answers[1]), answers[2]) == (1, BadSignature, 2)
    assert sorted(ran) == ["holds", "proof"] and rows(path) == [1, 3]
    # The same account again: its proof comes first, and no batch is begun for it.
    with pytest.raises(BadSignature):
        await writer.run(lambda hand: ran.append("job"), b"b", proof=fails)
    assert "job" not in ran
    assert await writer.run(adder(4), b"b", proof=lambda: None) == 4
    assert rows(path) == [1, 3, 4]


async def test_a_job_and_its_proof_that_both_fail_say_what_the_proof_says(writer: SqliteWriter, path: Path) -> None:
    """Whose signature does not hold learns nothing of what is stored; and nothing of it is kept."""

    def taken(hand: Hand) -> None:
        adder(2)(hand)
        raise Conflict

    def fails() -> None:
        raise BadSignature

    asked = [writer.run(adder(1), b"a"), writer.run(taken, b"b", proof=fails)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert (answers[0], type(answers[1])) == (1, BadSignature) and rows(path) == [1]


async def test_another_programs_lock_is_waited_for_and_nobody_else_waits(path: Path) -> None:
    """While another program writes, a small job waits in the thread and the loop goes on; then it is done."""
    writer = SqliteWriter(path)
    writer.start()
    other = connect(path)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.ensure_future(writer.run(adder(1), small=True))
    turns = 0
    began = asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() < began + 0.3:
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 30 and not waiting.done()
    other.execute("COMMIT")
    assert await waiting == 1
    other.close()
    await writer.stop()
    assert rows(path) == [1]


async def test_after_stop_nothing_is_taken(path: Path) -> None:
    """What was queued is finished first."""
    writer = SqliteWriter(path)
    writer.start()
    waiting = [asyncio.ensure_future(writer.run(adder(n))) for n in range(10)]
    await asyncio.sleep(0)
    await writer.stop()
    await asyncio.gather(*waiting)
    assert rows(path) == list(range(10))
    with pytest.raises(Unavailable):
        await writer.run(adder(11))


@pytest.mark.parametrize("small", [True, False])
def test_what_was_acknowledged_survives_a_kill(path: Path, small: bool) -> None:
    """kill -9 in the middle of writing: every number that was answered is in the database afterwards."""
    program = textwrap.dedent(
        """
        import asyncio, pathlib, sys
        from diary.storage.sqlite.writer import SqliteWriter

        async def client(writer, start, small):
            for n in range(start, 10**9, 8):
                await writer.run(lambda hand: hand.execute("INSERT INTO t VALUES (?)", (n,)) and None, small=small)
                print(n, flush=True)

        async def main():
            writer = SqliteWriter(pathlib.Path(sys.argv[1]))
            writer.start()
            await asyncio.gather(*(client(writer, start, sys.argv[2] == "True") for start in range(8)))

        asyncio.run(main())
        """
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(path), str(small)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert child.stdout is not None
    answered = [int(child.stdout.readline()) for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    answered += [int(line) for line in child.stdout if line.endswith("\n")]
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    assert set(answered) <= set(rows(path))
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()

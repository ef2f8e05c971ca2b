"""The hourly purge over a large database: the longest job in the writer, and its floor.

While a job of the purge runs in the writer, no push is stored. So the measure is how long each job keeps the writer,
from its first statement to the end of its commit, and for each statement the longest run. The floor is a
job of the writer that changes one row, in the same run.

`python -m tests.bench purge --rows N`: N complete files with one part each, in accounts of 1,000 files. Beside them lie
some of everything that the purge looks for: DUE of each kind that is due, and as many that are not.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from diary import config
from diary.app import open_instance
from diary.clock import FixedClock
from diary.config import Settings
from diary.services.sync import purge
from diary.storage import database
from diary.storage.sqlite.connection import path_from_url
from tests.bench.rows import Row, make_row
from tests.free_space import ANY_FREE_SPACE
from tests.postgres import running_postgres

FILES_PER_ACCOUNT = 1_000
DUE = 1_000
BAR_MS = 50.0
NOW_MS = 1_790_000_000_000
LONG_AGO_MS = 1_000
DEFAULT_ROWS = 100_000
# An insert of many rows into SQLite; PostgreSQL takes the same text with generate_series.
SERIES = {
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last}) SELECT n FROM s) s",
    "postgres": "generate_series({first}, {last}) s(n)",
}
ID = {
    "sqlite": "CAST(printf('%016d', {0}) AS BLOB)",
    "postgres": "convert_to(lpad(CAST({0} AS TEXT), 16, '0'), 'UTF8')",
}
SEALED = {"sqlite": "randomblob(2500)", "postgres": "convert_to(repeat(md5(CAST(n AS TEXT)), 78), 'UTF8')"}


@dataclass
class StepTimes:
    """Longest run in ms of each job in the writer, and of each statement in them."""

    job_ms: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    statement_ms: dict[str, float] = field(default_factory=lambda: defaultdict(float))


class TimedTransaction:
    """Transaction that measures each statement."""

    def __init__(self, tx: Any, times: StepTimes) -> None:
        self._tx, self._times = tx, times

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
        """Run a statement, with the reading of its rows."""
        started_at = time.perf_counter()
        cursor = self._tx.execute(sql, parameters)
        rows, rowcount = cursor.fetchall(), cursor.rowcount
        elapsed_ms = (time.perf_counter() - started_at) * 1000
        self._times.statement_ms[sql] = max(self._times.statement_ms[sql], elapsed_ms)
        return ReadRows(rows, rowcount)


class ReadRows:
    """Rows that were read."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows, self.rowcount = iter(rows), rowcount

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


@contextmanager
def timed_writer(writer: Any, times: StepTimes) -> Iterator[None]:
    """Measure every job of the writer within the block, from its call to the end of its commit."""
    run = writer.run

    async def run_timed(job: Callable[[Any], Any], *args: Any, **options: Any) -> Any:
        started_at = time.perf_counter()
        try:
            return await run(lambda tx: job(TimedTransaction(tx, times)), *args, **options)
        finally:
            name = getattr(getattr(job, "func", job), "__qualname__", "job")
            code = getattr(job, "__code__", None)
            if code is not None and code.co_name == "<lambda>":
                name = ".".join(part for part in code.co_names if part[0].islower())
            times.job_ms[name] = max(times.job_ms[name], (time.perf_counter() - started_at) * 1000)

    writer.run = run_timed
    try:
        yield
    finally:
        writer.run = run


def fill_statements(kind: str, rows: int) -> Iterator[str]:
    """Yield the statements that fill a migrated database."""

    def insert(table: str, columns: str, values: str, count: int) -> str:
        series = SERIES[kind].format(first=0, last=count - 1)
        return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {series}"

    def sixteen(number: str) -> str:
        return ID[kind].format(number)

    accounts = max(1, -(-rows // FILES_PER_ACCOUNT))
    empty = "x''" if kind == "sqlite" else "''::bytea"
    diary = sixteen(f"(n / {FILES_PER_ACCOUNT})")
    yield insert(
        "account",
        "id, login_mac, kdf, words_wrap, auth_salt, auth_digest, keyset, ecdsa_pub, hpke_pub, file_bytes, is_open,"
        " closing_at",
        f"{sixteen('n')}, {sixteen('n')}, {', '.join([empty] * 7)}, 0, false,"
        f" CASE WHEN n = {accounts - 1} THEN {LONG_AGO_MS} END",
        accounts,
    )
    yield insert(
        "diary", "id, account_id, epoch, wrap, seq, head, text_bytes",
        f"{sixteen('n')}, {sixteen('n')}, 1, {empty}, 0, {empty}, 0", accounts,
    )  # fmt: skip
    blob_columns = "diary_id, kind, owner, blob, parts, size, complete, touched_at, erased"
    yield insert("blob", blob_columns, f"{diary}, 0, {diary}, {sixteen('n')}, 1, 1, true, 1, false", rows)
    part_id = "id, " if kind == "sqlite" else ""
    yield (
        f"INSERT INTO part ({part_id}blob_id, i, size, digest, name)"
        f" SELECT {part_id}id, 0, 1, blob, 'file/' || CAST(id AS TEXT) FROM blob"
    )
    # Of the first account: uploads that nobody finished, erased files, and as many that wait for nothing yet.
    first = sixteen("0")
    for offset, (complete, touched_at, erased) in enumerate(
        (("false", LONG_AGO_MS, "false"), ("false", NOW_MS, "false"), ("false", 1, "true"))
    ):
        number = sixteen(f"(n + {rows + offset * DUE})")
        yield insert(
            "blob", blob_columns, f"{first}, 0, {first}, {number}, 1, 1, {complete}, {touched_at}, {erased}", DUE
        )
    for offset, expires_at in enumerate((LONG_AGO_MS, NOW_MS * 2)):
        number = sixteen(f"(n + {offset * DUE})")
        yield insert(
            "handover", "id, diary_id, name_mac, auth_mac, kdf, made_at, expires_at",
            f"{number}, {first}, {number}, {empty}, {empty}, 1, {expires_at}", DUE,
        )  # fmt: skip
        yield insert(
            "witness_code", "id, diary_id, name_mac, sealed, made_at, expires_at",
            f"{number}, {first}, {number}, {empty}, 1, {expires_at}", DUE,
        )  # fmt: skip
        dropped = "true" if offset else "false"
        yield insert(
            "loose_bytes", "account, blob, name, size, at, dropped",
            f"{first}, 0, 'loose/{offset}/' || CAST(n AS TEXT), 1, 1, {dropped}", DUE,
        )  # fmt: skip
    yield insert("organisation", "id, name, made_at", f"{first}, 'o', 1", 1)
    yield insert(
        "member", "id, organisation_id, leads, fingerprint, name, secret, step, made_at",
        f"{first}, {first}, false, {empty}, {empty}, {empty}, 0, 1", 1,
    )  # fmt: skip
    yield insert(
        "access_grant", "id, diary_id, advocate_id, not_after, made_at, sealed, kept",
        f"{sixteen('n')}, {first}, {first}, CASE WHEN n < 2 THEN 1 ELSE {NOW_MS * 2} END, 1, {empty}, {empty}", DUE,
    )  # fmt: skip
    yield insert("grant_wrap", "grant_id, place, wraps", f"{first}, n, {sixteen('n')}", DUE)
    yield insert(
        "letter", "id, grant_id, made_at, envelope, taken_at",
        f"{sixteen('n')}, {first}, 1, {empty}, CASE WHEN n % 2 = 0 THEN 1 END", DUE,
    )  # fmt: skip
    # The account that is closed has one entry for each of its files.
    last = sixteen(str(accounts - 1))
    yield insert(
        "version", "id, diary_id, seq, record, version, body_digest, leaf, facts, sealed, answer",
        f"n, {last}, n + 1, {sixteen('n')}, {sixteen('n')}, {empty}, {empty}, {SEALED[kind]}, {SEALED[kind]}, {empty}",
        FILES_PER_ACCOUNT,
    )  # fmt: skip


async def fill(settings: Settings, kind: str, rows: int) -> None:
    """Migrate and fill the database, and bring its statistics up to date."""
    await database.migrate(settings)
    if kind == "sqlite":
        with closing(sqlite3.connect(path_from_url(settings.database_url), isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA cache_size=-400000")
            for statement in fill_statements(kind, rows):
                connection.execute(statement)
        return
    connection_to_server = await asyncpg.connect(settings.database_url)
    try:
        for statement in fill_statements(kind, rows):
            await connection_to_server.execute(statement)
        await connection_to_server.execute("VACUUM ANALYZE")
    finally:
        await connection_to_server.close()


async def time_empty_jobs(writer: Any) -> float:
    """Return the longest of 100 jobs that change one row, in ms."""
    longest = 0.0
    for n in range(100):
        started_at = time.perf_counter()
        await writer.run(
            lambda tx, n=n: tx.execute("UPDATE account SET file_bytes = CAST(? AS BIGINT) WHERE id = ?", (n, b"0" * 16))
        )
        longest = max(longest, (time.perf_counter() - started_at) * 1000)
    return longest


async def measure(settings: Settings, kind: str, rows: int) -> tuple[StepTimes, float, float]:
    """Fill the database and purge it. Return the times, the floor in ms, and the seconds of the whole purge."""
    await fill(settings, kind, rows)
    clock = FixedClock(NOW_MS)
    times = StepTimes()
    async with open_instance(settings, clock) as instance:
        await purge.purge(instance)  # notes the clock
        clock.advance(purge.PURGE_INTERVAL_SECONDS * 1000)
        floor_ms = await time_empty_jobs(instance.db.writer)
        started_at = time.perf_counter()
        with timed_writer(instance.db.writer, times):
            result = await purge.purge(instance)
    if not (result.is_clock_steady and result.account_count == 1 and result.upload_count == DUE):
        raise RuntimeError(f"the purge did not do its work: {result}")
    return times, floor_ms, time.perf_counter() - started_at


@asynccontextmanager
async def database_of(kind: str, folder: Path) -> AsyncIterator[Settings]:
    """Yield the settings of an empty database of this kind."""
    environ = {"DIARY_DATA": str(folder / kind), **ANY_FREE_SPACE}
    if kind == "sqlite":
        yield config.load_settings(environ)
        return
    with running_postgres() as server:
        yield config.load_settings(
            environ | {"DIARY_DATABASE_URL": await asyncio.to_thread(server.create_empty_database)}
        )


def measure_rows(rows: int = DEFAULT_ROWS, kinds: tuple[str, ...] = ("sqlite", "postgres")) -> Iterator[Row]:
    """Yield a row for the longest job of each database, then one for each of the three longest statements."""
    for kind in kinds:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:

            async def run(kind: str = kind, folder: Path = Path(name)) -> tuple[StepTimes, float, float]:
                async with database_of(kind, folder) as settings:
                    return await measure(settings, kind, rows)

            times, floor_ms, seconds = asyncio.run(run())
        where = f"{kind}, {rows:,} files"
        for job, longest_ms in sorted(times.job_ms.items(), key=lambda item: -item[1])[:3]:
            holds = longest_ms <= BAR_MS
            yield make_row(f"purge, job {job}, ms", where, longest_ms, floor_ms, f"at most {BAR_MS:.0f} ms", holds)
        for sql, longest_ms in sorted(times.statement_ms.items(), key=lambda item: -item[1])[:5]:
            yield make_row(f"purge, {sql[:70]}, ms", where, longest_ms, 0, "none", holds=True)
        yield make_row("purge, all of it, s", where, seconds, 0, "none", holds=True)

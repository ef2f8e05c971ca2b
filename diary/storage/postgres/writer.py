"""PostgreSQL: how it is reached, and the writer of one worker among several.

[Note: many writers] Each worker has one writer, and a batch of its jobs is one transaction, as over SQLite. What
keeps jobs of different workers apart are two kinds of lock, taken before a batch reads anything and held to its
end: a job of one account takes that account's lock and a share of the common one, any other job the whole of
the common one. So a job sees no half of another's work, whatever it reads, and the statements of storage need
not know which database they run on. Locks are taken in one order, the common one first and accounts by number:
two batches can wait for one another, never both.

The thread has an event loop of its own that runs only while a statement does: a job stays a plain function.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from itertools import count
from re import sub
from typing import Any, Final, TypeVar

import asyncpg

from diary.errors import KeptError, Unavailable
from diary.storage.writer import BatchWriter, PendingJob

T = TypeVar("T")
CONNECT_TIMEOUT_SECONDS: Final = 5
STATEMENT_TIMEOUT_SECONDS: Final = 60
ADVISORY_LOCK_KEY: Final = 0x6B657074
# A commit that was answered is on the disk, whatever the server's own settings say.
SESSION_SETTINGS: Final = {"synchronous_commit": "on", "application_name": "kept"}
# What the database or the way to it may do to us; none of it is the fault of a job.
DATABASE_ERRORS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
# The connection cannot be used any further: it is gone, or what it prepared no longer fits the tables.
BROKEN_CONNECTION_ERRORS: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.FeatureNotSupportedError,
    OSError,
)
NEXT_VERSION_ID_SQL: Final = "nextval('version_place')"


async def connect(url: str) -> Any:
    """A connection. Raises one of TROUBLE."""
    return await asyncpg.connect(
        url,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=STATEMENT_TIMEOUT_SECONDS,
        server_settings=SESSION_SETTINGS,
    )


async def probe(url: str) -> None:
    """Return when the database can be reached. Raises one of TROUBLE."""
    await (await connect(url)).close()


@asynccontextmanager
async def migration_lock(url: str) -> AsyncIterator[None]:
    """Keep every other migration away, and have the sequence that numbers versions stand after the newest one."""
    connection = await connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1, 1)", ADVISORY_LOCK_KEY)
        yield
        await connection.execute("CREATE SEQUENCE IF NOT EXISTS version_place MINVALUE 0 START 0")
        # Never set back: a number that was drawn and not used stays unused.
        await connection.execute(
            "SELECT setval('version_place', top, true) FROM (SELECT max(id) AS top FROM version) v,"
            " (SELECT last_value FROM version_place) s WHERE top IS NOT NULL AND top > s.last_value"
        )
    finally:
        await connection.close()


def vacuum(url: str, tables: Sequence[str]) -> None:
    """Have the database overwrite or reuse what deleted rows left behind, for as much as it ever does."""

    async def vacuum_all() -> None:
        connection = await connect(url)
        try:
            for table in tables:
                await connection.execute(f"VACUUM {table}")
        finally:
            await connection.close()

    try:
        asyncio.run(vacuum_all())
    except DATABASE_ERRORS:
        raise Unavailable from None


@lru_cache(maxsize=512)
def number_placeholders(sql: str) -> str:
    """A statement with `$1`, `$2` for `?`, or for `?1`, `?2` where it numbers them itself. No text of ours has a `?`."""
    counter = count(1)
    return sub(r"\?(\d*)", lambda match: f"${match[1] or next(counter)}", sql)


class FetchedRows:
    """The rows of a statement that has been run."""

    __slots__ = ("_next_index", "_rows", "rowcount")

    def __init__(self, rows: Sequence[Any], rowcount: int) -> None:
        self._rows = rows
        self._next_index = 0
        self.rowcount = rowcount

    def fetchone(self) -> Any:
        """The next row as a tuple, or None."""
        if self._next_index >= len(self._rows):
            return None
        self._next_index += 1
        return tuple(self._rows[self._next_index - 1])

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        """The rows that are left, one by one."""
        while (row := self.fetchone()) is not None:
            yield row


class PostgresTransaction:
    """What a job writes or reads with: statements run one by one on a connection of the thread's own."""

    def __init__(self, connection: Any, run_coroutine: Callable[[Awaitable[Any]], Any]) -> None:
        """`wait`: runs what the connection promises to its end."""
        self._connection = connection
        self._run_coroutine = run_coroutine
        self._prepared_statements: dict[str, Any] = {}
        self.change_count = 0

    def execute(self, sql: str, parameters: tuple[Any, ...] = (), /) -> FetchedRows:
        """Run one statement; `?` stands for each parameter."""
        statement = self._prepared_statements.get(sql)
        if statement is None:
            statement = self._prepared_statements[sql] = self._run_coroutine(
                self._connection.prepare(number_placeholders(sql))
            )
        rows = self._run_coroutine(statement.fetch(*parameters))
        command_tag, _, number = statement.get_statusmsg().rpartition(" ")
        rowcount = int(number) if number.isdigit() else -1
        if not command_tag.startswith("SELECT"):
            self.change_count += max(rowcount, 1)
        return FetchedRows(rows, rowcount)

    def execute_control(self, sql: str) -> None:
        """Run a statement of the transaction's own."""
        self._run_coroutine(self._connection.execute(sql))


class PostgresWriter(BatchWriter):
    """The writer of one worker; see [Note: many writers]. A connection that breaks is made again for the next batch."""

    def __init__(self, url: str) -> None:
        """`url`: a database that has been migrated."""
        super().__init__()
        self._url = url
        self._thread_loop = asyncio.new_event_loop()
        self._transaction: PostgresTransaction | None = None
        self._connection: Any = None

    def run_batch(self, batch: list[PendingJob]) -> None:
        """Run a batch. When the transaction is lost, so is every job in it."""
        try:
            tx = self._begin_batch(batch)
            if not run_without_savepoints(tx, batch):
                run_with_savepoints(tx, batch)
        except DATABASE_ERRORS:
            self._drop_connection()
            for pending_job in batch:
                # A job that failed by itself keeps its own reason: that one would hold after a retry, too.
                if not isinstance(pending_job.error, KeptError):
                    pending_job.error = Unavailable()

    def close(self) -> None:
        """Close the connection."""
        self._drop_connection()
        self._thread_loop.close()

    def _begin_batch(self, batch: list[PendingJob]) -> PostgresTransaction:
        """The hand, with a transaction begun for this batch. Raises one of TROUBLE.

        That the database was restarted shows with the first statement: nothing has been done by then, so it is
        begun again over a new connection.
        """
        try:
            tx = self._ensure_connected()
            begin_with_locks(tx, batch)
        except BROKEN_CONNECTION_ERRORS:
            self._drop_connection()
            tx = self._ensure_connected()
            begin_with_locks(tx, batch)
        return tx

    def _ensure_connected(self) -> PostgresTransaction:
        """The hand, over a connection that was not broken when last looked at. Raises one of TROUBLE."""
        if self._transaction is None or self._connection.is_closed():
            self._connection = self._thread_loop.run_until_complete(connect(self._url))
            self._transaction = PostgresTransaction(self._connection, self._thread_loop.run_until_complete)
        return self._transaction

    def _drop_connection(self) -> None:
        """Let go of the connection, whatever state it is in: what it had not committed is gone."""
        if self._connection is not None:
            self._connection.terminate()
            self._thread_loop.run_until_complete(asyncio.sleep(0))
        self._connection = self._transaction = None


def begin_with_locks(tx: PostgresTransaction, batch: list[PendingJob]) -> None:
    """Begin a transaction that holds the locks of its jobs."""
    tx.execute_control("BEGIN ISOLATION LEVEL READ COMMITTED")
    if any(pending_job.account is None for pending_job in batch):
        tx.execute("SELECT pg_advisory_xact_lock(?, 0)", (ADVISORY_LOCK_KEY,))
        return
    accounts = sorted({struct.unpack(">q", pending_job.account[:8])[0] for pending_job in batch if pending_job.account})
    tx.execute("SELECT pg_advisory_xact_lock_shared(?, 0)", (ADVISORY_LOCK_KEY,))
    tx.execute("SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(? AS BIGINT[])) k", (accounts,))


def run_without_savepoints(tx: PostgresTransaction, batch: list[PendingJob]) -> bool:
    """Run a batch that has begun, without savepoints: False, and nothing kept, when a job failed after it had written."""
    for pending_job in batch:
        changes_before = tx.change_count
        if not run_job(tx, pending_job) or (pending_job.error is not None and tx.change_count != changes_before):
            tx.execute_control("ROLLBACK")
            return False
    tx.execute_control("COMMIT")
    return True


def run_with_savepoints(tx: PostgresTransaction, batch: list[PendingJob]) -> None:
    """Run a batch again from its beginning, each job in a savepoint of its own."""
    begin_with_locks(tx, batch)
    for pending_job in batch:
        pending_job.reset()
        tx.execute_control("SAVEPOINT job")
        run_job(tx, pending_job)
        tx.execute_control("RELEASE job" if pending_job.error is None else "ROLLBACK TO job")
    tx.execute_control("COMMIT")


def run_job(tx: PostgresTransaction, pending_job: PendingJob) -> bool:
    """Run one job; False when the transaction cannot go on. Raises one of TROUBLE when the connection is gone."""
    try:
        pending_job.result = pending_job.job(tx)
    except BROKEN_CONNECTION_ERRORS:
        raise
    except asyncpg.PostgresError:
        # Services look before they write and turn what they expect into errors with a name.
        pending_job.error = Unavailable()
        return False
    except Exception as error:  # noqa: BLE001 - belongs to the caller, and must not end the thread
        pending_job.error = error
    return True

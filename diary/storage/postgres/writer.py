"""PostgreSQL's connections, and the writer of one of several workers.

[Note: one writer per worker] Each worker has one writer, and a batch of its jobs is one transaction, as over SQLite.
Two kinds of lock keep the jobs of different workers apart. A batch takes them before it reads anything and keeps them
to its end: a job of one account takes the account's lock and a share of the common lock; any other job takes the common
lock exclusively. So no job sees half of another job's work, whatever it reads, and the statements of storage are the
same for both databases. Every batch takes its locks in one order, the common lock first and accounts by number: one
batch may wait for another, but two never wait for each other.

The thread has an event loop of its own that runs only while a statement runs, so a job stays a plain function.
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
from diary.storage.control import postgres as control
from diary.storage.writer import BatchWriter, PendingJob

T = TypeVar("T")
CONNECT_TIMEOUT_SECONDS: Final = 5
STATEMENT_TIMEOUT_SECONDS: Final = 60
ADVISORY_LOCK_KEY: Final = 0x6B657074
# A commit that was acknowledged is on the disk, whatever the settings of the server.
SESSION_SETTINGS: Final = {"synchronous_commit": "on", "application_name": "kept"}
# What a failure of the database or of the network raises; a job never causes it.
DATABASE_ERRORS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
# The connection is unusable: it is closed, or its prepared statements no longer fit the tables.
BROKEN_CONNECTION_ERRORS: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.FeatureNotSupportedError,
    OSError,
)


async def connect(url: str) -> Any:
    """Return a new connection. Raise one of DATABASE_ERRORS."""
    return await asyncpg.connect(
        url,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=STATEMENT_TIMEOUT_SECONDS,
        server_settings=SESSION_SETTINGS,
    )


async def probe(url: str) -> None:
    """Return when the database can be reached. Raise one of DATABASE_ERRORS otherwise."""
    await (await connect(url)).close()


@asynccontextmanager
async def migration_lock(url: str) -> AsyncIterator[None]:
    """Hold the lock of migrations in the block. Then move the sequence of version numbers past the newest version."""
    connection = await connect(url)
    try:
        await connection.execute(control.LOCK_MIGRATIONS, ADVISORY_LOCK_KEY)
        yield
        await connection.execute(control.CREATE_VERSION_SEQUENCE)
        await connection.execute(control.ADVANCE_VERSION_SEQUENCE)
    finally:
        await connection.close()


def vacuum(url: str, tables: Sequence[str]) -> None:
    """Vacuum tables, so that PostgreSQL reuses the space of deleted rows. Raise Unavailable.

    PostgreSQL does not promise to overwrite that space.
    """

    async def vacuum_all() -> None:
        connection = await connect(url)
        try:
            for table in tables:
                await connection.execute(control.vacuum(table))
        finally:
            await connection.close()

    try:
        asyncio.run(vacuum_all())
    except DATABASE_ERRORS:
        raise Unavailable from None


@lru_cache(maxsize=512)
def number_placeholders(sql: str) -> str:
    """Return a statement with `$1`, `$2` for `?`, or for `?1`, `?2`. No statement has a `?` in a string."""
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
        """Return the next row as a tuple, or None."""
        if self._next_index >= len(self._rows):
            return None
        self._next_index += 1
        return tuple(self._rows[self._next_index - 1])

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        """Yield the remaining rows."""
        while (row := self.fetchone()) is not None:
            yield row


class PostgresTransaction:
    """Transaction on a connection that only one thread uses. Statements run one after another."""

    def __init__(self, connection: Any, run_coroutine: Callable[[Awaitable[Any]], Any]) -> None:
        """Store an open connection, and the function that runs its coroutines until they are complete."""
        self._connection = connection
        self._run_coroutine = run_coroutine
        self._prepared_statements: dict[str, Any] = {}
        self.change_count = 0

    def execute(self, sql: str, parameters: tuple[Any, ...] = (), /) -> FetchedRows:
        """Run one statement and return its rows; `?` stands for each parameter."""
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
        """Run a statement that begins or ends the transaction or a savepoint."""
        self._run_coroutine(self._connection.execute(sql))


class PostgresWriter(BatchWriter):
    """The writer of one worker; see [Note: one writer per worker].

    After a broken connection, the next batch opens a new one.
    """

    def __init__(self, url: str) -> None:
        """Store the address of a migrated database."""
        super().__init__()
        self._url = url
        self._thread_loop = asyncio.new_event_loop()
        self._transaction: PostgresTransaction | None = None
        self._connection: Any = None

    def run_batch(self, batch: list[PendingJob]) -> None:
        """Run a batch in one transaction. When the transaction fails, every job of the batch fails."""
        try:
            tx = self._begin_batch(batch)
            if not run_without_savepoints(tx, batch):
                run_with_savepoints(tx, batch)
        except DATABASE_ERRORS:
            self._drop_connection()
            for pending_job in batch:
                # A job that failed by itself keeps its own error: a retry would fail in the same way.
                if not isinstance(pending_job.error, KeptError):
                    pending_job.error = Unavailable()

    def close(self) -> None:
        """Close the connection."""
        self._drop_connection()
        self._thread_loop.close()

    def _begin_batch(self, batch: list[PendingJob]) -> PostgresTransaction:
        """Begin a transaction for this batch and return it. Raise one of DATABASE_ERRORS.

        After a restart of the database, the first statement fails. No job has run by then, so the transaction is begun
        once more on a new connection.
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
        """Return the transaction, on a new connection where the last one is closed. Raise one of DATABASE_ERRORS."""
        if self._transaction is None or self._connection.is_closed():
            self._connection = self._thread_loop.run_until_complete(connect(self._url))
            self._transaction = PostgresTransaction(self._connection, self._thread_loop.run_until_complete)
        return self._transaction

    def _drop_connection(self) -> None:
        """Close the connection at once, in any state. The server rolls back what was not committed."""
        if self._connection is not None:
            self._connection.terminate()
            self._thread_loop.run_until_complete(asyncio.sleep(0))
        self._connection = self._transaction = None


def begin_with_locks(tx: PostgresTransaction, batch: list[PendingJob]) -> None:
    """Begin a transaction and take the locks of its jobs."""
    tx.execute_control(control.BEGIN_WRITE)
    if any(pending_job.account is None for pending_job in batch):
        tx.execute(control.LOCK_ALL_ACCOUNTS, (ADVISORY_LOCK_KEY,))
        return
    accounts = sorted({struct.unpack(">q", pending_job.account[:8])[0] for pending_job in batch if pending_job.account})
    tx.execute(control.SHARE_LOCK_ALL_ACCOUNTS, (ADVISORY_LOCK_KEY,))
    tx.execute(control.LOCK_ACCOUNTS, (accounts,))


def run_without_savepoints(tx: PostgresTransaction, batch: list[PendingJob]) -> bool:
    """Run and commit a batch without savepoints. Return False, rolled back, when a job failed after a change."""
    for pending_job in batch:
        changes_before = tx.change_count
        if not run_job(tx, pending_job) or (pending_job.error is not None and tx.change_count != changes_before):
            tx.execute_control(control.ROLLBACK)
            return False
    tx.execute_control(control.COMMIT)
    return True


def run_with_savepoints(tx: PostgresTransaction, batch: list[PendingJob]) -> None:
    """Run a batch from its beginning and commit it, each job in its own savepoint."""
    begin_with_locks(tx, batch)
    for pending_job in batch:
        pending_job.reset()
        tx.execute_control(control.SAVEPOINT)
        run_job(tx, pending_job)
        tx.execute_control(control.RELEASE_SAVEPOINT if pending_job.error is None else control.ROLLBACK_TO_SAVEPOINT)
    tx.execute_control(control.COMMIT)


def run_job(tx: PostgresTransaction, pending_job: PendingJob) -> bool:
    """Run one job and store its result or error. Return False when the transaction cannot go on.

    Raise one of BROKEN_CONNECTION_ERRORS when the connection is unusable.
    """
    try:
        pending_job.result = pending_job.job(tx)
    except BROKEN_CONNECTION_ERRORS:
        raise
    except asyncpg.PostgresError:
        # Services check before they write and raise their own errors for expected conflicts.
        pending_job.error = Unavailable()
        return False
    except Exception as error:  # noqa: BLE001 - raised in the caller; it must not end the thread
        pending_job.error = error
    return True

"""Reading from PostgreSQL: look-ups over a pool of connections, long reads on threads with one connection each."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import asyncpg

from diary.errors import Unavailable
from diary.storage.control import postgres as control
from diary.storage.postgres.writer import (
    BROKEN_CONNECTION_ERRORS,
    CONNECT_TIMEOUT_SECONDS,
    DATABASE_ERRORS,
    SESSION_SETTINGS,
    STATEMENT_TIMEOUT_SECONDS,
    PostgresTransaction,
    connect,
    number_placeholders,
)
from diary.storage.writer import Transaction

T = TypeVar("T")
READER_THREADS: Final = 4
MAX_LOOKUP_CONNECTIONS: Final = 8
# Small, because a reader may stop early: a page of versions ends at a number of bytes.
CURSOR_FETCH_ROWS: Final = 32


class LookupPool:
    """Pool of connections for look-ups by an index, on the event loop of the server."""

    def __init__(self, pool: Any) -> None:
        """Store an open pool of asyncpg; see `open_lookup_pool`."""
        self._pool = pool

    async def fetch_one(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """Return the first row as a tuple, or None. Raise Unavailable."""
        statement = number_placeholders(sql)
        # After a restart of the database each old connection fails once; the last try opens a new one.
        for tries_left in range(MAX_LOOKUP_CONNECTIONS, -1, -1):
            try:
                row = await self._pool.fetchrow(statement, *parameters)
                return None if row is None else tuple(row)
            except BROKEN_CONNECTION_ERRORS as error:
                if not tries_left or isinstance(error, OSError):
                    raise Unavailable from None
            except DATABASE_ERRORS:
                raise Unavailable from None
        raise Unavailable

    async def close(self) -> None:
        """Close every connection at once."""
        self._pool.terminate()
        await asyncio.sleep(0)


async def open_lookup_pool(url: str) -> LookupPool:
    """Return a pool for look-ups. It connects at the first look-up."""

    async def skip_reset(_: Any) -> None:
        """Skip the driver's reset: look-ups leave no state on a connection."""

    pool = await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=MAX_LOOKUP_CONNECTIONS,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=STATEMENT_TIMEOUT_SECONDS,
        server_settings=SESSION_SETTINGS,
        reset=skip_reset,
    )
    return LookupPool(pool)


class ReadTransaction(PostgresTransaction):
    """Transaction that streams its rows."""

    def execute(self, sql: str, parameters: tuple[Any, ...] = (), /) -> Any:
        """Return the rows of a statement, which runs when they are first read."""
        return LazyRows(self, sql, parameters)

    def execute_eagerly(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """Run one statement and fetch every row."""
        return super().execute(sql, parameters)

    def open_cursor(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """Return a cursor on the database server."""
        return self._run_coroutine(_open_cursor(self._connection, number_placeholders(sql), parameters))

    def fetch_some(self, cursor: Any) -> list[Any]:
        """Return the next CURSOR_FETCH_ROWS rows of a cursor."""
        rows: list[Any] = self._run_coroutine(cursor.fetch(CURSOR_FETCH_ROWS))
        return rows


class LazyRows:
    """The rows of a statement that runs when they are read. Unlike other cursors, it has no position.

    Each call of a method runs the statement from its beginning.
    """

    rowcount = -1

    def __init__(self, tx: ReadTransaction, sql: str, parameters: tuple[Any, ...]) -> None:
        self._transaction, self._sql, self._parameters = tx, sql, parameters

    def fetchone(self) -> Any:
        """Return the first row as a tuple, or None."""
        return self._transaction.execute_eagerly(self._sql, self._parameters).fetchone()

    def fetchall(self) -> list[Any]:
        """Run the statement and return every row."""
        rows: list[Any] = self._transaction.execute_eagerly(self._sql, self._parameters).fetchall()
        return rows

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows, with at most CURSOR_FETCH_ROWS of them in memory."""
        cursor = self._transaction.open_cursor(self._sql, self._parameters)
        while rows := self._transaction.fetch_some(cursor):
            for row in rows:
                yield tuple(row)


async def _open_cursor(connection: Any, sql: str, parameters: tuple[Any, ...]) -> Any:
    """Open a cursor. asyncpg requires a running event loop for that."""
    return await connection.cursor(sql, *parameters)


class ReaderConnection:
    """One thread's connection for long reads. Any thread may close it once it is idle."""

    def __init__(self, url: str) -> None:
        """Store the address. The first read connects."""
        self._url = url
        self._thread_loop = asyncio.new_event_loop()
        self._connection: Any = None
        self._transaction: ReadTransaction | None = None

    def run_read(self, read_job: Callable[[Transaction], T]) -> T:
        """Return the result of a job that sees the database at one moment. Raise Unavailable."""
        try:
            tx = self._begin_transaction()
            try:
                return read_job(tx)
            finally:
                tx.execute_control(control.COMMIT)
        except DATABASE_ERRORS:
            self.drop_connection()
            raise Unavailable from None

    def _begin_transaction(self) -> ReadTransaction:
        """Begin a transaction and return it, on a new connection after a restart of the database."""
        try:
            tx = self._ensure_connected()
            tx.execute_control(control.BEGIN_READ)
        except BROKEN_CONNECTION_ERRORS:
            self.drop_connection()
            tx = self._ensure_connected()
            tx.execute_control(control.BEGIN_READ)
        return tx

    def _ensure_connected(self) -> ReadTransaction:
        """Return the transaction, on a new connection where the last one is closed."""
        if self._transaction is None or self._connection.is_closed():
            self._connection = self._thread_loop.run_until_complete(connect(self._url))
            self._transaction = ReadTransaction(self._connection, self._thread_loop.run_until_complete)
        return self._transaction

    def drop_connection(self) -> None:
        """Close the connection at once, in any state."""
        if self._connection is not None:
            self._connection.terminate()
            self._thread_loop.run_until_complete(asyncio.sleep(0))
        self._connection = self._transaction = None

    def close(self) -> None:
        """Close the connection and the event loop of the thread."""
        self.drop_connection()
        self._thread_loop.close()

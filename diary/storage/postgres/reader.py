"""Reading from PostgreSQL: look-ups over a few shared connections, pages on threads with one each."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import asyncpg

from diary.errors import Unavailable
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
# Rows fetched at once where a reader may stop early: a page of versions ends by its bytes.
CURSOR_FETCH_ROWS: Final = 32
BEGIN_READ_ONLY_SQL: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class LookupPool:
    """Point look-ups on the server's own event loop."""

    def __init__(self, pool: Any) -> None:
        """Take an open pool; see `open_lookups`."""
        self._pool = pool

    async def fetch_one(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """The first row as a tuple, or None. Raises Unavailable."""
        statement = number_placeholders(sql)
        # Connections from before the database was restarted fail once each; the last try has a new one.
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
        """Let the connections go."""
        self._pool.terminate()
        await asyncio.sleep(0)


async def open_lookup_pool(url: str) -> LookupPool:
    """Look-ups of a database. Raises one of TROUBLE."""

    async def skip_reset(_: Any) -> None:
        """Look-ups leave nothing behind that a reset would have to clear."""

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
    """A hand whose rows come as they are asked for."""

    def execute(self, sql: str, parameters: tuple[Any, ...] = (), /) -> Any:
        """Run one statement; nothing is read before the rows are."""
        return LazyRows(self, sql, parameters)

    def execute_eagerly(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """All rows."""
        return super().execute(sql, parameters)

    def open_cursor(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """A cursor on the server's side."""
        return self._run_coroutine(_open_cursor(self._connection, number_placeholders(sql), parameters))

    def fetch_some(self, cursor: Any) -> list[Any]:
        """The next few rows of a cursor."""
        rows: list[Any] = self._run_coroutine(cursor.fetch(CURSOR_FETCH_ROWS))
        return rows


class LazyRows:
    """The rows of a statement that has not been run yet."""

    rowcount = -1

    def __init__(self, tx: ReadTransaction, sql: str, parameters: tuple[Any, ...]) -> None:
        self._transaction, self._sql, self._parameters = tx, sql, parameters

    def fetchone(self) -> Any:
        """The first row as a tuple, or None. Asked once of each statement."""
        return self._transaction.execute_eagerly(self._sql, self._parameters).fetchone()

    def fetchall(self) -> list[Any]:
        """All rows."""
        rows: list[Any] = self._transaction.execute_eagerly(self._sql, self._parameters).fetchall()
        return rows

    def __iter__(self) -> Iterator[Any]:
        """The rows one by one, few of them in memory."""
        cursor = self._transaction.open_cursor(self._sql, self._parameters)
        while rows := self._transaction.fetch_some(cursor):
            for row in rows:
                yield tuple(row)


async def _open_cursor(connection: Any, sql: str, parameters: tuple[Any, ...]) -> Any:
    """Make a cursor, which the library wants done while its loop runs."""
    return await connection.cursor(sql, *parameters)


class ReaderConnection:
    """One thread's connection for pages; made and used in that thread, closed in any once it is idle."""

    def __init__(self, url: str) -> None:
        """Connect when first asked."""
        self._url = url
        self._thread_loop = asyncio.new_event_loop()
        self._connection: Any = None
        self._transaction: ReadTransaction | None = None

    def run_read(self, read_job: Callable[[Transaction], T]) -> T:
        """What `read` returns in one consistent view of the database. Raises Unavailable."""
        try:
            tx = self._begin_transaction()
            try:
                return read_job(tx)
            finally:
                tx.execute_control("COMMIT")
        except DATABASE_ERRORS:
            self.drop_connection()
            raise Unavailable from None

    def _begin_transaction(self) -> ReadTransaction:
        """The hand, with a transaction begun; over a new connection when the database was restarted."""
        try:
            tx = self._ensure_connected()
            tx.execute_control(BEGIN_READ_ONLY_SQL)
        except BROKEN_CONNECTION_ERRORS:
            self.drop_connection()
            tx = self._ensure_connected()
            tx.execute_control(BEGIN_READ_ONLY_SQL)
        return tx

    def _ensure_connected(self) -> ReadTransaction:
        """The hand, over a connection that was not broken when last looked at."""
        if self._transaction is None or self._connection.is_closed():
            self._connection = self._thread_loop.run_until_complete(connect(self._url))
            self._transaction = ReadTransaction(self._connection, self._thread_loop.run_until_complete)
        return self._transaction

    def drop_connection(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._thread_loop.run_until_complete(asyncio.sleep(0))
        self._connection = self._transaction = None

    def close(self) -> None:
        """Let go of everything."""
        self.drop_connection()
        self._thread_loop.close()

"""Reading from PostgreSQL: look-ups over a few shared connections, pages on threads with one each."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import asyncpg

from diary.errors import Unavailable
from diary.storage.postgres.writer import (
    BROKEN,
    CONNECT_S,
    SESSION,
    STATEMENT_S,
    TROUBLE,
    PostgresHand,
    connect,
    numbered,
)
from diary.storage.writer import Hand

T = TypeVar("T")
READERS: Final = 4
LOOKERS: Final = 8
# Rows fetched at once where a reader may stop early: a page of versions ends by its bytes.
AHEAD: Final = 32
BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Lookups:
    """Point look-ups on the server's own event loop."""

    def __init__(self, pool: Any) -> None:
        """Take an open pool; see `open_lookups`."""
        self._pool = pool

    async def first(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """The first row as a tuple, or None. Raises Unavailable."""
        statement = numbered(sql)
        # Connections from before the database was restarted fail once each; the last try has a new one.
        for left in range(LOOKERS, -1, -1):
            try:
                row = await self._pool.fetchrow(statement, *parameters)
                return None if row is None else tuple(row)
            except BROKEN as error:
                if not left or isinstance(error, OSError):
                    raise Unavailable from None
            except TROUBLE:
                raise Unavailable from None
        raise Unavailable

    async def close(self) -> None:
        """Let the connections go."""
        self._pool.terminate()
        await asyncio.sleep(0)


async def open_lookups(url: str) -> Lookups:
    """Look-ups of a database. Raises one of TROUBLE."""

    async def as_it_is(_: Any) -> None:
        """Look-ups leave nothing behind that a reset would have to clear."""

    pool = await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=LOOKERS,
        timeout=CONNECT_S,
        command_timeout=STATEMENT_S,
        server_settings=SESSION,
        reset=as_it_is,
    )
    return Lookups(pool)


class ReadingHand(PostgresHand):
    """A hand whose rows come as they are asked for."""

    def execute(self, sql: str, parameters: tuple[Any, ...] = (), /) -> Any:
        """Run one statement; nothing is read before the rows are."""
        return Coming(self, sql, parameters)

    def now(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """All rows."""
        return super().execute(sql, parameters)

    def cursor(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """A cursor on the server's side."""
        return self._wait(_cursor(self._connection, numbered(sql), parameters))

    def some(self, cursor: Any) -> list[Any]:
        """The next few rows of a cursor."""
        rows: list[Any] = self._wait(cursor.fetch(AHEAD))
        return rows


class Coming:
    """The rows of a statement that has not been run yet."""

    rowcount = -1

    def __init__(self, hand: ReadingHand, sql: str, parameters: tuple[Any, ...]) -> None:
        self._hand, self._sql, self._parameters = hand, sql, parameters

    def fetchone(self) -> Any:
        """The first row as a tuple, or None. Asked once of each statement."""
        return self._hand.now(self._sql, self._parameters).fetchone()

    def fetchall(self) -> list[Any]:
        """All rows."""
        rows: list[Any] = self._hand.now(self._sql, self._parameters).fetchall()
        return rows

    def __iter__(self) -> Iterator[Any]:
        """The rows one by one, few of them in memory."""
        cursor = self._hand.cursor(self._sql, self._parameters)
        while rows := self._hand.some(cursor):
            for row in rows:
                yield tuple(row)


async def _cursor(connection: Any, sql: str, parameters: tuple[Any, ...]) -> Any:
    """Make a cursor, which the library wants done while its loop runs."""
    return await connection.cursor(sql, *parameters)


class Reader:
    """One thread's connection for pages; made and used in that thread, closed in any once it is idle."""

    def __init__(self, url: str) -> None:
        """Connect when first asked."""
        self._url = url
        self._own = asyncio.new_event_loop()
        self._connection: Any = None
        self._hand: ReadingHand | None = None

    def read(self, read: Callable[[Hand], T]) -> T:
        """What `read` returns in one consistent view of the database. Raises Unavailable."""
        try:
            hand = self._begun()
            try:
                return read(hand)
            finally:
                hand.plain("COMMIT")
        except TROUBLE:
            self.drop()
            raise Unavailable from None

    def _begun(self) -> ReadingHand:
        """The hand, with a transaction begun; over a new connection when the database was restarted."""
        try:
            hand = self._ready()
            hand.plain(BEGIN)
        except BROKEN:
            self.drop()
            hand = self._ready()
            hand.plain(BEGIN)
        return hand

    def _ready(self) -> ReadingHand:
        """The hand, over a connection that was not broken when last looked at."""
        if self._hand is None or self._connection.is_closed():
            self._connection = self._own.run_until_complete(connect(self._url))
            self._hand = ReadingHand(self._connection, self._own.run_until_complete)
        return self._hand

    def drop(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._own.run_until_complete(asyncio.sleep(0))
        self._connection = self._hand = None

    def close(self) -> None:
        """Let go of everything."""
        self.drop()
        self._own.close()

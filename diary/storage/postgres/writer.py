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
from diary.storage.writer import BatchWriter, Waiting

T = TypeVar("T")
CONNECT_S: Final = 5
STATEMENT_S: Final = 60
COMMON: Final = 0x6B657074
# A commit that was answered is on the disk, whatever the server's own settings say.
SESSION: Final = {"synchronous_commit": "on", "application_name": "kept"}
# What the database or the way to it may do to us; none of it is the fault of a job.
TROUBLE: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
# The connection cannot be used any further: it is gone, or what it prepared no longer fits the tables.
BROKEN: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.FeatureNotSupportedError,
    OSError,
)
NEXT_PLACE: Final = "nextval('version_place')"


async def connect(url: str) -> Any:
    """A connection. Raises one of TROUBLE."""
    return await asyncpg.connect(url, timeout=CONNECT_S, command_timeout=STATEMENT_S, server_settings=SESSION)


async def probe(url: str) -> None:
    """Return when the database can be reached. Raises one of TROUBLE."""
    await (await connect(url)).close()


@asynccontextmanager
async def alone(url: str) -> AsyncIterator[None]:
    """Keep every other migration away, and have the sequence that numbers versions stand after the newest one."""
    connection = await connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1, 1)", COMMON)
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

    async def each() -> None:
        connection = await connect(url)
        try:
            for table in tables:
                await connection.execute(f"VACUUM {table}")
        finally:
            await connection.close()

    try:
        asyncio.run(each())
    except TROUBLE:
        raise Unavailable from None


@lru_cache(maxsize=512)
def numbered(sql: str) -> str:
    """A statement with `$1`, `$2` for `?`, or for `?1`, `?2` where it numbers them itself. No text of ours has a `?`."""
    number = count(1)
    return sub(r"\?(\d*)", lambda found: f"${found[1] or next(number)}", sql)


class Rows:
    """The rows of a statement that has been run."""

    __slots__ = ("_next", "_rows", "rowcount")

    def __init__(self, rows: Sequence[Any], rowcount: int) -> None:
        self._rows = rows
        self._next = 0
        self.rowcount = rowcount

    def fetchone(self) -> Any:
        """The next row as a tuple, or None."""
        if self._next >= len(self._rows):
            return None
        self._next += 1
        return tuple(self._rows[self._next - 1])

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        """The rows that are left, one by one."""
        while (row := self.fetchone()) is not None:
            yield row


class PostgresHand:
    """What a job writes or reads with: statements run one by one on a connection of the thread's own."""

    def __init__(self, connection: Any, wait: Callable[[Awaitable[Any]], Any]) -> None:
        """`wait`: runs what the connection promises to its end."""
        self._connection = connection
        self._wait = wait
        self._known: dict[str, Any] = {}
        self.changes = 0

    def execute(self, sql: str, parameters: tuple[Any, ...] = (), /) -> Rows:
        """Run one statement; `?` stands for each parameter."""
        statement = self._known.get(sql)
        if statement is None:
            statement = self._known[sql] = self._wait(self._connection.prepare(numbered(sql)))
        rows = self._wait(statement.fetch(*parameters))
        word, _, number = statement.get_statusmsg().rpartition(" ")
        rowcount = int(number) if number.isdigit() else -1
        if not word.startswith("SELECT"):
            self.changes += max(rowcount, 1)
        return Rows(rows, rowcount)

    def plain(self, sql: str) -> None:
        """Run a statement of the transaction's own."""
        self._wait(self._connection.execute(sql))


class PostgresWriter(BatchWriter):
    """The writer of one worker; see [Note: many writers]. A connection that breaks is made again for the next batch."""

    def __init__(self, url: str) -> None:
        """`url`: a database that has been migrated."""
        super().__init__()
        self._url = url
        self._own = asyncio.new_event_loop()
        self._hand: PostgresHand | None = None
        self._connection: Any = None

    def commit(self, batch: list[Waiting]) -> None:
        """Run a batch. When the transaction is lost, so is every job in it."""
        try:
            hand = self._begun(batch)
            if not together(hand, batch):
                apart(hand, batch)
        except TROUBLE:
            self._drop()
            for waiting in batch:
                # A job that failed by itself keeps its own reason: that one would hold after a retry, too.
                if not isinstance(waiting.error, KeptError):
                    waiting.error = Unavailable()

    def close(self) -> None:
        """Close the connection."""
        self._drop()
        self._own.close()

    def _begun(self, batch: list[Waiting]) -> PostgresHand:
        """The hand, with a transaction begun for this batch. Raises one of TROUBLE.

        That the database was restarted shows with the first statement: nothing has been done by then, so it is
        begun again over a new connection.
        """
        try:
            hand = self._ready()
            begin(hand, batch)
        except BROKEN:
            self._drop()
            hand = self._ready()
            begin(hand, batch)
        return hand

    def _ready(self) -> PostgresHand:
        """The hand, over a connection that was not broken when last looked at. Raises one of TROUBLE."""
        if self._hand is None or self._connection.is_closed():
            self._connection = self._own.run_until_complete(connect(self._url))
            self._hand = PostgresHand(self._connection, self._own.run_until_complete)
        return self._hand

    def _drop(self) -> None:
        """Let go of the connection, whatever state it is in: what it had not committed is gone."""
        if self._connection is not None:
            self._connection.terminate()
            self._own.run_until_complete(asyncio.sleep(0))
        self._connection = self._hand = None


def begin(hand: PostgresHand, batch: list[Waiting]) -> None:
    """Begin a transaction that holds the locks of its jobs."""
    hand.plain("BEGIN ISOLATION LEVEL READ COMMITTED")
    if any(waiting.of is None for waiting in batch):
        hand.execute("SELECT pg_advisory_xact_lock(?, 0)", (COMMON,))
        return
    accounts = sorted({struct.unpack(">q", waiting.of[:8])[0] for waiting in batch if waiting.of})
    hand.execute("SELECT pg_advisory_xact_lock_shared(?, 0)", (COMMON,))
    hand.execute("SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(? AS BIGINT[])) k", (accounts,))


def together(hand: PostgresHand, batch: list[Waiting]) -> bool:
    """Run a batch that has begun, without savepoints: False, and nothing kept, when a job failed after it had written."""
    for waiting in batch:
        before = hand.changes
        if not attempt(hand, waiting) or (waiting.error is not None and hand.changes != before):
            hand.plain("ROLLBACK")
            return False
    hand.plain("COMMIT")
    return True


def apart(hand: PostgresHand, batch: list[Waiting]) -> None:
    """Run a batch again from its beginning, each job in a savepoint of its own."""
    begin(hand, batch)
    for waiting in batch:
        waiting.forget()
        hand.plain("SAVEPOINT job")
        attempt(hand, waiting)
        hand.plain("RELEASE job" if waiting.error is None else "ROLLBACK TO job")
    hand.plain("COMMIT")


def attempt(hand: PostgresHand, waiting: Waiting) -> bool:
    """Run one job; False when the transaction cannot go on. Raises one of TROUBLE when the connection is gone."""
    try:
        waiting.result = waiting.job(hand)
    except BROKEN:
        raise
    except asyncpg.PostgresError:
        # Services look before they write and turn what they expect into errors with a name.
        waiting.error = Unavailable()
        return False
    except Exception as error:  # noqa: BLE001 - belongs to the caller, and must not end the thread
        waiting.error = error
    return True

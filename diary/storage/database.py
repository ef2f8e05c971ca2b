"""The database of one running server: the tables' models, the writer, and two ways to read.

[Note: reading] Over SQLite, in WAL mode, a reader never waits for the writer. A point look-up by an index (a
session, a part) takes 10 to 20 microseconds, a hop to another thread ten times as long, so look-ups run on the
event loop itself over a connection of its own (`look`). Everything that returns many rows runs on a reader's
thread (`page`). What is neither hot nor large goes through the models (`orm`). Over PostgreSQL the three are
the same to whoever asks; look-ups share a few connections there.
"""

import asyncio
import contextvars
import logging
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError, OperationalError
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from diary.config import Settings
from diary.errors import BadSetting, Unavailable
from diary.storage import postgres, sqlite
from diary.storage.models import MODULES
from diary.storage.postgres import PostgresWriter, is_postgres
from diary.storage.postgres_reading import READERS, Lookups, Reader, open_lookups
from diary.storage.sqlite import PRAGMAS, path_of
from diary.storage.sqlite_writer import SqliteWriter
from diary.storage.writer import Hand, Writer

T = TypeVar("T")
APP: Final = "kept"
_APPS: Final = {
    APP: {
        "models": list(MODULES),
        "migrations": "diary.storage.migrations",
        "default_connection": "default",
    }
}
_BEHIND: Final = "The database is not up to date: run `python -m diary migrate` first."
_AWAY: Final = "The database of DIARY_DATABASE_URL cannot be reached."


class Database(ABC):
    """Handed to every function of storage that needs rows."""

    # How a version's number is allotted inside a statement; see models.Version.
    next_place = "(SELECT coalesce(max(id) + 1, 0) FROM version)"

    def __init__(self, writer: Writer, pages: ThreadPoolExecutor) -> None:
        """Take collaborators that are already open; the current context holds the models' connection."""
        self.writer = writer
        self._pages = pages
        # The models find their connection through a context variable. A request runs in a task that never
        # saw it, and a process-wide fallback would allow one server a process; so reads run in this context.
        self._context = contextvars.copy_context()

    @abstractmethod
    async def look(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """The first row of a look-up by an index, as a tuple, or None; see [Note: reading]."""

    async def page(self, read: Callable[[Hand], T]) -> T:
        """What `read` returns, run on a reader's thread in one consistent view of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._pages, self._read, read)

    async def forget(self) -> None:
        """Have what was deleted leave the database's own files as far as that can be had."""
        await asyncio.get_running_loop().run_in_executor(self._pages, self._forget)

    async def orm(self, read: Coroutine[Any, Any, T]) -> T:
        """What a coroutine over the models returns. It may only read: [Note: one writer]. Raises Unavailable."""
        try:
            return await asyncio.get_running_loop().create_task(read, context=self._context)
        except (DBConnectionError, OperationalError, *postgres.TROUBLE):
            raise Unavailable from None

    @abstractmethod
    def _read(self, read: Callable[[Hand], T]) -> T:
        """`page`, in the reader's thread."""

    @abstractmethod
    def _forget(self) -> None:
        """`forget`, in the reader's thread."""


class SqliteDatabase(Database):
    """Over one file."""

    def __init__(self, writer: Writer, looking: sqlite3.Connection, pages: ThreadPoolExecutor, path: Path) -> None:
        """`looking`: a reading connection for this event loop."""
        super().__init__(writer, pages)
        self._looking = looking
        self._path = path

    async def look(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """The first row, at once."""
        return self._looking.execute(sql, parameters).fetchone()

    def _read(self, read: Callable[[Hand], T]) -> T:
        """Run `read` on a connection of its own: opening one costs less than an answer of this kind."""
        connection = sqlite.connect(self._path, reading=True)
        try:
            connection.execute("BEGIN")
            return read(connection)
        finally:
            connection.close()

    def _forget(self) -> None:
        """Cut off the write-ahead log."""
        sqlite.forget(self._path)


class PostgresDatabase(Database):
    """Over a server that other workers use as well."""

    next_place = postgres.NEXT_PLACE

    def __init__(self, writer: Writer, looking: Lookups, pages: ThreadPoolExecutor, url: str) -> None:
        """`looking`: look-ups of this event loop."""
        super().__init__(writer, pages)
        self._looking = looking
        self._url = url
        self._readers: list[Reader] = []
        self._local = threading.local()

    async def look(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """The first row."""
        return await self._looking.first(sql, parameters)

    def close_readers(self) -> None:
        """Let the readers' connections go; their threads have ended."""
        for reader in self._readers:
            reader.close()

    def _read(self, read: Callable[[Hand], T]) -> T:
        """Run `read` on this thread's connection."""
        reader: Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = Reader(self._url)
            self._readers.append(reader)
        return reader.read(read)

    def _forget(self) -> None:
        """Have the rows' old states removed."""
        postgres.vacuum(self._url, ("version", "blob", "part", "account"))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The migrated database, open for the length of the block. Raises BadSetting when it is not migrated."""
    url = settings.database_url
    if not is_postgres(url) and not path_of(url).exists():
        raise BadSetting(_BEHIND)
    try:
        if is_postgres(url):
            await postgres.probe(url)
        behind = await _pending(url)
    except (DBConnectionError, *postgres.TROUBLE):
        raise BadSetting(_AWAY) from None
    if behind:
        raise BadSetting(_BEHIND)
    async with TortoiseContext() as context:
        await context.init(config=_config(url))
        async with _postgres(url) if is_postgres(url) else _sqlite(path_of(url)) as database:
            yield database


@asynccontextmanager
async def _sqlite(path: Path) -> AsyncIterator[Database]:
    """A file's database."""
    writer = SqliteWriter(path)
    looking = sqlite.connect(path, reading=True)
    pages = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
    writer.start()
    try:
        yield SqliteDatabase(writer, looking, pages, path)
    finally:
        await writer.stop()
        pages.shutdown(wait=True)
        looking.close()


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[Database]:
    """A PostgreSQL server's database."""
    # What goes wrong with it is told by whoever asked; the library's own log would put tracebacks beside it.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    writer = PostgresWriter(url)
    looking = await open_lookups(url)
    pages = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="reader")
    writer.start()
    database = PostgresDatabase(writer, looking, pages, url)
    try:
        yield database
    finally:
        await writer.stop()
        pages.shutdown(wait=True)
        await asyncio.to_thread(database.close_readers)
        await looking.close()


async def migrate(settings: Settings) -> None:
    """Bring the database to the newest tables, making them when there are none. Safe to repeat, and at once.

    Raises BadSetting when a PostgreSQL server cannot be reached; the database itself must be there.
    """
    url = settings.database_url
    if not is_postgres(url):
        path_of(url).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        await _migrate(url)
        return
    try:
        async with postgres.alone(url):
            await _migrate(url)
    except (DBConnectionError, *postgres.TROUBLE):
        raise BadSetting(_AWAY) from None


async def _migrate(url: str) -> None:
    """Apply what has not been applied."""
    async with _executor(url) as executor:
        await executor.migrate([MigrationTarget(app_label=APP, name="__latest__")], direction="forward")


async def _pending(url: str) -> bool:
    """Whether a migration has not been applied."""
    async with _executor(url) as executor:
        return bool(await executor.plan([MigrationTarget(app_label=APP, name="__latest__")]))


@asynccontextmanager
async def _executor(url: str) -> AsyncIterator[MigrationExecutor]:
    """The library's migration runner over a connection that is closed afterwards."""
    async with TortoiseContext() as context:
        await context.init(config=_config(url))
        yield MigrationExecutor(context.connections.get("default"), _APPS)


def _config(url: str) -> dict[str, Any]:
    """The library's own settings."""
    if is_postgres(url):
        connection = {"engine": "tortoise.backends.asyncpg", "credentials": postgres.credentials(url)}
    else:
        credentials = {"file_path": str(path_of(url)), **PRAGMAS}
        connection = {"engine": "tortoise.backends.sqlite", "credentials": credentials}
    return {"connections": {"default": connection}, "apps": _APPS}

"""The database of one running server: the tables' models, the writer, and two ways to read.

[Note: reading] In WAL mode a reader never waits for the writer. A point look-up by an index (a session, a
part) takes 10 to 20 microseconds, a hop to another thread ten times as long, so look-ups run on the event
loop itself over a connection of its own (`look`). Everything that returns many rows runs on a reader's
thread (`page`). What is neither hot nor large goes through the models (`orm`).
"""

import asyncio
import contextvars
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from diary.config import Settings
from diary.errors import BadSetting
from diary.storage.sqlite import PRAGMAS, connect, forget, path_of
from diary.storage.writer import Hand, SqliteWriter, Writer

T = TypeVar("T")
APP: Final = "kept"
_APPS: Final = {
    APP: {
        "models": ["diary.storage.models"],
        "migrations": "diary.storage.migrations",
        "default_connection": "default",
    }
}


class Database:
    """Handed to every function of storage that needs rows."""

    def __init__(self, writer: Writer, looking: sqlite3.Connection, pages: ThreadPoolExecutor, path: Path) -> None:
        """Take collaborators that are already open; the current context holds the models' connection."""
        self.writer = writer
        self._looking = looking
        self._pages = pages
        self._path = path
        # The models find their connection through a context variable. A request runs in a task that never
        # saw it, and a process-wide fallback would allow one server a process; so reads run in this context.
        self._context = contextvars.copy_context()

    async def look(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """The first row of a look-up by an index, as a tuple, or None; see [Note: reading]."""
        return self._looking.execute(sql, parameters).fetchone()

    async def page(self, read: Callable[[Hand], T]) -> T:
        """What `read` returns, run on the reader's thread in one consistent view of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._pages, _read, self._path, read)

    async def forget(self) -> None:
        """Have what was deleted leave the database's own files as far as that can be had."""
        await asyncio.get_running_loop().run_in_executor(self._pages, forget, self._path)

    async def orm(self, read: Coroutine[Any, Any, T]) -> T:
        """What a coroutine over the models returns. It may only read: [Note: one writer]."""
        return await asyncio.get_running_loop().create_task(read, context=self._context)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The migrated database, open for the length of the block. Raises BadSetting when it is not migrated."""
    path = path_of(settings.database_url)
    if not path.exists() or await _pending(settings):
        raise BadSetting("The database is not up to date: run `python -m diary migrate` first.")
    async with TortoiseContext() as context:
        await context.init(config=_config(path))
        writer = SqliteWriter(path)
        looking = connect(path, reading=True)
        pages = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        writer.start()
        try:
            yield Database(writer, looking, pages, path)
        finally:
            await writer.stop()
            pages.shutdown(wait=True)
            looking.close()


async def migrate(settings: Settings) -> None:
    """Bring the database to the newest tables, making it when there is none. Safe to repeat."""
    path = path_of(settings.database_url)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with _executor(path) as executor:
        await executor.migrate([MigrationTarget(app_label=APP, name="__latest__")], direction="forward")


async def _pending(settings: Settings) -> bool:
    """Whether a migration has not been applied."""
    async with _executor(path_of(settings.database_url)) as executor:
        return bool(await executor.plan([MigrationTarget(app_label=APP, name="__latest__")]))


@asynccontextmanager
async def _executor(path: Path) -> AsyncIterator[MigrationExecutor]:
    """The library's migration runner over a connection that is closed afterwards."""
    async with TortoiseContext() as context:
        await context.init(config=_config(path))
        yield MigrationExecutor(context.connections.get("default"), _APPS)


def _config(path: Path) -> dict[str, Any]:
    """The library's own settings."""
    credentials = {"file_path": str(path), **PRAGMAS}
    connection = {"engine": "tortoise.backends.sqlite", "credentials": credentials}
    return {"connections": {"default": connection}, "apps": _APPS}


def _read(path: Path, read: Callable[[Hand], T]) -> T:
    """Run `read` on a connection of its own: opening one costs less than an answer of this kind."""
    connection = connect(path, reading=True)
    try:
        connection.execute("BEGIN")
        return read(connection)
    finally:
        connection.close()

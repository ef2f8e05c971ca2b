"""The database of one running server: opened, and brought up to date."""

import pkgutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError, OperationalError
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.transactions import in_transaction

from diary.config import Settings
from diary.errors import BadSetting, Unavailable
from diary.storage import migrations
from diary.storage.database_interface import Database, Kind
from diary.storage.models.core import MODULES
from diary.storage.postgres.address import check, credentials, is_postgres
from diary.storage.sqlite import connection as sqlite_connection
from diary.storage.sqlite.connection import PRAGMAS, path_of
from diary.storage.sqlite.writer import SqliteWriter
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
_LATEST: Final = MigrationTarget(app_label=APP, name="__latest__")
_BEHIND: Final = "The database is not up to date: run `python -m diary migrate` first."
_AWAY: Final = "The database of DIARY_DATABASE_URL cannot be reached."


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
        connection = sqlite_connection.connect(self._path, reading=True)
        try:
            connection.execute("BEGIN")
            return read(connection)
        finally:
            connection.close()

    def _forget(self) -> None:
        """Cut off the write-ahead log."""
        sqlite_connection.forget(self._path)


class OverSqlite(Kind):
    """A file, which is there or not. What the system says of its folder is the operator's to read as it is."""

    trouble = (DBConnectionError,)

    def __init__(self, path: Path) -> None:
        """`path`: the file."""
        self._path = path

    async def probe(self) -> None:
        """A file is not away, but it may be closed to us. Raises BadSetting with why."""
        sqlite_connection.check(self._path)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Make its folder. The file has one migration at a time by itself."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sqlite_connection.check(self._path)
        yield

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        """A thread that writes, one that reads pages, and a connection for look-ups."""
        writer = SqliteWriter(self._path)
        looking = sqlite_connection.connect(self._path, reading=True)
        pages = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        writer.start()
        try:
            yield SqliteDatabase(writer, looking, pages, self._path)
        except sqlite3.Error as error:
            raise Unavailable(sqlite_connection.said(error)) from error
        finally:
            await writer.stop()
            pages.shutdown(wait=True)
            looking.close()


def _kind_of(url: str) -> Kind:
    """The kind of database that an address names."""
    if not is_postgres(url):
        return OverSqlite(path_of(url))
    from diary.storage.postgres.database import OverPostgres  # noqa: PLC0415 - its driver is 3 MB of an idle worker

    return OverPostgres(check(url))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The migrated database, open for the length of the block. Raises BadSetting when it is not migrated or cannot be used."""
    url = settings.database_url
    if not is_postgres(url) and not path_of(url).exists():
        raise BadSetting(_BEHIND)
    kind = _kind_of(url)
    async with TortoiseContext() as context:
        try:
            await kind.probe()
            await context.init(config=_config(url))
            connection = context.connections.get("default")
            behind = await _is_behind(connection)
            await connection.close()  # it is opened again for the first read through the models, which may never come
        except kind.trouble:
            raise BadSetting(_AWAY) from None
        if behind:
            raise BadSetting(_BEHIND)
        async with kind.opened() as database:
            yield database


async def migrate(settings: Settings) -> None:
    """Bring the database to the newest tables, making them when there are none. Safe to repeat, and at once.

    Raises BadSetting when it cannot be reached; a PostgreSQL server's database itself must be there.
    """
    kind = _kind_of(settings.database_url)
    try:
        async with kind.alone():
            await _migrate(settings.database_url)
    except kind.trouble:
        raise BadSetting(_AWAY) from None


async def _migrate(url: str) -> None:
    """Apply what has not been applied, in one transaction with the notes of it. Raises BadSetting.

    Left alone the library ends each step before it notes it, and over SQLite each statement by itself: a migration that was
    killed, or met a full disk, would find its own tables in the way for ever after.
    """
    async with _executor(url) as outside:
        try:
            # The table of notes first, by itself: PostgreSQL gives a transaction up in which it was looked for in vain.
            await outside.recorder.ensure_schema(outside._schema_editor(atomic=False))
            async with in_transaction("default") as client:
                if not is_postgres(url):
                    await _keep_together(client._connection)
                await MigrationExecutor(client, _APPS).migrate([_LATEST], direction="forward")
        except (OperationalError, sqlite3.OperationalError) as error:
            found = error if isinstance(error, sqlite3.Error) else error.args[0] if error.args else None
            if isinstance(found, sqlite3.Error):
                raise BadSetting(sqlite_connection.said(found)) from error
            raise


async def _keep_together(connection: Any) -> None:
    """Begin for writing, and run scripts statement by statement: as a whole they would commit what was begun."""

    async def executescript(script: str) -> None:
        statement = ""
        for line in script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                await connection.execute(statement)
                statement = ""
        if statement.strip():
            await connection.execute(statement)

    await connection.rollback()
    await connection.execute("PRAGMA busy_timeout=60000")
    await connection.execute("BEGIN IMMEDIATE")
    connection.executescript = executescript


async def _is_behind(connection: Any) -> bool:
    """Whether a migration has not been applied.

    Only the notes of what was applied are read. The library's own plan reads every migration and describes its models anew,
    which takes half of a server's start.
    """
    steps = {module.name for module in pkgutil.iter_modules(migrations.__path__)}
    try:
        rows = await connection.execute_query_dict("SELECT app, name FROM tortoise_migrations")
    except OperationalError:  # there is no such table
        return True
    return not steps <= {row["name"] for row in rows if row["app"] == APP}


@asynccontextmanager
async def _executor(url: str) -> AsyncIterator[MigrationExecutor]:
    """The library's migration runner over a connection that is closed afterwards."""
    async with TortoiseContext() as context:
        await context.init(config=_config(url))
        yield MigrationExecutor(context.connections.get("default"), _APPS)


def _config(url: str) -> dict[str, Any]:
    """The library's own settings."""
    if is_postgres(url):
        connection = {"engine": "tortoise.backends.asyncpg", "credentials": credentials(url)}
    else:
        connection = {"engine": "tortoise.backends.sqlite", "credentials": {"file_path": str(path_of(url)), **PRAGMAS}}
    return {"connections": {"default": connection}, "apps": _APPS}

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
from diary.storage.database_interface import Database, DatabaseBackend
from diary.storage.models.core import MODEL_MODULES
from diary.storage.postgres.address import check_postgres_url, is_postgres, parse_credentials
from diary.storage.sqlite import connection as sqlite_connection
from diary.storage.sqlite.connection import PRAGMAS, path_from_url
from diary.storage.sqlite.writer import SqliteWriter
from diary.storage.writer import DatabaseWriter, Transaction

T = TypeVar("T")
APP_LABEL: Final = "kept"
_TORTOISE_APPS: Final = {
    APP_LABEL: {
        "models": list(MODEL_MODULES),
        "migrations": "diary.storage.migrations",
        "default_connection": "default",
    }
}
_LATEST_MIGRATION: Final = MigrationTarget(app_label=APP_LABEL, name="__latest__")
_NOT_MIGRATED_MESSAGE: Final = "The database is not up to date: run `python -m diary migrate` first."
_UNREACHABLE_MESSAGE: Final = "The database of DIARY_DATABASE_URL cannot be reached."


class SqliteDatabase(Database):
    """Over one file."""

    def __init__(
        self,
        writer: DatabaseWriter,
        lookup_connection: sqlite3.Connection,
        read_executor: ThreadPoolExecutor,
        path: Path,
    ) -> None:
        """`looking`: a reading connection for this event loop."""
        super().__init__(writer, read_executor)
        self._lookup_connection = lookup_connection
        self._path = path

    async def fetch_one(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """The first row, at once."""
        return self._lookup_connection.execute(sql, parameters).fetchone()

    def _run_read_in_thread(self, read_job: Callable[[Transaction], T]) -> T:
        """Run `read` on a connection of its own: opening one costs less than an answer of this kind."""
        connection = sqlite_connection.connect(self._path, read_only=True)
        try:
            connection.execute("BEGIN")
            return read_job(connection)
        finally:
            connection.close()

    def _purge_deleted_data(self) -> None:
        """Cut off the write-ahead log."""
        sqlite_connection.truncate_wal(self._path)


class SqliteBackend(DatabaseBackend):
    """A file, which is there or not. What the system says of its folder is the operator's to read as it is."""

    unreachable_errors = (DBConnectionError,)

    def __init__(self, path: Path) -> None:
        """`path`: the file."""
        self._path = path

    async def probe(self) -> None:
        """A file is not away, but it may be closed to us. Raises BadSetting with why."""
        sqlite_connection.check_writable(self._path)

    @asynccontextmanager
    async def migration_lock(self) -> AsyncIterator[None]:
        """Make its folder. The file has one migration at a time by itself."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sqlite_connection.check_writable(self._path)
        yield

    @asynccontextmanager
    async def open_database(self) -> AsyncIterator[Database]:
        """A thread that writes, one that reads pages, and a connection for look-ups."""
        writer = SqliteWriter(self._path)
        lookup_connection = sqlite_connection.connect(self._path, read_only=True)
        read_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        writer.start()
        try:
            yield SqliteDatabase(writer, lookup_connection, read_executor, self._path)
        except sqlite3.Error as error:
            raise Unavailable(sqlite_connection.describe_error(error)) from error
        finally:
            await writer.stop()
            read_executor.shutdown(wait=True)
            lookup_connection.close()


def _backend_for(url: str) -> DatabaseBackend:
    """The kind of database that an address names."""
    if not is_postgres(url):
        return SqliteBackend(path_from_url(url))
    from diary.storage.postgres.database import PostgresBackend  # noqa: PLC0415 - its driver is 3 MB of an idle worker

    return PostgresBackend(check_postgres_url(url))


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The migrated database, open for the length of the block. Raises BadSetting when it is not migrated or cannot be used."""
    url = settings.database_url
    if not is_postgres(url) and not path_from_url(url).exists():
        raise BadSetting(_NOT_MIGRATED_MESSAGE)
    backend = _backend_for(url)
    async with TortoiseContext() as context:
        try:
            await backend.probe()
            await context.init(config=_tortoise_config(url))
            connection = context.connections.get("default")
            has_unapplied = await _has_unapplied_migrations(connection)
            await connection.close()  # it is opened again for the first read through the models, which may never come
        except backend.unreachable_errors:
            raise BadSetting(_UNREACHABLE_MESSAGE) from None
        if has_unapplied:
            raise BadSetting(_NOT_MIGRATED_MESSAGE)
        async with backend.open_database() as database:
            yield database


async def migrate(settings: Settings) -> None:
    """Bring the database to the newest tables, making them when there are none. Safe to repeat, and at once.

    Raises BadSetting when it cannot be reached; a PostgreSQL server's database itself must be there.
    """
    backend = _backend_for(settings.database_url)
    try:
        async with backend.migration_lock():
            await _apply_migrations(settings.database_url)
    except backend.unreachable_errors:
        raise BadSetting(_UNREACHABLE_MESSAGE) from None


async def _apply_migrations(url: str) -> None:
    """Apply what has not been applied, in one transaction with the notes of it. Raises BadSetting.

    Left alone the library ends each step before it notes it, and over SQLite each statement by itself: a migration that was
    killed, or met a full disk, would find its own tables in the way for ever after.
    """
    async with _migration_executor(url) as executor:
        try:
            # The table of notes first, by itself: PostgreSQL gives a transaction up in which it was looked for in vain.
            await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
            async with in_transaction("default") as transaction_client:
                if not is_postgres(url):
                    await _begin_script_transaction(transaction_client._connection)
                await MigrationExecutor(transaction_client, _TORTOISE_APPS).migrate(
                    [_LATEST_MIGRATION], direction="forward"
                )
        except (OperationalError, sqlite3.OperationalError) as error:
            sqlite_error = error if isinstance(error, sqlite3.Error) else error.args[0] if error.args else None
            if isinstance(sqlite_error, sqlite3.Error):
                raise BadSetting(sqlite_connection.describe_error(sqlite_error)) from error
            raise


async def _begin_script_transaction(connection: Any) -> None:
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


async def _has_unapplied_migrations(connection: Any) -> bool:
    """Whether a migration has not been applied.

    Only the notes of what was applied are read. The library's own plan reads every migration and describes its models anew,
    which takes half of a server's start.
    """
    known_migrations = {module.name for module in pkgutil.iter_modules(migrations.__path__)}
    try:
        rows = await connection.execute_query_dict("SELECT app, name FROM tortoise_migrations")
    except OperationalError:  # there is no such table
        return True
    return not known_migrations <= {row["name"] for row in rows if row["app"] == APP_LABEL}


@asynccontextmanager
async def _migration_executor(url: str) -> AsyncIterator[MigrationExecutor]:
    """The library's migration runner over a connection that is closed afterwards."""
    async with TortoiseContext() as context:
        await context.init(config=_tortoise_config(url))
        yield MigrationExecutor(context.connections.get("default"), _TORTOISE_APPS)


def _tortoise_config(url: str) -> dict[str, Any]:
    """The library's own settings."""
    if is_postgres(url):
        connection = {"engine": "tortoise.backends.asyncpg", "credentials": parse_credentials(url)}
    else:
        connection = {
            "engine": "tortoise.backends.sqlite",
            "credentials": {"file_path": str(path_from_url(url)), **PRAGMAS},
        }
    return {"connections": {"default": connection}, "apps": _TORTOISE_APPS}

"""Open and migrate the database of a server."""

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
from diary.storage.control import migrations as migration_control
from diary.storage.control import sqlite as control
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
_NEWER_MESSAGE: Final = (
    "The database belongs to a newer release ({name} was applied to it). Install that release again. An older release"
    " can use only a backup from before the upgrade."
)
_MIGRATION_FAILED_MESSAGE: Final = (
    "The database cannot be brought up to date, and nothing in it was changed. It answered: {reason}. Go on with the"
    " release before this one, and report this."
)
_UNREACHABLE_MESSAGE: Final = "The database of DIARY_DATABASE_URL cannot be reached."


class SqliteDatabase(Database):
    """Database in one SQLite file."""

    next_version_id_sql = control.NEXT_VERSION_ID
    database_errors = (*Database.database_errors, sqlite3.Error)

    def __init__(
        self,
        writer: DatabaseWriter,
        lookup_connection: sqlite3.Connection,
        read_executor: ThreadPoolExecutor,
        path: Path,
    ) -> None:
        """Store the writer, the connection and the executor, which must be open.

        Only this event loop uses `lookup_connection`.
        """
        super().__init__(writer, read_executor)
        self._lookup_connection = lookup_connection
        self._path = path

    async def fetch_one(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        """Return the first row of a look-up as a tuple, or None, without a switch to another thread."""
        return self._lookup_connection.execute(sql, parameters).fetchone()

    def _run_read_in_thread(self, read_job: Callable[[Transaction], T]) -> T:
        """Run a job on a new connection: opening it takes less time than a read of many rows."""
        connection = sqlite_connection.connect(self._path, read_only=True)
        try:
            connection.execute(control.BEGIN_READ)
            return read_job(connection)
        finally:
            connection.close()

    def _purge_deleted_data(self) -> None:
        """Truncate the write-ahead log."""
        sqlite_connection.truncate_wal(self._path)


class SqliteBackend(DatabaseBackend):
    """An SQLite file. Errors of the operating system about its folder reach the operator unchanged."""

    unreachable_errors = (DBConnectionError,)

    def __init__(self, path: Path) -> None:
        """Store the path of the database file."""
        self._path = path

    async def probe(self) -> None:
        """Raise BadSetting with the reason if the file cannot be written."""
        sqlite_connection.check_writable(self._path)

    @asynccontextmanager
    async def migration_lock(self) -> AsyncIterator[None]:
        """Create the folder of the file. Take no lock: SQLite's own allows one migration at a time."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sqlite_connection.check_writable(self._path)
        yield

    @asynccontextmanager
    async def open_database(self) -> AsyncIterator[Database]:
        """Open the writer, one reader thread and a connection for look-ups."""
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
    """Return the backend of an address. Raise BadSetting if the address is not valid."""
    if not is_postgres(url):
        return SqliteBackend(path_from_url(url))
    from diary.storage.postgres.database import PostgresBackend  # noqa: PLC0415 - the driver takes 3 MB of memory

    return PostgresBackend(check_postgres_url(url))


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Open the migrated database for the length of the block.

    Raise BadSetting when it is not migrated or not usable.
    """
    url = settings.database_url
    if not is_postgres(url) and not path_from_url(url).exists():
        raise BadSetting(_NOT_MIGRATED_MESSAGE)
    backend = _backend_for(url)
    async with TortoiseContext() as context:
        try:
            await backend.probe()
            await context.init(config=_tortoise_config(url))
            connection = context.connections.get("default")
            applied = await _applied_migrations(connection)
            await connection.close()  # the first read through the models opens it again
        except backend.unreachable_errors:
            raise BadSetting(_UNREACHABLE_MESSAGE) from None
        _check_not_newer(applied)
        if not _known_migrations() <= applied:
            raise BadSetting(_NOT_MIGRATED_MESSAGE)
        async with backend.open_database() as database:
            yield database


async def migrate(settings: Settings) -> None:
    """Apply every missing migration. Safe to repeat, and to run in several processes at once.

    Raise BadSetting if the database cannot be reached, belongs to a newer release or refuses a migration. On a
    PostgreSQL server the database itself must exist.
    """
    backend = _backend_for(settings.database_url)
    try:
        async with backend.migration_lock():
            await _apply_migrations(settings.database_url)
    except backend.unreachable_errors:
        raise BadSetting(_UNREACHABLE_MESSAGE) from None


async def _apply_migrations(url: str) -> None:
    """Apply the missing migrations and record them in one transaction. Raise BadSetting if the database reports an error.

    By default the library commits each step before it records it, and over SQLite each statement by itself. After a
    kill or a full disk, every later migration would then fail on tables that already exist.
    """
    async with _migration_executor(url) as executor:
        try:
            # The library's own table first: PostgreSQL aborts a transaction that queries a table which does not exist.
            await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
            _check_not_newer(await _applied_migrations(executor.connection))
            async with in_transaction("default") as transaction_client:
                if not is_postgres(url):
                    await _begin_script_transaction(transaction_client._connection)
                await MigrationExecutor(transaction_client, _TORTOISE_APPS).migrate(
                    [_LATEST_MIGRATION], direction="forward"
                )
        except (OperationalError, sqlite3.OperationalError) as error:
            reason = error if isinstance(error, sqlite3.Error) else error.args[0] if error.args else error
            if isinstance(reason, sqlite3.Error) and sqlite_connection.has_remedy(reason):
                raise BadSetting(sqlite_connection.describe_error(reason)) from error
            raise BadSetting(_MIGRATION_FAILED_MESSAGE.format(reason=str(reason).rstrip("."))) from error


async def _begin_script_transaction(connection: Any) -> None:
    """Begin a write transaction, and make scripts run statement by statement: `executescript` would commit it."""

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
    await connection.execute(control.set_pragma("busy_timeout", 60_000))
    await connection.execute(control.BEGIN_WRITE)
    connection.executescript = executescript


def _known_migrations() -> set[str]:
    """Return the names of this release's migrations.

    The library's own plan imports every migration and describes its models again. That takes half of the time a server
    needs to start.
    """
    return {module.name for module in pkgutil.iter_modules(migrations.__path__)}


async def _applied_migrations(connection: Any) -> set[str]:
    """Return the names of the migrations that the database has. Read only the library's table of them."""
    try:
        rows = await connection.execute_query_dict(migration_control.LIST_APPLIED)
    except OperationalError:  # the table does not exist
        return set()
    return {row["name"] for row in rows if row["app"] == APP_LABEL}


def _check_not_newer(applied: set[str]) -> None:
    """Raise BadSetting if a later release has changed the tables: this one would read and write them wrongly."""
    newer = sorted(applied - _known_migrations())
    if newer:
        raise BadSetting(_NEWER_MESSAGE.format(name=newer[-1]))


@asynccontextmanager
async def _migration_executor(url: str) -> AsyncIterator[MigrationExecutor]:
    """Yield the library's migration runner, and close its connection afterwards."""
    async with TortoiseContext() as context:
        await context.init(config=_tortoise_config(url))
        yield MigrationExecutor(context.connections.get("default"), _TORTOISE_APPS)


def _tortoise_config(url: str) -> dict[str, Any]:
    """Return the settings of Tortoise for an address."""
    if is_postgres(url):
        connection = {"engine": "tortoise.backends.asyncpg", "credentials": parse_credentials(url)}
    else:
        connection = {
            "engine": "tortoise.backends.sqlite",
            "credentials": {"file_path": str(path_from_url(url)), **PRAGMAS},
        }
    return {"connections": {"default": connection}, "apps": _TORTOISE_APPS}

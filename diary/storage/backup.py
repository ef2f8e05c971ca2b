"""Snapshot of the database as one SQLite file, whichever database the server uses, and its installation on a server.

[Note: one backup format] A backup of a PostgreSQL server contains an SQLite file too. So a restore drill needs only
this program and a folder, and a backup of one kind of server can be restored on the other.
"""

import errno
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from diary.config import Settings
from diary.errors import Conflict, Unavailable
from diary.progress import ProgressCallback
from diary.storage import database, transfer
from diary.storage.blob_store import flush
from diary.storage.bulk import backup as sql
from diary.storage.control import sqlite as control
from diary.storage.postgres.address import is_postgres
from diary.storage.postgres.writer import DATABASE_ERRORS, connect
from diary.storage.sqlite.connection import URL_PREFIX, describe_error, path_from_url
from diary.storage.sqlite.connection import connect as open_sqlite

ROWS_PER_BATCH: Final = 500
_DATABASE_EXISTS_MESSAGE: Final = (
    "There is a database at DIARY_DATABASE_URL already. Nothing was written; move it elsewhere first."
)
# Files that SQLite leaves beside a database that was not closed. It would apply them to a file put in its place.
_SIDECAR_SUFFIXES: Final = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class SecretsCheckSample:
    """Values that show whether secrets belong to a database: one sealed column, and the newest signed head."""

    account: bytes
    kdf: bytes
    signed_head: bytes | None


async def take_snapshot(settings: Settings, path: Path) -> None:
    """Copy a snapshot of the database to `path` while the server runs. Raise Unavailable and BadSetting."""
    async with database.open_database(settings):
        pass  # checks that the database is reachable and migrated
    if is_postgres(settings.database_url):
        await database.migrate(_with_sqlite_url(settings, path))
        await _copy_from_postgres(settings.database_url, path)
    else:
        # A reader in WAL mode sees one moment and blocks no writer.
        with (
            closing(open_sqlite(path_from_url(settings.database_url), read_only=True)) as source,
            closing(sqlite3.connect(path)) as copy,
        ):
            _copy_sqlite(source, copy)
    _finalise_copy(path)


def _copy_sqlite(source: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    """Copy a database with SQLite's backup interface. Raise Unavailable, on a full disk for example."""
    try:
        source.backup(copy)
    except sqlite3.Error as error:
        raise Unavailable(describe_error(error)) from error


def list_part_names(path: Path) -> list[str]:
    """Return the name in the blob store of every part in a copied database, without those of erased files."""
    with closing(open_sqlite(path, read_only=True)) as copy:
        return [name for (name,) in copy.execute(sql.LIST_PART_NAMES)]


def list_part_sizes(path: Path) -> list[tuple[str, int]]:
    """Return the name and the bytes of every part that `list_part_names` names."""
    with closing(open_sqlite(path, read_only=True)) as copy:
        return list(copy.execute(sql.LIST_PART_SIZES))


def find_secrets_check_sample(path: Path) -> SecretsCheckSample | None:
    """Return the values that the secrets of a copied database are checked on; None when it has no account."""
    with closing(open_sqlite(path, read_only=True)) as copy:
        account_row = copy.execute(sql.FIND_SEALED_COLUMN).fetchone()
        head_row = copy.execute(sql.FIND_NEWEST_SIGNED_HEAD).fetchone()
    return (
        SecretsCheckSample(account_row[0], account_row[1], head_row[0] if head_row else None) if account_row else None
    )


def list_key_statements(path: Path) -> list[bytes]:
    """Return the statements of the instance key in a copied database, oldest first."""
    with closing(open_sqlite(path, read_only=True)) as copy:
        return [row[0] for row in copy.execute(sql.LIST_KEY_STATEMENTS)]


async def check_target_empty(settings: Settings) -> None:
    """Raise Conflict if the target of a restore has a database, or files that SQLite left beside one.

    Raise Unavailable if it cannot be reached.
    """
    url = settings.database_url
    if not is_postgres(url):
        database_path = path_from_url(url)
        if database_path.exists():
            raise Conflict(_DATABASE_EXISTS_MESSAGE)
        leftovers = [
            name
            for name in (database_path.name + end for end in _SIDECAR_SUFFIXES)
            if database_path.with_name(name).exists()
        ]
        if leftovers:
            raise Conflict(
                f"{leftovers[0]} belongs to the database that was here before. Nothing was written; move it to that database."
            )
        return
    try:
        connection = await connect(url)
        try:
            if await connection.fetchval(sql.FIND_ACCOUNT_TABLE) and await connection.fetchval(sql.FIND_ANY_ACCOUNT):
                raise Conflict(_DATABASE_EXISTS_MESSAGE)
        finally:
            await connection.close()
    except DATABASE_ERRORS:
        raise Unavailable("The database of DIARY_DATABASE_URL cannot be reached. Nothing was written.") from None


async def migrate_copy(settings: Settings, path: Path) -> None:
    """Apply the missing migrations to a copy of an older version."""
    await database.migrate(_with_sqlite_url(settings, path))
    _finalise_copy(path)


async def install_copy(settings: Settings, path: Path, on_progress: ProgressCallback) -> None:
    """Make the copy at `path` the server's database; call `check_target_empty` and `migrate_copy` first."""
    url = settings.database_url
    if is_postgres(url):
        await database.migrate(settings)
        with transfer.open_write_locked(path) as source:
            await transfer.move_rows(source, url, on_progress)
        # Migrate again, to move the sequence of version numbers past the newest version.
        await database.migrate(settings)
        path.unlink()
        return
    database_path = path_from_url(url)
    database_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o600)
    flush(path)
    try:
        path.rename(database_path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        temporary_path = database_path.with_name(database_path.name + ".new")
        shutil.copy(path, temporary_path)
        flush(temporary_path)
        temporary_path.rename(database_path)
    flush(database_path.parent)


def _with_sqlite_url(settings: Settings, path: Path) -> Settings:
    """Return the settings with an SQLite file as the database."""
    return replace(settings, database_url=f"{URL_PREFIX}{path}")


def _finalise_copy(path: Path) -> None:
    """Make a copy one file without a write-ahead log, and check that it is sound. Raise Unavailable."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as copy:
            copy.execute(control.LEAVE_WAL_MODE).fetchone()
            check_result = copy.execute(control.QUICK_CHECK).fetchone()
    except sqlite3.DatabaseError:
        check_result = None
    if check_result != ("ok",):
        raise Unavailable("The copy of the database is damaged. Check the disk, and keep the last good backup.")


async def _copy_from_postgres(url: str, path: Path) -> None:
    """Fill a migrated SQLite file with the rows of one moment of a PostgreSQL database. Raise Unavailable."""
    try:
        source = await connect(url)
        try:
            with closing(sqlite3.connect(path)) as copy:
                async with source.transaction(isolation="repeatable_read", readonly=True):
                    for table in _table_names(copy):
                        await _copy_table(source, copy, table)
                copy.commit()
        finally:
            await source.close()
    except DATABASE_ERRORS:
        raise Unavailable(
            "The connection to the database was lost during the copy. Nothing was lost; try again."
        ) from None


def _table_names(copy: sqlite3.Connection) -> list[str]:
    """Return the names of the tables, without SQLite's and the library's own."""
    return [name for (name,) in copy.execute(sql.LIST_TABLES) if not name.startswith("tortoise")]


async def _copy_table(source: Any, copy: sqlite3.Connection, table: str) -> None:
    """Copy one table, at most ROWS_PER_BATCH rows in memory."""
    columns = [row[1] for row in copy.execute(control.list_columns(table))]
    copy.execute(sql.delete_rows(table))
    batch: list[tuple[Any, ...]] = []
    insert_sql = sql.insert_row(table, columns)
    async for row in source.cursor(sql.select_rows(table, columns), prefetch=ROWS_PER_BATCH):
        batch.append(tuple(row))
        if len(batch) == ROWS_PER_BATCH:
            copy.executemany(insert_sql, batch)
            batch.clear()
    copy.executemany(insert_sql, batch)

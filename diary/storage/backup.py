"""A backup's side of the database: one consistent copy as an SQLite file, whatever the server runs on, and back.

[Note: one shape] A backup of a PostgreSQL server holds an SQLite file too. So a drill needs nothing but this program
and a folder, and a backup of one kind of server can be put back on the other.
"""

import errno
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from diary.config import Settings
from diary.errors import Conflict, Unavailable
from diary.storage import database, transfer
from diary.storage.blob_store import flush
from diary.storage.postgres.address import is_postgres
from diary.storage.postgres.writer import DATABASE_ERRORS, connect
from diary.storage.sqlite.connection import URL_PREFIX, describe_error, path_from_url
from diary.storage.sqlite.connection import connect as open_sqlite

ROWS_PER_BATCH: Final = 500
ProgressCallback = Callable[[str, int, int], None]
_DATABASE_EXISTS_MESSAGE: Final = (
    "There is a database at DIARY_DATABASE_URL already. Nothing was written; move it away first."
)
# What SQLite keeps beside a file that was not closed. It would write it into whatever is put in the file's place.
_SIDECAR_SUFFIXES: Final = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class SecretsCheckSample:
    """What shows whether secrets belong to a database: one sealed column, and who signed the newest head."""

    account: bytes
    kdf: bytes
    signed_head: bytes | None


async def take_snapshot(settings: Settings, path: Path) -> None:
    """Copy the database as it is at one moment to `path`; the server goes on. Raises Unavailable and BadSetting."""
    async with database.open_database(settings):
        pass  # there, reachable and of this version
    if is_postgres(settings.database_url):
        await database.migrate(_with_sqlite_url(settings, path))
        await _copy_from_postgres(settings.database_url, path)
    else:
        # In one step: a reader in WAL mode sees one moment and holds nobody up.
        with (
            closing(open_sqlite(path_from_url(settings.database_url), read_only=True)) as source,
            closing(sqlite3.connect(path)) as copy,
        ):
            _copy_sqlite(source, copy)
    _finalise_copy(path)


def _copy_sqlite(source: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    """SQLite's own copying. Raises Unavailable, for a disk that is full say."""
    try:
        source.backup(copy)
    except sqlite3.Error as error:
        raise Unavailable(describe_error(error)) from error


def list_part_names(path: Path) -> list[str]:
    """The names in the blob store of every part that a copied database speaks of."""
    with closing(open_sqlite(path, read_only=True)) as copy:
        rows = copy.execute(
            "SELECT p.name FROM part p JOIN blob b ON b.id = p.blob_id WHERE b.erased = 0 ORDER BY p.id"
        )
        return [name for (name,) in rows]


def find_secrets_check_sample(path: Path) -> SecretsCheckSample | None:
    """What the secrets of a copied database are tried on; None when nobody has registered yet."""
    with closing(open_sqlite(path, read_only=True)) as copy:
        account_row = copy.execute("SELECT id, kdf FROM account WHERE length(kdf) > 0 ORDER BY id LIMIT 1").fetchone()
        head_row = copy.execute(
            "SELECT d.signed_head FROM version v JOIN diary d ON d.id = v.diary_id ORDER BY v.id DESC LIMIT 1"
        ).fetchone()
    return (
        SecretsCheckSample(account_row[0], account_row[1], head_row[0] if head_row else None) if account_row else None
    )


def list_key_statements(path: Path) -> list[bytes]:
    """What the instance key said, as it lies in a copied database."""
    with closing(open_sqlite(path, read_only=True)) as copy:
        return [row[0] for row in copy.execute("SELECT statement FROM key_statement ORDER BY id")]


async def check_target_empty(settings: Settings) -> None:
    """Return when nothing of a diary lies where a backup would go. Raises Conflict and Unavailable."""
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
                f"{leftovers[0]} belongs to the database that lay here. Nothing was written; move it there too."
            )
        return
    try:
        connection = await connect(url)
        try:
            if await connection.fetchval("SELECT to_regclass('account')") and await connection.fetchval(
                "SELECT 1 FROM account LIMIT 1"
            ):
                raise Conflict(_DATABASE_EXISTS_MESSAGE)
        finally:
            await connection.close()
    except DATABASE_ERRORS:
        raise Unavailable("The database of DIARY_DATABASE_URL cannot be reached. Nothing was written.") from None


async def migrate_copy(settings: Settings, path: Path) -> None:
    """Give a copy that an older version made the newest tables."""
    await database.migrate(_with_sqlite_url(settings, path))
    _finalise_copy(path)


async def install_copy(settings: Settings, path: Path, on_progress: ProgressCallback) -> None:
    """Make the copy at `path` the server's database; see `check_free` and `bring_up`."""
    url = settings.database_url
    if is_postgres(url):
        await database.migrate(settings)
        with transfer.open_write_locked(path) as source:
            await transfer.move_rows(source, url, on_progress)
        # Once more, for the sequence that numbers versions: it goes on after the newest.
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
    """The settings, with a file for a database."""
    return replace(settings, database_url=f"{URL_PREFIX}{path}")


def _finalise_copy(path: Path) -> None:
    """Make a copy one file, and look whether it is whole. Raises Unavailable."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE").fetchone()
            check_result = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        check_result = None
    if check_result != ("ok",):
        raise Unavailable("The copy of the database is damaged. Look at the disk, and at the last good backup.")


async def _copy_from_postgres(url: str, path: Path) -> None:
    """Fill a migrated SQLite file with the rows of one moment of a PostgreSQL database. Raises Unavailable."""
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
        raise Unavailable("The database went away while it was copied. Nothing was lost; try again.") from None


def _table_names(copy: sqlite3.Connection) -> list[str]:
    """Our tables, without the library's own notes."""
    rows = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    return [name for (name,) in rows if not name.startswith("tortoise")]


async def _copy_table(source: Any, copy: sqlite3.Connection, table: str) -> None:
    """One table, some rows at a time."""
    columns = [row[1] for row in copy.execute(f"PRAGMA table_info({table})")]
    column_list, placeholders = ", ".join(columns), ", ".join("?" * len(columns))
    copy.execute(f"DELETE FROM {table}")  # noqa: S608 - the database's own names
    batch: list[tuple[Any, ...]] = []
    insert_sql = f"INSERT INTO {table} ({column_list}) VALUES ({placeholders})"  # noqa: S608 - as above
    async for row in source.cursor(f"SELECT {column_list} FROM {table}", prefetch=ROWS_PER_BATCH):  # noqa: S608 - as above
        batch.append(tuple(row))
        if len(batch) == ROWS_PER_BATCH:
            copy.executemany(insert_sql, batch)
            batch.clear()
    copy.executemany(insert_sql, batch)

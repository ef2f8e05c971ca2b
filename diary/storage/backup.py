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
from diary.storage.postgres.writer import TROUBLE, connect
from diary.storage.sqlite.connection import PREFIX, path_of, said
from diary.storage.sqlite.connection import connect as open_sqlite

ROWS_AT_ONCE: Final = 500
Step = Callable[[str, int, int], None]
_THERE_ALREADY: Final = "There is a database at DIARY_DATABASE_URL already. Nothing was written; move it away first."
# What SQLite keeps beside a file that was not closed. It would write it into whatever is put in the file's place.
_LEFT: Final = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Sample:
    """What shows whether secrets belong to a database: one sealed column, and who signed the newest head."""

    account: bytes
    kdf: bytes
    signed_head: bytes | None


async def snapshot(settings: Settings, path: Path) -> None:
    """Copy the database as it is at one moment to `path`; the server goes on. Raises Unavailable and BadSetting."""
    async with database.opened(settings):
        pass  # there, reachable and of this version
    if is_postgres(settings.database_url):
        await database.migrate(_as_sqlite(settings, path))
        await _from_postgres(settings.database_url, path)
    else:
        # In one step: a reader in WAL mode sees one moment and holds nobody up.
        with (
            closing(open_sqlite(path_of(settings.database_url), reading=True)) as source,
            closing(sqlite3.connect(path)) as copy,
        ):
            _copy(source, copy)
    _settle(path)


def _copy(source: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    """SQLite's own copying. Raises Unavailable, for a disk that is full say."""
    try:
        source.backup(copy)
    except sqlite3.Error as error:
        raise Unavailable(said(error)) from error


def list_parts(path: Path) -> list[str]:
    """The names in the blob store of every part that a copied database speaks of."""
    with closing(open_sqlite(path, reading=True)) as copy:
        rows = copy.execute(
            "SELECT p.name FROM part p JOIN blob b ON b.id = p.blob_id WHERE b.erased = 0 ORDER BY p.id"
        )
        return [name for (name,) in rows]


def find_sample(path: Path) -> Sample | None:
    """What the secrets of a copied database are tried on; None when nobody has registered yet."""
    with closing(open_sqlite(path, reading=True)) as copy:
        row = copy.execute("SELECT id, kdf FROM account WHERE length(kdf) > 0 ORDER BY id LIMIT 1").fetchone()
        head = copy.execute(
            "SELECT d.signed_head FROM version v JOIN diary d ON d.id = v.diary_id ORDER BY v.id DESC LIMIT 1"
        ).fetchone()
    return Sample(row[0], row[1], head[0] if head else None) if row else None


def list_statements(path: Path) -> list[bytes]:
    """What the instance key said, as it lies in a copied database."""
    with closing(open_sqlite(path, reading=True)) as copy:
        return [row[0] for row in copy.execute("SELECT statement FROM key_statement ORDER BY id")]


async def check_free(settings: Settings) -> None:
    """Return when nothing of a diary lies where a backup would go. Raises Conflict and Unavailable."""
    url = settings.database_url
    if not is_postgres(url):
        place = path_of(url)
        if place.exists():
            raise Conflict(_THERE_ALREADY)
        left = [name for name in (place.name + end for end in _LEFT) if place.with_name(name).exists()]
        if left:
            raise Conflict(f"{left[0]} belongs to the database that lay here. Nothing was written; move it there too.")
        return
    try:
        there = await connect(url)
        try:
            if await there.fetchval("SELECT to_regclass('account')") and await there.fetchval(
                "SELECT 1 FROM account LIMIT 1"
            ):
                raise Conflict(_THERE_ALREADY)
        finally:
            await there.close()
    except TROUBLE:
        raise Unavailable("The database of DIARY_DATABASE_URL cannot be reached. Nothing was written.") from None


async def bring_up(settings: Settings, path: Path) -> None:
    """Give a copy that an older version made the newest tables."""
    await database.migrate(_as_sqlite(settings, path))
    _settle(path)


async def put_in_place(settings: Settings, path: Path, step: Step) -> None:
    """Make the copy at `path` the server's database; see `check_free` and `bring_up`."""
    url = settings.database_url
    if is_postgres(url):
        await database.migrate(settings)
        with transfer.held(path) as source:
            await transfer.move_rows(source, url, step)
        # Once more, for the sequence that numbers versions: it goes on after the newest.
        await database.migrate(settings)
        path.unlink()
        return
    place = path_of(url)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o600)
    flush(path)
    try:
        path.rename(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        new = place.with_name(place.name + ".new")
        shutil.copy(path, new)
        flush(new)
        new.rename(place)
    flush(place.parent)


def _as_sqlite(settings: Settings, path: Path) -> Settings:
    """The settings, with a file for a database."""
    return replace(settings, database_url=f"{PREFIX}{path}")


def _settle(path: Path) -> None:
    """Make a copy one file, and look whether it is whole. Raises Unavailable."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE").fetchone()
            found = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        found = None
    if found != ("ok",):
        raise Unavailable("The copy of the database is damaged. Look at the disk, and at the last good backup.")


async def _from_postgres(url: str, path: Path) -> None:
    """Fill a migrated SQLite file with the rows of one moment of a PostgreSQL database. Raises Unavailable."""
    try:
        source = await connect(url)
        try:
            with closing(sqlite3.connect(path)) as copy:
                async with source.transaction(isolation="repeatable_read", readonly=True):
                    for table in _tables(copy):
                        await _copy_table(source, copy, table)
                copy.commit()
        finally:
            await source.close()
    except TROUBLE:
        raise Unavailable("The database went away while it was copied. Nothing was lost; try again.") from None


def _tables(copy: sqlite3.Connection) -> list[str]:
    """Our tables, without the library's own notes."""
    rows = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    return [name for (name,) in rows if not name.startswith("tortoise")]


async def _copy_table(source: Any, copy: sqlite3.Connection, table: str) -> None:
    """One table, some rows at a time."""
    columns = [row[1] for row in copy.execute(f"PRAGMA table_info({table})")]
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    copy.execute(f"DELETE FROM {table}")  # noqa: S608 - the database's own names
    held: list[tuple[Any, ...]] = []
    put = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - as above
    async for row in source.cursor(f"SELECT {names} FROM {table}", prefetch=ROWS_AT_ONCE):  # noqa: S608 - as above
        held.append(tuple(row))
        if len(held) == ROWS_AT_ONCE:
            copy.executemany(put, held)
            held.clear()
    copy.executemany(put, held)

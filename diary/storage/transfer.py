"""Moving a server's rows from SQLite to PostgreSQL and its sealed files from one store to another.

[Note: moving] Nothing is remembered of how far a move came: what lies at the other end already, byte for byte, is
passed over, and what differs is written again. So a move that was interrupted, or whose source went on being
used in between, is simply run again. While rows move, the source is held against writing: what a server
acknowledged during a move would otherwise be lost. Equality is not assumed at the end but read, from both sides.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from diary.errors import Conflict, NotFound, Unavailable
from diary.storage.blob_store import BlobStore
from diary.storage.postgres.writer import TROUBLE, connect
from diary.storage.sqlite.connection import connect as open_sqlite

ROWS_AT_ONCE: Final = 100
FILES_AT_ONCE: Final = 8
Step = Callable[[str, int, int], None]
# The library's own note of which migrations were applied; `migrate` writes the target's.
_NOT_OURS: Final = "tortoise"


@contextmanager
def held(path: Path) -> Iterator[sqlite3.Connection]:
    """A source that nobody can write to for the length of the block. Raises Unavailable when someone is writing."""
    connection = open_sqlite(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
    except sqlite3.OperationalError:
        raise Unavailable("The database is being written to: stop the server first.") from None
    finally:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        connection.close()


async def move_rows(source: sqlite3.Connection, url: str, step: Step) -> dict[str, str]:
    """Make the target's rows the source's; a digest for each table, read from both sides and equal.

    The target must have been migrated. Raises Unavailable, and Conflict when the sides differ all the same.
    """
    try:
        target = await connect(url)
        try:
            tables = await _tables(target)
            for table, columns in tables.items():
                await _move_table(source, target, table, columns, step)
            await _set_counters(target, tables)
            return await _compare(source, target, tables, step)
        finally:
            await target.close()
    except TROUBLE:
        raise Unavailable("The new database cannot be written to.") from None


async def move_files(source: sqlite3.Connection, old: BlobStore, new: BlobStore, step: Step) -> list[str]:
    """Copy every sealed part and read it back by its digest; the names of those that were damaged or missing before.

    Raises Unavailable when a store does not answer.
    """
    rows = source.execute(
        "SELECT p.name, p.digest FROM part p JOIN blob b ON b.id = p.blob_id WHERE b.erased = 0 ORDER BY p.id"
    ).fetchall()
    lost: list[str] = []
    for at in range(0, len(rows), FILES_AT_ONCE):
        some = rows[at : at + FILES_AT_ONCE]
        moved = await asyncio.gather(*(_move_part(old, new, *row) for row in some))
        lost += [name for name in moved if name]
        step("files", at + len(some), len(rows))
    return lost


async def _move_part(old: BlobStore, new: BlobStore, name: str, digest: bytes) -> str | None:
    """Copy one part unless it lies there already; its name when the source has not got it whole."""
    if await _is_whole(new, name, digest):
        return None
    try:
        raw = await old.get(name)
    except NotFound:
        return name
    if hashlib.sha256(raw).digest() != digest:
        return name
    await new.put(name, raw)
    if not await _is_whole(new, name, digest):
        raise Unavailable("The new store gave back other bytes than it was given.")
    return None


async def _is_whole(store: BlobStore, name: str, digest: bytes) -> bool:
    """Whether a part lies there with the right bytes."""
    try:
        return hashlib.sha256(await store.get(name)).digest() == digest
    except NotFound:
        return False


async def _tables(target: Any) -> dict[str, dict[str, str]]:
    """Each table with its columns' types, a table after those it refers to."""
    found = await target.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
    )
    refers = await target.fetch(
        "SELECT CAST(conrelid AS REGCLASS)::TEXT AS child, CAST(confrelid AS REGCLASS)::TEXT AS parent"
        " FROM pg_constraint WHERE contype = 'f'"
    )
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in found:
        if not table.startswith(_NOT_OURS):
            tables.setdefault(table, {})[column] = kind
    ordered: dict[str, dict[str, str]] = {}
    while len(ordered) < len(tables):
        for table, columns in tables.items():
            parents = {row["parent"] for row in refers if row["child"] == table} - {table}
            if table not in ordered and parents <= ordered.keys():
                ordered[table] = columns
    return ordered


async def _move_table(source: sqlite3.Connection, target: Any, table: str, columns: dict[str, str], step: Step) -> None:
    """Make one table the same, a few rows at a time in the order of their keys."""
    (total,) = source.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - the database's own names
    done, last = 0, None
    for rows in _chunks(source, table, columns):
        first, until = last, rows[-1][0]
        await _same(target, table, columns, rows, first, until)
        last, done = until, done + len(rows)
        step(table, done, total)
    if last is None:
        await target.execute(f"DELETE FROM {table}")  # noqa: S608 - as above
    else:
        await target.execute(f"DELETE FROM {table} WHERE id > $1", last)  # noqa: S608 - as above


async def _same(
    target: Any, table: str, columns: dict[str, str], rows: list[tuple[Any, ...]], first: Any, until: Any
) -> None:
    """Make the rows after `first` up to `until` exactly `rows`."""
    names = ", ".join(columns)
    where, bounds = ("id <= $1", [until]) if first is None else ("id <= $1 AND id > $2", [until, first])
    there = await target.fetch(f"SELECT {names} FROM {table} WHERE {where} ORDER BY id", *bounds)  # noqa: S608 - as above
    if [tuple(row) for row in there] == rows:
        return
    keep = {row[0] for row in rows}
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id") or "id = excluded.id"
    async with target.transaction():
        for row in there:
            if row["id"] not in keep:
                await target.execute(f"DELETE FROM {table} WHERE id = $1", row["id"])  # noqa: S608 - as above
        upsert = f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT (id) DO UPDATE SET {changes}"  # noqa: S608 - as above
        await target.executemany(upsert, rows)


def _chunks(source: sqlite3.Connection, table: str, columns: dict[str, str]) -> Iterator[list[tuple[Any, ...]]]:
    """The source's rows in the order of their keys, typed as the target has them; the key stands first."""
    assert next(iter(columns)) == "id"
    truths = [n for n, kind in enumerate(columns.values()) if kind == "boolean"]
    cursor = source.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY id")  # noqa: S608 - as above
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        for n in truths:
            rows = [(*row[:n], None if row[n] is None else bool(row[n]), *row[n + 1 :]) for row in rows]
        yield rows


async def _set_counters(target: Any, tables: dict[str, dict[str, str]]) -> None:
    """Have the numbers the database allots itself go on after the newest row."""
    for table in tables:
        counter = await target.fetchval("SELECT pg_get_serial_sequence($1, 'id')", table)
        if counter:
            top = await target.fetchval(f"SELECT max(id) FROM {table}")  # noqa: S608 - as above
            await target.execute(
                "SELECT setval(CAST($1 AS TEXT)::REGCLASS, $2, $3)", counter, top or 1, top is not None
            )


async def _compare(
    source: sqlite3.Connection, target: Any, tables: dict[str, dict[str, str]], step: Step
) -> dict[str, str]:
    """A digest of every table, read anew from both sides. Raises Conflict naming a table that differs."""
    digests = {}
    for at, (table, columns) in enumerate(tables.items(), 1):
        here, there = hashlib.sha256(), hashlib.sha256()
        for rows in _chunks(source, table, columns):
            for row in rows:
                here.update(repr(row).encode())
        async with target.transaction(isolation="repeatable_read", readonly=True):
            query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY id"  # noqa: S608 - as above
            async for row in target.cursor(query, prefetch=ROWS_AT_ONCE):
                there.update(repr(tuple(row)).encode())
        if here.digest() != there.digest():
            raise Conflict(f"The table {table} differs after it was moved. Run it again.")
        digests[table] = here.hexdigest()
        step("compared", at, len(tables))
    return digests


def retire(path: Path) -> Path:
    """Put a moved database aside, so that no server goes on with it by mistake: two would fork every diary."""
    aside = path.with_name(path.name + ".moved")
    if aside.exists():
        raise Conflict(f"{aside.name} is there already.")
    connection = open_sqlite(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.close()
    path.rename(aside)
    return aside

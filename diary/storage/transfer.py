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
from diary.storage.postgres.writer import DATABASE_ERRORS, connect
from diary.storage.sqlite.connection import connect as open_sqlite

ROWS_PER_BATCH: Final = 100
FILES_PER_BATCH: Final = 8
ProgressCallback = Callable[[str, int, int], None]
# The library's own note of which migrations were applied; `migrate` writes the target's.
_LIBRARY_TABLE_PREFIX: Final = "tortoise"


@contextmanager
def open_write_locked(path: Path) -> Iterator[sqlite3.Connection]:
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


async def move_rows(source: sqlite3.Connection, url: str, on_progress: ProgressCallback) -> dict[str, str]:
    """Make the target's rows the source's; a digest for each table, read from both sides and equal.

    The target must have been migrated. Raises Unavailable, and Conflict when the sides differ all the same.
    """
    try:
        target = await connect(url)
        try:
            tables = await _tables_parents_first(target)
            for table, columns in tables.items():
                await _move_table(source, target, table, columns, on_progress)
            await _reset_sequences(target, tables)
            return await _compare_digests(source, target, tables, on_progress)
        finally:
            await target.close()
    except DATABASE_ERRORS:
        raise Unavailable("The new database cannot be written to.") from None


async def move_files(
    source: sqlite3.Connection, source_store: BlobStore, target_store: BlobStore, on_progress: ProgressCallback
) -> list[str]:
    """Copy every sealed part and read it back by its digest; the names of those that were damaged or missing before.

    Raises Unavailable when a store does not answer.
    """
    rows = source.execute(
        "SELECT p.name, p.digest FROM part p JOIN blob b ON b.id = p.blob_id WHERE b.erased = 0 ORDER BY p.id"
    ).fetchall()
    damaged_names: list[str] = []
    for start in range(0, len(rows), FILES_PER_BATCH):
        batch = rows[start : start + FILES_PER_BATCH]
        batch_results = await asyncio.gather(*(_move_part(source_store, target_store, *row) for row in batch))
        damaged_names += [name for name in batch_results if name]
        on_progress("files", start + len(batch), len(rows))
    return damaged_names


async def _move_part(source_store: BlobStore, target_store: BlobStore, name: str, digest: bytes) -> str | None:
    """Copy one part unless it lies there already; its name when the source has not got it whole."""
    if await _is_intact(target_store, name, digest):
        return None
    try:
        raw = await source_store.get(name)
    except NotFound:
        return name
    if hashlib.sha256(raw).digest() != digest:
        return name
    await target_store.put(name, raw)
    if not await _is_intact(target_store, name, digest):
        raise Unavailable("The new store gave back other bytes than it was given.")
    return None


async def _is_intact(store: BlobStore, name: str, digest: bytes) -> bool:
    """Whether a part lies there with the right bytes."""
    try:
        return hashlib.sha256(await store.get(name)).digest() == digest
    except NotFound:
        return False


async def _tables_parents_first(target: Any) -> dict[str, dict[str, str]]:
    """Each table with its columns' types, a table after those it refers to."""
    column_rows = await target.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
    )
    foreign_keys = await target.fetch(
        "SELECT CAST(conrelid AS REGCLASS)::TEXT AS child, CAST(confrelid AS REGCLASS)::TEXT AS parent"
        " FROM pg_constraint WHERE contype = 'f'"
    )
    tables: dict[str, dict[str, str]] = {}
    for table, column, column_type in column_rows:
        if not table.startswith(_LIBRARY_TABLE_PREFIX):
            tables.setdefault(table, {})[column] = column_type
    ordered: dict[str, dict[str, str]] = {}
    while len(ordered) < len(tables):
        for table, columns in tables.items():
            parents = {row["parent"] for row in foreign_keys if row["child"] == table} - {table}
            if table not in ordered and parents <= ordered.keys():
                ordered[table] = columns
    return ordered


async def _move_table(
    source: sqlite3.Connection, target: Any, table: str, columns: dict[str, str], on_progress: ProgressCallback
) -> None:
    """Make one table the same, a few rows at a time in the order of their keys."""
    (total,) = source.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - the database's own names
    moved_count, last_id = 0, None
    for rows in _read_in_chunks(source, table, columns):
        after_id, up_to_id = last_id, rows[-1][0]
        await _sync_rows(target, table, columns, rows, after_id, up_to_id)
        last_id, moved_count = up_to_id, moved_count + len(rows)
        on_progress(table, moved_count, total)
    if last_id is None:
        await target.execute(f"DELETE FROM {table}")  # noqa: S608 - as above
    else:
        await target.execute(f"DELETE FROM {table} WHERE id > $1", last_id)  # noqa: S608 - as above


async def _sync_rows(
    target: Any, table: str, columns: dict[str, str], rows: list[tuple[Any, ...]], after_id: Any, up_to_id: Any
) -> None:
    """Make the rows after `first` up to `until` exactly `rows`."""
    column_list = ", ".join(columns)
    where, bounds = ("id <= $1", [up_to_id]) if after_id is None else ("id <= $1 AND id > $2", [up_to_id, after_id])
    target_rows = await target.fetch(f"SELECT {column_list} FROM {table} WHERE {where} ORDER BY id", *bounds)  # noqa: S608 - as above
    if [tuple(row) for row in target_rows] == rows:
        return
    source_ids = {row[0] for row in rows}
    placeholders = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    assignments = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id") or "id = excluded.id"
    async with target.transaction():
        for row in target_rows:
            if row["id"] not in source_ids:
                await target.execute(f"DELETE FROM {table} WHERE id = $1", row["id"])  # noqa: S608 - as above
        upsert = (
            f"INSERT INTO {table} ({column_list}) VALUES ({placeholders}) ON CONFLICT (id) DO UPDATE SET {assignments}"  # noqa: S608 - as above
        )
        await target.executemany(upsert, rows)


def _read_in_chunks(source: sqlite3.Connection, table: str, columns: dict[str, str]) -> Iterator[list[tuple[Any, ...]]]:
    """The source's rows in the order of their keys, typed as the target has them; the key stands first."""
    assert next(iter(columns)) == "id"
    boolean_indexes = [n for n, column_type in enumerate(columns.values()) if column_type == "boolean"]
    cursor = source.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY id")  # noqa: S608 - as above
    while rows := cursor.fetchmany(ROWS_PER_BATCH):
        for n in boolean_indexes:
            rows = [(*row[:n], None if row[n] is None else bool(row[n]), *row[n + 1 :]) for row in rows]
        yield rows


async def _reset_sequences(target: Any, tables: dict[str, dict[str, str]]) -> None:
    """Have the numbers the database allots itself go on after the newest row."""
    for table in tables:
        sequence = await target.fetchval("SELECT pg_get_serial_sequence($1, 'id')", table)
        if sequence:
            highest_id = await target.fetchval(f"SELECT max(id) FROM {table}")  # noqa: S608 - as above
            await target.execute(
                "SELECT setval(CAST($1 AS TEXT)::REGCLASS, $2, $3)", sequence, highest_id or 1, highest_id is not None
            )


async def _compare_digests(
    source: sqlite3.Connection, target: Any, tables: dict[str, dict[str, str]], on_progress: ProgressCallback
) -> dict[str, str]:
    """A digest of every table, read anew from both sides. Raises Conflict naming a table that differs."""
    digests = {}
    for tables_done, (table, columns) in enumerate(tables.items(), 1):
        source_digest, target_digest = hashlib.sha256(), hashlib.sha256()
        for rows in _read_in_chunks(source, table, columns):
            for row in rows:
                source_digest.update(repr(row).encode())
        async with target.transaction(isolation="repeatable_read", readonly=True):
            query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY id"  # noqa: S608 - as above
            async for row in target.cursor(query, prefetch=ROWS_PER_BATCH):
                target_digest.update(repr(tuple(row)).encode())
        if source_digest.digest() != target_digest.digest():
            raise Conflict(f"The table {table} differs after it was moved. Run it again.")
        digests[table] = source_digest.hexdigest()
        on_progress("compared", tables_done, len(tables))
    return digests


def retire_database(path: Path) -> Path:
    """Put a moved database aside, so that no server goes on with it by mistake: two would fork every diary."""
    retired_path = path.with_name(path.name + ".moved")
    if retired_path.exists():
        raise Conflict(f"{retired_path.name} is there already.")
    connection = open_sqlite(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.close()
    path.rename(retired_path)
    return retired_path

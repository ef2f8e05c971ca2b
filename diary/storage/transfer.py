"""Move a server's rows from SQLite to PostgreSQL, and its sealed files from one store to another.

[Note: repeated moves] A move keeps no record of its progress: what is already the same at the target, byte for byte, is
skipped, and what differs is written again. So a move that was interrupted, or whose source was used in between, is
simply run again. While rows move, the source is locked against writing: what a server acknowledged during a move would
otherwise be lost. At the end the rows of both sides are read again and compared.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from diary.errors import Conflict, NotFound, Unavailable
from diary.progress import ProgressCallback
from diary.storage.blob_store import BlobStore
from diary.storage.bulk import transfer as sql
from diary.storage.control import sqlite as control
from diary.storage.postgres.writer import DATABASE_ERRORS, connect
from diary.storage.sqlite.connection import connect as open_sqlite

ROWS_PER_BATCH: Final = 100
FILES_PER_BATCH: Final = 8
# The library's own table of applied migrations; `migrate` fills it at the target.
_LIBRARY_TABLE_PREFIX: Final = "tortoise"


@contextmanager
def open_write_locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a source with its write lock held for the length of the block.

    Raise Unavailable when it is locked already.
    """
    connection = open_sqlite(path)
    try:
        connection.execute(control.BEGIN_WRITE)
        yield connection
    except sqlite3.OperationalError:
        raise Unavailable("The database is being written to: stop the server first.") from None
    finally:
        with suppress(sqlite3.Error):
            connection.execute(control.ROLLBACK)
        connection.close()


async def move_rows(source: sqlite3.Connection, url: str, on_progress: ProgressCallback) -> dict[str, str]:
    """Make the target's rows equal to the source's, and return the SHA-256 in hexadecimal of each table's rows.

    The digests are computed from both sides. The target must have been migrated. Raise Unavailable, and Conflict when
    the sides differ all the same.
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
    """Copy every sealed part and compare its copy with its digest. Return the names of damaged or missing parts.

    Raise Unavailable when a store does not answer.
    """
    rows = source.execute(sql.LIST_PART_DIGESTS).fetchall()
    damaged_names: list[str] = []
    for start in range(0, len(rows), FILES_PER_BATCH):
        batch = rows[start : start + FILES_PER_BATCH]
        batch_results = await asyncio.gather(*(_move_part(source_store, target_store, *row) for row in batch))
        damaged_names += [name for name in batch_results if name]
        on_progress("files", start + len(batch), len(rows))
    return damaged_names


async def _move_part(source_store: BlobStore, target_store: BlobStore, name: str, digest: bytes) -> str | None:
    """Copy one part, unless the target has it.

    Return its name when it is damaged or missing at the source, else None.
    """
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
        raise Unavailable("The new store returned other bytes than it was given.")
    return None


async def _is_intact(store: BlobStore, name: str, digest: bytes) -> bool:
    """Return whether a store has a part with this SHA-256."""
    try:
        return hashlib.sha256(await store.get(name)).digest() == digest
    except NotFound:
        return False


async def _tables_parents_first(target: Any) -> dict[str, dict[str, str]]:
    """Return the column types of each table, each table after the tables that it refers to."""
    column_rows = await target.fetch(sql.LIST_COLUMNS)
    foreign_keys = await target.fetch(sql.LIST_FOREIGN_KEYS)
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
    """Make one table equal to the source's, at most ROWS_PER_BATCH rows at a time in the order of their keys."""
    (total,) = source.execute(sql.count_rows(table)).fetchone()
    moved_count, last_id = 0, None
    for rows in _read_in_chunks(source, table, columns):
        after_id, up_to_id = last_id, rows[-1][0]
        await _sync_rows(target, table, columns, rows, after_id, up_to_id)
        last_id, moved_count = up_to_id, moved_count + len(rows)
        on_progress(table, moved_count, total)
    if last_id is None:
        await target.execute(sql.delete_rows(table))
    else:
        await target.execute(sql.delete_rows_after(table), last_id)


async def _sync_rows(
    target: Any, table: str, columns: dict[str, str], rows: list[tuple[Any, ...]], after_id: Any, up_to_id: Any
) -> None:
    """Make the target's rows above the key `after_id` and up to `up_to_id` equal to `rows`."""
    bounds = [up_to_id] if after_id is None else [up_to_id, after_id]
    select = sql.select_rows_up_to(table, columns, has_lower_bound=after_id is not None)
    target_rows = await target.fetch(select, *bounds)
    if [tuple(row) for row in target_rows] == rows:
        return
    source_ids = {row[0] for row in rows}
    async with target.transaction():
        for row in target_rows:
            if row["id"] not in source_ids:
                await target.execute(sql.delete_row(table), row["id"])
        await target.executemany(sql.upsert_row(table, list(columns)), rows)


def _read_in_chunks(source: sqlite3.Connection, table: str, columns: dict[str, str]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the source's rows in the order of their keys, with the types of the target. The key is the first column."""
    assert next(iter(columns)) == "id"
    boolean_indexes = [n for n, column_type in enumerate(columns.values()) if column_type == "boolean"]
    cursor = source.execute(sql.select_rows(table, columns))
    while rows := cursor.fetchmany(ROWS_PER_BATCH):
        for n in boolean_indexes:
            rows = [(*row[:n], None if row[n] is None else bool(row[n]), *row[n + 1 :]) for row in rows]
        yield rows


async def _reset_sequences(target: Any, tables: dict[str, dict[str, str]]) -> None:
    """Set the sequence of each generated key after the newest row."""
    for table in tables:
        sequence = await target.fetchval(sql.FIND_SEQUENCE, table)
        if sequence:
            highest_id = await target.fetchval(sql.read_highest_id(table))
            await target.execute(sql.SET_SEQUENCE, sequence, highest_id or 1, highest_id is not None)


async def _compare_digests(
    source: sqlite3.Connection, target: Any, tables: dict[str, dict[str, str]], on_progress: ProgressCallback
) -> dict[str, str]:
    """Read every table again from both sides and return the digests.

    Raise Conflict with the name of a table that differs.
    """
    digests = {}
    for tables_done, (table, columns) in enumerate(tables.items(), 1):
        source_digest, target_digest = hashlib.sha256(), hashlib.sha256()
        for rows in _read_in_chunks(source, table, columns):
            for row in rows:
                source_digest.update(repr(row).encode())
        async with target.transaction(isolation="repeatable_read", readonly=True):
            async for row in target.cursor(sql.select_rows(table, columns), prefetch=ROWS_PER_BATCH):
                target_digest.update(repr(tuple(row)).encode())
        if source_digest.digest() != target_digest.digest():
            raise Conflict(f"The table {table} differs after it was moved. Run it again.")
        digests[table] = source_digest.hexdigest()
        on_progress("compared", tables_done, len(tables))
    return digests


def retire_database(path: Path) -> Path:
    """Rename a moved database, so that no server uses it by mistake: two servers would fork every diary.

    Return the new path. Raise Conflict when a file has that name.
    """
    retired_path = path.with_name(path.name + ".moved")
    if retired_path.exists():
        raise Conflict(f"{retired_path.name} exists already.")
    connection = open_sqlite(path)
    connection.execute(control.TRUNCATE_WAL).fetchone()
    connection.close()
    path.rename(retired_path)
    return retired_path

"""A database of any earlier day, a row in each of its tables, brought to the newest: every value is still there."""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder

from diary import config
from diary.config import Settings
from diary.storage import database
from diary.storage.postgres.address import is_postgres
from diary.storage.sqlite.connection import path_of
from tests.migrations.test_migrations import STEPS
from tests.postgres import Postgres, in_a_thread, rows_of

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
ID = bytes(range(16))
# One value for each kind of column. Every id is the same, so rows that belong together do.
SQLITE = {"BLOB": f"x'{ID.hex()}'", "VARCHAR": "'x'"}
POSTGRES = {"bytea": rf"'\x{ID.hex()}'", "character varying": "'x'", "boolean": "false"}
OURS = "NOT LIKE 'tortoise%'"


class Kept:
    """A database beside the server's own code: what it holds, and rows put into it."""

    def __init__(self, settings: Settings) -> None:
        """Which one."""
        self.url = settings.database_url
        self.postgres = is_postgres(self.url)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement; a change is kept."""
        if self.postgres:
            found: list[tuple[Any, ...]] = in_a_thread(rows_of(self.url, sql))
            return found
        with closing(sqlite3.connect(path_of(self.url), isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    def columns(self) -> dict[str, dict[str, str]]:
        """The kind of each column of each table."""
        if self.postgres:
            rows = self.ask(
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                f" WHERE table_schema = 'public' AND table_name {OURS} ORDER BY ordinal_position"
            )
        else:
            rows = self.ask(
                "SELECT m.name, p.name, p.type FROM sqlite_master m JOIN pragma_table_info(m.name) p"
                f" WHERE m.type = 'table' AND m.name {OURS} AND m.name NOT LIKE 'sqlite%'"
            )
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in rows:
            found.setdefault(table, {})[column] = kind
        return found

    def fill(self) -> dict[str, list[str]]:
        """One row more in each table; the columns of each."""
        values = POSTGRES if self.postgres else SQLITE
        columns = self.columns()
        for table, kinds in columns.items():
            put = ", ".join(values.get(kind.split("(")[0], "7") for kind in kinds.values())
            # Which row belongs to which is not what is asked here.
            before = "SET session_replication_role = replica; " if self.postgres else ""
            self.run(f"{before}INSERT INTO {table} ({', '.join(kinds)}) VALUES ({put})")
        return {table: list(kinds) for table, kinds in columns.items()}

    def run(self, sql: str) -> None:
        """Statements without an answer."""
        if self.postgres:
            in_a_thread(_run(self.url, sql))
        else:
            self.ask(sql)

    def rows(self, columns: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
        """What those columns hold."""
        return {
            table: sorted(self.ask(f"SELECT {', '.join(names)} FROM {table}"), key=repr)
            for table, names in columns.items()
        }


async def _run(url: str, sql: str) -> None:
    """Several statements over one connection."""
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def migrated_to(step: str, which: str, folder: Path, request: pytest.FixtureRequest) -> Settings:
    """The settings of a new database of that kind, migrated as far as a step."""
    if which == "sqlite":
        settings = config.load({"DIARY_DATA": str(folder)})
        shutil.copy(await _sqlite_at(step), path_of(settings.database_url))
        return settings
    server: Postgres = request.getfixturevalue("postgres")
    settings = config.load({"DIARY_DATA": str(folder), "DIARY_DATABASE_URL": server.empty()})
    await _migrate(settings, step)
    return settings


_MADE: dict[str, Path] = {}


async def _sqlite_at(step: str) -> Path:
    """A SQLite database migrated as far as a step. Each is made once, as a copy taken on the way to the newest."""
    if not _MADE:
        folder = Path(tempfile.mkdtemp(prefix="kept-migrations-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        settings = config.load({"DIARY_DATA": str(folder)})
        real = MigrationRecorder.record_applied

        async def copies(self: MigrationRecorder, app: str, name: str) -> None:
            await real(self, app, name)
            _MADE[name] = folder / name
            with (
                closing(sqlite3.connect(path_of(settings.database_url))) as made,
                closing(sqlite3.connect(_MADE[name])) as copy,
            ):
                made.backup(copy)

        with patch.object(MigrationRecorder, "record_applied", copies):
            await _migrate(settings, STEPS[-1])
        assert list(_MADE) == STEPS
    return _MADE[step]


async def _migrate(settings: Settings, step: str) -> None:
    """Apply the steps one by one, as far as a step."""
    async with TortoiseContext() as context:
        await context.init(config=database._config(settings.database_url))
        executor = MigrationExecutor(context.connections.get("default"), database._APPS)
        await executor.migrate([MigrationTarget(app_label=database.APP, name=step)])


@pytest.mark.parametrize("which", DATABASES)
@pytest.mark.parametrize("step", STEPS)
async def test_every_tables_rows_come_through(
    step: str, which: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Nothing that stood in a table at this step is gone or another afterwards, and the server opens the database."""
    settings = await migrated_to(step, which, tmp_path, request)
    kept = Kept(settings)
    columns = kept.fill()
    before = kept.rows(columns)
    assert all(before.values()), before
    await database.migrate(settings)
    after = kept.rows(columns)
    # A step may queue what was there for the log; it takes nothing away and changes nothing.
    for table, rows in before.items():
        assert [row for row in rows if row not in after[table]] == [], table
    async with database.opened(settings) as db:
        assert await db.look("SELECT login_mac FROM account WHERE id = ?", (ID,)) == (ID,)

"""A database of any earlier step, with a row in each table, migrates with every value intact."""

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
from diary.storage.sqlite.connection import path_from_url
from tests.migrations.test_migrations import MIGRATION_NAMES
from tests.postgres import PostgresServer, fetch_rows, run_in_thread

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
SAMPLE_ID = bytes(range(16))
# One value for each type of column. All ids are equal, so related rows match.
SQLITE_SAMPLE_VALUES = {"BLOB": f"x'{SAMPLE_ID.hex()}'", "VARCHAR": "'x'"}
POSTGRES_SAMPLE_VALUES = {"bytea": rf"'\x{SAMPLE_ID.hex()}'", "character varying": "'x'", "boolean": "false"}
OWN_TABLES_CONDITION = "NOT LIKE 'tortoise%'"


class RawDatabase:
    """Database accessed without the product's code: its content, and rows to insert."""

    def __init__(self, settings: Settings) -> None:
        """Use the database of `settings`."""
        self.url = settings.database_url
        self.postgres = is_postgres(self.url)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, and commit."""
        if self.postgres:
            rows: list[tuple[Any, ...]] = run_in_thread(fetch_rows(self.url, sql))
            return rows
        with closing(sqlite3.connect(path_from_url(self.url), isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    def columns(self) -> dict[str, dict[str, str]]:
        """Return the type of each column of each table."""
        if self.postgres:
            rows = self.query(
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                f" WHERE table_schema = 'public' AND table_name {OWN_TABLES_CONDITION} ORDER BY ordinal_position"
            )
        else:
            rows = self.query(
                "SELECT m.name, p.name, p.type FROM sqlite_master m JOIN pragma_table_info(m.name) p"
                f" WHERE m.type = 'table' AND m.name {OWN_TABLES_CONDITION} AND m.name NOT LIKE 'sqlite%'"
            )
        kind_by_column: dict[str, dict[str, str]] = {}
        for table, column, kind in rows:
            kind_by_column.setdefault(table, {})[column] = kind
        return kind_by_column

    def insert_sample_rows(self) -> dict[str, list[str]]:
        """Insert one row into each table, and return the columns of each."""
        values = POSTGRES_SAMPLE_VALUES if self.postgres else SQLITE_SAMPLE_VALUES
        columns = self.columns()
        for table, kinds in columns.items():
            insert_statement = ", ".join(values.get(column_kind.split("(")[0], "7") for column_kind in kinds.values())
            # Relations between rows do not matter here.
            before = "SET session_replication_role = replica; " if self.postgres else ""
            self.execute(f"{before}INSERT INTO {table} ({', '.join(kinds)}) VALUES ({insert_statement})")
        return {table: list(kinds) for table, kinds in columns.items()}

    def execute(self, sql: str) -> None:
        """Run statements without results."""
        if self.postgres:
            run_in_thread(run_postgres_statements(self.url, sql))
        else:
            self.query(sql)

    def rows(self, columns: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
        """Return the content of those columns."""
        return {
            table: sorted(self.query(f"SELECT {', '.join(names)} FROM {table}"), key=repr)
            for table, names in columns.items()
        }


async def run_postgres_statements(url: str, sql: str) -> None:
    """Run several statements over one connection."""
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def migrated_to(step: str, which: str, folder: Path, request: pytest.FixtureRequest) -> Settings:
    """Return the settings of a new database of that kind, migrated up to a step."""
    if which == "sqlite":
        settings = config.load_settings({"DIARY_DATA": str(folder)})
        shutil.copy(await sqlite_migrated_to(step), path_from_url(settings.database_url))
        return settings
    server: PostgresServer = request.getfixturevalue("postgres")
    settings = config.load_settings({"DIARY_DATA": str(folder), "DIARY_DATABASE_URL": server.create_empty_database()})
    await _migrate(settings, step)
    return settings


_MIGRATED_FILES: dict[str, Path] = {}


async def sqlite_migrated_to(step: str) -> Path:
    """Return a SQLite database migrated up to a step. Each is made once, as a copy on the way to the newest."""
    if not _MIGRATED_FILES:
        folder = Path(tempfile.mkdtemp(prefix="kept-migrations-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        settings = config.load_settings({"DIARY_DATA": str(folder)})
        record_applied = MigrationRecorder.record_applied

        async def copy_at_step(self: MigrationRecorder, app: str, name: str) -> None:
            await record_applied(self, app, name)
            _MIGRATED_FILES[name] = folder / name
            with (
                closing(sqlite3.connect(path_from_url(settings.database_url))) as connection,
                closing(sqlite3.connect(_MIGRATED_FILES[name])) as copy,
            ):
                connection.backup(copy)

        with patch.object(MigrationRecorder, "record_applied", copy_at_step):
            await _migrate(settings, MIGRATION_NAMES[-1])
        assert list(_MIGRATED_FILES) == MIGRATION_NAMES
    return _MIGRATED_FILES[step]


async def _migrate(settings: Settings, step: str) -> None:
    """Apply the migrations one by one, up to a step."""
    async with TortoiseContext() as context:
        await context.init(config=database._tortoise_config(settings.database_url))
        executor = MigrationExecutor(context.connections.get("default"), database._TORTOISE_APPS)
        await executor.migrate([MigrationTarget(app_label=database.APP_LABEL, name=step)])


@pytest.mark.parametrize("which", DATABASES)
@pytest.mark.parametrize("step", MIGRATION_NAMES)
async def test_rows_of_every_table_survive_migration(
    step: str, which: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """No value is missing or changed after migrating from this step, and the server opens the database."""
    settings = await migrated_to(step, which, tmp_path, request)
    raw_database = RawDatabase(settings)
    columns = raw_database.insert_sample_rows()
    before = raw_database.rows(columns)
    assert all(before.values()), before
    await database.migrate(settings)
    rows_after = raw_database.rows(columns)
    # A step may queue existing rows for the log; it removes and changes nothing.
    for table, rows in before.items():
        assert [row for row in rows if row not in rows_after[table]] == [], table
    async with database.open_database(settings) as db:
        assert await db.fetch_one("SELECT login_mac FROM account WHERE id = ?", (SAMPLE_ID,)) == (SAMPLE_ID,)

"""Migrated tables match the models, and an outdated database is not served. Rows through each step: test_rows.py."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_generator.state_apps import StateApps
from tortoise.utils import get_schema_sql

from diary import config
from diary.config import Settings
from diary.errors import BadSetting
from diary.storage import database
from diary.storage.sqlite.connection import path_from_url
from tests import cached_setup as once
from tests.server_fixture import register_keeper, running_server

MIGRATION_NAMES = sorted(path.stem for path in (Path(database.__file__).parent / "migrations").glob("0*.py"))


def columns_by_table(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Return every table's columns and indexed columns."""
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    result: dict[str, list[tuple[object, ...]]] = {}
    for table in tables:
        if table.startswith(("sqlite_", "tortoise_")):
            continue
        result[table] = sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({table})"))
        for index in connection.execute(f"PRAGMA index_list({table})").fetchall():
            names = tuple(row[2] for row in connection.execute(f"PRAGMA index_info({index[1]})"))
            result[table].append(("index", index[2], *names))
        result[table].sort(key=repr)
    return result


async def test_the_migrations_make_the_models_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns and indexes are compared one by one: a model changed without a migration is found.

    The library's own state makes the same schema as the quicker one of the other tests (tests/cached_setup.py).
    """
    quicker = config.load_settings({"DIARY_DATA": str(tmp_path / "quicker")})
    await database.migrate(quicker)
    monkeypatch.setattr(StateApps, "_build_initial_querysets", once.build_state_queries)
    settings = config.load_settings({"DIARY_DATA": str(tmp_path / "usual")})
    await database.migrate(settings)
    assert schema_statements(settings) == schema_statements(quicker)
    path = path_from_url(settings.database_url)
    async with TortoiseContext() as context:
        await context.init(config=database._tortoise_config(settings.database_url))
        models_schema = get_schema_sql(context.connections.get("default"), safe=False)
    migrated_database, expected = sqlite3.connect(path), sqlite3.connect(":memory:")
    expected.executescript(re.sub(r"/\*.*?\*/", "", models_schema, flags=re.DOTALL))
    assert columns_by_table(migrated_database) == columns_by_table(expected)
    migrated_database.close()
    expected.close()


def schema_statements(settings: Settings) -> set[tuple[str, str]]:
    """Return the statement of each table and index, by name."""
    with closing(sqlite3.connect(path_from_url(settings.database_url))) as connection:
        return set(connection.execute("SELECT name, sql FROM sqlite_master"))


async def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    """Rows remain, and a keeper can continue, after a repeated migration."""
    async with running_server(tmp_path) as server:
        keeper = await register_keeper(server)
        await keeper.push()
        before = server.dump()
        await database.migrate(server.settings)
        assert server.dump() == before
        assert (await keeper.push()).status_code == 201


async def test_a_database_that_is_behind_is_not_served(tmp_path: Path) -> None:
    """The server names the command to run instead of failing at the first request."""
    settings = config.load_settings({"DIARY_DATA": str(tmp_path / "new")})
    with pytest.raises(BadSetting, match="migrate"):
        async with database.open_database(settings):
            pass
    await database.migrate(settings)
    connection = sqlite3.connect(path_from_url(settings.database_url))
    connection.execute("DELETE FROM tortoise_migrations")
    connection.commit()
    connection.close()
    with pytest.raises(BadSetting, match="migrate"):
        async with database.open_database(settings):
            pass


async def test_an_older_release_refuses_a_newer_database(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Neither the server nor `migrate` of an older release touches tables that a newer one has changed."""
    settings = config.load_settings({"DIARY_DATA": str(tmp_path), **database_setting})
    await database.migrate(settings)
    async with TortoiseContext() as context:
        await context.init(config=database._tortoise_config(settings.database_url))
        connection = context.connections.get("default")
        await connection.execute_script(
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('kept', '0999_later', '2030-01-01 00:00:00')"
        )
    with pytest.raises(BadSetting, match=r"newer release \(0999_later was applied to it\)"):
        async with database.open_database(settings):
            pass
    with pytest.raises(BadSetting, match="newer release"):
        await database.migrate(settings)


async def test_a_migration_that_fails_gives_the_databases_reason(
    tmp_path: Path, database_setting: dict[str, str]
) -> None:
    """A refused statement is not a question of permissions. The tables stay as they were."""
    settings = config.load_settings({"DIARY_DATA": str(tmp_path), **database_setting})
    await database.migrate(settings)
    async with TortoiseContext() as context:
        await context.init(config=database._tortoise_config(settings.database_url))
        await context.connections.get("default").execute_script("DELETE FROM tortoise_migrations")
    with pytest.raises(BadSetting) as caught:
        await database.migrate(settings)
    assert "already exists" in caught.value.message
    assert "nothing in it was changed" in caught.value.message
    assert "permission" not in caught.value.message
    async with TortoiseContext() as context:
        await context.init(config=database._tortoise_config(settings.database_url))
        applied = await database._applied_migrations(context.connections.get("default"))
    assert applied == set()


def test_an_unsupported_database_url_is_refused() -> None:
    """Only supported databases are accepted."""
    for url in ("postgres://x/y", "sqlite://", "/var/x"):
        with pytest.raises(BadSetting):
            path_from_url(url)


async def test_existing_versions_are_queued_for_the_log(tmp_path: Path) -> None:
    """Versions with receipts from before the log are queued for it, in order."""
    settings = config.load_settings({"DIARY_DATA": str(tmp_path)})
    path = path_from_url(settings.database_url)
    async with TortoiseContext() as context:
        await context.init(config=database._tortoise_config(settings.database_url))
        executor = MigrationExecutor(context.connections.get("default"), database._TORTOISE_APPS)
        await executor.migrate([MigrationTarget(app_label=database.APP_LABEL, name="0001_start")])
    connection = sqlite3.connect(path)
    for i in range(3):
        connection.execute("INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (i, b"d", i, *[bytes([i])] * 7))
    connection.commit()
    await database.migrate(settings)
    assert connection.execute("SELECT id FROM waiting_leaf ORDER BY id").fetchall() == [(0,), (1,), (2,)]
    assert connection.execute("SELECT id, size FROM log_size").fetchall() == [(0, 0)]
    connection.close()


@pytest.mark.parametrize("step", [1, len(MIGRATION_NAMES) // 2, len(MIGRATION_NAMES)])
async def test_an_interrupted_migration_is_applied_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """After an interruption the same command creates the same tables.

    Nothing is visible to other connections until the end: no table and no record of a step.
    """
    settings = config.load_settings({"DIARY_DATA": str(tmp_path)})
    path = path_from_url(settings.database_url)
    record_applied = MigrationRecorder.record_applied
    recorded_names: list[str] = []

    async def fail_at_step(self: MigrationRecorder, app: str, name: str) -> None:
        recorded_names.append(name)
        assert tables_and_migration_count(path) == ({"tortoise_migrations"}, 0), f"{name} is kept before the end"
        if len(recorded_names) == step:
            raise RuntimeError("killed")
        await record_applied(self, app, name)

    monkeypatch.setattr(MigrationRecorder, "record_applied", fail_at_step)
    with pytest.raises(RuntimeError, match="killed"):
        await database.migrate(settings)
    monkeypatch.setattr(MigrationRecorder, "record_applied", record_applied)
    await database.migrate(settings)
    async with database.open_database(settings):
        pass
    assert tables_and_migration_count(path)[1] == len(MIGRATION_NAMES)


def tables_and_migration_count(path: Path) -> tuple[set[str], int]:
    """Return the tables that another connection sees, and how many steps are recorded as done."""
    with closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        migration_count: int = connection.execute("SELECT count(*) FROM tortoise_migrations").fetchone()[0]
        return tables - {"sqlite_sequence"}, migration_count

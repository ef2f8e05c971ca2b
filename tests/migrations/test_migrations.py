"""The tables are the models', and a database that is behind is not served. Rows through each step: test_rows.py."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.utils import get_schema_sql

from diary import config
from diary.errors import BadSetting
from diary.storage import database
from diary.storage.sqlite.connection import path_of
from tests.keepers import enrol, served

STEPS = sorted(path.stem for path in (Path(database.__file__).parent / "migrations").glob("0*.py"))


def columns(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every table's columns and indexed columns."""
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found: dict[str, list[tuple[object, ...]]] = {}
    for table in tables:
        if table.startswith(("sqlite_", "tortoise_")):
            continue
        found[table] = sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({table})"))
        for index in connection.execute(f"PRAGMA index_list({table})").fetchall():
            names = tuple(row[2] for row in connection.execute(f"PRAGMA index_info({index[1]})"))
            found[table].append(("index", index[2], *names))
        found[table].sort(key=repr)
    return found


async def test_the_migrations_make_the_models_tables(tmp_path: Path) -> None:
    """Column by column and index by index: a model changed without a migration is found."""
    settings = config.load({"DIARY_DATA": str(tmp_path)})
    await database.migrate(settings)
    path = path_of(settings.database_url)
    async with TortoiseContext() as context:
        await context.init(config=database._config(settings.database_url))
        wanted = get_schema_sql(context.connections.get("default"), safe=False)
    made, expected = sqlite3.connect(path), sqlite3.connect(":memory:")
    expected.executescript(re.sub(r"/\*.*?\*/", "", wanted, flags=re.DOTALL))
    assert columns(made) == columns(expected)
    made.close()
    expected.close()


async def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    """Rows stay, and a keeper goes on, after every migration has been asked for once more."""
    async with served(tmp_path) as server:
        keeper = await enrol(server)
        await keeper.push()
        before = server.dump()
        await database.migrate(server.settings)
        assert server.dump() == before
        assert (await keeper.push()).status_code == 201


async def test_a_database_that_is_behind_is_not_served(tmp_path: Path) -> None:
    """The server says what to run instead of failing at the first request."""
    settings = config.load({"DIARY_DATA": str(tmp_path / "new")})
    with pytest.raises(BadSetting, match="migrate"):
        async with database.opened(settings):
            pass
    await database.migrate(settings)
    connection = sqlite3.connect(path_of(settings.database_url))
    connection.execute("DELETE FROM tortoise_migrations")
    connection.commit()
    connection.close()
    with pytest.raises(BadSetting, match="migrate"):
        async with database.opened(settings):
            pass


def test_another_kind_of_address_is_refused() -> None:
    """Only what this server can write to."""
    for url in ("postgres://x/y", "sqlite://", "/var/x"):
        with pytest.raises(BadSetting):
            path_of(url)


async def test_versions_of_before_are_queued_for_the_log(tmp_path: Path) -> None:
    """What was receipted before there was a log waits for its place in it, in the order it came."""
    settings = config.load({"DIARY_DATA": str(tmp_path)})
    path = path_of(settings.database_url)
    async with TortoiseContext() as context:
        await context.init(config=database._config(settings.database_url))
        executor = MigrationExecutor(context.connections.get("default"), database._APPS)
        await executor.migrate([MigrationTarget(app_label=database.APP, name="0001_start")])
    connection = sqlite3.connect(path)
    for i in range(3):
        connection.execute("INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (i, b"d", i, *[bytes([i])] * 7))
    connection.commit()
    await database.migrate(settings)
    assert connection.execute("SELECT id FROM waiting_leaf ORDER BY id").fetchall() == [(0,), (1,), (2,)]
    assert connection.execute("SELECT id, size FROM log_size").fetchall() == [(0, 0)]
    connection.close()


@pytest.mark.parametrize("step", [1, len(STEPS) // 2, len(STEPS)])
async def test_a_migration_that_was_broken_off_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Nothing half stays: the same command makes the same tables afterwards.

    Nor could it at any other step: until the end nobody else finds a table or a note of what was done.
    """
    settings = config.load({"DIARY_DATA": str(tmp_path)})
    path = path_of(settings.database_url)
    real = MigrationRecorder.record_applied
    noted: list[str] = []

    async def dies(self: MigrationRecorder, app: str, name: str) -> None:
        noted.append(name)
        assert kept_in(path) == ({"tortoise_migrations"}, 0), f"{name} is kept before the end"
        if len(noted) == step:
            raise RuntimeError("killed")
        await real(self, app, name)

    monkeypatch.setattr(MigrationRecorder, "record_applied", dies)
    with pytest.raises(RuntimeError, match="killed"):
        await database.migrate(settings)
    monkeypatch.setattr(MigrationRecorder, "record_applied", real)
    await database.migrate(settings)
    async with database.opened(settings):
        pass
    assert kept_in(path)[1] == len(STEPS)


def kept_in(path: Path) -> tuple[set[str], int]:
    """The tables that another connection finds, and how many steps are noted as done."""
    with closing(sqlite3.connect(path)) as other:
        tables = {name for (name,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        noted: int = other.execute("SELECT count(*) FROM tortoise_migrations").fetchone()[0]
        return tables - {"sqlite_sequence"}, noted

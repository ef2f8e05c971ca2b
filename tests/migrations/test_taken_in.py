"""A database from before letters and statements stayed after they were taken in: those that are there still wait."""

from __future__ import annotations

from pathlib import Path

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from diary import config
from diary.storage import database, letters
from tests.migrations.test_rows import DATABASES, ID, Kept
from tests.postgres import Postgres

BEFORE = "0017_tokens"


@pytest.mark.parametrize("which", DATABASES)
async def test_what_waited_still_waits(which: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A row of each kind from the release before: not taken in, listed, and taken in from now on without being deleted."""
    url = {}
    if which == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = {"DIARY_DATABASE_URL": server.empty()}
    settings = config.load({"DIARY_DATA": str(tmp_path), **url})
    async with TortoiseContext() as context:
        await context.init(config=database._config(settings.database_url))
        executor = MigrationExecutor(context.connections.get("default"), database._APPS)
        await executor.migrate([MigrationTarget(app_label=database.APP, name=BEFORE)])
    kept = Kept(settings)
    kept.fill()
    await database.migrate(settings)
    assert kept.ask("SELECT taken_at FROM letter UNION ALL SELECT taken_at FROM witness_code") == [(None,), (None,)]
    async with database.opened(settings) as db:
        assert [one.id for one in await letters.list_for(db, ID, ID)] == [ID]
        await db.writer.run(lambda hand: letters.take_in(hand, ID, ID, ID, 9))
        assert await letters.list_for(db, ID, ID) == []
        assert [(one.id, one.taken_at) for one in await letters.list_for(db, ID, ID, taken=True)] == [(ID, 9)]

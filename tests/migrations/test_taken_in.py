"""A database from before letters and statements stayed after they were taken in: those that are there still wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from diary.storage import database
from diary.storage.sharing import letters
from tests.migrations.test_rows import DATABASES, ID, Kept, migrated_to

BEFORE = "0017_tokens"


@pytest.mark.parametrize("which", DATABASES)
async def test_what_waited_still_waits(which: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A row of each kind from the release before: not taken in, listed, and taken in from now on without being deleted."""
    settings = await migrated_to(BEFORE, which, tmp_path, request)
    kept = Kept(settings)
    kept.fill()
    await database.migrate(settings)
    assert kept.ask("SELECT taken_at FROM letter UNION ALL SELECT taken_at FROM witness_code") == [(None,), (None,)]
    async with database.opened(settings) as db:
        assert [one.id for one in await letters.list_for(db, ID, ID)] == [ID]
        await db.writer.run(lambda hand: letters.take_in(hand, ID, ID, ID, 9))
        assert await letters.list_for(db, ID, ID) == []
        assert [(one.id, one.taken_at) for one in await letters.list_for(db, ID, ID, taken=True)] == [(ID, 9)]

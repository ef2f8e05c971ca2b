"""Databases from before accepted letters and statements were kept: existing ones are still pending."""

from __future__ import annotations

from pathlib import Path

import pytest

from diary.storage import database
from diary.storage.sharing import letters
from tests.migrations.test_rows import DATABASES, SAMPLE_ID, RawDatabase, migrated_to

LAST_MIGRATION_BEFORE = "0017_tokens"


@pytest.mark.parametrize("which", DATABASES)
async def test_pending_letters_and_statements_stay_pending(
    which: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Old letters and statements are pending and listed; accepting them no longer deletes them."""
    settings = await migrated_to(LAST_MIGRATION_BEFORE, which, tmp_path, request)
    raw_database = RawDatabase(settings)
    raw_database.insert_sample_rows()
    await database.migrate(settings)
    assert raw_database.query("SELECT taken_at FROM letter UNION ALL SELECT taken_at FROM witness_code") == [
        (None,),
        (None,),
    ]
    async with database.open_database(settings) as db:
        assert [letter.id for letter in await letters.list_for_diary(db, SAMPLE_ID, SAMPLE_ID)] == [SAMPLE_ID]
        await db.writer.run(lambda hand: letters.mark_taken(hand, SAMPLE_ID, SAMPLE_ID, SAMPLE_ID, 9))
        assert await letters.list_for_diary(db, SAMPLE_ID, SAMPLE_ID) == []
        assert [
            (letter.id, letter.taken_at)
            for letter in await letters.list_for_diary(db, SAMPLE_ID, SAMPLE_ID, include_taken=True)
        ] == [(SAMPLE_ID, 9)]

"""The account that a diary belongs to."""

from typing import Final

from diary.storage.database_interface import Database
from diary.storage.models.core import Diary
from diary.storage.statements import Statement, param, query, table

_DIARY: Final = table(Diary)
_FIND_OWNER: Final = Statement(query.from_(_DIARY).select(_DIARY.account_id).where(_DIARY.id == param.diary))


async def find_diary_owner(db: Database, diary: bytes) -> bytes | None:
    """Return the id of the account that a diary belongs to, or None where there is no such diary."""
    row = await db.fetch_one(*_FIND_OWNER(diary=diary))
    return None if row is None else bytes(row[0])

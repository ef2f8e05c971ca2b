"""Ownership of diaries by accounts."""

from typing import Final

from diary.errors import NotFound
from diary.storage.database_interface import Database
from diary.storage.models.core import Diary
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

_DIARY: Final = table(Diary)
_FIND_OWNED: Final = Statement(
    query.from_(_DIARY).select(_DIARY.id).where((_DIARY.id == param.diary) & (_DIARY.account_id == param.account))
)
_FIND_ACCOUNT: Final = Statement(query.from_(_DIARY).select(_DIARY.account_id).where(_DIARY.id == param.diary))


def check_diary_owned(tx: Transaction, account: bytes, diary: bytes) -> None:
    """Raise NotFound unless the diary is the account's."""
    if not tx.execute(*_FIND_OWNED(diary=diary, account=account)).fetchone():
        raise NotFound


async def find_account(db: Database, diary: bytes) -> bytes | None:
    """Return the id of the account a diary belongs to, or None when there is no such diary."""
    row = await db.fetch_one(*_FIND_ACCOUNT(diary=diary))
    return row[0] if row else None

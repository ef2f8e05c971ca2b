"""Review marks: which entries an advocate has looked through, sealed.

There is one row for each grant. It stays when the grant ends, for the keeper to read.
"""

from collections.abc import Mapping
from typing import Final

from diary.errors import NotFound
from diary.storage.database_interface import Database
from diary.storage.models.advocates import Grant, GrantMarks
from diary.storage.models.core import Diary
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

_DIARY: Final = table(Diary)
_GRANT: Final = table(Grant)
_MARKS: Final = table(GrantMarks)
_REPLACE: Final = Statement(
    query.update(_MARKS)
    .set(_MARKS.sealed, param.sealed)
    .set(_MARKS.n, _MARKS.n + 1)
    .where(_MARKS.grant_id == param.grant)
)
_ADD: Final = Statement(
    query.into(_MARKS).columns(_MARKS.grant_id, _MARKS.n, _MARKS.sealed).insert(param.grant, 1, param.sealed)
)
_FIND: Final = Statement(query.from_(_MARKS).select(_MARKS.sealed).where(_MARKS.grant_id == param.grant))
_NUMBERS: Final = Statement(
    query.from_(_MARKS)
    .join(_GRANT)
    .on(_GRANT.id == _MARKS.grant_id)
    .join(_DIARY)
    .on(_DIARY.id == _GRANT.diary_id)
    .select(_MARKS.grant_id, _MARKS.n)
    .where(_DIARY.account_id == param.account)
)
_FIND_OWNED: Final = Statement(
    query.from_(_GRANT)
    .join(_DIARY)
    .on(_DIARY.id == _GRANT.diary_id)
    .left_join(_MARKS)
    .on(_MARKS.grant_id == _GRANT.id)
    .select(_MARKS.sealed)
    .where((_GRANT.id == param.grant) & (_DIARY.id == param.diary) & (_DIARY.account_id == param.account))
)


def replace_marks(tx: Transaction, grant: bytes, sealed: bytes) -> None:
    """Replace the marks of a grant, and add one to their number."""
    if not tx.execute(*_REPLACE(grant=grant, sealed=sealed)).rowcount:
        tx.execute(*_ADD(grant=grant, sealed=sealed))


async def find_marks(db: Database, grant: bytes) -> bytes | None:
    """Return the sealed marks of a grant, or None."""
    row = await db.fetch_one(*_FIND(grant=grant))
    return bytes(row[0]) if row else None


async def list_numbers(db: Database, account: bytes) -> Mapping[bytes, int]:
    """Return the number of the newest marks by grant, for those of the account's grants that have marks."""

    def read(tx: Transaction) -> Mapping[bytes, int]:
        rows = tx.execute(*_NUMBERS(account=account)).fetchall()
        return {bytes(grant): int(n) for grant, n in rows}

    return await db.run_read(read)


async def find_owned_marks(db: Database, account: bytes, diary: bytes, grant: bytes) -> bytes | None:
    """Return the sealed marks of a grant of this account's diary, active or ended, or None. Raise NotFound."""
    row = await db.fetch_one(*_FIND_OWNED(grant=grant, diary=diary, account=account))
    if row is None:
        raise NotFound
    return bytes(row[0]) if row[0] is not None else None

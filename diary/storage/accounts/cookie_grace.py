"""The end of the period in which session cookies of earlier releases are accepted: one row, or none."""

from typing import Final

from pypika_tortoise import functions

from diary.storage.database_interface import Database
from diary.storage.models.core import CookieGrace
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

NOT_SET: Final = 0
_GRACE: Final = table(CookieGrace)
_SET_END: Final = Statement(query.update(_GRACE).set(_GRACE.until, param.end_ms).where(_GRACE.until == NOT_SET))
_FIND_END: Final = Statement(query.from_(_GRACE).select(functions.Max(_GRACE.until)).where(_GRACE.id == 0))


def set_end(tx: Transaction, end_ms: int) -> None:
    """Set the end, in ms, if the upgrade left it open. An end that is set never changes."""
    tx.execute(*_SET_END(end_ms=end_ms))


async def find_end_ms(db: Database) -> int:
    """Return the end in ms, or 0 on a server that never issued cookies."""
    row = await db.fetch_one(*_FIND_END())
    return int(row[0] or 0) if row else 0

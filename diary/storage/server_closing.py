"""The announced closing of this server: one row, or none."""

from dataclasses import dataclass
from typing import Final

from diary.storage.database_interface import Database
from diary.storage.models.core import Ending
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

_ENDING: Final = table(Ending)
_REPLACE: Final = Statement(
    query.into(_ENDING)
    .columns(_ENDING.id, _ENDING.closes_at, _ENDING.off_at)
    .insert(0, param.closes_at, param.off_at)
    .on_conflict(_ENDING.id)
    .do_update(_ENDING.closes_at)
    .do_update(_ENDING.off_at)
)
_DELETE: Final = Statement(query.from_(_ENDING).delete().where(_ENDING.id == 0))
_FIND: Final = Statement(query.from_(_ENDING).select(_ENDING.closes_at, _ENDING.off_at).where(_ENDING.id == 0))


@dataclass(frozen=True, slots=True)
class ClosingSchedule:
    """Two times in ms. From `closes_at` the server accepts nothing new; from `off_at` it refuses all diary requests."""

    closes_at: int
    off_at: int


def announce_closing(tx: Transaction, schedule: ClosingSchedule) -> None:
    """Store the schedule of the closing in place of any earlier one."""
    tx.execute(*_REPLACE(closes_at=schedule.closes_at, off_at=schedule.off_at))


def cancel_closing(tx: Transaction) -> bool:
    """Cancel the closing. Return whether one was announced."""
    return tx.execute(*_DELETE()).rowcount == 1


async def find_closing(db: Database) -> ClosingSchedule | None:
    """Return the announced schedule, or None."""
    row = await db.fetch_one(*_FIND())
    return ClosingSchedule(int(row[0]), int(row[1])) if row else None

"""The announced shutdown of this server: one row, or none."""

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
class ShutdownSchedule:
    """Two times in ms. From `closes_at` the server accepts nothing new; from `off_at` it refuses all diary requests."""

    closes_at: int
    off_at: int


def announce(tx: Transaction, schedule: ShutdownSchedule) -> None:
    """Store a shutdown schedule in place of any earlier one."""
    tx.execute(*_REPLACE(closes_at=schedule.closes_at, off_at=schedule.off_at))


def cancel(tx: Transaction) -> bool:
    """Cancel the shutdown. Return whether one was announced."""
    return tx.execute(*_DELETE()).rowcount == 1


async def find(db: Database) -> ShutdownSchedule | None:
    """Return the announced schedule, or None."""
    row = await db.fetch_one(*_FIND())
    return ShutdownSchedule(int(row[0]), int(row[1])) if row else None

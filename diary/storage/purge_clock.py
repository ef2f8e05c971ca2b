"""The clock readings that erasing depends on; see [Note: clock jumps] in services/sync/purge.py."""

from dataclasses import dataclass
from typing import Final

from diary.storage.models.core import PurgeClock
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

_CLOCK: Final = table(PurgeClock)
_FIND: Final = Statement(query.from_(_CLOCK).select(_CLOCK.seen_at, _CLOCK.steady_since).where(_CLOCK.id == 0))
_REPLACE: Final = Statement(
    query.into(_CLOCK)
    .columns(_CLOCK.id, _CLOCK.seen_at, _CLOCK.steady_since)
    .insert(0, param.seen_at, param.steady_since)
    .on_conflict(_CLOCK.id)
    .do_update(_CLOCK.seen_at)
    .do_update(_CLOCK.steady_since)
)


@dataclass(frozen=True, slots=True)
class PurgeClockRow:
    """`seen_at`: the last reading, in ms. `steady_since`: the reading since which none was too late or too early."""

    seen_at: int
    steady_since: int


def find_purge_clock(tx: Transaction) -> PurgeClockRow | None:
    """Return the stored readings, or None before the first purge."""
    row = tx.execute(*_FIND()).fetchone()
    return PurgeClockRow(*row) if row else None


def set_purge_clock(tx: Transaction, *, seen_at: int, steady_since: int) -> None:
    """Store a reading of the clock."""
    tx.execute(*_REPLACE(seen_at=seen_at, steady_since=steady_since))

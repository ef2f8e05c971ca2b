"""When erasing last looked at the clock."""

from dataclasses import dataclass

from diary.storage.writer import Transaction


@dataclass(frozen=True, slots=True)
class PurgeClockRow:
    """The last look, and since when looks have followed one another evenly."""

    seen_at: int
    steady_since: int


def find_purge_clock(tx: Transaction) -> PurgeClockRow | None:
    """What was noted last; None before the first look."""
    row = tx.execute("SELECT seen_at, steady_since FROM purge_clock WHERE id = 0", ()).fetchone()
    return PurgeClockRow(*row) if row else None


def set_purge_clock(tx: Transaction, *, seen_at: int, steady_since: int) -> None:
    """Note a look."""
    tx.execute(
        "INSERT INTO purge_clock (id, seen_at, steady_since) VALUES (0, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, steady_since = excluded.steady_since",
        (seen_at, steady_since),
    )

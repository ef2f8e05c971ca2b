"""When this server ends, as its operator has announced: one row, or none."""

from dataclasses import dataclass

from diary.storage.database_interface import Database
from diary.storage.writer import Transaction


@dataclass(frozen=True, slots=True)
class ShutdownSchedule:
    """Two moments in ms: `on`, from which nothing new is taken; `off`, from which nothing is answered."""

    closes_at: int
    off_at: int


def announce(tx: Transaction, schedule: ShutdownSchedule) -> None:
    """Announce, or announce anew."""
    tx.execute(
        "INSERT INTO ending (id, closes_at, off_at) VALUES (0, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET closes_at = excluded.closes_at, off_at = excluded.off_at",
        (schedule.closes_at, schedule.off_at),
    )


def cancel(tx: Transaction) -> bool:
    """The server stays; whether it was to end."""
    return tx.execute("DELETE FROM ending WHERE id = 0", ()).rowcount == 1


async def find(db: Database) -> ShutdownSchedule | None:
    """What was announced."""
    row = await db.fetch_one("SELECT closes_at, off_at FROM ending WHERE id = ?", (0,))
    return ShutdownSchedule(int(row[0]), int(row[1])) if row else None

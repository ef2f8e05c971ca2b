"""When this server ends, as its operator has announced: one row, or none."""

from dataclasses import dataclass

from diary.storage.database_interface import Database
from diary.storage.writer import Hand


@dataclass(frozen=True, slots=True)
class End:
    """Two moments in ms: `on`, from which nothing new is taken; `off`, from which nothing is answered."""

    on: int
    off: int


def put(hand: Hand, end: End) -> None:
    """Announce, or announce anew."""
    hand.execute(
        "INSERT INTO ending (id, closes_at, off_at) VALUES (0, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET closes_at = excluded.closes_at, off_at = excluded.off_at",
        (end.on, end.off),
    )


def take_back(hand: Hand) -> bool:
    """The server stays; whether it was to end."""
    return hand.execute("DELETE FROM ending WHERE id = 0", ()).rowcount == 1


async def find(db: Database) -> End | None:
    """What was announced."""
    row = await db.look("SELECT closes_at, off_at FROM ending WHERE id = ?", (0,))
    return End(int(row[0]), int(row[1])) if row else None

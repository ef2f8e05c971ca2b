"""Until when the cookies of earlier releases are taken."""

from typing import Final

from diary.storage.database_interface import Database
from diary.storage.writer import Transaction

NOT_SET: Final = 0


def set_end(tx: Transaction, end_ms: int) -> None:
    """Set the end, in ms, where the upgrade left it open; it never moves afterwards."""
    tx.execute("UPDATE cookie_grace SET until = ? WHERE until = ?", (end_ms, NOT_SET))


async def find_end_ms(db: Database) -> int:
    """The end in ms; 0 on a server that never gave out cookies."""
    row = await db.fetch_one("SELECT max(until) FROM cookie_grace WHERE id = ?", (0,))
    return int(row[0] or 0) if row else 0

"""What log witnesses were asked about checkpoints, and the lines they gave."""

from collections.abc import Sequence
from dataclasses import dataclass

from diary import constants
from diary.storage.database_interface import Database
from diary.storage.writer import Hand

# A note has at most sixteen lines, and the notary's is one.
LINES_AT_MOST = constants.COSIGNATURES_LIMIT


@dataclass(frozen=True, slots=True)
class Due:
    """A cosignature that is to be asked for now. `witness`: 32 bytes; `due_at`: as it stood when it was read."""

    id: int
    witness: bytes
    tries: int
    due_at: int
    size: int
    note: bytes


async def last_of(db: Database, log: str) -> int | None:
    """The number of the last checkpoint signed by one notary key, by its log id."""
    sql = "SELECT id FROM log_checkpoint WHERE substr(note, 1, ?) = ? ORDER BY id DESC LIMIT 1"
    row = await db.page(lambda hand: hand.execute(sql, (len(log), log.encode())).fetchone())
    return None if row is None else int(row[0])


async def is_queued(db: Database, n: int, witness: bytes) -> bool:
    """Whether a witness was asked, or is to be asked, about a checkpoint."""
    sql = "SELECT 1 FROM log_cosignature WHERE checkpoint_id = ? AND witness = ?"
    return await db.page(lambda hand: hand.execute(sql, (n, witness)).fetchone()) is not None


def queue(hand: Hand, n: int, witness: bytes, now: int) -> None:
    """Have a witness asked about a checkpoint, once."""
    sql = (
        "INSERT INTO log_cosignature (checkpoint_id, witness, tries, due_at) VALUES (?, ?, 0, ?)"
        " ON CONFLICT (checkpoint_id, witness) DO NOTHING"
    )
    hand.execute(sql, (n, witness, now))


async def due(db: Database, checkpoints: Sequence[int], now: int) -> list[Due]:
    """What is to be asked now about these checkpoints, the oldest first: a witness never goes back."""
    sql = (
        "SELECT s.id, s.witness, s.tries, s.due_at, c.size, c.note FROM log_cosignature s"
        " JOIN log_checkpoint c ON c.id = s.checkpoint_id"
        " WHERE s.due_at IS NOT NULL AND s.due_at <= ? AND s.checkpoint_id = ? ORDER BY s.id"
    )
    found = []
    for n in sorted(checkpoints):
        rows = await db.page(lambda hand, n=n: hand.execute(sql, (now, n)).fetchall())  # type: ignore[misc]
        found += [Due(row[0], bytes(row[1]), row[2], row[3], row[4], bytes(row[5])) for row in rows]
    return found


def claim(hand: Hand, one: Due, until: int) -> bool:
    """Whether this worker may ask; nobody else will before `until`."""
    sql = "UPDATE log_cosignature SET due_at = ?, tries = tries + 1 WHERE id = ? AND due_at = ?"
    return hand.execute(sql, (until, one.id, one.due_at)).rowcount == 1


def settle(hand: Hand, one: Due, line: bytes) -> None:
    """Keep a line that holds."""
    hand.execute("UPDATE log_cosignature SET due_at = NULL, line = ? WHERE id = ? AND line IS NULL", (line, one.id))


async def last_size(db: Database, witness: bytes, log: str) -> int:
    """How many leaves the largest checkpoint has that this witness cosigned under one notary key; 0 for none."""
    sql = (
        "SELECT max(c.size) FROM log_cosignature s JOIN log_checkpoint c ON c.id = s.checkpoint_id"
        " WHERE s.witness = ? AND s.line IS NOT NULL AND substr(c.note, 1, ?) = ?"
    )
    row = await db.page(lambda hand: hand.execute(sql, (witness, len(log), log.encode())).fetchone())
    return int(row[0] or 0)


async def lines_of(db: Database, n: int) -> list[bytes]:
    """The lines that were accepted for a checkpoint, in the order the witnesses were first asked."""
    sql = "SELECT line FROM log_cosignature WHERE checkpoint_id = ? AND line IS NOT NULL ORDER BY id LIMIT ?"
    return [bytes(line) for (line,) in await db.page(lambda hand: hand.execute(sql, (n, LINES_AT_MOST)).fetchall())]


async def newest(db: Database) -> int | None:
    """The number of the newest checkpoint with an accepted line."""
    sql = "SELECT max(checkpoint_id) FROM log_cosignature WHERE line IS NOT NULL"
    return (await db.page(lambda hand: hand.execute(sql, ()).fetchone()))[0]  # type: ignore[no-any-return]

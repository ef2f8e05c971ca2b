"""What log witnesses were asked about checkpoints, and the lines they gave."""

from collections.abc import Sequence
from dataclasses import dataclass

from diary import constants
from diary.storage.database_interface import Database
from diary.storage.writer import Transaction

# A note has at most sixteen lines, and the notary's is one.
MAX_LINES = constants.COSIGNATURES_LIMIT


@dataclass(frozen=True, slots=True)
class DueCosignature:
    """A cosignature that is to be asked for now. `witness`: 32 bytes; `due_at`: as it stood when it was read."""

    id: int
    witness: bytes
    tries: int
    due_at: int
    size: int
    note: bytes


async def find_last_checkpoint(db: Database, log_id: str) -> int | None:
    """The number of the last checkpoint signed by one notary key, by its log id."""
    sql = "SELECT id FROM log_checkpoint WHERE substr(note, 1, ?) = ? ORDER BY id DESC LIMIT 1"
    row = await db.run_read(lambda tx: tx.execute(sql, (len(log_id), log_id.encode())).fetchone())
    return None if row is None else int(row[0])


async def is_queued(db: Database, checkpoint_number: int, witness: bytes) -> bool:
    """Whether a witness was asked, or is to be asked, about a checkpoint."""
    sql = "SELECT 1 FROM log_cosignature WHERE checkpoint_id = ? AND witness = ?"
    return await db.run_read(lambda tx: tx.execute(sql, (checkpoint_number, witness)).fetchone()) is not None


def enqueue(tx: Transaction, checkpoint_number: int, witness: bytes, now: int) -> None:
    """Have a witness asked about a checkpoint, once."""
    sql = (
        "INSERT INTO log_cosignature (checkpoint_id, witness, tries, due_at) VALUES (?, ?, 0, ?)"
        " ON CONFLICT (checkpoint_id, witness) DO NOTHING"
    )
    tx.execute(sql, (checkpoint_number, witness, now))


async def list_due(db: Database, checkpoint_numbers: Sequence[int], now: int) -> list[DueCosignature]:
    """What is to be asked now about these checkpoints, the oldest first: a witness never goes back."""
    sql = (
        "SELECT s.id, s.witness, s.tries, s.due_at, c.size, c.note FROM log_cosignature s"
        " JOIN log_checkpoint c ON c.id = s.checkpoint_id"
        " WHERE s.due_at IS NOT NULL AND s.due_at <= ? AND s.checkpoint_id = ? ORDER BY s.id"
    )
    due_cosignatures = []
    for n in sorted(checkpoint_numbers):
        rows = await db.run_read(lambda tx, n=n: tx.execute(sql, (now, n)).fetchall())  # type: ignore[misc]
        due_cosignatures += [
            DueCosignature(row[0], bytes(row[1]), row[2], row[3], row[4], bytes(row[5])) for row in rows
        ]
    return due_cosignatures


def claim(tx: Transaction, cosignature: DueCosignature, until: int) -> bool:
    """Whether this worker may ask; nobody else will before `until`."""
    sql = "UPDATE log_cosignature SET due_at = ?, tries = tries + 1 WHERE id = ? AND due_at = ?"
    return tx.execute(sql, (until, cosignature.id, cosignature.due_at)).rowcount == 1


def store_line(tx: Transaction, cosignature: DueCosignature, line: bytes) -> None:
    """Keep a line that holds."""
    tx.execute(
        "UPDATE log_cosignature SET due_at = NULL, line = ? WHERE id = ? AND line IS NULL", (line, cosignature.id)
    )


async def find_last_cosigned_size(db: Database, witness: bytes, log_id: str) -> int:
    """How many leaves the largest checkpoint has that this witness cosigned under one notary key; 0 for none."""
    sql = (
        "SELECT max(c.size) FROM log_cosignature s JOIN log_checkpoint c ON c.id = s.checkpoint_id"
        " WHERE s.witness = ? AND s.line IS NOT NULL AND substr(c.note, 1, ?) = ?"
    )
    row = await db.run_read(lambda tx: tx.execute(sql, (witness, len(log_id), log_id.encode())).fetchone())
    return int(row[0] or 0)


async def list_lines(db: Database, checkpoint_number: int) -> list[bytes]:
    """The lines that were accepted for a checkpoint, in the order the witnesses were first asked."""
    sql = "SELECT line FROM log_cosignature WHERE checkpoint_id = ? AND line IS NOT NULL ORDER BY id LIMIT ?"
    return [
        bytes(line)
        for (line,) in await db.run_read(lambda tx: tx.execute(sql, (checkpoint_number, MAX_LINES)).fetchall())
    ]


async def find_newest_cosigned(db: Database) -> int | None:
    """The number of the newest checkpoint with an accepted line."""
    sql = "SELECT max(checkpoint_id) FROM log_cosignature WHERE line IS NOT NULL"
    return (await db.run_read(lambda tx: tx.execute(sql, ()).fetchone()))[0]  # type: ignore[no-any-return]

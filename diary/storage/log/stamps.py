"""What timestamp authorities were asked about checkpoints, and what they answered."""

from dataclasses import dataclass

from diary.storage.database_interface import Database
from diary.storage.writer import Transaction

MAX_DUE_STAMPS = 20


@dataclass(frozen=True, slots=True)
class DueStamp:
    """A stamp that is to be asked for now. `due_at`: as it stood when it was read."""

    id: int
    authority: str
    tries: int
    due_at: int
    note: bytes


@dataclass(frozen=True, slots=True)
class AcceptedStamp:
    """An answer that was accepted, and what was pinned then."""

    authority: str
    policy: str
    nonce: bytes
    tsr: bytes
    chain: bytes


async def list_due(db: Database, now: int) -> list[DueStamp]:
    """Stamps whose time to be asked for has come, the newest checkpoint's first: it speaks for all before it."""
    sql = (
        "SELECT s.id, s.authority, s.tries, s.due_at, c.note FROM log_stamp s JOIN log_checkpoint c ON c.id = s.checkpoint_id"
        " WHERE s.due_at IS NOT NULL AND s.due_at <= ? ORDER BY s.checkpoint_id DESC LIMIT ?"
    )
    rows = await db.run_read(lambda tx: tx.execute(sql, (now, MAX_DUE_STAMPS)).fetchall())
    return [DueStamp(row[0], row[1], row[2], row[3], bytes(row[4])) for row in rows]


def claim(tx: Transaction, due_stamp: DueStamp, until: int) -> bool:
    """Whether this worker may ask; nobody else will before `until`."""
    sql = "UPDATE log_stamp SET due_at = ?, tries = tries + 1 WHERE id = ? AND due_at = ?"
    return tx.execute(sql, (until, due_stamp.id, due_stamp.due_at)).rowcount == 1


def store_stamp(tx: Transaction, due_stamp: DueStamp, stamp: AcceptedStamp, stamped_at: int) -> None:
    """Keep an accepted answer."""
    tx.execute(
        "UPDATE log_stamp SET due_at = NULL, policy = ?, nonce = ?, tsr = ?, chain = ?, stamped_at = ?"
        " WHERE id = ? AND tsr IS NULL",
        (stamp.policy, stamp.nonce, stamp.tsr, stamp.chain, stamped_at, due_stamp.id),
    )


async def list_for_checkpoint(db: Database, checkpoint_number: int) -> list[AcceptedStamp]:
    """The answers that were accepted for a checkpoint, by authority."""
    sql = (
        "SELECT authority, policy, nonce, tsr, chain FROM log_stamp WHERE checkpoint_id = ? AND tsr IS NOT NULL"
        " ORDER BY authority"
    )
    rows = await db.run_read(lambda tx: tx.execute(sql, (checkpoint_number,)).fetchall())
    return [AcceptedStamp(row[0], row[1], bytes(row[2]), bytes(row[3]), bytes(row[4])) for row in rows]


async def find_newest_stamped(db: Database) -> int | None:
    """The number of the newest checkpoint with an accepted answer."""
    sql = "SELECT max(checkpoint_id) FROM log_stamp WHERE tsr IS NOT NULL"
    return (await db.run_read(lambda tx: tx.execute(sql, ()).fetchone()))[0]  # type: ignore[no-any-return]

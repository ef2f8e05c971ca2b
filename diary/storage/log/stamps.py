"""What timestamp authorities were asked about checkpoints, and what they answered."""

from dataclasses import dataclass

from diary.storage.database_interface import Database
from diary.storage.writer import Hand

DUE_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Due:
    """A stamp that is to be asked for now. `due_at`: as it stood when it was read."""

    id: int
    authority: str
    tries: int
    due_at: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Stamp:
    """An answer that was accepted, and what was pinned then."""

    authority: str
    policy: str
    nonce: bytes
    tsr: bytes
    chain: bytes


async def due(db: Database, now: int) -> list[Due]:
    """Stamps whose time to be asked for has come, the newest checkpoint's first: it speaks for all before it."""
    sql = (
        "SELECT s.id, s.authority, s.tries, s.due_at, c.note FROM log_stamp s JOIN log_checkpoint c ON c.id = s.checkpoint_id"
        " WHERE s.due_at IS NOT NULL AND s.due_at <= ? ORDER BY s.checkpoint_id DESC LIMIT ?"
    )
    rows = await db.page(lambda hand: hand.execute(sql, (now, DUE_AT_ONCE)).fetchall())
    return [Due(row[0], row[1], row[2], row[3], bytes(row[4])) for row in rows]


def claim(hand: Hand, one: Due, until: int) -> bool:
    """Whether this worker may ask; nobody else will before `until`."""
    sql = "UPDATE log_stamp SET due_at = ?, tries = tries + 1 WHERE id = ? AND due_at = ?"
    return hand.execute(sql, (until, one.id, one.due_at)).rowcount == 1


def settle(hand: Hand, one: Due, stamp: Stamp, stamped_at: int) -> None:
    """Keep an accepted answer."""
    hand.execute(
        "UPDATE log_stamp SET due_at = NULL, policy = ?, nonce = ?, tsr = ?, chain = ?, stamped_at = ?"
        " WHERE id = ? AND tsr IS NULL",
        (stamp.policy, stamp.nonce, stamp.tsr, stamp.chain, stamped_at, one.id),
    )


async def of_checkpoint(db: Database, n: int) -> list[Stamp]:
    """The answers that were accepted for a checkpoint, by authority."""
    sql = (
        "SELECT authority, policy, nonce, tsr, chain FROM log_stamp WHERE checkpoint_id = ? AND tsr IS NOT NULL"
        " ORDER BY authority"
    )
    rows = await db.page(lambda hand: hand.execute(sql, (n,)).fetchall())
    return [Stamp(row[0], row[1], bytes(row[2]), bytes(row[3]), bytes(row[4])) for row in rows]


async def newest_stamped(db: Database) -> int | None:
    """The number of the newest checkpoint with an accepted answer."""
    sql = "SELECT max(checkpoint_id) FROM log_stamp WHERE tsr IS NOT NULL"
    return (await db.page(lambda hand: hand.execute(sql, ()).fetchone()))[0]  # type: ignore[no-any-return]

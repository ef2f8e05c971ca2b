"""Timestamps of checkpoints: what is requested from each authority, and the answers that were accepted."""

from dataclasses import dataclass
from typing import Final

from pypika_tortoise.enums import Order
from pypika_tortoise.functions import Count, Max

from diary.storage.database_interface import Database
from diary.storage.models.log import LogCheckpoint, LogStamp
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

MAX_DUE_STAMPS: Final = 20

_STAMP: Final = table(LogStamp)
_CHECKPOINT: Final = table(LogCheckpoint)
_ADD: Final = Statement(
    query.into(_STAMP)
    .columns(_STAMP.checkpoint_id, _STAMP.authority, _STAMP.tries, _STAMP.due_at)
    .insert(param.checkpoint, param.authority, 0, param.due_at)
)
_WITH_CHECKPOINT: Final = query.from_(_STAMP).join(_CHECKPOINT).on(_CHECKPOINT.id == _STAMP.checkpoint_id)
# `due_at >= 0` excludes NULL, with the index of the column; SQLite uses no index for the NOT … IS NULL of `notnull()`.
_LIST_DUE: Final = Statement(
    _WITH_CHECKPOINT.select(_STAMP.id, _STAMP.authority, _STAMP.tries, _STAMP.due_at, _CHECKPOINT.note)
    .where((_STAMP.due_at >= 0) & (_STAMP.due_at <= param.now))
    .orderby(_STAMP.checkpoint_id, order=Order.desc)
    .limit(MAX_DUE_STAMPS)
)
_COUNT_PENDING: Final = Statement(
    _WITH_CHECKPOINT.select(Count("*")).where(
        _STAMP.tsr.isnull() & (_STAMP.due_at >= 0) & (_CHECKPOINT.made_at < param.made_before)
    )
)
_CLAIM: Final = Statement(
    query.update(_STAMP)
    .set(_STAMP.due_at, param.until)
    .set(_STAMP.tries, _STAMP.tries + 1)
    .where((_STAMP.id == param.id) & (_STAMP.due_at == param.due_at))
)
_STORE: Final = Statement(
    query.update(_STAMP)
    .set(_STAMP.due_at, None)
    .set(_STAMP.policy, param.policy)
    .set(_STAMP.nonce, param.nonce)
    .set(_STAMP.tsr, param.tsr)
    .set(_STAMP.chain, param.chain)
    .set(_STAMP.stamped_at, param.stamped_at)
    .where((_STAMP.id == param.id) & _STAMP.tsr.isnull())
)
_LIST_ACCEPTED: Final = Statement(
    query.from_(_STAMP)
    .select(_STAMP.authority, _STAMP.policy, _STAMP.nonce, _STAMP.tsr, _STAMP.chain)
    .where((_STAMP.checkpoint_id == param.checkpoint) & _STAMP.tsr.notnull())
    .orderby(_STAMP.authority)
)
_FIND_NEWEST_STAMPED: Final = Statement(
    query.from_(_STAMP).select(Max(_STAMP.checkpoint_id)).where(_STAMP.tsr.notnull())
)


@dataclass(frozen=True, slots=True)
class DueStamp:
    """A timestamp that is due to be requested. `due_at`: in ms, as it was when the row was read."""

    id: int
    authority: str
    tries: int
    due_at: int
    note: bytes


@dataclass(frozen=True, slots=True)
class AcceptedStamp:
    """A timestamp that was accepted, with the values it was verified against."""

    authority: str
    policy: str
    nonce: bytes
    tsr: bytes
    chain: bytes


def enqueue(tx: Transaction, checkpoint_number: int, authority: str, now: int) -> None:
    """Queue the request for one authority's timestamp of a checkpoint, due at `now` ms."""
    tx.execute(*_ADD(checkpoint=checkpoint_number, authority=authority, due_at=now))


async def list_due(db: Database, now: int) -> list[DueStamp]:
    """Return at most MAX_DUE_STAMPS timestamps due at `now` ms, the newest checkpoint first.

    A timestamp of the newest checkpoint covers all earlier ones.
    """
    rows = await db.run_read(lambda tx: tx.execute(*_LIST_DUE(now=now)).fetchall())
    return [DueStamp(row[0], row[1], row[2], row[3], bytes(row[4])) for row in rows]


def count_pending(tx: Transaction, made_before: int) -> int:
    """Return how many timestamps are still pending for checkpoints made before `made_before` ms."""
    return int(tx.execute(*_COUNT_PENDING(made_before=made_before)).fetchone()[0])


def claim(tx: Transaction, due_stamp: DueStamp, until: int) -> bool:
    """Reserve the request for this worker until `until` ms. Return False when another worker has claimed it."""
    return tx.execute(*_CLAIM(until=until, id=due_stamp.id, due_at=due_stamp.due_at)).rowcount == 1


def store_stamp(tx: Transaction, due_stamp: DueStamp, stamp: AcceptedStamp, stamped_at: int) -> None:
    """Store an accepted timestamp, unless there is one. `stamped_at`: its time in ms."""
    tx.execute(
        *_STORE(
            id=due_stamp.id,
            policy=stamp.policy,
            nonce=stamp.nonce,
            tsr=stamp.tsr,
            chain=stamp.chain,
            stamped_at=stamped_at,
        )
    )


async def list_for_checkpoint(db: Database, checkpoint_number: int) -> list[AcceptedStamp]:
    """Return the accepted timestamps of a checkpoint, by authority."""
    rows = await db.run_read(lambda tx: tx.execute(*_LIST_ACCEPTED(checkpoint=checkpoint_number)).fetchall())
    return [AcceptedStamp(row[0], row[1], bytes(row[2]), bytes(row[3]), bytes(row[4])) for row in rows]


async def find_newest_stamped(db: Database) -> int | None:
    """Return the number of the newest checkpoint with an accepted timestamp."""
    row = await db.run_read(lambda tx: tx.execute(*_FIND_NEWEST_STAMPED()).fetchone())
    return None if row[0] is None else int(row[0])

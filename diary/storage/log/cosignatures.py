"""Cosignatures of checkpoints: what is requested from each log witness, and the lines that were accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pypika_tortoise.enums import Order
from pypika_tortoise.functions import Max
from pypika_tortoise.terms import Function

from diary import constants
from diary.storage.database_interface import Database
from diary.storage.models.log import LogCheckpoint, LogCosignature
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

# A note has at most sixteen lines, and the notary's is one.
MAX_LINES: Final = constants.COSIGNATURES_LIMIT

_CHECKPOINT: Final = table(LogCheckpoint)
_COSIGNATURE: Final = table(LogCosignature)
_IS_OF_LOG: Final = Function("substr", _CHECKPOINT.note, 1, param.length) == param.log_id
_FIND_LAST_CHECKPOINT: Final = Statement(
    query.from_(_CHECKPOINT).select(_CHECKPOINT.id).where(_IS_OF_LOG).orderby(_CHECKPOINT.id, order=Order.desc).limit(1)
)
_OF_CHECKPOINT: Final = query.from_(_COSIGNATURE).where(_COSIGNATURE.checkpoint_id == param.checkpoint)
_FIND: Final = Statement(_OF_CHECKPOINT.select(_COSIGNATURE.id).where(_COSIGNATURE.witness == param.witness))
_ADD: Final = Statement(
    query.into(_COSIGNATURE)
    .columns(_COSIGNATURE.checkpoint_id, _COSIGNATURE.witness, _COSIGNATURE.tries, _COSIGNATURE.due_at)
    .insert(param.checkpoint, param.witness, 0, param.due_at)
    .on_conflict(_COSIGNATURE.checkpoint_id, _COSIGNATURE.witness)
    .do_nothing()
)
_WITH_CHECKPOINT: Final = query.from_(_COSIGNATURE).join(_CHECKPOINT).on(_CHECKPOINT.id == _COSIGNATURE.checkpoint_id)
_LIST_DUE: Final = Statement(
    _WITH_CHECKPOINT.select(
        _COSIGNATURE.id,
        _COSIGNATURE.witness,
        _COSIGNATURE.tries,
        _COSIGNATURE.due_at,
        _CHECKPOINT.size,
        _CHECKPOINT.note,
    )
    .where(_COSIGNATURE.due_at <= param.now)
    .where(_COSIGNATURE.checkpoint_id == param.checkpoint)
    .orderby(_COSIGNATURE.id)
)
_CLAIM: Final = Statement(
    query.update(_COSIGNATURE)
    .set(_COSIGNATURE.due_at, param.until)
    .set(_COSIGNATURE.tries, _COSIGNATURE.tries + 1)
    .where((_COSIGNATURE.id == param.id) & (_COSIGNATURE.due_at == param.due_at))
)
_STORE: Final = Statement(
    query.update(_COSIGNATURE)
    .set(_COSIGNATURE.due_at, None)
    .set(_COSIGNATURE.line, param.line)
    .where((_COSIGNATURE.id == param.id) & _COSIGNATURE.line.isnull())
)
_FIND_LAST_SIZE: Final = Statement(
    _WITH_CHECKPOINT.select(Max(_CHECKPOINT.size)).where(
        (_COSIGNATURE.witness == param.witness) & _COSIGNATURE.line.notnull() & _IS_OF_LOG
    )
)
_LIST_LINES: Final = Statement(
    _OF_CHECKPOINT.select(_COSIGNATURE.line)
    .where(_COSIGNATURE.line.notnull())
    .orderby(_COSIGNATURE.id)
    .limit(MAX_LINES)
)
_FIND_NEWEST_COSIGNED: Final = Statement(
    query.from_(_COSIGNATURE).select(Max(_COSIGNATURE.checkpoint_id)).where(_COSIGNATURE.line.notnull())
)


@dataclass(frozen=True, slots=True)
class DueCosignature:
    """A cosignature that is due to be requested.

    `witness`: 32 bytes; `due_at`: in ms, as it was when the row was read.
    """

    id: int
    witness: bytes
    tries: int
    due_at: int
    size: int
    note: bytes


async def find_last_checkpoint(db: Database, log_id: str) -> int | None:
    """Return the number of the last checkpoint that the notary key of this log id signed."""
    statement = _FIND_LAST_CHECKPOINT(length=len(log_id), log_id=log_id.encode())
    row = await db.run_read(lambda tx: tx.execute(*statement).fetchone())
    return None if row is None else int(row[0])


async def is_queued(db: Database, checkpoint_number: int, witness: bytes) -> bool:
    """Return whether a witness's cosignature of a checkpoint was requested or is queued."""
    statement = _FIND(checkpoint=checkpoint_number, witness=witness)
    return await db.run_read(lambda tx: tx.execute(*statement).fetchone()) is not None


def enqueue(tx: Transaction, checkpoint_number: int, witness: bytes, now: int) -> None:
    """Queue the request for a witness's cosignature of a checkpoint, due at `now` ms, unless it was queued before."""
    tx.execute(*_ADD(checkpoint=checkpoint_number, witness=witness, due_at=now))


async def list_due(db: Database, checkpoint_numbers: Sequence[int], now: int) -> list[DueCosignature]:
    """Return the cosignatures of these checkpoints due at `now` ms, oldest first: a witness refuses an older size."""
    due_cosignatures = []
    for n in sorted(checkpoint_numbers):
        statement = _LIST_DUE(now=now, checkpoint=n)
        rows = await db.run_read(lambda tx, statement=statement: tx.execute(*statement).fetchall())  # type: ignore[misc]
        due_cosignatures += [
            DueCosignature(row[0], bytes(row[1]), row[2], row[3], row[4], bytes(row[5])) for row in rows
        ]
    return due_cosignatures


def claim(tx: Transaction, cosignature: DueCosignature, until: int) -> bool:
    """Reserve the request for this worker until `until` ms. Return False when another worker has claimed it."""
    return tx.execute(*_CLAIM(until=until, id=cosignature.id, due_at=cosignature.due_at)).rowcount == 1


def store_line(tx: Transaction, cosignature: DueCosignature, line: bytes) -> None:
    """Store a verified line, unless there is one."""
    tx.execute(*_STORE(line=line, id=cosignature.id))


async def find_last_cosigned_size(db: Database, witness: bytes, log_id: str) -> int:
    """Return the size in leaves of the largest checkpoint of this log id that the witness cosigned; 0 for none."""
    statement = _FIND_LAST_SIZE(witness=witness, length=len(log_id), log_id=log_id.encode())
    row = await db.run_read(lambda tx: tx.execute(*statement).fetchone())
    return int(row[0] or 0)


async def list_lines(db: Database, checkpoint_number: int) -> list[bytes]:
    """Return the accepted lines of a checkpoint, in the order in which they were first requested."""
    statement = _LIST_LINES(checkpoint=checkpoint_number)
    return [bytes(line) for (line,) in await db.run_read(lambda tx: tx.execute(*statement).fetchall())]


async def find_newest_cosigned(db: Database) -> int | None:
    """Return the number of the newest checkpoint with an accepted line."""
    row = await db.run_read(lambda tx: tx.execute(*_FIND_NEWEST_COSIGNED()).fetchone())
    return None if row[0] is None else int(row[0])

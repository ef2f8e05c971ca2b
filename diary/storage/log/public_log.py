"""Rows of the public log: waiting leaves, the tree, checkpoints, statements about keys.

[Note: one sequencer] A receipt promises a leaf, not its index, so pushes do not depend on each other. A worker that
appends locks the single row of `log_size`; a second worker that appends at the same time waits for that lock, then goes
on where the first stopped. Rows of nodes and leaves are never changed or deleted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pypika_tortoise.enums import Order

from diary.errors import NotFound, Unavailable
from diary.ledger import tree
from diary.storage.database_interface import Database
from diary.storage.hot import log as hot
from diary.storage.log import stamps
from diary.storage.models.core import Diary, Version
from diary.storage.models.log import KeyStatement, LogCheckpoint, LogLeaf, LogNode, LogSize, WaitingLeaf
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

LEAVES_PER_PAGE: Final = 4096
PROOFS_PER_PAGE: Final = 500

_CHECKPOINT: Final = table(LogCheckpoint)
_DIARY: Final = table(Diary)
_KEY_STATEMENT: Final = table(KeyStatement)
_LEAF: Final = table(LogLeaf)
_NODE: Final = table(LogNode)
_SIZE: Final = table(LogSize)
_VERSION: Final = table(Version)
_WAITING: Final = table(WaitingLeaf)

_FIND_ANY_WAITING: Final = Statement(query.from_(_WAITING).select(_WAITING.id).limit(1))
_LIST_WAITING: Final = Statement(
    query.from_(_WAITING)
    .join(_VERSION)
    .on(_VERSION.id == _WAITING.id)
    .select(_VERSION.id, _VERSION.leaf)
    .orderby(_WAITING.id)
    .limit(param.limit)
)
_DELETE_WAITING: Final = Statement(query.from_(_WAITING).delete().where(_WAITING.id == param.id))
_READ_SIZE: Final = Statement(query.from_(_SIZE).select(_SIZE.size).where(_SIZE.id == 0))
# A change that changes nothing: it locks the row until the transaction ends. See [Note: one sequencer].
_LOCK_SIZE: Final = Statement(query.update(_SIZE).set(_SIZE.size, _SIZE.size).where(_SIZE.id == 0))
_SET_SIZE: Final = Statement(query.update(_SIZE).set(_SIZE.size, param.size).where(_SIZE.id == 0))
_ADD_LEAF: Final = Statement(
    query.into(_LEAF).columns(_LEAF.id, _LEAF.version_id, _LEAF.leaf).insert(param.id, param.version, param.leaf)
)
_FIND_RELEASE_LEAF: Final = Statement(
    query.from_(_LEAF).select(_LEAF.id).where(_LEAF.version_id.isnull() & (_LEAF.leaf == param.leaf))
)
_LIST_LEAVES: Final = Statement(
    query.from_(_LEAF).select(_LEAF.leaf).where((_LEAF.id >= param.first) & (_LEAF.id < param.end)).orderby(_LEAF.id)
)
_ADD_NODE: Final = Statement(query.into(_NODE).columns(_NODE.id, _NODE.node).insert(param.id, param.node))
_ADD_CHECKPOINT: Final = Statement(
    query.into(_CHECKPOINT)
    .columns(_CHECKPOINT.id, _CHECKPOINT.size, _CHECKPOINT.made_at, _CHECKPOINT.note)
    .insert(param.number, param.size, param.made_at, param.note)
)
_SELECT_CHECKPOINT: Final = query.from_(_CHECKPOINT).select(
    _CHECKPOINT.id, _CHECKPOINT.size, _CHECKPOINT.made_at, _CHECKPOINT.note
)
_FIND_NEWEST_CHECKPOINT: Final = Statement(_SELECT_CHECKPOINT.orderby(_CHECKPOINT.id, order=Order.desc).limit(1))
_FIND_CHECKPOINT: Final = Statement(_SELECT_CHECKPOINT.where(_CHECKPOINT.id == param.number))
_FIND_CHECKPOINT_BY_SIZE: Final = Statement(_SELECT_CHECKPOINT.where(_CHECKPOINT.size == param.size))
_FIND_DIARY: Final = Statement(
    query.from_(_DIARY).select(_DIARY.id).where((_DIARY.id == param.diary) & (_DIARY.account_id == param.account))
)
_LIST_LOGGED_VERSIONS: Final = Statement(
    query.from_(_VERSION)
    .left_join(_LEAF)
    .on(_LEAF.version_id == _VERSION.id)
    .select(_VERSION.seq, _VERSION.version, _LEAF.id)
    .where((_VERSION.diary_id == param.diary) & (_VERSION.seq > param.after_seq))
    .orderby(_VERSION.seq)
    .limit(PROOFS_PER_PAGE)
)
_LIST_KEY_STATEMENTS: Final = Statement(
    query.from_(_KEY_STATEMENT).select(_KEY_STATEMENT.statement).orderby(_KEY_STATEMENT.id)
)
_ADD_KEY_STATEMENT: Final = Statement(
    query.into(_KEY_STATEMENT)
    .columns(_KEY_STATEMENT.id, _KEY_STATEMENT.log, _KEY_STATEMENT.statement)
    .insert(param.number, param.log_id, param.statement)
)


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A stored checkpoint. `size`: in leaves; `made_at`: ms; `note`: the signed note."""

    number: int
    size: int
    made_at: int
    note: bytes


@dataclass(frozen=True, slots=True)
class LoggedVersion:
    """A version of a diary, the index of its leaf in the log (None while it waits), and its inclusion path."""

    seq: int
    version: bytes
    leaf_index: int | None
    inclusion_path: tuple[bytes, ...] = ()


def append_waiting_leaves(tx: Transaction, limit: int) -> int:
    """Append at most `limit` waiting leaves to the log, in the order of their arrival. Return how many."""
    if tx.execute(*_FIND_ANY_WAITING()).fetchone() is None:
        return 0  # before the lock, so that an idle server writes nothing
    tx.execute(*_LOCK_SIZE())
    size = _read_log_size(tx)
    waiting_rows = tx.execute(*_LIST_WAITING(limit=limit)).fetchall()
    new_leaves = [bytes(leaf) for _, leaf in waiting_rows]
    new_nodes = tree.compute_new_nodes(size, new_leaves, lambda level, i: _read_node(tx, level, i))
    for leaf_index, (version, leaf) in enumerate(waiting_rows, size):
        tx.execute(*_ADD_LEAF(id=leaf_index, version=version, leaf=leaf))
        tx.execute(*_DELETE_WAITING(id=version))
    for (level, i), node in new_nodes.items():
        tx.execute(*_ADD_NODE(id=tree.node_id(level, i), node=node))
    tx.execute(*_SET_SIZE(size=size + len(waiting_rows)))
    return len(waiting_rows)


def append_release_leaf(tx: Transaction, leaf: bytes) -> bool:
    """Append the leaf of a release, which belongs to no version. Return False when the log has it."""
    if _is_release_logged(tx, leaf):
        return False
    tx.execute(*_LOCK_SIZE())
    if _is_release_logged(tx, leaf):  # another worker was faster
        return False
    size = _read_log_size(tx)
    new_nodes = tree.compute_new_nodes(size, [leaf], lambda level, i: _read_node(tx, level, i))
    tx.execute(*_ADD_LEAF(id=size, version=None, leaf=leaf))
    for (level, i), node in new_nodes.items():
        tx.execute(*_ADD_NODE(id=tree.node_id(level, i), node=node))
    tx.execute(*_SET_SIZE(size=size + 1))
    return True


def _is_release_logged(tx: Transaction, leaf: bytes) -> bool:
    """Return whether the log has this leaf without a version. There is one for each release that was served."""
    return tx.execute(*_FIND_RELEASE_LEAF(leaf=leaf)).fetchone() is not None


async def is_release_logged(db: Database, leaf: bytes) -> bool:
    """Return whether the log has the leaf of a release."""
    return await db.run_read(lambda tx: _is_release_logged(tx, leaf))


def add_checkpoint(
    tx: Transaction, now: int, min_interval_ms: int, sign: Callable[[int, bytes], bytes], authorities: tuple[str, ...]
) -> CheckpointRow | None:
    """Add a checkpoint over the whole log and return it; None when the log has not grown or the newest is too recent.

    `min_interval_ms`: the shortest time between two checkpoints. `sign` returns the signed note for a size and a root.
    The same transaction queues the request for each authority's timestamp.
    """
    if not _is_checkpoint_due(tx, now, min_interval_ms):
        return None
    tx.execute(*_LOCK_SIZE())
    if not _is_checkpoint_due(tx, now, min_interval_ms):  # another worker was faster
        return None
    size, newest = _read_log_size(tx), find_newest_checkpoint_in(tx)
    root = tree.root_hash(size, lambda level, i: _read_node(tx, level, i))
    row = CheckpointRow(newest.number + 1 if newest else 0, size, now, sign(size, root))
    tx.execute(*_ADD_CHECKPOINT(number=row.number, size=row.size, made_at=row.made_at, note=row.note))
    for authority in authorities:
        stamps.enqueue(tx, row.number, authority, now)
    return row


def _is_checkpoint_due(tx: Transaction, now: int, min_interval_ms: int) -> bool:
    """Return whether the log has grown since the newest checkpoint and that one is old enough, or from the future.

    A clock that was set back makes the newest checkpoint one from the future.
    """
    size, newest = _read_log_size(tx), find_newest_checkpoint_in(tx)
    return bool(size) and not (newest and (newest.size == size or 0 <= now - newest.made_at < min_interval_ms))


def _read_log_size(tx: Transaction) -> int:
    """Return how many leaves the log has."""
    return int(tx.execute(*_READ_SIZE()).fetchone()[0])


async def check_readable(db: Database) -> None:
    """Read one row of the log. Raise one of `Database.database_errors`."""
    await db.fetch_one(*_READ_SIZE())


async def find_newest_checkpoint(db: Database) -> CheckpointRow | None:
    """Return the checkpoint with the highest number, or None."""
    return await db.run_read(find_newest_checkpoint_in)


async def find_checkpoint(db: Database, number: int) -> CheckpointRow | None:
    """Return the checkpoint of a number, or None."""
    row = await db.run_read(lambda tx: tx.execute(*_FIND_CHECKPOINT(number=number)).fetchone())
    return _to_checkpoint_row(row)


async def find_checkpoint_by_size(db: Database, size: int) -> CheckpointRow | None:
    """Return the checkpoint over exactly `size` leaves, or None."""
    row = await db.run_read(lambda tx: tx.execute(*_FIND_CHECKPOINT_BY_SIZE(size=size)).fetchone())
    return _to_checkpoint_row(row)


async def list_leaves(db: Database, page_number: int, size: int) -> list[bytes]:
    """Return a page of 4,096 leaves of the first `size` leaves; the last page may be shorter."""
    first = page_number * LEAVES_PER_PAGE
    statement = _LIST_LEAVES(first=first, end=min(first + LEAVES_PER_PAGE, size))
    return [bytes(leaf) for (leaf,) in await db.run_read(lambda tx: tx.execute(*statement).fetchall())]


async def read_tile(db: Database, level: int, tile_index: int, width: int) -> list[bytes]:
    """Return the first `width` hashes of a tile. Raise Unavailable when a row is missing.

    Each hash covers a whole subtree of 256^level leaves; the first is subtree number tile_index × 256.
    """
    height, first = level * tree.TILE_HEIGHT, tile_index * tree.TILE_WIDTH
    return await db.run_read(lambda tx: [_read_node(tx, height, first + i) for i in range(width)])


async def build_consistency_proof(db: Database, older: int, newer: int) -> list[bytes]:
    """Return the consistency proof between two sizes. Raise BadRequest unless 0 < `older` <= `newer`."""
    return await db.run_read(lambda tx: tree.consistency_proof(older, newer, lambda level, i: _read_node(tx, level, i)))


async def list_inclusion_proofs(
    db: Database, account: bytes, diary: bytes, after_seq: int, size: int
) -> list[LoggedVersion]:
    """Return at most 500 versions numbered above `after_seq`, with inclusion paths to the root over `size` leaves.

    A version that is not among those leaves has no path; its place is None while it waits. Raise NotFound when the
    account has no such diary.
    """
    return await db.run_read(lambda tx: _list_inclusion_proofs(tx, diary, account, after_seq, size))


def _list_inclusion_proofs(
    tx: Transaction, diary: bytes, account: bytes, after_seq: int, size: int
) -> list[LoggedVersion]:
    """Do the reading of `list_inclusion_proofs`."""
    if tx.execute(*_FIND_DIARY(diary=diary, account=account)).fetchone() is None:
        raise NotFound
    cached_nodes: dict[tuple[int, int], bytes] = {}

    def node(level: int, i: int) -> bytes:
        # Versions of one diary are close together in the log, so their paths share most nodes.
        if (level, i) not in cached_nodes:
            cached_nodes[level, i] = _read_node(tx, level, i)
        return cached_nodes[level, i]

    rows = tx.execute(*_LIST_LOGGED_VERSIONS(diary=diary, after_seq=after_seq)).fetchall()
    return [
        LoggedVersion(
            seq, bytes(version), i, tuple(tree.inclusion_proof(i, size, node)) if i is not None and i < size else ()
        )
        for seq, version, i in rows
    ]


async def list_key_statements(db: Database) -> list[bytes]:
    """Return every statement about the notary's keys, oldest first."""
    rows = await db.run_read(lambda tx: tx.execute(*_LIST_KEY_STATEMENTS()).fetchall())
    return [bytes(statement) for (statement,) in rows]


def add_key_statement(tx: Transaction, number: int, log_id: bytes, statement: bytes) -> None:
    """Add a statement about a notary key. Its number is the primary key, so it cannot be added twice."""
    tx.execute(*_ADD_KEY_STATEMENT(number=number, log_id=log_id, statement=statement))


def _read_node(tx: Transaction, level: int, i: int) -> bytes:
    """Return a stored node; the nodes of level 0 are the leaves.

    Raise Unavailable when it is missing: the log is damaged.
    """
    sql, row_id = (hot.FIND_NODE, tree.node_id(level, i)) if level else (hot.FIND_LEAF, i)
    row = tx.execute(sql, (row_id,)).fetchone()
    if row is None:
        raise Unavailable("A row of the log is missing.")
    return bytes(row[0])


def find_newest_checkpoint_in(tx: Transaction) -> CheckpointRow | None:
    """Return the checkpoint with the highest number, or None."""
    return _to_checkpoint_row(tx.execute(*_FIND_NEWEST_CHECKPOINT()).fetchone())


def _to_checkpoint_row(row: Any) -> CheckpointRow | None:
    """Convert a row of the database; None stays None."""
    return None if row is None else CheckpointRow(row[0], row[1], row[2], bytes(row[3]))

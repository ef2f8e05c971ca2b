"""The public log's rows: the queue of leaves, the tree, checkpoints, statements about keys.

[Note: one sequencer] A receipt promises a leaf, not a number, so pushes need nothing of one another. Whoever
appends first takes hold of the one row of `log_size`; a second worker that tries at the same time waits for
it there and then goes on where the first stopped. Node and leaf rows are only ever added.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from diary.errors import NotFound, Unavailable
from diary.ledger import tree
from diary.storage.database_interface import Database
from diary.storage.writer import Transaction

LEAVES_PER_PAGE: Final = 4096
PROOFS_PER_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A checkpoint as it lies here."""

    number: int
    size: int
    made_at: int
    note: bytes


@dataclass(frozen=True, slots=True)
class LoggedVersion:
    """A version of a diary, and its leaf's place in the log (None while it waits)."""

    seq: int
    version: bytes
    leaf_index: int | None
    inclusion_path: tuple[bytes, ...] = ()


def append_waiting_leaves(tx: Transaction, limit: int) -> int:
    """Give up to `at_most` waiting leaves their places, in the order they came; how many there were."""
    if tx.execute("SELECT id FROM waiting_leaf LIMIT 1").fetchone() is None:
        return 0  # an idle server writes nothing
    tx.execute("UPDATE log_size SET size = size WHERE id = 0")
    size = _read_log_size(tx)
    waiting_rows = tx.execute(
        "SELECT v.id, v.leaf FROM waiting_leaf w JOIN version v ON v.id = w.id ORDER BY w.id LIMIT ?", (limit,)
    ).fetchall()
    new_leaves = [bytes(leaf) for _, leaf in waiting_rows]
    new_nodes = tree.compute_new_nodes(size, new_leaves, lambda level, i: _read_node(tx, level, i))
    for leaf_index, (version, leaf) in enumerate(waiting_rows, size):
        tx.execute("INSERT INTO log_leaf (id, version_id, leaf) VALUES (?, ?, ?)", (leaf_index, version, leaf))
        tx.execute("DELETE FROM waiting_leaf WHERE id = ?", (version,))
    for (level, i), node in new_nodes.items():
        tx.execute("INSERT INTO log_node (id, node) VALUES (?, ?)", (tree.node_id(level, i), node))
    tx.execute("UPDATE log_size SET size = ? WHERE id = 0", (size + len(waiting_rows),))
    return len(waiting_rows)


def append_release_leaf(tx: Transaction, leaf: bytes) -> bool:
    """Give the leaf of a release the next place in the log; False when it has one. No version belongs to it."""
    if _is_release_logged(tx, leaf):
        return False
    tx.execute("UPDATE log_size SET size = size WHERE id = 0")
    if _is_release_logged(tx, leaf):  # another worker was quicker
        return False
    size = _read_log_size(tx)
    new_nodes = tree.compute_new_nodes(size, [leaf], lambda level, i: _read_node(tx, level, i))
    tx.execute("INSERT INTO log_leaf (id, version_id, leaf) VALUES (?, NULL, ?)", (size, leaf))
    for (level, i), node in new_nodes.items():
        tx.execute("INSERT INTO log_node (id, node) VALUES (?, ?)", (tree.node_id(level, i), node))
    tx.execute("UPDATE log_size SET size = ? WHERE id = 0", (size + 1,))
    return True


def _is_release_logged(tx: Transaction, leaf: bytes) -> bool:
    """Whether a leaf that no version belongs to stands in the log; there is one for each release that was served."""
    return tx.execute("SELECT 1 FROM log_leaf WHERE version_id IS NULL AND leaf = ?", (leaf,)).fetchone() is not None


async def is_release_logged(db: Database, leaf: bytes) -> bool:
    """Whether a release's leaf stands in the log."""
    return await db.run_read(lambda tx: _is_release_logged(tx, leaf))


def add_checkpoint(
    tx: Transaction, now: int, min_interval_ms: int, sign: Callable[[int, bytes], bytes], authorities: tuple[str, ...]
) -> CheckpointRow | None:
    """A checkpoint over the log as it stands; None when it has not grown, or the newest is younger than `least_ms`.

    `sign` makes a note of size and root. Each authority's stamp is queued in the same transaction.
    """
    if not _is_checkpoint_due(tx, now, min_interval_ms):
        return None
    tx.execute("UPDATE log_size SET size = size WHERE id = 0")
    if not _is_checkpoint_due(tx, now, min_interval_ms):  # another worker was quicker
        return None
    size, newest = _read_log_size(tx), _find_newest_checkpoint(tx)
    root = tree.root_hash(size, lambda level, i: _read_node(tx, level, i))
    row = CheckpointRow(newest.number + 1 if newest else 0, size, now, sign(size, root))
    tx.execute(
        "INSERT INTO log_checkpoint (id, size, made_at, note) VALUES (?, ?, ?, ?)",
        (row.number, row.size, row.made_at, row.note),
    )
    for authority in authorities:
        tx.execute(
            "INSERT INTO log_stamp (checkpoint_id, authority, tries, due_at) VALUES (?, ?, 0, ?)",
            (row.number, authority, now),
        )
    return row


def _is_checkpoint_due(tx: Transaction, now: int, min_interval_ms: int) -> bool:
    """Whether there is something new to sign, and the last signature is old enough; a clock that was set back counts as late."""
    size, newest = _read_log_size(tx), _find_newest_checkpoint(tx)
    return bool(size) and not (newest and (newest.size == size or 0 <= now - newest.made_at < min_interval_ms))


def _read_log_size(tx: Transaction) -> int:
    """How many leaves the log has."""
    return int(tx.execute("SELECT size FROM log_size WHERE id = 0").fetchone()[0])


async def find_newest_checkpoint(db: Database) -> CheckpointRow | None:
    """The newest checkpoint, if there is one."""
    return await db.run_read(_find_newest_checkpoint)


async def find_checkpoint(db: Database, number: int) -> CheckpointRow | None:
    """Checkpoint number `n`, if there is one."""
    return await db.run_read(lambda tx: _find_checkpoint(tx, "id = ?", number))


async def find_checkpoint_by_size(db: Database, size: int) -> CheckpointRow | None:
    """The checkpoint over exactly `size` leaves, if there is one."""
    return await db.run_read(lambda tx: _find_checkpoint(tx, "size = ?", size))


async def list_leaves(db: Database, page_number: int, size: int) -> list[bytes]:
    """A page of 4,096 leaves of a log of `size`; the last page may be short."""
    first = page_number * LEAVES_PER_PAGE
    sql = "SELECT leaf FROM log_leaf WHERE id >= ? AND id < ? ORDER BY id"
    last = min(first + LEAVES_PER_PAGE, size)
    return [bytes(leaf) for (leaf,) in await db.run_read(lambda tx: tx.execute(sql, (first, last)).fetchall())]


async def read_tile(db: Database, level: int, tile_index: int, width: int) -> list[bytes]:
    """The first `width` hashes of a tile: whole subtrees of 256^level leaves, from number n × 256. Raises Unavailable."""
    height, first = level * tree.TILE_HEIGHT, tile_index * tree.TILE_WIDTH
    return await db.run_read(lambda tx: [_read_node(tx, height, first + i) for i in range(width)])


async def build_consistency_proof(db: Database, older: int, newer: int) -> list[bytes]:
    """The proof between two sizes. Raises BadRequest."""
    return await db.run_read(lambda tx: tree.consistency_proof(older, newer, lambda level, i: _read_node(tx, level, i)))


async def list_inclusion_proofs(
    db: Database, account: bytes, diary: bytes, after_seq: int, size: int
) -> list[LoggedVersion]:
    """The versions numbered above `after` with their paths to the root over `size` leaves, at most 500.

    One that is not among those leaves has no path; its place is None while it waits for one. Raises NotFound.
    """
    return await db.run_read(lambda tx: _list_inclusion_proofs(tx, diary, account, after_seq, size))


def _list_inclusion_proofs(
    tx: Transaction, diary: bytes, account: bytes, after_seq: int, size: int
) -> list[LoggedVersion]:
    """The reading behind `proofs`."""
    if tx.execute("SELECT 1 FROM diary WHERE id = ? AND account_id = ?", (diary, account)).fetchone() is None:
        raise NotFound
    cached_nodes: dict[tuple[int, int], bytes] = {}

    def node(level: int, i: int) -> bytes:
        # Versions of one diary lie close together, so most of their paths are the same.
        if (level, i) not in cached_nodes:
            cached_nodes[level, i] = _read_node(tx, level, i)
        return cached_nodes[level, i]

    rows = tx.execute(
        "SELECT v.seq, v.version, l.id FROM version v LEFT JOIN log_leaf l ON l.version_id = v.id"
        " WHERE v.diary_id = ? AND v.seq > ? ORDER BY v.seq LIMIT ?",
        (diary, after_seq, PROOFS_PER_PAGE),
    ).fetchall()
    return [
        LoggedVersion(
            seq, bytes(version), i, tuple(tree.inclusion_proof(i, size, node)) if i is not None and i < size else ()
        )
        for seq, version, i in rows
    ]


async def list_key_statements(db: Database) -> list[bytes]:
    """Every statement about the notary's keys, oldest first."""
    sql = "SELECT statement FROM key_statement ORDER BY id"
    return [bytes(one) for (one,) in await db.run_read(lambda tx: tx.execute(sql).fetchall())]


def add_key_statement(tx: Transaction, number: int, log_id: bytes, statement: bytes) -> None:
    """Put statement `n` after the others; its number is the key, so none can be put in twice."""
    tx.execute("INSERT INTO key_statement (id, log, statement) VALUES (?, ?, ?)", (number, log_id, statement))


def _read_node(tx: Transaction, level: int, i: int) -> bytes:
    """A stored node; level 0 is the leaves. Raises Unavailable when it is not there: the log is damaged."""
    if level:
        row = tx.execute("SELECT node FROM log_node WHERE id = ?", (tree.node_id(level, i),)).fetchone()
    else:
        row = tx.execute("SELECT leaf FROM log_leaf WHERE id = ?", (i,)).fetchone()
    if row is None:
        raise Unavailable("A row of the log is missing.")
    return bytes(row[0])


def _find_newest_checkpoint(tx: Transaction) -> CheckpointRow | None:
    """The checkpoint with the highest number."""
    return _to_checkpoint_row(
        tx.execute("SELECT id, size, made_at, note FROM log_checkpoint ORDER BY id DESC LIMIT 1").fetchone()
    )


def _find_checkpoint(tx: Transaction, where: str, value: int) -> CheckpointRow | None:
    """The checkpoint that `where` (ours, never anyone's words) finds."""
    sql = f"SELECT id, size, made_at, note FROM log_checkpoint WHERE {where}"  # noqa: S608
    return _to_checkpoint_row(tx.execute(sql, (value,)).fetchone())


def _to_checkpoint_row(row: Any) -> CheckpointRow | None:
    """A row as it is handed on."""
    return None if row is None else CheckpointRow(row[0], row[1], row[2], bytes(row[3]))

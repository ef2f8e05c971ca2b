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
from diary.storage.writer import Hand

LEAVES_PAGE: Final = 4096
PROOFS_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A checkpoint as it lies here."""

    n: int
    size: int
    made_at: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Placed:
    """A version of a diary, and its leaf's place in the log (None while it waits)."""

    seq: int
    version: bytes
    i: int | None
    path: tuple[bytes, ...] = ()


def append_waiting(hand: Hand, at_most: int) -> int:
    """Give up to `at_most` waiting leaves their places, in the order they came; how many there were."""
    if hand.execute("SELECT id FROM waiting_leaf LIMIT 1").fetchone() is None:
        return 0  # an idle server writes nothing
    hand.execute("UPDATE log_size SET size = size WHERE id = 0")
    size = _size(hand)
    waiting = hand.execute(
        "SELECT v.id, v.leaf FROM waiting_leaf w JOIN version v ON v.id = w.id ORDER BY w.id LIMIT ?", (at_most,)
    ).fetchall()
    leaves = [bytes(leaf) for _, leaf in waiting]
    made = tree.grow(size, leaves, lambda level, i: _node(hand, level, i))
    for at, (version, leaf) in enumerate(waiting, size):
        hand.execute("INSERT INTO log_leaf (id, version_id, leaf) VALUES (?, ?, ?)", (at, version, leaf))
        hand.execute("DELETE FROM waiting_leaf WHERE id = ?", (version,))
    for (level, i), node in made.items():
        hand.execute("INSERT INTO log_node (id, node) VALUES (?, ?)", (tree.node_id(level, i), node))
    hand.execute("UPDATE log_size SET size = ? WHERE id = 0", (size + len(waiting),))
    return len(waiting)


def append_release(hand: Hand, leaf: bytes) -> bool:
    """Give the leaf of a release the next place in the log; False when it has one. No version belongs to it."""
    if _has_release(hand, leaf):
        return False
    hand.execute("UPDATE log_size SET size = size WHERE id = 0")
    if _has_release(hand, leaf):  # another worker was quicker
        return False
    size = _size(hand)
    made = tree.grow(size, [leaf], lambda level, i: _node(hand, level, i))
    hand.execute("INSERT INTO log_leaf (id, version_id, leaf) VALUES (?, NULL, ?)", (size, leaf))
    for (level, i), node in made.items():
        hand.execute("INSERT INTO log_node (id, node) VALUES (?, ?)", (tree.node_id(level, i), node))
    hand.execute("UPDATE log_size SET size = ? WHERE id = 0", (size + 1,))
    return True


def _has_release(hand: Hand, leaf: bytes) -> bool:
    """Whether a leaf that no version belongs to stands in the log; there is one for each release that was served."""
    return hand.execute("SELECT 1 FROM log_leaf WHERE version_id IS NULL AND leaf = ?", (leaf,)).fetchone() is not None


async def has_release(db: Database, leaf: bytes) -> bool:
    """Whether a release's leaf stands in the log."""
    return await db.page(lambda hand: _has_release(hand, leaf))


def add_checkpoint(
    hand: Hand, now: int, least_ms: int, sign: Callable[[int, bytes], bytes], authorities: tuple[str, ...]
) -> CheckpointRow | None:
    """A checkpoint over the log as it stands; None when it has not grown, or the newest is younger than `least_ms`.

    `sign` makes a note of size and root. Each authority's stamp is queued in the same transaction.
    """
    if not _is_due(hand, now, least_ms):
        return None
    hand.execute("UPDATE log_size SET size = size WHERE id = 0")
    if not _is_due(hand, now, least_ms):  # another worker was quicker
        return None
    size, newest = _size(hand), _newest(hand)
    root = tree.root(size, lambda level, i: _node(hand, level, i))
    row = CheckpointRow(newest.n + 1 if newest else 0, size, now, sign(size, root))
    hand.execute(
        "INSERT INTO log_checkpoint (id, size, made_at, note) VALUES (?, ?, ?, ?)",
        (row.n, row.size, row.made_at, row.note),
    )
    for authority in authorities:
        hand.execute(
            "INSERT INTO log_stamp (checkpoint_id, authority, tries, due_at) VALUES (?, ?, 0, ?)",
            (row.n, authority, now),
        )
    return row


def _is_due(hand: Hand, now: int, least_ms: int) -> bool:
    """Whether there is something new to sign, and the last signature is old enough; a clock that was set back counts as late."""
    size, newest = _size(hand), _newest(hand)
    return bool(size) and not (newest and (newest.size == size or 0 <= now - newest.made_at < least_ms))


def _size(hand: Hand) -> int:
    """How many leaves the log has."""
    return int(hand.execute("SELECT size FROM log_size WHERE id = 0").fetchone()[0])


async def newest_checkpoint(db: Database) -> CheckpointRow | None:
    """The newest checkpoint, if there is one."""
    return await db.page(_newest)


async def checkpoint(db: Database, n: int) -> CheckpointRow | None:
    """Checkpoint number `n`, if there is one."""
    return await db.page(lambda hand: _row(hand, "id = ?", n))


async def checkpoint_of(db: Database, size: int) -> CheckpointRow | None:
    """The checkpoint over exactly `size` leaves, if there is one."""
    return await db.page(lambda hand: _row(hand, "size = ?", size))


async def leaves(db: Database, page: int, size: int) -> list[bytes]:
    """A page of 4,096 leaves of a log of `size`; the last page may be short."""
    first = page * LEAVES_PAGE
    sql = "SELECT leaf FROM log_leaf WHERE id >= ? AND id < ? ORDER BY id"
    last = min(first + LEAVES_PAGE, size)
    return [bytes(leaf) for (leaf,) in await db.page(lambda hand: hand.execute(sql, (first, last)).fetchall())]


async def tile(db: Database, level: int, n: int, width: int) -> list[bytes]:
    """The first `width` hashes of a tile: whole subtrees of 256^level leaves, from number n × 256. Raises Unavailable."""
    height, first = level * tree.TILE_HEIGHT, n * tree.TILE_WIDTH
    return await db.page(lambda hand: [_node(hand, height, first + i) for i in range(width)])


async def consistency(db: Database, older: int, newer: int) -> list[bytes]:
    """The proof between two sizes. Raises BadRequest."""
    return await db.page(lambda hand: tree.consistency(older, newer, lambda level, i: _node(hand, level, i)))


async def proofs(db: Database, account: bytes, diary: bytes, after: int, size: int) -> list[Placed]:
    """The versions numbered above `after` with their paths to the root over `size` leaves, at most 500.

    One that is not among those leaves has no path; its place is None while it waits for one. Raises NotFound.
    """
    return await db.page(lambda hand: _proofs(hand, diary, account, after, size))


def _proofs(hand: Hand, diary: bytes, account: bytes, after: int, size: int) -> list[Placed]:
    """The reading behind `proofs`."""
    if hand.execute("SELECT 1 FROM diary WHERE id = ? AND account_id = ?", (diary, account)).fetchone() is None:
        raise NotFound
    known: dict[tuple[int, int], bytes] = {}

    def node(level: int, i: int) -> bytes:
        # Versions of one diary lie close together, so most of their paths are the same.
        if (level, i) not in known:
            known[level, i] = _node(hand, level, i)
        return known[level, i]

    rows = hand.execute(
        "SELECT v.seq, v.version, l.id FROM version v LEFT JOIN log_leaf l ON l.version_id = v.id"
        " WHERE v.diary_id = ? AND v.seq > ? ORDER BY v.seq LIMIT ?",
        (diary, after, PROOFS_PAGE),
    ).fetchall()
    return [
        Placed(seq, bytes(version), i, tuple(tree.inclusion(i, size, node)) if i is not None and i < size else ())
        for seq, version, i in rows
    ]


async def statements(db: Database) -> list[bytes]:
    """Every statement about the notary's keys, oldest first."""
    sql = "SELECT statement FROM key_statement ORDER BY id"
    return [bytes(one) for (one,) in await db.page(lambda hand: hand.execute(sql).fetchall())]


def add_statement(hand: Hand, n: int, log: bytes, statement: bytes) -> None:
    """Put statement `n` after the others; its number is the key, so none can be put in twice."""
    hand.execute("INSERT INTO key_statement (id, log, statement) VALUES (?, ?, ?)", (n, log, statement))


def _node(hand: Hand, level: int, i: int) -> bytes:
    """A stored node; level 0 is the leaves. Raises Unavailable when it is not there: the log is damaged."""
    if level:
        row = hand.execute("SELECT node FROM log_node WHERE id = ?", (tree.node_id(level, i),)).fetchone()
    else:
        row = hand.execute("SELECT leaf FROM log_leaf WHERE id = ?", (i,)).fetchone()
    if row is None:
        raise Unavailable("A row of the log is missing.")
    return bytes(row[0])


def _newest(hand: Hand) -> CheckpointRow | None:
    """The checkpoint with the highest number."""
    return _checkpoint(
        hand.execute("SELECT id, size, made_at, note FROM log_checkpoint ORDER BY id DESC LIMIT 1").fetchone()
    )


def _row(hand: Hand, where: str, value: int) -> CheckpointRow | None:
    """The checkpoint that `where` (ours, never anyone's words) finds."""
    sql = f"SELECT id, size, made_at, note FROM log_checkpoint WHERE {where}"  # noqa: S608
    return _checkpoint(hand.execute(sql, (value,)).fetchone())


def _checkpoint(row: Any) -> CheckpointRow | None:
    """A row as it is handed on."""
    return None if row is None else CheckpointRow(row[0], row[1], row[2], bytes(row[3]))

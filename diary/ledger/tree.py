"""The public log's Merkle tree over stored nodes: RFC 6962, in the terms of RFC 9162.

A node over a complete subtree never changes, so these nodes, and only these, are stored. A root, an inclusion proof or
a consistency proof reads about two nodes for each level of the tree, whatever the size of the log. A node is identified
by its level (0: leaves) and its position on that level.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from diary import constants
from diary.errors import BadRequest, BadSignature

LEVEL_BITS: Final = 48
HASH_BYTES: Final = 32
PROOF_PATH_LIMIT: Final = constants.LOG_PATH_LIMIT
# C2SP tlog-tiles: a tile has eight levels and 256 hashes.
TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]


def node_id(level: int, position: int) -> int:
    """Return the number under which a node is stored."""
    return level << LEVEL_BITS | position


def tile_entry_count(size: int, level: int) -> int:
    """Return the number of hashes in the tiles of a level: the complete subtrees of 256^level leaves."""
    return size >> level * TILE_HEIGHT


def parent_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


def compute_new_nodes(size: int, leaves: Sequence[bytes], read_node: NodeReader) -> dict[tuple[int, int], bytes]:
    """Return the nodes above the leaves that are completed by adding `leaves` to a log of `size`.

    `read_node` returns a stored node by level and position.
    """
    nodes: dict[tuple[int, int], bytes] = {}
    for leaf_index, leaf in enumerate(leaves, size):
        level, i, current = 0, leaf_index, leaf
        nodes[0, i] = leaf
        while i & 1:
            left = nodes[level, i - 1] if (level, i - 1) in nodes else read_node(level, i - 1)
            current = parent_hash(left, current)
            level, i = level + 1, i >> 1
            nodes[level, i] = current
    return {position: value for position, value in nodes.items() if position[0]}


def root_hash(size: int, read_node: NodeReader) -> bytes:
    """Return the root over the first `size` leaves."""
    return _subtree_hash(0, size, read_node) if size else EMPTY_ROOT


def inclusion_proof(leaf_index: int, size: int, read_node: NodeReader) -> list[bytes]:
    """Return the path from a leaf to the root over `size` leaves, from the leaf upwards.

    Raise BadRequest if there is no such leaf.
    """
    if not 0 <= leaf_index < size:
        raise BadRequest("There is no such leaf.")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _left_leaf_count(high - low)
        if leaf_index < middle:
            path.append(_subtree_hash(middle, high, read_node))
            high = middle
        else:
            path.append(_subtree_hash(low, middle, read_node))
            low = middle
    return path[::-1]


def consistency_proof(old_size: int, new_size: int, read_node: NodeReader) -> list[bytes]:
    """Return the proof that the log of `old_size` leaves is a prefix of that of `new_size`.

    Raise BadRequest unless 0 < `old_size` <= `new_size`.
    """
    if not 0 < old_size <= new_size:
        raise BadRequest("There is no such pair of checkpoints.")
    path: list[bytes] = []
    low, high = 0, new_size
    while old_size != high:
        middle = low + _left_leaf_count(high - low)
        if old_size <= middle:
            path.append(_subtree_hash(middle, high, read_node))
            high = middle
        else:
            path.append(_subtree_hash(low, middle, read_node))
            low = middle
    if low:
        path.append(_subtree_hash(low, high, read_node))
    return path[::-1]


def verify_inclusion(leaf: bytes, leaf_index: int, size: int, path: Sequence[bytes], expected_root: bytes) -> None:
    """Raise BadSignature unless `path` leads from `leaf` at `leaf_index` to `expected_root` over `size` leaves."""
    if not 0 <= leaf_index < size or len(path) > PROOF_PATH_LIMIT:
        raise BadSignature("The log's proof does not hold.")
    node_index, last_index, value = leaf_index, size - 1, leaf
    for sibling in path:
        if last_index == 0 or len(sibling) != HASH_BYTES:
            raise BadSignature("The log's proof does not hold.")
        if node_index & 1 or node_index == last_index:
            value = parent_hash(sibling, value)
            while not node_index & 1 and node_index:
                node_index, last_index = node_index >> 1, last_index >> 1
        else:
            value = parent_hash(value, sibling)
        node_index, last_index = node_index >> 1, last_index >> 1
    if last_index or value != expected_root:
        raise BadSignature("The log's proof does not hold.")


def verify_consistency(old_size: int, new_size: int, roots: tuple[bytes, bytes], path: Sequence[bytes]) -> None:
    """Raise BadSignature unless the log of the first root is a prefix of that of the second.

    `roots` are the old and the new root.
    """
    failure = BadSignature("The log was changed after it had been published.")
    if (
        not 0 < old_size <= new_size
        or len(path) > PROOF_PATH_LIMIT
        or any(len(sibling) != HASH_BYTES for sibling in path)
    ):
        raise failure
    if old_size == new_size:
        if path or roots[0] != roots[1]:
            raise failure
        return
    steps = list(path)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, roots[0])
    if not steps or _roots_from_path(old_size - 1, new_size - 1, steps) != roots:
        raise failure


def _roots_from_path(node_index: int, last_index: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return the old and the new root computed from `steps`, or None if their number does not fit."""
    while node_index & 1:
        node_index, last_index = node_index >> 1, last_index >> 1
    old_root = new_root = steps[0]
    for step in steps[1:]:
        if last_index == 0:
            return None
        if node_index & 1 or node_index == last_index:
            old_root, new_root = parent_hash(step, old_root), parent_hash(step, new_root)
            while not node_index & 1 and node_index:
                node_index, last_index = node_index >> 1, last_index >> 1
        else:
            new_root = parent_hash(new_root, step)
        node_index, last_index = node_index >> 1, last_index >> 1
    return None if last_index else (old_root, new_root)


def _left_leaf_count(width: int) -> int:
    """Return the number of leaves under the left child: the largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1


def _subtree_hash(low: int, high: int, read_node: NodeReader) -> bytes:
    """Return the hash over the leaves from `low` up to, but not including, `high`.

    `low` is a multiple of the smallest power of two that is not below `high - low`.
    """
    width = high - low
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return read_node(level, low >> level)
    middle = low + _left_leaf_count(width)
    return parent_hash(_subtree_hash(low, middle, read_node), _subtree_hash(middle, high, read_node))

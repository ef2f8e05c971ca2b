"""The public log's tree over stored nodes: RFC 6962, as RFC 9162 words it.

A node over a whole subtree never changes once its last leaf is there, so those and only those are stored;
a root, an inclusion proof or a consistency proof reads about two for each level of the tree, however long
the log is. A node is named by its level (0: leaves) and its place on that level.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from diary import constants
from diary.errors import BadRequest, BadSignature

LEVEL_BITS: Final = 48
HASH_BYTES: Final = 32
PATH_LIMIT: Final = constants.LOG_PATH_LIMIT
# C2SP tlog-tiles: a tile is eight levels high and 256 hashes wide.
TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]


def node_id(level: int, i: int) -> int:
    """The one number a stored node goes by."""
    return level << LEVEL_BITS | i


def tile_entries(size: int, level: int) -> int:
    """How many hashes the tiles of a level hold over a log of `size`: its whole subtrees of 256^level leaves."""
    return size >> level * TILE_HEIGHT


def parent(left: bytes, right: bytes) -> bytes:
    """The node over two."""
    return hashlib.sha256(b"\1" + left + right).digest()


def grow(size: int, leaves: Sequence[bytes], node: Node) -> dict[tuple[int, int], bytes]:
    """The nodes above the leaves that are finished by adding `leaves` to a log of `size`.

    `node` reads one that was stored before.
    """
    made: dict[tuple[int, int], bytes] = {}
    for at, leaf in enumerate(leaves, size):
        level, i, current = 0, at, leaf
        made[0, i] = leaf
        while i & 1:
            left = made[level, i - 1] if (level, i - 1) in made else node(level, i - 1)
            current = parent(left, current)
            level, i = level + 1, i >> 1
            made[level, i] = current
    return {place: value for place, value in made.items() if place[0]}


def root(size: int, node: Node) -> bytes:
    """The root over the first `size` leaves."""
    return _span(0, size, node) if size else EMPTY_ROOT


def inclusion(i: int, size: int, node: Node) -> list[bytes]:
    """The path from leaf `i` to the root over `size` leaves, nearest first. Raises BadRequest for a leaf outside."""
    if not 0 <= i < size:
        raise BadRequest("There is no such leaf.")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _left(high - low)
        if i < middle:
            path.append(_span(middle, high, node))
            high = middle
        else:
            path.append(_span(low, middle, node))
            low = middle
    return path[::-1]


def consistency(older: int, newer: int, node: Node) -> list[bytes]:
    """What shows that the log of `older` leaves is the beginning of the one of `newer`. Raises BadRequest."""
    if not 0 < older <= newer:
        raise BadRequest("There is no such pair of checkpoints.")
    path: list[bytes] = []
    low, high = 0, newer
    while older != high:
        middle = low + _left(high - low)
        if older <= middle:
            path.append(_span(middle, high, node))
            high = middle
        else:
            path.append(_span(low, middle, node))
            low = middle
    if low:
        path.append(_span(low, high, node))
    return path[::-1]


def verify_inclusion(leaf: bytes, i: int, size: int, path: Sequence[bytes], expected: bytes) -> None:
    """Return when `path` leads from `leaf` at `i` to the root `expected` over `size` leaves; else BadSignature."""
    if not 0 <= i < size or len(path) > PATH_LIMIT:
        raise BadSignature("The log's proof does not hold.")
    here, last, value = i, size - 1, leaf
    for sibling in path:
        if last == 0 or len(sibling) != HASH_BYTES:
            raise BadSignature("The log's proof does not hold.")
        if here & 1 or here == last:
            value = parent(sibling, value)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            value = parent(value, sibling)
        here, last = here >> 1, last >> 1
    if last or value != expected:
        raise BadSignature("The log's proof does not hold.")


def verify_consistency(older: int, newer: int, roots: tuple[bytes, bytes], path: Sequence[bytes]) -> None:
    """Return when the first root's log begins the second's (sizes and roots in that order); else BadSignature."""
    wrong = BadSignature("The log was changed after it had been published.")
    if not 0 < older <= newer or len(path) > PATH_LIMIT or any(len(one) != HASH_BYTES for one in path):
        raise wrong
    if older == newer:
        if path or roots[0] != roots[1]:
            raise wrong
        return
    steps = list(path)
    if older & (older - 1) == 0:
        steps.insert(0, roots[0])
    if not steps or _both_roots(older - 1, newer - 1, steps) != roots:
        raise wrong


def _both_roots(here: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The two roots that `steps` lead to, from the older log's last leaf; None when there are too many or too few."""
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if here & 1 or here == last:
            first, second = parent(step, first), parent(step, second)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            second = parent(second, step)
        here, last = here >> 1, last >> 1
    return None if last else (first, second)


def _left(width: int) -> int:
    """How many leaves of `width` stand under the left child: the largest power of two below it."""
    return 1 << (width - 1).bit_length() - 1


def _span(low: int, high: int, node: Node) -> bytes:
    """The node over leaves `low` to `high`; `low` begins a subtree at least that wide."""
    width = high - low
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, low >> level)
    middle = low + _left(width)
    return parent(_span(low, middle, node), _span(middle, high, node))

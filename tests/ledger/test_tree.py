"""The log's tree: RFC 6962's own numbers, every proof of every small log, and nothing that was bent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from diary.errors import BadRequest, BadSignature
from diary.ledger import tree

# The eight inputs of the RFC 6962 reference implementation and its roots, sizes 0 to 8.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [hashlib.sha256(b"\0" + bytes.fromhex(one)).digest() for one in INPUTS]


class Kept:
    """A log in memory, grown as the server grows its own; counts what is read."""

    def __init__(self) -> None:
        self.nodes: dict[int, bytes] = {}
        self.size = self.reads = 0

    def node(self, level: int, i: int) -> bytes:
        self.reads += 1
        return self.nodes[tree.node_id(level, i)]

    def add(self, leaves: Sequence[bytes]) -> None:
        made = tree.grow(self.size, leaves, self.node)
        assert all(level for level, _ in made)
        self.nodes |= {tree.node_id(level, i): value for (level, i), value in made.items()}
        self.nodes |= {tree.node_id(0, self.size + at): leaf for at, leaf in enumerate(leaves)}
        self.size += len(leaves)


def leaf(i: int) -> bytes:
    return hashlib.sha256(b"\0" + i.to_bytes(4, "big")).digest()


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """MTH exactly as the RFC defines it, with no stored node."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


def test_rfc6962_roots() -> None:
    """The reference roots of sizes 0 to 8."""
    log = Kept()
    log.add(LEAVES)
    assert [tree.root(size, log.node).hex() for size in range(9)] == ROOTS


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64])
def test_growing_in_any_steps_gives_the_same_tree(step: int) -> None:
    """Leaves one by one or in batches: the same nodes, and each size's root is the definition's."""
    log, leaves = Kept(), [leaf(i) for i in range(70)]
    for at in range(0, 70, step):
        log.add(leaves[at : at + step])
    for size in range(71):
        assert tree.root(size, log.node) == plain_root(leaves[:size])


def test_every_leaf_of_every_size_has_a_proof_and_no_other() -> None:
    """Inclusion for all leaves of all sizes to 40; another leaf, place, size or path is refused."""
    log = Kept()
    log.add([leaf(i) for i in range(40)])
    for size in range(1, 41):
        root = tree.root(size, log.node)
        for i in range(size):
            path = tree.inclusion(i, size, log.node)
            tree.verify_inclusion(leaf(i), i, size, path, root)
            bent = [(leaf(i + 1), i, size, path), (leaf(i), i + 1, size, path), (leaf(i), i, size, [*path, root])]
            bent += [(leaf(i), i, size, path[1:])] if path else []
            for case in bent:
                with pytest.raises(BadSignature):
                    tree.verify_inclusion(*case, root)
            with pytest.raises(BadSignature):
                tree.verify_inclusion(leaf(i), i, size, path, leaf(i + 1))


def test_every_pair_of_sizes_is_consistent_and_no_other_log_is() -> None:
    """Consistency between every pair to 33; any root, size or step that differs is refused."""
    log, other = Kept(), Kept()
    log.add([leaf(i) for i in range(33)])
    other.add([leaf(i if i != 5 else 99) for i in range(33)])
    for newer in range(1, 34):
        for older in range(1, newer + 1):
            path = tree.consistency(older, newer, log.node)
            roots = tree.root(older, log.node), tree.root(newer, log.node)
            tree.verify_consistency(older, newer, roots, path)
            for wrong in ((roots[0], leaf(77)), (leaf(77), roots[1])):
                with pytest.raises(BadSignature):
                    tree.verify_consistency(older, newer, wrong, path)
            for at in range(len(path)):
                with pytest.raises(BadSignature):
                    tree.verify_consistency(older, newer, roots, [*path[:at], leaf(78), *path[at + 1 :]])
            if older > 5:
                forked = roots[0], tree.root(newer, other.node)
                with pytest.raises(BadSignature):
                    tree.verify_consistency(older, newer, forked, tree.consistency(older, newer, other.node))


def test_reads_grow_with_the_logarithm() -> None:
    """A thousand leaves more than double the reads of none: two for each level at most."""
    log = Kept()
    log.add([leaf(i) for i in range(5000)])
    for size in (100, 1000, 5000):
        for ask in (tree.inclusion, tree.consistency):
            log.reads = 0
            ask(size // 3, size, log.node)
            assert log.reads <= 2 * size.bit_length()


def test_what_is_outside_is_refused() -> None:
    """No leaf, no pair, no such size: said, never computed."""
    log = Kept()
    log.add([leaf(0)])
    for i, size in ((1, 1), (-1, 1), (0, 0)):
        with pytest.raises(BadRequest):
            tree.inclusion(i, size, log.node)
    for pair in ((0, 1), (2, 1)):
        with pytest.raises(BadRequest):
            tree.consistency(*pair, log.node)
    with pytest.raises(BadSignature):
        tree.verify_consistency(0, 1, (tree.EMPTY_ROOT, leaf(0)), [])
    with pytest.raises(BadSignature):
        tree.verify_inclusion(leaf(0), 0, 1, [b"short"], leaf(0))


def test_a_tile_is_256_hashes_wide() -> None:
    """Readers of the log compute which tile they need from this number (C2SP tlog-tiles)."""
    assert (tree.TILE_HEIGHT, tree.TILE_WIDTH) == (8, 256)

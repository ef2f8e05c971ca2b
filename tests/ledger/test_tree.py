"""Merkle tree of the log: the numbers of RFC 6962, every proof of every small log, and altered proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from diary.errors import BadRequest, BadSignature
from diary.ledger import tree

# The eight inputs of the RFC 6962 reference implementation, and its roots for sizes 0 to 8.
RFC6962_INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
RFC6962_ROOTS = [
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
RFC6962_LEAVES = [hashlib.sha256(b"\0" + bytes.fromhex(one)).digest() for one in RFC6962_INPUTS]


class ReferenceLog:
    """Log in memory that grows as the server's does, and counts reads."""

    def __init__(self) -> None:
        self.nodes: dict[int, bytes] = {}
        self.size = self.node_reads = 0

    def node(self, level: int, i: int) -> bytes:
        self.node_reads += 1
        return self.nodes[tree.node_id(level, i)]

    def append(self, leaves: Sequence[bytes]) -> None:
        new_nodes = tree.compute_new_nodes(self.size, leaves, self.node)
        assert all(level for level, _ in new_nodes)
        self.nodes |= {tree.node_id(level, i): value for (level, i), value in new_nodes.items()}
        self.nodes |= {tree.node_id(0, self.size + at): leaf for at, leaf in enumerate(leaves)}
        self.size += len(leaves)


def leaf_hash(i: int) -> bytes:
    return hashlib.sha256(b"\0" + i.to_bytes(4, "big")).digest()


def reference_root(leaves: Sequence[bytes]) -> bytes:
    """Return MTH exactly as the RFC defines it, without stored nodes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + reference_root(leaves[:k]) + reference_root(leaves[k:])).digest()


def test_rfc6962_roots() -> None:
    """Roots of sizes 0 to 8 equal the reference implementation's."""
    log = ReferenceLog()
    log.append(RFC6962_LEAVES)
    assert [tree.root_hash(size, log.node).hex() for size in range(9)] == RFC6962_ROOTS


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64])
def test_growing_in_any_steps_gives_the_same_tree(step: int) -> None:
    """Leaves added singly or in batches give the same nodes, and each size's root matches the definition."""
    log, leaves = ReferenceLog(), [leaf_hash(i) for i in range(70)]
    for at in range(0, 70, step):
        log.append(leaves[at : at + step])
    for size in range(71):
        assert tree.root_hash(size, log.node) == reference_root(leaves[:size])


def test_every_leaf_of_every_size_has_a_proof_and_no_other() -> None:
    """Inclusion proofs of all leaves for sizes to 40 are valid; another leaf, position, size or path is refused."""
    log = ReferenceLog()
    log.append([leaf_hash(i) for i in range(40)])
    for size in range(1, 41):
        root = tree.root_hash(size, log.node)
        for i in range(size):
            path = tree.inclusion_proof(i, size, log.node)
            tree.verify_inclusion(leaf_hash(i), i, size, path, root)
            altered_cases = [
                (leaf_hash(i + 1), i, size, path),
                (leaf_hash(i), i + 1, size, path),
                (leaf_hash(i), i, size, [*path, root]),
            ]
            altered_cases += [(leaf_hash(i), i, size, path[1:])] if path else []
            for case in altered_cases:
                with pytest.raises(BadSignature):
                    tree.verify_inclusion(*case, root)
            with pytest.raises(BadSignature):
                tree.verify_inclusion(leaf_hash(i), i, size, path, leaf_hash(i + 1))


def test_every_pair_of_sizes_is_consistent_and_no_other_log_is() -> None:
    """Every pair of sizes to 33 is consistent; a different root, size or step is refused."""
    log, other_log = ReferenceLog(), ReferenceLog()
    log.append([leaf_hash(i) for i in range(33)])
    other_log.append([leaf_hash(i if i != 5 else 99) for i in range(33)])
    for newer in range(1, 34):
        for older in range(1, newer + 1):
            path = tree.consistency_proof(older, newer, log.node)
            roots = tree.root_hash(older, log.node), tree.root_hash(newer, log.node)
            tree.verify_consistency(older, newer, roots, path)
            for wrong_roots in ((roots[0], leaf_hash(77)), (leaf_hash(77), roots[1])):
                with pytest.raises(BadSignature):
                    tree.verify_consistency(older, newer, wrong_roots, path)
            for at in range(len(path)):
                with pytest.raises(BadSignature):
                    tree.verify_consistency(older, newer, roots, [*path[:at], leaf_hash(78), *path[at + 1 :]])
            if older > 5:
                forked = roots[0], tree.root_hash(newer, other_log.node)
                with pytest.raises(BadSignature):
                    tree.verify_consistency(older, newer, forked, tree.consistency_proof(older, newer, other_log.node))


def test_node_reads_grow_logarithmically() -> None:
    """A thousand more leaves at most double the reads: at most two per level."""
    log = ReferenceLog()
    log.append([leaf_hash(i) for i in range(5000)])
    for size in (100, 1000, 5000):
        for ask in (tree.inclusion_proof, tree.consistency_proof):
            log.node_reads = 0
            ask(size // 3, size, log.node)
            assert log.node_reads <= 2 * size.bit_length()


def test_positions_outside_the_log_are_refused() -> None:
    """Positions and sizes outside the log are refused, not computed."""
    log = ReferenceLog()
    log.append([leaf_hash(0)])
    for i, size in ((1, 1), (-1, 1), (0, 0)):
        with pytest.raises(BadRequest):
            tree.inclusion_proof(i, size, log.node)
    for pair in ((0, 1), (2, 1)):
        with pytest.raises(BadRequest):
            tree.consistency_proof(*pair, log.node)
    with pytest.raises(BadSignature):
        tree.verify_consistency(0, 1, (tree.EMPTY_ROOT, leaf_hash(0)), [])
    with pytest.raises(BadSignature):
        tree.verify_inclusion(leaf_hash(0), 0, 1, [b"short"], leaf_hash(0))


def test_a_tile_is_256_hashes_wide() -> None:
    """Readers of the log compute tile positions from this number (C2SP tlog-tiles)."""
    assert (tree.TILE_HEIGHT, tree.TILE_WIDTH) == (8, 256)

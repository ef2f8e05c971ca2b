"""Judging a log from outside: the tree is made again from its leaves, every checkpoint and stamp is held against it.

Consecutive checkpoints that both agree with one list of leaves are consistent with each other; nothing of what
the server stored of the tree is believed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from diary.crypto.signing import ed25519_key_id
from diary.encoding import b64, unb64
from diary.errors import KeptError
from diary.ledger import checkpoints, key_statements, timestamps, tree


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What does not hold, and the row it stands in."""

    row_label: str
    message: str


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint that was read: its number, what it says, and where it stands for people."""

    number: int
    row_label: str
    size: int
    root: bytes


@dataclass(slots=True)
class IncrementalMerkleTree:
    """The tree over the leaves so far; keeps only what later leaves need."""

    size: int = 0
    _peak_hashes: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def append(self, leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
        """Add leaves; gives every node above them that is finished now."""
        completed_nodes = tree.compute_new_nodes(self.size, leaves, lambda level, i: self._peak_hashes[level, i])
        known_nodes = (
            self._peak_hashes | completed_nodes | {(0, index): leaf for index, leaf in enumerate(leaves, self.size)}
        )
        self.size += len(leaves)
        self._peak_hashes = {position: known_nodes[position] for position in _peak_positions(self.size)}
        return completed_nodes

    def root(self) -> bytes:
        """The root over the leaves so far."""
        return tree.root_hash(self.size, lambda level, i: self._peak_hashes[level, i])


def _peak_positions(size: int) -> Iterator[tuple[int, int]]:
    """The whole subtrees that `size` leaves fall into."""
    for level in range(size.bit_length()):
        if size >> level & 1:
            yield level, (size >> level) - 1


PublicKeysByLogId = Mapping[str, bytes]


def trusted_keys(
    statements: Sequence[Mapping[str, Any]], notary_pub: bytes | None, instance_pub: bytes | None
) -> tuple[PublicKeysByLogId, list[AuditFinding]]:
    """The notary keys that may sign, by log id, from statements and from a key that is known anyway."""
    known_keys = {b64(ed25519_key_id(notary_pub)): notary_pub} if notary_pub else {}
    if not statements:
        return known_keys, []
    try:
        pinned_instance_pub = instance_pub or unb64(str(statements[0].get("instance", "")))
        return known_keys | {
            key.log_id: key.pub for key in key_statements.verify_chain(statements, pinned_instance_pub)
        }, []
    except (KeptError, AttributeError):
        n = next((n for n in range(len(statements)) if not _is_valid_chain(statements[: n + 1], instance_pub)), 0)
        return known_keys, [
            AuditFinding(f"key_statement {n}", "The statement is not signed, or does not follow on the one before.")
        ]


def _is_valid_chain(statements: Sequence[Mapping[str, Any]], instance_pub: bytes | None) -> bool:
    """Whether these statements are a chain."""
    try:
        key_statements.verify_chain(statements, instance_pub or unb64(str(statements[0].get("instance", ""))))
    except (KeptError, AttributeError):
        return False
    return True


def verify_checkpoint(
    number: int, note: bytes, keys: PublicKeysByLogId, previous: VerifiedCheckpoint | None
) -> VerifiedCheckpoint | AuditFinding:
    """A checkpoint's note, signed by a key that is vouched for, and larger than the one before it."""
    row_label = f"log_checkpoint {number}"
    try:
        checkpoint = checkpoints.parse_checkpoint(note)
        if checkpoint.origin not in keys:
            return AuditFinding(row_label, "The checkpoint is signed by a key that nobody vouches for.")
        checkpoints.verify(note, keys[checkpoint.origin])
    except KeptError:
        return AuditFinding(row_label, "The checkpoint's signature does not hold.")
    if previous is not None and checkpoint.size <= previous.size:
        return AuditFinding(row_label, "The checkpoint is not larger than the one before it.")
    return VerifiedCheckpoint(number, row_label, checkpoint.size, checkpoint.root)


def verify_checkpoint_timestamp(
    row_label: str, note: bytes, stored_stamp: Mapping[str, Any], roots: bytes | None
) -> AuditFinding | int:
    """The time of a stamp, ms UTC, or why it does not hold. `told`: tsr, chain, policy, nonce as bytes and text."""
    try:
        stamped_bytes = checkpoints.strip_cosignatures(note)
        return timestamps.verify_response(
            stored_stamp["tsr"],
            stamped_bytes,
            chain=stored_stamp["chain"],
            policy=stored_stamp["policy"],
            nonce=stored_stamp["nonce"],
            roots=roots,
        )
    except (KeptError, TypeError):
        return AuditFinding(row_label, "The timestamp does not hold for this checkpoint.")


def verify_roots(
    leaves: Iterator[bytes],
    verified_checkpoints: Sequence[VerifiedCheckpoint],
    check_nodes: Callable[[dict[tuple[int, int], bytes]], Iterator[AuditFinding]],
    batch_size: int = 4096,
) -> Iterator[AuditFinding]:
    """Every checkpoint against the tree over `leaves`; `seen` is given the nodes as they are finished."""
    merkle_tree = IncrementalMerkleTree()
    for checkpoint in verified_checkpoints:
        while merkle_tree.size < checkpoint.size:
            batch = list(islice(leaves, min(batch_size, checkpoint.size - merkle_tree.size)))
            if not batch:
                yield AuditFinding(
                    checkpoint.row_label,
                    f"The checkpoint speaks of {checkpoint.size} leaves and there are {merkle_tree.size}.",
                )
                return
            yield from check_nodes(merkle_tree.append(batch))
        if merkle_tree.root() != checkpoint.root:
            yield AuditFinding(checkpoint.row_label, "The checkpoint's root is not the root of the leaves below it.")
    while batch := list(islice(leaves, batch_size)):
        yield from check_nodes(merkle_tree.append(batch))

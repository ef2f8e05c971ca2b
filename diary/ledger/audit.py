"""Audit of a public log: the tree is rebuilt from its leaves, and every checkpoint and timestamp is checked against it.

Consecutive checkpoints that agree with the same list of leaves are consistent with each other. Stored tree nodes are
not trusted.
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
    """A failed check, and the row it is about."""

    row_label: str
    message: str


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint whose signature is valid: its number, row label for people, size and root."""

    number: int
    row_label: str
    size: int
    root: bytes


@dataclass(slots=True)
class IncrementalMerkleTree:
    """Merkle tree over the leaves so far. It stores only the nodes that later leaves need."""

    size: int = 0
    _peak_hashes: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def append(self, leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
        """Add leaves and return every node above them that is complete now."""
        completed_nodes = tree.compute_new_nodes(self.size, leaves, lambda level, i: self._peak_hashes[level, i])
        known_nodes = (
            self._peak_hashes | completed_nodes | {(0, index): leaf for index, leaf in enumerate(leaves, self.size)}
        )
        self.size += len(leaves)
        self._peak_hashes = {position: known_nodes[position] for position in _peak_positions(self.size)}
        return completed_nodes

    def root(self) -> bytes:
        """Return the root over the leaves so far."""
        return tree.root_hash(self.size, lambda level, i: self._peak_hashes[level, i])


def _peak_positions(size: int) -> Iterator[tuple[int, int]]:
    """Yield level and position of the complete subtrees that `size` leaves form."""
    for level in range(size.bit_length()):
        if size >> level & 1:
            yield level, (size >> level) - 1


PublicKeysByLogId = Mapping[str, bytes]


def trusted_keys(
    statements: Sequence[Mapping[str, Any]], notary_pub: bytes | None, instance_pub: bytes | None
) -> tuple[PublicKeysByLogId, list[AuditFinding]]:
    """Return the trusted notary keys by log id, and findings.

    The keys come from a chain of statements and from `notary_pub`, a key the caller trusts.
    """
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
            AuditFinding(f"key_statement {n}", "The statement is not signed, or does not follow the one before.")
        ]


def _is_valid_chain(statements: Sequence[Mapping[str, Any]], instance_pub: bytes | None) -> bool:
    """Return whether these statements form a valid chain."""
    try:
        key_statements.verify_chain(statements, instance_pub or unb64(str(statements[0].get("instance", ""))))
    except (KeptError, AttributeError):
        return False
    return True


def verify_checkpoint(
    number: int, note: bytes, keys: PublicKeysByLogId, previous: VerifiedCheckpoint | None
) -> VerifiedCheckpoint | AuditFinding:
    """Return the checkpoint if a trusted key signed it and it is larger than the previous one, or else a finding."""
    row_label = f"log_checkpoint {number}"
    try:
        checkpoint = checkpoints.parse_checkpoint(note)
        if checkpoint.origin not in keys:
            return AuditFinding(row_label, "The checkpoint is signed by an unknown key.")
        checkpoints.verify_note(note, keys[checkpoint.origin])
    except KeptError:
        return AuditFinding(row_label, "The checkpoint's signature does not hold.")
    if previous is not None and checkpoint.size <= previous.size:
        return AuditFinding(row_label, "The checkpoint is not larger than the one before it.")
    return VerifiedCheckpoint(number, row_label, checkpoint.size, checkpoint.root)


def verify_checkpoint_timestamp(
    row_label: str, note: bytes, stored_stamp: Mapping[str, Any], roots: bytes | None
) -> AuditFinding | int:
    """Return the time of a timestamp in ms UTC, or a finding if it is not valid for this note.

    `stored_stamp` has `tsr`, `chain` and `nonce` as bytes and `policy` as text.
    """
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
    """Yield findings for checkpoints whose root is not that of the tree over `leaves`.

    `check_nodes` receives the tree's nodes as they are completed and returns its own findings.
    """
    merkle_tree = IncrementalMerkleTree()
    for checkpoint in verified_checkpoints:
        while merkle_tree.size < checkpoint.size:
            batch = list(islice(leaves, min(batch_size, checkpoint.size - merkle_tree.size)))
            if not batch:
                yield AuditFinding(
                    checkpoint.row_label,
                    f"The checkpoint covers {checkpoint.size} leaves but there are only {merkle_tree.size}.",
                )
                return
            yield from check_nodes(merkle_tree.append(batch))
        if merkle_tree.root() != checkpoint.root:
            yield AuditFinding(checkpoint.row_label, "The checkpoint's root is not the root of the leaves below it.")
    while batch := list(islice(leaves, batch_size)):
        yield from check_nodes(merkle_tree.append(batch))

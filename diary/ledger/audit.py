"""Judging a log from outside: the tree is made again from its leaves, every checkpoint and stamp is held against it.

Consecutive checkpoints that both agree with one list of leaves are consistent with each other; nothing of what
the server stored of the tree is believed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from diary.crypto.signing import notary_key_id
from diary.encoding import b64, unb64
from diary.errors import KeptError
from diary.ledger import checkpoints, key_statements, timestamps, tree


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not hold, and the row it stands in."""

    row: str
    sentence: str


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A checkpoint that was read: its number, what it says, and where it stands for people."""

    n: int
    row: str
    size: int
    root: bytes


@dataclass(slots=True)
class Tree:
    """The tree over the leaves so far; keeps only what later leaves need."""

    size: int = 0
    _left: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def add(self, leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
        """Add leaves; gives every node above them that is finished now."""
        made = tree.grow(self.size, leaves, lambda level, i: self._left[level, i])
        known = self._left | made | {(0, at): leaf for at, leaf in enumerate(leaves, self.size)}
        self.size += len(leaves)
        self._left = {place: known[place] for place in _peaks(self.size)}
        return made

    def root(self) -> bytes:
        """The root over the leaves so far."""
        return tree.root(self.size, lambda level, i: self._left[level, i])


def _peaks(size: int) -> Iterator[tuple[int, int]]:
    """The whole subtrees that `size` leaves fall into."""
    for level in range(size.bit_length()):
        if size >> level & 1:
            yield level, (size >> level) - 1


Keys = Mapping[str, bytes]


def keys_of(
    told: Sequence[Mapping[str, Any]], notary: bytes | None, instance: bytes | None
) -> tuple[Keys, list[Fault]]:
    """The notary keys that may sign, by log id, from statements and from a key that is known anyway."""
    known = {b64(notary_key_id(notary)): notary} if notary else {}
    if not told:
        return known, []
    try:
        pinned = instance or unb64(str(told[0].get("instance", "")))
        return known | {key.log: key.pub for key in key_statements.chain(told, pinned)}, []
    except (KeptError, AttributeError):
        n = next((n for n in range(len(told)) if not _holds(told[: n + 1], instance)), 0)
        return known, [
            Fault(f"key_statement {n}", "The statement is not signed, or does not follow on the one before.")
        ]


def _holds(told: Sequence[Mapping[str, Any]], instance: bytes | None) -> bool:
    """Whether these statements are a chain."""
    try:
        key_statements.chain(told, instance or unb64(str(told[0].get("instance", ""))))
    except (KeptError, AttributeError):
        return False
    return True


def read_note(n: int, note: bytes, keys: Keys, before: SignedNote | None) -> SignedNote | Fault:
    """A checkpoint's note, signed by a key that is vouched for, and larger than the one before it."""
    row = f"log_checkpoint {n}"
    try:
        said = checkpoints.read(note)
        if said.origin not in keys:
            return Fault(row, "The checkpoint is signed by a key that nobody vouches for.")
        checkpoints.verify(note, keys[said.origin])
    except KeptError:
        return Fault(row, "The checkpoint's signature does not hold.")
    if before is not None and said.size <= before.size:
        return Fault(row, "The checkpoint is not larger than the one before it.")
    return SignedNote(n, row, said.size, said.root)


def check_stamp(row: str, note: bytes, told: Mapping[str, Any], roots: bytes | None) -> Fault | int:
    """The time of a stamp, ms UTC, or why it does not hold. `told`: tsr, chain, policy, nonce as bytes and text."""
    try:
        stamped = checkpoints.one_line(note)
        return timestamps.check(
            told["tsr"], stamped, chain=told["chain"], policy=told["policy"], nonce=told["nonce"], roots=roots
        )
    except (KeptError, TypeError):
        return Fault(row, "The timestamp does not hold for this checkpoint.")


def rebuild(
    leaves: Iterator[bytes],
    notes: Sequence[SignedNote],
    seen: Callable[[dict[tuple[int, int], bytes]], Iterator[Fault]],
    chunk: int = 4096,
) -> Iterator[Fault]:
    """Every checkpoint against the tree over `leaves`; `seen` is given the nodes as they are finished."""
    made = Tree()
    for note in notes:
        while made.size < note.size:
            some = list(islice(leaves, min(chunk, note.size - made.size)))
            if not some:
                yield Fault(note.row, f"The checkpoint speaks of {note.size} leaves and there are {made.size}.")
                return
            yield from seen(made.add(some))
        if made.root() != note.root:
            yield Fault(note.row, "The checkpoint's root is not the root of the leaves below it.")
    while some := list(islice(leaves, chunk)):
        yield from seen(made.add(some))

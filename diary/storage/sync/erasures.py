"""Erasing for good: what is waiting, and carrying it out.

[Note: what goes and what stays] Of an erased version go its wraps, its envelopes, the author's signature, its
parents and the files it named; number, ids, commitment, envelope digest and leaf stay, since the diary's head
and the public log are made of them. Of an erased file stays its id: a device that knows nothing of the erasure
must not be able to send it again. The rows change first and in one commit, so from then on nobody is given the
bytes; the files of the blob store follow (`list_doomed`), again after a crash if need be. Their room is free when
they are gone, and no sooner.

An erasure touches files of the diary's own kind only: a hand-over or a statement that has the same id is something else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from diary.encoding import b64, canon, parse, unb64
from diary.errors import BadRequest, NotFound
from diary.ledger.erased import tombstone
from diary.storage.database_interface import Database
from diary.storage.sync import blobs
from diary.storage.sync.blobs import Stored
from diary.storage.writer import Hand

ID_BYTES: Final = 16
_PENDING: Final = "SELECT e.id, e.diary_id, e.records, e.why, e.asked_at, e.due_at FROM erasure e"


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """Records that will be erased at `due_at` ms unless someone takes it back."""

    id: bytes
    diary: bytes
    records: tuple[bytes, ...]
    why: str
    asked_at: int
    due_at: int

    def told(self) -> dict[str, object]:
        """As every session sees it."""
        return {
            "asked_at": self.asked_at,
            "due_at": self.due_at,
            "erasure": b64(self.id),
            "records": [b64(record) for record in self.records],
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Doomed:
    """A file that nobody is given any more and whose bytes are still to go: its number, and the names of its parts.

    `folder`: where an earlier release may have left bytes that no row speaks of; None where that is another file's as well.
    """

    row: int
    names: tuple[str, ...]
    folder: str | None


async def list_pending(db: Database, account: bytes) -> tuple[ErasureRow, ...]:
    """What waits in the account's diaries, oldest first."""

    def read(hand: Hand) -> tuple[ErasureRow, ...]:
        rows = hand.execute(
            f"{_PENDING} JOIN diary d ON d.id = e.diary_id WHERE d.account_id = ? ORDER BY e.asked_at, e.id", (account,)
        )
        return tuple(_row(row) for row in rows)

    return await db.page(read)


def owned(hand: Hand, account: bytes, diary: bytes) -> None:
    """Return when the diary is the account's. Raises NotFound."""
    if not hand.execute("SELECT 1 FROM diary WHERE id = ? AND account_id = ?", (diary, account)).fetchone():
        raise NotFound


def add(hand: Hand, account: bytes, row: ErasureRow) -> ErasureRow:
    """Note an erasure, or find that the same one waits already. Raises NotFound for a record that has no version."""
    owned(hand, account, row.diary)
    for record in row.records:
        if not _versions(hand, row.diary, record):
            raise NotFound
    for earlier in hand.execute(f"{_PENDING} WHERE e.diary_id = ?", (row.diary,)).fetchall():
        known = _row(earlier)
        if set(known.records) == set(row.records):
            return known
    hand.execute(
        "INSERT INTO erasure (id, diary_id, records, why, asked_at, due_at) VALUES (?, ?, ?, ?, ?, ?)",
        (row.id, row.diary, b"".join(row.records), row.why, row.asked_at, row.due_at),
    )
    return row


def remove(hand: Hand, account: bytes, diary: bytes, erasure: bytes) -> None:
    """Take an erasure back. Raises NotFound."""
    owned(hand, account, diary)
    gone = hand.execute("DELETE FROM erasure WHERE id = ? AND diary_id = ?", (erasure, diary))
    if gone.rowcount != 1:
        raise NotFound


def list_due(hand: Hand, now: int) -> tuple[ErasureRow, ...]:
    """What is to be carried out at `now` ms."""
    return tuple(
        _row(row) for row in hand.execute(f"{_PENDING} WHERE e.due_at <= ? ORDER BY e.due_at", (now,)).fetchall()
    )


def is_pending(hand: Hand, erasure: bytes) -> bool:
    """Whether it has been neither taken back nor carried out."""
    return hand.execute("SELECT 1 FROM erasure WHERE id = ?", (erasure,)).fetchone() is not None


def carry_out(hand: Hand, diary: bytes, records: Sequence[bytes], now: int, *, only_files: bool = False) -> None:
    """Erase every version of these records, and the files no other version names; see the module's note.

    `only_files`: refuse, with BadRequest, a record whose versions name no file.
    """
    named: set[bytes] = set()
    freed = 0
    for record in records:
        for place, facts, size in _versions(hand, diary, record):
            told: Any = parse(facts)
            named.update(blob.encode() for blob in told["blobs"])
            left = canon(tombstone(told, now))
            hand.execute(
                "UPDATE version SET facts = ?, sealed = ?, erased_at = ? WHERE id = ?", (left, b"", now, place)
            )
            hand.execute("DELETE FROM grant_wrap WHERE place = ?", (place,))
            freed += size
    if only_files and not named:
        raise BadRequest("Only a file can be erased at once.")
    hand.execute("UPDATE diary SET text_bytes = text_bytes - ? WHERE id = ?", (freed, diary))
    _doom_files(hand, diary, named - _still_named(hand, diary, named))


def close(hand: Hand, erasure: bytes) -> None:
    """An erasure has been carried out."""
    hand.execute("DELETE FROM erasure WHERE id = ?", (erasure,))


def list_doomed(hand: Hand, account: bytes | None = None) -> tuple[Doomed, ...]:
    """Files whose bytes are still to go; those of one account, or of all."""
    rows = hand.execute(
        "SELECT b.id, b.diary_id, b.blob, d.account_id FROM blob b JOIN diary d ON d.id = b.diary_id"
        " WHERE b.erased = ? AND b.parts > 0",
        (True,),
    ).fetchall()
    return tuple(_doomed(hand, *row[:3]) for row in rows if account in (None, row[3]))


def _doomed(hand: Hand, row: int, diary: bytes, blob: bytes) -> Doomed:
    """One of them with the names of its bytes."""
    names = hand.execute(
        "SELECT name FROM part WHERE blob_id = ? UNION SELECT name FROM loose_bytes WHERE blob = ?", (row, row)
    )
    alone = hand.execute("SELECT count(*) FROM blob WHERE diary_id = ? AND blob = ?", (diary, blob)).fetchone()[0] == 1
    return Doomed(row, tuple(name for (name,) in names.fetchall()), f"{diary.hex()}/{blob.hex()}" if alone else None)


def bury(hand: Hand, row: int) -> None:
    """The bytes of a doomed file are gone: its room is free again. Of a diary's file the id stays, of anything else nothing."""
    doomed = "SELECT kind, diary_id, size FROM blob WHERE id = ? AND erased = ? AND parts > 0"
    found = hand.execute(doomed, (row, True)).fetchone()
    if found is None:
        return  # another run was there first
    kind, diary, size = found
    hand.execute("DELETE FROM part WHERE blob_id = ?", (row,))
    hand.execute("DELETE FROM loose_bytes WHERE blob = ?", (row,))
    if kind == Stored.FILE:
        hand.execute("UPDATE blob SET parts = 0, size = 0 WHERE id = ?", (row,))
    else:
        hand.execute("DELETE FROM blob WHERE id = ?", (row,))
    hand.execute(
        "UPDATE account SET file_bytes = file_bytes - ? WHERE id = (SELECT account_id FROM diary WHERE id = ?)",
        (size, diary),
    )


def doom_abandoned(hand: Hand, before: int, now: int) -> int:
    """Give up uploads that never became whole, that no version names and that nobody added to since `before` ms."""
    # Rows from before there was a time start theirs now.
    hand.execute(
        "UPDATE blob SET touched_at = ? WHERE touched_at = 0 AND complete = ? AND erased = ?", (now, False, False)
    )
    rows = hand.execute(
        "SELECT kind, owner, blob FROM blob WHERE complete = ? AND erased = ? AND touched_at < ?",
        (False, False, before),
    ).fetchall()
    count = 0
    for kind, owner, blob in rows:
        # A version names files of its own diary only.
        if kind != Stored.FILE or not _still_named(hand, owner, {_text(blob)}):
            count += blobs.doom(hand, Stored(kind), owner, blob)
    return count


def _versions(hand: Hand, diary: bytes, record: bytes) -> list[tuple[int, bytes, int]]:
    """Place, facts and sealed size of the versions of a record that are still there."""
    return hand.execute(
        "SELECT id, facts, length(sealed) FROM version WHERE diary_id = ? AND record = ? AND erased_at IS NULL",
        (diary, record),
    ).fetchall()


def _still_named(hand: Hand, diary: bytes, names: Iterable[bytes]) -> set[bytes]:
    """Those of some files' ids that a version which is still there names."""
    asked = set(names)
    found: set[bytes] = set()
    if asked:
        for (facts,) in hand.execute("SELECT facts FROM version WHERE diary_id = ? AND erased_at IS NULL", (diary,)):
            # Ids are 128 random bits in text: one that stands there by chance does not happen.
            found.update(blob for blob in asked - found if blob in facts)
    return found


def _doom_files(hand: Hand, diary: bytes, names: Iterable[bytes]) -> None:
    """Take a diary's files away from everybody; ids that were never announced are kept from being so."""
    for name in names:
        blob = unb64(name.decode())
        if blobs.doom(hand, Stored.FILE, diary, blob):
            continue
        # Named, and not announced yet: a device may still be about to.
        hand.execute(
            "INSERT INTO blob (diary_id, kind, owner, blob, parts, size, complete, touched_at, erased)"
            " VALUES (?, ?, ?, ?, 0, 0, ?, 0, ?) ON CONFLICT (kind, owner, blob) DO NOTHING",
            (diary, int(Stored.FILE), diary, blob, False, True),
        )


def _text(raw: bytes) -> bytes:
    """An id as it stands in facts."""
    return b64(raw).encode()


def _row(row: tuple[bytes, bytes, bytes, str, int, int]) -> ErasureRow:
    """A row as read."""
    erasure, diary, joined, why, asked_at, due_at = row
    records = tuple(joined[i : i + ID_BYTES] for i in range(0, len(joined), ID_BYTES))
    return ErasureRow(erasure, diary, records, why, asked_at, due_at)

"""Sealed files: what was announced, and which parts have come. The bytes are in storage/blob_store.py.

[Note: one owner, one kind] A diary's files, the parts of a hand-over and the files of a witness's statement are rows of
one table. A row is found by what it is (`Stored`), what made it (`owner`) and its id, and a unique index holds that. An id
says nothing by itself: whoever knows the id of a diary's file and gives it to a hand-over makes a second, unrelated row.

[Note: room before bytes] Bytes go into the blob store under a name drawn for them, after the name and their size stand in
`loose_bytes`. When the part is accepted its row takes the name over; when it is refused, or replaced later, the name stays
in `loose_bytes` until the bytes are gone. So the database knows every byte that is stored, whatever fails in between, and
removing the bytes of one part can never remove those of another. A name that `dropped` marks is never taken over, so it does
not matter who removes it, or when.

[Note: not final yet] Until a file is complete its numbers and parts may be replaced, by anyone who may write them: nothing
that was sent by mistake, or by somebody with a stolen session, may stand in the way of the right bytes. Once it is complete
nothing of it changes.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from diary.encoding import b64, canon
from diary.errors import Conflict, Differs, Erased, NotFound, OverQuota, TooLarge, Unavailable
from diary.storage.database_interface import Database
from diary.storage.models.core import Part
from diary.storage.writer import Hand

# Bytes of one file, and of one account, that may be on their way or waiting to be removed.
FILE_MOVING: Final = 8 << 20
ACCOUNT_MOVING: Final = 64 << 20
NONCE_BYTES: Final = 8
_COLUMNS = "SELECT b.id, b.parts, b.size, b.complete, b.erased"
_OWNED = (
    "FROM blob b JOIN diary d ON d.id = b.diary_id"
    " WHERE b.kind = ? AND b.owner = ? AND b.blob = ? AND b.diary_id = ? AND d.account_id = ?"
)
_AGAIN: Final = "That part did not arrive whole. Nothing was lost; try again."


class Stored(IntEnum):
    """What a sealed file is. Its owner: the diary (FILE, HANDOVER) or the witness code (STATEMENT) that made it."""

    FILE = 0
    HANDOVER = 1
    STATEMENT = 2


@dataclass(frozen=True, slots=True)
class BlobRow:
    """A sealed file as announced. `row`: its number in the table. `erased`: nobody is given it any more."""

    row: int
    parts: int
    size: int
    complete: bool
    erased: bool


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part; `digest`: SHA-256 of its sealed bytes, `name`: where they lie in the blob store."""

    i: int
    size: int
    digest: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A file to be announced. `quota`: the account's room where it has none of its own; `full`: why none is taken now, or ''."""

    parts: int
    size: int
    quota: int
    now: int
    full: str = ""


@dataclass(frozen=True, slots=True)
class BlobPlace:
    """Whose file it is: the account whose room it takes, the diary, and kind, owner and id. Made by the functions below."""

    account: bytes
    diary: bytes
    kind: Stored
    owner: bytes
    blob: bytes

    def new_name(self, i: int, digest: bytes) -> str:
        """A name for the bytes of a part that nothing else has, now or later."""
        folder = f"{self.kind.name.lower()}_{self.owner.hex()}/{self.blob.hex()}"
        return f"{folder}/{i}-{os.urandom(NONCE_BYTES).hex()}-{digest.hex()[:32]}"


@dataclass(frozen=True, slots=True)
class Completed:
    """What asking for completion found. `missing`: numbers of parts; `matches`: False when the digest is another one."""

    missing: tuple[int, ...] = ()
    matches: bool = True


def file_place(account: bytes, diary: bytes, blob: bytes) -> BlobPlace:
    """A file of a diary."""
    return BlobPlace(account, diary, Stored.FILE, diary, blob)


def handover_place(account: bytes, diary: bytes, handover: bytes) -> BlobPlace:
    """The parts of a hand-over."""
    return BlobPlace(account, diary, Stored.HANDOVER, diary, handover)


def statement_place(account: bytes, diary: bytes, witness: bytes, upload: bytes) -> BlobPlace:
    """The files of a statement."""
    return BlobPlace(account, diary, Stored.STATEMENT, witness, upload)


async def find(db: Database, place: BlobPlace) -> BlobRow | None:
    """The file, if it is this account's."""
    row = await db.look(f"{_COLUMNS} {_OWNED}", _owned(place))
    return _blob(row) if row else None


async def find_part(db: Database, blob: BlobRow, i: int) -> PartRow | None:
    """One part, if it has come."""
    row = await db.look("SELECT i, size, digest, name FROM part WHERE blob_id = ? AND i = ?", (blob.row, i))
    return PartRow(*row) if row else None


async def list_parts(db: Database, blob: BlobRow) -> tuple[PartRow, ...]:
    """The parts that have come, in order."""
    return await db.orm(_parts(blob.row))


def declare(hand: Hand, place: BlobPlace, asked: Asked) -> BlobRow:
    """Announce a file and take its room; announced before, it gets these numbers.

    Parts that cannot belong to the new numbers are dropped. Raises NotFound, Erased, Conflict (it is complete with other
    numbers) and OverQuota.
    """
    parts, size, now = asked.parts, asked.size, asked.now
    found = hand.execute(
        "SELECT a.file_bytes, a.quota_bytes FROM diary d JOIN account a ON a.id = d.account_id WHERE d.id = ? AND a.id = ?",
        (place.diary, place.account),
    ).fetchone()
    if found is None:
        raise NotFound
    earlier = _owned_row(hand, place)
    if earlier is not None and not _may_change(earlier, asked):
        return earlier
    more = size - (earlier.size if earlier else 0)
    if found[0] + more > (asked.quota if found[1] is None else found[1]):
        raise OverQuota
    if asked.full and more > 0:
        raise OverQuota(asked.full)
    if earlier is None:
        hand.execute(
            "INSERT INTO blob (diary_id, kind, owner, blob, parts, size, complete, touched_at, erased)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (place.diary, int(place.kind), place.owner, place.blob, parts, size, False, now, False),
        )
    else:
        if earlier.parts != parts or _stored(hand, earlier.row) > size:
            _drop_parts(hand, place.account, earlier.row, now)
        hand.execute(
            "UPDATE blob SET parts = ?, size = ?, touched_at = ? WHERE id = ?", (parts, size, now, earlier.row)
        )
    hand.execute("UPDATE account SET file_bytes = file_bytes + ? WHERE id = ?", (more, place.account))
    made = _owned_row(hand, place)
    if made is None:
        raise NotFound
    return made


def reserve(hand: Hand, account: bytes, blob: BlobRow, part: PartRow, now: int, full: str = "") -> bool:
    """Take room for a part's bytes under its name; False when that very part is there already. See [Note: room before bytes].

    `full`: why the server takes no bytes now, or ''. Raises Erased, Conflict (announced anew meanwhile), Differs (the file is
    complete), TooLarge, OverQuota, and Unavailable while too much is on its way.
    """
    if _may_stand(hand, blob, part):
        return False
    if full:
        raise OverQuota(full)
    moving = "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM loose_bytes WHERE "
    (of_file,) = hand.execute(moving + "blob = ?", (blob.row,)).fetchone()
    (of_account,) = hand.execute(moving + "account = ?", (account,)).fetchone()
    if of_file + part.size > FILE_MOVING or of_account + part.size > ACCOUNT_MOVING:
        raise Unavailable("Too many files are on their way at once. Nothing was lost; try again in a moment.")
    hand.execute(
        "INSERT INTO loose_bytes (account, blob, name, size, at, dropped) VALUES (?, ?, ?, ?, ?, ?)",
        (account, blob.row, part.name, part.size, now, False),
    )
    return True


def keep(hand: Hand, account: bytes, blob: BlobRow, part: PartRow, now: int) -> bool:
    """Note that a part lies under the name reserved for it; whether that left bytes to be removed.

    Raises as `reserve`, and Unavailable when the reservation is gone.
    """
    mine = (part.name, False)
    if hand.execute("SELECT 1 FROM loose_bytes WHERE name = ? AND dropped = ?", mine).fetchone() is None:
        raise Unavailable(_AGAIN)
    if _may_stand(hand, blob, part):
        drop(hand, account, blob, part, now)
        return True
    replaced = _drop_parts(hand, account, blob.row, now, part.i)
    hand.execute("DELETE FROM loose_bytes WHERE name = ?", (part.name,))
    hand.execute("UPDATE blob SET touched_at = ? WHERE id = ?", (now, blob.row))
    hand.execute(
        "INSERT INTO part (blob_id, i, size, digest, name) VALUES (?, ?, ?, ?, ?)",
        (blob.row, part.i, part.size, part.digest, part.name),
    )
    return replaced


def drop(hand: Hand, account: bytes, blob: BlobRow, part: PartRow, now: int) -> None:
    """Have the bytes of a reserved name removed, also when the reservation was given up and is gone: no part speaks of it.

    Nothing is done when one does: whoever was told that it could not be kept may have been told so after the commit.
    """
    if hand.execute("SELECT 1 FROM part WHERE name = ?", (part.name,)).fetchone():
        return
    hand.execute(
        "INSERT INTO loose_bytes (account, blob, name, size, at, dropped) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET dropped = excluded.dropped",
        (account, blob.row, part.name, part.size, now, True),
    )


async def has_dropped(db: Database, account: bytes) -> bool:
    """Whether bytes of this account wait to be removed."""
    return await db.look("SELECT 1 FROM loose_bytes WHERE account = ? AND dropped = ?", (account, True)) is not None


def list_dropped(hand: Hand, account: bytes) -> tuple[str, ...]:
    """Names of this account whose bytes are to be removed."""
    rows = hand.execute("SELECT name FROM loose_bytes WHERE account = ? AND dropped = ? ORDER BY id", (account, True))
    return tuple(name for (name,) in rows)


def drop_stale(hand: Hand, before: int, after: int) -> tuple[bytes, ...]:
    """Give up reservations older than `before` ms, or newer than `after` by a wrong clock; accounts with bytes to remove."""
    hand.execute(
        "UPDATE loose_bytes SET dropped = ? WHERE dropped = ? AND (at < ? OR at > ?)", (True, False, before, after)
    )
    return tuple(
        one for (one,) in hand.execute("SELECT DISTINCT account FROM loose_bytes WHERE dropped = ?", (True,)).fetchall()
    )


def forget(hand: Hand, names: Iterable[str]) -> None:
    """The bytes of these names are gone."""
    for name in names:
        hand.execute("DELETE FROM loose_bytes WHERE name = ?", (name,))


def complete(hand: Hand, account: bytes, blob: BlobRow, digest: bytes, now: int) -> Completed:
    """Make a file final when its parts are all there and together have this digest. Raises Erased.

    Of one that is not final, parts with another digest are dropped: see [Note: not final yet].
    """
    row = _standing(hand, blob)
    parts = hand.execute("SELECT i, size, digest FROM part WHERE blob_id = ? ORDER BY i", (blob.row,)).fetchall()
    missing = tuple(sorted(set(range(row.parts)) - {i for i, _, _ in parts}))
    if missing:
        return Completed(missing)
    together = hashlib.sha256(canon([b64(one) for _, _, one in parts])).digest()
    if together != digest or sum(size for _, size, _ in parts) != row.size:
        if not row.complete:
            _drop_parts(hand, account, blob.row, now)
        return Completed(matches=False)
    hand.execute("UPDATE blob SET complete = ? WHERE id = ?", (True, blob.row))
    return Completed()


def doom(hand: Hand, kind: Stored, owner: bytes, blob: bytes) -> bool:
    """Take a file of this kind and owner away from everybody; whether there was one. Its room comes back with its bytes' end."""
    changed = hand.execute(
        "UPDATE blob SET erased = ?, complete = ? WHERE kind = ? AND owner = ? AND blob = ? AND erased = ?",
        (True, False, int(kind), owner, blob, False),
    )
    return changed.rowcount > 0


def _may_change(earlier: BlobRow, asked: Asked) -> bool:
    """Whether a file gets other numbers; False when it has them. Raises Erased and Conflict."""
    if earlier.erased:
        raise Erased
    if (earlier.parts, earlier.size) == (asked.parts, asked.size):
        return False
    if earlier.complete:
        raise Conflict("This file was announced with other numbers.")
    return True


def _may_stand(hand: Hand, blob: BlobRow, part: PartRow) -> bool:
    """Whether that very part is there already; False when it may be added. Raises Erased, Conflict, Differs and TooLarge."""
    row = _standing(hand, blob)
    if row.parts != blob.parts:
        raise Conflict("This file was announced anew. Ask which parts it lacks.")
    earlier = hand.execute("SELECT digest, size FROM part WHERE blob_id = ? AND i = ?", (blob.row, part.i)).fetchone()
    if earlier is not None and earlier[0] == part.digest:
        return True
    if row.complete:
        raise Differs
    if _stored(hand, blob.row) - (earlier[1] if earlier else 0) + part.size > row.size:
        raise TooLarge("The parts are larger than the file they belong to.")
    return False


def _standing(hand: Hand, blob: BlobRow) -> BlobRow:
    """A file as it is now. Raises Erased."""
    row = hand.execute(f"{_COLUMNS} FROM blob b WHERE b.id = ?", (blob.row,)).fetchone()
    if row is None or row[4]:
        raise Erased
    return _blob(row)


def _stored(hand: Hand, row: int) -> int:
    """Bytes of the parts that have come."""
    (size,) = hand.execute(
        "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM part WHERE blob_id = ?", (row,)
    ).fetchone()
    return int(size)


def _drop_parts(hand: Hand, account: bytes, row: int, now: int, i: int | None = None) -> bool:
    """Give up the parts of a file, or the one numbered `i`; whether there was one."""
    found = hand.execute("SELECT id, i, size, name FROM part WHERE blob_id = ?", (row,)).fetchall()
    going = [one for one in found if i is None or one[1] == i]
    for number, _, size, name in going:
        hand.execute("DELETE FROM part WHERE id = ?", (number,))
        hand.execute(
            "INSERT INTO loose_bytes (account, blob, name, size, at, dropped) VALUES (?, ?, ?, ?, ?, ?)",
            (account, row, name, size, now, True),
        )
    return bool(going)


def _owned(place: BlobPlace) -> tuple[int, bytes, bytes, bytes, bytes]:
    """The parameters of `_OWNED`."""
    return (int(place.kind), place.owner, place.blob, place.diary, place.account)


def _owned_row(hand: Hand, place: BlobPlace) -> BlobRow | None:
    """The file inside a job."""
    row = hand.execute(f"{_COLUMNS} {_OWNED}", _owned(place)).fetchone()
    return _blob(row) if row else None


def _blob(row: tuple[int, int, int, bool, bool]) -> BlobRow:
    """A row as read; SQLite has no truth values of its own."""
    return BlobRow(row[0], row[1], row[2], bool(row[3]), bool(row[4]))


async def _parts(blob: int) -> tuple[PartRow, ...]:
    """The rows behind `list_parts`."""
    found = await Part.filter(blob_id=blob).order_by("i")
    return tuple(PartRow(row.i, row.size, row.digest, row.name) for row in found)

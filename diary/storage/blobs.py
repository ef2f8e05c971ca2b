"""Sealed files: what was announced, and which parts have come. The bytes are in blobstore.py."""

from dataclasses import dataclass

from diary.errors import Conflict, Differs, Erased, NotFound, OverQuota, TooLarge
from diary.storage.models import Part
from diary.storage.reading import Database
from diary.storage.writer import Hand

_COLUMNS = "SELECT b.id, b.parts, b.size, b.complete, b.erased"
_OWNED = "FROM blob b JOIN diary d ON d.id = b.diary_id WHERE d.id = ? AND d.account_id = ? AND b.blob = ?"


@dataclass(frozen=True, slots=True)
class BlobRow:
    """A sealed file as announced. `row`: its number in the table. `erased`: only its id is left."""

    row: int
    parts: int
    size: int
    complete: bool
    erased: bool


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part that has come; `digest`: SHA-256 of its sealed bytes."""

    i: int
    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class BlobPlace:
    """Whose file it is."""

    account: bytes
    diary: bytes
    blob: bytes


async def find(db: Database, place: BlobPlace) -> BlobRow | None:
    """The file, if it is this account's."""
    row = await db.look(f"{_COLUMNS} {_OWNED}", _owned(place))
    return _blob(row) if row else None


async def find_part(db: Database, blob: BlobRow, i: int) -> PartRow | None:
    """One part, if it has come."""
    row = await db.look("SELECT i, size, digest FROM part WHERE blob_id = ? AND i = ?", (blob.row, i))
    return PartRow(*row) if row else None


async def list_parts(db: Database, blob: BlobRow) -> tuple[PartRow, ...]:
    """The parts that have come, in order."""
    return await db.orm(_parts(blob.row))


def declare(hand: Hand, place: BlobPlace, *, parts: int, size: int, quota: int, now: int) -> BlobRow:
    """Announce a file and take its room, or find it announced. `quota`: where the account has none of its own.

    Raises NotFound, Erased, Conflict and OverQuota.
    """
    found = hand.execute(
        "SELECT a.file_bytes, a.quota_bytes FROM diary d JOIN account a ON a.id = d.account_id WHERE d.id = ? AND a.id = ?",
        (place.diary, place.account),
    ).fetchone()
    if found is None:
        raise NotFound
    earlier = _owned_row(hand, place)
    if earlier is not None:
        if earlier.erased:
            raise Erased
        if (earlier.parts, earlier.size) != (parts, size):
            raise Conflict("This file was announced with other numbers.")
        return earlier
    if found[0] + size > (quota if found[1] is None else found[1]):
        raise OverQuota
    hand.execute(
        "INSERT INTO blob (diary_id, blob, parts, size, complete, touched_at, erased) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (place.diary, place.blob, parts, size, False, now, False),
    )
    hand.execute("UPDATE account SET file_bytes = file_bytes + ? WHERE id = ?", (size, place.account))
    made = _owned_row(hand, place)
    if made is None:
        raise NotFound
    return made


def add_part(hand: Hand, blob: BlobRow, part: PartRow, now: int) -> None:
    """Note that a part lies in the blob store. Raises Erased, Differs (other bytes came before) and TooLarge."""
    still = hand.execute("SELECT erased FROM blob WHERE id = ?", (blob.row,)).fetchone()
    if still is None or still[0]:
        raise Erased
    earlier = hand.execute("SELECT digest FROM part WHERE blob_id = ? AND i = ?", (blob.row, part.i)).fetchone()
    if earlier is not None:
        if earlier[0] != part.digest:
            raise Differs
        return
    (stored,) = hand.execute("SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM part WHERE blob_id = ?", (blob.row,)).fetchone()
    if stored + part.size > blob.size:
        raise TooLarge("The parts are larger than the file they belong to.")
    hand.execute("UPDATE blob SET touched_at = ? WHERE id = ?", (now, blob.row))
    hand.execute(
        "INSERT INTO part (blob_id, i, size, digest) VALUES (?, ?, ?, ?)",
        (blob.row, part.i, part.size, part.digest),
    )


def complete(hand: Hand, blob: BlobRow) -> None:
    """Note that the file is whole, unless it has been erased meanwhile."""
    hand.execute("UPDATE blob SET complete = ? WHERE id = ? AND erased = ?", (True, blob.row, False))


def _owned(place: BlobPlace) -> tuple[bytes, bytes, bytes]:
    """The parameters of `_OWNED`."""
    return (place.diary, place.account, place.blob)


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
    return tuple(PartRow(row.i, row.size, row.digest) for row in found)

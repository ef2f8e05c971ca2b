"""Witness codes: what was asked, and the one sealed statement each may bring. The parts of its files are in
storage/sync/blobs.py."""

from dataclasses import dataclass
from typing import Final

from diary.errors import NotFound, OverQuota, Unavailable
from diary.storage.database_interface import Database
from diary.storage.sharing.passphrase_collisions import noted
from diary.storage.sync import blobs, erasures
from diary.storage.sync.blobs import Asked, BlobPlace, Stored
from diary.storage.writer import Hand

OPEN_AT_ONCE: Final = 20
_COLUMNS: Final = (
    "SELECT w.id, w.diary_id, w.name_mac, w.sealed, w.made_at, w.expires_at, w.upload, w.statement, w.answered_at,"
    " w.taken_at"
    " FROM witness_code w"
)


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """A code as stored; times in ms. `answered_at` None while nothing has come, `taken_at` until that was taken in."""

    id: bytes
    diary: bytes
    name_mac: bytes
    sealed: bytes
    made_at: int
    expires_at: int
    upload: bytes | None = None
    statement: bytes | None = None
    answered_at: int | None = None
    taken_at: int | None = None

    def is_over(self, now: int) -> bool:
        """Whether it takes nothing any more: used, or its time has run out."""
        return self.answered_at is not None or now >= self.expires_at


async def find_by_name(db: Database, name_mac: bytes) -> WitnessRow | None:
    """What four words name, over or not."""
    row = await db.look(f"{_COLUMNS} WHERE w.name_mac = ?", (name_mac,))
    return WitnessRow(*row) if row else None


async def find(db: Database, witness: bytes) -> tuple[WitnessRow, BlobPlace] | None:
    """A code, and where an upload of it would lie."""
    row = await db.look(f"{_COLUMNS} WHERE w.id = ?", (witness,))
    if row is None:
        return None
    found = WitnessRow(*row)
    owner = await db.look("SELECT account_id FROM diary WHERE id = ?", (found.diary,))
    return (found, blobs.statement_place(owner[0], found.diary, found.id, found.upload or b"")) if owner else None


async def find_files(db: Database, account: bytes, diary: bytes, upload: bytes) -> BlobPlace | None:
    """Where the files of a statement that has come lie, by their upload's id; the earliest where several chose the same."""
    row = await db.look(
        "SELECT w.id FROM witness_code w JOIN diary d ON d.id = w.diary_id"
        " WHERE d.id = ? AND d.account_id = ? AND w.upload = ? AND w.answered_at IS NOT NULL ORDER BY w.answered_at, w.id",
        (diary, account, upload),
    )
    return blobs.statement_place(account, diary, row[0], upload) if row else None


async def list_for(db: Database, account: bytes, diary: bytes, *, taken: bool = False) -> tuple[WitnessRow, ...]:
    """A diary's codes, newest first; with `taken`, those whose statement was taken in as well. Raises NotFound."""

    def read(hand: Hand) -> tuple[WitnessRow, ...]:
        erasures.owned(hand, account, diary)
        rows = hand.execute(f"{_COLUMNS} WHERE w.diary_id = ? ORDER BY w.made_at DESC, w.id", (diary,)).fetchall()
        return tuple(row for row in (WitnessRow(*one) for one in rows) if taken or row.taken_at is None)

    return await db.page(read)


def add(hand: Hand, account: bytes, row: WitnessRow) -> WitnessRow:
    """Note a code, or find that this very one was noted. Raises NotFound, Conflict and OverQuota."""
    erasures.owned(hand, account, row.diary)
    known = hand.execute(f"{_COLUMNS} WHERE w.id = ? OR w.name_mac = ?", (row.id, row.name_mac)).fetchall()
    if earlier := noted([WitnessRow(*one) for one in known], row, "id", "sealed", "diary"):
        return earlier
    standing = "SELECT count(*) FROM witness_code WHERE diary_id = ? AND taken_at IS NULL"
    if hand.execute(standing, (row.diary,)).fetchone()[0] >= OPEN_AT_ONCE:
        raise OverQuota("There are too many codes at once. Remove one first.")
    hand.execute(
        "INSERT INTO witness_code (id, diary_id, name_mac, sealed, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (row.id, row.diary, row.name_mac, row.sealed, row.made_at, row.expires_at),
    )
    return row


def give_up(hand: Hand, witness: bytes, upload: bytes, now: int) -> None:
    """What an earlier try had sent, under another id than `upload`, is given up. Raises NotFound."""
    row = _standing(hand, witness, now)
    if row.upload is not None and row.upload != upload:
        blobs.doom(hand, Stored.STATEMENT, row.id, row.upload)


def declare(hand: Hand, witness: bytes, place: BlobPlace, asked: Asked) -> None:
    """Take room for the files of a statement. Raises NotFound, Unavailable while another try's bytes are left, as blobs.declare.

    So a code never holds more than one upload's bytes, however often it is used to begin.
    """
    _standing(hand, witness, asked.now)
    others = "SELECT 1 FROM blob WHERE kind = ? AND owner = ? AND blob != ?"
    if hand.execute(others, (int(Stored.STATEMENT), witness, place.blob)).fetchone():
        raise Unavailable("What was sent before is being removed. Nothing was lost; try again in a moment.")
    blobs.declare(hand, place, asked)
    hand.execute("UPDATE witness_code SET upload = ? WHERE id = ?", (place.blob, witness))


def answer(hand: Hand, witness: bytes, upload: bytes | None, statement: bytes, now: int) -> None:
    """Keep the one statement; the same again changes nothing. Raises NotFound for a code that is over, and for another upload."""
    known = hand.execute(f"{_COLUMNS} WHERE w.id = ?", (witness,)).fetchone()
    if known is not None and known[7] is not None and bytes(known[7]) == statement:
        return
    row = _standing(hand, witness, now)
    if upload is not None and row.upload != upload:
        raise NotFound
    if upload is None and row.upload is not None:
        blobs.doom(hand, Stored.STATEMENT, row.id, row.upload)
        hand.execute("UPDATE witness_code SET upload = NULL WHERE id = ?", (witness,))
    hand.execute("UPDATE witness_code SET statement = ?, answered_at = ? WHERE id = ?", (statement, now, witness))


def take_in(hand: Hand, account: bytes, diary: bytes, witness: bytes, now: int) -> None:
    """The statement that came has become the keeper's; the first time counts. Raises NotFound where none came.

    It stays for 30 days, as letters do ([Note: taken in], letters.py).
    """
    erasures.owned(hand, account, diary)
    taken = hand.execute(
        "UPDATE witness_code SET taken_at = coalesce(taken_at, ?) WHERE id = ? AND diary_id = ? AND answered_at IS NOT NULL",
        (now, witness, diary),
    )
    if taken.rowcount != 1:
        raise NotFound


def remove(hand: Hand, account: bytes, diary: bytes, witness: bytes) -> None:
    """Nobody can answer any more, and what came is thrown away. Raises NotFound."""
    erasures.owned(hand, account, diary)
    row = hand.execute(f"{_COLUMNS} WHERE w.id = ? AND w.diary_id = ?", (witness, diary)).fetchone()
    if row is None:
        raise NotFound
    _drop(hand, WitnessRow(*row))


def drop_due(hand: Hand, before: int) -> int:
    """Forget codes that ran out before `before` ms and brought nothing, and what was taken in before it; how many."""
    unused = "w.expires_at <= ? AND w.answered_at IS NULL"
    rows = hand.execute(f"{_COLUMNS} WHERE ({unused}) OR w.taken_at <= ?", (before, before)).fetchall()
    for row in rows:
        _drop(hand, WitnessRow(*row))
    return len(rows)


def _drop(hand: Hand, row: WitnessRow) -> None:
    """A code and its files."""
    if row.upload is not None:
        blobs.doom(hand, Stored.STATEMENT, row.id, row.upload)
    hand.execute("DELETE FROM witness_code WHERE id = ?", (row.id,))


def _standing(hand: Hand, witness: bytes, now: int) -> WitnessRow:
    """A code that still takes a statement. Raises NotFound."""
    known = hand.execute(f"{_COLUMNS} WHERE w.id = ?", (witness,)).fetchone()
    if known is None or (row := WitnessRow(*known)).is_over(now):
        raise NotFound
    return row

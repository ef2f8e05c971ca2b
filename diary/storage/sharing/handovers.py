"""Hand-overs: what was left for whoever has the words, and how often it was opened. The parts are in storage/sync/blobs.py."""

from dataclasses import dataclass
from typing import Final

from diary.errors import NotFound, OverQuota
from diary.storage.database_interface import Database
from diary.storage.sharing.passphrase_collisions import noted
from diary.storage.sync import blobs, erasures
from diary.storage.sync.blobs import Asked, Stored
from diary.storage.writer import Hand

OPEN_AT_ONCE: Final = 20
_COLUMNS: Final = (
    "SELECT h.id, h.diary_id, h.name_mac, h.auth_mac, h.kdf, h.made_at, h.expires_at, h.ended_at FROM handover h"
)
_KIND: Final = int(Stored.HANDOVER)
_WITH_PARTS: Final = _COLUMNS.replace(" FROM", ", b.parts FROM")
_DUE: Final = "SELECT h.id, h.diary_id, h.expires_at FROM handover h"
_PARTS: Final = f"JOIN blob b ON b.kind = {_KIND} AND b.owner = h.diary_id AND b.blob = h.id"


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """A hand-over as stored; times in ms, `ended_at` None while the keeper has not ended it."""

    id: bytes
    diary: bytes
    name_mac: bytes
    auth_mac: bytes
    kdf: bytes
    made_at: int
    expires_at: int
    ended_at: int | None = None

    def is_over(self, now: int) -> bool:
        """Whether nobody gets it any more, whatever they know."""
        return self.ended_at is not None or now >= self.expires_at


@dataclass(frozen=True, slots=True)
class HandoverTold:
    """A hand-over as its keeper sees it; `complete`: whether all of it has come, `size`: sealed bytes held."""

    row: HandoverRow
    complete: bool
    size: int
    openings: tuple[int, ...]


async def find(db: Database, account: bytes, handover: bytes) -> HandoverRow | None:
    """A hand-over of this account that has not been ended."""
    sql = f"{_COLUMNS} JOIN diary d ON d.id = h.diary_id WHERE h.id = ? AND d.account_id = ? AND h.ended_at IS NULL"
    row = await db.look(sql, (handover, account))
    return HandoverRow(*row) if row else None


async def find_by_name(db: Database, name_mac: bytes) -> HandoverRow | None:
    """What three words name, over or not."""
    row = await db.look(f"{_COLUMNS} WHERE h.name_mac = ?", (name_mac,))
    return HandoverRow(*row) if row else None


async def find_parts(db: Database, handover: bytes) -> tuple[HandoverRow, int] | None:
    """A hand-over whose bytes are all here, and how many parts they are."""
    row = await db.look(
        f"{_WITH_PARTS} {_PARTS} WHERE h.id = ? AND b.complete = ? AND b.erased = ?",
        (handover, True, False),
    )
    return (HandoverRow(*row[:8]), row[8]) if row else None


async def count_parts(db: Database, known: HandoverRow) -> int:
    """How many parts of it are here; 0 while they are not all. One row in every case: the time must not say what there is."""
    row = await db.look(
        "SELECT coalesce(max(parts), 0) FROM blob WHERE kind = ? AND owner = ? AND blob = ? AND complete = ? AND erased = ?",
        (_KIND, known.diary, known.id, True, False),
    )
    return int(row[0]) if row else 0


async def count_openings(db: Database, handover: bytes) -> int:
    """How often it was opened."""
    row = await db.look("SELECT count(*) FROM handover_opening WHERE handover_id = ?", (handover,))
    return int(row[0]) if row else 0


async def list_for(db: Database, account: bytes) -> tuple[HandoverTold, ...]:
    """The account's hand-overs with their openings, newest first."""

    def read(hand: Hand) -> tuple[HandoverTold, ...]:
        rows = hand.execute(
            f"{_COLUMNS} JOIN diary d ON d.id = h.diary_id WHERE d.account_id = ? ORDER BY h.made_at DESC, h.id",
            (account,),
        ).fetchall()
        return tuple(_told(hand, HandoverRow(*row)) for row in rows)

    return await db.page(read)


def add(hand: Hand, account: bytes, row: HandoverRow, asked: Asked) -> HandoverRow:
    """Note a hand-over and take its room; noted before and not complete, it gets these numbers.

    Raises NotFound (the diary is not the account's), Conflict (those words are taken) and OverQuota.
    """
    erasures.owned(hand, account, row.diary)
    place = blobs.handover_place(account, row.diary, row.id)
    known = hand.execute(f"{_COLUMNS} WHERE h.id = ? OR h.name_mac = ?", (row.id, row.name_mac)).fetchall()
    if earlier := noted([HandoverRow(*one) for one in known], row, "id", "auth_mac", "diary"):
        if not earlier.is_over(row.made_at):
            blobs.declare(hand, place, asked)
        return earlier
    standing = "SELECT count(*) FROM handover WHERE diary_id = ? AND ended_at IS NULL AND expires_at > ?"
    if hand.execute(standing, (row.diary, row.made_at)).fetchone()[0] >= OPEN_AT_ONCE:
        raise OverQuota("There are too many hand-overs at once. End one first.")
    blobs.declare(hand, place, asked)
    hand.execute(
        "INSERT INTO handover (id, diary_id, name_mac, auth_mac, kdf, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.diary, row.name_mac, row.auth_mac, row.kdf, row.made_at, row.expires_at),
    )
    return row


def open_once(hand: Hand, handover: bytes, now: int, most: int) -> bool:
    """Count an opening; False, and nothing counted, when it is over or was opened `most` times."""
    row = hand.execute("SELECT ended_at, expires_at FROM handover WHERE id = ?", (handover,)).fetchone()
    if row is None or row[0] is not None or now >= row[1]:
        return False
    if hand.execute("SELECT count(*) FROM handover_opening WHERE handover_id = ?", (handover,)).fetchone()[0] >= most:
        return False
    hand.execute("INSERT INTO handover_opening (handover_id, opened_at) VALUES (?, ?)", (handover, now))
    return True


def end(hand: Hand, account: bytes, handover: bytes, now: int) -> None:
    """End a hand-over at once; its bytes and its room go next. Raises NotFound."""
    row = hand.execute(
        "SELECT h.diary_id FROM handover h JOIN diary d ON d.id = h.diary_id WHERE h.id = ? AND d.account_id = ?"
        " AND h.ended_at IS NULL",
        (handover, account),
    ).fetchone()
    if row is None:
        raise NotFound
    hand.execute("UPDATE handover SET ended_at = ? WHERE id = ?", (now, handover))
    blobs.doom(hand, Stored.HANDOVER, row[0], handover)


def doom_due(hand: Hand, now: int, forget_before: int, unfinished_before: int) -> int:
    """Take what has run out from everybody; how many did.

    What never came whole and was announced before `unfinished_before` ms is ended: its phone is gone, its room is not.
    What ran out before `forget_before` ms is forgotten.
    """
    due = hand.execute(
        f"{_DUE} {_PARTS} WHERE b.erased = ? AND (h.expires_at <= ? OR (b.complete = ? AND h.made_at <= ?))",
        (False, now, False, unfinished_before),
    ).fetchall()
    for handover, diary, _ in due:
        blobs.doom(hand, Stored.HANDOVER, diary, handover)
    # One without parts of its own had named a diary's file (migration 0012): nobody could ever open it.
    nothing = hand.execute(
        f"{_DUE} LEFT {_PARTS} WHERE b.id IS NULL AND h.ended_at IS NULL AND h.made_at <= ?",
        (unfinished_before,),
    ).fetchall()
    for handover, _, expires_at in (*due, *nothing):
        if expires_at > now:
            hand.execute("UPDATE handover SET ended_at = ? WHERE id = ? AND ended_at IS NULL", (now, handover))
    hand.execute(
        "DELETE FROM handover_opening WHERE handover_id IN (SELECT id FROM handover WHERE expires_at <= ?)",
        (forget_before,),
    )
    hand.execute("DELETE FROM handover WHERE expires_at <= ?", (forget_before,))
    return len(due)


def _told(hand: Hand, row: HandoverRow) -> HandoverTold:
    """One with its state and openings."""
    blob = hand.execute(
        "SELECT complete, erased, size FROM blob WHERE kind = ? AND owner = ? AND blob = ?", (_KIND, row.diary, row.id)
    ).fetchone()
    times = hand.execute(
        "SELECT opened_at FROM handover_opening WHERE handover_id = ? ORDER BY opened_at, id", (row.id,)
    ).fetchall()
    complete, size = (bool(blob[0]), 0 if blob[1] else int(blob[2])) if blob else (False, 0)
    return HandoverTold(row, complete, size, tuple(time for (time,) in times))

"""Hand-overs: what was left for whoever has the words, and how often it was opened. The parts are in storage/sync/blobs.py."""

from dataclasses import dataclass
from typing import Final

from diary.errors import NotFound, QuotaExceeded
from diary.storage.database_interface import Database
from diary.storage.sharing.passphrase_collisions import find_recorded
from diary.storage.sync import blobs, erasures
from diary.storage.sync.blobs import BlobAnnouncement, BlobKind
from diary.storage.writer import Transaction

MAX_OPEN_HANDOVERS: Final = 20
_SELECT_HANDOVER: Final = (
    "SELECT h.id, h.diary_id, h.name_mac, h.auth_mac, h.kdf, h.made_at, h.expires_at, h.ended_at FROM handover h"
)
_BLOB_KIND: Final = int(BlobKind.HANDOVER)
_SELECT_WITH_PARTS: Final = _SELECT_HANDOVER.replace(" FROM", ", b.parts FROM")
_SELECT_DUE: Final = "SELECT h.id, h.diary_id, h.expires_at FROM handover h"
_JOIN_BLOB: Final = f"JOIN blob b ON b.kind = {_BLOB_KIND} AND b.owner = h.diary_id AND b.blob = h.id"


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
class HandoverSummary:
    """A hand-over as its keeper sees it; `complete`: whether all of it has come, `size`: sealed bytes held."""

    row: HandoverRow
    complete: bool
    size: int
    openings: tuple[int, ...]


async def find(db: Database, account: bytes, handover: bytes) -> HandoverRow | None:
    """A hand-over of this account that has not been ended."""
    sql = f"{_SELECT_HANDOVER} JOIN diary d ON d.id = h.diary_id WHERE h.id = ? AND d.account_id = ? AND h.ended_at IS NULL"
    row = await db.fetch_one(sql, (handover, account))
    return HandoverRow(*row) if row else None


async def find_by_name(db: Database, name_mac: bytes) -> HandoverRow | None:
    """What three words name, over or not."""
    row = await db.fetch_one(f"{_SELECT_HANDOVER} WHERE h.name_mac = ?", (name_mac,))
    return HandoverRow(*row) if row else None


async def find_parts(db: Database, handover: bytes) -> tuple[HandoverRow, int] | None:
    """A hand-over whose bytes are all here, and how many parts they are."""
    row = await db.fetch_one(
        f"{_SELECT_WITH_PARTS} {_JOIN_BLOB} WHERE h.id = ? AND b.complete = ? AND b.erased = ?",
        (handover, True, False),
    )
    return (HandoverRow(*row[:8]), row[8]) if row else None


async def count_parts(db: Database, handover: HandoverRow) -> int:
    """How many parts of it are here; 0 while they are not all. One row in every case: the time must not say what there is."""
    row = await db.fetch_one(
        "SELECT coalesce(max(parts), 0) FROM blob WHERE kind = ? AND owner = ? AND blob = ? AND complete = ? AND erased = ?",
        (_BLOB_KIND, handover.diary, handover.id, True, False),
    )
    return int(row[0]) if row else 0


async def count_openings(db: Database, handover: bytes) -> int:
    """How often it was opened."""
    row = await db.fetch_one("SELECT count(*) FROM handover_opening WHERE handover_id = ?", (handover,))
    return int(row[0]) if row else 0


async def list_for_account(db: Database, account: bytes) -> tuple[HandoverSummary, ...]:
    """The account's hand-overs with their openings, newest first."""

    def read(tx: Transaction) -> tuple[HandoverSummary, ...]:
        rows = tx.execute(
            f"{_SELECT_HANDOVER} JOIN diary d ON d.id = h.diary_id WHERE d.account_id = ? ORDER BY h.made_at DESC, h.id",
            (account,),
        ).fetchall()
        return tuple(_summarise(tx, HandoverRow(*row)) for row in rows)

    return await db.run_read(read)


def add_handover(tx: Transaction, account: bytes, row: HandoverRow, announcement: BlobAnnouncement) -> HandoverRow:
    """Note a hand-over and take its room; noted before and not complete, it gets these numbers.

    Raises NotFound (the diary is not the account's), Conflict (those words are taken) and OverQuota.
    """
    erasures.check_diary_owned(tx, account, row.diary)
    blob_reference = blobs.handover_reference(account, row.diary, row.id)
    existing_rows = tx.execute(
        f"{_SELECT_HANDOVER} WHERE h.id = ? OR h.name_mac = ?", (row.id, row.name_mac)
    ).fetchall()
    if existing := find_recorded(
        [HandoverRow(*existing_row) for existing_row in existing_rows], row, "id", "auth_mac", "diary"
    ):
        if not existing.is_over(row.made_at):
            blobs.announce(tx, blob_reference, announcement)
        return existing
    open_count_sql = "SELECT count(*) FROM handover WHERE diary_id = ? AND ended_at IS NULL AND expires_at > ?"
    if tx.execute(open_count_sql, (row.diary, row.made_at)).fetchone()[0] >= MAX_OPEN_HANDOVERS:
        raise QuotaExceeded("There are too many hand-overs at once. End one first.")
    blobs.announce(tx, blob_reference, announcement)
    tx.execute(
        "INSERT INTO handover (id, diary_id, name_mac, auth_mac, kdf, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.diary, row.name_mac, row.auth_mac, row.kdf, row.made_at, row.expires_at),
    )
    return row


def record_opening(tx: Transaction, handover: bytes, now: int, max_openings: int) -> bool:
    """Count an opening; False, and nothing counted, when it is over or was opened `most` times."""
    row = tx.execute("SELECT ended_at, expires_at FROM handover WHERE id = ?", (handover,)).fetchone()
    if row is None or row[0] is not None or now >= row[1]:
        return False
    if (
        tx.execute("SELECT count(*) FROM handover_opening WHERE handover_id = ?", (handover,)).fetchone()[0]
        >= max_openings
    ):
        return False
    tx.execute("INSERT INTO handover_opening (handover_id, opened_at) VALUES (?, ?)", (handover, now))
    return True


def end(tx: Transaction, account: bytes, handover: bytes, now: int) -> None:
    """End a hand-over at once; its bytes and its room go next. Raises NotFound."""
    row = tx.execute(
        "SELECT h.diary_id FROM handover h JOIN diary d ON d.id = h.diary_id WHERE h.id = ? AND d.account_id = ?"
        " AND h.ended_at IS NULL",
        (handover, account),
    ).fetchone()
    if row is None:
        raise NotFound
    tx.execute("UPDATE handover SET ended_at = ? WHERE id = ?", (now, handover))
    blobs.mark_erased(tx, BlobKind.HANDOVER, row[0], handover)


def erase_expired(tx: Transaction, now: int, forget_before: int, unfinished_before: int) -> int:
    """Take what has run out from everybody; how many did.

    What never came whole and was announced before `unfinished_before` ms is ended: its phone is gone, its room is not.
    What ran out before `forget_before` ms is forgotten.
    """
    due_rows = tx.execute(
        f"{_SELECT_DUE} {_JOIN_BLOB} WHERE b.erased = ? AND (h.expires_at <= ? OR (b.complete = ? AND h.made_at <= ?))",
        (False, now, False, unfinished_before),
    ).fetchall()
    for handover, diary, _ in due_rows:
        blobs.mark_erased(tx, BlobKind.HANDOVER, diary, handover)
    # One without parts of its own had named a diary's file (migration 0012): nobody could ever open it.
    rows_without_blob = tx.execute(
        f"{_SELECT_DUE} LEFT {_JOIN_BLOB} WHERE b.id IS NULL AND h.ended_at IS NULL AND h.made_at <= ?",
        (unfinished_before,),
    ).fetchall()
    for handover, _, expires_at in (*due_rows, *rows_without_blob):
        if expires_at > now:
            tx.execute("UPDATE handover SET ended_at = ? WHERE id = ? AND ended_at IS NULL", (now, handover))
    tx.execute(
        "DELETE FROM handover_opening WHERE handover_id IN (SELECT id FROM handover WHERE expires_at <= ?)",
        (forget_before,),
    )
    tx.execute("DELETE FROM handover WHERE expires_at <= ?", (forget_before,))
    return len(due_rows)


def _summarise(tx: Transaction, row: HandoverRow) -> HandoverSummary:
    """One with its state and openings."""
    blob_row = tx.execute(
        "SELECT complete, erased, size FROM blob WHERE kind = ? AND owner = ? AND blob = ?",
        (_BLOB_KIND, row.diary, row.id),
    ).fetchone()
    times = tx.execute(
        "SELECT opened_at FROM handover_opening WHERE handover_id = ? ORDER BY opened_at, id", (row.id,)
    ).fetchall()
    complete, size = (bool(blob_row[0]), 0 if blob_row[1] else int(blob_row[2])) if blob_row else (False, 0)
    return HandoverSummary(row, complete, size, tuple(time for (time,) in times))

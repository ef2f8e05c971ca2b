"""Witness codes: what was asked, and the one sealed statement each may bring. The parts of its files are in
storage/sync/blobs.py."""

from dataclasses import dataclass
from typing import Final

from diary.errors import NotFound, QuotaExceeded, Unavailable
from diary.storage.database_interface import Database
from diary.storage.sharing.passphrase_collisions import find_recorded
from diary.storage.sync import blobs, erasures
from diary.storage.sync.blobs import BlobAnnouncement, BlobKind, BlobReference
from diary.storage.writer import Transaction

MAX_OPEN_CODES: Final = 20
_SELECT_CODE: Final = (
    "SELECT w.id, w.diary_id, w.name_mac, w.sealed, w.made_at, w.expires_at, w.upload, w.statement, w.answered_at,"
    " w.taken_at"
    " FROM witness_code w"
)


@dataclass(frozen=True, slots=True)
class WitnessCodeRow:
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


async def find_by_name(db: Database, name_mac: bytes) -> WitnessCodeRow | None:
    """What four words name, over or not."""
    row = await db.fetch_one(f"{_SELECT_CODE} WHERE w.name_mac = ?", (name_mac,))
    return WitnessCodeRow(*row) if row else None


async def find(db: Database, witness_code: bytes) -> tuple[WitnessCodeRow, BlobReference] | None:
    """A code, and where an upload of it would lie."""
    row = await db.fetch_one(f"{_SELECT_CODE} WHERE w.id = ?", (witness_code,))
    if row is None:
        return None
    code_row = WitnessCodeRow(*row)
    owner_row = await db.fetch_one("SELECT account_id FROM diary WHERE id = ?", (code_row.diary,))
    return (
        (code_row, blobs.statement_reference(owner_row[0], code_row.diary, code_row.id, code_row.upload or b""))
        if owner_row
        else None
    )


async def find_statement_files(db: Database, account: bytes, diary: bytes, upload: bytes) -> BlobReference | None:
    """Where the files of a statement that has come lie, by their upload's id; the earliest where several chose the same."""
    row = await db.fetch_one(
        "SELECT w.id FROM witness_code w JOIN diary d ON d.id = w.diary_id"
        " WHERE d.id = ? AND d.account_id = ? AND w.upload = ? AND w.answered_at IS NOT NULL ORDER BY w.answered_at, w.id",
        (diary, account, upload),
    )
    return blobs.statement_reference(account, diary, row[0], upload) if row else None


async def list_for_diary(
    db: Database, account: bytes, diary: bytes, *, include_taken: bool = False
) -> tuple[WitnessCodeRow, ...]:
    """A diary's codes, newest first; with `taken`, those whose statement was taken in as well. Raises NotFound."""

    def read(tx: Transaction) -> tuple[WitnessCodeRow, ...]:
        erasures.check_diary_owned(tx, account, diary)
        rows = tx.execute(f"{_SELECT_CODE} WHERE w.diary_id = ? ORDER BY w.made_at DESC, w.id", (diary,)).fetchall()
        return tuple(
            row for row in (WitnessCodeRow(*code_row) for code_row in rows) if include_taken or row.taken_at is None
        )

    return await db.run_read(read)


def add_code(tx: Transaction, account: bytes, row: WitnessCodeRow) -> WitnessCodeRow:
    """Note a code, or find that this very one was noted. Raises NotFound, Conflict and OverQuota."""
    erasures.check_diary_owned(tx, account, row.diary)
    existing_rows = tx.execute(f"{_SELECT_CODE} WHERE w.id = ? OR w.name_mac = ?", (row.id, row.name_mac)).fetchall()
    if existing := find_recorded(
        [WitnessCodeRow(*existing_row) for existing_row in existing_rows], row, "id", "sealed", "diary"
    ):
        return existing
    open_count_sql = "SELECT count(*) FROM witness_code WHERE diary_id = ? AND taken_at IS NULL"
    if tx.execute(open_count_sql, (row.diary,)).fetchone()[0] >= MAX_OPEN_CODES:
        raise QuotaExceeded("There are too many codes at once. Remove one first.")
    tx.execute(
        "INSERT INTO witness_code (id, diary_id, name_mac, sealed, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (row.id, row.diary, row.name_mac, row.sealed, row.made_at, row.expires_at),
    )
    return row


def abandon_other_upload(tx: Transaction, witness_code: bytes, upload: bytes, now: int) -> None:
    """What an earlier try had sent, under another id than `upload`, is given up. Raises NotFound."""
    row = _find_open(tx, witness_code, now)
    if row.upload is not None and row.upload != upload:
        blobs.mark_erased(tx, BlobKind.STATEMENT, row.id, row.upload)


def announce_files(
    tx: Transaction, witness_code: bytes, blob_reference: BlobReference, announcement: BlobAnnouncement
) -> None:
    """Take room for the files of a statement. Raises NotFound, Unavailable while another try's bytes are left, as blobs.declare.

    So a code never holds more than one upload's bytes, however often it is used to begin.
    """
    _find_open(tx, witness_code, announcement.now)
    other_blobs_sql = "SELECT 1 FROM blob WHERE kind = ? AND owner = ? AND blob != ?"
    if tx.execute(other_blobs_sql, (int(BlobKind.STATEMENT), witness_code, blob_reference.blob)).fetchone():
        raise Unavailable("What was sent before is being removed. Nothing was lost; try again in a moment.")
    blobs.announce(tx, blob_reference, announcement)
    tx.execute("UPDATE witness_code SET upload = ? WHERE id = ?", (blob_reference.blob, witness_code))


def store_statement(tx: Transaction, witness_code: bytes, upload: bytes | None, statement: bytes, now: int) -> None:
    """Keep the one statement; the same again changes nothing. Raises NotFound for a code that is over, and for another upload."""
    existing_row = tx.execute(f"{_SELECT_CODE} WHERE w.id = ?", (witness_code,)).fetchone()
    if existing_row is not None and existing_row[7] is not None and bytes(existing_row[7]) == statement:
        return
    row = _find_open(tx, witness_code, now)
    if upload is not None and row.upload != upload:
        raise NotFound
    if upload is None and row.upload is not None:
        blobs.mark_erased(tx, BlobKind.STATEMENT, row.id, row.upload)
        tx.execute("UPDATE witness_code SET upload = NULL WHERE id = ?", (witness_code,))
    tx.execute("UPDATE witness_code SET statement = ?, answered_at = ? WHERE id = ?", (statement, now, witness_code))


def mark_taken(tx: Transaction, account: bytes, diary: bytes, witness_code: bytes, now: int) -> None:
    """The statement that came has become the keeper's; the first time counts. Raises NotFound where none came.

    It stays for 30 days, as letters do ([Note: taken in], letters.py).
    """
    erasures.check_diary_owned(tx, account, diary)
    cursor = tx.execute(
        "UPDATE witness_code SET taken_at = coalesce(taken_at, ?) WHERE id = ? AND diary_id = ? AND answered_at IS NOT NULL",
        (now, witness_code, diary),
    )
    if cursor.rowcount != 1:
        raise NotFound


def remove_code(tx: Transaction, account: bytes, diary: bytes, witness_code: bytes) -> None:
    """Nobody can answer any more, and what came is thrown away. Raises NotFound."""
    erasures.check_diary_owned(tx, account, diary)
    row = tx.execute(f"{_SELECT_CODE} WHERE w.id = ? AND w.diary_id = ?", (witness_code, diary)).fetchone()
    if row is None:
        raise NotFound
    _delete_code(tx, WitnessCodeRow(*row))


def delete_expired(tx: Transaction, before: int) -> int:
    """Forget codes that ran out before `before` ms and brought nothing, and what was taken in before it; how many."""
    unused_sql = "w.expires_at <= ? AND w.answered_at IS NULL"
    rows = tx.execute(f"{_SELECT_CODE} WHERE ({unused_sql}) OR w.taken_at <= ?", (before, before)).fetchall()
    for row in rows:
        _delete_code(tx, WitnessCodeRow(*row))
    return len(rows)


def _delete_code(tx: Transaction, row: WitnessCodeRow) -> None:
    """A code and its files."""
    if row.upload is not None:
        blobs.mark_erased(tx, BlobKind.STATEMENT, row.id, row.upload)
    tx.execute("DELETE FROM witness_code WHERE id = ?", (row.id,))


def _find_open(tx: Transaction, witness_code: bytes, now: int) -> WitnessCodeRow:
    """A code that still takes a statement. Raises NotFound."""
    existing_row = tx.execute(f"{_SELECT_CODE} WHERE w.id = ?", (witness_code,)).fetchone()
    if existing_row is None or (row := WitnessCodeRow(*existing_row)).is_over(now):
        raise NotFound
    return row

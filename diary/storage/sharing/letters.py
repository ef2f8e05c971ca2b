"""Letters from advocates, sealed to a keeper, until the keeper's device has taken them in and 30 days longer.

[Note: taken in] A session alone says that a letter was taken in, since that happens with no words typed. So it may hide a letter
from the list of those that wait, and must not destroy it: the letter stays for 30 days, is listed when taken ones are asked for,
and goes sooner with a proof only.
"""

from dataclasses import dataclass
from typing import Final

from diary.errors import Conflict, NotFound, QuotaExceeded
from diary.storage.database_interface import Database
from diary.storage.sync import erasures
from diary.storage.writer import Transaction

MAX_WAITING_LETTERS: Final = 200
_IN_DIARY: Final = "id = ? AND grant_id IN (SELECT id FROM access_grant WHERE diary_id = ?)"


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter as stored; times in ms. `taken_at` None while it waits for its keeper."""

    id: bytes
    grant: bytes
    made_at: int
    envelope: bytes
    taken_at: int | None = None


def add_letter(tx: Transaction, row: LetterRow) -> None:
    """Keep a letter for its keeper; the same one again changes nothing. Raises Conflict and OverQuota."""
    existing_row = tx.execute("SELECT grant_id, envelope FROM letter WHERE id = ?", (row.id,)).fetchone()
    if existing_row:
        if (bytes(existing_row[0]), bytes(existing_row[1])) != (row.grant, row.envelope):
            raise Conflict
        return
    if (
        tx.execute("SELECT count(*) FROM letter WHERE grant_id = ? AND taken_at IS NULL", (row.grant,)).fetchone()[0]
        >= MAX_WAITING_LETTERS
    ):
        raise QuotaExceeded("Too many questions wait for an answer. They must be read first.")
    tx.execute(
        "INSERT INTO letter (id, grant_id, made_at, envelope) VALUES (?, ?, ?, ?)",
        (row.id, row.grant, row.made_at, row.envelope),
    )


async def list_for_diary(db: Database, account: bytes, diary: bytes, *, include_taken: bool = False) -> list[LetterRow]:
    """What waits for a keeper, oldest first; with `taken`, what was taken in as well. Raises NotFound."""

    def read(tx: Transaction) -> list[LetterRow]:
        erasures.check_diary_owned(tx, account, diary)
        rows = tx.execute(
            "SELECT l.id, l.grant_id, l.made_at, l.envelope, l.taken_at FROM letter l JOIN access_grant g ON g.id = l.grant_id"
            " WHERE g.diary_id = ? ORDER BY l.made_at, l.id",
            (diary,),
        ).fetchall()
        return [row for row in (LetterRow(*letter_row) for letter_row in rows) if include_taken or row.taken_at is None]

    return await db.run_read(read)


def mark_taken(tx: Transaction, account: bytes, diary: bytes, letter: bytes, now: int) -> None:
    """A letter has become the keeper's; the first time counts. Raises NotFound. See [Note: taken in]."""
    erasures.check_diary_owned(tx, account, diary)
    parameters = (now, letter, diary)
    cursor = tx.execute(f"UPDATE letter SET taken_at = coalesce(taken_at, ?) WHERE {_IN_DIARY}", parameters)  # noqa: S608
    if cursor.rowcount != 1:
        raise NotFound


def delete_letter(tx: Transaction, account: bytes, diary: bytes, letter: bytes) -> None:
    """A letter goes at once. Raises NotFound."""
    erasures.check_diary_owned(tx, account, diary)
    cursor = tx.execute(f"DELETE FROM letter WHERE {_IN_DIARY}", (letter, diary))  # noqa: S608
    if cursor.rowcount != 1:
        raise NotFound


def delete_taken(tx: Transaction, before: int) -> int:
    """Forget letters that were taken in before `before` ms; how many."""
    return tx.execute("DELETE FROM letter WHERE taken_at <= ?", (before,)).rowcount

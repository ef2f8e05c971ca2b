"""Letters from advocates, sealed to a keeper, until the keeper's device has taken them in and for 30 days after that.

[Note: taken in] A device marks a letter as taken in with its session alone, since no passphrase is typed for it. So the
mark hides the letter from the list of waiting letters, and does not destroy it: the letter stays for 30 days and is
listed when the caller includes letters that were taken in. Deleting it sooner needs a proof.
"""

from dataclasses import dataclass
from typing import Final

from pypika_tortoise import functions

from diary.errors import Conflict, NotFound, QuotaExceeded
from diary.storage.database_interface import Database
from diary.storage.models.advocates import Grant, Letter
from diary.storage.partial_indexes import STEP_ROWS
from diary.storage.statements import Statement, param, query, table
from diary.storage.sync.diaries import check_diary_owned
from diary.storage.writer import Transaction

MAX_WAITING_LETTERS: Final = 200
_GRANT: Final = table(Grant)
_LETTER: Final = table(Letter)
_FIND: Final = Statement(
    query.from_(_LETTER).select(_LETTER.grant_id, _LETTER.envelope).where(_LETTER.id == param.letter)
)
_COUNT_WAITING: Final = Statement(
    query.from_(_LETTER)
    .select(functions.Count("*"))
    .where((_LETTER.grant_id == param.grant) & _LETTER.taken_at.isnull())
)
_ADD: Final = Statement(
    query.into(_LETTER)
    .columns(_LETTER.id, _LETTER.grant_id, _LETTER.made_at, _LETTER.envelope)
    .insert(param.letter, param.grant, param.made_at, param.envelope)
)
_LIST_OF_DIARY: Final = Statement(
    query.from_(_LETTER)
    .join(_GRANT)
    .on(_GRANT.id == _LETTER.grant_id)
    .select(_LETTER.id, _LETTER.grant_id, _LETTER.made_at, _LETTER.envelope, _LETTER.taken_at)
    .where(_GRANT.diary_id == param.diary)
    .orderby(_LETTER.made_at, _LETTER.id)
)
_IS_IN_DIARY: Final = (_LETTER.id == param.letter) & _LETTER.grant_id.isin(
    query.from_(_GRANT).select(_GRANT.id).where(_GRANT.diary_id == param.diary)
)
_MARK_TAKEN: Final = Statement(
    query.update(_LETTER).set(_LETTER.taken_at, functions.Coalesce(_LETTER.taken_at, param.now)).where(_IS_IN_DIARY)
)
_DELETE: Final = Statement(query.from_(_LETTER).delete().where(_IS_IN_DIARY))
_DELETE_TAKEN: Final = Statement(
    query.from_(_LETTER)
    .delete()
    .where(
        _LETTER.id.isin(
            query.from_(_LETTER).select(_LETTER.id).where(_LETTER.taken_at <= param.before).limit(STEP_ROWS)
        )
    )
)


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter as stored; times in ms. `taken_at`: None until the keeper's device has taken it in."""

    id: bytes
    grant: bytes
    made_at: int
    envelope: bytes
    taken_at: int | None = None


def add_letter(tx: Transaction, row: LetterRow) -> None:
    """Add a letter; adding the same one again changes nothing.

    Raise Conflict when another letter has the id, and QuotaExceeded when too many of the grant's letters wait.
    """
    existing_row = tx.execute(*_FIND(letter=row.id)).fetchone()
    if existing_row:
        if (bytes(existing_row[0]), bytes(existing_row[1])) != (row.grant, row.envelope):
            raise Conflict
        return
    if tx.execute(*_COUNT_WAITING(grant=row.grant)).fetchone()[0] >= MAX_WAITING_LETTERS:
        raise QuotaExceeded("Too many questions wait for an answer. They must be read first.")
    tx.execute(*_ADD(letter=row.id, grant=row.grant, made_at=row.made_at, envelope=row.envelope))


async def list_for_diary(db: Database, account: bytes, diary: bytes, *, include_taken: bool = False) -> list[LetterRow]:
    """Return the letters that wait, oldest first; `include_taken`: those that were taken in too. Raise NotFound."""

    def read(tx: Transaction) -> list[LetterRow]:
        check_diary_owned(tx, account, diary)
        rows = [LetterRow(*letter_row) for letter_row in tx.execute(*_LIST_OF_DIARY(diary=diary)).fetchall()]
        return [row for row in rows if include_taken or row.taken_at is None]

    return await db.run_read(read)


def mark_taken(tx: Transaction, account: bytes, diary: bytes, letter: bytes, now: int) -> None:
    """Mark a letter as taken in at `now` ms; an earlier time stays. Raise NotFound. See [Note: taken in]."""
    check_diary_owned(tx, account, diary)
    if tx.execute(*_MARK_TAKEN(now=now, letter=letter, diary=diary)).rowcount != 1:
        raise NotFound


def delete_letter(tx: Transaction, account: bytes, diary: bytes, letter: bytes) -> None:
    """Delete a letter. Raise NotFound."""
    check_diary_owned(tx, account, diary)
    if tx.execute(*_DELETE(letter=letter, diary=diary)).rowcount != 1:
        raise NotFound


def delete_taken(tx: Transaction, before: int) -> int:
    """Delete letters that were taken in up to `before` ms. Return their number, at most STEP_ROWS."""
    return tx.execute(*_DELETE_TAKEN(before=before)).rowcount

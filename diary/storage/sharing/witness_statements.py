"""Witness codes: what was asked, and the one sealed statement that each code can bring.

The parts of a statement's files are in storage/sync/blobs.py.
"""

from dataclasses import dataclass
from typing import Final

from pypika_tortoise import functions
from pypika_tortoise.enums import Order

from diary.errors import NotFound, QuotaExceeded, Unavailable
from diary.storage.database_interface import Database
from diary.storage.models.core import Blob, Diary
from diary.storage.models.witness_statements import WitnessCode
from diary.storage.partial_indexes import LOOP_ROWS
from diary.storage.sharing.passphrase_collisions import find_recorded
from diary.storage.statements import Statement, param, query, table
from diary.storage.sync import blobs
from diary.storage.sync.blobs import BlobAnnouncement, BlobKind, BlobReference
from diary.storage.sync.diaries import check_diary_owned, find_account
from diary.storage.writer import Transaction

MAX_OPEN_CODES: Final = 20
_BLOB: Final = table(Blob)
_CODE: Final = table(WitnessCode)
_DIARY: Final = table(Diary)
# The columns of a WitnessCodeRow, in order.
_SELECT_CODE: Final = query.from_(_CODE).select(
    _CODE.id,
    _CODE.diary_id,
    _CODE.name_mac,
    _CODE.sealed,
    _CODE.made_at,
    _CODE.expires_at,
    _CODE.upload,
    _CODE.statement,
    _CODE.answered_at,
    _CODE.taken_at,
)
_FIND: Final = Statement(_SELECT_CODE.where(_CODE.id == param.id))
_FIND_BY_NAME: Final = Statement(_SELECT_CODE.where(_CODE.name_mac == param.name_mac))
_FIND_OF_DIARY: Final = Statement(_SELECT_CODE.where((_CODE.id == param.id) & (_CODE.diary_id == param.diary)))
_LIST_WITH_ID_OR_NAME: Final = Statement(
    _SELECT_CODE.where((_CODE.id == param.id) | (_CODE.name_mac == param.name_mac))
)
_LIST_OF_DIARY: Final = Statement(
    _SELECT_CODE.where(_CODE.diary_id == param.diary).orderby(_CODE.made_at, order=Order.desc).orderby(_CODE.id)
)
# Two statements: a database can answer each of them from an index of its own, and not both at once.
_LIST_DELETABLE: Final = (
    Statement(_SELECT_CODE.where((_CODE.expires_at <= param.before) & _CODE.answered_at.isnull()).limit(LOOP_ROWS)),
    Statement(_SELECT_CODE.where(_CODE.taken_at <= param.before).limit(LOOP_ROWS)),
)
_FIND_BY_UPLOAD: Final = Statement(
    query.from_(_CODE)
    .join(_DIARY)
    .on(_DIARY.id == _CODE.diary_id)
    .select(_CODE.id)
    .where(
        (_DIARY.id == param.diary)
        & (_DIARY.account_id == param.account)
        & (_CODE.upload == param.upload)
        & _CODE.answered_at.notnull()
    )
    .orderby(_CODE.answered_at, _CODE.id)
)
_COUNT_OPEN: Final = Statement(
    query.from_(_CODE).select(functions.Count("*")).where((_CODE.diary_id == param.diary) & _CODE.taken_at.isnull())
)
_ADD: Final = Statement(
    query.into(_CODE)
    .columns(_CODE.id, _CODE.diary_id, _CODE.name_mac, _CODE.sealed, _CODE.made_at, _CODE.expires_at)
    .insert(param.id, param.diary, param.name_mac, param.sealed, param.made_at, param.expires_at)
)
_SET_UPLOAD: Final = Statement(query.update(_CODE).set(_CODE.upload, param.upload).where(_CODE.id == param.id))
_STORE_STATEMENT: Final = Statement(
    query.update(_CODE)
    .set(_CODE.statement, param.statement)
    .set(_CODE.answered_at, param.now)
    .where(_CODE.id == param.id)
)
_MARK_TAKEN: Final = Statement(
    query.update(_CODE)
    .set(_CODE.taken_at, functions.Coalesce(_CODE.taken_at, param.now))
    .where((_CODE.id == param.id) & (_CODE.diary_id == param.diary) & _CODE.answered_at.notnull())
)
_DELETE: Final = Statement(query.from_(_CODE).delete().where(_CODE.id == param.id))
_FIND_OTHER_UPLOAD: Final = Statement(
    query.from_(_BLOB)
    .select(_BLOB.id)
    .where((_BLOB.kind == int(BlobKind.STATEMENT)) & (_BLOB.owner == param.witness_code) & (_BLOB.blob != param.upload))
)


@dataclass(frozen=True, slots=True)
class WitnessCodeRow:
    """A code as stored; times in ms.

    `answered_at`: None until a statement arrives; `taken_at`: None until the keeper's device has taken the statement
    in.
    """

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

    def has_ended(self, now: int) -> bool:
        """Return whether the code was answered or has expired at `now` ms; it then accepts no statement."""
        return self.answered_at is not None or now >= self.expires_at


async def find_by_name(db: Database, name_mac: bytes) -> WitnessCodeRow | None:
    """Return the code named by four words, whether or not it has ended, or None."""
    row = await db.fetch_one(*_FIND_BY_NAME(name_mac=name_mac))
    return WitnessCodeRow(*row) if row else None


async def find_code(db: Database, witness_code: bytes) -> tuple[WitnessCodeRow, BlobReference] | None:
    """Return a code and the reference to the files of its upload, or None.

    Without an upload the reference has no id.
    """
    row = await db.fetch_one(*_FIND(id=witness_code))
    if row is None:
        return None
    code_row = WitnessCodeRow(*row)
    account = await find_account(db, code_row.diary)
    if account is None:
        return None
    return code_row, blobs.statement_reference(account, code_row.diary, code_row.id, code_row.upload or b"")


async def find_statement_files(db: Database, account: bytes, diary: bytes, upload: bytes) -> BlobReference | None:
    """Return the reference to the files of a statement by the id of its upload, or None.

    When several witnesses chose the same id, the earliest statement is returned.
    """
    row = await db.fetch_one(*_FIND_BY_UPLOAD(diary=diary, account=account, upload=upload))
    return blobs.statement_reference(account, diary, row[0], upload) if row else None


async def list_for_diary(
    db: Database, account: bytes, diary: bytes, *, include_taken: bool = False
) -> tuple[WitnessCodeRow, ...]:
    """Return a diary's codes, newest first; `include_taken`: with those whose statement was taken in.

    Raise NotFound.
    """

    def read(tx: Transaction) -> tuple[WitnessCodeRow, ...]:
        check_diary_owned(tx, account, diary)
        rows = [WitnessCodeRow(*code_row) for code_row in tx.execute(*_LIST_OF_DIARY(diary=diary)).fetchall()]
        return tuple(row for row in rows if include_taken or row.taken_at is None)

    return await db.run_read(read)


def add_code(tx: Transaction, account: bytes, row: WitnessCodeRow) -> WitnessCodeRow:
    """Add a code, or return the same one when it exists. Raise NotFound, Conflict and QuotaExceeded."""
    check_diary_owned(tx, account, row.diary)
    existing_rows = tx.execute(*_LIST_WITH_ID_OR_NAME(id=row.id, name_mac=row.name_mac)).fetchall()
    if existing := find_recorded(
        [WitnessCodeRow(*existing_row) for existing_row in existing_rows], row, "id", "sealed", "diary"
    ):
        return existing
    if tx.execute(*_COUNT_OPEN(diary=row.diary)).fetchone()[0] >= MAX_OPEN_CODES:
        raise QuotaExceeded("There are too many codes at once. Remove one first.")
    tx.execute(
        *_ADD(
            id=row.id,
            diary=row.diary,
            name_mac=row.name_mac,
            sealed=row.sealed,
            made_at=row.made_at,
            expires_at=row.expires_at,
        )
    )
    return row


def abandon_other_upload(tx: Transaction, witness_code: bytes, upload: bytes, now: int) -> None:
    """Erase the files of an earlier attempt, if its upload has another id than `upload`. Raise NotFound."""
    row = _find_open(tx, witness_code, now)
    if row.upload is not None and row.upload != upload:
        blobs.mark_erased(tx, BlobKind.STATEMENT, row.id, row.upload)


def announce_files(
    tx: Transaction, witness_code: bytes, blob_reference: BlobReference, announcement: BlobAnnouncement
) -> None:
    """Announce the files of a statement.

    A code never stores the bytes of more than one upload, however often a new one is begun. Raise NotFound, Unavailable
    while the bytes of another upload are being deleted, and the errors of `blobs.announce`.
    """
    _find_open(tx, witness_code, announcement.now)
    if tx.execute(*_FIND_OTHER_UPLOAD(witness_code=witness_code, upload=blob_reference.blob)).fetchone():
        raise Unavailable("What was sent before is being removed. Nothing was lost; try again in a moment.")
    blobs.announce(tx, blob_reference, announcement)
    tx.execute(*_SET_UPLOAD(upload=blob_reference.blob, id=witness_code))


def store_statement(tx: Transaction, witness_code: bytes, upload: bytes | None, statement: bytes, now: int) -> None:
    """Store the statement of a code; storing the same one again changes nothing.

    Raise NotFound if the code has ended or has another upload than `upload`.
    """
    existing_row = tx.execute(*_FIND(id=witness_code)).fetchone()
    if existing_row is not None:
        existing_statement = WitnessCodeRow(*existing_row).statement
        if existing_statement is not None and bytes(existing_statement) == statement:
            return
    row = _find_open(tx, witness_code, now)
    if upload is not None and row.upload != upload:
        raise NotFound
    if upload is None and row.upload is not None:
        blobs.mark_erased(tx, BlobKind.STATEMENT, row.id, row.upload)
        tx.execute(*_SET_UPLOAD(upload=None, id=witness_code))
    tx.execute(*_STORE_STATEMENT(statement=statement, now=now, id=witness_code))


def mark_taken(tx: Transaction, account: bytes, diary: bytes, witness_code: bytes, now: int) -> None:
    """Mark a code's statement as taken in at `now` ms; an earlier time stays. Raise NotFound without a statement.

    The statement stays for 30 days, as letters do ([Note: taken in], letters.py).
    """
    check_diary_owned(tx, account, diary)
    if tx.execute(*_MARK_TAKEN(now=now, id=witness_code, diary=diary)).rowcount != 1:
        raise NotFound


def remove_code(tx: Transaction, account: bytes, diary: bytes, witness_code: bytes) -> None:
    """Delete a code with its statement and files. Raise NotFound."""
    check_diary_owned(tx, account, diary)
    row = tx.execute(*_FIND_OF_DIARY(id=witness_code, diary=diary)).fetchone()
    if row is None:
        raise NotFound
    _delete_code(tx, WitnessCodeRow(*row))


def delete_expired(tx: Transaction, before: int) -> int:
    """Delete codes that expired up to `before` ms without a statement, or whose statement was taken in by then.

    Return their number, at most twice LOOP_ROWS.
    """
    count = 0
    for statement in _LIST_DELETABLE:
        rows = tx.execute(*statement(before=before)).fetchall()
        for row in rows:
            _delete_code(tx, WitnessCodeRow(*row))
        count += len(rows)
    return count


def _delete_code(tx: Transaction, row: WitnessCodeRow) -> None:
    """Delete a code, and mark its files erased."""
    if row.upload is not None:
        blobs.mark_erased(tx, BlobKind.STATEMENT, row.id, row.upload)
    tx.execute(*_DELETE(id=row.id))


def _find_open(tx: Transaction, witness_code: bytes, now: int) -> WitnessCodeRow:
    """Return a code that still accepts a statement. Raise NotFound."""
    existing_row = tx.execute(*_FIND(id=witness_code)).fetchone()
    if existing_row is None or (row := WitnessCodeRow(*existing_row)).has_ended(now):
        raise NotFound
    return row

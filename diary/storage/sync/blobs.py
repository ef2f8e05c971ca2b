"""Sealed files: what was announced, and which parts have arrived. The bytes are in storage/blob_store.py.

[Note: identity of a blob] A diary's files, the parts of a hand-over and the files of a witness's statement are rows of
one table. A row is identified by its kind (`BlobKind`), its owner and its id together; a unique index enforces this.
The id alone identifies nothing: if someone knows the id of a diary's file and uses it for a hand-over, the result is a
second, unrelated row.

[Note: accounting for stored bytes] Each part's bytes are stored under a name that is drawn for them. Before they are
stored, the name and the size are written to `loose_bytes`. When the part is accepted, its row takes the name over; when
it is refused, or replaced later, the name stays in `loose_bytes` until the bytes have been deleted. So the database
accounts for every stored byte, whichever step fails, and deleting the bytes of one part can never delete those of
another. A name marked `dropped` is never taken over, so it does not matter which process deletes its bytes, or when.

[Note: incomplete files] Until a file is complete, anyone who may write it may replace its numbers and parts: bytes that
were sent by mistake, or with a stolen session, must not block the right ones. Once a file is complete it never changes.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from pypika_tortoise import functions
from pypika_tortoise.terms import Criterion, Field, Term

from diary.encoding import b64, canonical_json
from diary.errors import Conflict, ContentDiffers, ContentErased, NotFound, QuotaExceeded, TooLarge, Unavailable
from diary.storage.database_interface import Database
from diary.storage.models.core import Account, Blob, Diary, LooseBytes, Part
from diary.storage.partial_indexes import LOOP_ROWS, STEP_ROWS
from diary.storage.statements import Statement, literal, param, query, table
from diary.storage.writer import Transaction

# Limits on the bytes that are being uploaded or wait to be deleted, for one file and for one account.
MAX_FILE_PENDING_BYTES: Final = 8 << 20
MAX_ACCOUNT_PENDING_BYTES: Final = 64 << 20
NONCE_BYTES: Final = 8
_INCOMPLETE_PART_MESSAGE: Final = "That part did not arrive whole. Nothing was lost; try again."


def _sum_as_integer(column: Field) -> Term:
    """Return the sum of a column as an integer, 0 without rows; PostgreSQL would answer a decimal number."""
    return functions.Cast(functions.Coalesce(functions.Sum(column), 0), "BIGINT")


_ACCOUNT: Final = table(Account)
_BLOB: Final = table(Blob)
_DIARY: Final = table(Diary)
_LOOSE_BYTES: Final = table(LooseBytes)
_PART: Final = table(Part)
_SELECT_BLOB: Final = query.from_(_BLOB).select(_BLOB.id, _BLOB.parts, _BLOB.size, _BLOB.complete, _BLOB.erased)
_FIND_BLOB: Final = Statement(_SELECT_BLOB.where(_BLOB.id == param.id))
_FIND_OWNED_BLOB: Final = Statement(
    _SELECT_BLOB.join(_DIARY)
    .on(_DIARY.id == _BLOB.diary_id)
    .where(
        (_BLOB.kind == param.kind)
        & (_BLOB.owner == param.owner)
        & (_BLOB.blob == param.blob)
        & (_BLOB.diary_id == param.diary)
        & (_DIARY.account_id == param.account)
    )
)
# The columns of a new blob, in the order in which statements insert them.
BLOB_COLUMNS: Final = (
    _BLOB.diary_id,
    _BLOB.kind,
    _BLOB.owner,
    _BLOB.blob,
    _BLOB.parts,
    _BLOB.size,
    _BLOB.complete,
    _BLOB.touched_at,
    _BLOB.erased,
)
_ADD_BLOB: Final = Statement(
    query.into(_BLOB)
    .columns(*BLOB_COLUMNS)
    .insert(param.diary, param.kind, param.owner, param.blob, param.parts, param.size, False, param.now, False)
)
_CHANGE_NUMBERS: Final = Statement(
    query.update(_BLOB)
    .set(_BLOB.parts, param.parts)
    .set(_BLOB.size, param.size)
    .set(_BLOB.touched_at, param.now)
    .where(_BLOB.id == param.id)
)
_TOUCH_BLOB: Final = Statement(query.update(_BLOB).set(_BLOB.touched_at, param.now).where(_BLOB.id == param.id))
_MARK_COMPLETE: Final = Statement(query.update(_BLOB).set(_BLOB.complete, True).where(_BLOB.id == param.id))
_MARK_ERASED: Final = Statement(
    query.update(_BLOB)
    .set(_BLOB.erased, True)
    .set(_BLOB.complete, False)
    .where(
        (_BLOB.kind == param.kind) & (_BLOB.owner == param.owner) & (_BLOB.blob == param.blob) & _BLOB.erased.eq(False)
    )
)
_FIND_ACCOUNT_ROOM: Final = Statement(
    query.from_(_DIARY)
    .join(_ACCOUNT)
    .on(_ACCOUNT.id == _DIARY.account_id)
    .select(_ACCOUNT.file_bytes, _ACCOUNT.quota_bytes)
    .where((_DIARY.id == param.diary) & (_ACCOUNT.id == param.account))
)
_CHARGE_ACCOUNT: Final = Statement(
    query.update(_ACCOUNT).set(_ACCOUNT.file_bytes, _ACCOUNT.file_bytes + param.size).where(_ACCOUNT.id == param.id)
)
_FIND_PART: Final = Statement(
    query.from_(_PART)
    .select(_PART.i, _PART.size, _PART.digest, _PART.name)
    .where((_PART.blob_id == param.blob) & (_PART.i == param.i))
)
_FIND_PART_BY_NAME: Final = Statement(query.from_(_PART).select(_PART.id).where(_PART.name == param.name))
_LIST_PART_DIGESTS: Final = Statement(
    query.from_(_PART).select(_PART.i, _PART.size, _PART.digest).where(_PART.blob_id == param.blob).orderby(_PART.i)
)
_LIST_PART_NAMES: Final = Statement(
    query.from_(_PART).select(_PART.id, _PART.i, _PART.size, _PART.name).where(_PART.blob_id == param.blob)
)
_SUM_PARTS: Final = Statement(query.from_(_PART).select(_sum_as_integer(_PART.size)).where(_PART.blob_id == param.blob))
_ADD_PART: Final = Statement(
    query.into(_PART)
    .columns(_PART.blob_id, _PART.i, _PART.size, _PART.digest, _PART.name)
    .insert(param.blob, param.i, param.size, param.digest, param.name)
)
_DELETE_PART: Final = Statement(query.from_(_PART).delete().where(_PART.id == param.id))
_INSERT_LOOSE: Final = (
    query.into(_LOOSE_BYTES)
    .columns(
        _LOOSE_BYTES.account,
        _LOOSE_BYTES.blob,
        _LOOSE_BYTES.name,
        _LOOSE_BYTES.size,
        _LOOSE_BYTES.at,
        _LOOSE_BYTES.dropped,
    )
    .insert(param.account, param.blob, param.name, param.size, param.now, param.dropped)
)
_ADD_LOOSE: Final = Statement(_INSERT_LOOSE)
_ADD_OR_MARK_LOOSE: Final = Statement(_INSERT_LOOSE.on_conflict(_LOOSE_BYTES.name).do_update(_LOOSE_BYTES.dropped))
_FIND_RESERVATION: Final = Statement(
    query.from_(_LOOSE_BYTES)
    .select(_LOOSE_BYTES.id)
    .where((_LOOSE_BYTES.name == param.name) & _LOOSE_BYTES.dropped.eq(False))
)
_SELECT_PENDING_BYTES: Final = query.from_(_LOOSE_BYTES).select(_sum_as_integer(_LOOSE_BYTES.size))
_SUM_PENDING_OF_BLOB: Final = Statement(_SELECT_PENDING_BYTES.where(_LOOSE_BYTES.blob == param.blob))
_SUM_PENDING_OF_ACCOUNT: Final = Statement(_SELECT_PENDING_BYTES.where(_LOOSE_BYTES.account == param.account))
_LIST_DROPPED: Final = Statement(
    query.from_(_LOOSE_BYTES)
    .select(_LOOSE_BYTES.name)
    .where((_LOOSE_BYTES.account == param.account) & _LOOSE_BYTES.dropped.eq(True))
    .orderby(_LOOSE_BYTES.id)
    .limit(LOOP_ROWS)
)
_FIND_DROPPED: Final = Statement(
    query.from_(_LOOSE_BYTES)
    .select(_LOOSE_BYTES.id)
    .where((_LOOSE_BYTES.account == param.account) & _LOOSE_BYTES.dropped.eq(True))
)
_LIST_ACCOUNTS_WITH_DROPPED: Final = Statement(
    query.from_(_LOOSE_BYTES)
    .select(_LOOSE_BYTES.account)
    .where((_LOOSE_BYTES.dropped == literal(True)) & (_LOOSE_BYTES.account > param.after))
    .orderby(_LOOSE_BYTES.account)
    .limit(STEP_ROWS)
)


def _drop_statement(criterion: Criterion) -> Statement:
    """Return the statement that gives up some reservations that meet the criterion."""
    return Statement(
        query.update(_LOOSE_BYTES)
        .set(_LOOSE_BYTES.dropped, True)
        .where(
            _LOOSE_BYTES.id.isin(
                query.from_(_LOOSE_BYTES)
                .select(_LOOSE_BYTES.id)
                .where((_LOOSE_BYTES.dropped == literal(False)) & criterion)
                .limit(STEP_ROWS)
            )
        )
    )


# Two statements: a database can answer each of them from the index loose_bytes_reserved, and not both at once.
_DROP_EARLIER: Final = _drop_statement(_LOOSE_BYTES.at < param.before)
_DROP_LATER: Final = _drop_statement(_LOOSE_BYTES.at > param.after)
_DELETE_LOOSE: Final = Statement(query.from_(_LOOSE_BYTES).delete().where(_LOOSE_BYTES.name == param.name))


class BlobKind(IntEnum):
    """Kind of a sealed file. Its owner is the diary (FILE, HANDOVER) or the witness code (STATEMENT)."""

    FILE = 0
    HANDOVER = 1
    STATEMENT = 2


@dataclass(frozen=True, slots=True)
class BlobRow:
    """A sealed file as announced. `row_id`: its primary key. `erased`: it is no longer served."""

    row_id: int
    parts: int
    size: int
    complete: bool
    erased: bool


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part. `digest`: SHA-256 of its sealed bytes; `name`: their name in the blob store."""

    i: int
    size: int
    digest: bytes
    name: str


@dataclass(frozen=True, slots=True)
class BlobAnnouncement:
    """A file to be announced; sizes in bytes, `now` in ms.

    `quota`: the limit for an account that has none of its own; `refusal_reason`: why no bytes are accepted now, or "".
    """

    parts: int
    size: int
    quota: int
    now: int
    refusal_reason: str = ""


@dataclass(frozen=True, slots=True)
class BlobReference:
    """Identity of a file: kind, owner and id, with its diary and the account that is charged for it.

    Made by `file_reference`, `handover_reference` and `statement_reference`.
    """

    account: bytes
    diary: bytes
    kind: BlobKind
    owner: bytes
    blob: bytes

    def new_part_name(self, i: int, digest: bytes) -> str:
        """Return a blob store name for the bytes of part `i`; a random nonce makes it unique."""
        folder = f"{self.kind.name.lower()}_{self.owner.hex()}/{self.blob.hex()}"
        return f"{folder}/{i}-{os.urandom(NONCE_BYTES).hex()}-{digest.hex()[:32]}"


@dataclass(frozen=True, slots=True)
class CompletionResult:
    """Result of `complete_blob`. `missing`: numbers of the missing parts; `matches`: False when the digest differs."""

    missing: tuple[int, ...] = ()
    matches: bool = True


def file_reference(account: bytes, diary: bytes, blob: bytes) -> BlobReference:
    """Return the reference to a file of a diary."""
    return BlobReference(account, diary, BlobKind.FILE, diary, blob)


def handover_reference(account: bytes, diary: bytes, handover: bytes) -> BlobReference:
    """Return the reference to the parts of a hand-over."""
    return BlobReference(account, diary, BlobKind.HANDOVER, diary, handover)


def statement_reference(account: bytes, diary: bytes, witness_code: bytes, upload: bytes) -> BlobReference:
    """Return the reference to the files of a witness's statement."""
    return BlobReference(account, diary, BlobKind.STATEMENT, witness_code, upload)


async def find_blob(db: Database, reference: BlobReference) -> BlobRow | None:
    """Return the file, or None when the account has none with this reference."""
    row = await db.fetch_one(*_find_owned_statement(reference))
    return _to_blob_row(row) if row else None


async def find_part(db: Database, blob: BlobRow, i: int) -> PartRow | None:
    """Return part `i` of a file, or None when it has not arrived."""
    row = await db.fetch_one(*_FIND_PART(blob=blob.row_id, i=i))
    return PartRow(*row) if row else None


async def list_parts(db: Database, blob: BlobRow) -> tuple[PartRow, ...]:
    """Return the parts that have arrived, in order."""
    return await db.run_orm_read(_load_parts(blob.row_id))


def announce(tx: Transaction, reference: BlobReference, announcement: BlobAnnouncement) -> BlobRow:
    """Announce a file and charge its size to the account.

    If the file was announced before, replace its part count and size, and drop the parts that no longer fit. Raise
    NotFound, ContentErased, Conflict (the file is complete, with another part count or size) and QuotaExceeded.
    """
    parts, size, now = announcement.parts, announcement.size, announcement.now
    account_row = tx.execute(*_FIND_ACCOUNT_ROOM(diary=reference.diary, account=reference.account)).fetchone()
    if account_row is None:
        raise NotFound
    existing = _find_owned(tx, reference)
    if existing is not None and not _may_change(existing, announcement):
        return existing
    additional_bytes = size - (existing.size if existing else 0)
    if account_row[0] + additional_bytes > (announcement.quota if account_row[1] is None else account_row[1]):
        raise QuotaExceeded
    if announcement.refusal_reason and additional_bytes > 0:
        raise QuotaExceeded(announcement.refusal_reason)
    if existing is None:
        tx.execute(
            *_ADD_BLOB(
                diary=reference.diary,
                kind=int(reference.kind),
                owner=reference.owner,
                blob=reference.blob,
                parts=parts,
                size=size,
                now=now,
            )
        )
    else:
        if existing.parts != parts or _sum_part_bytes(tx, existing.row_id) > size:
            _drop_parts(tx, reference.account, existing.row_id, now)
        tx.execute(*_CHANGE_NUMBERS(parts=parts, size=size, now=now, id=existing.row_id))
    tx.execute(*_CHARGE_ACCOUNT(size=additional_bytes, id=reference.account))
    announced = _find_owned(tx, reference)
    if announced is None:
        raise NotFound
    return announced


def reserve_part(
    tx: Transaction, account: bytes, blob: BlobRow, part: PartRow, now: int, refusal_reason: str = ""
) -> bool:
    """Record a part's name and size in `loose_bytes` before its bytes are stored.

    Return False if that very part has already arrived. `refusal_reason`: why no bytes are accepted now, or "". See
    [Note: accounting for stored bytes]. Raise ContentErased, Conflict (the file was announced again meanwhile),
    ContentDiffers (the file is complete), TooLarge, QuotaExceeded, and Unavailable while too many bytes are pending.
    """
    if _is_part_present(tx, blob, part):
        return False
    if refusal_reason:
        raise QuotaExceeded(refusal_reason)
    (file_pending_bytes,) = tx.execute(*_SUM_PENDING_OF_BLOB(blob=blob.row_id)).fetchone()
    (account_pending_bytes,) = tx.execute(*_SUM_PENDING_OF_ACCOUNT(account=account)).fetchone()
    if (
        file_pending_bytes + part.size > MAX_FILE_PENDING_BYTES
        or account_pending_bytes + part.size > MAX_ACCOUNT_PENDING_BYTES
    ):
        raise Unavailable("Too many files are on their way at once. Nothing was lost; try again in a moment.")
    tx.execute(*_ADD_LOOSE(account=account, blob=blob.row_id, name=part.name, size=part.size, now=now, dropped=False))
    return True


def add_part(tx: Transaction, account: bytes, blob: BlobRow, part: PartRow, now: int) -> bool:
    """Add a part whose bytes are stored under the name reserved for it. Return whether other bytes must now be deleted.

    Raise the errors of `reserve_part`, and Unavailable if the reservation has been given up.
    """
    if tx.execute(*_FIND_RESERVATION(name=part.name)).fetchone() is None:
        raise Unavailable(_INCOMPLETE_PART_MESSAGE)
    if _is_part_present(tx, blob, part):
        drop_part(tx, account, blob, part, now)
        return True
    is_replaced = _drop_parts(tx, account, blob.row_id, now, part.i)
    tx.execute(*_DELETE_LOOSE(name=part.name))
    tx.execute(*_TOUCH_BLOB(now=now, id=blob.row_id))
    tx.execute(*_ADD_PART(blob=blob.row_id, i=part.i, size=part.size, digest=part.digest, name=part.name))
    return is_replaced


def drop_part(tx: Transaction, account: bytes, blob: BlobRow, part: PartRow, now: int) -> None:
    """Mark the bytes of a reserved name for deletion, even when the reservation no longer exists.

    Do nothing when a part has the name: the caller may have been given an error although `add_part` was committed.
    """
    if tx.execute(*_FIND_PART_BY_NAME(name=part.name)).fetchone():
        return
    tx.execute(
        *_ADD_OR_MARK_LOOSE(account=account, blob=blob.row_id, name=part.name, size=part.size, now=now, dropped=True)
    )


async def has_dropped(db: Database, account: bytes) -> bool:
    """Return whether bytes of this account wait to be deleted."""
    return await db.fetch_one(*_FIND_DROPPED(account=account)) is not None


def list_dropped(tx: Transaction, account: bytes) -> tuple[str, ...]:
    """Return the names of this account whose bytes are to be deleted, oldest first, at most LOOP_ROWS."""
    return tuple(name for (name,) in tx.execute(*_LIST_DROPPED(account=account)))


def drop_stale(tx: Transaction, before: int, after: int) -> int:
    """Give up reservations older than `before` ms, or later than `after` ms, which a wrong clock has made.

    Return how many were given up, at most twice STEP_ROWS.
    """
    return tx.execute(*_DROP_EARLIER(before=before)).rowcount + tx.execute(*_DROP_LATER(after=after)).rowcount


def list_accounts_with_dropped(tx: Transaction, after: bytes) -> list[bytes]:
    """Return some accounts above `after` that have bytes to delete, in order and without repetition; [] at the end."""
    rows = tx.execute(*_LIST_ACCOUNTS_WITH_DROPPED(after=after)).fetchall()
    return sorted({bytes(account) for (account,) in rows})


def delete_names(tx: Transaction, names: Iterable[str]) -> None:
    """Delete the names whose bytes have been deleted from the blob store."""
    for name in names:
        tx.execute(*_DELETE_LOOSE(name=name))


def complete_blob(tx: Transaction, account: bytes, blob: BlobRow, digest: bytes, now: int) -> CompletionResult:
    """Mark a file complete if all its parts have arrived and their combined digest is `digest`.

    Raise ContentErased if the file is gone or erased. `digest`: SHA-256 of the canonical JSON list of the parts'
    digests. When it differs, the parts of an incomplete file are dropped: see [Note: incomplete files].
    """
    row = _read_current(tx, blob)
    parts = tx.execute(*_LIST_PART_DIGESTS(blob=blob.row_id)).fetchall()
    missing = tuple(sorted(set(range(row.parts)) - {i for i, _, _ in parts}))
    if missing:
        return CompletionResult(missing)
    combined_digest = hashlib.sha256(canonical_json([b64(part_digest) for _, _, part_digest in parts])).digest()
    if combined_digest != digest or sum(size for _, size, _ in parts) != row.size:
        if not row.complete:
            _drop_parts(tx, account, blob.row_id, now)
        return CompletionResult(matches=False)
    tx.execute(*_MARK_COMPLETE(id=blob.row_id))
    return CompletionResult()


def mark_erased(tx: Transaction, kind: BlobKind, owner: bytes, blob: bytes) -> bool:
    """Stop serving a file. Return False when there is no such file, or it was erased before.

    The account is charged for it until its bytes have been deleted.
    """
    return tx.execute(*_MARK_ERASED(kind=int(kind), owner=owner, blob=blob)).rowcount > 0


def _may_change(existing: BlobRow, announcement: BlobAnnouncement) -> bool:
    """Return whether the announcement changes a file's numbers. Raise ContentErased and Conflict."""
    if existing.erased:
        raise ContentErased
    if (existing.parts, existing.size) == (announcement.parts, announcement.size):
        return False
    if existing.complete:
        raise Conflict("This file was announced with other numbers.")
    return True


def _is_part_present(tx: Transaction, blob: BlobRow, part: PartRow) -> bool:
    """Return whether that very part has arrived; False when it may be added.

    Raise ContentErased, Conflict, ContentDiffers and TooLarge.
    """
    row = _read_current(tx, blob)
    if row.parts != blob.parts:
        raise Conflict("This file was announced anew. Ask which parts it lacks.")
    existing_row = tx.execute(*_FIND_PART(blob=blob.row_id, i=part.i)).fetchone()
    existing_part = PartRow(*existing_row) if existing_row else None
    if existing_part is not None and existing_part.digest == part.digest:
        return True
    if row.complete:
        raise ContentDiffers
    if _sum_part_bytes(tx, blob.row_id) - (existing_part.size if existing_part else 0) + part.size > row.size:
        raise TooLarge("The parts are larger than the file they belong to.")
    return False


def _read_current(tx: Transaction, blob: BlobRow) -> BlobRow:
    """Return the file's current row. Raise ContentErased if it is gone or erased."""
    row = tx.execute(*_FIND_BLOB(id=blob.row_id)).fetchone()
    if row is None or row[4]:
        raise ContentErased
    return _to_blob_row(row)


def _sum_part_bytes(tx: Transaction, row_id: int) -> int:
    """Return the bytes of the parts that have arrived."""
    (size,) = tx.execute(*_SUM_PARTS(blob=row_id)).fetchone()
    return int(size)


def _drop_parts(tx: Transaction, account: bytes, row_id: int, now: int, i: int | None = None) -> bool:
    """Delete the parts of a file, or only part `i`, and mark their bytes for deletion.

    Return whether there were any.
    """
    part_rows = tx.execute(*_LIST_PART_NAMES(blob=row_id)).fetchall()
    dropped_rows = [part_row for part_row in part_rows if i is None or part_row[1] == i]
    for part_id, _, size, name in dropped_rows:
        tx.execute(*_DELETE_PART(id=part_id))
        tx.execute(*_ADD_LOOSE(account=account, blob=row_id, name=name, size=size, now=now, dropped=True))
    return bool(dropped_rows)


def _find_owned_statement(reference: BlobReference) -> tuple[str, tuple[Any, ...]]:
    """Return the look-up of a file by its reference."""
    return _FIND_OWNED_BLOB(
        kind=int(reference.kind),
        owner=reference.owner,
        blob=reference.blob,
        diary=reference.diary,
        account=reference.account,
    )


def _find_owned(tx: Transaction, reference: BlobReference) -> BlobRow | None:
    """Return the file, or None, inside a transaction; `find_blob` does the same outside."""
    row = tx.execute(*_find_owned_statement(reference)).fetchone()
    return _to_blob_row(row) if row else None


def _to_blob_row(row: tuple[int, int, int, bool, bool]) -> BlobRow:
    """Return a row as read; SQLite stores booleans as integers."""
    return BlobRow(row[0], row[1], row[2], bool(row[3]), bool(row[4]))


async def _load_parts(blob: int) -> tuple[PartRow, ...]:
    """Read the parts for `list_parts`."""
    parts = await Part.filter(blob_id=blob).order_by("i")
    return tuple(PartRow(row.i, row.size, row.digest, row.name) for row in parts)

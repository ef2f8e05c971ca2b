"""Permanent erasure: pending requests, and carrying them out.

[Note: what erasure removes] An erased version loses its wraps, its envelopes, the author's signature, its parents and
the names of its files. Its number, ids, commitment, envelope digest and leaf stay, since the diary's head and the
public log are computed from them. An erased file keeps its id: a device that has not synced the erasure must not be
able to upload the file again. The rows change first, in one commit, and from then on the bytes are not served. The
files of the blob store are deleted after that (`list_erased_blobs`), again after a crash if necessary. The account is
charged for them until they have been deleted.

An erasure affects only the diary's own files: a hand-over or a statement with the same id is a different blob.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pypika_tortoise import functions

from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import BadRequest, NotFound
from diary.ledger.tombstones import make_tombstone
from diary.storage.database_interface import Database
from diary.storage.models.advocates import GrantWrap
from diary.storage.models.core import Account, Blob, Diary, Erasure, LooseBytes, Part, Version
from diary.storage.partial_indexes import STEP_ROWS
from diary.storage.statements import Statement, literal, param, query, table
from diary.storage.sync import blobs
from diary.storage.sync.blobs import BLOB_COLUMNS, BlobKind
from diary.storage.sync.diaries import check_diary_owned
from diary.storage.writer import Transaction

ID_BYTES: Final = 16
# Erased files whose bytes are deleted before the next are looked up.
_UNSERVED_PAGE: Final = 20
_ABANDONED_PAGE: Final = 100
_ACCOUNT: Final = table(Account)
_BLOB: Final = table(Blob)
_DIARY: Final = table(Diary)
_ERASURE: Final = table(Erasure)
_GRANT_WRAP: Final = table(GrantWrap)
_LOOSE_BYTES: Final = table(LooseBytes)
_PART: Final = table(Part)
_VERSION: Final = table(Version)
_SELECT_ERASURE: Final = query.from_(_ERASURE).select(
    _ERASURE.id, _ERASURE.diary_id, _ERASURE.records, _ERASURE.why, _ERASURE.asked_at, _ERASURE.due_at
)
_LIST_OF_ACCOUNT: Final = Statement(
    _SELECT_ERASURE.join(_DIARY)
    .on(_DIARY.id == _ERASURE.diary_id)
    .where(_DIARY.account_id == param.account)
    .orderby(_ERASURE.asked_at, _ERASURE.id)
)
_LIST_OF_DIARY: Final = Statement(_SELECT_ERASURE.where(_ERASURE.diary_id == param.diary))
_LIST_DUE: Final = Statement(
    _SELECT_ERASURE.where(_ERASURE.due_at <= param.now).orderby(_ERASURE.due_at).limit(STEP_ROWS)
)
_FIND_ERASURE: Final = Statement(query.from_(_ERASURE).select(_ERASURE.id).where(_ERASURE.id == param.id))
_ADD_ERASURE: Final = Statement(
    query.into(_ERASURE)
    .columns(_ERASURE.id, _ERASURE.diary_id, _ERASURE.records, _ERASURE.why, _ERASURE.asked_at, _ERASURE.due_at)
    .insert(param.id, param.diary, param.records, param.why, param.asked_at, param.due_at)
)
_DELETE_ERASURE: Final = Statement(query.from_(_ERASURE).delete().where(_ERASURE.id == param.id))
_DELETE_OF_DIARY: Final = Statement(
    query.from_(_ERASURE).delete().where((_ERASURE.id == param.id) & (_ERASURE.diary_id == param.diary))
)
_LIST_VERSIONS: Final = Statement(
    query.from_(_VERSION)
    .select(_VERSION.id, _VERSION.facts, functions.Length(_VERSION.sealed))
    .where((_VERSION.diary_id == param.diary) & (_VERSION.record == param.record) & _VERSION.erased_at.isnull())
)
_LIST_FACTS: Final = Statement(
    query.from_(_VERSION)
    .select(_VERSION.facts)
    .where((_VERSION.diary_id == param.diary) & (_VERSION.seq > param.after_seq) & _VERSION.erased_at.isnull())
)
_FIND_DIARY_SEQ: Final = Statement(query.from_(_DIARY).select(_DIARY.seq).where(_DIARY.id == param.diary))
_REPLACE_BY_TOMBSTONE: Final = Statement(
    query.update(_VERSION)
    .set(_VERSION.facts, param.facts)
    .set(_VERSION.sealed, b"")
    .set(_VERSION.erased_at, param.now)
    .where(_VERSION.id == param.id)
)
_DELETE_GRANT_WRAPS: Final = Statement(query.from_(_GRANT_WRAP).delete().where(_GRANT_WRAP.place == param.version_id))
_REFUND_TEXT: Final = Statement(
    query.update(_DIARY).set(_DIARY.text_bytes, _DIARY.text_bytes - param.size).where(_DIARY.id == param.diary)
)
_REFUND_FILE: Final = Statement(
    query.update(_ACCOUNT)
    .set(_ACCOUNT.file_bytes, _ACCOUNT.file_bytes - param.size)
    .where(_ACCOUNT.id == query.from_(_DIARY).select(_DIARY.account_id).where(_DIARY.id == param.diary))
)
# The condition of the index blob_unserved.
_IS_UNSERVED: Final = (_BLOB.erased == literal(True)) & (_BLOB.parts > literal(0))
_LIST_UNSERVED: Final = Statement(
    query.from_(_BLOB).select(_BLOB.id, _BLOB.diary_id, _BLOB.blob).where(_IS_UNSERVED).limit(_UNSERVED_PAGE)
)
_LIST_UNSERVED_OF_ACCOUNT: Final = Statement(
    query.from_(_DIARY)
    .join(_BLOB)
    .on(_BLOB.diary_id == _DIARY.id)
    .select(_BLOB.id, _BLOB.diary_id, _BLOB.blob)
    .where((_DIARY.account_id == param.account) & _IS_UNSERVED)
    .limit(_UNSERVED_PAGE)
)
_FIND_UNSERVED: Final = Statement(
    query.from_(_BLOB)
    .select(_BLOB.kind, _BLOB.diary_id, _BLOB.size)
    .where((_BLOB.id == param.id) & _BLOB.erased.eq(True) & (_BLOB.parts > 0))
)
_COUNT_BLOBS_WITH_ID: Final = Statement(
    query.from_(_BLOB).select(functions.Count("*")).where((_BLOB.diary_id == param.diary) & (_BLOB.blob == param.blob))
)
_LIST_PART_NAMES: Final = Statement(query.from_(_PART).select(_PART.name).where(_PART.blob_id == param.blob))
_LIST_LOOSE_NAMES: Final = Statement(
    query.from_(_LOOSE_BYTES).select(_LOOSE_BYTES.name).where(_LOOSE_BYTES.blob == param.blob)
)
_DELETE_PARTS: Final = Statement(query.from_(_PART).delete().where(_PART.blob_id == param.blob))
_DELETE_LOOSE: Final = Statement(query.from_(_LOOSE_BYTES).delete().where(_LOOSE_BYTES.blob == param.blob))
_EMPTY_BLOB: Final = Statement(query.update(_BLOB).set(_BLOB.parts, 0).set(_BLOB.size, 0).where(_BLOB.id == param.id))
_DELETE_BLOB: Final = Statement(query.from_(_BLOB).delete().where(_BLOB.id == param.id))
_ADD_ERASED_FILE: Final = Statement(
    query.into(_BLOB)
    .columns(*BLOB_COLUMNS)
    .insert(param.diary, int(BlobKind.FILE), param.diary, param.blob, 0, 0, False, 0, True)
    .on_conflict(_BLOB.kind, _BLOB.owner, _BLOB.blob)
    .do_nothing()
)
# The condition of the index blob_incomplete.
_IS_INCOMPLETE: Final = (_BLOB.complete == literal(False)) & (_BLOB.erased == literal(False))
_SET_MISSING_TIMES: Final = Statement(
    query.update(_BLOB)
    .set(_BLOB.touched_at, param.now)
    .where(
        _BLOB.id.isin(
            query.from_(_BLOB)
            .select(_BLOB.id)
            .where((_BLOB.kind == param.kind) & (_BLOB.touched_at == 0) & _IS_INCOMPLETE)
            .limit(STEP_ROWS)
        )
    )
)
_LIST_ABANDONED: Final = Statement(
    query.from_(_BLOB)
    .select(_BLOB.touched_at, _BLOB.id, _BLOB.kind, _BLOB.owner, _BLOB.blob)
    .where(
        (_BLOB.kind == param.kind)
        & (_BLOB.touched_at >= param.after_time)
        & ((_BLOB.touched_at > param.after_time) | (_BLOB.id > param.after_id))
        & (_BLOB.touched_at < param.before)
        & _IS_INCOMPLETE
    )
    .orderby(_BLOB.touched_at, _BLOB.id)
    .limit(_ABANDONED_PAGE)
)
_FIND_ABANDONED: Final = Statement(
    query.from_(_BLOB)
    .select(_BLOB.id)
    .where((_BLOB.id == param.id) & (_BLOB.touched_at < param.before) & _IS_INCOMPLETE)
)


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """Records that will be erased at `due_at` ms unless the erasure is cancelled."""

    id: bytes
    diary: bytes
    records: tuple[bytes, ...]
    why: str
    asked_at: int
    due_at: int

    def to_json(self) -> dict[str, object]:
        """Return the erasure as the API lists it to every session of the account."""
        return {
            "asked_at": self.asked_at,
            "due_at": self.due_at,
            "erasure": b64(self.id),
            "records": [b64(record) for record in self.records],
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class ErasedBlob:
    """An erased file whose bytes are still in the blob store: its primary key, and the names of its parts.

    `legacy_folder`: folder where an earlier release may have left bytes without a row; None when another file shares
    it.
    """

    row_id: int
    part_names: tuple[str, ...]
    legacy_folder: str | None


@dataclass(frozen=True, slots=True)
class UnfinishedUpload:
    """An upload that was begun and not completed. `touched_at`: when a part of it last arrived, in ms."""

    touched_at: int
    row_id: int
    kind: BlobKind
    owner: bytes
    blob: bytes


async def list_pending(db: Database, account: bytes) -> tuple[ErasureRow, ...]:
    """Return the pending erasures of the account's diaries, oldest first."""

    def read(tx: Transaction) -> tuple[ErasureRow, ...]:
        return tuple(_to_erasure_row(row) for row in tx.execute(*_LIST_OF_ACCOUNT(account=account)))

    return await db.run_read(read)


def add_erasure(tx: Transaction, account: bytes, row: ErasureRow) -> ErasureRow:
    """Add an erasure, or return the pending one of the same records. Raise NotFound for a record without a version."""
    check_diary_owned(tx, account, row.diary)
    for record in row.records:
        if not _list_versions(tx, row.diary, record):
            raise NotFound
    for pending_row in tx.execute(*_LIST_OF_DIARY(diary=row.diary)).fetchall():
        pending = _to_erasure_row(pending_row)
        if set(pending.records) == set(row.records):
            return pending
    tx.execute(
        *_ADD_ERASURE(
            id=row.id,
            diary=row.diary,
            records=b"".join(row.records),
            why=row.why,
            asked_at=row.asked_at,
            due_at=row.due_at,
        )
    )
    return row


def cancel_erasure(tx: Transaction, account: bytes, diary: bytes, erasure: bytes) -> None:
    """Cancel an erasure. Raise NotFound."""
    check_diary_owned(tx, account, diary)
    if tx.execute(*_DELETE_OF_DIARY(id=erasure, diary=diary)).rowcount != 1:
        raise NotFound


def list_due(tx: Transaction, now: int) -> tuple[ErasureRow, ...]:
    """Return the erasures that are due at `now` ms, in the order in which they fell due, at most STEP_ROWS."""
    return tuple(_to_erasure_row(row) for row in tx.execute(*_LIST_DUE(now=now)).fetchall())


def is_pending(tx: Transaction, erasure: bytes) -> bool:
    """Return whether an erasure has been neither cancelled nor carried out."""
    return tx.execute(*_FIND_ERASURE(id=erasure)).fetchone() is not None


def erase_records(
    tx: Transaction, diary: bytes, records: Sequence[bytes], now: int, *, only_files: bool = False
) -> None:
    """Erase every version of these records, and the files that no remaining version names; see the module's note.

    `only_files`: raise BadRequest when the versions name no file.
    """
    referenced_names: set[bytes] = set()
    freed_bytes = 0
    for record in records:
        for version_id, facts, size in _list_versions(tx, diary, record):
            parsed_facts: Any = parse_canonical_json(facts)
            referenced_names.update(blob.encode() for blob in parsed_facts["blobs"])
            tombstone_json = canonical_json(make_tombstone(parsed_facts, now))
            tx.execute(*_REPLACE_BY_TOMBSTONE(facts=tombstone_json, now=now, id=version_id))
            tx.execute(*_DELETE_GRANT_WRAPS(version_id=version_id))
            freed_bytes += size
    if only_files and not referenced_names:
        raise BadRequest("Only a file can be erased at once.")
    tx.execute(*_REFUND_TEXT(size=freed_bytes, diary=diary))
    _mark_files_erased(tx, diary, referenced_names - _find_referenced(tx, diary, referenced_names))


def delete_pending(tx: Transaction, erasure: bytes) -> None:
    """Delete the row of an erasure that has been carried out."""
    tx.execute(*_DELETE_ERASURE(id=erasure))


def list_erased_blobs(tx: Transaction, account: bytes | None = None) -> tuple[ErasedBlob, ...]:
    """Return some of the erased files whose bytes are still to be deleted, of one account or of all; () at the end."""
    statement = _LIST_UNSERVED() if account is None else _LIST_UNSERVED_OF_ACCOUNT(account=account)
    return tuple(_to_erased_blob(tx, *row) for row in tx.execute(*statement).fetchall())


def _to_erased_blob(tx: Transaction, row_id: int, diary: bytes, blob: bytes) -> ErasedBlob:
    """Return an erased file with the names of its bytes."""
    names = {
        name for statement in (_LIST_PART_NAMES, _LIST_LOOSE_NAMES) for (name,) in tx.execute(*statement(blob=row_id))
    }
    is_id_unique = tx.execute(*_COUNT_BLOBS_WITH_ID(diary=diary, blob=blob)).fetchone()[0] == 1
    return ErasedBlob(row_id, tuple(sorted(names)), f"{diary.hex()}/{blob.hex()}" if is_id_unique else None)


def delete_erased_blob(tx: Transaction, row_id: int) -> None:
    """Refund the account for an erased file whose bytes have been deleted, and delete its rows.

    The row of a diary's file stays, without parts, so that its id is not used again.
    """
    blob_row = tx.execute(*_FIND_UNSERVED(id=row_id)).fetchone()
    if blob_row is None:
        return  # another run has done it
    kind, diary, size = blob_row
    tx.execute(*_DELETE_PARTS(blob=row_id))
    tx.execute(*_DELETE_LOOSE(blob=row_id))
    tx.execute(*(_EMPTY_BLOB if kind == BlobKind.FILE else _DELETE_BLOB)(id=row_id))
    tx.execute(*_REFUND_FILE(size=size, diary=diary))


def set_missing_times(tx: Transaction, kind: BlobKind, now: int) -> int:
    """Give incomplete uploads that an earlier release wrote without a time the time `now` ms: their age counts from now.

    Return how many were changed, at most STEP_ROWS.
    """
    return tx.execute(*_SET_MISSING_TIMES(now=now, kind=int(kind))).rowcount


def list_abandoned(
    tx: Transaction, kind: BlobKind, before: int, after: UnfinishedUpload | None
) -> list[UnfinishedUpload]:
    """Return incomplete uploads of a kind without a new part since `before` ms, a page that follows `after`."""
    after_time, after_id = (after.touched_at, after.row_id) if after else (0, -1)
    rows = tx.execute(*_LIST_ABANDONED(kind=int(kind), before=before, after_time=after_time, after_id=after_id))
    return [UnfinishedUpload(row[0], row[1], BlobKind(row[2]), row[3], row[4]) for row in rows.fetchall()]


def find_unreferenced_seq(tx: Transaction, upload: UnfinishedUpload) -> int | None:
    """Return the number of the diary's newest version if no version of it names the upload, else None.

    This reads the facts of the whole diary, so it runs on a reader. Later versions are left to `erase_abandoned`.
    """
    if upload.kind is not BlobKind.FILE:
        return 0
    row = tx.execute(*_FIND_DIARY_SEQ(diary=upload.owner)).fetchone()
    if row is None or _find_referenced(tx, upload.owner, {_encode_id(upload.blob)}):
        return None
    return int(row[0])


def erase_abandoned(tx: Transaction, upload: UnfinishedUpload, before: int, unreferenced_seq: int) -> bool:
    """Erase an upload that is still incomplete without a new part since `before` ms. Return whether it was erased.

    It stays if a version above `unreferenced_seq` names it. The earlier versions cannot have begun to name it: the facts
    of a version never change, except that erasure removes names.
    """
    if tx.execute(*_FIND_ABANDONED(id=upload.row_id, before=before)).fetchone() is None:
        return False
    # A version names files of its own diary only.
    if upload.kind is BlobKind.FILE and _find_referenced(
        tx, upload.owner, {_encode_id(upload.blob)}, after_seq=unreferenced_seq
    ):
        return False
    return blobs.mark_erased(tx, upload.kind, upload.owner, upload.blob)


def _list_versions(tx: Transaction, diary: bytes, record: bytes) -> list[tuple[int, bytes, int]]:
    """Return id, facts and sealed size of the versions of a record that have not been erased."""
    return tx.execute(*_LIST_VERSIONS(diary=diary, record=record)).fetchall()


def _find_referenced(tx: Transaction, diary: bytes, names: Iterable[bytes], *, after_seq: int = 0) -> set[bytes]:
    """Return those of some files' ids that a version of the diary names which has not been erased.

    `after_seq`: look only at versions with a higher number.
    """
    wanted = set(names)
    referenced: set[bytes] = set()
    if wanted:
        for (facts,) in tx.execute(*_LIST_FACTS(diary=diary, after_seq=after_seq)):
            # A search for the text is enough: 128 random bits do not occur in it by chance.
            referenced.update(blob for blob in wanted - referenced if blob in facts)
    return referenced


def _mark_files_erased(tx: Transaction, diary: bytes, names: Iterable[bytes]) -> None:
    """Mark a diary's files erased. An id that was never announced gets an erased row, so that it cannot be uploaded."""
    for name in names:
        blob = unb64(name.decode())
        if not blobs.mark_erased(tx, BlobKind.FILE, diary, blob):
            # A version can be pushed before its files are announced: a device may still try to upload this one.
            tx.execute(*_ADD_ERASED_FILE(diary=diary, blob=blob))


def _encode_id(raw: bytes) -> bytes:
    """Return an id in the form in which facts contain it."""
    return b64(raw).encode()


def _to_erasure_row(row: tuple[bytes, bytes, bytes, str, int, int]) -> ErasureRow:
    """Return a row as read, with its joined record ids split."""
    erasure, diary, joined_records, why, asked_at, due_at = row
    records = tuple(joined_records[i : i + ID_BYTES] for i in range(0, len(joined_records), ID_BYTES))
    return ErasureRow(erasure, diary, records, why, asked_at, due_at)

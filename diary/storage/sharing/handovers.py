"""Hand-overs: packs left for someone who has the words, and how often each was opened.

The parts are in storage/sync/blobs.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pypika_tortoise import functions
from pypika_tortoise.enums import Order

from diary.errors import NotFound, QuotaExceeded
from diary.storage.database_interface import Database
from diary.storage.models.core import Blob, Diary
from diary.storage.models.handovers import Handover, HandoverOpening
from diary.storage.partial_indexes import STEP_ROWS
from diary.storage.sharing.passphrase_collisions import find_recorded
from diary.storage.statements import Statement, param, query, table
from diary.storage.sync import blobs
from diary.storage.sync.blobs import BlobAnnouncement, BlobKind
from diary.storage.sync.diaries import check_diary_owned
from diary.storage.writer import Transaction

MAX_OPEN_HANDOVERS: Final = 20
_BLOB: Final = table(Blob)
_DIARY: Final = table(Diary)
_HANDOVER: Final = table(Handover)
_OPENING: Final = table(HandoverOpening)
# The columns of a HandoverRow, in order.
_COLUMNS: Final = (
    _HANDOVER.id,
    _HANDOVER.diary_id,
    _HANDOVER.name_mac,
    _HANDOVER.auth_mac,
    _HANDOVER.kdf,
    _HANDOVER.made_at,
    _HANDOVER.expires_at,
    _HANDOVER.ended_at,
)
_IS_ITS_BLOB: Final = (
    (_BLOB.kind == int(BlobKind.HANDOVER)) & (_BLOB.owner == _HANDOVER.diary_id) & (_BLOB.blob == _HANDOVER.id)
)
_SELECT_HANDOVER: Final = query.from_(_HANDOVER).select(*_COLUMNS)
_FIND_BY_NAME: Final = Statement(_SELECT_HANDOVER.where(_HANDOVER.name_mac == param.name_mac))
_FIND_KDF_BY_NAME: Final = Statement(
    query.select(
        functions.Coalesce(
            query.from_(_HANDOVER).select(_HANDOVER.kdf).where(_HANDOVER.name_mac == param.name_mac), param.otherwise
        )
    )
)
_LIST_WITH_ID_OR_NAME: Final = Statement(
    _SELECT_HANDOVER.where((_HANDOVER.id == param.id) | (_HANDOVER.name_mac == param.name_mac))
)
_SELECT_OF_ACCOUNT: Final = (
    _SELECT_HANDOVER.join(_DIARY).on(_DIARY.id == _HANDOVER.diary_id).where(_DIARY.account_id == param.account)
)
_FIND_OWNED: Final = Statement(_SELECT_OF_ACCOUNT.where((_HANDOVER.id == param.id) & _HANDOVER.ended_at.isnull()))
_LIST_OF_ACCOUNT: Final = Statement(
    _SELECT_OF_ACCOUNT.orderby(_HANDOVER.made_at, order=Order.desc).orderby(_HANDOVER.id)
)
_FIND_WITH_PARTS: Final = Statement(
    query.from_(_HANDOVER)
    .join(_BLOB)
    .on(_IS_ITS_BLOB)
    .select(*_COLUMNS, _BLOB.parts)
    .where((_HANDOVER.id == param.id) & _BLOB.complete.eq(True) & _BLOB.erased.eq(False))
)
_COUNT_OPEN: Final = Statement(
    query.from_(_HANDOVER)
    .select(functions.Count("*"))
    .where((_HANDOVER.diary_id == param.diary) & _HANDOVER.ended_at.isnull() & (_HANDOVER.expires_at > param.now))
)
_ADD: Final = Statement(
    query.into(_HANDOVER)
    .columns(*_COLUMNS[:-1])
    .insert(param.id, param.diary, param.name_mac, param.auth_mac, param.kdf, param.made_at, param.expires_at)
)
_END: Final = Statement(
    query.update(_HANDOVER)
    .set(_HANDOVER.ended_at, param.now)
    .where((_HANDOVER.id == param.id) & _HANDOVER.ended_at.isnull())
)
_FIND_TIMES: Final = Statement(
    query.from_(_HANDOVER).select(_HANDOVER.ended_at, _HANDOVER.expires_at).where(_HANDOVER.id == param.id)
)
_SELECT_STATE: Final = (
    query.from_(_HANDOVER)
    .left_join(_BLOB)
    .on(_IS_ITS_BLOB)
    .select(
        _HANDOVER.id,
        _HANDOVER.diary_id,
        _HANDOVER.made_at,
        _HANDOVER.expires_at,
        _HANDOVER.ended_at,
        _BLOB.complete,
        _BLOB.erased,
    )
)
_FIND_STATE: Final = Statement(_SELECT_STATE.where(_HANDOVER.id == param.id))
_LIST_STATES: Final = Statement(
    _SELECT_STATE.where(
        (_HANDOVER.expires_at >= param.after_time)
        & ((_HANDOVER.expires_at > param.after_time) | (_HANDOVER.id > param.after_id))
    )
    .orderby(_HANDOVER.expires_at, _HANDOVER.id)
    .limit(STEP_ROWS)
)
_DELETE_EXPIRED: Final = Statement(
    query.from_(_HANDOVER)
    .delete()
    .where(
        _HANDOVER.id.isin(
            query.from_(_HANDOVER).select(_HANDOVER.id).where(_HANDOVER.expires_at <= param.before).limit(STEP_ROWS)
        )
    )
)
_COUNT_OPENINGS: Final = Statement(
    query.from_(_OPENING).select(functions.Count("*")).where(_OPENING.handover_id == param.handover)
)
_LIST_OPENINGS: Final = Statement(
    query.from_(_OPENING)
    .select(_OPENING.opened_at)
    .where(_OPENING.handover_id == param.handover)
    .orderby(_OPENING.opened_at, _OPENING.id)
)
_ADD_OPENING: Final = Statement(
    query.into(_OPENING).columns(_OPENING.handover_id, _OPENING.opened_at).insert(param.handover, param.now)
)
_FROM_BLOB: Final = query.from_(_BLOB).where(
    (_BLOB.kind == int(BlobKind.HANDOVER)) & (_BLOB.owner == param.diary) & (_BLOB.blob == param.handover)
)
_FIND_BLOB_STATE: Final = Statement(_FROM_BLOB.select(_BLOB.complete, _BLOB.erased, _BLOB.size))
_FIND_PART_COUNT: Final = Statement(
    _FROM_BLOB.select(functions.Coalesce(functions.Max(_BLOB.parts), 0)).where(
        _BLOB.complete.eq(True) & _BLOB.erased.eq(False)
    )
)


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """A hand-over as stored; times in ms. `ended_at`: None unless the keeper or the server has ended it early."""

    id: bytes
    diary: bytes
    name_mac: bytes
    auth_mac: bytes
    kdf: bytes
    made_at: int
    expires_at: int
    ended_at: int | None = None

    def has_ended(self, now: int) -> bool:
        """Return whether the hand-over has been ended or has expired at `now` ms. It can then no longer be opened."""
        return self.ended_at is not None or now >= self.expires_at


@dataclass(frozen=True, slots=True)
class HandoverState:
    """What the purge must know of a hand-over; times in ms. `complete`, `erased`: of its bytes; None if it has none."""

    id: bytes
    diary: bytes
    made_at: int
    expires_at: int
    ended_at: int | None
    complete: bool | None
    erased: bool | None

    def is_due(self, now: int, unfinished_before: int) -> bool:
        """Return whether its bytes are due to be deleted, or it is due to be ended.

        It has expired at `now` ms, or was made up to `unfinished_before` ms and is incomplete.

        Some hand-overs named a diary's files as their parts; migration 0012 undid that. Such a hand-over has no bytes
        of its own, and could never be opened.
        """
        is_old = self.made_at <= unfinished_before
        if self.erased is None:
            return is_old and self.ended_at is None and self.expires_at > now
        return not self.erased and (self.expires_at <= now or (is_old and not self.complete))


@dataclass(frozen=True, slots=True)
class HandoverSummary:
    """A hand-over for its keeper's list.

    `complete`: all parts have arrived; `size`: sealed bytes, 0 once erased; `openings`: times in ms.
    """

    row: HandoverRow
    complete: bool
    size: int
    openings: tuple[int, ...]


async def find_handover(db: Database, account: bytes, handover: bytes) -> HandoverRow | None:
    """Return a hand-over of this account, or None when there is none or it was ended."""
    row = await db.fetch_one(*_FIND_OWNED(id=handover, account=account))
    return HandoverRow(*row) if row else None


async def find_by_name(db: Database, name_mac: bytes) -> HandoverRow | None:
    """Return the hand-over named by three words, whether or not it has ended, or None."""
    row = await db.fetch_one(*_FIND_BY_NAME(name_mac=name_mac))
    return HandoverRow(*row) if row else None


async def find_kdf_by_name(db: Database, name_mac: bytes, otherwise: bytes) -> bytes:
    """Return the encoded parameters of the hand-over named by three words, or `otherwise`.

    The statement returns one row in every case: reading a row takes about 50 µs longer than reading none, and that
    time would show whether the name exists.
    """
    row = await db.fetch_one(*_FIND_KDF_BY_NAME(name_mac=name_mac, otherwise=otherwise))
    return bytes(row[0]) if row else otherwise


async def find_parts(db: Database, handover: bytes) -> tuple[HandoverRow, int] | None:
    """Return a complete hand-over and its number of parts, or None."""
    row = await db.fetch_one(*_FIND_WITH_PARTS(id=handover))
    return (HandoverRow(*row[:8]), row[8]) if row else None


async def count_parts(db: Database, handover: HandoverRow) -> int:
    """Return the number of parts of a hand-over, 0 while it is incomplete.

    The statement returns one row in every case, so that its duration does not show whether there are parts.
    """
    row = await db.fetch_one(*_FIND_PART_COUNT(diary=handover.diary, handover=handover.id))
    return int(row[0]) if row else 0


async def count_openings(db: Database, handover: bytes) -> int:
    """Return how often a hand-over was opened."""
    row = await db.fetch_one(*_COUNT_OPENINGS(handover=handover))
    return int(row[0]) if row else 0


async def list_for_account(db: Database, account: bytes) -> tuple[HandoverSummary, ...]:
    """Return the account's hand-overs with their openings, newest first."""

    def read(tx: Transaction) -> tuple[HandoverSummary, ...]:
        rows = tx.execute(*_LIST_OF_ACCOUNT(account=account)).fetchall()
        return tuple(_summarise(tx, HandoverRow(*row)) for row in rows)

    return await db.run_read(read)


def add_handover(tx: Transaction, account: bytes, row: HandoverRow, announcement: BlobAnnouncement) -> HandoverRow:
    """Add a hand-over and announce its parts. Return the stored hand-over.

    If it exists and is incomplete, replace its part count and size. Raise NotFound (the diary is not the account's),
    Conflict (the words are in use) and QuotaExceeded.
    """
    check_diary_owned(tx, account, row.diary)
    blob_reference = blobs.handover_reference(account, row.diary, row.id)
    existing_rows = tx.execute(*_LIST_WITH_ID_OR_NAME(id=row.id, name_mac=row.name_mac)).fetchall()
    if existing := find_recorded(
        [HandoverRow(*existing_row) for existing_row in existing_rows], row, "id", "auth_mac", "diary"
    ):
        if not existing.has_ended(row.made_at):
            blobs.announce(tx, blob_reference, announcement)
        return existing
    if tx.execute(*_COUNT_OPEN(diary=row.diary, now=row.made_at)).fetchone()[0] >= MAX_OPEN_HANDOVERS:
        raise QuotaExceeded("There are too many hand-overs at once. End one first.")
    blobs.announce(tx, blob_reference, announcement)
    tx.execute(
        *_ADD(
            id=row.id,
            diary=row.diary,
            name_mac=row.name_mac,
            auth_mac=row.auth_mac,
            kdf=row.kdf,
            made_at=row.made_at,
            expires_at=row.expires_at,
        )
    )
    return row


def record_opening(tx: Transaction, handover: bytes, now: int, max_openings: int) -> bool:
    """Record an opening. Return False, and record none, if the hand-over has ended or has had `max_openings`."""
    row = tx.execute(*_FIND_TIMES(id=handover)).fetchone()
    if row is None or row[0] is not None or now >= row[1]:
        return False
    if tx.execute(*_COUNT_OPENINGS(handover=handover)).fetchone()[0] >= max_openings:
        return False
    tx.execute(*_ADD_OPENING(handover=handover, now=now))
    return True


def end_handover(tx: Transaction, account: bytes, handover: bytes, now: int) -> None:
    """End a hand-over at once and mark its bytes for deletion. Raise NotFound."""
    row = tx.execute(*_FIND_OWNED(id=handover, account=account)).fetchone()
    if row is None:
        raise NotFound
    tx.execute(*_END(now=now, id=handover))
    blobs.mark_erased(tx, BlobKind.HANDOVER, HandoverRow(*row).diary, handover)


def list_states(tx: Transaction, after: HandoverState | None) -> list[HandoverState]:
    """Return hand-overs in the order in which they expire, a page that follows `after`; [] at the end."""
    after_time, after_id = (after.expires_at, after.id) if after else (0, b"")
    rows = tx.execute(*_LIST_STATES(after_time=after_time, after_id=after_id)).fetchall()
    return [HandoverState(*row) for row in rows]


def erase_due(tx: Transaction, handovers: Iterable[bytes], now: int, unfinished_before: int) -> int:
    """Mark the bytes of those hand-overs that are due (`HandoverState.is_due`) for deletion. Return their number.

    A hand-over that has not expired is ended, because it would still count against the quota.
    """
    count = 0
    for handover in handovers:
        row = tx.execute(*_FIND_STATE(id=handover)).fetchone()
        if row is None or not (state := HandoverState(*row)).is_due(now, unfinished_before):
            continue
        count += blobs.mark_erased(tx, BlobKind.HANDOVER, state.diary, handover)
        if state.expires_at > now:
            tx.execute(*_END(now=now, id=handover))
    return count


def delete_expired(tx: Transaction, before: int) -> int:
    """Delete hand-overs that expired up to `before` ms, with their openings. Return their number, at most STEP_ROWS."""
    return tx.execute(*_DELETE_EXPIRED(before=before)).rowcount


def _summarise(tx: Transaction, row: HandoverRow) -> HandoverSummary:
    """Return a hand-over with its state and openings."""
    blob_row = tx.execute(*_FIND_BLOB_STATE(diary=row.diary, handover=row.id)).fetchone()
    times = tx.execute(*_LIST_OPENINGS(handover=row.id)).fetchall()
    complete, size = (bool(blob_row[0]), 0 if blob_row[1] else int(blob_row[2])) if blob_row else (False, 0)
    return HandoverSummary(row, complete, size, tuple(time for (time,) in times))

"""Sealed files: what was announced, and which parts have come. The bytes are in storage/blob_store.py.

[Note: one owner, one kind] A diary's files, the parts of a hand-over and the files of a witness's statement are rows of
one table. A row is found by what it is (`Stored`), what made it (`owner`) and its id, and a unique index holds that. An id
says nothing by itself: whoever knows the id of a diary's file and gives it to a hand-over makes a second, unrelated row.

[Note: room before bytes] Bytes go into the blob store under a name drawn for them, after the name and their size stand in
`loose_bytes`. When the part is accepted its row takes the name over; when it is refused, or replaced later, the name stays
in `loose_bytes` until the bytes are gone. So the database knows every byte that is stored, whatever fails in between, and
removing the bytes of one part can never remove those of another. A name that `dropped` marks is never taken over, so it does
not matter who removes it, or when.

[Note: not final yet] Until a file is complete its numbers and parts may be replaced, by anyone who may write them: nothing
that was sent by mistake, or by somebody with a stolen session, may stand in the way of the right bytes. Once it is complete
nothing of it changes.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from diary.encoding import b64, canonical_json
from diary.errors import Conflict, ContentDiffers, ContentErased, NotFound, QuotaExceeded, TooLarge, Unavailable
from diary.storage.database_interface import Database
from diary.storage.models.core import Part
from diary.storage.writer import Transaction

# Bytes of one file, and of one account, that may be on their way or waiting to be removed.
MAX_FILE_PENDING_BYTES: Final = 8 << 20
MAX_ACCOUNT_PENDING_BYTES: Final = 64 << 20
NONCE_BYTES: Final = 8
_SELECT_BLOB = "SELECT b.id, b.parts, b.size, b.complete, b.erased"
_FROM_OWNED_BLOB = (
    "FROM blob b JOIN diary d ON d.id = b.diary_id"
    " WHERE b.kind = ? AND b.owner = ? AND b.blob = ? AND b.diary_id = ? AND d.account_id = ?"
)
_INCOMPLETE_PART_MESSAGE: Final = "That part did not arrive whole. Nothing was lost; try again."


class BlobKind(IntEnum):
    """What a sealed file is. Its owner: the diary (FILE, HANDOVER) or the witness code (STATEMENT) that made it."""

    FILE = 0
    HANDOVER = 1
    STATEMENT = 2


@dataclass(frozen=True, slots=True)
class BlobRow:
    """A sealed file as announced. `row`: its number in the table. `erased`: nobody is given it any more."""

    row_id: int
    parts: int
    size: int
    complete: bool
    erased: bool


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part; `digest`: SHA-256 of its sealed bytes, `name`: where they lie in the blob store."""

    i: int
    size: int
    digest: bytes
    name: str


@dataclass(frozen=True, slots=True)
class BlobAnnouncement:
    """A file to be announced. `quota`: the account's room where it has none of its own; `full`: why none is taken now, or ''."""

    parts: int
    size: int
    quota: int
    now: int
    refusal_reason: str = ""


@dataclass(frozen=True, slots=True)
class BlobReference:
    """Whose file it is: the account whose room it takes, the diary, and kind, owner and id. Made by the functions below."""

    account: bytes
    diary: bytes
    kind: BlobKind
    owner: bytes
    blob: bytes

    def new_part_name(self, i: int, digest: bytes) -> str:
        """A name for the bytes of a part that nothing else has, now or later."""
        folder = f"{self.kind.name.lower()}_{self.owner.hex()}/{self.blob.hex()}"
        return f"{folder}/{i}-{os.urandom(NONCE_BYTES).hex()}-{digest.hex()[:32]}"


@dataclass(frozen=True, slots=True)
class CompletionResult:
    """What asking for completion found. `missing`: numbers of parts; `matches`: False when the digest is another one."""

    missing: tuple[int, ...] = ()
    matches: bool = True


def file_reference(account: bytes, diary: bytes, blob: bytes) -> BlobReference:
    """A file of a diary."""
    return BlobReference(account, diary, BlobKind.FILE, diary, blob)


def handover_reference(account: bytes, diary: bytes, handover: bytes) -> BlobReference:
    """The parts of a hand-over."""
    return BlobReference(account, diary, BlobKind.HANDOVER, diary, handover)


def statement_reference(account: bytes, diary: bytes, witness_code: bytes, upload: bytes) -> BlobReference:
    """The files of a statement."""
    return BlobReference(account, diary, BlobKind.STATEMENT, witness_code, upload)


async def find_blob(db: Database, reference: BlobReference) -> BlobRow | None:
    """The file, if it is this account's."""
    row = await db.fetch_one(f"{_SELECT_BLOB} {_FROM_OWNED_BLOB}", _ownership_parameters(reference))
    return _to_blob_row(row) if row else None


async def find_part(db: Database, blob: BlobRow, i: int) -> PartRow | None:
    """One part, if it has come."""
    row = await db.fetch_one("SELECT i, size, digest, name FROM part WHERE blob_id = ? AND i = ?", (blob.row_id, i))
    return PartRow(*row) if row else None


async def list_parts(db: Database, blob: BlobRow) -> tuple[PartRow, ...]:
    """The parts that have come, in order."""
    return await db.run_orm_read(_load_parts(blob.row_id))


def announce(tx: Transaction, reference: BlobReference, announcement: BlobAnnouncement) -> BlobRow:
    """Announce a file and take its room; announced before, it gets these numbers.

    Parts that cannot belong to the new numbers are dropped. Raises NotFound, Erased, Conflict (it is complete with other
    numbers) and OverQuota.
    """
    parts, size, now = announcement.parts, announcement.size, announcement.now
    account_row = tx.execute(
        "SELECT a.file_bytes, a.quota_bytes FROM diary d JOIN account a ON a.id = d.account_id WHERE d.id = ? AND a.id = ?",
        (reference.diary, reference.account),
    ).fetchone()
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
            "INSERT INTO blob (diary_id, kind, owner, blob, parts, size, complete, touched_at, erased)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (reference.diary, int(reference.kind), reference.owner, reference.blob, parts, size, False, now, False),
        )
    else:
        if existing.parts != parts or _sum_part_bytes(tx, existing.row_id) > size:
            _drop_parts(tx, reference.account, existing.row_id, now)
        tx.execute(
            "UPDATE blob SET parts = ?, size = ?, touched_at = ? WHERE id = ?", (parts, size, now, existing.row_id)
        )
    tx.execute("UPDATE account SET file_bytes = file_bytes + ? WHERE id = ?", (additional_bytes, reference.account))
    announced = _find_owned(tx, reference)
    if announced is None:
        raise NotFound
    return announced


def reserve_part(
    tx: Transaction, account: bytes, blob: BlobRow, part: PartRow, now: int, refusal_reason: str = ""
) -> bool:
    """Take room for a part's bytes under its name; False when that very part is there already. See [Note: room before bytes].

    `full`: why the server takes no bytes now, or ''. Raises Erased, Conflict (announced anew meanwhile), Differs (the file is
    complete), TooLarge, OverQuota, and Unavailable while too much is on its way.
    """
    if _is_part_present(tx, blob, part):
        return False
    if refusal_reason:
        raise QuotaExceeded(refusal_reason)
    pending_bytes_sql = "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM loose_bytes WHERE "
    (file_pending_bytes,) = tx.execute(pending_bytes_sql + "blob = ?", (blob.row_id,)).fetchone()
    (account_pending_bytes,) = tx.execute(pending_bytes_sql + "account = ?", (account,)).fetchone()
    if (
        file_pending_bytes + part.size > MAX_FILE_PENDING_BYTES
        or account_pending_bytes + part.size > MAX_ACCOUNT_PENDING_BYTES
    ):
        raise Unavailable("Too many files are on their way at once. Nothing was lost; try again in a moment.")
    tx.execute(
        "INSERT INTO loose_bytes (account, blob, name, size, at, dropped) VALUES (?, ?, ?, ?, ?, ?)",
        (account, blob.row_id, part.name, part.size, now, False),
    )
    return True


def keep(tx: Transaction, account: bytes, blob: BlobRow, part: PartRow, now: int) -> bool:
    """Note that a part lies under the name reserved for it; whether that left bytes to be removed.

    Raises as `reserve`, and Unavailable when the reservation is gone.
    """
    reservation = (part.name, False)
    if tx.execute("SELECT 1 FROM loose_bytes WHERE name = ? AND dropped = ?", reservation).fetchone() is None:
        raise Unavailable(_INCOMPLETE_PART_MESSAGE)
    if _is_part_present(tx, blob, part):
        drop_part(tx, account, blob, part, now)
        return True
    replaced = _drop_parts(tx, account, blob.row_id, now, part.i)
    tx.execute("DELETE FROM loose_bytes WHERE name = ?", (part.name,))
    tx.execute("UPDATE blob SET touched_at = ? WHERE id = ?", (now, blob.row_id))
    tx.execute(
        "INSERT INTO part (blob_id, i, size, digest, name) VALUES (?, ?, ?, ?, ?)",
        (blob.row_id, part.i, part.size, part.digest, part.name),
    )
    return replaced


def drop_part(tx: Transaction, account: bytes, blob: BlobRow, part: PartRow, now: int) -> None:
    """Have the bytes of a reserved name removed, also when the reservation was given up and is gone: no part speaks of it.

    Nothing is done when one does: whoever was told that it could not be kept may have been told so after the commit.
    """
    if tx.execute("SELECT 1 FROM part WHERE name = ?", (part.name,)).fetchone():
        return
    tx.execute(
        "INSERT INTO loose_bytes (account, blob, name, size, at, dropped) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET dropped = excluded.dropped",
        (account, blob.row_id, part.name, part.size, now, True),
    )


async def has_dropped(db: Database, account: bytes) -> bool:
    """Whether bytes of this account wait to be removed."""
    return (
        await db.fetch_one("SELECT 1 FROM loose_bytes WHERE account = ? AND dropped = ?", (account, True)) is not None
    )


def list_dropped(tx: Transaction, account: bytes) -> tuple[str, ...]:
    """Names of this account whose bytes are to be removed."""
    rows = tx.execute("SELECT name FROM loose_bytes WHERE account = ? AND dropped = ? ORDER BY id", (account, True))
    return tuple(name for (name,) in rows)


def drop_stale(tx: Transaction, before: int, after: int) -> tuple[bytes, ...]:
    """Give up reservations older than `before` ms, or newer than `after` by a wrong clock; accounts with bytes to remove."""
    tx.execute(
        "UPDATE loose_bytes SET dropped = ? WHERE dropped = ? AND (at < ? OR at > ?)", (True, False, before, after)
    )
    return tuple(
        account
        for (account,) in tx.execute("SELECT DISTINCT account FROM loose_bytes WHERE dropped = ?", (True,)).fetchall()
    )


def delete_names(tx: Transaction, names: Iterable[str]) -> None:
    """The bytes of these names are gone."""
    for name in names:
        tx.execute("DELETE FROM loose_bytes WHERE name = ?", (name,))


def complete_blob(tx: Transaction, account: bytes, blob: BlobRow, digest: bytes, now: int) -> CompletionResult:
    """Make a file final when its parts are all there and together have this digest. Raises Erased.

    Of one that is not final, parts with another digest are dropped: see [Note: not final yet].
    """
    row = _read_current(tx, blob)
    parts = tx.execute("SELECT i, size, digest FROM part WHERE blob_id = ? ORDER BY i", (blob.row_id,)).fetchall()
    missing = tuple(sorted(set(range(row.parts)) - {i for i, _, _ in parts}))
    if missing:
        return CompletionResult(missing)
    combined_digest = hashlib.sha256(canonical_json([b64(part_digest) for _, _, part_digest in parts])).digest()
    if combined_digest != digest or sum(size for _, size, _ in parts) != row.size:
        if not row.complete:
            _drop_parts(tx, account, blob.row_id, now)
        return CompletionResult(matches=False)
    tx.execute("UPDATE blob SET complete = ? WHERE id = ?", (True, blob.row_id))
    return CompletionResult()


def mark_erased(tx: Transaction, kind: BlobKind, owner: bytes, blob: bytes) -> bool:
    """Take a file of this kind and owner away from everybody; whether there was one. Its room comes back with its bytes' end."""
    cursor = tx.execute(
        "UPDATE blob SET erased = ?, complete = ? WHERE kind = ? AND owner = ? AND blob = ? AND erased = ?",
        (True, False, int(kind), owner, blob, False),
    )
    return cursor.rowcount > 0


def _may_change(existing: BlobRow, announcement: BlobAnnouncement) -> bool:
    """Whether a file gets other numbers; False when it has them. Raises Erased and Conflict."""
    if existing.erased:
        raise ContentErased
    if (existing.parts, existing.size) == (announcement.parts, announcement.size):
        return False
    if existing.complete:
        raise Conflict("This file was announced with other numbers.")
    return True


def _is_part_present(tx: Transaction, blob: BlobRow, part: PartRow) -> bool:
    """Whether that very part is there already; False when it may be added. Raises Erased, Conflict, Differs and TooLarge."""
    row = _read_current(tx, blob)
    if row.parts != blob.parts:
        raise Conflict("This file was announced anew. Ask which parts it lacks.")
    existing_part = tx.execute(
        "SELECT digest, size FROM part WHERE blob_id = ? AND i = ?", (blob.row_id, part.i)
    ).fetchone()
    if existing_part is not None and existing_part[0] == part.digest:
        return True
    if row.complete:
        raise ContentDiffers
    if _sum_part_bytes(tx, blob.row_id) - (existing_part[1] if existing_part else 0) + part.size > row.size:
        raise TooLarge("The parts are larger than the file they belong to.")
    return False


def _read_current(tx: Transaction, blob: BlobRow) -> BlobRow:
    """A file as it is now. Raises Erased."""
    row = tx.execute(f"{_SELECT_BLOB} FROM blob b WHERE b.id = ?", (blob.row_id,)).fetchone()
    if row is None or row[4]:
        raise ContentErased
    return _to_blob_row(row)


def _sum_part_bytes(tx: Transaction, row_id: int) -> int:
    """Bytes of the parts that have come."""
    (size,) = tx.execute(
        "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM part WHERE blob_id = ?", (row_id,)
    ).fetchone()
    return int(size)


def _drop_parts(tx: Transaction, account: bytes, row_id: int, now: int, i: int | None = None) -> bool:
    """Give up the parts of a file, or the one numbered `i`; whether there was one."""
    part_rows = tx.execute("SELECT id, i, size, name FROM part WHERE blob_id = ?", (row_id,)).fetchall()
    dropped_rows = [part_row for part_row in part_rows if i is None or part_row[1] == i]
    for part_id, _, size, name in dropped_rows:
        tx.execute("DELETE FROM part WHERE id = ?", (part_id,))
        tx.execute(
            "INSERT INTO loose_bytes (account, blob, name, size, at, dropped) VALUES (?, ?, ?, ?, ?, ?)",
            (account, row_id, name, size, now, True),
        )
    return bool(dropped_rows)


def _ownership_parameters(reference: BlobReference) -> tuple[int, bytes, bytes, bytes, bytes]:
    """The parameters of `_OWNED`."""
    return (int(reference.kind), reference.owner, reference.blob, reference.diary, reference.account)


def _find_owned(tx: Transaction, reference: BlobReference) -> BlobRow | None:
    """The file inside a job."""
    row = tx.execute(f"{_SELECT_BLOB} {_FROM_OWNED_BLOB}", _ownership_parameters(reference)).fetchone()
    return _to_blob_row(row) if row else None


def _to_blob_row(row: tuple[int, int, int, bool, bool]) -> BlobRow:
    """A row as read; SQLite has no truth values of its own."""
    return BlobRow(row[0], row[1], row[2], bool(row[3]), bool(row[4]))


async def _load_parts(blob: int) -> tuple[PartRow, ...]:
    """The rows behind `list_parts`."""
    parts = await Part.filter(blob_id=blob).order_by("i")
    return tuple(PartRow(row.i, row.size, row.digest, row.name) for row in parts)

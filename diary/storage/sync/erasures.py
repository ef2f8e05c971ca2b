"""Erasing for good: what is waiting, and carrying it out.

[Note: what goes and what stays] Of an erased version go its wraps, its envelopes, the author's signature, its
parents and the files it named; number, ids, commitment, envelope digest and leaf stay, since the diary's head
and the public log are made of them. Of an erased file stays its id: a device that knows nothing of the erasure
must not be able to send it again. The rows change first and in one commit, so from then on nobody is given the
bytes; the files of the blob store follow (`list_doomed`), again after a crash if need be. Their room is free when
they are gone, and no sooner.

An erasure touches files of the diary's own kind only: a hand-over or a statement that has the same id is something else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import BadRequest, NotFound
from diary.ledger.erased import make_tombstone
from diary.storage.database_interface import Database
from diary.storage.sync import blobs
from diary.storage.sync.blobs import BlobKind
from diary.storage.writer import Transaction

ID_BYTES: Final = 16
_SELECT_PENDING: Final = "SELECT e.id, e.diary_id, e.records, e.why, e.asked_at, e.due_at FROM erasure e"


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """Records that will be erased at `due_at` ms unless someone takes it back."""

    id: bytes
    diary: bytes
    records: tuple[bytes, ...]
    why: str
    asked_at: int
    due_at: int

    def to_json(self) -> dict[str, object]:
        """As every session sees it."""
        return {
            "asked_at": self.asked_at,
            "due_at": self.due_at,
            "erasure": b64(self.id),
            "records": [b64(record) for record in self.records],
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class ErasedBlob:
    """A file that nobody is given any more and whose bytes are still to go: its number, and the names of its parts.

    `folder`: where an earlier release may have left bytes that no row speaks of; None where that is another file's as well.
    """

    row_id: int
    part_names: tuple[str, ...]
    legacy_folder: str | None


async def list_pending(db: Database, account: bytes) -> tuple[ErasureRow, ...]:
    """What waits in the account's diaries, oldest first."""

    def read(tx: Transaction) -> tuple[ErasureRow, ...]:
        rows = tx.execute(
            f"{_SELECT_PENDING} JOIN diary d ON d.id = e.diary_id WHERE d.account_id = ? ORDER BY e.asked_at, e.id",
            (account,),
        )
        return tuple(_to_erasure_row(row) for row in rows)

    return await db.run_read(read)


def check_diary_owned(tx: Transaction, account: bytes, diary: bytes) -> None:
    """Return when the diary is the account's. Raises NotFound."""
    if not tx.execute("SELECT 1 FROM diary WHERE id = ? AND account_id = ?", (diary, account)).fetchone():
        raise NotFound


def add_erasure(tx: Transaction, account: bytes, row: ErasureRow) -> ErasureRow:
    """Note an erasure, or find that the same one waits already. Raises NotFound for a record that has no version."""
    check_diary_owned(tx, account, row.diary)
    for record in row.records:
        if not _list_versions(tx, row.diary, record):
            raise NotFound
    for pending_row in tx.execute(f"{_SELECT_PENDING} WHERE e.diary_id = ?", (row.diary,)).fetchall():
        pending = _to_erasure_row(pending_row)
        if set(pending.records) == set(row.records):
            return pending
    tx.execute(
        "INSERT INTO erasure (id, diary_id, records, why, asked_at, due_at) VALUES (?, ?, ?, ?, ?, ?)",
        (row.id, row.diary, b"".join(row.records), row.why, row.asked_at, row.due_at),
    )
    return row


def cancel(tx: Transaction, account: bytes, diary: bytes, erasure: bytes) -> None:
    """Take an erasure back. Raises NotFound."""
    check_diary_owned(tx, account, diary)
    cursor = tx.execute("DELETE FROM erasure WHERE id = ? AND diary_id = ?", (erasure, diary))
    if cursor.rowcount != 1:
        raise NotFound


def list_due(tx: Transaction, now: int) -> tuple[ErasureRow, ...]:
    """What is to be carried out at `now` ms."""
    return tuple(
        _to_erasure_row(row)
        for row in tx.execute(f"{_SELECT_PENDING} WHERE e.due_at <= ? ORDER BY e.due_at", (now,)).fetchall()
    )


def is_pending(tx: Transaction, erasure: bytes) -> bool:
    """Whether it has been neither taken back nor carried out."""
    return tx.execute("SELECT 1 FROM erasure WHERE id = ?", (erasure,)).fetchone() is not None


def erase_records(
    tx: Transaction, diary: bytes, records: Sequence[bytes], now: int, *, only_files: bool = False
) -> None:
    """Erase every version of these records, and the files no other version names; see the module's note.

    `only_files`: refuse, with BadRequest, a record whose versions name no file.
    """
    referenced_names: set[bytes] = set()
    freed_bytes = 0
    for record in records:
        for version_id, facts, size in _list_versions(tx, diary, record):
            parsed_facts: Any = parse_canonical_json(facts)
            referenced_names.update(blob.encode() for blob in parsed_facts["blobs"])
            tombstone_json = canonical_json(make_tombstone(parsed_facts, now))
            tx.execute(
                "UPDATE version SET facts = ?, sealed = ?, erased_at = ? WHERE id = ?",
                (tombstone_json, b"", now, version_id),
            )
            tx.execute("DELETE FROM grant_wrap WHERE place = ?", (version_id,))
            freed_bytes += size
    if only_files and not referenced_names:
        raise BadRequest("Only a file can be erased at once.")
    tx.execute("UPDATE diary SET text_bytes = text_bytes - ? WHERE id = ?", (freed_bytes, diary))
    _mark_files_erased(tx, diary, referenced_names - _find_referenced(tx, diary, referenced_names))


def delete_pending(tx: Transaction, erasure: bytes) -> None:
    """An erasure has been carried out."""
    tx.execute("DELETE FROM erasure WHERE id = ?", (erasure,))


def list_erased_blobs(tx: Transaction, account: bytes | None = None) -> tuple[ErasedBlob, ...]:
    """Files whose bytes are still to go; those of one account, or of all."""
    rows = tx.execute(
        "SELECT b.id, b.diary_id, b.blob, d.account_id FROM blob b JOIN diary d ON d.id = b.diary_id"
        " WHERE b.erased = ? AND b.parts > 0",
        (True,),
    ).fetchall()
    return tuple(_to_erased_blob(tx, *row[:3]) for row in rows if account in (None, row[3]))


def _to_erased_blob(tx: Transaction, row_id: int, diary: bytes, blob: bytes) -> ErasedBlob:
    """One of them with the names of its bytes."""
    names = tx.execute(
        "SELECT name FROM part WHERE blob_id = ? UNION SELECT name FROM loose_bytes WHERE blob = ?", (row_id, row_id)
    )
    is_id_unique = (
        tx.execute("SELECT count(*) FROM blob WHERE diary_id = ? AND blob = ?", (diary, blob)).fetchone()[0] == 1
    )
    return ErasedBlob(
        row_id, tuple(name for (name,) in names.fetchall()), f"{diary.hex()}/{blob.hex()}" if is_id_unique else None
    )


def delete_erased_blob(tx: Transaction, row_id: int) -> None:
    """The bytes of a doomed file are gone: its room is free again. Of a diary's file the id stays, of anything else nothing."""
    erased_blob_sql = "SELECT kind, diary_id, size FROM blob WHERE id = ? AND erased = ? AND parts > 0"
    blob_row = tx.execute(erased_blob_sql, (row_id, True)).fetchone()
    if blob_row is None:
        return  # another run was there first
    kind, diary, size = blob_row
    tx.execute("DELETE FROM part WHERE blob_id = ?", (row_id,))
    tx.execute("DELETE FROM loose_bytes WHERE blob = ?", (row_id,))
    if kind == BlobKind.FILE:
        tx.execute("UPDATE blob SET parts = 0, size = 0 WHERE id = ?", (row_id,))
    else:
        tx.execute("DELETE FROM blob WHERE id = ?", (row_id,))
    tx.execute(
        "UPDATE account SET file_bytes = file_bytes - ? WHERE id = (SELECT account_id FROM diary WHERE id = ?)",
        (size, diary),
    )


def erase_abandoned_uploads(tx: Transaction, before: int, now: int) -> int:
    """Give up uploads that never became whole, that no version names and that nobody added to since `before` ms."""
    # Rows from before there was a time start theirs now.
    tx.execute(
        "UPDATE blob SET touched_at = ? WHERE touched_at = 0 AND complete = ? AND erased = ?", (now, False, False)
    )
    rows = tx.execute(
        "SELECT kind, owner, blob FROM blob WHERE complete = ? AND erased = ? AND touched_at < ?",
        (False, False, before),
    ).fetchall()
    count = 0
    for kind, owner, blob in rows:
        # A version names files of its own diary only.
        if kind != BlobKind.FILE or not _find_referenced(tx, owner, {_encode_id(blob)}):
            count += blobs.mark_erased(tx, BlobKind(kind), owner, blob)
    return count


def _list_versions(tx: Transaction, diary: bytes, record: bytes) -> list[tuple[int, bytes, int]]:
    """Place, facts and sealed size of the versions of a record that are still there."""
    return tx.execute(
        "SELECT id, facts, length(sealed) FROM version WHERE diary_id = ? AND record = ? AND erased_at IS NULL",
        (diary, record),
    ).fetchall()


def _find_referenced(tx: Transaction, diary: bytes, names: Iterable[bytes]) -> set[bytes]:
    """Those of some files' ids that a version which is still there names."""
    wanted = set(names)
    referenced: set[bytes] = set()
    if wanted:
        for (facts,) in tx.execute("SELECT facts FROM version WHERE diary_id = ? AND erased_at IS NULL", (diary,)):
            # Ids are 128 random bits in text: one that stands there by chance does not happen.
            referenced.update(blob for blob in wanted - referenced if blob in facts)
    return referenced


def _mark_files_erased(tx: Transaction, diary: bytes, names: Iterable[bytes]) -> None:
    """Take a diary's files away from everybody; ids that were never announced are kept from being so."""
    for name in names:
        blob = unb64(name.decode())
        if blobs.mark_erased(tx, BlobKind.FILE, diary, blob):
            continue
        # Named, and not announced yet: a device may still be about to.
        tx.execute(
            "INSERT INTO blob (diary_id, kind, owner, blob, parts, size, complete, touched_at, erased)"
            " VALUES (?, ?, ?, ?, 0, 0, ?, 0, ?) ON CONFLICT (kind, owner, blob) DO NOTHING",
            (diary, int(BlobKind.FILE), diary, blob, False, True),
        )


def _encode_id(raw: bytes) -> bytes:
    """An id as it stands in facts."""
    return b64(raw).encode()


def _to_erasure_row(row: tuple[bytes, bytes, bytes, str, int, int]) -> ErasureRow:
    """A row as read."""
    erasure, diary, joined_records, why, asked_at, due_at = row
    records = tuple(joined_records[i : i + ID_BYTES] for i in range(0, len(joined_records), ID_BYTES))
    return ErasureRow(erasure, diary, records, why, asked_at, due_at)

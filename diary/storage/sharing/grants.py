"""Grants, as their keeper makes and ends them. What an advocate does with one is in advocate_clients.py.

[Note: a grant that ends] When a grant ends, by its date, by the keeper, with the advocate's leaving or with the keeper's
new keys, its wraps go in the same transaction: from then on nothing on this server opens for it, whoever asks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from diary.encoding import encode_frames
from diary.errors import Conflict, NotFound, QuotaExceeded
from diary.storage.database_interface import Database
from diary.storage.sync import erasures
from diary.storage.writer import Transaction

MAX_ACTIVE_GRANTS: Final = 20
SELECT_GRANT: Final = (
    "SELECT g.id, g.diary_id, g.advocate_id, g.not_after, g.made_at, g.ended_at, g.sealed, g.kept, g.summary, g.looked_at"
    " FROM access_grant g"
)


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant as stored; times in ms."""

    id: bytes
    diary: bytes
    advocate: bytes
    not_after: int
    made_at: int
    ended_at: int | None
    sealed: bytes
    kept: bytes
    summary: bytes | None = None
    looked_at: int | None = None


def add_grant(tx: Transaction, account: bytes, row: GrantRow) -> GrantRow:
    """A new grant, or the same one again. Raises NotFound (diary or advocate), Conflict and OverQuota."""
    erasures.check_diary_owned(tx, account, row.diary)
    existing_row = tx.execute(f"{SELECT_GRANT} WHERE g.id = ?", (row.id,)).fetchone()
    if existing_row:
        existing = GrantRow(*existing_row)
        if (existing.diary, existing.advocate, existing.sealed) != (row.diary, row.advocate, row.sealed):
            raise Conflict
        return existing
    active_member_sql = "SELECT 1 FROM member m JOIN organisation o ON o.id = m.organisation_id WHERE m.id = ?"
    if not tx.execute(f"{active_member_sql} AND m.ended_at IS NULL AND o.ended_at IS NULL", (row.advocate,)).fetchone():
        raise NotFound
    active_count_sql = "SELECT count(*) FROM access_grant WHERE diary_id = ? AND ended_at IS NULL AND not_after > ?"
    if tx.execute(active_count_sql, (row.diary, row.made_at)).fetchone()[0] >= MAX_ACTIVE_GRANTS:
        raise QuotaExceeded("There are too many people at once who can see this. End one first.")
    tx.execute(
        "INSERT INTO access_grant (id, diary_id, advocate_id, not_after, made_at, sealed, kept) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.diary, row.advocate, row.not_after, row.made_at, row.sealed, row.kept),
    )
    return row


def add_wraps(
    tx: Transaction, diary: bytes, grant: bytes, versions: Iterable[tuple[bytes, Sequence[bytes]]], now: int
) -> int:
    """Keep wraps for versions (id, wraps) of the diary; how many were kept.

    A grant that is over, or another diary's, is given nothing, and an erased version has nothing to give: a push must not
    fail because somebody's access ended a moment ago.
    """
    if not tx.execute(
        "SELECT 1 FROM access_grant WHERE id = ? AND diary_id = ? AND ended_at IS NULL AND not_after > ?",
        (grant, diary, now),
    ).fetchone():
        return 0
    kept_count = 0
    for version, wraps in versions:
        kept_count += tx.execute(
            "INSERT INTO grant_wrap (grant_id, place, wraps) SELECT ?, id, ? FROM version"
            " WHERE diary_id = ? AND version = ? AND erased_at IS NULL ON CONFLICT (grant_id, place) DO NOTHING",
            (grant, encode_frames(wraps), diary, version),
        ).rowcount
    return kept_count


def replace_summary(tx: Transaction, account: bytes, grant: bytes, summary: bytes) -> None:
    """Put a newer summary in the place of the one before. Raises NotFound."""
    _check_active_owned(tx, account, grant)
    tx.execute("UPDATE access_grant SET summary = ? WHERE id = ?", (summary, grant))


def end(tx: Transaction, account: bytes, grant: bytes, now: int) -> None:
    """The keeper ends a grant. Raises NotFound."""
    _check_active_owned(tx, account, grant)
    _end_matching(tx, "id = ?", (grant,), now)


def end_all(tx: Transaction, account: bytes, now: int) -> None:
    """End every grant of an account's diaries: its keys are new."""
    _end_matching(tx, "diary_id IN (SELECT id FROM diary WHERE account_id = ?)", (account,), now)


def delete_all(tx: Transaction, account: bytes) -> None:
    """A closed account has no grants, given or had; looks and letters go with them."""
    own_diaries_sql = "diary_id IN (SELECT id FROM diary WHERE account_id = ?)"
    for table in ("letter", "grant_look", "grant_marks", "grant_wrap"):
        grant_ids_sql = f"(SELECT id FROM access_grant WHERE {own_diaries_sql} OR advocate_id = ?)"  # noqa: S608
        tx.execute(f"DELETE FROM {table} WHERE grant_id IN {grant_ids_sql}", (account, account))  # noqa: S608
    tx.execute(f"DELETE FROM access_grant WHERE {own_diaries_sql} OR advocate_id = ?", (account, account))  # noqa: S608
    tx.execute("DELETE FROM member WHERE id = ?", (account,))


def end_expired(tx: Transaction, now: int) -> int:
    """End what has run out; how many grants."""
    return _end_matching(tx, "not_after <= ?", (now,), now)


async def list_for_account(db: Database, account: bytes) -> list[tuple[GrantRow, int]]:
    """The account's grants, newest first, each with how many versions it has wraps for."""

    def read(tx: Transaction) -> list[tuple[GrantRow, int]]:
        rows = tx.execute(
            f"{SELECT_GRANT} JOIN diary d ON d.id = g.diary_id WHERE d.account_id = ? ORDER BY g.made_at DESC, g.id",
            (account,),
        ).fetchall()
        count = "SELECT count(*) FROM grant_wrap WHERE grant_id = ?"
        return [(GrantRow(*row), int(tx.execute(count, (row[0],)).fetchone()[0])) for row in rows]

    return await db.run_read(read)


async def check_owned(db: Database, account: bytes, diary: bytes, grant: bytes) -> None:
    """Return when a grant is of this diary and the diary the account's. Raises NotFound."""
    row = await db.fetch_one(
        "SELECT 1 FROM access_grant g JOIN diary d ON d.id = g.diary_id WHERE g.id = ? AND d.id = ? AND d.account_id = ?",
        (grant, diary, account),
    )
    if row is None:
        raise NotFound


async def list_wrapped_versions(db: Database, account: bytes, grant: bytes) -> list[bytes]:
    """The versions a grant of this account has wraps for, in feed order. Raises NotFound."""

    def read(tx: Transaction) -> list[bytes]:
        _check_active_owned(tx, account, grant)
        rows = tx.execute(
            "SELECT v.version FROM grant_wrap w JOIN version v ON v.id = w.place WHERE w.grant_id = ? ORDER BY v.seq",
            (grant,),
        ).fetchall()
        return [bytes(version) for (version,) in rows]

    return await db.run_read(read)


async def list_looks(db: Database, account: bytes) -> list[tuple[bytes, int, str]]:
    """Grant, minute and what of every look into the account's diaries, newest first."""

    def read(tx: Transaction) -> list[tuple[bytes, int, str]]:
        return tx.execute(
            "SELECT l.grant_id, l.at, l.what FROM grant_look l JOIN access_grant g ON g.id = l.grant_id"
            " JOIN diary d ON d.id = g.diary_id WHERE d.account_id = ? ORDER BY l.id DESC",
            (account,),
        ).fetchall()

    return await db.run_read(read)


def _check_active_owned(tx: Transaction, account: bytes, grant: bytes) -> None:
    """Return when a grant that stands is this account's. Raises NotFound."""
    if not tx.execute(
        "SELECT 1 FROM access_grant g JOIN diary d ON d.id = g.diary_id WHERE g.id = ? AND d.account_id = ?"
        " AND g.ended_at IS NULL",
        (grant, account),
    ).fetchone():
        raise NotFound


def _end_matching(tx: Transaction, where: str, parameters: tuple[object, ...], now: int) -> int:
    """End grants; see the module's note."""
    ended_count = tx.execute(
        f"UPDATE access_grant SET ended_at = ?, summary = NULL WHERE {where} AND ended_at IS NULL",  # noqa: S608
        (now, *parameters),
    ).rowcount
    tx.execute(f"DELETE FROM grant_wrap WHERE grant_id IN (SELECT id FROM access_grant WHERE {where})", parameters)  # noqa: S608
    return ended_count

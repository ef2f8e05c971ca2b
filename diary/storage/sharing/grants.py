"""Grants, as their keeper makes and ends them. The advocate's side is in advocate_clients.py.

[Note: ended grants] A grant ends by its date, by the keeper, when the advocate leaves, or when the keeper changes
the account's keys. Its wraps are deleted in the same transaction: from then on, nothing on this server can be opened
with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pypika_tortoise import functions
from pypika_tortoise.enums import Order
from pypika_tortoise.terms import Criterion

from diary.encoding import encode_frames
from diary.errors import Conflict, NotFound, QuotaExceeded
from diary.storage.database_interface import Database
from diary.storage.models.advocates import Grant, GrantLook, GrantMarks, GrantWrap, Letter, Member, Organisation
from diary.storage.models.core import Diary, Version
from diary.storage.partial_indexes import STEP_ROWS
from diary.storage.statements import Statement, param, query, table
from diary.storage.sync.diaries import check_diary_owned
from diary.storage.writer import Transaction

MAX_ACTIVE_GRANTS: Final = 20
_DIARY: Final = table(Diary)
_GRANT: Final = table(Grant)
_LETTER: Final = table(Letter)
_LOOK: Final = table(GrantLook)
_MARKS: Final = table(GrantMarks)
_MEMBER: Final = table(Member)
_ORGANISATION: Final = table(Organisation)
_VERSION: Final = table(Version)
_WRAP: Final = table(GrantWrap)
# The columns of a GrantRow, in order.
SELECT_GRANT: Final = query.from_(_GRANT).select(
    _GRANT.id,
    _GRANT.diary_id,
    _GRANT.advocate_id,
    _GRANT.not_after,
    _GRANT.made_at,
    _GRANT.ended_at,
    _GRANT.sealed,
    _GRANT.kept,
    _GRANT.summary,
    _GRANT.looked_at,
)
_FIND: Final = Statement(SELECT_GRANT.where(_GRANT.id == param.id))
_LIST_OF_ACCOUNT: Final = Statement(
    SELECT_GRANT.join(_DIARY)
    .on(_DIARY.id == _GRANT.diary_id)
    .where(_DIARY.account_id == param.account)
    .orderby(_GRANT.made_at, order=Order.desc)
    .orderby(_GRANT.id)
)
_FIND_ACTIVE_MEMBER: Final = Statement(
    query.from_(_MEMBER)
    .join(_ORGANISATION)
    .on(_ORGANISATION.id == _MEMBER.organisation_id)
    .select(_MEMBER.id)
    .where((_MEMBER.id == param.id) & _MEMBER.ended_at.isnull() & _ORGANISATION.ended_at.isnull())
)
_COUNT_ACTIVE: Final = Statement(
    query.from_(_GRANT)
    .select(functions.Count("*"))
    .where((_GRANT.diary_id == param.diary) & _GRANT.ended_at.isnull() & (_GRANT.not_after > param.now))
)
_ADD: Final = Statement(
    query.into(_GRANT)
    .columns(
        _GRANT.id,
        _GRANT.diary_id,
        _GRANT.advocate_id,
        _GRANT.not_after,
        _GRANT.made_at,
        _GRANT.sealed,
        _GRANT.kept,
    )
    .insert(param.id, param.diary, param.advocate, param.not_after, param.made_at, param.sealed, param.kept)
)
_FIND_ACTIVE_OF_DIARY: Final = Statement(
    query.from_(_GRANT)
    .select(_GRANT.id)
    .where(
        (_GRANT.id == param.id)
        & (_GRANT.diary_id == param.diary)
        & _GRANT.ended_at.isnull()
        & (_GRANT.not_after > param.now)
    )
)
_FIND_OWNED: Final = Statement(
    query.from_(_GRANT)
    .join(_DIARY)
    .on(_DIARY.id == _GRANT.diary_id)
    .select(_GRANT.id)
    .where((_GRANT.id == param.id) & (_DIARY.id == param.diary) & (_DIARY.account_id == param.account))
)
_FIND_ACTIVE_OWNED: Final = Statement(
    query.from_(_GRANT)
    .join(_DIARY)
    .on(_DIARY.id == _GRANT.diary_id)
    .select(_GRANT.id)
    .where((_GRANT.id == param.id) & (_DIARY.account_id == param.account) & _GRANT.ended_at.isnull())
)
_REPLACE_SUMMARY: Final = Statement(
    query.update(_GRANT).set(_GRANT.summary, param.summary).where(_GRANT.id == param.id)
)
_ADD_WRAP: Final = Statement(
    query.into(_WRAP)
    .columns(_WRAP.grant_id, _WRAP.place, _WRAP.wraps)
    .from_(_VERSION)
    .select(param.grant, _VERSION.id, param.wraps)
    .where((_VERSION.diary_id == param.diary) & (_VERSION.version == param.version) & _VERSION.erased_at.isnull())
    .on_conflict(_WRAP.grant_id, _WRAP.place)
    .do_nothing()
)
_COUNT_WRAPS: Final = Statement(query.from_(_WRAP).select(functions.Count("*")).where(_WRAP.grant_id == param.grant))
_LIST_WRAPPED_VERSIONS: Final = Statement(
    query.from_(_WRAP)
    .join(_VERSION)
    .on(_VERSION.id == _WRAP.place)
    .select(_VERSION.version)
    .where(_WRAP.grant_id == param.grant)
    .orderby(_VERSION.seq)
)
_LIST_LOOKS: Final = Statement(
    query.from_(_LOOK)
    .join(_GRANT)
    .on(_GRANT.id == _LOOK.grant_id)
    .join(_DIARY)
    .on(_DIARY.id == _GRANT.diary_id)
    .select(_LOOK.grant_id, _LOOK.at, _LOOK.what)
    .where(_DIARY.account_id == param.account)
    .orderby(_LOOK.id, order=Order.desc)
)
_IS_OF_ACCOUNT: Final = _GRANT.diary_id.isin(
    query.from_(_DIARY).select(_DIARY.id).where(_DIARY.account_id == param.account)
)
# Two statements: PostgreSQL would read the whole table for both conditions at once.
_FIND_OF_OR_FOR_ACCOUNT: Final = tuple(
    Statement(query.from_(_GRANT).select(_GRANT.id).where(criterion).limit(1))
    for criterion in (_IS_OF_ACCOUNT, _GRANT.advocate_id == param.account)
)
# In the order in which foreign keys allow it.
_DELETE_SOME_OF_GRANT: Final = tuple(
    Statement(
        query.from_(dependent)
        .delete()
        .where(
            dependent.id.isin(
                query.from_(dependent).select(dependent.id).where(dependent.grant_id == param.grant).limit(STEP_ROWS)
            )
        )
    )
    for dependent in (_WRAP, _LETTER, _LOOK, _MARKS)
)
_DELETE_GRANT: Final = Statement(query.from_(_GRANT).delete().where(_GRANT.id == param.grant))
_DELETE_MEMBER: Final = Statement(query.from_(_MEMBER).delete().where(_MEMBER.id == param.account))
_FIND_EXPIRED: Final = Statement(
    query.from_(_GRANT)
    .select(_GRANT.id)
    .where((_GRANT.not_after <= param.now) & _GRANT.ended_at.isnull())
    .orderby(_GRANT.not_after)
    .limit(1)
)


def _end_statements(criterion: Criterion) -> tuple[Statement, Statement]:
    """Return the statements that end the grants which meet the criterion, and delete their wraps."""
    return (
        Statement(
            query.update(_GRANT)
            .set(_GRANT.ended_at, param.ended_at)
            .set(_GRANT.summary, None)
            .where(criterion & _GRANT.ended_at.isnull())
        ),
        Statement(
            query.from_(_WRAP)
            .delete()
            .where(_WRAP.grant_id.isin(query.from_(_GRANT).select(_GRANT.id).where(criterion)))
        ),
    )


_END_BY_ID: Final = _end_statements(_GRANT.id == param.id)
_END_OF_ACCOUNT: Final = _end_statements(_IS_OF_ACCOUNT)
_CLOSE: Final = tuple(
    Statement(
        query.update(_GRANT)
        .set(_GRANT.ended_at, param.ended_at)
        .set(_GRANT.summary, None)
        .where(criterion & _GRANT.ended_at.isnull())
    )
    for criterion in (_IS_OF_ACCOUNT, _GRANT.advocate_id == param.account)
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
    """Add a grant, or return the same one when it exists.

    Raise NotFound (diary or advocate), Conflict (another grant has the id) and QuotaExceeded.
    """
    check_diary_owned(tx, account, row.diary)
    existing_row = tx.execute(*_FIND(id=row.id)).fetchone()
    if existing_row:
        existing = GrantRow(*existing_row)
        if (existing.diary, existing.advocate, existing.sealed) != (row.diary, row.advocate, row.sealed):
            raise Conflict
        return existing
    if not tx.execute(*_FIND_ACTIVE_MEMBER(id=row.advocate)).fetchone():
        raise NotFound
    if tx.execute(*_COUNT_ACTIVE(diary=row.diary, now=row.made_at)).fetchone()[0] >= MAX_ACTIVE_GRANTS:
        raise QuotaExceeded("There are too many people at once who can see this. End one first.")
    tx.execute(
        *_ADD(
            id=row.id,
            diary=row.diary,
            advocate=row.advocate,
            not_after=row.not_after,
            made_at=row.made_at,
            sealed=row.sealed,
            kept=row.kept,
        )
    )
    return row


def add_wraps(
    tx: Transaction, diary: bytes, grant: bytes, versions: Iterable[tuple[bytes, Sequence[bytes]]], now: int
) -> int:
    """Add wraps for versions (id, wraps) of the diary. Return how many were added.

    None are added to an ended grant or to a grant of another diary, and none for an erased version. This is no error: a
    push must not fail because a grant ended a moment ago.
    """
    if not tx.execute(*_FIND_ACTIVE_OF_DIARY(id=grant, diary=diary, now=now)).fetchone():
        return 0
    added_count = 0
    for version, wraps in versions:
        statement = _ADD_WRAP(grant=grant, wraps=encode_frames(wraps), diary=diary, version=version)
        added_count += tx.execute(*statement).rowcount
    return added_count


def replace_summary(tx: Transaction, account: bytes, grant: bytes, summary: bytes) -> None:
    """Replace the sealed summary of an active grant. Raise NotFound."""
    _check_active_owned(tx, account, grant)
    tx.execute(*_REPLACE_SUMMARY(summary=summary, id=grant))


def end_grant(tx: Transaction, account: bytes, grant: bytes, now: int) -> None:
    """End an active grant of this account. Raise NotFound."""
    _check_active_owned(tx, account, grant)
    end_grants, delete_wraps = _END_BY_ID
    tx.execute(*end_grants(ended_at=now, id=grant))
    tx.execute(*delete_wraps(id=grant))


def end_all(tx: Transaction, account: bytes, now: int) -> None:
    """End every grant of an account's diaries, after the account's keys were changed."""
    end_grants, delete_wraps = _END_OF_ACCOUNT
    tx.execute(*end_grants(ended_at=now, account=account))
    tx.execute(*delete_wraps(account=account))


def close_all(tx: Transaction, account: bytes, now: int) -> None:
    """End every grant that an account gave or received, before it is deleted. Their wraps are deleted with the grants."""
    for statement in _CLOSE:
        tx.execute(*statement(account=account, ended_at=now))


def delete_some(tx: Transaction, account: bytes) -> int:
    """Delete some rows of one grant that a closed account gave or received: wraps, letters, looks, marks, then itself.

    Return how many, at most STEP_ROWS, and 0 when nothing is left. The membership of the account goes last, because the
    grants that it received belong to it.
    """
    for find_grant in _FIND_OF_OR_FOR_ACCOUNT:
        row = tx.execute(*find_grant(account=account)).fetchone()
        if row is not None:
            return _delete_some_of_grant(tx, row[0]) or tx.execute(*_DELETE_GRANT(grant=row[0])).rowcount
    return tx.execute(*_DELETE_MEMBER(account=account)).rowcount


def end_expired(tx: Transaction, now: int) -> int:
    """Delete some wraps of a grant whose date has passed at `now` ms, or end the grant once it has none.

    Return how many rows were changed, at most STEP_ROWS, and 0 when no such grant is left. Nothing can be opened with
    an expired grant meanwhile: whatever reads one compares its date, and none takes new wraps.
    """
    row = tx.execute(*_FIND_EXPIRED(now=now)).fetchone()
    if row is None:
        return 0
    delete_wraps = _DELETE_SOME_OF_GRANT[0]
    end_grant_by_id, _ = _END_BY_ID
    return (
        tx.execute(*delete_wraps(grant=row[0])).rowcount
        or tx.execute(*end_grant_by_id(ended_at=now, id=row[0])).rowcount
    )


def _delete_some_of_grant(tx: Transaction, grant: bytes) -> int:
    """Delete some rows that belong to a grant. Return their number, 0 when none is left."""
    for statement in _DELETE_SOME_OF_GRANT:
        if deleted_count := tx.execute(*statement(grant=grant)).rowcount:
            return deleted_count
    return 0


async def list_for_account(db: Database, account: bytes) -> list[tuple[GrantRow, int]]:
    """Return the account's grants, newest first, each with the number of versions it has wraps for."""

    def read(tx: Transaction) -> list[tuple[GrantRow, int]]:
        grants = [GrantRow(*row) for row in tx.execute(*_LIST_OF_ACCOUNT(account=account)).fetchall()]
        return [(grant, int(tx.execute(*_COUNT_WRAPS(grant=grant.id)).fetchone()[0])) for grant in grants]

    return await db.run_read(read)


async def check_owned(db: Database, account: bytes, diary: bytes, grant: bytes) -> None:
    """Raise NotFound unless the grant is of this diary and the diary is the account's."""
    if await db.fetch_one(*_FIND_OWNED(id=grant, diary=diary, account=account)) is None:
        raise NotFound


async def list_wrapped_versions(db: Database, account: bytes, grant: bytes) -> list[bytes]:
    """Return the ids of the versions an active grant of this account has wraps for, in feed order. Raise NotFound."""

    def read(tx: Transaction) -> list[bytes]:
        _check_active_owned(tx, account, grant)
        rows = tx.execute(*_LIST_WRAPPED_VERSIONS(grant=grant)).fetchall()
        return [bytes(version) for (version,) in rows]

    return await db.run_read(read)


async def list_looks(db: Database, account: bytes) -> list[tuple[bytes, int, str]]:
    """Return grant, minute (in ms) and kind of every look into the account's diaries, newest first."""

    def read(tx: Transaction) -> list[tuple[bytes, int, str]]:
        return tx.execute(*_LIST_LOOKS(account=account)).fetchall()

    return await db.run_read(read)


def _check_active_owned(tx: Transaction, account: bytes, grant: bytes) -> None:
    """Raise NotFound unless the grant is this account's and has not been ended."""
    if not tx.execute(*_FIND_ACTIVE_OWNED(id=grant, account=account)).fetchone():
        raise NotFound

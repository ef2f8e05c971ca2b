"""Organisations of advocates, their members, and invitations to them."""

from dataclasses import dataclass
from typing import Final

from pypika_tortoise import functions
from pypika_tortoise.enums import Order

from diary.errors import NotFound
from diary.storage.accounts import renewal_tokens
from diary.storage.database_interface import Database
from diary.storage.models.advocates import Grant, GrantLook, GrantWrap, Member, MemberInvite, Organisation
from diary.storage.models.core import Account, Session
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

MAX_LOOKS: Final = 20_000
_ACCOUNT: Final = table(Account)
_GRANT: Final = table(Grant)
_INVITE: Final = table(MemberInvite)
_LOOK: Final = table(GrantLook)
_MEMBER: Final = table(Member)
_ORGANISATION: Final = table(Organisation)
_SESSION: Final = table(Session)
_WRAP: Final = table(GrantWrap)
_ADD_ORGANISATION: Final = Statement(
    query.into(_ORGANISATION)
    .columns(_ORGANISATION.id, _ORGANISATION.name, _ORGANISATION.made_at)
    .insert(param.id, param.name, param.now)
)
_LIST_ORGANISATIONS: Final = Statement(
    query.from_(_ORGANISATION)
    .select(
        _ORGANISATION.id,
        _ORGANISATION.name,
        _ORGANISATION.made_at,
        _ORGANISATION.ended_at,
        query.from_(_MEMBER)
        .select(functions.Count("*"))
        .where((_MEMBER.organisation_id == _ORGANISATION.id) & _MEMBER.ended_at.isnull()),
    )
    .orderby(_ORGANISATION.made_at)
)
_FIND_NAME: Final = Statement(query.from_(_ORGANISATION).select(_ORGANISATION.name).where(_ORGANISATION.id == param.id))
_FIND_ACTIVE: Final = Statement(
    query.from_(_ORGANISATION)
    .select(_ORGANISATION.id)
    .where((_ORGANISATION.id == param.id) & _ORGANISATION.ended_at.isnull())
)
_END_ORGANISATION: Final = Statement(
    query.update(_ORGANISATION)
    .set(_ORGANISATION.ended_at, param.now)
    .where((_ORGANISATION.id == param.id) & _ORGANISATION.ended_at.isnull())
)
_DELETE_INVITATIONS: Final = Statement(
    query.from_(_INVITE).delete().where(_INVITE.organisation_id == param.organisation)
)
_DELETE_EXPIRED_INVITATIONS: Final = Statement(query.from_(_INVITE).delete().where(_INVITE.until < param.now))
_ADD_INVITATION: Final = Statement(
    query.into(_INVITE)
    .columns(_INVITE.id, _INVITE.organisation_id, _INVITE.leads, _INVITE.until)
    .insert(param.id, param.organisation, param.leads, param.expires_at)
)
_FIND_VALID_INVITATION: Final = Statement(
    query.from_(_INVITE)
    .join(_ORGANISATION)
    .on(_ORGANISATION.id == _INVITE.organisation_id)
    .select(_INVITE.organisation_id, _INVITE.leads)
    .where((_INVITE.id == param.id) & (_INVITE.until >= param.now) & _ORGANISATION.ended_at.isnull())
)
_DELETE_INVITATION: Final = Statement(query.from_(_INVITE).delete().where(_INVITE.id == param.id))
_LIST_OPEN_INVITATIONS: Final = Statement(
    query.from_(_INVITE)
    .select(_INVITE.id, _INVITE.until, _INVITE.organisation_id, _INVITE.leads)
    .where((_INVITE.id > param.after) & (_INVITE.until >= param.now))
    .orderby(_INVITE.id)
    .limit(param.limit)
)
_REVOKE_INVITATION: Final = Statement(
    query.from_(_INVITE)
    .delete()
    .where((_INVITE.id >= param.first) & (_INVITE.id <= param.last) & (_INVITE.until >= param.now))
)
_ADD_MEMBER: Final = Statement(
    query.into(_MEMBER)
    .columns(
        _MEMBER.id,
        _MEMBER.organisation_id,
        _MEMBER.leads,
        _MEMBER.fingerprint,
        _MEMBER.name,
        _MEMBER.secret,
        _MEMBER.step,
        _MEMBER.made_at,
    )
    .insert(
        param.id,
        param.organisation,
        param.leads,
        param.fingerprint,
        param.name,
        param.secret,
        param.step,
        param.now,
    )
)
_SELECT_MEMBER: Final = (
    query.from_(_MEMBER)
    .join(_ORGANISATION)
    .on(_ORGANISATION.id == _MEMBER.organisation_id)
    .join(_ACCOUNT)
    .on(_ACCOUNT.id == _MEMBER.id)
    .select(
        _MEMBER.id,
        _MEMBER.organisation_id,
        _ORGANISATION.name,
        _MEMBER.leads,
        _MEMBER.fingerprint,
        _MEMBER.name,
        _MEMBER.secret,
        _MEMBER.step,
        _ACCOUNT.ecdsa_pub,
        _ACCOUNT.hpke_pub,
    )
    .where(_MEMBER.ended_at.isnull() & _ORGANISATION.ended_at.isnull())
)
_FIND_MEMBER: Final = Statement(_SELECT_MEMBER.where(_MEMBER.id == param.id))
_FIND_MEMBER_BY_FINGERPRINT: Final = Statement(_SELECT_MEMBER.where(_MEMBER.fingerprint == param.fingerprint))
_LIST_MEMBERS: Final = Statement(
    _SELECT_MEMBER.where(_MEMBER.organisation_id == param.organisation).orderby(_MEMBER.made_at, _MEMBER.id)
)
_FIND_ANY_MEMBER: Final = Statement(query.from_(_MEMBER).select(_MEMBER.id).where(_MEMBER.id == param.id))
_FIND_ACTIVE_MEMBER: Final = Statement(
    query.from_(_MEMBER)
    .select(_MEMBER.id)
    .where((_MEMBER.id == param.id) & (_MEMBER.organisation_id == param.organisation) & _MEMBER.ended_at.isnull())
)
_LIST_ACCOUNTS: Final = Statement(
    query.from_(_MEMBER).select(_MEMBER.id).where(_MEMBER.organisation_id == param.organisation)
)
_USE_TOTP_STEP: Final = Statement(
    query.update(_MEMBER).set(_MEMBER.step, param.step).where((_MEMBER.id == param.id) & (_MEMBER.step < param.step))
)
_END_MEMBER: Final = Statement(
    query.update(_MEMBER)
    .set(_MEMBER.ended_at, param.now)
    .where((_MEMBER.id == param.account) & _MEMBER.ended_at.isnull())
)
_END_GRANTS: Final = Statement(
    query.update(_GRANT)
    .set(_GRANT.ended_at, param.now)
    .where((_GRANT.advocate_id == param.account) & _GRANT.ended_at.isnull())
)
_DELETE_WRAPS: Final = Statement(
    query.from_(_WRAP)
    .delete()
    .where(_WRAP.grant_id.isin(query.from_(_GRANT).select(_GRANT.id).where(_GRANT.advocate_id == param.account)))
)
_DELETE_SESSIONS: Final = Statement(query.from_(_SESSION).delete().where(_SESSION.account_id == param.account))
_FROM_LOOKS: Final = (
    query.from_(_LOOK)
    .join(_GRANT)
    .on(_GRANT.id == _LOOK.grant_id)
    .join(_MEMBER)
    .on(_MEMBER.id == _GRANT.advocate_id)
    .where(_MEMBER.organisation_id == param.organisation)
)
_LIST_LOOKS: Final = Statement(
    _FROM_LOOKS.select(_GRANT.advocate_id, _GRANT.id, _LOOK.at, _LOOK.what)
    .orderby(_LOOK.at, _LOOK.id, order=Order.desc)
    .limit(MAX_LOOKS)
)
_COUNT_PACKS: Final = Statement(_FROM_LOOKS.select(functions.Count("*")).where(_LOOK.what == "pack"))
_FROM_ACTIVE_MEMBERS: Final = query.from_(_MEMBER).where(
    (_MEMBER.organisation_id == param.organisation) & _MEMBER.ended_at.isnull()
)
_COUNT_MEMBERS: Final = Statement(_FROM_ACTIVE_MEMBERS.select(functions.Count("*")))
_SELECT_ACTIVE_GRANT_COUNT: Final = (
    query.from_(_GRANT)
    .select(functions.Count("*"))
    .where(
        _GRANT.ended_at.isnull()
        & (_GRANT.not_after > param.now)
        & _GRANT.advocate_id.isin(_FROM_ACTIVE_MEMBERS.select(_MEMBER.id))
    )
)
_COUNT_GRANTS: Final = Statement(_SELECT_ACTIVE_GRANT_COUNT)
_COUNT_ENDING_GRANTS: Final = Statement(_SELECT_ACTIVE_GRANT_COUNT.where(_GRANT.not_after < param.ending_before))


@dataclass(frozen=True, slots=True)
class MemberRow:
    """An active member. `name` and `secret` are sealed; the public keys are the account's, 65 bytes each."""

    account: bytes
    organisation: bytes
    organisation_name: str
    leads: bool
    fingerprint: bytes
    name: bytes
    secret: bytes
    step: int
    ecdsa_pub: bytes
    hpke_pub: bytes


@dataclass(frozen=True, slots=True)
class OrganisationStatistics:
    """Counts of an organisation for its lead; no client is named."""

    name: str
    members: int
    grants: int
    ending_grants: int
    packs: int


@dataclass(frozen=True, slots=True)
class OrganisationLooks:
    """Looks as (advocate, grant, ms, kind), and the organisation's active members."""

    looks: list[tuple[bytes, bytes, int, str]]
    members: list[MemberRow]


def add_organisation(tx: Transaction, organisation: bytes, name: str, now: int) -> None:
    """Add an organisation."""
    tx.execute(*_ADD_ORGANISATION(id=organisation, name=name, now=now))


def list_all(tx: Transaction) -> list[tuple[bytes, str, int, int | None, int]]:
    """Return id, name, start (ms), end (ms or None) and number of members of every organisation, for the operator."""
    return tx.execute(*_LIST_ORGANISATIONS()).fetchall()


def is_active(tx: Transaction, organisation: bytes) -> bool:
    """Return whether the organisation exists and has not ended."""
    return bool(tx.execute(*_FIND_ACTIVE(id=organisation)).fetchone())


def end_organisation(tx: Transaction, organisation: bytes, now: int) -> None:
    """End an organisation with its invitations and memberships. Raise NotFound."""
    if tx.execute(*_END_ORGANISATION(now=now, id=organisation)).rowcount != 1:
        raise NotFound
    tx.execute(*_DELETE_INVITATIONS(organisation=organisation))
    for (account,) in tx.execute(*_LIST_ACCOUNTS(organisation=organisation)).fetchall():
        _end_membership(tx, account, now)


def add_invitation(tx: Transaction, mac: bytes, organisation: bytes, *, leads: bool, now: int, expires_at: int) -> None:
    """Add an invitation that is valid until `expires_at` ms, and delete the expired ones."""
    tx.execute(*_DELETE_EXPIRED_INVITATIONS(now=now))
    tx.execute(*_ADD_INVITATION(id=mac, organisation=organisation, leads=leads, expires_at=expires_at))


def use_invitation(tx: Transaction, mac: bytes, now: int) -> tuple[bytes, bool] | None:
    """Use up an invitation. Return its organisation and whether it is for a lead, or None when it is not valid."""
    row = tx.execute(*_FIND_VALID_INVITATION(id=mac, now=now)).fetchone()
    tx.execute(*_DELETE_INVITATION(id=mac))
    return (row[0], bool(row[1])) if row else None


def list_open_invitations(tx: Transaction, after: bytes, now: int, limit: int) -> list[tuple[bytes, int, bytes, bool]]:
    """Return HMAC, expiry (ms), organisation and whether it is for a lead of at most `limit` valid invitations.

    They follow the HMAC `after`, in order.
    """
    rows = tx.execute(*_LIST_OPEN_INVITATIONS(after=after, now=now, limit=limit)).fetchall()
    return [(mac, until, organisation, bool(leads)) for mac, until, organisation, leads in rows]


def revoke_invitation(tx: Transaction, first: bytes, last: bytes, now: int) -> bool:
    """Delete the invitation with an HMAC from `first` to `last`. Return False if none of them is valid at `now` (ms)."""
    return tx.execute(*_REVOKE_INVITATION(first=first, last=last, now=now)).rowcount > 0


def add_member(tx: Transaction, row: MemberRow, now: int) -> None:
    """Add a member whose account exists already."""
    tx.execute(
        *_ADD_MEMBER(
            id=row.account,
            organisation=row.organisation,
            leads=row.leads,
            fingerprint=row.fingerprint,
            name=row.name,
            secret=row.secret,
            step=row.step,
            now=now,
        )
    )


async def find_member(db: Database, account: bytes) -> MemberRow | None:
    """Return the member with this account, or None unless the member and the organisation are active."""
    row = await db.fetch_one(*_FIND_MEMBER(id=account))
    return MemberRow(*row) if row else None


async def was_member(db: Database, account: bytes) -> bool:
    """Return whether the account is or was an advocate's."""
    return await db.fetch_one(*_FIND_ANY_MEMBER(id=account)) is not None


async def find_by_fingerprint(db: Database, fingerprint: bytes) -> MemberRow | None:
    """Return the member with this fingerprint, or None unless the member and the organisation are active."""
    row = await db.fetch_one(*_FIND_MEMBER_BY_FINGERPRINT(fingerprint=fingerprint))
    return MemberRow(*row) if row else None


def list_members(tx: Transaction, organisation: bytes) -> list[MemberRow]:
    """Return the organisation's active members, in the order in which they joined."""
    return [MemberRow(*row) for row in tx.execute(*_LIST_MEMBERS(organisation=organisation)).fetchall()]


def list_looks(tx: Transaction, organisation: bytes) -> OrganisationLooks:
    """Return the latest looks by members of an organisation, newest first; members who have left are included."""
    looks = tx.execute(*_LIST_LOOKS(organisation=organisation)).fetchall()
    return OrganisationLooks(
        [(bytes(advocate), bytes(grant), at, what) for advocate, grant, at, what in looks],
        list_members(tx, organisation),
    )


def use_totp_step(tx: Transaction, account: bytes, step: int) -> bool:
    """Mark the one-time code of a time step as used. Return False when it or a later one was used before."""
    return tx.execute(*_USE_TOTP_STEP(step=step, id=account)).rowcount == 1


def end_membership(tx: Transaction, organisation: bytes, account: bytes, now: int) -> None:
    """End a membership with its sessions and grants. Raise NotFound."""
    if not tx.execute(*_FIND_ACTIVE_MEMBER(id=account, organisation=organisation)).fetchone():
        raise NotFound
    _end_membership(tx, account, now)


def read_statistics(tx: Transaction, organisation: bytes, now: int, ending_before: int) -> OrganisationStatistics:
    """Return the counts for a lead; grants that end before `ending_before` ms count as ending. Raise NotFound."""
    organisation_row = tx.execute(*_FIND_NAME(id=organisation)).fetchone()
    if organisation_row is None:
        raise NotFound
    counts = (
        _COUNT_MEMBERS(organisation=organisation),
        _COUNT_GRANTS(now=now, organisation=organisation),
        _COUNT_ENDING_GRANTS(now=now, organisation=organisation, ending_before=ending_before),
        _COUNT_PACKS(organisation=organisation),
    )
    return OrganisationStatistics(
        organisation_row[0], *(int(tx.execute(*statement).fetchone()[0]) for statement in counts)
    )


def _end_membership(tx: Transaction, account: bytes, now: int) -> None:
    """End a member's access: grants, wraps, sessions and renewal tokens."""
    tx.execute(*_END_MEMBER(now=now, account=account))
    tx.execute(*_END_GRANTS(now=now, account=account))
    tx.execute(*_DELETE_WRAPS(account=account))
    tx.execute(*_DELETE_SESSIONS(account=account))
    renewal_tokens.delete_all(tx, account)

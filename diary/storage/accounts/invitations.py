"""Invitations, stored as HMACs under the pepper, and the quotas of individual accounts."""

from typing import Final

from diary.storage.models.core import Account, Invite
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

_ACCOUNT: Final = table(Account)
_INVITE: Final = table(Invite)
_DELETE_EXPIRED: Final = Statement(query.from_(_INVITE).delete().where(_INVITE.until < param.now))
_ADD: Final = Statement(query.into(_INVITE).columns(_INVITE.id, _INVITE.until).insert(param.id, param.until))
_DELETE_IF_VALID: Final = Statement(
    query.from_(_INVITE).delete().where((_INVITE.id == param.id) & (_INVITE.until >= param.now))
)
_LIST_OPEN: Final = Statement(
    query.from_(_INVITE)
    .select(_INVITE.id, _INVITE.until)
    .where((_INVITE.id > param.after) & (_INVITE.until >= param.now))
    .orderby(_INVITE.id)
    .limit(param.limit)
)
_REVOKE: Final = Statement(
    query.from_(_INVITE)
    .delete()
    .where((_INVITE.id >= param.first) & (_INVITE.id <= param.last) & (_INVITE.until >= param.now))
)
_SET_QUOTA: Final = Statement(
    query.update(_ACCOUNT).set(_ACCOUNT.quota_bytes, param.quota).where(_ACCOUNT.login_mac == param.login_mac)
)


def add_invitation(tx: Transaction, mac: bytes, now: int, expires_at: int) -> None:
    """Store an invitation that is valid until `expires_at` ms, and delete those expired at `now` ms."""
    tx.execute(*_DELETE_EXPIRED(now=now))
    tx.execute(*_ADD(id=mac, until=expires_at))


def use_invitation(tx: Transaction, mac: bytes, now: int) -> bool:
    """Use up an invitation. Return False if there is none that is valid at `now` ms."""
    return tx.execute(*_DELETE_IF_VALID(id=mac, now=now)).rowcount == 1


def list_open(tx: Transaction, after: bytes, now: int, limit: int) -> list[tuple[bytes, int]]:
    """Return HMAC and expiry (ms) of at most `limit` invitations that are valid at `now` ms, after the HMAC `after`."""
    return tx.execute(*_LIST_OPEN(after=after, now=now, limit=limit)).fetchall()


def revoke(tx: Transaction, first: bytes, last: bytes, now: int) -> bool:
    """Delete the invitation with an HMAC from `first` to `last`. Return False if none of them is valid at `now` (ms)."""
    return tx.execute(*_REVOKE(first=first, last=last, now=now)).rowcount > 0


def set_quota(tx: Transaction, login_mac: bytes, quota: int | None) -> bool:
    """Set an account's file quota in bytes; None restores the server's. Return False if there is no such account."""
    return tx.execute(*_SET_QUOTA(quota=quota, login_mac=login_mac)).rowcount == 1

"""Invitations, as HMACs under the pepper, and the room single accounts were given."""

from typing import Final

from diary.storage.models.core import Account, Invite
from diary.storage.statements import Statement, query, table, value
from diary.storage.writer import Hand

_ACCOUNT: Final = table(Account)
_INVITE: Final = table(Invite)
_DELETE_ENDED: Final = Statement(query.from_(_INVITE).delete().where(_INVITE.until < value.now))
_ADD: Final = Statement(query.into(_INVITE).columns(_INVITE.id, _INVITE.until).insert(value.id, value.until))
_USE_UP: Final = Statement(query.from_(_INVITE).delete().where((_INVITE.id == value.id) & (_INVITE.until >= value.now)))
_SET_QUOTA: Final = Statement(
    query.update(_ACCOUNT).set(_ACCOUNT.quota_bytes, value.quota).where(_ACCOUNT.login_mac == value.login_mac)
)


def add(hand: Hand, mac: bytes, now: int, until: int) -> None:
    """Store an invitation that is good until `until` ms; those that are over go."""
    hand.execute(*_DELETE_ENDED(now=now))
    hand.execute(*_ADD(id=mac, until=until))


def use_up(hand: Hand, mac: bytes, now: int) -> bool:
    """Take an invitation, once; False when there is none that is good."""
    return hand.execute(*_USE_UP(id=mac, now=now)).rowcount == 1


def set_quota(hand: Hand, login_mac: bytes, quota: int | None) -> bool:
    """Set an account's own room; False when there is no such account."""
    return hand.execute(*_SET_QUOTA(quota=quota, login_mac=login_mac)).rowcount == 1

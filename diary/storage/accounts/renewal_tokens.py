"""Renewal tokens: what begins a device's next session when the last one ran out. docs/api.md, Tokens."""

from dataclasses import dataclass
from typing import Final

from pypika_tortoise.enums import Order

from diary.storage.database_interface import Database
from diary.storage.models.core import Renewal
from diary.storage.statements import Statement, query, table, value
from diary.storage.writer import Hand

# Of one account; a keeper with more devices types the words on the oldest.
KEPT: Final = 40
MANY: Final = 1 << 30


_RENEWAL: Final = table(Renewal)
_FIND: Final = Statement(
    query.from_(_RENEWAL)
    .select(_RENEWAL.account_id, _RENEWAL.device, _RENEWAL.made_at)
    .where(_RENEWAL.id == value.digest)
)
_OF_ACCOUNT: Final = query.from_(_RENEWAL).delete().where(_RENEWAL.account_id == value.account)
_END_ALL: Final = Statement(_OF_ACCOUNT)
_END: Final = Statement(_OF_ACCOUNT.where(_RENEWAL.session == value.session))
_END_OTHERS: Final = Statement(_OF_ACCOUNT.where(_RENEWAL.session != value.session))
_END_OF_DEVICE: Final = Statement(_OF_ACCOUNT.where(_RENEWAL.device == value.device))
_NEWEST_FIRST: Final = (
    query.from_(_RENEWAL)
    .select(_RENEWAL.id)
    .where(_RENEWAL.account_id == value.account)
    .orderby(_RENEWAL.made_at, order=Order.desc)
    .orderby(_RENEWAL.id)
)
_END_OLDEST: Final = Statement(
    query.from_(_RENEWAL).delete().where(_RENEWAL.id.isin(_NEWEST_FIRST.limit(MANY).offset(KEPT - 1)))
)
_ADD: Final = Statement(
    query.into(_RENEWAL)
    .columns(_RENEWAL.id, _RENEWAL.account_id, _RENEWAL.device, _RENEWAL.session, _RENEWAL.made_at)
    .insert(value.digest, value.account, value.device, value.session, value.made_at)
)


@dataclass(frozen=True, slots=True)
class RenewalRow:
    """Whose it is, the device it is bound to, and when it was given, in ms."""

    account: bytes
    device: bytes
    made_at: int


async def find(db: Database, digest: bytes) -> RenewalRow | None:
    """The renewal of a token's digest."""
    row = await db.look(*_FIND(digest=digest))
    return RenewalRow(*row) if row else None


def put(hand: Hand, digest: bytes, row: RenewalRow, session: bytes) -> None:
    """Keep a renewal for the device of a session that begins; the one the device had goes."""
    hand.execute(*_END_OF_DEVICE(account=row.account, device=row.device))
    hand.execute(*_END_OLDEST(account=row.account))
    hand.execute(
        *_ADD(digest=digest, account=row.account, device=row.device, session=session, made_at=row.made_at),
    )


def end(hand: Hand, account: bytes, session: bytes) -> None:
    """The session was ended on purpose: its device gets no other without the words."""
    hand.execute(*_END(account=account, session=session))


def end_others(hand: Hand, account: bytes, session: bytes) -> None:
    """Every other device of the account gets no other session without the words."""
    hand.execute(*_END_OTHERS(account=account, session=session))


def end_all(hand: Hand, account: bytes) -> None:
    """No device of the account gets a session without the words."""
    hand.execute(*_END_ALL(account=account))

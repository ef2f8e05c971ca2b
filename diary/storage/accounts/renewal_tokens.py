"""Renewal tokens: what begins a device's next session when the last one ran out. docs/api.md, Tokens."""

from dataclasses import dataclass
from typing import Final

from pypika_tortoise.enums import Order

from diary.storage.database_interface import Database
from diary.storage.models.core import Renewal
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

# Of one account; a keeper with more devices types the words on the oldest.
MAX_TOKENS_PER_ACCOUNT: Final = 40
NO_LIMIT: Final = 1 << 30


_RENEWAL: Final = table(Renewal)
_FIND: Final = Statement(
    query.from_(_RENEWAL)
    .select(_RENEWAL.account_id, _RENEWAL.device, _RENEWAL.made_at)
    .where(_RENEWAL.id == param.digest)
)
_DELETE_OF_ACCOUNT: Final = query.from_(_RENEWAL).delete().where(_RENEWAL.account_id == param.account)
_DELETE_ALL: Final = Statement(_DELETE_OF_ACCOUNT)
_DELETE_OF_SESSION: Final = Statement(_DELETE_OF_ACCOUNT.where(_RENEWAL.session == param.session))
_DELETE_OTHERS: Final = Statement(_DELETE_OF_ACCOUNT.where(_RENEWAL.session != param.session))
_DELETE_OF_DEVICE: Final = Statement(_DELETE_OF_ACCOUNT.where(_RENEWAL.device == param.device))
_NEWEST_FIRST: Final = (
    query.from_(_RENEWAL)
    .select(_RENEWAL.id)
    .where(_RENEWAL.account_id == param.account)
    .orderby(_RENEWAL.made_at, order=Order.desc)
    .orderby(_RENEWAL.id)
)
_DELETE_OLDEST: Final = Statement(
    query.from_(_RENEWAL)
    .delete()
    .where(_RENEWAL.id.isin(_NEWEST_FIRST.limit(NO_LIMIT).offset(MAX_TOKENS_PER_ACCOUNT - 1)))
)
_ADD: Final = Statement(
    query.into(_RENEWAL)
    .columns(_RENEWAL.id, _RENEWAL.account_id, _RENEWAL.device, _RENEWAL.session, _RENEWAL.made_at)
    .insert(param.digest, param.account, param.device, param.session, param.made_at)
)


@dataclass(frozen=True, slots=True)
class RenewalRow:
    """Whose it is, the device it is bound to, and when it was given, in ms."""

    account: bytes
    device: bytes
    made_at: int


async def find(db: Database, digest: bytes) -> RenewalRow | None:
    """The renewal of a token's digest."""
    row = await db.fetch_one(*_FIND(digest=digest))
    return RenewalRow(*row) if row else None


def replace_for_device(tx: Transaction, digest: bytes, row: RenewalRow, session: bytes) -> None:
    """Keep a renewal for the device of a session that begins; the one the device had goes."""
    tx.execute(*_DELETE_OF_DEVICE(account=row.account, device=row.device))
    tx.execute(*_DELETE_OLDEST(account=row.account))
    tx.execute(
        *_ADD(digest=digest, account=row.account, device=row.device, session=session, made_at=row.made_at),
    )


def delete_for_session(tx: Transaction, account: bytes, session: bytes) -> None:
    """The session was ended on purpose: its device gets no other without the words."""
    tx.execute(*_DELETE_OF_SESSION(account=account, session=session))


def delete_others(tx: Transaction, account: bytes, session: bytes) -> None:
    """Every other device of the account gets no other session without the words."""
    tx.execute(*_DELETE_OTHERS(account=account, session=session))


def delete_all(tx: Transaction, account: bytes) -> None:
    """No device of the account gets a session without the words."""
    tx.execute(*_DELETE_ALL(account=account))

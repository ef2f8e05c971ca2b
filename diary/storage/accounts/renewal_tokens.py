"""Renewal tokens, with which a device starts its next session after the last one expired; docs/api.md, "Tokens"."""

from dataclasses import dataclass
from typing import Final

from pypika_tortoise.enums import Order

from diary.storage.database_interface import Database
from diary.storage.models.core import Renewal
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

# With more devices than this, the words have to be typed again on those whose token is oldest.
MAX_TOKENS_PER_ACCOUNT: Final = 40
# SQLite takes OFFSET only after LIMIT.
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
    """A renewal token: its account, the device it is bound to, and when it was issued, in ms."""

    account: bytes
    device: bytes
    made_at: int


async def find_token(db: Database, digest: bytes) -> RenewalRow | None:
    """Return the renewal token with this SHA-256 digest, or None."""
    row = await db.fetch_one(*_FIND(digest=digest))
    return RenewalRow(*row) if row else None


def replace_for_device(tx: Transaction, digest: bytes, row: RenewalRow, session: bytes) -> None:
    """Store a renewal token for the device of a new session.

    Delete the device's earlier token and the oldest tokens above the account's limit.
    """
    tx.execute(*_DELETE_OF_DEVICE(account=row.account, device=row.device))
    tx.execute(*_DELETE_OLDEST(account=row.account))
    tx.execute(
        *_ADD(digest=digest, account=row.account, device=row.device, session=session, made_at=row.made_at),
    )


def delete_for_session(tx: Transaction, account: bytes, session: bytes) -> None:
    """Delete the token that was issued with a session, so that its device cannot start another without the words."""
    tx.execute(*_DELETE_OF_SESSION(account=account, session=session))


def delete_others(tx: Transaction, account: bytes, session: bytes) -> None:
    """Delete the account's tokens except the one that was issued with this session."""
    tx.execute(*_DELETE_OTHERS(account=account, session=session))


def delete_all(tx: Transaction, account: bytes) -> None:
    """Delete all of the account's tokens."""
    tx.execute(*_DELETE_ALL(account=account))

"""The shares of KDF parameters in the answers for unknown usernames: one row, number 0, written once."""

from typing import Final

from diary.storage.models.core import LockShares
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

_LOCK_SHARES: Final = table(LockShares)
_FIND: Final = Statement(query.from_(_LOCK_SHARES).select(_LOCK_SHARES.kinds).where(_LOCK_SHARES.id == 0))
_ADD: Final = Statement(
    query.into(_LOCK_SHARES)
    .columns(_LOCK_SHARES.id, _LOCK_SHARES.kinds)
    .insert(0, param.kinds)
    .on_conflict(_LOCK_SHARES.id)
    .do_nothing()
)


def find_shares(tx: Transaction) -> bytes | None:
    """Return the stored shares as canonical JSON, or None."""
    row = tx.execute(*_FIND()).fetchone()
    return bytes(row[0]) if row else None


def put_if_absent(tx: Transaction, kinds: bytes) -> bytes:
    """Store the shares unless another worker has. Return the stored ones."""
    tx.execute(*_ADD(kinds=kinds))
    return find_shares(tx) or kinds

"""How often each kind of lock is answered for a sign-in name that does not exist: one row, number 0, written once."""

from typing import Final

from diary.storage.models.core import LockShares
from diary.storage.statements import Statement, query, table, value
from diary.storage.writer import Hand

_SHARES: Final = table(LockShares)
_FIND: Final = Statement(query.from_(_SHARES).select(_SHARES.kinds).where(_SHARES.id == 0))
_ADD: Final = Statement(
    query.into(_SHARES).columns(_SHARES.id, _SHARES.kinds).insert(0, value.kinds).on_conflict(_SHARES.id).do_nothing()
)


def find(hand: Hand) -> bytes | None:
    """The row as it was stored, or None."""
    row = hand.execute(*_FIND()).fetchone()
    return bytes(row[0]) if row else None


def put(hand: Hand, kinds: bytes) -> bytes:
    """Store it unless another worker has; what is stored then."""
    hand.execute(*_ADD(kinds=kinds))
    return find(hand) or kinds

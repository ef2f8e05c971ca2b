"""The newest time in the database, to find a clock that was set back."""

from typing import Final

from pypika_tortoise.functions import Max

from diary.storage.models.core import Session
from diary.storage.models.log import LogCheckpoint
from diary.storage.statements import Statement, query, table
from diary.storage.writer import Transaction

_CHECKPOINT: Final = table(LogCheckpoint)
_SESSION: Final = table(Session)
_FIND_NEWEST_CHECKPOINT_TIME: Final = Statement(query.from_(_CHECKPOINT).select(Max(_CHECKPOINT.made_at)))
_FIND_LAST_SESSION_USE: Final = Statement(query.from_(_SESSION).select(Max(_SESSION.seen_at)))


def find_newest_time(tx: Transaction) -> int:
    """Return the newest time in ms at which a checkpoint was made or a session was used; 0 before the first."""
    statements = (_FIND_NEWEST_CHECKPOINT_TIME, _FIND_LAST_SESSION_USE)
    return max(int(tx.execute(*statement()).fetchone()[0] or 0) for statement in statements)

"""The daily quota shared by all accounts that were created by open registration. Days are counted in UTC from 1970.

The counter's row belongs to no account, so a job that uses it runs with `account=None` (storage/writer.py).
"""

from dataclasses import dataclass
from typing import Final

from diary.errors import QuotaExceeded, Unavailable
from diary.storage.database_interface import Database
from diary.storage.models.core import Account, DayUse
from diary.storage.statements import Statement, param, query, table
from diary.storage.writer import Transaction

_FILES_REFUSED_MESSAGE: Final = (
    "This server takes no more files today. Words still fit. Your files are safe on your phone; try again tomorrow."
)
_TEXT_REFUSED_MESSAGE: Final = (
    "This server takes no more today. Nothing was lost: it is safe on your phone. Try again tomorrow."
)


_ACCOUNT: Final = table(Account)
_FIND_IS_OPEN: Final = Statement(query.from_(_ACCOUNT).select(_ACCOUNT.is_open).where(_ACCOUNT.id == param.account))
_DAY_USE: Final = table(DayUse)
_FIND: Final = Statement(
    query.from_(_DAY_USE).select(_DAY_USE.file_bytes, _DAY_USE.text_bytes).where(_DAY_USE.id == param.day)
)
_ADD_USE: Final = Statement(
    query.into(_DAY_USE)
    .columns(_DAY_USE.id, _DAY_USE.file_bytes, _DAY_USE.text_bytes)
    .insert(param.day, param.files, param.text)
    .on_conflict(_DAY_USE.id)
    .do_update(_DAY_USE.file_bytes, _DAY_USE.file_bytes + param.files)
    .do_update(_DAY_USE.text_bytes, _DAY_USE.text_bytes + param.text)
)
_SUBTRACT_FILES: Final = Statement(
    query.update(_DAY_USE).set(_DAY_USE.file_bytes, _DAY_USE.file_bytes - param.files).where(_DAY_USE.id == param.day)
)
_DELETE_BEFORE: Final = Statement(query.from_(_DAY_USE).delete().where(_DAY_USE.id < param.before))


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """The number of bytes of sealed files and of text that are accepted on `day`."""

    day: int
    file_bytes: int
    text_bytes: int


def consume(tx: Transaction, limit: DailyLimit, *, file_bytes: int = 0, text_bytes: int = 0) -> None:
    """Count bytes against the day's limit.

    Raise QuotaExceeded for files above the limit, and Unavailable for text above it, because phones retry that by
    themselves.
    """
    usage_row = tx.execute(*_FIND(day=limit.day)).fetchone()
    used_file_bytes, used_text_bytes = usage_row or (0, 0)
    if file_bytes and used_file_bytes + file_bytes > limit.file_bytes:
        raise QuotaExceeded(_FILES_REFUSED_MESSAGE)
    if text_bytes and used_text_bytes + text_bytes > limit.text_bytes:
        raise Unavailable(_TEXT_REFUSED_MESSAGE)
    tx.execute(*_ADD_USE(day=limit.day, files=file_bytes, text=text_bytes))


def refund_file_bytes(tx: Transaction, limit: DailyLimit, file_bytes: int) -> None:
    """Subtract the bytes of a file that were counted but not stored."""
    tx.execute(*_SUBTRACT_FILES(files=file_bytes, day=limit.day))


def delete_before(tx: Transaction, before_day: int) -> None:
    """Delete the counts of all days before `before_day`."""
    tx.execute(*_DELETE_BEFORE(before=before_day))


async def is_limited(db: Database, account: bytes) -> bool:
    """Return whether the daily quota applies to an account: it registered while registration was open to anyone."""
    row = await db.fetch_one(*_FIND_IS_OPEN(account=account))
    return row is not None and bool(row[0])

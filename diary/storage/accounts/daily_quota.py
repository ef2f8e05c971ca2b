"""What accounts that registered where anyone may have sent today, all of them together. A day is a UTC day since 1970.

A job that counts here touches a row that is nobody's: it runs with `of=None` (storage/writer.py).
"""

from dataclasses import dataclass
from typing import Final

from diary.errors import OverQuota, Unavailable
from diary.storage.models.core import DayUse
from diary.storage.statements import Statement, query, table, value
from diary.storage.writer import Hand

_FILES: Final = (
    "This server takes no more files today. Words still fit. Your files are safe on your phone; try again tomorrow."
)
_TEXT: Final = "This server takes no more today. Nothing was lost: it is safe on your phone. Try again tomorrow."


_DAY: Final = table(DayUse)
_FIND: Final = Statement(query.from_(_DAY).select(_DAY.file_bytes, _DAY.text_bytes).where(_DAY.id == value.day))
_COUNT: Final = Statement(
    query.into(_DAY)
    .columns(_DAY.id, _DAY.file_bytes, _DAY.text_bytes)
    .insert(value.day, value.files, value.text)
    .on_conflict(_DAY.id)
    .do_update(_DAY.file_bytes, _DAY.file_bytes + value.files)
    .do_update(_DAY.text_bytes, _DAY.text_bytes + value.text)
)
_GIVE_BACK: Final = Statement(
    query.update(_DAY).set(_DAY.file_bytes, _DAY.file_bytes - value.files).where(_DAY.id == value.day)
)
_FORGET: Final = Statement(query.from_(_DAY).delete().where(_DAY.id < value.before))


@dataclass(frozen=True, slots=True)
class DayLimit:
    """Bytes of sealed files and of words that may come on `day`."""

    day: int
    file_bytes: int
    text_bytes: int


def take(hand: Hand, limit: DayLimit, *, files: int = 0, text: int = 0) -> None:
    """Count bytes. Raises OverQuota for files above the limit, and Unavailable for words, which a phone sends again by itself."""
    known = hand.execute(*_FIND(day=limit.day)).fetchone()
    used_files, used_text = known or (0, 0)
    if files and used_files + files > limit.file_bytes:
        raise OverQuota(_FILES)
    if text and used_text + text > limit.text_bytes:
        raise Unavailable(_TEXT)
    hand.execute(*_COUNT(day=limit.day, files=files, text=text))


def give_back(hand: Hand, limit: DayLimit, files: int) -> None:
    """Bytes of a file that were counted and refused."""
    hand.execute(*_GIVE_BACK(files=files, day=limit.day))


def forget(hand: Hand, before: int) -> None:
    """Drop the counts of days before `before`."""
    hand.execute(*_FORGET(before=before))

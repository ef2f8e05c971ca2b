"""What accounts that registered where anyone may have sent today, all of them together. A day is a UTC day since 1970.

A job that counts here touches a row that is nobody's: it runs with `of=None` (storage/writer.py).
"""

from dataclasses import dataclass
from typing import Final

from diary.errors import OverQuota, Unavailable
from diary.storage.writer import Hand

_FILES: Final = (
    "This server takes no more files today. Words still fit. Your files are safe on your phone; try again tomorrow."
)
_TEXT: Final = "This server takes no more today. Nothing was lost: it is safe on your phone. Try again tomorrow."


@dataclass(frozen=True, slots=True)
class DayLimit:
    """Bytes of sealed files and of words that may come on `day`."""

    day: int
    file_bytes: int
    text_bytes: int


def take(hand: Hand, limit: DayLimit, *, files: int = 0, text: int = 0) -> None:
    """Count bytes. Raises OverQuota for files above the limit, and Unavailable for words, which a phone sends again by itself."""
    known = hand.execute("SELECT file_bytes, text_bytes FROM day_use WHERE id = ?", (limit.day,)).fetchone()
    used_files, used_text = known or (0, 0)
    if files and used_files + files > limit.file_bytes:
        raise OverQuota(_FILES)
    if text and used_text + text > limit.text_bytes:
        raise Unavailable(_TEXT)
    hand.execute(
        "INSERT INTO day_use (id, file_bytes, text_bytes) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " file_bytes = day_use.file_bytes + excluded.file_bytes, text_bytes = day_use.text_bytes + excluded.text_bytes",
        (limit.day, files, text),
    )


def give_back(hand: Hand, limit: DayLimit, files: int) -> None:
    """Bytes of a file that were counted and refused."""
    hand.execute("UPDATE day_use SET file_bytes = file_bytes - ? WHERE id = ?", (files, limit.day))


def forget(hand: Hand, before: int) -> None:
    """Drop the counts of days before `before`."""
    hand.execute("DELETE FROM day_use WHERE id < ?", (before,))

"""Rows under spoken words. The server only stores a MAC of the words, and the same words can be drawn twice."""

from collections.abc import Sequence
from operator import attrgetter
from typing import TypeVar

from diary.errors import Conflict

RowT = TypeVar("RowT")


def find_recorded(existing_rows: Sequence[RowT], row: RowT, *columns: str) -> RowT | None:
    """Return the existing row that equals `row` in `columns`, or None when there is no existing row.

    Raise Conflict when the existing rows are others: the caller must draw new words.
    """
    if not existing_rows:
        return None
    identity_of = attrgetter(*columns)
    if len(existing_rows) == 1 and identity_of(existing_rows[0]) == identity_of(row):
        return existing_rows[0]
    raise Conflict("These words are in use. New ones are needed.")

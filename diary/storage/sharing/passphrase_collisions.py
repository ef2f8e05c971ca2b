"""What stands under spoken words, of which a server knows only a name: the same words can be drawn twice."""

from collections.abc import Sequence
from operator import attrgetter
from typing import TypeVar

from diary.errors import Conflict

Row = TypeVar("Row")


def noted(known: Sequence[Row], row: Row, *same: str) -> Row | None:
    """The one of `known` that is `row` noted earlier, by the columns `same`; None where nothing is known.

    Raises Conflict: the words are another's.
    """
    if not known:
        return None
    told = attrgetter(*same)
    if len(known) == 1 and told(known[0]) == told(row):
        return known[0]
    raise Conflict("These words are in use. New ones are needed.")

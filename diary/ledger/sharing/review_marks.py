"""What an advocate has looked through for a keeper, so that the keeper need not look again: sealed under the grant's key.

A mark is the advocate's word about their own looking. It changes nothing of an entry, is in no pack, and stands in no diary.
"""

from collections.abc import Mapping
from typing import Any, Final

from diary import constants
from diary.errors import KeptError
from diary.ids import parse_id
from diary.ledger.sharing.grant_documents import Beside

TYPE: Final = "marks/v1"
MARKS_LIMIT: Final = constants.MARKS_LIMIT
_NAMES: Final = {"made_at", "marks", "t"}
_MARK: Final = {"at", "record", "seq"}


def _holds(told: Mapping[str, Any]) -> bool:
    """Whether these are marks, each record's once."""
    if (
        set(told) != _NAMES
        or told["t"] != TYPE
        or not _is_count(told["made_at"])
        or not isinstance(told["marks"], list)
    ):
        return False
    marks = told["marks"]
    if len(marks) > MARKS_LIMIT or not all(_is_mark(one) for one in marks):
        return False
    return len({one["record"] for one in marks}) == len(marks)


def _is_mark(one: object) -> bool:
    """A record, the number of its newest version that was looked at, and when."""
    if not isinstance(one, dict) or set(one) != _MARK or not isinstance(one["record"], str):
        return False
    try:
        parse_id(one["record"])
    except KeptError:
        return False
    return _is_count(one["at"]) and _is_count(one["seq"])


def _is_count(one: object) -> bool:
    """A whole number that is not below nothing."""
    return type(one) is int and one >= 0


MARKS: Final = Beside("marks", TYPE, _holds)

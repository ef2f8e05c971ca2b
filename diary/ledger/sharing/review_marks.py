"""What an advocate has looked through for a keeper, so that the keeper need not look again: sealed under the grant's key.

A mark is the advocate's word about their own looking. It changes nothing of an entry, is in no pack, and stands in no diary.
"""

from collections.abc import Mapping
from typing import Any, Final

from diary import constants
from diary.errors import KeptError
from diary.ids import parse_id
from diary.ledger.sharing.grant_documents import GrantDocument

TYPE: Final = "marks/v1"
MARKS_LIMIT: Final = constants.MARKS_LIMIT
_MEMBER_NAMES: Final = {"made_at", "marks", "t"}
_MARK_NAMES: Final = {"at", "record", "seq"}


def _is_marks_document(document: Mapping[str, Any]) -> bool:
    """Whether these are marks, each record's once."""
    if (
        set(document) != _MEMBER_NAMES
        or document["t"] != TYPE
        or not _is_non_negative_integer(document["made_at"])
        or not isinstance(document["marks"], list)
    ):
        return False
    marks = document["marks"]
    if len(marks) > MARKS_LIMIT or not all(_is_mark(mark) for mark in marks):
        return False
    return len({mark["record"] for mark in marks}) == len(marks)


def _is_mark(mark: object) -> bool:
    """A record, the number of its newest version that was looked at, and when."""
    if not isinstance(mark, dict) or set(mark) != _MARK_NAMES or not isinstance(mark["record"], str):
        return False
    try:
        parse_id(mark["record"])
    except KeptError:
        return False
    return _is_non_negative_integer(mark["at"]) and _is_non_negative_integer(mark["seq"])


def _is_non_negative_integer(value: object) -> bool:
    """A whole number that is not below nothing."""
    return type(value) is int and value >= 0


MARKS_DOCUMENT: Final = GrantDocument("marks", TYPE, _is_marks_document)

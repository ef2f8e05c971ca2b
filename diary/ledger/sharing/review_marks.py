"""Review marks: the records an advocate has looked through for a keeper, sealed under the grant's key.

A mark is the advocate's statement about their own review. It changes no entry and is in no pack and no diary.
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
    """Return whether a document is a valid list of marks, at most one a record."""
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
    """Return whether a mark has a record, the number of its newest reviewed version, and a time."""
    if not isinstance(mark, dict) or set(mark) != _MARK_NAMES or not isinstance(mark["record"], str):
        return False
    try:
        parse_id(mark["record"])
    except KeptError:
        return False
    return _is_non_negative_integer(mark["at"]) and _is_non_negative_integer(mark["seq"])


def _is_non_negative_integer(value: object) -> bool:
    return type(value) is int and value >= 0


MARKS_DOCUMENT: Final = GrantDocument("marks", TYPE, _is_marks_document)

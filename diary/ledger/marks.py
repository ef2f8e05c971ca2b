"""What an advocate has looked through for a keeper, so that the keeper need not look again: sealed under the grant's key.

A mark is the advocate's word about their own looking. It changes nothing of an entry, is in no pack, and stands in no diary.
"""

from collections.abc import Mapping
from typing import Any, Final

from diary.crypto.padding import pad_version, unpad
from diary.crypto.sealing import Kind, open_envelope, seal
from diary.encoding import canon, parse
from diary.errors import KeptError, SealError
from diary.ids import parse_id
from diary.ledger.grants import Granted
from diary.ledger.signed import Fields

TYPE: Final = "marks/v1"
MARKS_LIMIT: Final = 2000
_NAMES: Final = {"made_at", "marks", "t"}
_MARK: Final = {"at", "record", "seq"}


def header(granted: Granted) -> Fields:
    """Header of their envelope."""
    return {"diary": str(granted.said["diary"]), "grant": granted.id, "t": "marks"}


def seal_marks(granted: Granted, fields: Mapping[str, object]) -> bytes:
    """`fields` (`made_at` in ms, `marks`) sealed for keeper and advocate. Raises SealError for others."""
    told = dict(fields) | {"t": TYPE}
    if not _holds(told):
        raise SealError
    return seal(granted.key, Kind.SUMMARY, header(granted), pad_version(canon(told)))


def open_marks(granted: Granted, envelope: bytes) -> Mapping[str, Any]:
    """What was marked. Raises SealError."""
    try:
        told = parse(unpad(open_envelope(granted.key, envelope, Kind.SUMMARY, header(granted))))
    except KeptError:
        raise SealError from None
    if not isinstance(told, dict) or not _holds(told):
        raise SealError
    return told


def _holds(told: Mapping[str, Any]) -> bool:
    """Whether these are marks, each record's once."""
    if set(told) != _NAMES or told["t"] != TYPE or not _is_count(told["made_at"]) or not isinstance(told["marks"], list):
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

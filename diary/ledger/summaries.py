"""What an advocate's list shows of a client before anything is opened: sealed by the keeper's device under the grant's key.

Counts and dates, never content and never a measure of danger: the list is in order of what is due.
"""

from collections.abc import Mapping
from typing import Any, Final

from diary.crypto.padding import pad_version, unpad
from diary.crypto.sealing import Kind, open_envelope, seal
from diary.encoding import canon, parse
from diary.errors import KeptError, SealError
from diary.ledger.grants import Granted
from diary.ledger.signed import Fields

TYPE: Final = "summary/v1"
# What may be due: recordings about to be wiped, an update that was promised.
DUE: Final = ("recording_wiped", "update_due")
DATES_LIMIT: Final = 40
_NAMES: Final = {"dates", "entries", "made_at", "newest_at", "t"}


def header(granted: Granted) -> Fields:
    """Header of the summary's envelope."""
    return {"diary": str(granted.said["diary"]), "grant": granted.id, "t": "summary"}


def seal_summary(granted: Granted, fields: Mapping[str, object]) -> bytes:
    """`fields` (`dates`, `entries`, `made_at`, `newest_at`) sealed for whoever has the grant. Raises SealError for others."""
    told = dict(fields) | {"t": TYPE}
    if not _holds(told):
        raise SealError
    return seal(granted.key, Kind.SUMMARY, header(granted), pad_version(canon(told)))


def open_summary(granted: Granted, envelope: bytes) -> Mapping[str, Any]:
    """What a summary says. Raises SealError."""
    try:
        told = parse(unpad(open_envelope(granted.key, envelope, Kind.SUMMARY, header(granted))))
    except KeptError:
        raise SealError from None
    if not isinstance(told, dict) or not _holds(told):
        raise SealError
    return told


def _holds(told: Mapping[str, Any]) -> bool:
    """Whether a summary is one."""
    if set(told) != _NAMES or told["t"] != TYPE or not isinstance(told["dates"], list) or len(told["dates"]) > DATES_LIMIT:
        return False
    numbers = (told["entries"], told["made_at"], *(() if told["newest_at"] is None else (told["newest_at"],)))
    return all(type(one) is int and one >= 0 for one in numbers) and all(_is_due(one) for one in told["dates"])


def _is_due(one: object) -> bool:
    """One date and what is due then."""
    return isinstance(one, dict) and set(one) == {"at", "what"} and one["what"] in DUE and type(one["at"]) is int

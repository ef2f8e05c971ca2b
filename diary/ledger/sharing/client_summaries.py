"""What an advocate's list shows of a client before anything is opened: sealed by the keeper's device under the grant's key.

Counts and dates, never content and never a measure of danger: the list is in order of what is due.
"""

from collections.abc import Mapping
from typing import Any, Final

from diary import constants
from diary.ledger.sharing.grant_documents import Beside

TYPE: Final = "summary/v1"
# What may be due: recordings about to be wiped, an update that was promised.
DUE: Final = ("recording_wiped", "update_due")
DATES_LIMIT: Final = constants.SUMMARY_DATES_LIMIT
_NAMES: Final = {"dates", "entries", "made_at", "newest_at", "t"}


def _holds(told: Mapping[str, Any]) -> bool:
    """Whether a summary is one."""
    if (
        set(told) != _NAMES
        or told["t"] != TYPE
        or not isinstance(told["dates"], list)
        or len(told["dates"]) > DATES_LIMIT
    ):
        return False
    numbers = (told["entries"], told["made_at"], *(() if told["newest_at"] is None else (told["newest_at"],)))
    return all(type(one) is int and one >= 0 for one in numbers) and all(_is_due(one) for one in told["dates"])


def _is_due(one: object) -> bool:
    """One date and what is due then."""
    return isinstance(one, dict) and set(one) == {"at", "what"} and one["what"] in DUE and type(one["at"]) is int


SUMMARY: Final = Beside("summary", TYPE, _holds)

"""What an advocate's list shows of a client before anything is opened: sealed by the keeper's device under the grant's key.

Counts and dates, never content and never a measure of danger: the list is in order of what is due.
"""

from collections.abc import Mapping
from typing import Any, Final

from diary import constants
from diary.ledger.sharing.grant_documents import GrantDocument

TYPE: Final = "summary/v1"
# What may be due: recordings about to be wiped, an update that was promised.
DUE_KINDS: Final = ("recording_wiped", "update_due")
DATES_LIMIT: Final = constants.SUMMARY_DATES_LIMIT
_MEMBER_NAMES: Final = {"dates", "entries", "made_at", "newest_at", "t"}


def _is_summary(summary: Mapping[str, Any]) -> bool:
    """Whether a summary is one."""
    if (
        set(summary) != _MEMBER_NAMES
        or summary["t"] != TYPE
        or not isinstance(summary["dates"], list)
        or len(summary["dates"]) > DATES_LIMIT
    ):
        return False
    numbers = (
        summary["entries"],
        summary["made_at"],
        *(() if summary["newest_at"] is None else (summary["newest_at"],)),
    )
    return all(type(item) is int and item >= 0 for item in numbers) and all(
        _is_due_date(item) for item in summary["dates"]
    )


def _is_due_date(entry: object) -> bool:
    """One date and what is due then."""
    return (
        isinstance(entry, dict)
        and set(entry) == {"at", "what"}
        and entry["what"] in DUE_KINDS
        and type(entry["at"]) is int
    )


SUMMARY_DOCUMENT: Final = GrantDocument("summary", TYPE, _is_summary)

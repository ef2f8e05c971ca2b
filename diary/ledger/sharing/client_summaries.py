"""Summaries of clients in an advocate's list, sealed by the keeper's device under the grant's key.

They have counts and dates, but no content and no risk score: the list is sorted by due date.
"""

from collections.abc import Mapping
from typing import Any, Final

from diary import constants
from diary.ledger.sharing.grant_documents import GrantDocument

TYPE: Final = "summary/v1"
# Due dates: a recording is about to be wiped, or an update was promised.
DUE_KINDS: Final = ("recording_wiped", "update_due")
DATES_LIMIT: Final = constants.SUMMARY_DATES_LIMIT
_MEMBER_NAMES: Final = {"dates", "entries", "made_at", "newest_at", "t"}


def _is_summary(summary: Mapping[str, Any]) -> bool:
    """Return whether a document is a valid summary."""
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
    """Return whether an entry is a date and what is due then."""
    return (
        isinstance(entry, dict)
        and set(entry) == {"at", "what"}
        and entry["what"] in DUE_KINDS
        and type(entry["at"]) is int
    )


SUMMARY_DOCUMENT: Final = GrantDocument("summary", TYPE, _is_summary)

"""The event log: a code and the hour, nothing else.

[Note: no personal data in logs] A log is kept for longer than the data it is about, and people read it whom the keeper
never met. No address, user agent, id, username, token, path or body is ever logged, so no filter has to remove it.
For an unexpected exception, its class and its place in our own code are added: neither depends on the request.
log_format.py writes the same fields as JSON.
"""

import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from diary.clock import Clock
from diary.paths import PACKAGE_FOLDER

LOGGER: Final = logging.getLogger("diary.events")


class EventLog:
    """Writer of the server's event log."""

    def __init__(self, clock: Clock) -> None:
        """Use `clock` for the hour of each line."""
        self._clock = clock

    def log_event(self, code: str) -> None:
        """Log an event by its code."""
        hour = self._current_hour()
        LOGGER.info("%s %s", hour, code, extra={"hour": hour, "code": code})

    def log_exception(self, error: BaseException) -> None:
        """Log an unexpected exception: its class, and its place in our code."""
        fields = {"hour": self._current_hour(), "exception": type(error).__name__, "place": exception_location(error)}
        LOGGER.error("%s internal %s %s", *fields.values(), extra={**fields, "code": "internal"})

    def _current_hour(self) -> str:
        """Return the current hour in UTC."""
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).strftime("%Y-%m-%dT%H")


def exception_location(error: BaseException) -> str:
    """Return the file and line of the innermost frame in our own code, or `-`."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(PACKAGE_FOLDER):
            return f"{path.relative_to(PACKAGE_FOLDER.parent)}:{frame.lineno}"
    return "-"

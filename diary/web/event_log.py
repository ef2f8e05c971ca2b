"""The log: an event's code and the hour, nothing else.

[Note: logs] A log outlives what it speaks of and is read by people the keeper never met. No address, user
agent, id, sign-in name, token, path or body is ever put into one, so no filter has to take it out. Where
the fault is ours, the class of the exception and the place in our own code are added: both are known
without the request.
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
    """Where the server says what happened."""

    def __init__(self, clock: Clock) -> None:
        """Tell the hour by this clock."""
        self._clock = clock

    def log_event(self, code: str) -> None:
        """Log an event by its code."""
        LOGGER.info("%s %s", self._current_hour(), code)

    def log_exception(self, error: BaseException) -> None:
        """Log a fault of ours: which exception, and where in our code."""
        LOGGER.error("%s internal %s %s", self._current_hour(), type(error).__name__, _exception_location(error))

    def _current_hour(self) -> str:
        """The hour, UTC."""
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).strftime("%Y-%m-%dT%H")


def _exception_location(error: BaseException) -> str:
    """The innermost line of ours in the traceback."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(PACKAGE_FOLDER):
            return f"{path.relative_to(PACKAGE_FOLDER.parent)}:{frame.lineno}"
    return "-"

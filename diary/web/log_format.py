"""The form of the log: lines of text, or one JSON object a line with a closed list of keys (DIARY_LOG_FORMAT=json).

[Note: lines of libraries] A library's message can contain anything: an address, a path, a piece of a request. So of a
line that is not of the event log only the library, the level and, for an exception, its class and its place in our
own code are written.
"""

import json
import logging
import sys
from typing import Final, TextIO

from diary.web.event_log import LOGGER, exception_location

KEYS: Final = ("level", "hour", "code", "exception", "place", "library")


class JsonFormatter(logging.Formatter):
    """Formatter that writes one object a line, with those of KEYS that apply."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a line of JSON. It never contains the record's message."""
        fields: dict[str, str] = {"level": record.levelname.lower()}
        if record.name == LOGGER.name:
            fields |= {key: record.__dict__[key] for key in KEYS if key in record.__dict__}
        else:
            fields["library"] = record.name.partition(".")[0]
            error = record.exc_info[1] if record.exc_info else record.msg
            if isinstance(error, BaseException):
                fields |= {"exception": type(error).__name__, "place": exception_location(error)}
        return json.dumps(fields)


def log_as_json(stream: TextIO = sys.stderr) -> None:
    """Write every line of the log to `stream` as JSON, from warnings on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)

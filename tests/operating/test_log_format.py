"""The log as JSON: one object a line, with a closed list of keys and nothing of a request."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from diary.clock import FixedClock
from diary.web import log_format
from diary.web.event_log import LOGGER, EventLog
from tests.cli_runner import run_cli_in_process

SECRET = "203.0.113.9 /v1/diaries/abc"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Return what the log writes as JSON, and restore the log afterwards.

    An earlier test may have served with the log as text, which keeps uvicorn's lines from the root.
    """
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    uvicorn_loggers = [logging.getLogger(name) for name in ("uvicorn", "uvicorn.error")]
    propagated = [logger.propagate for logger in uvicorn_loggers]
    for logger in uvicorn_loggers:
        logger.propagate = True
    log_format.log_as_json(written)
    yield written
    root.handlers = handlers
    root.setLevel(level)
    for logger, propagates in zip(uvicorn_loggers, propagated, strict=True):
        logger.propagate = propagates


def raised_error() -> Exception:
    """Return an exception with a traceback, a cause and a message of several lines."""
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as cause:
            raise RuntimeError(f"{SECRET}\nsecond line") from cause
    except RuntimeError as error:
        return error


def test_an_exception_is_one_object_on_one_line(stream: io.StringIO) -> None:
    """It has its class and place; its message and those of its causes are left out."""
    EventLog(FixedClock(0)).log_exception(raised_error())
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line) == {
        "level": "error",
        "hour": "1970-01-01T00",
        "code": "internal",
        "exception": "RuntimeError",
        "place": "-",
    }


def test_an_event_is_logged_only_if_it_is_turned_on(stream: io.StringIO) -> None:
    """The default is the same as for text: what keepers do is not logged."""
    events = EventLog(FixedClock(0))
    events.log_event("signed_in")
    assert stream.getvalue() == ""
    LOGGER.setLevel(logging.INFO)
    try:
        events.log_event("signed_in")
    finally:
        LOGGER.setLevel(logging.NOTSET)
    assert json.loads(stream.getvalue()) == {"level": "info", "hour": "1970-01-01T00", "code": "signed_in"}


def test_a_librarys_line_says_nothing_of_its_message(stream: io.StringIO) -> None:
    """Neither a message, its arguments, an exception's text nor extra fields are written."""
    logger = logging.getLogger("uvicorn.error")
    logger.error("from %s\n%s", SECRET, SECRET, extra={"path": SECRET, "hour": SECRET})
    logger.error("failed", exc_info=raised_error())
    logger.error(OSError(SECRET))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert lines == [
        {"level": "error", "library": "uvicorn"},
        {"level": "error", "library": "uvicorn", "exception": "RuntimeError", "place": "-"},
        {"level": "error", "library": "uvicorn", "exception": "OSError", "place": "-"},
    ]
    assert {key for line in lines for key in line} <= set(log_format.KEYS)


def test_text_is_the_default_and_another_form_is_refused() -> None:
    """A wrong value stops the start with a sentence."""
    rows = json.loads(run_cli_in_process("config", "--json").stdout)
    assert rows["DIARY_LOG_FORMAT"] == {"value": "text", "source": "default"}
    result = run_cli_in_process("config", DIARY_LOG_FORMAT="xml")
    assert result.returncode == 1 and "DIARY_LOG_FORMAT is neither text nor json" in result.stderr

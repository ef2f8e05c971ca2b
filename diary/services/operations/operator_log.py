"""The operator's log: what the operator did to an account, when and why.

It is a file in the data folder with one JSON object per line, apart from the event log, which never contains an id. An
operator has to account for such an action, also after the account and its rows are gone. The log contains the account's
random id, and never a username.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from diary.errors import BadRequest
from diary.paths import chown_to_folder_owner

LOG_FILE_NAME: Final = "operator-actions.jsonl"
MAX_REASON_CHARACTERS: Final = 500


def check_reason(reason: str) -> str:
    """Return a reason without surrounding spaces. Raise BadRequest if it cannot be recorded on one line."""
    stripped = reason.strip()
    if not stripped:
        raise BadRequest("Give a reason, for example the date and the sender of the notice.")
    if len(stripped) > MAX_REASON_CHARACTERS:
        raise BadRequest(f"The reason is longer than {MAX_REASON_CHARACTERS} characters.")
    if not stripped.isprintable():
        raise BadRequest("The reason contains a character that cannot be printed. Write it on one line.")
    return stripped


def check_writable(data_folder: Path) -> None:
    """Return if a line can be added. Raise OSError otherwise."""
    os.close(_open_log(data_folder))


def record_action(data_folder: Path, now_ms: int, action: str, account: str, reason: str) -> None:
    """Add a line and wait until it is on the disk. Raise OSError if that fails."""
    at = datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    entry = {"at": at, "action": action, "account": account, "reason": reason}
    line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
    descriptor = _open_log(data_folder)
    try:
        # One write in append mode: lines of two commands at once do not mix.
        if os.write(descriptor, line) != len(line):
            raise OSError("The operator's log could not be written.")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_log(data_folder: Path) -> int:
    """Open the log for adding to it, and create it for the service's user alone. Follow no link."""
    path = data_folder / LOG_FILE_NAME
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    chown_to_folder_owner(path)
    return descriptor

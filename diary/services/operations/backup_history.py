"""What is remembered of running a server: when a backup was last made and when one was last tried.

A small file beside the data, `operating.json`. Of the secrets it holds short digests only, so that `doctor` can say
whether the ones in use are the ones in the newest backup.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from diary.errors import Unavailable
from diary.paths import hand_over
from diary.services.instance import Instance

FILE: Final = "operating.json"
_DAY_MS: Final = 86_400_000
_ANSWER_S: Final = 5


def day_and_time(ms: int) -> str:
    """A moment as it stands in a backup's name, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d-%H%M%S")


def read(data: Path) -> dict[str, Any]:
    """What was noted; {} when nothing was, or it cannot be read."""
    try:
        value = json.loads((data / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def note_backup(data: Path, name: str, at: int, size: int, secrets: Mapping[str, bytes], lost: int) -> None:
    """Note a backup that was made; `secrets` by name, `lost`: how many parts of files were not there to go in."""
    inside = {name: fingerprint(raw) for name, raw in secrets.items()}
    _write(data, read(data) | {"backup": {"at": at, "bytes": size, "inside": inside, "lost": lost, "name": name}})


def note_drill(data: Path, name: str, at: int, made_at: int) -> None:
    """Note that a backup was restored on trial and opened."""
    _write(data, read(data) | {"drill": {"at": at, "made_at": made_at, "name": name}})


def note_disk(data: Path, at: int, free: int) -> None:
    """Note how much room there was; at most one row a day, a month of them."""
    rows = [row for row in read(data).get("disk", []) if at - 31 * _DAY_MS <= row[0] <= at]
    if not rows or at - rows[-1][0] >= _DAY_MS:
        _write(data, read(data) | {"disk": [*rows, [at, free]]})


def fingerprint(secret: bytes) -> str:
    """Enough of a digest to tell secrets apart; they are 32 random bytes and do not follow from it."""
    return hashlib.sha256(b"kept/which-secret\0" + secret).hexdigest()[:16]


def _write(data: Path, value: dict[str, Any]) -> None:
    """Put the file in its place in one step."""
    half = data / (FILE + ".new")
    half.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    half.chmod(0o600)
    hand_over(half)
    half.replace(data / FILE)


async def answers(instance: Instance) -> None:
    """Return when the database answers. Raises Unavailable."""
    try:
        async with asyncio.timeout(_ANSWER_S):
            await instance.db.look("SELECT 1 FROM log_size WHERE id = ?", (0,))
    except TimeoutError:
        raise Unavailable from None

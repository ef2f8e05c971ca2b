"""Records of running a server: the newest backup, the newest drill, and free disk space.

They are in a small file in the data folder, `operating.json`. It contains only short digests of the secrets, so that
`doctor` can check whether the secrets in use are in the newest backup.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from diary.paths import chown_to_folder_owner

HISTORY_FILE_NAME: Final = "operating.json"
_DAY_MS: Final = 86_400_000


def format_backup_time(time_ms: int) -> str:
    """Return a time as in a backup's name, in UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d-%H%M%S")


def read_history(data_dir: Path) -> dict[str, Any]:
    """Return the records, or {} if there are none or the file cannot be read."""
    try:
        value = json.loads((data_dir / HISTORY_FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def record_backup(
    data_dir: Path, name: str, made_at_ms: int, size_bytes: int, secrets: Mapping[str, bytes], missing_part_count: int
) -> None:
    """Record a finished backup. `secrets` is content by name.

    `missing_part_count` is the number of parts of files that could not be backed up.
    """
    fingerprints = {name: secret_fingerprint(raw) for name, raw in secrets.items()}
    _write_history(
        data_dir,
        read_history(data_dir)
        | {
            "backup": {
                "at": made_at_ms,
                "bytes": size_bytes,
                "inside": fingerprints,
                "lost": missing_part_count,
                "name": name,
            }
        },
    )


def find_repository(data_dir: Path, folder: Path) -> tuple[int, str] | None:
    """Return the number and the digest (hex) of the newest backup that this server made in a folder of backups."""
    row = read_history(data_dir).get("repositories", {}).get(str(folder.resolve()))
    return (int(row["number"]), str(row["digest"])) if row else None


def record_repository(data_dir: Path, folder: Path, number: int, digest: str) -> None:
    """Record the newest backup in a folder of backups, so that an older state of the folder is noticed."""
    history = read_history(data_dir)
    repositories = history.get("repositories", {}) | {str(folder.resolve()): {"number": number, "digest": digest}}
    _write_history(data_dir, history | {"repositories": repositories})


def record_drill(data_dir: Path, name: str, drilled_at_ms: int, backup_made_at_ms: int) -> None:
    """Record that a backup was restored and opened in a drill."""
    _write_history(
        data_dir, read_history(data_dir) | {"drill": {"at": drilled_at_ms, "made_at": backup_made_at_ms, "name": name}}
    )


def record_free_space(data_dir: Path, now_ms: int, available_bytes: int) -> None:
    """Record the free disk space, at most once a day. Keep the records of 31 days."""
    rows = [row for row in read_history(data_dir).get("disk", []) if now_ms - 31 * _DAY_MS <= row[0] <= now_ms]
    if not rows or now_ms - rows[-1][0] >= _DAY_MS:
        _write_history(data_dir, read_history(data_dir) | {"disk": [*rows, [now_ms, available_bytes]]})


def secret_fingerprint(secret: bytes) -> str:
    """Return a short digest that distinguishes secrets. It does not reveal a secret of 32 random bytes."""
    return hashlib.sha256(b"kept/which-secret\0" + secret).hexdigest()[:16]


def _write_history(data_dir: Path, history: dict[str, Any]) -> None:
    """Replace the file atomically."""
    temporary_path = data_dir / (HISTORY_FILE_NAME + ".new")
    temporary_path.write_text(json.dumps(history, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    temporary_path.chmod(0o600)
    chown_to_folder_owner(temporary_path)
    temporary_path.replace(data_dir / HISTORY_FILE_NAME)

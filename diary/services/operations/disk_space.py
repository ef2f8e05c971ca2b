"""Room on the server's own disks.

[Note: the last of the disk] On a full disk nobody can write a word, or even sign in: each takes a row of the database. So
files and new accounts stop while there is room left (`DIARY_MIN_FREE_BYTES`), and what is left is for words, signing in and
fetching. Both disks count, that of the sealed files and that of the data folder; what lies in a bucket or in PostgreSQL is
not on a disk that can be looked at from here.
"""

import shutil
from pathlib import Path
from typing import Final

from diary.config import Settings
from diary.errors import Unavailable

LEAST_BYTES: Final = 1 << 30
LEAST_SHARE: Final = 20
NO_FILES: Final = (
    "This server has no room left for files just now. Words still fit. "
    "Your files are safe on your phone; try again later."
)
NO_ACCOUNTS: Final = (
    "This server has no room left for new diaries just now. Nothing was lost. "
    "Try again later, or choose another server."
)


class Disk:
    """The disks that a server writes to."""

    def __init__(self, settings: Settings, store: Path | None) -> None:
        """`store`: the folder of the sealed files; None where they are not in a folder."""
        self._folders = tuple(dict.fromkeys(folder for folder in (store, settings.data) if folder))
        self._least = settings.min_free_bytes

    def spare(self) -> int:
        """Bytes of the fullest disk above what is to stay free; below 0 when there are fewer. What cannot be asked has room."""
        spare = []
        for folder in self._folders:
            try:
                usage = shutil.disk_usage(folder)
            except OSError:
                continue  # writing to it will fail, and says so
            least = max(LEAST_BYTES, usage.total // LEAST_SHARE) if self._least is None else self._least
            spare.append(usage.free - least)
        return min(spare, default=1 << 62)

    def refusal(self, size: int) -> str:
        """Why `size` bytes of a file are not taken now; '' when they are."""
        return NO_FILES if self.spare() < size else ""

    def admit_account(self) -> None:
        """Return when a new account may begin. Raises Unavailable."""
        if self.spare() < 0:
            raise Unavailable(NO_ACCOUNTS)

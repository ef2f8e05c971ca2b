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

MIN_FREE_BYTES: Final = 1 << 30
MIN_FREE_DIVISOR: Final = 20
NO_ROOM_FOR_FILES_MESSAGE: Final = (
    "This server has no room left for files just now. Words still fit. "
    "Your files are safe on your phone; try again later."
)
NO_ROOM_FOR_ACCOUNTS_MESSAGE: Final = (
    "This server has no room left for new diaries just now. Nothing was lost. "
    "Try again later, or choose another server."
)


class DiskSpace:
    """The disks that a server writes to."""

    def __init__(self, settings: Settings, blob_folder: Path | None) -> None:
        """`store`: the folder of the sealed files; None where they are not in a folder."""
        self._folders = tuple(dict.fromkeys(folder for folder in (blob_folder, settings.data) if folder))
        self._configured_min_free_bytes = settings.min_free_bytes

    def spare_bytes(self) -> int:
        """Bytes of the fullest disk above what is to stay free; below 0 when there are fewer. What cannot be asked has room."""
        spare_by_folder = []
        for folder in self._folders:
            try:
                usage = shutil.disk_usage(folder)
            except OSError:
                continue  # writing to it will fail, and says so
            min_free_bytes = (
                max(MIN_FREE_BYTES, usage.total // MIN_FREE_DIVISOR)
                if self._configured_min_free_bytes is None
                else self._configured_min_free_bytes
            )
            spare_by_folder.append(usage.free - min_free_bytes)
        return min(spare_by_folder, default=1 << 62)

    def refusal_message(self, size_bytes: int) -> str:
        """Why `size` bytes of a file are not taken now; '' when they are."""
        return NO_ROOM_FOR_FILES_MESSAGE if self.spare_bytes() < size_bytes else ""

    def check_room_for_account(self) -> None:
        """Return when a new account may begin. Raises Unavailable."""
        if self.spare_bytes() < 0:
            raise Unavailable(NO_ROOM_FOR_ACCOUNTS_MESSAGE)

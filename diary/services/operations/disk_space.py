"""Free space on the server's own disks.

[Note: disk space kept free] On a full disk nobody can write text or even sign in, because each takes a row in the
database. So files and new accounts are refused while there is still some space (`DIARY_MIN_FREE_BYTES`), which is kept
for text, sign-in and fetching. The disks of the sealed files and of the data folder are checked. An object store and
PostgreSQL are not: their disks cannot be measured from here.
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
        """Store the folders to check. `blob_folder` is None if the sealed files are not in a folder."""
        self._folders = tuple(dict.fromkeys(folder for folder in (blob_folder, settings.data) if folder))
        self._configured_min_free_bytes = settings.min_free_bytes

    def spare_bytes(self) -> int:
        """Return the free bytes above the reserve, on the disk that has fewest. Negative if the reserve is in use.

        A disk that cannot be measured does not count.
        """
        spare_by_folder = []
        for folder in self._folders:
            try:
                usage = shutil.disk_usage(folder)
            except OSError:
                continue  # writing to it will fail with its own error
            min_free_bytes = (
                max(MIN_FREE_BYTES, usage.total // MIN_FREE_DIVISOR)
                if self._configured_min_free_bytes is None
                else self._configured_min_free_bytes
            )
            spare_by_folder.append(usage.free - min_free_bytes)
        return min(spare_by_folder, default=1 << 62)

    def refusal_message(self, size_bytes: int) -> str:
        """Return why a file of `size_bytes` is refused now, or '' if it is accepted."""
        return NO_ROOM_FOR_FILES_MESSAGE if self.spare_bytes() < size_bytes else ""

    def check_room_for_account(self) -> None:
        """Raise Unavailable if there is no room for a new account."""
        if self.spare_bytes() < 0:
            raise Unavailable(NO_ROOM_FOR_ACCOUNTS_MESSAGE)

"""Free space on the server's own disks.

[Note: disk space kept free] On a full disk nobody can write text or even sign in, because each takes a row in the
database. So files and new accounts are refused while there is still some space (`DIARY_MIN_FREE_BYTES`), which is kept
for text, sign-in and fetching. The disks of the sealed files and of the data folder are checked. An object store and
PostgreSQL are not: their disks cannot be measured from here.
"""

import shutil
from contextlib import suppress
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
        places = {"files": blob_folder, "data": settings.data}
        self._folders = {place: folder for place, folder in places.items() if folder}
        self._configured_min_free_bytes = settings.min_free_bytes

    def spare_bytes(self) -> int:
        """Return the free bytes above the reserve, on the disk that has fewest. Negative if the reserve is in use.

        A disk that cannot be measured does not count.
        """
        spare_by_folder = []
        for usage in self._measure().values():
            min_free_bytes = (
                max(MIN_FREE_BYTES, usage.total // MIN_FREE_DIVISOR)
                if self._configured_min_free_bytes is None
                else self._configured_min_free_bytes
            )
            spare_by_folder.append(usage.free - min_free_bytes)
        return min(spare_by_folder, default=1 << 62)

    def free_bytes_by_place(self) -> dict[str, int]:
        """Return the free bytes on the disk of `data` and, if they are in a folder, of `files`."""
        return {place: usage.free for place, usage in self._measure().items()}

    def _measure(self) -> "dict[str, shutil._ntuple_diskusage]":
        """Return the use of each place's disk. Writing to a disk that cannot be measured fails with its own error."""
        usages = {}
        for place, folder in self._folders.items():
            with suppress(OSError):
                usages[place] = shutil.disk_usage(folder)
        return usages

    def refusal_message(self, size_bytes: int) -> str:
        """Return why a file of `size_bytes` is refused now, or '' if it is accepted."""
        return NO_ROOM_FOR_FILES_MESSAGE if self.spare_bytes() < size_bytes else ""

    def check_room_for_account(self) -> None:
        """Raise Unavailable if there is no room for a new account."""
        if self.spare_bytes() < 0:
            raise Unavailable(NO_ROOM_FOR_ACCOUNTS_MESSAGE)

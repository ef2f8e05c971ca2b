"""Work folders of backups and restores, and removal of those left by a killed process.

A lock on a folder shows whether its process is still running.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

WORK_DIR_PREFIX: Final = ".work-"


@contextmanager
def temporary_work_dir(data_dir: Path) -> Iterator[Path]:
    """Create a work folder in the data folder and remove it afterwards.

    A copy of the database must not be on another disk.
    """
    remove_abandoned(data_dir, WORK_DIR_PREFIX + "*")
    with tempfile.TemporaryDirectory(prefix=WORK_DIR_PREFIX, dir=data_dir) as name, exclusive_lock(Path(name)):
        yield Path(name)


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Lock a file or folder for the length of the block. Raise OSError if another process has locked it."""
    file_descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(file_descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(file_descriptor)


def remove_abandoned(folder: Path, pattern: str) -> None:
    """Remove files and folders that a killed process left behind. Otherwise erased content would remain in them."""
    for abandoned in folder.glob(pattern):
        with suppress(OSError), exclusive_lock(abandoned):
            shutil.rmtree(abandoned) if abandoned.is_dir() else abandoned.unlink()

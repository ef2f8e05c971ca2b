"""Where a backup or a restore works, and what one left that was killed. A lock on it tells whether its process lives."""

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
    """A folder beside the data, gone afterwards: a copy of the database must not lie on another disk."""
    remove_abandoned(data_dir, WORK_DIR_PREFIX + "*")
    with tempfile.TemporaryDirectory(prefix=WORK_DIR_PREFIX, dir=data_dir) as name, exclusive_lock(Path(name)):
        yield Path(name)


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Keep a file or folder to ourselves. Raises OSError when a process that still lives has it."""
    file_descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(file_descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(file_descriptor)


def remove_abandoned(folder: Path, pattern: str) -> None:
    """Remove what a process left behind that was killed: what is erased for good meanwhile would stay in it for ever."""
    for abandoned in folder.glob(pattern):
        with suppress(OSError), exclusive_lock(abandoned):
            shutil.rmtree(abandoned) if abandoned.is_dir() else abandoned.unlink()

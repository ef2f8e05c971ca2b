"""Where a backup or a restore works, and what one left that was killed. A lock on it tells whether its process lives."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

WORK: Final = ".work-"


@contextmanager
def workplace(data: Path) -> Iterator[Path]:
    """A folder beside the data, gone afterwards: a copy of the database must not lie on another disk."""
    sweep(data, WORK + "*")
    with tempfile.TemporaryDirectory(prefix=WORK, dir=data) as name, held(Path(name)):
        yield Path(name)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep a file or folder to ourselves. Raises OSError when a process that still lives has it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def sweep(folder: Path, pattern: str) -> None:
    """Remove what a process left behind that was killed: what is erased for good meanwhile would stay in it for ever."""
    for left in folder.glob(pattern):
        with suppress(OSError), held(left):
            shutil.rmtree(left) if left.is_dir() else left.unlink()

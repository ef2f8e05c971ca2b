"""How much memory a program and everything it started hold together, looked at twenty times a second."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PAUSE = 0.05


@dataclass
class Peak:
    """The most so far, in MB: what is shared between processes is counted once."""

    mb: float = 0.0


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += map(int, task.read_text().split())
            except OSError:
                continue  # ended meanwhile
    return found


def held(pid: int) -> float:
    """MB of a process and all below it now."""
    kib = 0
    for one in tree(pid):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # ended meanwhile
        kib += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return kib / 1024


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """The most that `pid` and all below it hold while this is open."""
    peak, over = Peak(), threading.Event()

    def look() -> None:
        while not over.wait(PAUSE):
            peak.mb = max(peak.mb, held(pid))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()

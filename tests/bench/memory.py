"""How much memory a program and everything it started hold together, looked at twenty times a second."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PAUSE = 0.05


@dataclass
class Peak:
    """The most so far, in MB. `mb`: all together, what they share counted once; `largest`: one process alone."""

    mb: float = 0.0
    largest: float = 0.0


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


def held(pid: int) -> tuple[float, float]:
    """MB of a process and all below it now, and of the largest of them."""
    together, largest = 0, 0
    for one in tree(pid):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # ended meanwhile
        found = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
        together += found.get("Pss", 0)
        largest = max(largest, found.get("Rss", 0))
    return together / 1024, largest / 1024


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """The most that `pid` and all below it hold while this is open."""
    peak, over = Peak(), threading.Event()

    def look() -> None:
        while not over.wait(PAUSE):
            together, largest = held(pid)
            peak.mb, peak.largest = max(peak.mb, together), max(peak.largest, largest)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()

"""How much memory a program and everything it started hold together, looked at twenty times a second."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SAMPLE_PAUSE_SECONDS = 0.05


@dataclass
class PeakMemory:
    """The most so far, in MB. `mb`: all together, what they share counted once; `largest`: one process alone."""

    total_mb: float = 0.0
    largest_process_mb: float = 0.0


def process_tree(pid: int) -> list[int]:
    """A process and all below it."""
    pids, pending = [], [pid]
    while pending:
        process = pending.pop()
        pids.append(process)
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                pending += map(int, task.read_text().split())
            except OSError:
                continue  # ended meanwhile
    return pids


def memory_used(pid: int) -> tuple[float, float]:
    """MB of a process and all below it now, and of the largest of them."""
    total, largest = 0, 0
    for process in process_tree(pid):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # ended meanwhile
        fields = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
        total += fields.get("Pss", 0)
        largest = max(largest, fields.get("Rss", 0))
    return total / 1024, largest / 1024


@contextmanager
def watch_memory(pid: int) -> Iterator[PeakMemory]:
    """The most that `pid` and all below it hold while this is open."""
    peak, stopped = PeakMemory(), threading.Event()

    def sample() -> None:
        while not stopped.wait(SAMPLE_PAUSE_SECONDS):
            together, largest = memory_used(pid)
            peak.total_mb, peak.largest_process_mb = max(peak.total_mb, together), max(peak.largest_process_mb, largest)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peak
    finally:
        stopped.set()
        thread.join()

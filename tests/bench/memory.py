"""Memory of a process and all its descendants, sampled twenty times a second."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SAMPLE_PAUSE_SECONDS = 0.05


@dataclass
class PeakMemory:
    """Peak so far, in MB: of all processes, and of the largest. A page that n processes share counts 1/n in each."""

    total_mb: float = 0.0
    largest_process_mb: float = 0.0


def process_tree(pid: int) -> list[int]:
    """Return the ids of a process and all its descendants."""
    pids, pending = [], [pid]
    while pending:
        process = pending.pop()
        pids.append(process)
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                pending += map(int, task.read_text().split())
            except OSError:
                continue  # the process has exited
    return pids


def memory_used(pid: int) -> tuple[float, float]:
    """Return the current MB of a process and its descendants, and of the largest of them."""
    total, largest = 0, 0
    for process in process_tree(pid):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # the process has exited
        fields = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
        total += fields.get("Pss", 0)
        largest = max(largest, fields.get("Pss", 0))
    return total / 1024, largest / 1024


@contextmanager
def watch_memory(pid: int) -> Iterator[PeakMemory]:
    """Sample the memory of `pid` and its descendants within the block, and yield the peak."""
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

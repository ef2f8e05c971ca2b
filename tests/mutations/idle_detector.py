"""Tells a program that waits for what will never come from one that is only slow because the machine is busy."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

# What has hardly run or waited for a processor for so long waits for ever: no test and no server needs so long for an answer.
# Timers of a server that nobody asks take a tenth of this.
IDLE_SECONDS: Final = 30.0
MINIMUM_WANTED_SECONDS: Final = 1.0
CHECK_INTERVAL_SECONDS: Final = 5.0


class IdleDetector:
    """Watches a process group, and the children of another process beside it."""

    def __init__(self, group: int, parent: int = 0, *, wanted_s: Callable[[int, int], float] | None = None) -> None:
        """Begin to watch. `wanted_s` (for tests) says how many seconds of the processor they have wanted so far."""
        self.group, self.parent = group, parent
        self._read_wanted = wanted_s or processor_seconds_wanted
        self._last_wanted, self._idle_since = self._read_wanted(group, parent), time.monotonic()

    def is_over(self, now: float | None = None) -> bool:
        """Whether they have wanted no processor for IDLE_S seconds. Ask every LOOK_EVERY_S."""
        now = time.monotonic() if now is None else now
        wanted_s = self._read_wanted(self.group, self.parent)
        # It also falls, where one of them has ended.
        if abs(wanted_s - self._last_wanted) > MINIMUM_WANTED_SECONDS:
            self._last_wanted, self._idle_since = wanted_s, now
        return now - self._idle_since > IDLE_SECONDS


def processor_seconds_wanted(group: int, parent: int) -> float:
    """Seconds for which the processes ran, or stood in the queue for a processor."""
    return sum(_process_seconds(path) for path in _stat_paths(group, parent))


def _stat_paths(group: int, parent: int) -> Iterator[Path]:
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            _state, above, own, *_ = (
                (path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            )
            if int(own) == group or int(above) == parent != 0:
                yield path


def _process_seconds(path: Path) -> float:
    nanoseconds = 0
    for task in path.glob("task/*/schedstat"):
        with contextlib.suppress(OSError):
            run, queued, _slices = task.read_text(encoding="ascii").split()
            nanoseconds += int(run) + int(queued)
    return nanoseconds / 1e9

"""Detector of processes that wait for ever, as opposed to slow ones on a busy machine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

# A process that needs almost no processor time for so long is stuck: no test and no server takes so long to answer. An
# idle server's timers use a tenth of this.
IDLE_SECONDS: Final = 30.0
MINIMUM_WANTED_SECONDS: Final = 1.0
CHECK_INTERVAL_SECONDS: Final = 5.0


class IdleDetector:
    """Monitor of a process group, and of the children of another process."""

    def __init__(self, group: int, parent: int = 0, *, wanted_s: Callable[[int, int], float] | None = None) -> None:
        """Start monitoring. `wanted_s` (for tests) returns the processor seconds requested so far."""
        self.group, self.parent = group, parent
        self._read_wanted = wanted_s or processor_seconds_wanted
        self._last_wanted, self._idle_since = self._read_wanted(group, parent), time.monotonic()

    def is_over(self, now: float | None = None) -> bool:
        """Return whether no processor time was requested for IDLE_SECONDS. Call this regularly."""
        now = time.monotonic() if now is None else now
        wanted_s = self._read_wanted(self.group, self.parent)
        # The sum also falls when one of the processes ends.
        if abs(wanted_s - self._last_wanted) > MINIMUM_WANTED_SECONDS:
            self._last_wanted, self._idle_since = wanted_s, now
        return now - self._idle_since > IDLE_SECONDS


def processor_seconds_wanted(group: int, parent: int) -> float:
    """Return the seconds for which the processes ran or were queued for a processor."""
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
    with contextlib.suppress(OSError):  # the process has exited
        for task in path.glob("task/*/schedstat"):
            run, queued, _slices = task.read_text(encoding="ascii").split()
            nanoseconds += int(run) + int(queued)
    return nanoseconds / 1e9

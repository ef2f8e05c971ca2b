"""Tells a program that waits for what will never come from one that is only slow because the machine is busy."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

# What has hardly run or waited for a processor for so long waits for ever: no test and no server needs so long for an answer.
# Timers of a server that nobody asks take a tenth of this.
IDLE_S: Final = 30.0
LEAST_S: Final = 1.0
LOOK_EVERY_S: Final = 5.0


class Idle:
    """Watches a process group, and the children of another process beside it."""

    def __init__(self, group: int, parent: int = 0, *, wanted_s: Callable[[int, int], float] | None = None) -> None:
        """Begin to watch. `wanted_s` (for tests) says how many seconds of the processor they have wanted so far."""
        self.group, self.parent = group, parent
        self._ask = wanted_s or wanted
        self._last, self._since = self._ask(group, parent), time.monotonic()

    def is_over(self, now: float | None = None) -> bool:
        """Whether they have wanted no processor for IDLE_S seconds. Ask every LOOK_EVERY_S."""
        now = time.monotonic() if now is None else now
        wanted_s = self._ask(self.group, self.parent)
        # It also falls, where one of them has ended.
        if abs(wanted_s - self._last) > LEAST_S:
            self._last, self._since = wanted_s, now
        return now - self._since > IDLE_S


def wanted(group: int, parent: int) -> float:
    """Seconds for which the processes ran, or stood in the queue for a processor."""
    return sum(_of_process(path) for path in _processes(group, parent))


def _processes(group: int, parent: int) -> Iterator[Path]:
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            _state, above, own, *_ = (
                (path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            )
            if int(own) == group or int(above) == parent != 0:
                yield path


def _of_process(path: Path) -> float:
    found = 0
    for one in path.glob("task/*/schedstat"):
        with contextlib.suppress(OSError):
            run, queued, _slices = one.read_text(encoding="ascii").split()
            found += int(run) + int(queued)
    return found / 1e9

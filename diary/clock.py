"""Clocks. No other module reads the time."""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Source of the current time."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970-01-01T00:00:00Z."""
        ...


class SystemClock:
    """The computer's clock."""

    def now_ms(self) -> int:
        """Return milliseconds UTC; the value falls when the computer's clock is set back."""
        return time.time_ns() // 1_000_000


@dataclass
class FixedClock:
    """Clock that changes only when it is set; for tests and the demo."""

    ms: int

    def now_ms(self) -> int:
        """Return the time that was set."""
        return self.ms

    def advance(self, duration_ms: int) -> None:
        """Move the clock forward by `duration_ms` milliseconds."""
        self.ms += duration_ms

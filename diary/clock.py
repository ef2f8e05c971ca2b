"""The only place that asks what time it is."""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Whatever can say the time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now_ms(self) -> int:
        """Milliseconds UTC; may go backwards when the computer's clock is set."""
        return time.time_ns() // 1_000_000


@dataclass
class FixedClock:
    """A clock that stands still until it is told to move; for tests and the demo."""

    ms: int

    def now_ms(self) -> int:
        """The time it was set to."""
        return self.ms

    def advance(self, duration_ms: int) -> None:
        """Move on by `ms` milliseconds."""
        self.ms += duration_ms

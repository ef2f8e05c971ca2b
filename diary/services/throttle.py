"""Guessing is slow for everybody else and never locks the keeper out.

[Note: device cookies] Failures are counted for each account name, known or not. A device that has signed in
to the account before carries a token and is counted by itself: whoever guesses from elsewhere uses up the
shared count, not hers. Counts live in memory, are kept for an hour and never written down.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

from diary.clock import Clock
from diary.errors import TryLater

FAILURES: Final = 10
WINDOW_MS: Final = 3_600_000
FIRST_WAIT: Final = 60
LONGEST_WAIT: Final = 900
NAMES_LIMIT: Final = 100_000


class _Count:
    """Times of the failures of the last hour, and refusals since."""

    __slots__ = ("refused", "times")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.refused = 0


class Throttle:
    """At most ten failures an hour for each key."""

    def __init__(self, clock: Clock) -> None:
        """Count by this clock."""
        self._clock = clock
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()

    def enter(self, key: Hashable) -> int:
        """Take one try; it counts as failed until `leave` is called with the number returned here.

        Counting first means that many tries sent at once are not all let through. Raises TryLater when there
        were ten failures within the hour; how long to wait doubles with each refusal up to 15 minutes.
        """
        now = self._clock.now_ms()
        count = self._counts.setdefault(key, _Count())
        self._counts.move_to_end(key)
        if len(self._counts) > NAMES_LIMIT:
            self._counts.popitem(last=False)
        count.times = [time for time in count.times if now - WINDOW_MS < time <= now]
        if len(count.times) >= FAILURES:
            wait = min(FIRST_WAIT << min(count.refused, 10), LONGEST_WAIT)
            count.refused += 1
            free_in = -(-(count.times[0] + WINDOW_MS - now) // 1000)
            raise TryLater(min(wait, free_in))
        count.refused = 0
        count.times.append(now)
        return now

    def leave(self, key: Hashable, entered: int) -> None:
        """A try turned out well and no longer counts."""
        count = self._counts.get(key)
        if count and entered in count.times:
            count.times.remove(entered)

"""Guessing is slow for everybody else and never locks the keeper out.

[Note: who is counted] Wrong words are counted by sign-in name and network together, and by name over all networks, whether
or not there is such a name. A device that has signed in to the account before carries a token, and is counted by that token
and its network: guesses from elsewhere do not reach its count. Proofs inside a session are counted in the session's own row
(sign_in_proofs.py), and the recovery code is not counted at all. Counts live in memory (of Redis, where workers share them),
are kept for an hour and never written down.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from diary.clock import Clock
from diary.errors import KeptError, TryLater

FAILURES: Final = 10
# By name over all networks: a guesser with many networks is stopped here, and keeps a new device out for as long as they go on.
FAILURES_BY_NAME: Final = 100
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


class Guard(Protocol):
    """What counts wrong guesses, here or for several workers (services/operations/redis_limits.py)."""

    async def enter(self, key: Hashable, most: int = FAILURES) -> object:
        """Take one try out of `most` an hour. Raises TryLater."""
        ...

    async def leave(self, key: Hashable, entered: object) -> None:
        """A try turned out well."""
        ...


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `most` failures an hour under `key`."""

    key: Hashable
    most: int = FAILURES


@asynccontextmanager
async def counted(guard: Guard, *bounds: Bound) -> AsyncIterator[None]:
    """Count a try under every bound at once; when the block raises, it stays counted as a failure.

    Raises TryLater when one of the bounds is reached; then nothing is counted under the others.
    """
    entered: list[tuple[Hashable, object]] = []
    try:
        for bound in bounds:
            entered.append((bound.key, await guard.enter(bound.key, bound.most)))
    except KeptError:
        for key, one in entered:
            await guard.leave(key, one)
        raise
    yield
    for key, one in entered:
        await guard.leave(key, one)


class Throttle:
    """At most so many failures an hour for each key."""

    def __init__(self, clock: Clock) -> None:
        """Count by this clock."""
        self._clock = clock
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()

    async def enter(self, key: Hashable, most: int = FAILURES) -> object:
        """Take one try; it counts as failed until `leave` is called with what is returned here.

        Counting first means that many tries sent at once are not all let through. Raises TryLater when there
        were `most` failures within the hour; how long to wait doubles with each refusal up to 15 minutes.
        """
        now = self._clock.now_ms()
        count = self._counts.setdefault(key, _Count())
        self._counts.move_to_end(key)
        if len(self._counts) > NAMES_LIMIT:
            self._counts.popitem(last=False)
        count.times = [time for time in count.times if now - WINDOW_MS < time <= now]
        if len(count.times) >= most:
            count.refused += 1
            raise TryLater(wait_of(count.refused - 1, count.times[0], now))
        count.refused = 0
        count.times.append(now)
        return now

    async def leave(self, key: Hashable, entered: object) -> None:
        """A try turned out well and no longer counts."""
        count = self._counts.get(key)
        if count and entered in count.times:
            count.times.remove(entered)


def wait_of(refused: int, first: int, now: int) -> int:
    """Seconds to wait after `refused` refusals in a row, when the oldest failure that counts was at `first` ms."""
    wait = min(FIRST_WAIT << min(refused, 10), LONGEST_WAIT)
    return min(wait, -(-(first + WINDOW_MS - now) // 1000))

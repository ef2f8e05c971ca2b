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
from diary.errors import KeptError, TooManyRequests

FAILURES_LIMIT: Final = 10
# By name over all networks: a guesser with many networks is stopped here, and keeps a new device out for as long as they go on.
FAILURES_PER_NAME_LIMIT: Final = 100
FAILURE_WINDOW_MS: Final = 3_600_000
FIRST_WAIT_SECONDS: Final = 60
MAX_WAIT_SECONDS: Final = 900
TRACKED_KEYS_LIMIT: Final = 100_000


class _FailureRecord:
    """Times of the failures of the last hour, and refusals since."""

    __slots__ = ("refused", "times")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.refused = 0


class FailureThrottle(Protocol):
    """What counts wrong guesses, here or for several workers (services/operations/redis_limits.py)."""

    async def begin_attempt(self, key: Hashable, limit: int = FAILURES_LIMIT) -> object:
        """Take one try out of `most` an hour. Raises TryLater."""
        ...

    async def forgive_attempt(self, key: Hashable, attempt: object) -> None:
        """A try turned out well."""
        ...


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """At most `most` failures an hour under `key`."""

    key: Hashable
    limit: int = FAILURES_LIMIT


@asynccontextmanager
async def limit_attempts(throttle: FailureThrottle, *limits: AttemptLimit) -> AsyncIterator[None]:
    """Count a try under every bound at once; when the block raises, it stays counted as a failure.

    Raises TryLater when one of the bounds is reached; then nothing is counted under the others.
    """
    attempts: list[tuple[Hashable, object]] = []
    try:
        for limit in limits:
            attempts.append((limit.key, await throttle.begin_attempt(limit.key, limit.limit)))
    except KeptError:
        for key, attempt in attempts:
            await throttle.forgive_attempt(key, attempt)
        raise
    yield
    for key, attempt in attempts:
        await throttle.forgive_attempt(key, attempt)


class MemoryFailureThrottle:
    """At most so many failures an hour for each key."""

    def __init__(self, clock: Clock) -> None:
        """Count by this clock."""
        self._clock = clock
        self._failures: OrderedDict[Hashable, _FailureRecord] = OrderedDict()

    async def begin_attempt(self, key: Hashable, limit: int = FAILURES_LIMIT) -> object:
        """Take one try; it counts as failed until `leave` is called with what is returned here.

        Counting first means that many tries sent at once are not all let through. Raises TryLater when there
        were `most` failures within the hour; how long to wait doubles with each refusal up to 15 minutes.
        """
        now = self._clock.now_ms()
        failures = self._failures.setdefault(key, _FailureRecord())
        self._failures.move_to_end(key)
        if len(self._failures) > TRACKED_KEYS_LIMIT:
            self._failures.popitem(last=False)
        failures.times = [time for time in failures.times if now - FAILURE_WINDOW_MS < time <= now]
        if len(failures.times) >= limit:
            failures.refused += 1
            raise TooManyRequests(wait_seconds(failures.refused - 1, failures.times[0], now))
        failures.refused = 0
        failures.times.append(now)
        return now

    async def forgive_attempt(self, key: Hashable, attempt: object) -> None:
        """A try turned out well and no longer counts."""
        failures = self._failures.get(key)
        if failures and attempt in failures.times:
            failures.times.remove(attempt)


def wait_seconds(refusal_count: int, oldest_failure_ms: int, now_ms: int) -> int:
    """Seconds to wait after `refused` refusals in a row, when the oldest failure that counts was at `first` ms."""
    wait = min(FIRST_WAIT_SECONDS << min(refusal_count, 10), MAX_WAIT_SECONDS)
    return min(wait, -(-(oldest_failure_ms + FAILURE_WINDOW_MS - now_ms) // 1000))

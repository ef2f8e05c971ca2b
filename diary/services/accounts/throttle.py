"""Throttling of guesses, which slows attackers and never locks the keeper out.

[Note: what is counted] Wrong words are counted by username and network together, and by name over all networks,
whether or not the name exists. A device that has signed in to the account before has a token, and is counted by that
token and its network: guesses from elsewhere do not affect its count. Proofs inside a session are counted in the
session's own row (sign_in_proofs.py), and the recovery code is not counted. Counts are kept in memory (in Redis, if
several workers share them) for an hour and never written to disk.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from diary.clock import Clock
from diary.errors import KeptError, TooManyRequests

FAILURES_LIMIT: Final = 10
# By name over all networks. Guesses from many networks reach it, and block new devices for as long as they continue.
FAILURES_PER_NAME_LIMIT: Final = 100
FAILURE_WINDOW_MS: Final = 3_600_000
FIRST_WAIT_SECONDS: Final = 60
MAX_WAIT_SECONDS: Final = 900
TRACKED_KEYS_LIMIT: Final = 100_000


class _FailureRecord:
    """Times of the last hour's failures, and the number of refusals in a row."""

    __slots__ = ("refused", "times")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.refused = 0


class FailureThrottle(Protocol):
    """Counter of wrong guesses, in memory or shared by several workers (services/operations/redis_limits.py)."""

    async def begin_attempt(self, key: Hashable, limit: int = FAILURES_LIMIT) -> object:
        """Count one attempt. Raise TooManyRequests above `limit` an hour."""
        ...

    async def forgive_attempt(self, key: Hashable, attempt: object) -> None:
        """Remove a successful attempt from the count."""
        ...


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """Limit of failures per hour for one key."""

    key: Hashable
    limit: int = FAILURES_LIMIT


@asynccontextmanager
async def limit_attempts(throttle: FailureThrottle, *limits: AttemptLimit) -> AsyncIterator[None]:
    """Count an attempt under every limit. It remains counted as a failure if the block raises.

    Raise TooManyRequests if a limit is reached; then nothing is counted under the others.
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
    """Limit of failures per hour for each key, in this process's memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[Hashable, _FailureRecord] = OrderedDict()

    async def begin_attempt(self, key: Hashable, limit: int = FAILURES_LIMIT) -> object:
        """Count an attempt as failed, and return the handle for `forgive_attempt`.

        Raise TooManyRequests after `limit` failures within the hour. The wait doubles with each refusal, up to 15
        minutes. Counting first limits concurrent attempts too.
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
        """Remove a successful attempt from the count."""
        failures = self._failures.get(key)
        if failures and attempt in failures.times:
            failures.times.remove(attempt)


def wait_seconds(refusal_count: int, oldest_failure_ms: int, now_ms: int) -> int:
    """Return the seconds to wait after `refusal_count` refusals in a row.

    `oldest_failure_ms` is the time of the oldest failure within the window.
    """
    wait = min(FIRST_WAIT_SECONDS << min(refusal_count, 10), MAX_WAIT_SECONDS)
    return min(wait, -(-(oldest_failure_ms + FAILURE_WINDOW_MS - now_ms) // 1000))

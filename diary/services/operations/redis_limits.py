"""Counts that several workers share in Redis: requests, and wrong guesses.

[Note: Redis unreachable] Request limits protect the server from load; without Redis each worker counts its own
requests. Limits of wrong guesses protect the keeper; without Redis nobody can sign in, because an attacker who
interrupts the connection must not gain free guesses. Devices that are signed in are not affected.
"""

import hashlib
import secrets
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Any, Final

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

from diary.clock import Clock
from diary.errors import TooManyRequests, Unavailable
from diary.services.accounts.throttle import FAILURE_WINDOW_MS, FAILURES_LIMIT, wait_seconds

KEY_PREFIX: Final = "kept"
REDIS_TIMEOUT_SECONDS: Final = 2.0
# Hosts' clocks differ slightly. A failure further in the future dates from before a clock was set back.
MAX_CLOCK_SKEW_MS: Final = 60_000
_BEGIN_ATTEMPT_SCRIPT: Final = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1] - ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. (ARGV[1] + ARGV[5]), '+inf')
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  local refused = redis.call('INCR', KEYS[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
  return {refused, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]}
end
redis.call('DEL', KEYS[2])
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {0, '0'}
"""


class RedisRequestCounter:
    """Counter of requests per minute in Redis."""

    def __init__(self, pool: Any) -> None:
        """Use connections of `pool`. The first one is opened at the first count."""
        storage = RedisStorage(
            "async+redis://pool:6379", implementation="redispy", key_prefix=KEY_PREFIX, connection_pool=pool
        )
        self._limiter = FixedWindowRateLimiter(storage)
        self._redis = Redis(connection_pool=pool)

    async def hit(self, per_minute: int, *names: str) -> bool | None:
        """Count a request. Return False above the limit, None if Redis does not respond."""
        try:
            return await self._limiter.hit(RateLimitItemPerMinute(per_minute), *names)
        except (RedisError, OSError, TimeoutError):
            return None

    async def check_responds(self) -> None:
        """Return if Redis responds. Raise Unavailable otherwise."""
        try:
            await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            raise Unavailable from None


class RedisFailureThrottle:
    """FailureThrottle shared by several workers; see [Note: what is counted] in accounts/throttle.py."""

    def __init__(self, clock: Clock, redis: Any) -> None:
        self._clock = clock
        self._begin_attempt_script = redis.register_script(_BEGIN_ATTEMPT_SCRIPT)
        self._redis = redis

    async def begin_attempt(self, key: Hashable, limit: int = FAILURES_LIMIT) -> str:
        """Count an attempt as failed, and return the handle for `forgive_attempt`.

        Raise TooManyRequests after `limit` failures within the hour, and Unavailable if Redis does not respond.
        """
        now = self._clock.now_ms()
        attempt = f"{now}-{secrets.token_hex(8)}"
        redis_key = _redis_key(key)
        try:
            arguments = [now, FAILURE_WINDOW_MS, limit, attempt, MAX_CLOCK_SKEW_MS]
            refusal_count, oldest_failure_ms = await self._begin_attempt_script(
                keys=[redis_key, redis_key + "-refused"], args=arguments
            )
        except (RedisError, OSError, TimeoutError):
            raise Unavailable from None
        if refusal_count:
            raise TooManyRequests(wait_seconds(int(refusal_count) - 1, int(float(oldest_failure_ms)), now))
        return attempt

    async def forgive_attempt(self, key: Hashable, attempt: object) -> None:
        """Remove a successful attempt from the count."""
        try:
            await self._redis.zrem(_redis_key(key), str(attempt))
        except (RedisError, OSError, TimeoutError):
            return  # it counts for another hour, but the keeper is signed in


@asynccontextmanager
async def open_redis_limits(url: str, clock: Clock) -> AsyncIterator[tuple[RedisRequestCounter, RedisFailureThrottle]]:
    """Open the counters in the Redis at `url` for the length of the block. It connects only at the first count."""
    pool = ConnectionPool.from_url(
        url, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
    )
    try:
        yield RedisRequestCounter(pool), RedisFailureThrottle(clock, Redis(connection_pool=pool))
    finally:
        await pool.aclose()


def _redis_key(key: Hashable) -> str:
    """Return the Redis key of a counter: a digest, so that Redis does not contain even the keyed digests of names."""
    return f"{KEY_PREFIX}:{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}"

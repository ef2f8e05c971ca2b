"""Counts that several workers share, in Redis: how often, and how many wrong guesses.

[Note: when Redis is away] How often someone may ask protects the server from load; without Redis each worker
goes on counting by itself. Wrong guesses protect the keeper; without Redis nobody can sign in, since guessing
must not become free because somebody cut a wire. Devices that are signed in notice nothing.
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
# Hosts' clocks differ a little; a failure from further on than this is from before the clock was set back.
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
    """How often, minute by minute."""

    def __init__(self, pool: Any) -> None:
        """Over connections of `pool`; connects when first asked."""
        storage = RedisStorage(
            "async+redis://pool:6379", implementation="redispy", key_prefix=KEY_PREFIX, connection_pool=pool
        )
        self._limiter = FixedWindowRateLimiter(storage)

    async def hit(self, per_minute: int, *names: str) -> bool | None:
        """Count one; False above the limit, None when Redis does not answer."""
        try:
            return await self._limiter.hit(RateLimitItemPerMinute(per_minute), *names)
        except (RedisError, OSError, TimeoutError):
            return None


class RedisFailureThrottle:
    """`Throttle` for several workers; see [Note: who is counted] there."""

    def __init__(self, clock: Clock, redis: Any) -> None:
        """Count by this clock, in this Redis."""
        self._clock = clock
        self._begin_attempt_script = redis.register_script(_BEGIN_ATTEMPT_SCRIPT)
        self._redis = redis

    async def begin_attempt(self, key: Hashable, limit: int = FAILURES_LIMIT) -> str:
        """Take one try out of `most` an hour; it counts as failed until `leave` is called with what is returned here.

        Raises TryLater, and Unavailable when Redis does not answer.
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
        """A try turned out well and no longer counts."""
        try:
            await self._redis.zrem(_redis_key(key), str(attempt))
        except (RedisError, OSError, TimeoutError):
            return  # it counts for an hour more; the keeper is signed in all the same


@asynccontextmanager
async def open_redis_limits(url: str, clock: Clock) -> AsyncIterator[tuple[RedisRequestCounter, RedisFailureThrottle]]:
    """Counts kept in the Redis at `url`, for the length of the block. Whether it is there shows when it is asked."""
    pool = ConnectionPool.from_url(
        url, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
    )
    try:
        yield RedisRequestCounter(pool), RedisFailureThrottle(clock, Redis(connection_pool=pool))
    finally:
        await pool.aclose()


def _redis_key(key: Hashable) -> str:
    """What a key is counted under: names in it are keyed digests already, and here they are not even that."""
    return f"{KEY_PREFIX}:{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}"

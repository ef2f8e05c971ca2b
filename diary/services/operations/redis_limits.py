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
from diary.errors import TryLater, Unavailable
from diary.services.accounts.throttle import FAILURES, WINDOW_MS, wait_of

PREFIX: Final = "kept"
ANSWER_S: Final = 2.0
# Hosts' clocks differ a little; a failure from further on than this is from before the clock was set back.
SKEW_MS: Final = 60_000
_ENTER: Final = """
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


class SharedCounts:
    """How often, minute by minute."""

    def __init__(self, pool: Any) -> None:
        """Over connections of `pool`; connects when first asked."""
        storage = RedisStorage(
            "async+redis://pool:6379", implementation="redispy", key_prefix=PREFIX, connection_pool=pool
        )
        self._limiter = FixedWindowRateLimiter(storage)

    async def hit(self, per_minute: int, *names: str) -> bool | None:
        """Count one; False above the limit, None when Redis does not answer."""
        try:
            return await self._limiter.hit(RateLimitItemPerMinute(per_minute), *names)
        except (RedisError, OSError, TimeoutError):
            return None


class SharedThrottle:
    """`Throttle` for several workers; see [Note: who is counted] there."""

    def __init__(self, clock: Clock, redis: Any) -> None:
        """Count by this clock, in this Redis."""
        self._clock = clock
        self._enter = redis.register_script(_ENTER)
        self._redis = redis

    async def enter(self, key: Hashable, most: int = FAILURES) -> str:
        """Take one try out of `most` an hour; it counts as failed until `leave` is called with what is returned here.

        Raises TryLater, and Unavailable when Redis does not answer.
        """
        now = self._clock.now_ms()
        entered = f"{now}-{secrets.token_hex(8)}"
        name = _name(key)
        try:
            arguments = [now, WINDOW_MS, most, entered, SKEW_MS]
            refused, first = await self._enter(keys=[name, name + "-refused"], args=arguments)
        except (RedisError, OSError, TimeoutError):
            raise Unavailable from None
        if refused:
            raise TryLater(wait_of(int(refused) - 1, int(float(first)), now))
        return entered

    async def leave(self, key: Hashable, entered: object) -> None:
        """A try turned out well and no longer counts."""
        try:
            await self._redis.zrem(_name(key), str(entered))
        except (RedisError, OSError, TimeoutError):
            return  # it counts for an hour more; the keeper is signed in all the same


@asynccontextmanager
async def open_redis(url: str, clock: Clock) -> AsyncIterator[tuple[SharedCounts, SharedThrottle]]:
    """Counts kept in the Redis at `url`, for the length of the block. Whether it is there shows when it is asked."""
    pool = ConnectionPool.from_url(url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S)
    try:
        yield SharedCounts(pool), SharedThrottle(clock, Redis(connection_pool=pool))
    finally:
        await pool.aclose()


def _name(key: Hashable) -> str:
    """What a key is counted under: names in it are keyed digests already, and here they are not even that."""
    return f"{PREFIX}:{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}"

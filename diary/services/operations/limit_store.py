"""Where counts are kept: in this worker's memory, or in a Redis that several workers share.

The library for Redis is loaded only where one is used: it is a tenth of what an idle worker holds.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

from diary.clock import Clock
from diary.errors import BadSetting
from diary.services.accounts.throttle import FailureThrottle, MemoryFailureThrottle

MEMORY_URL: Final = "memory"
REDIS_URL_SCHEMES: Final = ("redis://", "rediss://", "unix://")


class RequestCounter(Protocol):
    """How often, minute by minute, over all workers."""

    async def hit(self, per_minute: int, *names: str) -> bool | None:
        """Count one; False above the limit, None when nobody can say."""
        ...


def is_redis_url(url: str) -> bool:
    """Whether an address is one of Redis's. Raises BadSetting for one that is neither that nor `memory`."""
    if url == MEMORY_URL:
        return False
    if not url.startswith(REDIS_URL_SCHEMES):
        raise BadSetting("DIARY_COUNTS_URL is neither memory nor an address like redis://host:6379/0.")
    return True


@asynccontextmanager
async def open_limit_stores(url: str, clock: Clock) -> AsyncIterator[tuple[RequestCounter | None, FailureThrottle]]:
    """How counts are kept, for the length of the block: in memory, so None and a Throttle, or in Redis. Raises BadSetting."""
    if not is_redis_url(url):
        yield None, MemoryFailureThrottle(clock)
        return
    from diary.services.operations.redis_limits import open_redis_limits  # noqa: PLC0415 - see the module's own words

    async with open_redis_limits(url, clock) as stores:
        yield stores

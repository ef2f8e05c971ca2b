"""Stores of counts: this worker's memory, or a Redis that several workers share.

The Redis library is imported only if it is used: it is a tenth of an idle worker's memory.
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
    """Counter of requests per minute, over all workers."""

    async def hit(self, per_minute: int, *names: str) -> bool | None:
        """Count a request. Return False above the limit, None if the store does not respond."""
        ...

    async def check_responds(self) -> None:
        """Return if the store responds. Raise Unavailable otherwise."""
        ...


def is_redis_url(url: str) -> bool:
    """Return whether a URL is one of Redis. Raise BadSetting unless it is that or `memory`."""
    if url == MEMORY_URL:
        return False
    if not url.startswith(REDIS_URL_SCHEMES):
        raise BadSetting("DIARY_COUNTS_URL is neither memory nor an address like redis://host:6379/0.")
    return True


@asynccontextmanager
async def open_limit_stores(url: str, clock: Clock) -> AsyncIterator[tuple[RequestCounter | None, FailureThrottle]]:
    """Open the request counter and the throttle for the length of the block. Raise BadSetting for another kind of URL.

    In memory there is no shared request counter: the first value is None.
    """
    if not is_redis_url(url):
        yield None, MemoryFailureThrottle(clock)
        return
    from diary.services.operations.redis_limits import open_redis_limits  # noqa: PLC0415 - see the module's docstring

    async with open_redis_limits(url, clock) as stores:
        yield stores

"""Where counts are kept: in this worker's memory, or in a Redis that several workers share.

The library for Redis is loaded only where one is used: it is a tenth of what an idle worker holds.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

from diary.clock import Clock
from diary.errors import BadSetting
from diary.services.accounts.throttle import Guard, Throttle

MEMORY: Final = "memory"
SCHEMES: Final = ("redis://", "rediss://", "unix://")


class Counts(Protocol):
    """How often, minute by minute, over all workers."""

    async def hit(self, per_minute: int, *names: str) -> bool | None:
        """Count one; False above the limit, None when nobody can say."""
        ...


def is_shared(url: str) -> bool:
    """Whether an address is one of Redis's. Raises BadSetting for one that is neither that nor `memory`."""
    if url == MEMORY:
        return False
    if not url.startswith(SCHEMES):
        raise BadSetting("DIARY_COUNTS_URL is neither memory nor an address like redis://host:6379/0.")
    return True


@asynccontextmanager
async def open_counts(url: str, clock: Clock) -> AsyncIterator[tuple[Counts | None, Guard]]:
    """How counts are kept, for the length of the block: in memory, so None and a Throttle, or in Redis. Raises BadSetting."""
    if not is_shared(url):
        yield None, Throttle(clock)
        return
    from diary.services.operations.redis_limits import open_redis  # noqa: PLC0415 - see the module's own words

    async with open_redis(url, clock) as kept:
        yield kept

"""Rate limits: by network for routes that are open to anyone, by session for all others."""

import hashlib
import ipaddress
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from diary.clock import Clock
from diary.errors import TooManyRequests
from diary.services.accounts.pepper import Pepper
from diary.services.operations.limit_store import RequestCounter

MINUTE_MS: Final = 60_000
MINUTE_SECONDS: Final = 60


class NetworkRateLimiter:
    """Rate limiter by network: an IPv4 address, or an IPv6 /64 as one household has.

    Networks are stored as keyed digests.
    """

    def __init__(self, pepper: Pepper, shared_counts: RequestCounter | None = None) -> None:
        """Use `pepper` to key the digests, so that they cannot be turned back into addresses."""
        self._pepper = pepper
        self._shared_counts = shared_counts
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._limit_items: dict[int, RateLimitItem] = {}

    async def enter(self, address: str | None, per_minute: int, name: bytes = b"") -> None:
        """Count one request of this network, or of this network about one name.

        Raise TooManyRequests above `per_minute`.
        """
        key = self._pepper.network_key(network_of(address) + (f" {name.hex()}" if name else ""))
        is_allowed = await self._shared_counts.hit(per_minute, "network", key) if self._shared_counts else None
        if is_allowed is None:
            limit_item = self._limit_items.setdefault(per_minute, RateLimitItemPerMinute(per_minute))
            is_allowed = self._limiter.hit(limit_item, key)
        if not is_allowed:
            raise TooManyRequests(MINUTE_SECONDS)


class SessionRateLimiter:
    """Rate limiter by session and minute.

    A copied session cannot use up the limit of the keeper's other devices, as it could if accounts were counted.
    Unshared counts are plain dictionaries, because this runs on every push.
    """

    def __init__(self, clock: Clock, shared_counts: RequestCounter | None = None) -> None:
        """Use `clock` for the minutes."""
        self._clock = clock
        self._shared_counts = shared_counts
        self._minute = 0
        self._counts: dict[tuple[bytes, str], int] = {}

    async def enter(self, session: bytes, route_path: str, per_minute: int) -> None:
        """Count one request. Raise TooManyRequests above `per_minute`."""
        if self._shared_counts:
            # A digest, so that people who can read Redis see no id that occurs in responses or lists.
            is_allowed = await self._shared_counts.hit(
                per_minute, hashlib.sha256(b"kept/limit" + session).hexdigest()[:32], route_path
            )
            if is_allowed is not None:
                if not is_allowed:
                    raise TooManyRequests(MINUTE_SECONDS)
                return
        minute = self._clock.now_ms() // MINUTE_MS
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        key = (session, route_path)
        count = self._counts.get(key, 0) + 1
        if count > per_minute:
            raise TooManyRequests(MINUTE_SECONDS)
        self._counts[key] = count


def network_of(address: str | None) -> str:
    """Return the network of an address, or one name for everything that is not an address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "elsewhere"
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)

"""How often: by network for what is open to anyone, by session for what is not."""

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
    """Counts by network: an IPv4 address, or the /64 one household has of IPv6. Kept as a keyed digest."""

    def __init__(self, pepper: Pepper, shared_counts: RequestCounter | None = None) -> None:
        """`pepper`: so that what is counted by cannot be turned back into an address."""
        self._pepper = pepper
        self._shared_counts = shared_counts
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._limit_items: dict[int, RateLimitItem] = {}

    async def enter(self, address: str | None, per_minute: int, record: bytes = b"") -> None:
        """Take one, of this network, or of this network about one record. Raises TryLater."""
        key = self._pepper.network_key(network_of(address) + (f" {record.hex()}" if record else ""))
        is_allowed = await self._shared_counts.hit(per_minute, "network", key) if self._shared_counts else None
        if is_allowed is None:
            limit_item = self._limit_items.setdefault(per_minute, RateLimitItemPerMinute(per_minute))
            is_allowed = self._limiter.hit(limit_item, key)
        if not is_allowed:
            raise TooManyRequests(MINUTE_SECONDS)


class SessionRateLimiter:
    """Counts by session, minute by minute. Plain dictionaries where they are not shared: this runs on every push.

    By session and not by account: a copy of one session cannot use up the minutes of the keeper's other devices.
    """

    def __init__(self, clock: Clock, shared_counts: RequestCounter | None = None) -> None:
        """Count by this clock."""
        self._clock = clock
        self._shared_counts = shared_counts
        self._minute = 0
        self._counts: dict[tuple[bytes, str], int] = {}

    async def enter(self, session: bytes, route_path: str, per_minute: int) -> None:
        """Take one. Raises TryLater."""
        if self._shared_counts:
            # Whoever may read Redis sees no id that other answers and lists name.
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
    """The network of an address; one name for all that have none."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "elsewhere"
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)

"""Check the services that a server depends on: the database, the store of sealed files, Redis and the disks.

Each is used as the server uses it: the store is sent an object, asked for it and told to remove it. An address that
accepts connections is not proof that a part would be kept.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from diary.clock import Clock
from diary.config import Settings
from diary.errors import KeptError, NotFound, Unavailable
from diary.services.instance import Instance
from diary.services.operations.limit_store import RequestCounter, open_limit_stores
from diary.storage.blob_store import BlobStore, open_blob_store
from diary.storage.log import public_log

TIMEOUT_SECONDS: Final = 5.0
# A check may be requested by anybody. It uses the dependencies at most this often.
MIN_INTERVAL_SECONDS: Final = 10.0
PROBE_PREFIX: Final = "probe/"
_PROBE_BYTES: Final = 32
_DATABASE_FAULT: Final = "the database does not respond"
_STORE_FAULT: Final = "the store does not keep and return what it is sent"
_COUNTS_FAULT: Final = "Redis does not respond, so nobody can sign in"
_DISK_FAULT: Final = "less is free than DIARY_MIN_FREE_BYTES, so files and new accounts are refused"


@dataclass(frozen=True, slots=True)
class DependencyFaults:
    """What is wrong with each dependency, as a clause; '' if nothing is wrong."""

    database: str = ""
    store: str = ""
    counts: str = ""
    disk: str = ""

    @property
    def is_ready(self) -> bool:
        """Return whether the server can do everything that it offers."""
        return not (self.database or self.store or self.counts or self.disk)


class DependencyMonitor:
    """Checks the dependencies of a running server on request, at most every `min_interval_seconds`."""

    def __init__(self, instance: Instance, min_interval_seconds: float = MIN_INTERVAL_SECONDS) -> None:
        """Check nothing yet."""
        self._instance = instance
        self._min_interval_seconds = min_interval_seconds
        self._lock = asyncio.Lock()
        self._checked_at_seconds = -min_interval_seconds
        self._faults = DependencyFaults()

    async def faults(self) -> DependencyFaults:
        """Return the faults found by the last check. Check again first if that was too long ago."""
        async with self._lock:
            if time.monotonic() - self._checked_at_seconds >= self._min_interval_seconds:
                self._faults = await self._check()
                self._checked_at_seconds = time.monotonic()
            return self._faults

    async def _check(self) -> DependencyFaults:
        """Use every dependency once, all at the same time."""
        instance = self._instance
        database, store, counts = await asyncio.gather(
            _fault(lambda: public_log.check_readable(instance.db), _DATABASE_FAULT),
            find_store_fault(instance.blob_store),
            find_counts_fault(instance.request_counter),
        )
        return DependencyFaults(database, store, counts, _DISK_FAULT if instance.disk_space.spare_bytes() < 0 else "")


async def find_store_fault(store: BlobStore) -> str:
    """Return the fault of the store of sealed files as a clause, '' if it keeps, returns and removes an object."""
    return await _fault(lambda: _probe_store(store), _STORE_FAULT)


async def find_counts_fault(counter: RequestCounter | None) -> str:
    """Return the fault of the shared store of counts as a clause; '' if it responds or is not used."""
    return "" if counter is None else await _fault(counter.check_responds, _COUNTS_FAULT)


async def find_external_faults(settings: Settings, clock: Clock) -> DependencyFaults:
    """Return the faults of the store and of Redis, for a command that runs beside the server."""
    try:
        store_fault = await find_store_fault(open_blob_store(settings.blob_url))
    except (KeptError, OSError) as error:
        store_fault = str(error).rstrip(".")
    try:
        async with open_limit_stores(settings.counts_url, clock) as (counter, _):
            counts_fault = await find_counts_fault(counter)
    except KeptError as error:
        counts_fault = error.message.rstrip(".")
    return DependencyFaults(store=store_fault, counts=counts_fault)


async def _probe_store(store: BlobStore) -> None:
    """Store, fetch and remove an object of random name and content. Raise Unavailable if another one comes back."""
    name, content = PROBE_PREFIX + secrets.token_hex(8), secrets.token_bytes(_PROBE_BYTES)
    await store.put(name, content)
    try:
        if await store.get(name) != content:
            raise Unavailable
    finally:
        await store.remove(name)


async def _fault(probe: Callable[[], Awaitable[None]], fault: str) -> str:
    """Return '' if the probe ends in time and without an error, or else `fault`."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await probe()
    except (Unavailable, NotFound, TimeoutError):
        return fault
    return ""

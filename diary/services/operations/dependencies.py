"""Check what a server depends on: the database, the store of sealed files, Redis, the disks, the clock, certificates.

Each is used as the server uses it: the store is sent an object, asked for it and told to remove it. An address that
accepts connections is not proof that a part would be kept.

`/ready`, the metrics and `doctor` all take their results from these functions, so that no two of them disagree.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from diary.clock import Clock
from diary.config import Settings
from diary.errors import KeptError, NotFound, Unavailable
from diary.services.instance import Instance
from diary.services.operations import clock_check
from diary.services.operations.certificates import is_certificate_short, read_expiries
from diary.services.operations.limit_store import RequestCounter, open_limit_stores
from diary.storage import purge_clock
from diary.storage.blob_store import BlobStore, open_blob_store
from diary.storage.log import public_log
from diary.storage.writer import Transaction

T = TypeVar("T")
TIMEOUT_SECONDS: Final = 5.0
# A check may be requested by anybody. It uses the dependencies at most this often.
MIN_INTERVAL_SECONDS: Final = 10.0
# Certificates change seldom. With the interval above, a fault is still told within a minute.
CERTIFICATE_INTERVAL_SECONDS: Final = 30.0
PROBE_PREFIX: Final = "probe/"
_PROBE_BYTES: Final = 32
_DATABASE_FAULT: Final = "the database does not respond"
_STORE_FAULT: Final = "the store does not keep and return what it is sent"
_COUNTS_FAULT: Final = "Redis does not respond, so nobody can sign in"
_DISK_FAULT: Final = "less is free than DIARY_MIN_FREE_BYTES, so files and new accounts are refused"
_CERTIFICATE_FAULT: Final = "expires within ten days"


@dataclass(frozen=True, slots=True)
class DependencyFaults:
    """What is wrong with each dependency, as a clause; '' if nothing is wrong."""

    database: str = ""
    store: str = ""
    counts: str = ""
    disk: str = ""
    clock: str = ""
    certificate: str = ""

    @property
    def is_ready(self) -> bool:
        """Return whether nothing needs an operator: neither now, nor before a certificate expires."""
        return not (self.database or self.store or self.counts or self.disk or self.clock or self.certificate)


@dataclass(frozen=True, slots=True)
class Health:
    """What one check of a running server found. Times are in ms UTC.

    `certificate_expiries`: by host, `app` and `public`; None for a certificate that could not be read.
    `is_clock_synchronised` is None if the system does not say. `housekeeping_at_ms`: when the last purge began, by any
    process on this database; None before the first, or if the database did not respond.
    """

    faults: DependencyFaults = DependencyFaults()
    certificate_expiries: Mapping[str, int | None] = field(default_factory=dict)
    is_clock_synchronised: bool | None = None
    housekeeping_at_ms: int | None = None


class CachedCheck(Generic[T]):
    """A check that runs at most once in `min_interval_seconds`. Callers in between get the last result."""

    def __init__(self, check: Callable[[], Awaitable[T]], min_interval_seconds: float) -> None:
        """Check nothing yet."""
        self._check = check
        self._min_interval_seconds = min_interval_seconds
        self._lock = asyncio.Lock()
        self._checked_at_seconds = 0.0
        self._results: list[T] = []

    async def result(self) -> T:
        """Return the result of the last check. Check again first if that was too long ago."""
        async with self._lock:
            if not self._results or time.monotonic() - self._checked_at_seconds >= self._min_interval_seconds:
                self._results = [await self._check()]
                self._checked_at_seconds = time.monotonic()
            return self._results[0]


class DependencyMonitor:
    """Checks the dependencies of a running server on request, at most every ten seconds; certificates less often."""

    def __init__(self, instance: Instance) -> None:
        """Check nothing yet."""
        self._instance = instance
        self._health = CachedCheck(self._check, MIN_INTERVAL_SECONDS)
        self._expiries = CachedCheck(lambda: read_expiries(instance.settings), CERTIFICATE_INTERVAL_SECONDS)
        self._newest_recorded_ms = 0

    async def health(self) -> Health:
        """Return what the last check found."""
        return await self._health.result()

    async def _check(self) -> Health:
        """Use every dependency once, all at the same time."""
        instance = self._instance
        database, store, counts, (newest_ms, housekeeping_at_ms), expiries = await asyncio.gather(
            _fault(lambda: public_log.check_readable(instance.db), _DATABASE_FAULT, instance.db.database_errors),
            find_store_fault(instance.blob_store),
            find_counts_fault(instance.request_counter),
            self._read_recorded_times(),
            self._expiries.result(),
        )
        now_ms = instance.clock.now_ms()
        # The next purge overwrites its time, also with one of a clock that was set back. The process remembers.
        self._newest_recorded_ms = max(self._newest_recorded_ms, newest_ms)
        # A laptop on which somebody tries the program need not have its clock synchronised.
        is_synchronised = None if instance.settings.is_local else clock_check.read_synchronisation()
        is_short = any(expiry is not None and is_certificate_short(expiry, now_ms) for expiry in expiries.values())
        faults = DependencyFaults(
            database=database,
            store=store,
            counts=counts,
            disk=_DISK_FAULT if instance.disk_space.spare_bytes() < 0 else "",
            clock=clock_check.find_clock_fault(now_ms, self._newest_recorded_ms, is_synchronised=is_synchronised),
            certificate=_CERTIFICATE_FAULT if is_short else "",
        )
        return Health(faults, expiries, is_synchronised, housekeeping_at_ms)

    async def _read_recorded_times(self) -> tuple[int, int | None]:
        """Return the newest time that is recorded in one of two single rows, and when the last purge began.

        `doctor` also reads when the last session was used. That is a scan, which no stranger's request may cause.
        """

        def read(tx: Transaction) -> tuple[int, int | None]:
            checkpoint, purged = public_log.find_newest_checkpoint_in(tx), purge_clock.find_purge_clock(tx)
            times = (checkpoint.made_at if checkpoint else 0, purged.seen_at if purged else 0)
            return max(times), purged.seen_at if purged else None

        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._instance.db.run_read(read)
        except self._instance.db.database_errors:  # TimeoutError is one. The database has a check of its own
            return 0, None


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


async def _fault(
    probe: Callable[[], Awaitable[None]], fault: str, errors: tuple[type[Exception], ...] = (Unavailable, NotFound)
) -> str:
    """Return '' if the probe ends in time and without one of `errors`, or else `fault`."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await probe()
    except TimeoutError:
        return fault
    except errors:
        return fault
    return ""

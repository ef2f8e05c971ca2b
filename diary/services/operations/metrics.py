"""Metrics of one process in the form of OpenMetrics.

[Note: what metrics tell] They are stored for months, by the minute, and read by people whom the keeper never met. So
they hold less than the server could count:

- Every label comes from a list that is complete at the start, and every series exists from the start. Nothing that a
  request contains becomes a label, and no series appears when something is done for the first time.
- Routes of everyday sync have a series each. Everything that somebody decides once (an erasure, a hand-over, a witness,
  a grant, a new password) is counted in one series with all else that keepers, advocates and recipients ask for. On a
  server with three accounts a series of its own would say that one of three people erased something, and when.
- Removals in the store of sealed files are not counted, because they are erasures.
- Lengths are rounded to 10 ms, sizes up to 64 KiB and free space down to 1 MiB, so that the difference between two
  scrapes is not the length or size of one request. Histograms have few limits.
- The times at which series were created are left out.

One thing remains visible. On a quiet server, a person who reads the metrics can see in which minute somebody wrote,
opened or signed in. The operator can see the same in the database. docs/operating.md says so.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.metrics import disable_created_metrics
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from diary.config import Settings
from diary.services.operations.dependencies import Health
from diary.services.operations.measured_storage import DATABASE_OPERATIONS, STORE_OPERATIONS
from diary.storage.postgres.address import is_postgres

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST.encode()
STATUS_CLASSES: Final = ("2xx", "3xx", "4xx", "5xx", "aborted")
SIZE_STEP_BYTES: Final = 64 << 10
_CHECKS: Final = ("database", "store", "counts", "disk", "clock", "certificate")
_REQUEST_LIMITS: Final = (0.1, 0.5, 2.0, 10.0, 60.0)
_STORAGE_LIMITS: Final = (0.01, 0.1, 1.0, 10.0)
_PACK_LIMITS: Final = (10.0, 30.0, 60.0, 120.0)
_PACK_RESULTS: Final = ("done", "failed", "cancelled")
_OUTCOMES: Final = ("ok", "failed")


class Metrics:
    """The metrics of one server in one process; see [Note: what metrics tell]."""

    def __init__(self, settings: Settings, routes: Iterable[str], kinds: Iterable[str]) -> None:
        """Create every series. `routes` and `kinds` are all values that the two labels can take."""
        disable_created_metrics()  # type: ignore[no-untyped-call]
        # A registry of its own: the library's shared one would add Python's version and the garbage collector.
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        database = "postgresql" if is_postgres(settings.database_url) else "sqlite"
        Info("kept", "The program.", registry=registry).info({"version": version("kept"), "database": database})
        self._requests = Counter(
            "kept_requests", "Requests, by route or group of routes.", ["route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "kept_request_seconds", "Length of a request.", ["route"], buckets=_REQUEST_LIMITS, registry=registry
        )
        self._received_bytes = Counter(
            "kept_received_bytes", "Bytes of accepted versions and parts, rounded up.", ["kind"], registry=registry
        )
        self._pack_jobs = Gauge("kept_pack_jobs", "Packs that wait or are being built.", ["state"], registry=registry)
        self._packs = Counter("kept_packs", "Packs whose building ended.", ["result"], registry=registry)
        self._pack_seconds = Histogram(
            "kept_pack_seconds", "Length of building a pack.", buckets=_PACK_LIMITS, registry=registry
        )
        self._operations = Counter(
            "kept_storage_operations",
            "Operations of the database and of the store of sealed files.",
            ["place", "operation", "outcome"],
            registry=registry,
        )
        self._operation_seconds = Histogram(
            "kept_storage_operation_seconds",
            "Length of such an operation, with the wait for the disk.",
            ["place", "operation"],
            buckets=_STORAGE_LIMITS,
            registry=registry,
        )
        self._checks = Gauge(
            "kept_check_ok", "1 if the check found no fault, 0 if it did.", ["check"], registry=registry
        )
        self._clock_synchronised = Gauge(
            "kept_clock_synchronised", "1 or 0 as the kernel says, NaN if it does not.", registry=registry
        )
        self._disk_free_bytes = Gauge(
            "kept_disk_free_bytes", "Free bytes on the disk of a place.", ["place"], registry=registry
        )
        self._certificate_expiry = Gauge(
            "kept_certificate_expiry_timestamp_seconds",
            "When the certificate of a host expires, NaN if it cannot be read.",
            ["host"],
            registry=registry,
        )
        self._backup_time = Gauge(
            "kept_last_backup_timestamp_seconds", "When the newest backup was made, 0 if never.", registry=registry
        )
        self._housekeeping_time = Gauge(
            "kept_last_housekeeping_timestamp_seconds", "When the last purge began, 0 if never.", registry=registry
        )
        self._background_failures = Counter(
            "kept_background_failures", "Runs of the purge or of the public log that failed.", registry=registry
        )
        self._create_series(routes, kinds)

    def _create_series(self, routes: Iterable[str], kinds: Iterable[str]) -> None:
        """Create every combination of labels, at zero."""
        for route in routes:
            self._request_seconds.labels(route)
            for status in STATUS_CLASSES:
                self._requests.labels(route, status)
        for kind in kinds:
            self._received_bytes.labels(kind)
        for result in _PACK_RESULTS:
            self._packs.labels(result)
        for place, operations in (("database", DATABASE_OPERATIONS), ("store", STORE_OPERATIONS)):
            for operation in operations:
                self._operation_seconds.labels(place, operation)
                for outcome in _OUTCOMES:
                    self._operations.labels(place, operation, outcome)

    def observe_request(self, route: str, status: str, seconds: float) -> None:
        """Count a request. `route` and `status` must be among the values given at the start."""
        self._requests.labels(route, status).inc()
        self._request_seconds.labels(route).observe(round(seconds, 2))

    def observe_received(self, kind: str, size_bytes: int) -> None:
        """Count the bytes of an accepted body."""
        self._received_bytes.labels(kind).inc(-(-size_bytes // SIZE_STEP_BYTES) * SIZE_STEP_BYTES)

    def observe_database(self, operation: str, seconds: float, failed: bool) -> None:
        """Count an operation of the database."""
        self._observe_operation("database", operation, seconds, failed=failed)

    def observe_store(self, operation: str, seconds: float, failed: bool) -> None:
        """Count an operation of the store of sealed files."""
        self._observe_operation("store", operation, seconds, failed=failed)

    def _observe_operation(self, place: str, operation: str, seconds: float, *, failed: bool) -> None:
        """Count an operation."""
        self._operations.labels(place, operation, "failed" if failed else "ok").inc()
        self._operation_seconds.labels(place, operation).observe(round(seconds, 2))

    def observe_pack(self, result: str, seconds: float) -> None:
        """Count a pack whose building ended: done, failed, or cancelled in any other state."""
        self._packs.labels(result if result in _PACK_RESULTS else "cancelled").inc()
        self._pack_seconds.observe(round(seconds))

    def count_background_failure(self) -> None:
        """Count a failed run of the purge or of the public log."""
        self._background_failures.inc()

    def set_health(self, health: Health) -> None:
        """Set the gauges of what a check found."""
        for name in _CHECKS:
            self._checks.labels(name).set(not getattr(health.faults, name))
        synchronised = health.is_clock_synchronised
        self._clock_synchronised.set(float("nan") if synchronised is None else synchronised)
        for host, expires_at_ms in health.certificate_expiries.items():
            seconds = float("nan") if expires_at_ms is None else expires_at_ms / 1000
            self._certificate_expiry.labels(host).set(seconds)
        self._housekeeping_time.set((health.housekeeping_at_ms or 0) / 1000)

    def set_state(
        self, free_bytes_by_place: Mapping[str, int], backup_at_ms: int, pack_counts: tuple[int, int]
    ) -> None:
        """Set the gauges of what is read from this machine: disks, the newest backup (0: none), the queue of packs."""
        for place, free_bytes in free_bytes_by_place.items():
            self._disk_free_bytes.labels(place).set(free_bytes >> 20 << 20)
        self._backup_time.set(backup_at_ms / 1000)
        for state, count in zip(("waiting", "building"), pack_counts, strict=True):
            self._pack_jobs.labels(state).set(count)

    def render(self) -> bytes:
        """Return all metrics as text."""
        text: bytes = generate_latest(self._registry)  # type: ignore[no-untyped-call]
        return text

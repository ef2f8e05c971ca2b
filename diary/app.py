"""Composition root: the server, built from its settings, services and routes."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.types import ASGIApp

from diary import isolation
from diary.clock import Clock, SystemClock
from diary.config import Settings
from diary.crypto.kdf import FLOOR_PROFILE, PRODUCTION_POLICY, KdfPolicy, KdfProfile
from diary.crypto.signing import Ed25519Signer
from diary.paths import STATIC, TEMPLATES
from diary.services.accounts import cookie_migration
from diary.services.accounts.pepper import Pepper
from diary.services.accounts.unknown_names import load_profile_shares
from diary.services.instance import Instance
from diary.services.log import cosigning, notary_keys, sequencer, timestamping
from diary.services.operations.backup_history import read_history
from diary.services.operations.dependencies import DependencyMonitor
from diary.services.operations.disk_space import DiskSpace
from diary.services.operations.limit_store import open_limit_stores
from diary.services.operations.measured_storage import MeasuredBlobStore, MeasuredDatabase
from diary.services.operations.secrets_check import read_secrets
from diary.services.operations.server_closing import ClosingMonitor
from diary.services.packs.session_packs import PackService
from diary.services.sync.purge import run_hourly
from diary.storage.blob_store import open_blob_store
from diary.storage.database import open_database
from diary.web.event_log import EventLog
from diary.web.host_router import HostRouter
from diary.web.pages import render_pages
from diary.web.rate_limits import NetworkRateLimiter, SessionRateLimiter
from diary.web.request_context import AppContext

if TYPE_CHECKING:
    from diary.services.operations.metrics import Metrics

# Each proof check uses 46 MiB of memory while it runs.
MAX_CONCURRENT_PROOFS: Final = min(4, os.cpu_count() or 1)


def create_app(
    settings: Settings,
    clock: Clock | None = None,
    *,
    kdf_profile: KdfProfile = FLOOR_PROFILE,
    kdf_policy: KdfPolicy = PRODUCTION_POLICY,
    static: Path = STATIC,
) -> Starlette:
    """Return the server as an ASGI application. Migrate the database first (`storage.database.migrate`).

    `kdf_profile`: cost of the Argon2id that the server adds to each proof. `kdf_policy`: the key derivation parameters
    that accounts may use. Only tests lower the two. `static`: folder with the files for browsers.
    """
    server_clock = clock or SystemClock()
    metrics = _create_metrics(settings)
    pages = render_pages(settings, static, TEMPLATES)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_instance(settings, server_clock, kdf_profile=kdf_profile, kdf_policy=kdf_policy) as opened:
            instance = _measure_storage(opened, metrics) if metrics else opened
            packs = PackService(instance, metrics.observe_pack if metrics else None)
            cookies_until = await cookie_migration.start_grace_period(instance)
            app.state.app_context = AppContext(
                instance=instance,
                packs=packs,
                closing_monitor=ClosingMonitor(),
                dependency_monitor=DependencyMonitor(instance),
                pages=pages,
                event_log=EventLog(server_clock),
                legacy_cookies_until_ms=cookies_until,
                network_limiter=NetworkRateLimiter(instance.pepper, instance.request_counter),
                session_limiter=SessionRateLimiter(server_clock, instance.request_counter),
            )
            event_log = app.state.app_context.event_log

            def report_failure(error: BaseException) -> None:
                event_log.log_exception(error)
                if metrics:
                    metrics.count_background_failure()

            event_log.log_event("started")
            purge_task = asyncio.create_task(run_hourly(instance, report_failure))
            log_task = asyncio.create_task(sequencer.run_forever(instance, report_failure))
            try:
                async with _serve_metrics(app.state.app_context, metrics):
                    yield
            finally:
                purge_task.cancel()
                log_task.cancel()
                await asyncio.gather(purge_task, log_task, return_exceptions=True)
                await packs.close()
            event_log.log_event("stopped")

    return _LifespanServer(settings, lifespan, metrics)


def _create_metrics(settings: Settings) -> "Metrics | None":
    """Return the metrics of this process, or None if DIARY_METRICS_BIND is not set. Then the library is not loaded."""
    if not settings.metrics_bind:
        return None
    from diary.services.operations.metrics import Metrics  # noqa: PLC0415 - see the docstring
    from diary.web.request_metrics import KINDS, ROUTE_LABELS  # noqa: PLC0415 - it imports the library too

    return Metrics(settings, ROUTE_LABELS, KINDS)


def _measure_storage(instance: Instance, metrics: "Metrics") -> Instance:
    """Return the instance with measured storage."""
    return replace(
        instance,
        db=MeasuredDatabase(instance.db, metrics.observe_database),
        blob_store=MeasuredBlobStore(instance.blob_store, metrics.observe_store),
    )


@asynccontextmanager
async def _serve_metrics(context: AppContext, metrics: "Metrics | None") -> AsyncIterator[None]:
    """Serve the metrics for the length of the block, if they are on. Raise BadSetting for a used address."""
    if metrics is None:
        yield
        return
    from diary.web.metrics_server import make_metrics_app, serve_metrics  # noqa: PLC0415 - not loaded without metrics

    async def render() -> bytes:
        metrics.set_health(await context.dependency_monitor.health())
        backup_at_ms = read_history(context.instance.settings.data).get("backup", {}).get("at", 0)
        metrics.set_state(
            context.instance.disk_space.free_bytes_by_place(), int(backup_at_ms), context.packs.count_jobs()
        )
        return metrics.render()

    async with serve_metrics(context.instance.settings.metrics_bind, make_metrics_app(render)):
        yield


class _LifespanServer(Starlette):
    """Starlette application of which only lifespan and state are used.

    `HostRouter` handles requests and all their errors.
    """

    def __init__(
        self,
        settings: Settings,
        lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
        metrics: "Metrics | None",
    ) -> None:
        """Set the context manager that is open while the server runs. `metrics` is None if they are off."""
        super().__init__(lifespan=lifespan)
        self._settings = settings
        self._metrics = metrics

    def build_middleware_stack(self) -> ASGIApp:
        """Return the host router, which passes lifespan events to Starlette's router."""
        router = HostRouter(self.router, settings=self._settings)
        if self._metrics is None:
            return router
        from diary.web.request_metrics import RequestMetricsMiddleware  # noqa: PLC0415 - not loaded without metrics

        return RequestMetricsMiddleware(router, self._metrics)


@asynccontextmanager
async def open_instance(
    settings: Settings,
    clock: Clock,
    *,
    kdf_profile: KdfProfile = FLOOR_PROFILE,
    kdf_policy: KdfPolicy = PRODUCTION_POLICY,
) -> AsyncIterator[Instance]:
    """Yield the objects that services need, for the server and for commands that run beside it.

    Raise BadSetting if the settings, the secrets and the database do not match.
    """
    isolation.check_secrets_unreadable(settings.secret_paths())
    async with open_database(settings) as db, open_limit_stores(settings.counts_url, clock) as (counts, throttle):
        pepper_bytes, notary_seed = await read_secrets(settings, db)
        notary = Ed25519Signer(notary_seed)
        statements = await notary_keys.read_statements(db)
        notary_keys.check_keys(statements, notary)
        pepper_hasher = Pepper(pepper_bytes, kdf_profile)
        blob_store = open_blob_store(settings.blob_url)
        yield Instance(
            settings=settings,
            clock=clock,
            db=db,
            blob_store=blob_store,
            notary=notary,
            pepper=pepper_hasher,
            throttle=throttle,
            request_counter=counts,
            kdf_policy=kdf_policy,
            argon2_semaphore=asyncio.Semaphore(MAX_CONCURRENT_PROOFS),
            disk_space=DiskSpace(settings, blob_store.folder),
            timestamp_authorities=timestamping.read_authorities(settings.timestamps),
            log_witnesses=cosigning.read_witnesses(settings.witnesses),
            notary_key_statements=statements,
            release_leaf=sequencer.read_release_leaf(settings),
            kdf_profile_shares=await load_profile_shares(db, pepper_hasher),
        )

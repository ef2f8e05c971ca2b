"""Composition root: the server, built from its settings, services and routes."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

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
from diary.services.operations.dependencies import DependencyMonitor
from diary.services.operations.disk_space import DiskSpace
from diary.services.operations.limit_store import open_limit_stores
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
    pages = render_pages(settings, static, TEMPLATES)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_instance(settings, server_clock, kdf_profile=kdf_profile, kdf_policy=kdf_policy) as instance:
            packs = PackService(instance)
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
            app.state.app_context.event_log.log_event("started")
            purge_task = asyncio.create_task(run_hourly(instance, app.state.app_context.event_log.log_exception))
            log_task = asyncio.create_task(
                sequencer.run_forever(instance, app.state.app_context.event_log.log_exception)
            )
            try:
                yield
            finally:
                purge_task.cancel()
                log_task.cancel()
                await asyncio.gather(purge_task, log_task, return_exceptions=True)
                await packs.close()
            app.state.app_context.event_log.log_event("stopped")

    return _LifespanServer(settings, lifespan)


class _LifespanServer(Starlette):
    """Starlette application of which only lifespan and state are used.

    `HostRouter` handles requests and all their errors.
    """

    def __init__(self, settings: Settings, lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]]) -> None:
        """Set the context manager that is open while the server runs."""
        super().__init__(lifespan=lifespan)
        self._settings = settings

    def build_middleware_stack(self) -> ASGIApp:
        """Return the host router, which passes lifespan events to Starlette's router."""
        return HostRouter(self.router, settings=self._settings)


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

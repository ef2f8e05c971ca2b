"""The composition root: the only place that knows everything the server is made of."""

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
from diary.crypto.kdf import FLOOR, PRODUCT, KdfPolicy, KdfProfile
from diary.crypto.signing import Notary
from diary.paths import STATIC, TEMPLATES
from diary.services.accounts import cookie_migration
from diary.services.accounts.pepper import Pepper
from diary.services.accounts.unknown_names import fixed_shares
from diary.services.instance import Instance
from diary.services.log import cosigning, notary_keys, sequencer, timestamping
from diary.services.operations.decommission import Ending
from diary.services.operations.disk_space import Disk
from diary.services.operations.limit_store import open_counts
from diary.services.operations.secrets_check import read_secrets
from diary.services.packs.session_packs import Packs
from diary.services.sync.purge import every_hour
from diary.storage.blob_store import open_store
from diary.storage.database import opened
from diary.web.event_log import Events
from diary.web.host_router import Edge
from diary.web.pages import render_pages
from diary.web.rate_limits import NetworkLimit, SessionLimit
from diary.web.request_context import Office

# Each proof that is checked holds 46 MiB for its time.
PROOFS_AT_ONCE: Final = min(4, os.cpu_count() or 1)


def create_app(
    settings: Settings,
    clock: Clock | None = None,
    *,
    kdf_profile: KdfProfile = FLOOR,
    kdf_policy: KdfPolicy = PRODUCT,
    static: Path = STATIC,
) -> Starlette:
    """The server as an ASGI application. The database must have been migrated (`storage.database.migrate`).

    `kdf_profile`: what the server's own Argon2id of a proof costs. `kdf_policy`: which locks accounts may
    have. Tests make both cheap; nothing else does. `static`: the folder of what browsers are given.
    """
    told = clock or SystemClock()
    pages = render_pages(settings, static, TEMPLATES)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_instance(settings, told, kdf_profile=kdf_profile, kdf_policy=kdf_policy) as instance:
            packs = Packs(instance)
            cookies_until = await cookie_migration.begin(instance)
            app.state.office = Office(
                instance=instance,
                packs=packs,
                ending=Ending(),
                pages=pages,
                events=Events(told),
                cookies_until=cookies_until,
                networks=NetworkLimit(instance.pepper, instance.counts),
                sessions=SessionLimit(told, instance.counts),
            )
            app.state.office.events.say("started")
            purging = asyncio.create_task(every_hour(instance, app.state.office.events.fault))
            keeping = asyncio.create_task(sequencer.keep(instance, app.state.office.events.fault))
            try:
                yield
            finally:
                purging.cancel()
                keeping.cancel()
                await asyncio.gather(purging, keeping, return_exceptions=True)
                await packs.close()
            app.state.office.events.say("stopped")

    return _Server(settings, lifespan)


class _Server(Starlette):
    """Starlette's start, end and state. Requests go straight to the edge, which answers for every fault itself."""

    def __init__(self, settings: Settings, lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]]) -> None:
        """`lifespan`: what is open for as long as it runs."""
        super().__init__(lifespan=lifespan)
        self._settings = settings

    def build_middleware_stack(self) -> ASGIApp:
        """The edge, round what takes the start and the end."""
        return Edge(self.router, settings=self._settings)


@asynccontextmanager
async def open_instance(
    settings: Settings, clock: Clock, *, kdf_profile: KdfProfile = FLOOR, kdf_policy: KdfPolicy = PRODUCT
) -> AsyncIterator[Instance]:
    """What every service works with, for the length of the block: for the server, and for jobs beside it.

    Raises BadSetting when something does not fit together.
    """
    isolation.refuse_exposed(settings.secret_places())
    async with opened(settings) as db, open_counts(settings.counts_url, clock) as (counts, throttle):
        pepper, seed = await read_secrets(settings, db)
        notary = Notary(seed)
        statements = await notary_keys.read_statements(db)
        notary_keys.check_keys(statements, notary)
        peppered = Pepper(pepper, kdf_profile)
        store = open_store(settings.blob_url)
        yield Instance(
            settings=settings,
            clock=clock,
            db=db,
            blobs=store,
            notary=notary,
            pepper=peppered,
            throttle=throttle,
            counts=counts,
            policy=kdf_policy,
            argon=asyncio.Semaphore(PROOFS_AT_ONCE),
            disk=Disk(settings, store.folder),
            authorities=timestamping.read_authorities(settings.timestamps),
            witnesses=cosigning.read_witnesses(settings.witnesses),
            statements=statements,
            release=sequencer.read_release(settings),
            shares=await fixed_shares(db, peppered),
        )

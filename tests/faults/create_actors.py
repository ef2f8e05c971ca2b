"""Create the actors of the fault run, with their accounts."""

from __future__ import annotations

import random
from collections.abc import Mapping

from diary import config
from diary.app import open_instance
from diary.client import accounts, advocates, grant_access
from diary.client.advocates import MemberInvitation
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.crypto import kdf
from diary.services.sharing import organisations
from tests.faults.actors import (
    CHEAP_KDF,
    PASSPHRASE,
    AccountClosingActor,
    Actor,
    GrantActor,
    HandoverActor,
    KeyRotationActor,
)


async def create_invitation(environ: Mapping[str, str]) -> str:
    """Create an invitation for the lead of an organisation, as the operator does before the server runs."""
    async with open_instance(
        config.load_settings(environ), SystemClock(), kdf_profile=kdf.CHEAPEST_PROFILE, kdf_policy=kdf.TEST_POLICY
    ) as instance:
        return (await organisations.create_organisation(instance, "Stalking Support North"))[1]


async def create_actors(environ: Mapping[str, str], invite: str, random_source: random.Random) -> list[Actor]:
    """Create one actor of each kind on the running server."""
    origin = environ["DIARY_APP_URL"]
    clients: list[Actor] = []
    for kind in (KeyRotationActor, AccountClosingActor, HandoverActor, GrantActor):
        async with connect(origin) as server:
            identity = await accounts.enrol(server, PASSPHRASE, code=bytes(16), **CHEAP_KDF)
            actor = kind(origin, identity, server.tokens, random.Random(random_source.random()))
            if isinstance(actor, GrantActor):
                async with connect(origin) as advocate_client:
                    invited = MemberInvitation(invite, "Leigh", random_source.randbytes(20))
                    now = SystemClock().now_ms()
                    actor.advocate = await advocates.join_organisation(
                        advocate_client, PASSPHRASE, invited, recovery_code=bytes(16), now_ms=now, **CHEAP_KDF
                    )
                    actor.advocate_tokens = advocate_client.tokens
                actor.advocate_keys = await grant_access.fetch_advocate(server, actor.advocate.fingerprint_words)
            clients.append(actor)
    return clients

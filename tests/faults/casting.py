"""Who does the grave acts of the fault run, with their accounts."""

from __future__ import annotations

import random
from collections.abc import Mapping

from diary import config
from diary.app import open_instance
from diary.client import accounts, advocates, grant_access
from diary.client.advocates import Invited
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.crypto import kdf
from diary.services.sharing import organisations
from tests.faults.grave import CHEAP, WORDS, Actor, Closing, Granting, Handing, NewKeys


async def invitation(environ: Mapping[str, str]) -> str:
    """An invitation to lead an organisation of advocates, as the operator makes it: before the server runs."""
    async with open_instance(
        config.load(environ), SystemClock(), kdf_profile=kdf.CHEAPEST, kdf_policy=kdf.TESTS
    ) as instance:
        return (await organisations.begin(instance, "Stalking Support North"))[1]


async def new_actors(environ: Mapping[str, str], invite: str, chance: random.Random) -> list[Actor]:
    """One of each kind, on the running server."""
    origin, made = environ["DIARY_APP_URL"], []
    for kind in (NewKeys, Closing, Handing, Granting):
        async with connect(origin) as server:
            identity = await accounts.enrol(server, WORDS, code=bytes(16), **CHEAP)  # type: ignore[arg-type]
            actor = kind(origin, identity, server.tokens, random.Random(chance.random()))
            if isinstance(actor, Granting):
                async with connect(origin) as desk:
                    told = Invited(invite, "Leigh", chance.randbytes(20))
                    now = SystemClock().now_ms()
                    actor.advocate = await advocates.join(desk, WORDS, told, code=bytes(16), now=now, **CHEAP)  # type: ignore[arg-type]
                    actor.their_tokens = desk.tokens
                actor.person = await grant_access.meet(server, actor.advocate.words)
            made.append(actor)
    return made

"""Advocates of one organisation, for every test of them, and a keeper's grant to one."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from diary.app import open_instance
from diary.client import advocates, grant_access
from diary.client.advocates import Advocate, Invited
from diary.client.grant_access import Choice
from diary.client.transport import Server
from diary.crypto import kdf
from diary.encoding import b64
from diary.ledger.sharing.grants import USUAL_MS, Granted
from diary.services.sharing import organisations
from tests.keepers import CODE, Keeper, Phone, Served

WORDS = "an advocate's own long words"
NAME = "Priya K"
ORGANISATION = "Stalking Support North"


@dataclass
class Desk(Phone):
    """An advocate at their desk."""

    advocate: Advocate = None  # type: ignore[assignment] # always given
    reached: Server = field(default=None)  # type: ignore[assignment] # always given

    async def clients(self, now: int) -> list[advocates.Client]:
        """Who lets them in, all of them holding."""
        found, refused = await advocates.list_clients(self.reached, self.advocate, now)
        assert not refused
        return found

    async def prove(self) -> str:
        """X-Proof of the words."""
        told = (await self.ask("POST", "/v1/prelogin", {"login": self.advocate.login})).json()
        return b64(kdf.auth(kdf.root(WORDS, told["kdf"], kdf.TESTS), told["kdf"], told["kdf"]["origin"]))

    async def invites(self) -> str:
        """An invitation for a colleague, after the words."""
        answer = await self.ask("POST", "/v1/organisation/invitations", x_proof=await self.prove())
        assert answer.status_code == 201
        return str(answer.json()["invite"])


@asynccontextmanager
async def beside(server: Served) -> Any:
    """The operator's command line, on the server's own database."""
    async with open_instance(server.settings, server.clock, kdf_profile=kdf.CHEAPEST, kdf_policy=kdf.TESTS) as instance:
        yield instance


async def found_organisation(server: Served, name: str = ORGANISATION) -> tuple[str, str]:
    """An organisation's id and the invitation of its lead."""
    async with beside(server) as instance:
        return await organisations.begin(instance, name)


async def hire(server: Served, invite: str, name: str = NAME, address: str = "198.51.100.20") -> Desk:
    """Somebody who joins with an invitation."""
    client = server.client(address)
    reached = Server(client, server.settings.app_url)
    invited = Invited(invite, name, os.urandom(20))
    made = await advocates.join(
        reached, WORDS, invited, code=CODE, now=server.clock.now_ms(), profile=kdf.CHEAPEST, policy=kdf.TESTS
    )
    return Desk(client, dict(reached.tokens), advocate=made, reached=reached)


async def lead_of(server: Served) -> tuple[Desk, str]:
    """The lead of a new organisation, and its id."""
    organisation, invite = await found_organisation(server)
    return await hire(server, invite, "Leigh"), organisation


def reach(keeper: Keeper, server: Served) -> Server:
    """A keeper's own way to the server, for the reference client."""
    reached = Server(keeper.client, server.settings.app_url)
    reached.tokens.update(keeper.tokens)
    return reached


def all_of_it(server: Served, **changed: Any) -> Choice:
    """Everything, to look at, for thirty days from now."""
    usual = Choice({"all": True}, server.clock.now_ms() + USUAL_MS, "Help with a report")
    return replace(usual, **changed)


async def let_in(server: Served, keeper: Keeper, desk: Desk, choice: Choice | None = None) -> Granted:
    """The keeper hears the nine words, checks them, and lets the advocate in."""
    reached = reach(keeper, server)
    person = await grant_access.meet(reached, desk.advocate.words)
    chosen = choice or all_of_it(server)
    return await grant_access.let_in(reached, keeper.identity, person, chosen, "Maya", server.clock.now_ms())

"""Helpers for tests of advocates: an organisation, its members, and a keeper's grant to one of them."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from diary.app import open_instance
from diary.client import advocates, grant_access
from diary.client.advocates import Advocate, MemberInvitation
from diary.client.grant_access import GrantTerms
from diary.client.transport import RemoteServer
from diary.crypto import kdf
from diary.encoding import b64
from diary.ledger.sharing.grants import DEFAULT_DURATION_MS, OpenedGrant
from diary.services.sharing import organisations
from tests.server_fixture import RECOVERY_CODE, InProcessServer, Keeper, Phone

ADVOCATE_PASSPHRASE = "an advocate's own long words"
ADVOCATE_NAME = "Priya K"
ORGANISATION = "Stalking Support North"


@dataclass(kw_only=True)
class AdvocateDevice(Phone):
    """Advocate's signed-in device."""

    advocate: Advocate
    api_client: RemoteServer

    async def list_clients(self, now: int) -> list[advocates.AdvocateClient]:
        """Return the advocate's clients, and assert that every grant is valid."""
        clients, refused = await advocates.list_clients(self.api_client, self.advocate, now)
        assert not refused
        return clients

    async def passphrase_proof(self) -> str:
        """Return the X-Proof value of the advocate's words."""
        prelogin = (await self.request("POST", "/v1/prelogin", {"login": self.advocate.login})).json()
        return b64(
            kdf.derive_sign_in_proof(
                kdf.derive_root(ADVOCATE_PASSPHRASE, prelogin["kdf"], kdf.TEST_POLICY),
                prelogin["kdf"],
                prelogin["kdf"]["origin"],
            )
        )

    async def invite_colleague(self) -> str:
        """Create an invitation for a colleague."""
        answer = await self.request("POST", "/v1/organisation/invitations", x_proof=await self.passphrase_proof())
        assert answer.status_code == 201
        return str(answer.json()["invite"])


@asynccontextmanager
async def open_instance_on_database(server: InProcessServer) -> Any:
    """Open the operator's side on the server's own database."""
    async with open_instance(
        server.settings, server.clock, kdf_profile=kdf.CHEAPEST_PROFILE, kdf_policy=kdf.TEST_POLICY
    ) as instance:
        yield instance


async def create_organisation(server: InProcessServer, name: str = ORGANISATION) -> tuple[str, str]:
    """Create an organisation. Return its id and the invitation for its lead."""
    async with open_instance_on_database(server) as instance:
        return await organisations.create_organisation(instance, name)


async def join_organisation(
    server: InProcessServer, invite: str, name: str = ADVOCATE_NAME, address: str = "198.51.100.20"
) -> AdvocateDevice:
    """Register an advocate with an invitation, and return their device."""
    client = server.http_client(address)
    api_client = RemoteServer(client, server.settings.app_url)
    invited = MemberInvitation(invite, name, os.urandom(20))
    advocate = await advocates.join_organisation(
        api_client,
        ADVOCATE_PASSPHRASE,
        invited,
        recovery_code=RECOVERY_CODE,
        now_ms=server.clock.now_ms(),
        profile=kdf.CHEAPEST_PROFILE,
        policy=kdf.TEST_POLICY,
    )
    return AdvocateDevice(client, dict(api_client.tokens), advocate=advocate, api_client=api_client)


async def create_organisation_lead(server: InProcessServer) -> tuple[AdvocateDevice, str]:
    """Create an organisation. Return the device of its lead and the organisation's id."""
    organisation, invite = await create_organisation(server)
    return await join_organisation(server, invite, "Leigh"), organisation


def api_client_for(keeper: Keeper, server: InProcessServer) -> RemoteServer:
    """Return a client of the reference implementation with the keeper's session."""
    api_client = RemoteServer(keeper.client, server.settings.app_url)
    api_client.tokens.update(keeper.tokens)
    return api_client


def full_access_choice(server: InProcessServer, **changes: Any) -> GrantTerms:
    """Return terms that grant view access to everything for the default duration."""
    choice = GrantTerms({"all": True}, server.clock.now_ms() + DEFAULT_DURATION_MS, "Help with a report")
    return replace(choice, **changes)


async def grant_access_to(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice, choice: GrantTerms | None = None
) -> OpenedGrant:
    """Verify the advocate's nine words as the keeper, and grant them access."""
    api_client = api_client_for(keeper, server)
    person = await grant_access.fetch_advocate(api_client, desk.advocate.fingerprint_words)
    chosen = choice or full_access_choice(server)
    return await grant_access.create_grant(api_client, keeper.identity, person, chosen, "Maya", server.clock.now_ms())

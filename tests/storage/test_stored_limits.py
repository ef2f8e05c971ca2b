"""Limits of what is stored for one account or grant: which rows go, which stay, and in which order they are listed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pytest

from diary.errors import QuotaExceeded
from diary.ids import new_id, parse_id
from diary.storage.accounts import invitations, renewal_tokens
from diary.storage.accounts.renewal_tokens import MAX_TOKENS_PER_ACCOUNT, RenewalRow
from diary.storage.sharing import letters
from diary.storage.sharing.letters import LetterRow
from diary.storage.writer import Transaction
from tests.advocate_helpers import (
    create_organisation,
    create_organisation_lead,
    grant_access_to,
    join_organisation,
)
from tests.server_fixture import InProcessServer, Keeper

T = TypeVar("T")
NOW_MS = 1_800_000_000_000
# docs/api.md, on the letters that a client is sent: "At most 200 can wait at once."
WAITING_LETTERS = 200


async def run_job(server: InProcessServer, job: Callable[[Transaction], T]) -> T:
    """Run a job in the server's writer."""
    instance: Any = server.app.state.app_context.instance
    result: T = await instance.db.writer.run(job)
    return result


async def test_the_oldest_renewal_token_goes_when_a_device_too_many_signs_in(
    server: InProcessServer, keeper: Keeper
) -> None:
    """Forty devices of an account keep their tokens; the next one costs only the oldest its own."""
    account = server.query("SELECT id FROM account")[0][0]
    digests = [bytes([n]) * 32 for n in range(MAX_TOKENS_PER_ACCOUNT + 1)]

    def sign_in(n: int) -> Callable[[Transaction], None]:
        device, session = bytes([n]) * 16, bytes([n]) * 16
        return lambda tx: renewal_tokens.replace_for_device(
            tx, digests[n], RenewalRow(account, device, NOW_MS + n), session
        )

    await run_job(server, lambda tx: renewal_tokens.delete_all(tx, account))
    for n in range(MAX_TOKENS_PER_ACCOUNT):
        await run_job(server, sign_in(n))
    stored = {row[0] for row in server.query("SELECT id FROM renewal")}
    assert stored == set(digests[:MAX_TOKENS_PER_ACCOUNT])
    await run_job(server, sign_in(MAX_TOKENS_PER_ACCOUNT))
    assert {row[0] for row in server.query("SELECT id FROM renewal")} == set(digests[1:])


async def test_an_invitation_is_valid_to_its_last_moment_and_once(server: InProcessServer) -> None:
    """It opens one account until it expires, and no account after that; the expired ones go when one is added."""
    used, expired = b"a" * 32, b"b" * 32
    for mac in (used, expired):
        await run_job(server, partial(invitations.add_invitation, mac=mac, now=NOW_MS, expires_at=NOW_MS + 1000))
    assert await run_job(server, lambda tx: invitations.use_invitation(tx, used, NOW_MS + 1000))
    assert not await run_job(server, lambda tx: invitations.use_invitation(tx, used, NOW_MS))
    assert not await run_job(server, lambda tx: invitations.use_invitation(tx, expired, NOW_MS + 1001))
    assert server.query("SELECT count(*) FROM invite") == [(1,)]
    later = b"c" * 32
    await run_job(server, lambda tx: invitations.add_invitation(tx, later, NOW_MS + 1001, NOW_MS + 2000))
    assert server.query("SELECT id FROM invite") == [(later,)]


async def test_two_hundred_letters_of_a_grant_wait_and_no_more(server: InProcessServer, keeper: Keeper) -> None:
    """The next one is refused until one was taken in; a letter that waits already is answered as before."""
    lead, _ = await create_organisation_lead(server)
    granted = await grant_access_to(server, keeper, lead)
    grant = parse_id(granted.id)
    rows = [LetterRow(new_id(), grant, NOW_MS + n, b"sealed") for n in range(WAITING_LETTERS + 1)]
    for row in rows[:WAITING_LETTERS]:
        await run_job(server, partial(letters.add_letter, row=row))
    with pytest.raises(QuotaExceeded):
        await run_job(server, lambda tx: letters.add_letter(tx, rows[-1]))
    await run_job(server, lambda tx: letters.add_letter(tx, rows[0]))
    account, diary = server.query("SELECT account_id, id FROM diary")[0]
    await run_job(server, lambda tx: letters.mark_taken(tx, account, diary, rows[0].id, NOW_MS))
    await run_job(server, lambda tx: letters.add_letter(tx, rows[-1]))


async def test_members_are_listed_in_the_order_in_which_they_joined(server: InProcessServer) -> None:
    """The ids of members are random: their order is not the order of the list."""
    _, invite = await create_organisation(server)
    lead = await join_organisation(server, invite, "Leigh", "198.51.100.1")
    names = ["Sam", "Ana", "Kit", "Bo", "Lou"]
    for n, name in enumerate(names):
        server.clock.advance(1000)
        await join_organisation(server, await lead.invite_colleague(), name, f"198.51.100.{n + 2}")
    listed = (await lead.request("GET", "/v1/organisation")).json()["members"]
    assert [row["name"] for row in listed] == ["Leigh", *names]

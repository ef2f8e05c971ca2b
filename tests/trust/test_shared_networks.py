"""Many share one address: a household, a police force, a telephone company. One of them does not shut the others out."""

from __future__ import annotations

import os

from diary.encoding import b64
from tests.keepers import Keeper, Phone, Served, sign_in_body
from tests.web.test_handovers import leave, officer
from tests.web.test_witnesses import asks

WRONG = b64(bytes(32))
SHARED = "192.0.2.200"


async def test_a_neighbours_wrong_words_do_not_close_a_hand_over_to_an_officer(keeper: Keeper, server: Served) -> None:
    """Forty wrong tries at hand-overs behind one address; the officer with the right words opens theirs at once."""
    left = await leave(keeper, b"a pack")
    neighbour, desk = officer(server, SHARED), officer(server, SHARED)
    for _ in range(40):
        await neighbour.ask("POST", "/v1/handover/openings", {"name": b64(os.urandom(16)), "auth": WRONG})
    assert (await desk.ask("POST", "/v1/handover/openings", left.told)).status_code == 200


async def test_a_neighbours_wrong_words_do_not_close_a_statement_to_a_witness(keeper: Keeper, server: Served) -> None:
    """The same for whoever has seven words."""
    asked = await asks(server, keeper)
    neighbour, witness = officer(server, SHARED), officer(server, SHARED)
    for _ in range(40):
        await neighbour.ask("POST", "/v1/statement/code", {"name": b64(os.urandom(16))})
    assert (await witness.ask("POST", "/v1/statement/code", {"name": b64(asked.code.name)})).status_code == 200


async def test_a_neighbours_endless_requests_delay_only_their_own_name(keeper: Keeper, server: Served) -> None:
    """Seventy posts about one name in a minute: 429 for that name, and the keeper signs in behind the same address."""
    neighbour, at_home = Phone(server.client(SHARED)), Phone(server.client(SHARED))
    statuses = [
        (await neighbour.ask("POST", "/v1/prelogin", {"login": "somebody-else-x2y3"})).status_code for _ in range(70)
    ]
    assert statuses == [200] * 60 + [429] * 10
    answer = await at_home.ask("POST", "/v1/sessions", sign_in_body(keeper.identity.login, keeper.proof))
    assert answer.status_code == 200


async def test_wrong_words_for_one_hand_over_are_still_few(keeper: Keeper, server: Served) -> None:
    """Ten an hour from one network, a hundred from all of them together."""
    left = await leave(keeper, b"a pack")
    wrong = {"name": left.told["name"], "auth": WRONG}
    phone = officer(server, SHARED)
    assert [(await phone.ask("POST", "/v1/handover/openings", wrong)).status_code for _ in range(11)] == [401] * 10 + [
        429
    ]
    refused = []
    for n in range(120):
        elsewhere = officer(server, f"10.3.0.{n}")
        refused.append((await elsewhere.ask("POST", "/v1/handover/openings", wrong)).status_code)
    assert refused == [401] * 90 + [429] * 30

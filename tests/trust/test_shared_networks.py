"""People behind one address, such as a household, a police force or a mobile network, do not lock each other out."""

from __future__ import annotations

import os

from diary.encoding import b64
from tests.server_fixture import InProcessServer, Keeper, Phone, new_device_sign_in_body
from tests.web.test_handovers import leave_handover, officer_phone
from tests.web.test_witnesses import create_witness_code

WRONG_PROOF = b64(bytes(32))
SHARED_ADDRESS = "192.0.2.200"


async def test_a_neighbours_wrong_words_do_not_close_a_hand_over_to_an_officer(
    keeper: Keeper, server: InProcessServer
) -> None:
    """After forty wrong tries at handovers from one address, an officer there still opens theirs at once."""
    handover = await leave_handover(keeper, b"a pack")
    neighbour, desk = officer_phone(server, SHARED_ADDRESS), officer_phone(server, SHARED_ADDRESS)
    for _ in range(40):
        await neighbour.request("POST", "/v1/handover/openings", {"name": b64(os.urandom(16)), "auth": WRONG_PROOF})
    assert (await desk.request("POST", "/v1/handover/openings", handover.opening_body)).status_code == 200


async def test_a_neighbours_wrong_words_do_not_close_a_statement_to_a_witness(
    keeper: Keeper, server: InProcessServer
) -> None:
    """The same holds for a witness with the right words."""
    witness_request = await create_witness_code(server, keeper)
    neighbour, witness = officer_phone(server, SHARED_ADDRESS), officer_phone(server, SHARED_ADDRESS)
    for _ in range(40):
        await neighbour.request("POST", "/v1/statement/code", {"name": b64(os.urandom(16))})
    assert (
        await witness.request("POST", "/v1/statement/code", {"name": b64(witness_request.code.name)})
    ).status_code == 200


async def test_a_neighbours_endless_requests_delay_only_their_own_name(keeper: Keeper, server: InProcessServer) -> None:
    """After seventy posts about one name in a minute that name gets 429, and the keeper signs in from the same address."""
    neighbour, at_home = Phone(server.http_client(SHARED_ADDRESS)), Phone(server.http_client(SHARED_ADDRESS))
    statuses = [
        (await neighbour.request("POST", "/v1/prelogin", {"login": "somebody-else-x2y3"})).status_code
        for _ in range(70)
    ]
    assert statuses == [200] * 60 + [429] * 10
    answer = await at_home.request("POST", "/v1/sessions", new_device_sign_in_body(keeper.identity.login, keeper.proof))
    assert answer.status_code == 200


async def test_wrong_words_for_one_hand_over_are_still_few(keeper: Keeper, server: InProcessServer) -> None:
    """The limits are ten an hour from one network, and a hundred from all together."""
    handover = await leave_handover(keeper, b"a pack")
    wrong = {"name": handover.opening_body["name"], "auth": WRONG_PROOF}
    phone = officer_phone(server, SHARED_ADDRESS)
    assert [(await phone.request("POST", "/v1/handover/openings", wrong)).status_code for _ in range(11)] == [
        401
    ] * 10 + [429]
    refused = []
    for n in range(120):
        other_phone = officer_phone(server, f"10.3.0.{n}")
        refused.append((await other_phone.request("POST", "/v1/handover/openings", wrong)).status_code)
    assert refused == [401] * 90 + [429] * 30

"""A copied session without the words can read sealed bytes and append, but change nothing that was written."""

from __future__ import annotations

import pytest

from diary.client.advocates import send_question as ask_of
from diary.crypto.handover import new_kdf_params
from diary.crypto.kdf import CHEAPEST_PROFILE
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.services.sync.purge import purge
from tests.advocate_helpers import (
    ORGANISATION,
    AdvocateDevice,
    create_organisation_lead,
    full_access_choice,
    grant_access_to,
    open_instance_on_database,
)
from tests.server_fixture import InProcessServer, Keeper, Phone, device_with_copied_tokens, sign_in_on_second_device
from tests.web.test_authorisation import sealed_witness_request
from tests.web.test_witnesses import create_witness_code

WRONG_PROOF = b64(bytes(32))
HOUR_MS = 3_600_000
WRONG_PROOF_HEADERS: tuple[dict[str, str], ...] = ({}, {"x_proof": WRONG_PROOF}, {"x_proof": "?"})


async def assert_proof_required(thief: Phone, method: str, path: str, body: dict[str, object] | None = None) -> None:
    """Assert that a missing proof and wrong ones give the same refusal."""
    for proof in WRONG_PROOF_HEADERS:
        answer = await thief.request(method, path, body, headers=proof)
        code = answer.json().get("error") if answer.content else None
        assert (answer.status_code, code) == (401, "no_match"), (method, path, answer.text)


@pytest.fixture
async def desk(server: InProcessServer) -> AdvocateDevice:
    """Register an advocate."""
    return (await create_organisation_lead(server))[0]


async def test_a_copied_session_ends_no_grant(keeper: Keeper, server: InProcessServer, desk: AdvocateDevice) -> None:
    """The advocate can still read; the keeper ends the grant with the words, at once."""
    granted = await grant_access_to(server, keeper, desk)
    path = f"{keeper.diary}/grants/{granted.id}"
    await assert_proof_required(device_with_copied_tokens(server, keeper), "DELETE", path)
    assert (await desk.request("GET", f"/v1/clients/{granted.id}")).status_code == 200
    assert (await keeper.request("DELETE", path, x_proof=keeper.proof)).status_code == 204
    assert (await desk.request("GET", f"/v1/clients/{granted.id}")).status_code == 404


def handover_body(keeper: Keeper) -> dict[str, object]:
    """Return the body that announces a handover."""
    body = {"diary": keeper.identity.diary, "handover": id_text(new_id()), "name": b64(new_id()), "auth": "A" * 43}
    return body | {"kdf": new_kdf_params(CHEAPEST_PROFILE), "parts": 2, "size": 9000}


async def test_a_copied_session_makes_and_ends_no_handover(keeper: Keeper, server: InProcessServer) -> None:
    """No handover is created in the keeper's name, and the keeper's own stays until the keeper ends it."""
    thief = device_with_copied_tokens(server, keeper)
    await assert_proof_required(thief, "POST", "/v1/handovers", handover_body(keeper))
    handover_answer = await keeper.request("POST", "/v1/handovers", handover_body(keeper), x_proof=keeper.proof)
    assert handover_answer.status_code == 201
    path = f"/v1/handovers/{handover_answer.json()['handover']}"
    await assert_proof_required(thief, "DELETE", path)
    rows_listed = (await keeper.request("GET", "/v1/handovers")).json()["handovers"]
    assert [row["ended_at"] for row in rows_listed] == [None]
    assert (await keeper.request("DELETE", path, x_proof=keeper.proof)).status_code == 204


async def test_a_copied_session_makes_and_ends_no_witness_code(keeper: Keeper, server: InProcessServer) -> None:
    """No code is created in the keeper's name, and a witness's code keeps working."""
    thief, witness = device_with_copied_tokens(server, keeper), id_text(new_id())
    body: dict[str, object] = {"witness": witness, "name": b64(new_id()), "sealed": sealed_witness_request(witness)}
    await assert_proof_required(thief, "POST", f"{keeper.diary}/witnesses", body)
    assert (await keeper.request("POST", f"{keeper.diary}/witnesses", body, x_proof=keeper.proof)).status_code == 201
    await assert_proof_required(thief, "DELETE", f"{keeper.diary}/witnesses/{witness}")
    # No statement has arrived, so there is none to accept.
    assert (await thief.request("POST", f"{keeper.diary}/witnesses/{witness}/taken")).status_code == 404
    assert [row["witness"] for row in await list_of(keeper, "witnesses")] == [witness]


async def test_a_copied_session_destroys_no_letter(
    keeper: Keeper, server: InProcessServer, desk: AdvocateDevice
) -> None:
    """An accepted letter stays for thirty days, byte for byte; only the words delete it sooner."""
    await grant_access_to(server, keeper, desk, full_access_choice(server, rights=("view", "comment")))
    path, body = keeper.seal()
    await keeper.request("PUT", path, body)
    (client,) = await desk.list_clients(server.clock.now_ms())
    for text in ("When was that?", "Who was there?"):
        await ask_of(desk.api_client, desk.advocate, client, path.split("/")[5], text, server.clock.now_ms())
    first, second = await list_of(keeper, "letters")
    thief = device_with_copied_tokens(server, keeper)
    place = f"{keeper.diary}/letters/{first['letter']}"
    await assert_proof_required(thief, "DELETE", place)
    for _ in range(2):
        assert (await thief.request("POST", f"{place}/taken")).status_code == 204
    assert await list_of(keeper, "letters") == [second]
    taken_at = server.clock.now_ms()
    assert await list_of(keeper, "letters?taken=1") == [first | {"taken_at": taken_at}, second]
    await run_hours(server, 29 * 24)
    assert (await thief.request("POST", f"{place}/taken")).status_code == 204
    assert len(await list_of(keeper, "letters?taken=1")) == 2
    await run_hours(server, 25)
    keeper = await sign_in_on_second_device(server, keeper)  # the session lasted thirty days too
    assert await list_of(keeper, "letters?taken=1") == [second]
    assert (
        await keeper.request("DELETE", f"{keeper.diary}/letters/{second['letter']}", x_proof=keeper.proof)
    ).status_code == 204
    assert await list_of(keeper, "letters?taken=1") == []


async def test_a_copied_session_destroys_no_statement(keeper: Keeper, server: InProcessServer) -> None:
    """An accepted statement stays for thirty days; only the words delete it sooner."""
    accepted_code, other = await create_witness_code(server, keeper), await create_witness_code(server, keeper)
    for witness_request in (accepted_code, other):
        await witness_request.enter_words()
        assert (await witness_request.send_statement(witness_request.seal_statement(keeper))).status_code == 204
    thief = device_with_copied_tokens(server, keeper)
    place = f"{keeper.diary}/witnesses/{accepted_code.id}"
    before = {str(row["witness"]): row for row in await list_of(keeper, "witnesses")}
    await assert_proof_required(thief, "DELETE", place)
    assert (await thief.request("POST", f"{place}/taken")).status_code == 204
    assert [row["witness"] for row in await list_of(keeper, "witnesses")] == [other.id]
    held = {str(row["witness"]): row for row in await list_of(keeper, "witnesses?taken=1")}
    assert held[accepted_code.id] == before[accepted_code.id] | {"taken_at": server.clock.now_ms()}
    await run_hours(server, 29 * 24)
    assert {row["witness"] for row in await list_of(keeper, "witnesses?taken=1")} == {accepted_code.id, other.id}
    await run_hours(server, 25)
    keeper = await sign_in_on_second_device(server, keeper)  # the session lasted thirty days too
    # A statement that was not accepted is never deleted automatically.
    assert [row["witness"] for row in await list_of(keeper, "witnesses?taken=1")] == [other.id]
    departed = await keeper.request("DELETE", f"{keeper.diary}/witnesses/{other.id}", x_proof=keeper.proof)
    assert (departed.status_code, await list_of(keeper, "witnesses?taken=1")) == (204, [])


async def test_a_copied_session_reads_no_name_among_the_grants(
    keeper: Keeper, server: InProcessServer, desk: AdvocateDevice
) -> None:
    """The answer has ids, times and sealed data: neither the advocate's name nor their organisation."""
    granted = await grant_access_to(server, keeper, desk)
    answer = await device_with_copied_tokens(server, keeper).request("GET", "/v1/grants")
    assert granted.id in answer.text
    for name in ("Leigh", ORGANISATION, *ORGANISATION.split(), b64(desk.advocate.keyset.ecdsa_pub)):
        assert name not in answer.text, name


async def test_a_copied_session_of_an_advocate_ends_and_invites_nobody(
    keeper: Keeper, server: InProcessServer, desk: AdvocateDevice
) -> None:
    """Grants stay, and nobody is invited in the organisation's name, without the advocate's words."""
    granted = await grant_access_to(server, keeper, desk)
    thief = Phone(server.http_client("192.0.2.66"), dict(desk.tokens))
    path = f"/v1/organisation/members/{desk.advocate.account}"
    await assert_proof_required(thief, "DELETE", path)
    await assert_proof_required(thief, "POST", "/v1/organisation/invitations")
    assert (await desk.request("GET", f"/v1/clients/{granted.id}")).status_code == 200
    assert (await desk.request("DELETE", path, x_proof=await desk.passphrase_proof())).status_code == 204
    assert (await desk.request("GET", f"/v1/clients/{granted.id}")).status_code == 401


async def list_of(keeper: Keeper, what: str) -> list[dict[str, object]]:
    """Return the diary's letters or codes."""
    return list((await keeper.request("GET", f"{keeper.diary}/{what}")).json()[what.partition("?")[0]])


async def run_hours(server: InProcessServer, n: int) -> None:
    """Let hours pass on a running server, with its hourly work."""
    server.clock.advance((n - 2) * HOUR_MS)
    async with open_instance_on_database(server) as instance:
        for _ in range(3):  # a clock that has just jumped is trusted after an hour
            await purge(instance)
            server.clock.advance(HOUR_MS)
    server.clock.advance(-HOUR_MS)

"""A copied session, without the words: it reads sealed bytes and appends, and what was written stays as it is."""

from __future__ import annotations

import pytest

from diary.client.advocates import ask as ask_of
from diary.crypto.handover import new_kdf
from diary.crypto.kdf import CHEAPEST
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.services.sync.purge import purge
from tests.advocates import ORGANISATION, Desk, all_of_it, beside, lead_of, let_in
from tests.keepers import Keeper, Phone, Served, copied, on_another_device
from tests.web.test_authorisation import asking
from tests.web.test_witnesses import asks

WRONG = b64(bytes(32))
HOUR = 3_600_000
PROOFS: tuple[dict[str, str], ...] = ({}, {"x_proof": WRONG}, {"x_proof": "?"})


async def refused(thief: Phone, method: str, path: str, body: dict[str, object] | None = None) -> None:
    """No proof and wrong ones are answered alike."""
    for proof in PROOFS:
        answer = await thief.ask(method, path, body, **proof)
        told = answer.json().get("error") if answer.content else None
        assert (answer.status_code, told) == (401, "no_match"), (method, path, answer.text)


@pytest.fixture
async def desk(server: Served) -> Desk:
    """An advocate."""
    return (await lead_of(server))[0]


async def test_a_copied_session_ends_no_grant(keeper: Keeper, server: Served, desk: Desk) -> None:
    """The advocate can still read; the keeper ends it with the words, at once."""
    granted = await let_in(server, keeper, desk)
    path = f"{keeper.diary}/grants/{granted.id}"
    await refused(copied(server, keeper), "DELETE", path)
    assert (await desk.ask("GET", f"/v1/clients/{granted.id}")).status_code == 200
    assert (await keeper.ask("DELETE", path, x_proof=keeper.proof)).status_code == 204
    assert (await desk.ask("GET", f"/v1/clients/{granted.id}")).status_code == 404


def offered(keeper: Keeper) -> dict[str, object]:
    """What announces a hand-over."""
    told = {"diary": keeper.identity.diary, "handover": id_text(new_id()), "name": b64(new_id()), "auth": "A" * 43}
    return told | {"kdf": new_kdf(CHEAPEST), "parts": 2, "size": 9000}


async def test_a_copied_session_makes_and_ends_no_handover(keeper: Keeper, server: Served) -> None:
    """Nothing is left in the keeper's name, and what the keeper left stands until the keeper ends it."""
    thief = copied(server, keeper)
    await refused(thief, "POST", "/v1/handovers", offered(keeper))
    left = await keeper.ask("POST", "/v1/handovers", offered(keeper), x_proof=keeper.proof)
    assert left.status_code == 201
    path = f"/v1/handovers/{left.json()['handover']}"
    await refused(thief, "DELETE", path)
    listed = (await keeper.ask("GET", "/v1/handovers")).json()["handovers"]
    assert [one["ended_at"] for one in listed] == [None]
    assert (await keeper.ask("DELETE", path, x_proof=keeper.proof)).status_code == 204


async def test_a_copied_session_makes_and_ends_no_witness_code(keeper: Keeper, server: Served) -> None:
    """Nobody is asked in the keeper's name, and the code that a witness was given goes on."""
    thief, witness = copied(server, keeper), id_text(new_id())
    body: dict[str, object] = {"witness": witness, "name": b64(new_id()), "sealed": asking(witness)}
    await refused(thief, "POST", f"{keeper.diary}/witnesses", body)
    assert (await keeper.ask("POST", f"{keeper.diary}/witnesses", body, x_proof=keeper.proof)).status_code == 201
    await refused(thief, "DELETE", f"{keeper.diary}/witnesses/{witness}")
    # Nothing has come, so there is nothing to have been taken in.
    assert (await thief.ask("POST", f"{keeper.diary}/witnesses/{witness}/taken")).status_code == 404
    assert [one["witness"] for one in await listed(keeper, "witnesses")] == [witness]


async def test_a_copied_session_destroys_no_letter(keeper: Keeper, server: Served, desk: Desk) -> None:
    """What it says was taken in is there for thirty days, to the byte, and goes sooner with the words only."""
    await let_in(server, keeper, desk, all_of_it(server, rights=("view", "comment")))
    path, body = keeper.seal()
    await keeper.ask("PUT", path, body)
    (client,) = await desk.clients(server.clock.now_ms())
    for text in ("When was that?", "Who was there?"):
        await ask_of(desk.reached, desk.advocate, client, path.split("/")[5], text, server.clock.now_ms())
    first, second = await listed(keeper, "letters")
    thief = copied(server, keeper)
    place = f"{keeper.diary}/letters/{first['letter']}"
    await refused(thief, "DELETE", place)
    for _ in range(2):
        assert (await thief.ask("POST", f"{place}/taken")).status_code == 204
    assert await listed(keeper, "letters") == [second]
    taken_at = server.clock.now_ms()
    assert await listed(keeper, "letters?taken=1") == [first | {"taken_at": taken_at}, second]
    await hours(server, 29 * 24)
    assert (await thief.ask("POST", f"{place}/taken")).status_code == 204
    assert len(await listed(keeper, "letters?taken=1")) == 2
    await hours(server, 25)
    keeper = await on_another_device(server, keeper)  # the session was of thirty days too
    assert await listed(keeper, "letters?taken=1") == [second]
    assert (
        await keeper.ask("DELETE", f"{keeper.diary}/letters/{second['letter']}", x_proof=keeper.proof)
    ).status_code == 204
    assert await listed(keeper, "letters?taken=1") == []


async def test_a_copied_session_destroys_no_statement(keeper: Keeper, server: Served) -> None:
    """What a witness wrote stays for thirty days after it was taken in, and goes sooner with the words only."""
    asked, other = await asks(server, keeper), await asks(server, keeper)
    for one in (asked, other):
        await one.types()
        assert (await one.send(one.seal(keeper))).status_code == 204
    thief = copied(server, keeper)
    place = f"{keeper.diary}/witnesses/{asked.id}"
    before = {str(one["witness"]): one for one in await listed(keeper, "witnesses")}
    await refused(thief, "DELETE", place)
    assert (await thief.ask("POST", f"{place}/taken")).status_code == 204
    assert [one["witness"] for one in await listed(keeper, "witnesses")] == [other.id]
    held = {str(one["witness"]): one for one in await listed(keeper, "witnesses?taken=1")}
    assert held[asked.id] == before[asked.id] | {"taken_at": server.clock.now_ms()}
    await hours(server, 29 * 24)
    assert {one["witness"] for one in await listed(keeper, "witnesses?taken=1")} == {asked.id, other.id}
    await hours(server, 25)
    keeper = await on_another_device(server, keeper)  # the session was of thirty days too
    # What came and was not taken in is never dropped by itself.
    assert [one["witness"] for one in await listed(keeper, "witnesses?taken=1")] == [other.id]
    gone = await keeper.ask("DELETE", f"{keeper.diary}/witnesses/{other.id}", x_proof=keeper.proof)
    assert (gone.status_code, await listed(keeper, "witnesses?taken=1")) == (204, [])


async def test_a_copied_session_reads_no_name_among_the_grants(keeper: Keeper, server: Served, desk: Desk) -> None:
    """Ids, times and what the keeper sealed: neither the advocate's name nor their organisation stands in it."""
    granted = await let_in(server, keeper, desk)
    answer = await copied(server, keeper).ask("GET", "/v1/grants")
    assert granted.id in answer.text
    for name in ("Leigh", ORGANISATION, *ORGANISATION.split(), b64(desk.advocate.keyset.ecdsa_pub)):
        assert name not in answer.text, name


async def test_a_copied_session_of_an_advocate_ends_and_invites_nobody(
    keeper: Keeper, server: Served, desk: Desk
) -> None:
    """What clients gave stays given, and nobody stands in the organisation's name, until the advocate's words are typed."""
    granted = await let_in(server, keeper, desk)
    thief = Phone(server.client("192.0.2.66"), dict(desk.tokens))
    path = f"/v1/organisation/members/{desk.advocate.account}"
    await refused(thief, "DELETE", path)
    await refused(thief, "POST", "/v1/organisation/invitations")
    assert (await desk.ask("GET", f"/v1/clients/{granted.id}")).status_code == 200
    assert (await desk.ask("DELETE", path, x_proof=await desk.prove())).status_code == 204
    assert (await desk.ask("GET", f"/v1/clients/{granted.id}")).status_code == 401


async def listed(keeper: Keeper, what: str) -> list[dict[str, object]]:
    """The diary's letters or codes."""
    return list((await keeper.ask("GET", f"{keeper.diary}/{what}")).json()[what.partition("?")[0]])


async def hours(server: Served, n: int) -> None:
    """Time goes on, the server awake, and what is due is carried out."""
    server.clock.advance((n - 2) * HOUR)
    async with beside(server) as instance:
        for _ in range(3):  # a clock that has just jumped is believed after an hour
            await purge(instance)
            server.clock.advance(HOUR)
    server.clock.advance(-HOUR)

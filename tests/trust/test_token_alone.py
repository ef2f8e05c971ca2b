"""A copied session, without the words: it reads sealed bytes and appends, and what was written stays as it is."""

from __future__ import annotations

import pytest

from diary.crypto.handover import new_kdf
from diary.crypto.kdf import CHEAPEST
from diary.encoding import b64
from diary.ids import id_text, new_id
from tests.advocates import Desk, lead_of, let_in
from tests.keepers import Keeper, Phone, Served, copied

WRONG = b64(bytes(32))
PROOFS: tuple[dict[str, str], ...] = ({}, {"x_proof": WRONG}, {"x_proof": "?"})


async def refused(thief: Phone, method: str, path: str, body: dict[str, object] | None = None) -> None:
    """No proof and wrong ones are answered alike."""
    for proof in PROOFS:
        answer = await thief.ask(method, path, body, **proof)
        assert (answer.status_code, answer.json().get("error")) == (401, "no_match"), (method, path, answer.text)


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

"""Pack jobs over HTTP: a place, the capsule, progress, the front part once."""

from __future__ import annotations

import asyncio

from tests.keepers import Keeper, Served


async def test_a_place_is_ready_and_can_be_given_up(keeper: Keeper) -> None:
    """Nothing of the diary is sent for a place; given up, it is gone."""
    made = await keeper.ask("POST", "/v1/packs", {"diary": keeper.identity.diary})
    assert made.status_code == 201 and made.json()["state"] in ("queued", "ready")
    where = f"/v1/packs/{made.json()['pack']}"
    assert (await keeper.ask("GET", where)).json()["state"] == "ready"
    early = await keeper.ask("GET", f"{where}/front")
    assert (early.status_code, early.json()["error"]) == (409, "conflict")
    assert (await keeper.ask("DELETE", where)).status_code == 204
    assert (await keeper.ask("GET", where)).status_code == 404


async def test_a_capsule_that_is_none_fails_by_name(keeper: Keeper) -> None:
    """The worker refuses it; the job says so and the server goes on."""
    made = (await keeper.ask("POST", "/v1/packs", {"diary": keeper.identity.diary})).json()
    where = f"/v1/packs/{made['pack']}"
    begun = await keeper.ask("PUT", f"{where}/capsule", b'{"t":"not a capsule"}')
    assert begun.status_code == 202
    again = await keeper.ask("PUT", f"{where}/capsule", b"{}")
    assert (again.status_code, again.json()["error"]) == (409, "conflict")
    for _ in range(600):
        told = (await keeper.ask("GET", where)).json()
        if told["state"] != "building":
            break
        await asyncio.sleep(0.05)
    assert told["state"] == "failed"
    assert set(told) == {"done", "pack", "state", "step", "total"}
    front = await keeper.ask("GET", f"{where}/front")
    assert (front.status_code, front.json()["error"]) == (409, "pack_failed")
    assert (await keeper.push()).status_code == 201


async def test_an_instance_may_have_packs_off(keeper: Keeper, server: Served) -> None:
    """403 packs_off, and /v1/server says it beforehand."""
    assert (await keeper.ask("GET", "/v1/server")).json()["server_packs"] is True
    server.app.state.office.packs._jobs._on = False
    answer = await keeper.ask("POST", "/v1/packs", {"diary": keeper.identity.diary})
    assert (answer.status_code, answer.json()["error"]) == (403, "packs_off")


async def test_a_pack_is_of_ones_own_diary(keeper: Keeper, other: Keeper) -> None:
    """Another's diary is not there."""
    answer = await keeper.ask("POST", "/v1/packs", {"diary": other.identity.diary})
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")

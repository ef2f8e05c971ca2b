"""A place in the queue of packs reserves nothing: polling delays nobody, however often and with however many accounts.

Over HTTP alone, with a clock that stands still, so that the same file runs against an earlier release.
"""

from __future__ import annotations

import asyncio

from tests.server_fixture import InProcessServer, Keeper, register_keeper

INVALID_CAPSULE = b'{"t":"not a capsule"}'


async def take_place(keeper: Keeper) -> str:
    """Return the path of a new place."""
    response = await keeper.request("POST", "/v1/packs", {"diary": keeper.identity.diary})
    assert response.status_code == 201, response.text
    return f"/v1/packs/{response.json()['pack']}"


async def job_state(keeper: Keeper, where: str) -> str:
    """Return the state of a job."""
    return str((await keeper.request("GET", where)).json()["state"])


async def wait_for_end(keeper: Keeper, where: str) -> str:
    """Return the final state of a job that a worker has processed."""
    for _ in range(1200):
        now = await job_state(keeper, where)
        if now not in ("queued", "ready", "building"):
            return now
        await asyncio.sleep(0.05)
    return now


async def test_five_accounts_that_only_poll_delay_nobody(server: InProcessServer) -> None:
    """A keeper who comes after five polling accounts gets the worker at once."""
    idle = [await register_keeper(server, f"203.0.113.{n}") for n in range(5)]
    places = [await take_place(other_keeper) for other_keeper in idle]
    keeper = await register_keeper(server)
    own_place = await take_place(keeper)
    for other_keeper, where in zip(idle, places, strict=True):
        assert await job_state(other_keeper, where) in ("queued", "ready")
    assert await job_state(keeper, own_place) == "ready"
    begun = await keeper.request("PUT", f"{own_place}/capsule", INVALID_CAPSULE)
    assert begun.status_code == 202, begun.text
    assert await wait_for_end(keeper, own_place) == "failed"


async def test_forty_queue_places_keep_nobody_out(server: InProcessServer) -> None:
    """With forty polling accounts in the queue, a keeper still gets a place, and the worker."""
    idle = [await register_keeper(server, f"203.0.113.{n}") for n in range(40)]
    for each_keeper in idle:
        await each_keeper.request("POST", "/v1/packs", {"diary": each_keeper.identity.diary})
    keeper = await register_keeper(server)
    own_place = await take_place(keeper)
    assert (await keeper.request("PUT", f"{own_place}/capsule", INVALID_CAPSULE)).status_code == 202
    assert await wait_for_end(keeper, own_place) == "failed"


async def test_capsules_that_come_together_are_made_one_after_another(server: InProcessServer) -> None:
    """Three phones whose turn it is send at once: each capsule is accepted, none is refused or lost."""
    keepers = [await register_keeper(server, f"203.0.113.{n}") for n in range(3)]
    places = [await take_place(one) for one in keepers]
    sent = [one.request("PUT", f"{where}/capsule", INVALID_CAPSULE) for one, where in zip(keepers, places, strict=True)]
    assert [answer.status_code for answer in await asyncio.gather(*sent)] == [202, 202, 202]
    assert [await wait_for_end(one, where) for one, where in zip(keepers, places, strict=True)] == ["failed"] * 3

"""A place in the queue of packs holds nothing: whoever only asks, however often and with however many accounts, delays nobody.

Over HTTP alone, by a clock that stands still, so the same file runs against a release from before.
"""

from __future__ import annotations

import asyncio

from tests.server_fixture import InProcessServer, Keeper, register_keeper

INVALID_CAPSULE = b'{"t":"not a capsule"}'


async def take_place(keeper: Keeper) -> str:
    """The address of a new place."""
    response = await keeper.request("POST", "/v1/packs", {"diary": keeper.identity.diary})
    assert response.status_code == 201, response.text
    return f"/v1/packs/{response.json()['pack']}"


async def job_state(keeper: Keeper, where: str) -> str:
    """How far a job is."""
    return str((await keeper.request("GET", where)).json()["state"])


async def wait_for_end(keeper: Keeper, where: str) -> str:
    """What a job came to; the worker had it, whatever it made of it."""
    for _ in range(1200):
        now = await job_state(keeper, where)
        if now not in ("queued", "ready", "building"):
            return now
        await asyncio.sleep(0.05)
    return now


async def test_five_accounts_that_only_poll_delay_nobody(server: InProcessServer) -> None:
    """Five accounts have places and poll. A keeper who comes after them has the worker at once."""
    idle = [await register_keeper(server, f"203.0.113.{n}") for n in range(5)]
    places = [await take_place(one) for one in idle]
    keeper = await register_keeper(server)
    mine = await take_place(keeper)
    for one, where in zip(idle, places, strict=True):
        assert await job_state(one, where) in ("queued", "ready")
    assert await job_state(keeper, mine) == "ready"
    begun = await keeper.request("PUT", f"{mine}/capsule", INVALID_CAPSULE)
    assert begun.status_code == 202, begun.text
    assert await wait_for_end(keeper, mine) == "failed"


async def test_forty_queue_places_keep_nobody_out(server: InProcessServer) -> None:
    """Forty accounts with a place each, all asking: a keeper still gets one, and the worker."""
    idle = [await register_keeper(server, f"203.0.113.{n}") for n in range(40)]
    for each_keeper in idle:
        await each_keeper.request("POST", "/v1/packs", {"diary": each_keeper.identity.diary})
    keeper = await register_keeper(server)
    mine = await take_place(keeper)
    assert (await keeper.request("PUT", f"{mine}/capsule", INVALID_CAPSULE)).status_code == 202
    assert await wait_for_end(keeper, mine) == "failed"


async def test_capsules_that_come_together_are_made_one_after_another(server: InProcessServer) -> None:
    """Three phones are told that it is their turn and send at once: each is taken, none is refused or lost."""
    keepers = [await register_keeper(server, f"203.0.113.{n}") for n in range(3)]
    places = [await take_place(one) for one in keepers]
    sent = [one.request("PUT", f"{where}/capsule", INVALID_CAPSULE) for one, where in zip(keepers, places, strict=True)]
    assert [answer.status_code for answer in await asyncio.gather(*sent)] == [202, 202, 202]
    assert [await wait_for_end(one, where) for one, where in zip(keepers, places, strict=True)] == ["failed"] * 3

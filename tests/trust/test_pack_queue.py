"""A place in the queue of packs holds nothing: whoever only asks, however often and with however many accounts, delays nobody.

Over HTTP alone, by a clock that stands still, so the same file runs against a release from before.
"""

from __future__ import annotations

import asyncio

from tests.keepers import Keeper, Served, enrol

NO_CAPSULE = b'{"t":"not a capsule"}'


async def place(keeper: Keeper) -> str:
    """The address of a new place."""
    made = await keeper.ask("POST", "/v1/packs", {"diary": keeper.identity.diary})
    assert made.status_code == 201, made.text
    return f"/v1/packs/{made.json()['pack']}"


async def state(keeper: Keeper, where: str) -> str:
    """How far a job is."""
    return str((await keeper.ask("GET", where)).json()["state"])


async def ended(keeper: Keeper, where: str) -> str:
    """What a job came to; the worker had it, whatever it made of it."""
    for _ in range(1200):
        now = await state(keeper, where)
        if now not in ("queued", "ready", "building"):
            return now
        await asyncio.sleep(0.05)
    return now


async def test_five_accounts_that_only_poll_delay_nobody(server: Served) -> None:
    """Five accounts have places and poll. A keeper who comes after them has the worker at once."""
    idle = [await enrol(server, f"203.0.113.{n}") for n in range(5)]
    places = [await place(one) for one in idle]
    keeper = await enrol(server)
    mine = await place(keeper)
    for one, where in zip(idle, places, strict=True):
        assert await state(one, where) in ("queued", "ready")
    assert await state(keeper, mine) == "ready"
    begun = await keeper.ask("PUT", f"{mine}/capsule", NO_CAPSULE)
    assert begun.status_code == 202, begun.text
    assert await ended(keeper, mine) == "failed"


async def test_forty_queue_places_keep_nobody_out(server: Served) -> None:
    """Forty accounts with a place each, all asking: a keeper still gets one, and the worker."""
    idle = [await enrol(server, f"203.0.113.{n}") for n in range(40)]
    for one in idle:
        await one.ask("POST", "/v1/packs", {"diary": one.identity.diary})
    keeper = await enrol(server)
    mine = await place(keeper)
    assert (await keeper.ask("PUT", f"{mine}/capsule", NO_CAPSULE)).status_code == 202
    assert await ended(keeper, mine) == "failed"


async def test_capsules_that_come_together_are_made_one_after_another(server: Served) -> None:
    """Three phones are told that it is their turn and send at once: each is taken, none is refused or lost."""
    keepers = [await enrol(server, f"203.0.113.{n}") for n in range(3)]
    places = [await place(one) for one in keepers]
    sent = [one.ask("PUT", f"{where}/capsule", NO_CAPSULE) for one, where in zip(keepers, places, strict=True)]
    assert [answer.status_code for answer in await asyncio.gather(*sent)] == [202, 202, 202]
    assert [await ended(one, where) for one, where in zip(keepers, places, strict=True)] == ["failed"] * 3

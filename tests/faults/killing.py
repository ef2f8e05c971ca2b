"""kill -9 of the server in the middle of its work, again and again, and then the count."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from diary import config
from diary.storage import database
from diary.storage.sqlite.connection import path_of
from tests.faults.casting import invitation, new_actors
from tests.faults.due import carry_out_run
from tests.faults.finding import Found, look
from tests.faults.grave import Actor, Granting
from tests.faults.load import Load, new_load
from tests.faults.serving import Serving, free_port
from tests.postgres import Postgres

ACCOUNTS = 4
DEVICES = 12
CROWD = 64
QUIET = 0.4
# Of the hourly round, for so many of the server: it is the same few transactions each time.
PURGES = 8
Say = Callable[[str], None]


async def kill_run(folder: Path, kills: int, seed: int, postgres: Postgres | None, say: Say) -> Found:
    """Kill the server `kills` times under load; with PostgreSQL, the database as well every tenth time."""
    settings = {"DIARY_DATABASE_URL": postgres.fresh()} if postgres else {}
    port = free_port()
    serving = Serving(folder, port, **settings)
    await database.migrate(config.load(serving.environ))
    invite = await invitation(serving.environ)
    chance = random.Random(seed)
    try:
        await asyncio.to_thread(serving.start)
        async with new_load(port, ACCOUNTS, chance) as load:
            actors = await new_actors(serving.environ, invite, random.Random(seed))
            began = time.monotonic()
            for kill in range(1, kills + 1):
                await _once(serving, load, actors, chance, postgres if kill % 10 == 0 else None)
                if kill % 25 == 0:
                    say(f"killed {kill} times, {sum(load.answered.values())} answers, {time.monotonic() - began:.0f} s")
            await asyncio.sleep(1)
            _tell(load, say)
            found = await look(load)
            found.acts, found.cut_acts = await _settle(actors, load.wrong)
            carried = await carry_out_run(serving, load, max(2, kills // PURGES), chance)
            load.wrong += [] if carried.holds else [carried.line(), *carried.faults[:5]]
    finally:
        serving.end()
    if postgres is None:
        _check_file(path_of(config.load(serving.environ).database_url))
    if load.wrong:
        raise AssertionError(f"{len(load.wrong)} answers were neither yes nor a known no: {load.wrong[:5]}")
    for line in (*found.lines(), carried.line()):
        say(line)
    return found


async def minute_run(folder: Path, seconds: float, seed: int, postgres: Postgres | None, say: Say) -> Found:
    """Sixty-four devices at once for a minute, and no answer but yes."""
    settings = {"DIARY_DATABASE_URL": postgres.fresh()} if postgres else {}
    port = free_port()
    serving = Serving(folder, port, **settings)
    await database.migrate(config.load(serving.environ))
    try:
        await asyncio.to_thread(serving.start)
        async with new_load(port, ACCOUNTS, random.Random(seed)) as load:
            working = asyncio.ensure_future(load.work(CROWD, 1 << 30, asyncio.Event()))
            await asyncio.sleep(seconds)
            serving.kill()
            await working
            await asyncio.to_thread(serving.start)
            say(
                f"{CROWD} devices for {seconds:.0f} s: {sum(load.answered.values())} answers, {len(load.wrong)} of them wrong"
            )
            found = await look(load)
    finally:
        serving.end()
    if load.wrong or load.answered["refused for now"]:
        raise AssertionError(f"not every answer was yes: {load.wrong[:5]}")
    return found


async def _settle(actors: list[Actor], wrong: list[str]) -> tuple[dict[str, int], dict[str, int]]:
    """The last look of each actor, and every pack and door once more; acts acknowledged and cut off, by what they were."""
    for actor in actors:
        await actor.live(0)
        if isinstance(actor, Granting):
            # The last acts may have shut every door, or opened new ones through which nothing has been given yet.
            has_given = any(door.surely for door in actor.doors.values())
            actor.expect((await actor.read_as_advocate() > 0) is has_given, "an advocate opens nothing")
        wrong += actor.wrong
    return {one.name: one.done for one in actors}, {one.name: one.cut for one in actors}


async def _once(
    serving: Serving, load: Load, actors: list[Actor], chance: random.Random, postgres: Postgres | None
) -> None:
    """Some answers, a moment more, and the end of this server."""
    until = asyncio.Event()
    acting = [asyncio.ensure_future(actor.live()) for actor in actors]
    # Among a dozen devices an act of a dozen steps is never finished; so some lives are quiet, and it is cut off near its end.
    devices, enough = (2, chance.randrange(5, 90)) if chance.random() < QUIET else (DEVICES, chance.randrange(5, 60))
    working = asyncio.gather(load.work(devices, enough, until), *acting)
    await until.wait()
    await asyncio.sleep(chance.random() * 0.03)
    if postgres is not None:
        await asyncio.to_thread(postgres.stop, signal.SIGQUIT)
    serving.kill()
    await working
    if postgres is not None:
        await asyncio.to_thread(postgres.start)
    await asyncio.to_thread(serving.start)


def _tell(load: Load, say: Say) -> None:
    """What was answered, and what was under way when a server died."""
    say("answered: " + ", ".join(f"{what} {count}" for what, count in sorted(load.answered.items())))
    say("cut off: " + ", ".join(f"{what} {count}" for what, count in sorted(load.cut_off.items())))


def _check_file(path: Path) -> None:
    """SQLite's own opinion of the file after all that."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchone() is None
    finally:
        connection.close()

"""Kill the server with kill -9 during its work, again and again, then count what is left."""

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
from diary.storage.sqlite.connection import path_from_url
from tests.faults.actors import Actor, GrantActor
from tests.faults.create_actors import create_actors, create_invitation
from tests.faults.device_load import DeviceLoad, start_device_load
from tests.faults.due_work import run_due_work_under_kills
from tests.faults.forked_server import ForkedServer, free_port
from tests.faults.survival_report import SurvivalReport, check_acknowledged_data
from tests.postgres import PostgresServer

ACCOUNT_COUNT = 4
DEVICE_COUNT = 12
CROWD_SIZE = 64
QUIET_RUN_PROBABILITY = 0.4
# Number of server kills per kill of the hourly work, which always runs the same few transactions.
KILLS_PER_PURGE = 8
PrintLine = Callable[[str], None]


async def kill_run(
    folder: Path, kills: int, seed: int, postgres: PostgresServer | None, print_line: PrintLine
) -> SurvivalReport:
    """Kill the server `kills` times under load; with PostgreSQL, also the database every tenth time."""
    settings = {"DIARY_DATABASE_URL": postgres.create_migrated_database()} if postgres else {}
    port = free_port()
    server_process = ForkedServer(folder, port, **settings)
    await database.migrate(config.load_settings(server_process.environ))
    invite = await create_invitation(server_process.environ)
    random_source = random.Random(seed)
    try:
        await asyncio.to_thread(server_process.start)
        async with start_device_load(port, ACCOUNT_COUNT, random_source) as device_load:
            actors = await create_actors(server_process.environ, invite, random.Random(seed))
            started_at = time.monotonic()
            for kill in range(1, kills + 1):
                await _run_until_kill(
                    server_process, device_load, actors, random_source, postgres if kill % 10 == 0 else None
                )
                if kill % 25 == 0:
                    print_line(
                        f"killed {kill} times, {sum(device_load.answer_counts.values())} answers, "
                        f"{time.monotonic() - started_at:.0f} s"
                    )
            await asyncio.sleep(1)
            _print_counts(device_load, print_line)
            report = await check_acknowledged_data(device_load)
            report.acts, report.interrupted_acts = await _verify_actors(actors, device_load.faults)
            due_result = await run_due_work_under_kills(
                server_process, device_load, max(2, kills // KILLS_PER_PURGE), random_source
            )
            device_load.faults += [] if due_result.holds else [due_result.line(), *due_result.faults[:5]]
    finally:
        server_process.end()
    if postgres is None:
        _check_sqlite_integrity(path_from_url(config.load_settings(server_process.environ).database_url))
    if device_load.faults:
        raise AssertionError(
            f"{len(device_load.faults)} answers were neither yes nor a known no: {device_load.faults[:5]}"
        )
    for line in (*report.lines(), due_result.line()):
        print_line(line)
    return report


async def run_crowd(
    folder: Path, seconds: float, seed: int, postgres: PostgresServer | None, print_line: PrintLine
) -> SurvivalReport:
    """Run sixty-four devices at once for a minute. Every request must succeed."""
    settings = {"DIARY_DATABASE_URL": postgres.create_migrated_database()} if postgres else {}
    port = free_port()
    server_process = ForkedServer(folder, port, **settings)
    await database.migrate(config.load_settings(server_process.environ))
    try:
        await asyncio.to_thread(server_process.start)
        async with start_device_load(port, ACCOUNT_COUNT, random.Random(seed)) as device_load:
            working = asyncio.ensure_future(device_load.work(CROWD_SIZE, 1 << 30, asyncio.Event()))
            await asyncio.sleep(seconds)
            server_process.kill()
            await working
            await asyncio.to_thread(server_process.start)
            print_line(
                f"{CROWD_SIZE} devices for {seconds:.0f} s: {sum(device_load.answer_counts.values())} "
                f"answers, {len(device_load.faults)} of them wrong"
            )
            report = await check_acknowledged_data(device_load)
    finally:
        server_process.end()
    if device_load.faults or device_load.answer_counts["refused for now"]:
        raise AssertionError(f"not every answer was yes: {device_load.faults[:5]}")
    return report


async def _verify_actors(actors: list[Actor], faults: list[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Verify each actor and every handover and grant once more.

    Return the acknowledged and interrupted actions by kind.
    """
    for actor in actors:
        await actor.run_until_killed(0)
        if isinstance(actor, GrantActor):
            # The last actions may have ended every grant, or created new ones without any shared versions yet.
            has_given = any(door.certain_versions for door in actor.open_grants.values())
            actor.expect((await actor.read_as_advocate() > 0) is has_given, "an advocate opens nothing")
        faults += actor.faults
    return {each_actor.name: each_actor.acknowledged_acts for each_actor in actors}, {
        each_actor.name: each_actor.interrupted_acts for each_actor in actors
    }


async def _run_until_kill(
    server_process: ForkedServer,
    device_load: DeviceLoad,
    actors: list[Actor],
    random_source: random.Random,
    postgres: PostgresServer | None,
) -> None:
    """Wait for some answers and a random moment, then kill the server."""
    enough_answered = asyncio.Event()
    actor_tasks = [asyncio.ensure_future(actor.run_until_killed()) for actor in actors]
    # Among a dozen devices an action of many steps never finishes, so some lives have few devices, and the kill comes
    # near the action's end.
    devices, answers_wanted = (
        (2, random_source.randrange(5, 90))
        if random_source.random() < QUIET_RUN_PROBABILITY
        else (DEVICE_COUNT, random_source.randrange(5, 60))
    )
    all_work = asyncio.gather(device_load.work(devices, answers_wanted, enough_answered), *actor_tasks)
    await enough_answered.wait()
    await asyncio.sleep(random_source.random() * 0.03)
    if postgres is not None:
        await asyncio.to_thread(postgres.stop, signal.SIGQUIT)
    server_process.kill()
    await all_work
    if postgres is not None:
        await asyncio.to_thread(postgres.start)
    await asyncio.to_thread(server_process.start)


def _print_counts(device_load: DeviceLoad, print_line: PrintLine) -> None:
    """Print the number of answers, and what was in progress when a server was killed."""
    print_line("answered: " + ", ".join(f"{kind} {count}" for kind, count in sorted(device_load.answer_counts.items())))
    print_line(
        "interrupted: " + ", ".join(f"{kind} {count}" for kind, count in sorted(device_load.interrupted_counts.items()))
    )


def _check_sqlite_integrity(path: Path) -> None:
    """Run SQLite's integrity check on the file."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchone() is None
    finally:
        connection.close()

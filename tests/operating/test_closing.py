"""A server that is to close: said in time, nobody new, then nothing new, then nothing; the public log stays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from diary import config
from diary.cli.main import main
from diary.client import accounts
from diary.client.transport import Server
from diary.crypto import kdf
from diary.errors import Closing
from diary.services.operations import decommission
from diary.storage.database import migrate
from diary.storage.decommission import End
from tests.keepers import CODE, WORDS, Served, enrol, served
from tests.running import kept

DAY = 86_400_000


def instance(server: Served) -> Any:
    """What the server's services work with."""
    return server.app.state.office.instance


async def closing_of(server: Served) -> object:
    """What a phone is told."""
    told = (await server.client().get("/v1/log")).json()["closing"]
    assert (await server.client().get("/v1/server")).json()["closing"] == told
    return told


async def test_nobody_new_then_nothing_new_then_nothing(tmp_path: Path, database_setting: Mapping[str, str]) -> None:
    """Each date has its refusals and its sentence; what may be read is read to the last day, and taking it back undoes it."""
    async with served(tmp_path, DIARY_ENROLMENT="open", **database_setting) as server:
        keeper = await enrol(server)
        assert (await keeper.push()).status_code == 201
        assert await closing_of(server) is None
        end = End(server.clock.now_ms() + 2 * DAY, server.clock.now_ms() + 4 * DAY)
        await decommission.announce(instance(server), end)
        server.clock.advance(decommission.FRESH_MS)
        assert await closing_of(server) == {"off": end.off, "on": end.on}
        reached = Server(server.client(), server.settings.app_url)
        with pytest.raises(Closing):
            await accounts.enrol(reached, WORDS, code=CODE, profile=kdf.CHEAPEST, policy=kdf.TESTS)
        assert (await keeper.push()).status_code == 201

        server.clock.advance(2 * DAY)
        refused = await keeper.push()
        assert (refused.status_code, refused.json()["error"]) == (410, "closed")
        changes = f"{keeper.diary}/changes?after=0"
        assert (await keeper.ask("GET", changes)).status_code == 200
        assert await decommission.take_back(instance(server))
        server.clock.advance(decommission.FRESH_MS)
        assert (await keeper.push()).status_code == 201

        await decommission.announce(instance(server), end)
        server.clock.advance(2 * DAY)
        assert (await keeper.ask("GET", changes)).json()["error"] == "closed"
        assert await closing_of(server) == {"off": end.off, "on": end.on}
        public = httpx.AsyncClient(transport=httpx.ASGITransport(server.app), base_url=server.settings.public_url)
        assert (await public.get("/notary.txt")).status_code == 200


async def test_a_worker_that_did_not_announce_it_says_so_too(tmp_path: Path) -> None:
    """The announcement is made on the command line, by another process."""
    async with served(tmp_path) as server:
        assert await closing_of(server) is None
        env = {"DIARY_DATA": str(server.settings.data)}
        done = kept("closing", "2099-05-03", "--off", "2099-06-01", **env)
        assert done.returncode == 0, done.stderr
        assert "From 3 May 2099" in done.stdout and "1 June 2099" in done.stdout
        server.clock.advance(decommission.FRESH_MS)
        assert await closing_of(server) == {"off": 4083955200000, "on": 4081449600000}
        assert "goes on" in kept("closing", "never", **env).stdout
        assert "goes on" in kept("closing", **env).stdout


async def test_a_day_that_is_none_or_comes_too_soon_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty-eight days at least, unless it is said to be at once; nothing is announced by a slip."""
    monkeypatch.setenv("DIARY_DATA", str(tmp_path))
    await migrate(config.load({"DIARY_DATA": str(tmp_path)}))
    for wrong in (["tomorrow"], ["2020-01-01"], ["2099-05-03", "--off", "2099-05-02"], ["2099-02-30"]):
        done = CliRunner().invoke(main, ["closing", *wrong])
        assert done.exit_code == 2, wrong

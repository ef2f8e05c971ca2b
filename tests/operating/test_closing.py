"""A closing server announces it, then refuses new accounts, then writing, then all service; the public log remains."""

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
from diary.client.transport import RemoteServer
from diary.crypto import kdf
from diary.errors import ServerClosing
from diary.services.operations import server_closing
from diary.storage.database import migrate
from diary.storage.server_closing import ClosingSchedule
from tests.cli_runner import run_cli
from tests.server_fixture import PASSPHRASE, RECOVERY_CODE, InProcessServer, register_keeper, running_server

DAY_MS = 86_400_000


def instance_of(server: InProcessServer) -> Any:
    """Return the instance that the server's services use."""
    return server.app.state.app_context.instance


async def announced_closing(server: InProcessServer) -> object:
    """Return the announcement that phones receive."""
    closing = (await server.http_client().get("/v1/log")).json()["closing"]
    assert (await server.http_client().get("/v1/server")).json()["closing"] == closing
    return closing


async def test_registration_then_writing_then_all_service_stops(
    tmp_path: Path, database_setting: Mapping[str, str]
) -> None:
    """Each date brings its refusals and message; reading works to the last day, and a cancellation restores service."""
    async with running_server(tmp_path, DIARY_ENROLMENT="open", **database_setting) as server:
        keeper = await register_keeper(server)
        assert (await keeper.push()).status_code == 201
        assert await announced_closing(server) is None
        end = ClosingSchedule(server.clock.now_ms() + 2 * DAY_MS, server.clock.now_ms() + 4 * DAY_MS)
        await server_closing.announce_closing(instance_of(server), end)
        server.clock.advance(server_closing.CACHE_LIFETIME_MS)
        assert await announced_closing(server) == {"off": end.off_at, "on": end.closes_at}
        api_client = RemoteServer(server.http_client(), server.settings.app_url)
        with pytest.raises(ServerClosing):
            await accounts.enrol(
                api_client, PASSPHRASE, code=RECOVERY_CODE, profile=kdf.CHEAPEST_PROFILE, policy=kdf.TEST_POLICY
            )
        assert (await keeper.push()).status_code == 201

        server.clock.advance(2 * DAY_MS)
        refused = await keeper.push()
        assert (refused.status_code, refused.json()["error"]) == (410, "closed")
        changes = f"{keeper.diary}/changes?after=0"
        assert (await keeper.request("GET", changes)).status_code == 200
        assert await server_closing.withdraw_closing(instance_of(server))
        server.clock.advance(server_closing.CACHE_LIFETIME_MS)
        assert (await keeper.push()).status_code == 201

        await server_closing.announce_closing(instance_of(server), end)
        server.clock.advance(2 * DAY_MS)
        assert (await keeper.request("GET", changes)).json()["error"] == "closed"
        assert await announced_closing(server) == {"off": end.off_at, "on": end.closes_at}
        public = httpx.AsyncClient(transport=httpx.ASGITransport(server.app), base_url=server.settings.public_url)
        assert (await public.get("/notary.txt")).status_code == 200


async def test_a_closing_announced_by_another_process_is_reported(tmp_path: Path) -> None:
    """An announcement made by another process, on the command line, is reported."""
    async with running_server(tmp_path) as server:
        assert await announced_closing(server) is None
        env = {"DIARY_DATA": str(server.settings.data)}
        result = run_cli("closing", "2099-05-03", "--off", "2099-06-01", **env)
        assert result.returncode == 0, result.stderr
        assert "From 3 May 2099" in result.stdout and "1 June 2099" in result.stdout
        server.clock.advance(server_closing.CACHE_LIFETIME_MS)
        assert await announced_closing(server) == {"off": 4083955200000, "on": 4081449600000}
        assert "stays open" in run_cli("closing", "never", **env).stdout
        assert "stays open" in run_cli("closing", **env).stdout


async def test_an_invalid_or_too_early_day_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At least twenty-eight days are required unless stated otherwise, and nothing is announced by mistake."""
    monkeypatch.setenv("DIARY_DATA", str(tmp_path))
    await migrate(config.load_settings({"DIARY_DATA": str(tmp_path)}))
    for bad_arguments in (["tomorrow"], ["2020-01-01"], ["2099-05-03", "--off", "2099-05-02"], ["2099-02-30"]):
        result = CliRunner().invoke(main, ["closing", *bad_arguments])
        assert result.exit_code == 2, bad_arguments


def test_the_option_with_a_wrong_date_is_named() -> None:
    """A date after 2099 is reported for `--off` if it came from there, else for DATE."""
    for arguments, hint in ((["2099-05-03", "--off", "2100-02-01"], "--off"), (["2100-05-03"], "DATE")):
        result = CliRunner().invoke(main, ["closing", *arguments])
        assert result.exit_code == 2 and f"Invalid value for {hint}: must be before the year 2100" in result.output

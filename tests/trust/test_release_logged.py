"""A signed release is in the public log of every server that serves it, once, where anyone can find it."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from pathlib import Path

import uvicorn

from diary.config import load_settings
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64
from diary.ledger import releases
from diary.paths import STATIC, TEMPLATES
from diary.services.log import sequencer
from diary.storage.log.audit import audit_rows
from diary.web.pages import render_pages
from tests.cli_runner import run_cli
from tests.server_fixture import InProcessServer, register_keeper, running_server

RELEASE_KEY, OTHER_KEY = Ed25519Signer(bytes(range(32))), Ed25519Signer(bytes(range(1, 33)))


def signed_release_settings(folder: Path, key: Ed25519Signer, digest: str = "0" * 64) -> dict[str, str]:
    """Return the settings of a server whose release this key signed."""
    release_settings = {"DIARY_RELEASE_KEY": b64(key.pub)}
    rendered = render_pages(load_settings({"DIARY_DATA": str(folder)} | release_settings), STATIC, TEMPLATES).release
    listed = folder / f"release-{key.log_id[:4]}-{digest[:4]}.json"
    worker = hashlib.sha256(rendered.service_worker_script).hexdigest()
    listed.write_bytes(releases.sign_release(key, digest=digest, files=rendered.files, worker=worker))
    return {**release_settings, "DIARY_RELEASE": str(listed)}


async def log_leaves(server: InProcessServer) -> list[str]:
    """Return the leaves of the public log, as anybody reads them."""
    response = await server.http_client().get(server.settings.public_url + "/log/leaves/0")
    return response.text.split()


def expected_leaf(settings: dict[str, str]) -> str:
    """Return the RFC 6962 leaf of the list, computed from its bytes."""
    return hashlib.sha256(b"\0" + Path(settings["DIARY_RELEASE"]).read_bytes()).hexdigest()


async def test_each_release_goes_into_the_log_once(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """The release is added at the first round, not again after a restart, the next one too; the audit passes."""
    first, second = (
        signed_release_settings(tmp_path, RELEASE_KEY),
        signed_release_settings(tmp_path, RELEASE_KEY, "1" * 64),
    )
    for settings, release_number in ((first, 1), (first, 1), (second, 2)):
        async with running_server(tmp_path, **database_setting, **settings) as server:
            instance = server.app.state.app_context.instance
            server.clock.advance(release_number * 10_000_000)
            keeper = await register_keeper(server, f"198.51.100.{release_number}")
            await sequencer.run_round(instance)
            await sequencer.run_round(instance)
            await keeper.push()
            server.clock.advance(601_000)
            await sequencer.run_round(instance)
            leaves = await log_leaves(server)
            assert [expected_leaf(one) in leaves for one in (first, second)] == [True, release_number == 2]
            assert leaves.count(expected_leaf(settings)) == 1
            faults = await instance.db.run_read(
                lambda hand, pub=instance.notary.pub: list(audit_rows(hand, pub, None, None))
            )
            assert faults == []
    assert len(leaves) == 2 + 3


async def test_a_list_signed_by_another_key_is_not_logged(tmp_path: Path) -> None:
    """Without a valid signature an empty log stays empty."""
    wrong = signed_release_settings(tmp_path, OTHER_KEY) | {"DIARY_RELEASE_KEY": b64(RELEASE_KEY.pub)}
    for settings in (wrong, {}):
        async with running_server(tmp_path, **settings) as server:
            await sequencer.run_round(server.app.state.app_context.instance)
            assert server.query("SELECT count(*) FROM log_leaf") == [(0,)]


async def test_anyone_finds_the_release_in_the_log(tmp_path: Path) -> None:
    """`verify-host --log` reports the leaf's position over HTTP, and says when a list is not in the log."""
    settings = signed_release_settings(tmp_path, RELEASE_KEY)
    other = signed_release_settings(tmp_path, RELEASE_KEY, "2" * 64)
    pub = tmp_path / "release.pub"
    pub.write_text(b64(RELEASE_KEY.pub))
    with socket.create_server(("127.0.0.1", 0)) as port_probe:
        port = port_probe.getsockname()[1]
        environment = {"DIARY_APP_URL": f"http://localhost:{port}", "DIARY_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        async with running_server(tmp_path, **settings, **environment) as server:
            running = uvicorn.Server(uvicorn.Config(server.app, lifespan="off", log_level="critical"))
            task = asyncio.create_task(running.serve(sockets=[port_probe]))
            await sequencer.run_round(server.app.state.app_context.instance)
            command = (
                "verify-host",
                environment["DIARY_APP_URL"],
                "--key",
                pub,
                "--log",
                environment["DIARY_PUBLIC_URL"],
            )
            own = await asyncio.to_thread(run_cli, *command)
            named = await asyncio.to_thread(run_cli, *command, "--manifest", other["DIARY_RELEASE"])
            running.should_exit = True
            await task
    assert own.returncode == 0 and "The list is leaf 0 of the public log." in own.stdout, own.stdout
    assert named.returncode == 1 and "The list is not in the public log." in named.stdout

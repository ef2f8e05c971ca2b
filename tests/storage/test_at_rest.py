"""What can be read in a stolen database, and what is left after a server was killed."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from diary import config
from diary.client import accounts
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.clock import SystemClock
from diary.crypto import kdf
from diary.encoding import b64, decode_frames, unb64
from diary.errors import Unavailable
from diary.ledger import push
from diary.services.accounts.pepper import Pepper
from diary.storage import database
from diary.storage.postgres.address import is_postgres
from tests.postgres import fetch_all_bytes, run_in_thread
from tests.server_fixture import (
    NOON_MS,
    PASSPHRASE,
    RECOVERY_CODE,
    InProcessServer,
    read_json,
    register_keeper,
    running_server,
    seal_file,
)

PLAINTEXT_SENTINEL = "SENTINEL he waited by the blue gate"
PROJECT_ROOT = Path(__file__).parent.parent.parent


async def test_a_stolen_database_names_nobody(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """No file contains names, words, proofs, tokens or text of the keeper.

    Without the pepper, a list of names cannot be tried. With it, a name can be found and nothing else.
    """
    async with running_server(tmp_path, **database_setting) as server:
        keeper = await register_keeper(server)
        path, body = keeper.seal(PLAINTEXT_SENTINEL, restricted={"place_detail": PLAINTEXT_SENTINEL})
        await keeper.request("PUT", path, body)
        file = seal_file(keeper, PLAINTEXT_SENTINEL.encode() * 50)
        await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
        await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed_parts[0])
        await keeper.request("GET", "/v1/session")
        everything = stored_bytes(server)
        identity = keeper.identity
        secrets = [PLAINTEXT_SENTINEL, PASSPHRASE, identity.login, "Command line", "localhost:8000", identity.proof]
        secrets += [*keeper.tokens.values(), b64(kdf.derive_code_proof(RECOVERY_CODE, identity.login)), "198.51.100"]
        for secret in secrets:
            assert secret.encode() not in everything, secret
        for raw in (
            unb64(identity.proof),
            identity.account_key,
            identity.diary_key,
            kdf.derive_code_proof(RECOVERY_CODE, identity.login),
        ):
            assert raw not in everything
        ((mac,),) = server.query("SELECT login_mac FROM account")
        assert mac != Pepper(bytes(32)).login_mac(identity.login)
        assert mac == Pepper(server.settings.load_or_create_pepper()).login_mac(identity.login)
        assert (server.settings.data / "pepper").stat().st_mode & 0o077 == 0
        assert (server.settings.data / "notary.key").stat().st_mode & 0o077 == 0


def stored_bytes(server: InProcessServer) -> bytes:
    """Return every byte that the server stores, without its two secrets."""
    url = server.settings.database_url
    return (run_in_thread(fetch_all_bytes(url)) if is_postgres(url) else b"") + b"".join(
        path.read_bytes()
        for path in sorted(server.settings.data.rglob("*"))
        if path.is_file() and path.name not in ("pepper", "notary.key")
    )


async def test_a_restart_keeps_everything(tmp_path: Path, database_setting: dict[str, str]) -> None:
    """Sessions, versions, heads and the notary key are the same after a restart of the server."""
    async with running_server(tmp_path, **database_setting) as server:
        keeper = await register_keeper(server)
        await keeper.push("before")
        notary = (await keeper.request("GET", "/v1/server")).json()["notary"]
    async with running_server(tmp_path, **database_setting) as server:
        keeper.client = server.http_client()
        assert (await keeper.request("GET", "/v1/server")).json()["notary"] == notary
        answer = await keeper.push("after")
        assert answer.status_code == 201 and read_json(answer.content)["seq"] == 2
        feed = decode_frames((await keeper.request("GET", keeper.diary + "/changes")).content)
        assert len(feed) == 3
        assert server.clock.now_ms() == NOON_MS


async def test_a_server_killed_while_writing_keeps_acknowledged_versions(tmp_path: Path) -> None:
    """After SIGKILL during the pushes of eight devices, the next server's feed has the version of each receipt."""
    port = _free_port()
    origin = f"http://localhost:{port}"
    environ = {
        "DIARY_DATA": str(tmp_path / "data"),
        "DIARY_APP_URL": origin,
        "DIARY_PUBLIC_URL": f"http://public.localhost:{port}",
    }
    await database.migrate(config.load_settings(environ))
    child = await asyncio.to_thread(start_server, environ, port)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            api_client = RemoteServer(client, origin)
            identity = await accounts.enrol(api_client, PASSPHRASE, code=RECOVERY_CODE)
            journal = Journal(identity, SystemClock())
            acknowledged: list[str] = []
            enough = asyncio.Event()

            async def push_repeatedly() -> None:
                while True:
                    local_version = journal.append(VersionContent("incident", {"narrative": "again"}))
                    place = local_version.opened_version.ids
                    address = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
                    await api_client.put(address, push.encode(local_version.push))
                    acknowledged.append(place.version)
                    if len(acknowledged) == 40:
                        enough.set()

            pushing = [asyncio.ensure_future(push_repeatedly()) for _ in range(8)]
            await asyncio.wait_for(enough.wait(), 60)
            child.send_signal(signal.SIGKILL)
            results = await asyncio.gather(*pushing, return_exceptions=True)
            assert all(isinstance(outcome, Unavailable) for outcome in results)
        await asyncio.to_thread(child.wait)
        child = await asyncio.to_thread(start_server, environ, port)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            second_client = RemoteServer(client, origin)
            second_client.tokens = api_client.tokens
            raw = await second_client.get(f"/v1/diaries/{identity.diary}/changes?after=0")
            versions = {
                read_json(decode_frames(outcome)[0])["version"] for outcome in decode_frames(raw, frames_limit=501)[1:]
            }
        assert set(acknowledged) <= versions
    finally:
        child.kill()
        await asyncio.to_thread(child.wait)


def _free_port() -> int:
    """Return an unused port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_server(environ: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    """Start a server in its own process and return when it accepts connections."""
    command = [sys.executable, "-m", "diary", "serve", "--bind", f"127.0.0.1:{port}"]
    child = subprocess.Popen(command, env=environ, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL)
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return child
    child.kill()
    raise AssertionError("the server did not start")

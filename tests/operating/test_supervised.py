"""A supervisor can check that the server runs and is ready, and can stop it without interrupting requests."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from diary import config
from diary.clock import SystemClock
from diary.errors import Unavailable
from diary.services.operations import dependencies
from diary.services.operations.dependencies import DependencyFaults, DependencyMonitor
from diary.storage.database import SqliteDatabase
from tests.cli_runner import PROJECT_ROOT, run_cli
from tests.faults.forked_server import free_port
from tests.object_store import running_object_store
from tests.redis_server import running_redis
from tests.server_fixture import InProcessServer, running_server
from tests.stored_names import record_stored_names

# Compiled libraries that a server over SQLite needs only for packs, timestamps or another database, or not at all.
UNUSED_PACKAGES = ("PIL", "asyncpg", "pillow_heif", "redis", "rfc3161_client", "typst", "websockets")


async def test_up_and_ready_answer_with_a_status_only(tmp_path: Path) -> None:
    """Both answer without a body, on the app's host only; without a database one stays 204, the other is 503."""
    async with running_server(tmp_path) as server:
        for path in ("/up", "/ready"):
            answer = await server.http_client().get(path)
            assert (answer.status_code, answer.content) == (204, b"")
            assert (await server.http_client().get(path, headers={"Host": "public.localhost:8000"})).status_code == 404
        await check_without_database(server)


async def check_without_database(server: InProcessServer) -> None:
    """Check the answers while the database is unavailable."""

    class UnavailableDatabase:
        database_errors = (Unavailable,)

        async def fetch_one(self, *_: object) -> None:
            raise Unavailable

        async def run_read(self, *_: object) -> None:
            raise Unavailable

    instance = server.app.state.app_context.instance
    working_database = instance.db
    object.__setattr__(instance, "db", UnavailableDatabase())
    try:
        await check_not_ready(server)
    finally:
        object.__setattr__(instance, "db", working_database)
    await check_ready(server)


async def check_not_ready(server: InProcessServer) -> None:
    """Check that the process runs and is not ready, and that the answer does not say why."""
    check_again(server)
    answer = await server.http_client().get("/ready")
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert not {"store", "redis", "disk", "database"} & set(answer.text.lower().split())
    assert (await server.http_client().get("/up")).status_code == 204


async def check_ready(server: InProcessServer) -> None:
    """Check that the server is ready."""
    check_again(server)
    assert (await server.http_client().get("/ready")).status_code == 204


def check_again(server: InProcessServer) -> None:
    """Make the next request use the dependencies, as one after ten seconds does."""
    context = server.app.state.app_context
    object.__setattr__(context, "dependency_monitor", DependencyMonitor(context.instance))


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), sqlite3.DatabaseError("malformed")])
async def test_an_error_of_sqlite_is_a_fault_and_no_failure_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: sqlite3.Error
) -> None:
    """With and without metrics, /ready is 503 and not 500 while SQLite cannot read its file."""

    async def fail(*_: object) -> None:
        raise error

    for folder, bind in (("off", ""), ("on", str(free_port()))):
        async with running_server(tmp_path / folder, DIARY_METRICS_BIND=bind) as server:
            await check_ready(server)
            with monkeypatch.context() as patch:
                patch.setattr(SqliteDatabase, "fetch_one", fail)
                patch.setattr(SqliteDatabase, "run_read", fail)
                await check_not_ready(server)
            await check_ready(server)


async def test_a_server_without_its_store_is_not_ready(tmp_path: Path) -> None:
    """An S3 store that stops, or takes objects and does not return them, is noticed. No probe is left in it."""
    with running_object_store() as store:
        async with running_server(tmp_path, DIARY_BLOB_URL=store.create_bucket()) as server:
            await check_ready(server)
            stored = server.app.state.app_context.instance.blob_store._store
            assert [meta["path"] async for page in stored.list() for meta in page] == []
            store.stop()
            await check_not_ready(server)


async def test_a_server_whose_folder_of_files_cannot_be_written_is_not_ready(tmp_path: Path) -> None:
    """The folder is replaced by a file, which root cannot write below either. Afterwards no probe is left."""
    async with running_server(tmp_path) as server:
        await check_ready(server)
        folder = server.settings.data / "blobs"
        assert [path for path in folder.rglob("*") if path.is_file()] == []
        folder.rename(tmp_path / "aside")
        folder.write_bytes(b"")
        await check_not_ready(server)
        folder.unlink()
        (tmp_path / "aside").rename(folder)
        await check_ready(server)


async def test_a_server_without_redis_is_not_ready(tmp_path: Path) -> None:
    """Redis stops and starts again while the server runs."""
    with running_redis() as redis:
        async with running_server(tmp_path, DIARY_COUNTS_URL=redis.url) as server:
            await check_ready(server)
            redis.stop()
            await check_not_ready(server)
            redis.start()
            await check_ready(server)


async def test_a_server_with_a_full_disk_is_not_ready(tmp_path: Path) -> None:
    """Below the reserve, files are refused, and the operator learns of it from the same address."""
    async with running_server(tmp_path, DIARY_MIN_FREE_BYTES=str(9 * 10**15)) as server:
        await check_not_ready(server)


async def test_ready_uses_the_store_at_most_every_ten_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may ask. Fifty requests at once write one object, not fifty."""
    async with running_server(tmp_path) as server:
        names = record_stored_names(monkeypatch)
        answers = await asyncio.gather(*(server.http_client().get("/ready") for _ in range(50)))
        assert {answer.status_code for answer in answers} == {204}
        assert len(names) == 1


def test_doctor_names_the_dependency_that_does_not_work(tmp_path: Path) -> None:
    """A dead store and a dead Redis are red lines of `doctor`. A folder and counts in memory are green."""
    usual = config.load_settings({"DIARY_DATA": str(tmp_path)})
    assert asyncio.run(dependencies.find_external_faults(usual, SystemClock())) == DependencyFaults()
    with running_object_store() as store:
        url = store.create_bucket()
        working = replace(usual, blob_url=url)
        assert asyncio.run(dependencies.find_external_faults(working, SystemClock())) == DependencyFaults()
        store.stop()
    broken = replace(usual, blob_url=url, counts_url=f"unix://{tmp_path}/nothing-here")
    faults = asyncio.run(dependencies.find_external_faults(broken, SystemClock()))
    assert "store does not keep" in faults.store
    assert "Redis does not respond" in faults.counts
    wrong = asyncio.run(dependencies.find_external_faults(replace(usual, blob_url="s4://x"), SystemClock()))
    assert "DIARY_BLOB_URL" in wrong.store


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_running_requests_are_finished_before_shutdown(tmp_path: Path, how: signal.Signals) -> None:
    """A request that is half sent at the signal is finished, new ones are refused, and the process exits by itself.

    A WebSocket upgrade before it gets the usual answer and is not logged. An idle server has not loaded libraries that
    it does not need.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {"DIARY_DATA": str(tmp_path), "DIARY_APP_URL": f"http://localhost:{port}"}
    env["DIARY_PUBLIC_URL"] = f"http://public.localhost:{port}"
    assert run_cli("migrate", **env).returncode == 0
    command = [sys.executable, "-m", "diary", "serve"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=os.environ | env, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=log
        )
    try:
        check_websocket_upgrade_refused(port)
        loaded = Path(f"/proc/{process.pid}/maps").read_text()
        assert "uvloop" in loaded and not [name for name in UNUSED_PACKAGES if f"/{name}/" in loaded]
        partial_connection = _connect(port)
        head = f"POST /v1/names HTTP/1.1\r\nHost: localhost:{port}\r\nX-Requested-By: app\r\nSec-Fetch-Site: same-origin\r\n"
        partial_connection.sendall(
            (head + "Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n").encode()
        )
        assert partial_connection.recv(65_536).startswith(b"HTTP/1.1 100 ")
        partial_connection.sendall(b"{")
        process.send_signal(how)
        wait_until_port_closed(port)
        assert process.poll() is None
        partial_connection.sendall(b"}")
        assert b" 200 " in partial_connection.recv(65_536).split(b"\r\n")[0]
        partial_connection.close()
        assert process.wait(timeout=30) in (0, -how)
        assert (tmp_path / "log").read_text() == ""
    finally:
        process.kill()
        process.wait()


def check_websocket_upgrade_refused(port: int) -> None:
    """Check that an upgrade gets the path's usual answer, with every usual header."""
    lines = ["GET /up HTTP/1.1", f"Host: localhost:{port}", "Connection: Upgrade", "Upgrade: websocket"]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + 22 * "A" + "==", "", ""]
    with _connect(port) as upgrade_socket:
        upgrade_socket.sendall("\r\n".join(lines).encode())
        answer = upgrade_socket.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 204 ") and b"\r\ncontent-security-policy: " in answer


def wait_until_port_closed(port: int) -> None:
    """Wait until connections are refused."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return
        time.sleep(0.05)
    raise AssertionError("the server still takes connections")


def _connect(port: int) -> socket.socket:
    """Connect, as soon as the port accepts connections."""
    for _ in range(600):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")

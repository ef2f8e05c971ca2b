"""Rate of version pushes, compared with the minimum for a durable insert over HTTP.

Each server is a process of its own (uvicorn, one worker, as in production); the clients run here on persistent
connections. The floor is a bare Starlette route that inserts the body with aiosqlite under the same pragmas.
`measure_rows()` returns what `make bench` prints; as a program the module prints them.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from diary import config
from diary.client import accounts
from diary.client.accounts import Identity
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.clock import SystemClock
from diary.ledger import push
from diary.storage import database

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent
CLIENTS = (1, 8, 64)
# One account may write 12,000 versions a minute from one address, so the load is spread over several.
ACCOUNTS = 16
PASSPHRASE = "correct horse battery staple"
BAR_RATIOS = {1: 0.5, 64: 0.7}
# More than a server stores in a second, so that no client runs out of requests.
EXPECTED_PER_SECOND = {1: 2_000, 8: 3_500, 64: 4_000}
BODY_BYTES = 5_300
P99_MS = 50.0

FLOOR_SERVER = """
import sys, aiosqlite
from contextlib import asynccontextmanager
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

@asynccontextmanager
async def lifespan(app):
    db = await aiosqlite.connect(sys.argv[1], isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        await db.execute("PRAGMA " + pragma)
    await db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)")
    app.state.db = db
    yield
    await db.close()

async def put(request):
    await request.app.state.db.execute("INSERT INTO t (body) VALUES (?)", (await request.body(),))
    return Response(b"{}", 201)

import uvicorn
app = Starlette(lifespan=lifespan, routes=[Route("/{rest:path}", put, methods=["PUT"])])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=False, log_level="warning")
"""


@dataclass(frozen=True)
class RawRequest:
    """One push, ready to send: the bytes of the whole HTTP request."""

    raw: bytes


@dataclass(frozen=True)
class LoadResult:
    """Result of one run."""

    per_second: float
    p99_ms: float
    failures: int


def build_push_request(path: str, body: bytes, port: int, token: str) -> RawRequest:
    """Return a push as a phone sends it."""
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: localhost:{port}\r\nX-Requested-By: app\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: application/octet-stream\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return RawRequest(head.encode() + body)


async def send_requests(port: int, requests: list[RawRequest], clients: int, seconds: float) -> LoadResult:
    """Send `requests` over `clients` connections for at most `seconds`."""
    latencies: list[float] = []
    failures = 0
    queue: Iterator[RawRequest] = iter(requests)
    deadline = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in queue:
            sent_at = time.perf_counter()
            if sent_at > deadline:
                break
            writer.write(request.raw)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            latencies.append(time.perf_counter() - sent_at)
            failures += not head.startswith(b"HTTP/1.1 201")
        writer.close()

    started_at = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    elapsed = time.perf_counter() - started_at
    latencies.sort()
    return LoadResult(len(latencies) / elapsed, latencies[int(len(latencies) * 0.99)] * 1000, failures)


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Return when the port accepts connections. Raises RuntimeError after 20 seconds."""
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not start")


def seal_pushes(identity: Identity, token: str, count: int, port: int) -> list[RawRequest]:
    """Seal `count` different versions of one diary, and return their requests."""
    journal = Journal(identity, SystemClock())
    requests = []
    for _ in range(count):
        local_version = journal.append(VersionContent("incident", {"narrative": "He waited outside again."}))
        place = local_version.opened_version.ids
        path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
        requests.append(build_push_request(path, push.encode(local_version.push), port, token))
    return requests


async def register_keepers(port: int, origin: str) -> list[tuple[Identity, str]]:
    """Register ACCOUNTS accounts. Return their identities and session tokens."""
    registered = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for number in range(ACCOUNTS):
            server = RemoteServer(client, origin)
            identity = await accounts.enrol(server, PASSPHRASE, code=bytes([number] * 16))
            registered.append((identity, server.tokens["session"]))
    return registered


def seal_pushes_of(accounts: list[tuple[Identity, str]], port: int, count: int) -> list[RawRequest]:
    """Seal `count` pushes that alternate between the accounts, before anything is measured."""
    count_per_account = -(-count // len(accounts))
    requests_by_account = [seal_pushes(identity, token, count_per_account, port) for identity, token in accounts]
    return [
        request_in_turn
        for requests_in_turn in zip(*requests_by_account, strict=True)
        for request_in_turn in requests_in_turn
    ]


@contextmanager
def running_server(command: list[str], port: int, environ: dict[str, str]) -> Iterator[None]:
    """Run a server process within the block, from the moment it listens."""
    process = subprocess.Popen(command, env=environ, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait()


async def measure(folder: Path, rounds: int, seconds: float) -> dict[int, list[tuple[LoadResult, LoadResult]]]:
    """Measure server and floor alternately, so that other load affects both. Return the runs by number of clients."""
    server_port, floor_port = free_port(), free_port()
    origin = f"http://localhost:{server_port}"
    environ = {
        "DIARY_DATA": str(folder / "data"),
        "DIARY_APP_URL": origin,
        "DIARY_PUBLIC_URL": f"http://public.localhost:{server_port}",
        "PATH": os.environ["PATH"],
    }
    await database.migrate(config.load_settings(environ))
    serve = [sys.executable, "-m", "diary", "serve", "--bind", f"127.0.0.1:{server_port}"]
    floor = [sys.executable, "-c", FLOOR_SERVER, str(folder / "floor.sqlite3"), str(floor_port)]
    runs_by_clients: dict[int, list[tuple[LoadResult, LoadResult]]] = {clients: [] for clients in CLIENTS}
    with running_server(serve, server_port, environ), running_server(floor, floor_port, environ):
        accounts = await register_keepers(server_port, origin)
        for _ in range(rounds):
            for clients in CLIENTS:
                work = seal_pushes_of(accounts, server_port, int(seconds * EXPECTED_PER_SECOND[clients]))
                floor_requests = [build_push_request("/v1/x", os.urandom(BODY_BYTES), floor_port, "A" * 43)] * len(work)
                load_result = await send_requests(server_port, work, clients, seconds)
                runs_by_clients[clients].append(
                    (load_result, await send_requests(floor_port, floor_requests, clients, seconds))
                )
    return runs_by_clients


def measure_rows(rounds: int = 5, seconds: float = 1.0) -> list[dict[str, Any]]:
    """Return the rows: pushes per second as a ratio to the floor, the 99th percentile, and failures.

    Each figure is the median over the rounds.
    """
    with tempfile.TemporaryDirectory() as name:
        runs_by_clients = asyncio.run(measure(Path(name), rounds, seconds))
    table_rows = []
    for clients, runs in runs_by_clients.items():
        ratio = median(ours.per_second / floor.per_second for ours, floor in runs)
        table_rows.append(
            {
                "name": f"version push a second, {clients} client{'s' * (clients > 1)}",
                "value": round(median(ours.per_second for ours, _ in runs)),
                "floor": round(median(floor.per_second for _, floor in runs)),
                "ratio": round(ratio, 2),
                "bar": f"at least {BAR_RATIOS[clients]} of a bare insert" if clients in BAR_RATIOS else "none",
                "holds": ratio >= BAR_RATIOS.get(clients, 0),
            }
        )
    slowest = median(ours.p99_ms for ours, _ in runs_by_clients[64])
    floor_slowest = median(floor.p99_ms for _, floor in runs_by_clients[64])
    table_rows.append(
        {
            "name": "version push, 64 clients, p99 in ms",
            "value": round(slowest, 1),
            "floor": round(floor_slowest, 1),
            "ratio": round(slowest / floor_slowest, 2),
            "bar": f"at most {P99_MS:.0f} ms",
            "holds": slowest <= P99_MS,
        }
    )
    failures = sum(ours.failures for runs in runs_by_clients.values() for ours, _ in runs)
    no_floor = {"floor": 0, "ratio": None, "bar": "none"}
    table_rows.append({"name": "version push, failures", "value": failures, "holds": not failures} | no_floor)
    return table_rows


if __name__ == "__main__":
    for row in measure_rows():
        print(json.dumps(row))

"""How fast versions go in, beside the least a durable insert over HTTP costs.

Each server runs in a process of its own (uvicorn, one worker, as in production); clients run here and keep
their connections. The floor is a bare Starlette route that inserts the body with aiosqlite under the same
pragmas. `rows()` gives what `make bench` prints; run by itself it prints them.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from diary import config
from diary.client import accounts
from diary.client.accounts import Identity
from diary.client.journal import Journal, Said
from diary.client.transport import Server
from diary.clock import SystemClock
from diary.ledger import push
from diary.storage import database

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENTS = (1, 8, 64)
# One account may write 12,000 versions a minute at one address, so the load comes from several.
ACCOUNTS = 16
WORDS = "correct horse battery staple"
BARS = {1: 0.5, 64: 0.7}
P99_MS = 50.0

FLOOR = """
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
class Request:
    """One push, ready to be sent: the bytes of the whole HTTP request."""

    raw: bytes


@dataclass(frozen=True)
class Run:
    """What one run showed."""

    per_second: float
    p99_ms: float
    failures: int


def request(path: str, body: bytes, port: int, cookie: str) -> Request:
    """A push as a phone sends it."""
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: localhost:{port}\r\nX-Requested-By: app\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: application/octet-stream\r\nCookie: {cookie}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Request(head.encode() + body)


async def drive(port: int, work: list[Request], clients: int, seconds: float) -> Run:
    """Send `work` over `clients` connections for at most `seconds`."""
    times: list[float] = []
    failures = 0
    queue: Iterator[Request] = iter(work)
    end = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for one in queue:
            began = time.perf_counter()
            if began > end:
                break
            writer.write(one.raw)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - began)
            failures += not head.startswith(b"HTTP/1.1 201")
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    took = time.perf_counter() - began
    times.sort()
    return Run(len(times) / took, times[int(len(times) * 0.99)] * 1000, failures)


def free_port() -> int:
    """A port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Return when something listens."""
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not start")


def seal_pushes(identity: Identity, cookie: str, count: int, port: int) -> list[Request]:
    """Distinct versions of one diary, each as its request: one sealed in earnest, the rest signed over it.

    Sealing is the phone's work and takes longer than storing, so each body has a version id, wraps and
    signature of its own over envelopes of the right size.
    """
    journal = Journal(identity, SystemClock())
    made = []
    for _ in range(count):
        held = journal.append(Said("incident", {"narrative": "He waited outside again."}))
        place = held.opened.place
        path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
        made.append(request(path, push.encode(held.push), port, cookie))
    return made


async def keepers(port: int, origin: str, count: int) -> list[list[Request]]:
    """`count` pushes, from several accounts, already sealed."""
    made = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for number in range(ACCOUNTS):
            server = Server(client, origin)
            identity = await accounts.enrol(server, WORDS, code=bytes([number] * 16))
            cookie = f"__Host-s={server._cookies['__Host-s']}"
            made.append(await asyncio.to_thread(seal_pushes, identity, cookie, count // ACCOUNTS, port))
    return made


def mixed(lists: list[list[Request]]) -> list[Request]:
    """The accounts' pushes in turns."""
    return [one for turn in zip(*lists, strict=True) for one in turn]


async def measure_server(folder: Path, seconds: float, count: int) -> dict[int, Run]:
    """Our server under each number of clients."""
    port = free_port()
    origin = f"http://localhost:{port}"
    environ = {
        "DIARY_DATA": str(folder / "data"),
        "DIARY_APP_URL": origin,
        "DIARY_PUBLIC_URL": f"http://public.localhost:{port}",
    }
    await database.migrate(config.load(environ))
    command = [sys.executable, "-m", "diary", "serve", "--bind", f"127.0.0.1:{port}"]
    child = subprocess.Popen(command, env=environ | {"PATH": os.environ["PATH"]}, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        await asyncio.to_thread(wait_for, port)
        work = mixed(await keepers(port, origin, count * len(CLIENTS)))
        return {
            clients: await drive(port, work[i * count : (i + 1) * count], clients, seconds)
            for i, clients in enumerate(CLIENTS)
        }
    finally:
        child.terminate()
        child.wait()


async def measure_floor(folder: Path, seconds: float, size: int) -> dict[int, Run]:
    """The bare insert under each number of clients, with bodies of the same size."""
    port = free_port()
    child = subprocess.Popen([sys.executable, "-c", FLOOR, str(folder / "floor.sqlite3"), str(port)], cwd=ROOT)
    try:
        await asyncio.to_thread(wait_for, port)
        work = [request("/v1/x", os.urandom(size), port, "__Host-s=" + "A" * 43)] * 200_000
        return {clients: await drive(port, work, clients, seconds) for clients in CLIENTS}
    finally:
        child.terminate()
        child.wait()


def rows(seconds: float = 3.0, count: int = 8_000) -> list[dict[str, Any]]:
    """The rows of the table: pushes a second by number of clients, as a ratio to the floor, and the slowest 1 %."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = asyncio.run(measure_server(folder, seconds, count))
        floor = asyncio.run(measure_floor(folder, seconds, 5_300))
    found = []
    for clients in CLIENTS:
        ratio = ours[clients].per_second / floor[clients].per_second
        found.append(
            {
                "name": f"version push, {clients} client{'s' * (clients > 1)}, per second",
                "value": round(ours[clients].per_second),
                "floor": round(floor[clients].per_second),
                "ratio": round(ratio, 2),
                "bar": BARS.get(clients),
                "holds": clients not in BARS or ratio >= BARS[clients],
            }
        )
    slowest, failures = ours[64].p99_ms, sum(run.failures for run in ours.values())
    found.append(
        {
            "name": "version push, 64 clients, p99 in ms",
            "value": round(slowest, 1),
            "floor": round(floor[64].p99_ms, 1),
            "ratio": round(slowest / floor[64].p99_ms, 2),
            "bar": P99_MS,
            "holds": slowest <= P99_MS,
        }
    )
    found.append(
        {"name": "version push, failures", "value": failures, "floor": 0, "ratio": None, "bar": 0, "holds": not failures}
    )
    return found


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row))

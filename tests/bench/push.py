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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
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
# More than is stored in a second, so that no client runs out of work.
EXPECTED = {1: 2_000, 8: 3_500, 64: 4_000}
SIZE = 5_300
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


def request(path: str, body: bytes, port: int, token: str) -> Request:
    """A push as a phone sends it."""
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: localhost:{port}\r\nX-Requested-By: app\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: application/octet-stream\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
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


def seal_pushes(identity: Identity, token: str, count: int, port: int) -> list[Request]:
    """Distinct versions of one diary, each as its request."""
    journal = Journal(identity, SystemClock())
    made = []
    for _ in range(count):
        held = journal.append(Said("incident", {"narrative": "He waited outside again."}))
        place = held.opened.place
        path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
        made.append(request(path, push.encode(held.push), port, token))
    return made


async def keepers(port: int, origin: str) -> list[tuple[Identity, str]]:
    """Several accounts with their tokens."""
    made = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for number in range(ACCOUNTS):
            server = Server(client, origin)
            identity = await accounts.enrol(server, WORDS, code=bytes([number] * 16))
            made.append((identity, server.tokens["session"]))
    return made


def sealed_by(accounts_there: list[tuple[Identity, str]], port: int, count: int) -> list[Request]:
    """`count` pushes of the accounts in turns, sealed before anything is measured."""
    share = -(-count // len(accounts_there))
    lists = [seal_pushes(identity, token, share, port) for identity, token in accounts_there]
    return [one for turn in zip(*lists, strict=True) for one in turn]


@contextmanager
def running(command: list[str], port: int, environ: dict[str, str]) -> Iterator[None]:
    """A server process, listening, for the length of the block."""
    child = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield
    finally:
        child.terminate()
        child.wait()


async def measure(folder: Path, rounds: int, seconds: float) -> dict[int, list[tuple[Run, Run]]]:
    """Ours and the floor in turns, round after round, so that both meet the same weather; by number of clients."""
    ours, bare = free_port(), free_port()
    origin = f"http://localhost:{ours}"
    environ = {
        "DIARY_DATA": str(folder / "data"),
        "DIARY_APP_URL": origin,
        "DIARY_PUBLIC_URL": f"http://public.localhost:{ours}",
        "PATH": os.environ["PATH"],
    }
    await database.migrate(config.load(environ))
    serve = [sys.executable, "-m", "diary", "serve", "--bind", f"127.0.0.1:{ours}"]
    floor = [sys.executable, "-c", FLOOR, str(folder / "floor.sqlite3"), str(bare)]
    found: dict[int, list[tuple[Run, Run]]] = {clients: [] for clients in CLIENTS}
    with running(serve, ours, environ), running(floor, bare, environ):
        accounts_there = await keepers(ours, origin)
        for _ in range(rounds):
            for clients in CLIENTS:
                work = sealed_by(accounts_there, ours, int(seconds * EXPECTED[clients]))
                plain = [request("/v1/x", os.urandom(SIZE), bare, "A" * 43)] * len(work)
                one = await drive(ours, work, clients, seconds)
                found[clients].append((one, await drive(bare, plain, clients, seconds)))
    return found


def rows(rounds: int = 5, seconds: float = 1.0) -> list[dict[str, Any]]:
    """The rows of the table: pushes a second as a ratio to the floor, the slowest 1 %, and failures.

    Each figure is the median over the rounds of what one round showed.
    """
    with tempfile.TemporaryDirectory() as name:
        found = asyncio.run(measure(Path(name), rounds, seconds))
    made = []
    for clients, runs in found.items():
        ratio = median(ours.per_second / floor.per_second for ours, floor in runs)
        made.append(
            {
                "name": f"version push a second, {clients} client{'s' * (clients > 1)}",
                "value": round(median(ours.per_second for ours, _ in runs)),
                "floor": round(median(floor.per_second for _, floor in runs)),
                "ratio": round(ratio, 2),
                "bar": f"at least {BARS[clients]} of a bare insert" if clients in BARS else "none",
                "holds": ratio >= BARS.get(clients, 0),
            }
        )
    slowest = median(ours.p99_ms for ours, _ in found[64])
    floor_slowest = median(floor.p99_ms for _, floor in found[64])
    made.append(
        {
            "name": "version push, 64 clients, p99 in ms",
            "value": round(slowest, 1),
            "floor": round(floor_slowest, 1),
            "ratio": round(slowest / floor_slowest, 2),
            "bar": f"at most {P99_MS:.0f} ms",
            "holds": slowest <= P99_MS,
        }
    )
    failures = sum(ours.failures for runs in found.values() for ours, _ in runs)
    none = {"floor": 0, "ratio": None, "bar": "none"}
    made.append({"name": "version push, failures", "value": failures, "holds": not failures} | none)
    return made


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row))

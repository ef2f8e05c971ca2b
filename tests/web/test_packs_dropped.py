"""A phone that goes away in the middle of a pack, against a real server: no folder, no worker and no job is left behind."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from diary.client import accounts
from diary.client.journal import Journal, Said
from diary.client.transport import Server, connect
from diary.clock import SystemClock
from diary.errors import NotFound
from diary.ids import id_text, new_id
from diary.pack.capsule.builder import Wish, make_capsule
from diary.samples.demo import running_server
from diary.services.packs.worker_process import FOLDER, memory

pytestmark = pytest.mark.whole

WORDS = "correct horse battery staple"
TEXT = "He waited across the road until the bus came. "
SOON = 10


@dataclass
class Phone:
    """A signed-in phone, a capsule of its diary, and the server's process."""

    server: Server
    diary: str
    capsule: bytes
    pid: int

    async def place(self) -> str:
        """The address of a job whose turn it is."""
        job = await self.server.json("POST", "/v1/packs", {"diary": self.diary})
        assert job["state"] == "ready"
        return f"/v1/packs/{job['pack']}"

    async def until(self, address: str, state: str) -> None:
        """Wait for a state."""
        async with asyncio.timeout(60):
            while (await self.server.json("GET", address))["state"] != state:
                await asyncio.sleep(0.2)

    def raw(self, method: str, address: str, body: bytes, length: int) -> socket.socket:
        """A request of one's own, as far as `body` goes; the server is told of `length` bytes."""
        headers = self.server._headers(method, "application/octet-stream" if length else "", None)
        headers |= {"Content-Length": str(length)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        sent = socket.create_connection(("127.0.0.1", urlsplit(self.server.origin).port or 0))
        sent.sendall(f"{method} {address} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        return sent

    def left(self) -> list[str]:
        """Folders of jobs, and processes below the server."""
        folders = [path.name for path in memory().glob(f"{FOLDER}{self.pid}-*")]
        below = [
            line
            for task in Path(f"/proc/{self.pid}/task").iterdir()
            for line in (task / "children").read_text().split()
        ]
        return folders + below

    async def leaves_nothing(self) -> None:
        """Within seconds, and without another request."""
        async with asyncio.timeout(SOON):
            while self.left():
                await asyncio.sleep(0.05)


@dataclass(frozen=True)
class Running:
    """A server with a registered diary of 120 entries: where, its process, the session, a capsule."""

    origin: str
    pid: int
    tokens: dict[str, str]
    diary: str
    capsule: bytes

    @asynccontextmanager
    async def phone(self) -> AsyncIterator[Phone]:
        """The phone, in a test's own loop."""
        async with connect(self.origin) as server:
            server.tokens = dict(self.tokens)
            yield Phone(server, self.diary, self.capsule, self.pid)


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """A server of its own."""
    before = _servers()
    with running_server(folder) as origin:
        (pid,) = _servers() - before
        yield asyncio.run(_keep_a_diary(origin, pid))


async def _keep_a_diary(origin: str, pid: int) -> Running:
    async with connect(origin) as server:
        identity = await accounts.enrol(server, WORDS, code=bytes(16))
        journal = Journal(identity, SystemClock())
        for number in range(120):
            fields = {"narrative": f"{number} {TEXT * 9}", "precision": "unknown", "tz": "Europe/London"}
            journal.append(Said("incident", fields))
        await journal.send(server)
        now, chosen = SystemClock().now_ms(), tuple(journal.records("incident"))
        wish = Wish(id_text(new_id()), 1, now, "Europe/London", chosen, "0" * 12, origin, now)
        capsule = make_capsule(journal.versions(), wish, identity.public_keys())
        return Running(origin, pid, server.tokens, identity.diary, capsule)


def _servers() -> set[int]:
    """The servers this process started."""
    below = [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    return {pid for pid in below if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")}


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all who leave nothing on it."""
    with running(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture
async def phone(lasting: Running) -> AsyncIterator[Phone]:
    """On the server of all."""
    async with lasting.phone() as phone:
        assert phone.left() == []
        yield phone


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Running]:
    """A server to be killed."""
    with running(tmp_path) as made:
        yield made


async def test_a_capsule_cut_off_in_the_middle(phone: Phone) -> None:
    """Nothing of it was kept, nothing was begun; the place is still there for the whole one."""
    address = await phone.place()
    with phone.raw("PUT", f"{address}/capsule", phone.capsule[: len(phone.capsule) // 2], len(phone.capsule)) as sent:
        await asyncio.sleep(0.2)
        assert phone.left() == []
        sent.shutdown(socket.SHUT_RDWR)
    await asyncio.sleep(0.2)
    assert phone.left() == [] and (await phone.server.json("GET", address))["state"] == "ready"
    await phone.server.put(f"{address}/capsule", phone.capsule)
    await phone.until(address, "done")
    assert phone.left() != []
    await phone.server.json("DELETE", address)
    await phone.leaves_nothing()


async def test_given_up_while_it_is_made(phone: Phone) -> None:
    """The worker, its children and its folder are gone, and so is the job."""
    address = await phone.place()
    await phone.server.put(f"{address}/capsule", phone.capsule)
    async with asyncio.timeout(SOON):
        while len(phone.left()) < 2:
            await asyncio.sleep(0.01)
    await phone.server.json("DELETE", address)
    await phone.leaves_nothing()
    with pytest.raises(NotFound):
        await phone.server.json("GET", address)


@pytest.mark.parametrize("read", [0, 1000])
async def test_the_front_part_dropped_on_its_way(phone: Phone, read: int) -> None:
    """A connection closed before and after the first bytes: the front part is erased, and is not to be had again."""
    address = await phone.place()
    await phone.server.put(f"{address}/capsule", phone.capsule)
    await phone.until(address, "done")
    with phone.raw("GET", f"{address}/front", b"", 0) as asked:
        if read:
            assert asked.recv(read).startswith(b"HTTP/1.1 200")
    await phone.leaves_nothing()
    with pytest.raises(NotFound):
        await phone.server.json("GET", address)


async def test_what_a_killed_server_was_making(mortal: Running) -> None:
    """Its worker ends by itself; its folder goes with the next server's first job (tests/services/test_queue.py)."""
    async with mortal.phone() as phone:
        address = await phone.place()
        await phone.server.put(f"{address}/capsule", phone.capsule)
        async with asyncio.timeout(SOON):
            while len(phone.left()) < 2:
                await asyncio.sleep(0.01)
    workers = [int(one) for one in phone.left() if one.isdigit()]
    os.kill(phone.pid, 9)
    async with asyncio.timeout(SOON):
        while any(_runs(pid) for pid in workers):
            await asyncio.sleep(0.05)
    for folder in memory().glob(f"{FOLDER}{phone.pid}-*"):
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()


def _runs(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

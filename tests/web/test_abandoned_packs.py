"""A phone that disconnects during a pack, with a real server: no folder, worker or job is left behind."""

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
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer, connect
from diary.clock import SystemClock
from diary.errors import NotFound
from diary.ids import id_text, new_id
from diary.pack.capsule.builder import PackOptions, build_capsule
from diary.samples.demo import running_server
from diary.services.packs.worker_process import JOB_FOLDER_PREFIX, job_folder_root

pytestmark = pytest.mark.whole

PASSPHRASE = "correct horse battery staple"
LONG_NARRATIVE = "He waited across the road until the bus came. "
CLEANUP_TIMEOUT_SECONDS = 10


@dataclass
class PackPhone:
    """Signed-in phone with a capsule of its diary, and the server's process."""

    server: RemoteServer
    diary: str
    capsule: bytes
    pid: int

    async def take_place(self) -> str:
        """Return the path of a job whose turn it is."""
        job = await self.server.json("POST", "/v1/packs", {"diary": self.diary})
        assert job["state"] == "ready"
        return f"/v1/packs/{job['pack']}"

    async def wait_for_state(self, address: str, state: str) -> None:
        """Wait until the job has a state."""
        async with asyncio.timeout(60):
            while (await self.server.json("GET", address))["state"] != state:
                await asyncio.sleep(0.2)

    def send_raw_request(self, method: str, address: str, body: bytes, length: int) -> socket.socket:
        """Send a raw request whose body ends early: the header announces `length` bytes."""
        headers = self.server._headers(method, "application/octet-stream" if length else "", None)
        headers |= {"Content-Length": str(length)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection = socket.create_connection(("127.0.0.1", urlsplit(self.server.origin).port or 0))
        connection.sendall(f"{method} {address} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        return connection

    def leftovers(self) -> list[str]:
        """Return folders of jobs, and processes below the server."""
        folders = [path.name for path in job_folder_root().glob(f"{JOB_FOLDER_PREFIX}{self.pid}-*")]
        below = [
            line
            for task in Path(f"/proc/{self.pid}/task").iterdir()
            for line in (task / "children").read_text().split()
        ]
        return folders + below

    async def assert_nothing_left(self) -> None:
        """Assert that nothing is left within seconds, without another request."""
        async with asyncio.timeout(CLEANUP_TIMEOUT_SECONDS):
            while self.leftovers():
                await asyncio.sleep(0.05)


@dataclass(frozen=True)
class ServerWithDiary:
    """Server with a registered diary of 120 entries: address, process, session, a capsule."""

    origin: str
    pid: int
    tokens: dict[str, str]
    diary: str
    capsule: bytes

    @asynccontextmanager
    async def connect_phone(self) -> AsyncIterator[PackPhone]:
        """Connect a phone, in the test's own event loop."""
        async with connect(self.origin) as server:
            server.tokens = dict(self.tokens)
            yield PackPhone(server, self.diary, self.capsule, self.pid)


@contextmanager
def running_with_diary(folder: Path) -> Iterator[ServerWithDiary]:
    """Run a separate server."""
    before = server_pids()
    with running_server(folder) as origin:
        (pid,) = server_pids() - before
        yield asyncio.run(register_and_fill_diary(origin, pid))


async def register_and_fill_diary(origin: str, pid: int) -> ServerWithDiary:
    async with connect(origin) as server:
        identity = await accounts.enrol(server, PASSPHRASE, code=bytes(16))
        journal = Journal(identity, SystemClock())
        for number in range(120):
            fields = {"narrative": f"{number} {LONG_NARRATIVE * 9}", "precision": "unknown", "tz": "Europe/London"}
            journal.append(VersionContent("incident", fields))
        await journal.send(server)
        now, chosen = SystemClock().now_ms(), tuple(journal.record_ids("incident"))
        wish = PackOptions(id_text(new_id()), 1, now, "Europe/London", chosen, "0" * 12, origin, now)
        capsule = build_capsule(journal.versions(), wish, identity.public_keys())
        return ServerWithDiary(origin, pid, server.tokens, identity.diary, capsule)


def server_pids() -> set[int]:
    """Return the servers this process started."""
    below = [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    return {pid for pid in below if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")}


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerWithDiary]:
    """Run one server for all tests that leave nothing on it."""
    with running_with_diary(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture
async def phone(shared_server: ServerWithDiary) -> AsyncIterator[PackPhone]:
    """Connect a phone to the shared server."""
    async with shared_server.connect_phone() as phone:
        assert phone.leftovers() == []
        yield phone


@pytest.fixture
def killable_server(tmp_path: Path) -> Iterator[ServerWithDiary]:
    """Run a server to be killed."""
    with running_with_diary(tmp_path) as started:
        yield started


async def test_a_capsule_cut_off_in_the_middle(phone: PackPhone) -> None:
    """Nothing is stored or started; the place is still there for the complete capsule."""
    address = await phone.take_place()
    with phone.send_raw_request(
        "PUT", f"{address}/capsule", phone.capsule[: len(phone.capsule) // 2], len(phone.capsule)
    ) as sent:
        await asyncio.sleep(0.2)
        assert phone.leftovers() == []
        sent.shutdown(socket.SHUT_RDWR)
    await asyncio.sleep(0.2)
    assert phone.leftovers() == [] and (await phone.server.json("GET", address))["state"] == "ready"
    await phone.server.put(f"{address}/capsule", phone.capsule)
    await phone.wait_for_state(address, "done")
    assert phone.leftovers() != []
    await phone.server.json("DELETE", address)
    await phone.assert_nothing_left()


async def test_given_up_while_it_is_made(phone: PackPhone) -> None:
    """The worker, its children, its folder and the job are gone."""
    address = await phone.take_place()
    await phone.server.put(f"{address}/capsule", phone.capsule)
    async with asyncio.timeout(CLEANUP_TIMEOUT_SECONDS):
        while len(phone.leftovers()) < 2:
            await asyncio.sleep(0.01)
    await phone.server.json("DELETE", address)
    await phone.assert_nothing_left()
    with pytest.raises(NotFound):
        await phone.server.json("GET", address)


@pytest.mark.parametrize("read", [0, 1000])
async def test_the_front_part_dropped_on_its_way(phone: PackPhone, read: int) -> None:
    """When the connection closes before or after the first bytes, the result is erased and cannot be fetched again."""
    address = await phone.take_place()
    await phone.server.put(f"{address}/capsule", phone.capsule)
    await phone.wait_for_state(address, "done")
    with phone.send_raw_request("GET", f"{address}/front", b"", 0) as connection:
        if read:
            assert connection.recv(read).startswith(b"HTTP/1.1 200")
    await phone.assert_nothing_left()
    with pytest.raises(NotFound):
        await phone.server.json("GET", address)


async def test_what_a_killed_server_was_making(killable_server: ServerWithDiary) -> None:
    """Its worker ends by itself; its folder is deleted by the next server's first job (tests/services/test_queue.py)."""
    async with killable_server.connect_phone() as phone:
        address = await phone.take_place()
        await phone.server.put(f"{address}/capsule", phone.capsule)
        async with asyncio.timeout(CLEANUP_TIMEOUT_SECONDS):
            while len(phone.leftovers()) < 2:
                await asyncio.sleep(0.01)
    workers = [int(one) for one in phone.leftovers() if one.isdigit()]
    os.kill(phone.pid, 9)
    async with asyncio.timeout(CLEANUP_TIMEOUT_SECONDS):
        while any(is_running(pid) for pid in workers):
            await asyncio.sleep(0.05)
    for folder in job_folder_root().glob(f"{JOB_FOLDER_PREFIX}{phone.pid}-*"):
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()


def is_running(pid: int) -> bool:
    """Check whether a process exists and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

"""Devices that write without pause, record what was acknowledged, and retry the rest."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx

from diary.client import accounts
from diary.client.accounts import Identity
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.clock import SystemClock
from diary.crypto import file_parts, kdf
from diary.encoding import b64, canonical_json
from diary.ids import id_text, new_id
from diary.ledger import push
from tests.server_fixture import read_json

PASSPHRASE = "correct horse battery staple"
# An account may have twenty sessions; more sign-ins would end the load's own.
SESSIONS_LIMIT = 15
REQUEST_WEIGHTS = {"version": 70, "file": 22, "erasure": 4, "session": 4}


@dataclass(frozen=True)
class PendingRequest:
    """One request, and what its answer is later compared with."""

    kind_of_request: str
    method: str
    path: str
    body: bytes
    content_type: str = "application/octet-stream"
    needs_proof: bool = False


@dataclass
class AcknowledgedDiary:
    """Account with everything that was acknowledged to it."""

    identity: Identity
    token: str
    journal: Journal
    versions: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    erasures: dict[str, str] = field(default_factory=dict)
    requested_erasures: set[str] = field(default_factory=set)
    withdrawn_erasures: set[str] = field(default_factory=set)
    sessions: list[str] = field(default_factory=list)
    sign_in_count: int = 0
    unanswered: list[list[PendingRequest]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Return the API path of the diary."""
        return f"/v1/diaries/{self.identity.diary}"


@dataclass
class DeviceLoad:
    """All devices, over successive servers at the same port."""

    port: int
    diaries: list[AcknowledgedDiary]
    random_source: random.Random
    answer_counts: Counter[str] = field(default_factory=Counter)
    interrupted_counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    async def work(self, devices: int, answers_wanted: int, enough_answered: asyncio.Event) -> None:
        """Write from `devices` devices, and set `enough_answered` after `answers_wanted` answers.

        Returns when every device has lost its server.
        """
        count = 0

        def count_answer() -> None:
            nonlocal count
            count += 1
            if count >= answers_wanted:
                enough_answered.set()

        await asyncio.gather(
            *(
                self._run_device(self.diaries[device_number % len(self.diaries)], count_answer)
                for device_number in range(devices)
            )
        )
        enough_answered.set()

    async def _run_device(self, diary: AcknowledgedDiary, count_answer: Any) -> None:
        """Run one connection until it breaks."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return
        pending_request: list[PendingRequest] = []
        try:
            while True:
                pending_request = self._next_requests(diary)
                while pending_request:
                    status, answer = await send_request(reader, writer, pending_request[0], diary, self.port)
                    if status == 503:
                        # The database is unavailable: wait and retry, as a phone does.
                        self.answer_counts["refused for now"] += 1
                        raise ConnectionError
                    self._record_answer(diary, pending_request.pop(0), status, answer)
                    count_answer()
        except (OSError, asyncio.IncompleteReadError):
            # Only the next server can tell whether it was stored. The rest of an upload follows it.
            self.interrupted_counts[pending_request[0].kind_of_request] += 1
            diary.unanswered.append(pending_request)
        finally:
            writer.close()

    def _next_requests(self, diary: AcknowledgedDiary) -> list[PendingRequest]:
        """Return the device's next requests: unanswered ones first, else new ones."""
        if diary.unanswered and self.random_source.random() < 0.5:
            return diary.unanswered.pop(0)
        kind = self.random_source.choices(list(REQUEST_WEIGHTS), list(REQUEST_WEIGHTS.values()))[0]
        if kind == "file":
            return self._file_requests(diary)
        if kind == "erasure" and diary.versions.keys() - diary.requested_erasures:
            return [self._erasure_request(diary)]
        if kind == "session" and diary.sign_in_count < SESSIONS_LIMIT:
            diary.sign_in_count += 1
            fields = {"auth": diary.identity.proof, "device": id_text(new_id()), "device_name": "x"}
            fields["login"] = diary.identity.login
            return [PendingRequest("session", "POST", "/v1/sessions", json.dumps(fields).encode(), "application/json")]
        local_version = diary.journal.append(
            VersionContent("incident", {"narrative": "x" * self.random_source.randrange(900)})
        )
        place = local_version.opened_version.ids
        path = f"{diary.address}/records/{place.record}/versions/{place.version}"
        return [PendingRequest("version", "PUT", path, push.encode(local_version.push))]

    def _file_requests(self, diary: AcknowledgedDiary) -> list[PendingRequest]:
        """Return a whole upload, its parts in any order."""
        size = 1_100_000 if self.random_source.random() < 0.05 else self.random_source.randrange(1, 40_000)
        blob = id_text(new_id())
        sealed = list(
            file_parts.seal_parts(bytes(32), diary.identity.diary, blob, [self.random_source.randbytes(size)], size)
        )
        place = f"{diary.address}/blobs/{blob}"
        declaration = json.dumps({"parts": len(sealed), "size": sum(map(len, sealed))}).encode()
        digest = sha256(canonical_json([b64(sha256(part).digest()) for part in sealed])).digest()
        middle_parts = [PendingRequest("part", "PUT", f"{place}/parts/{i}", part) for i, part in enumerate(sealed)]
        self.random_source.shuffle(middle_parts)
        completion = PendingRequest(
            "complete", "POST", f"{place}/complete", json.dumps({"digest": b64(digest)}).encode(), "application/json"
        )
        return [PendingRequest("declare", "PUT", place, declaration, "application/json"), *middle_parts, completion]

    def _erasure_request(self, diary: AcknowledgedDiary) -> PendingRequest:
        """Return a request that asks for an erasure or cancels one."""
        if diary.erasures and self.random_source.random() < 0.5:
            # Either state is possible until the answer arrives.
            erasure = diary.erasures.pop(self.random_source.choice(list(diary.erasures)))
            return PendingRequest("take back", "DELETE", f"{diary.address}/erasures/{erasure}", b"", "")
        record = self.random_source.choice(list(diary.versions.keys() - diary.requested_erasures))
        diary.requested_erasures.add(record)
        record = record.split("/")[5]
        body = json.dumps({"records": [record], "why": "keeper"}).encode()
        return PendingRequest(
            "erasure", "POST", f"{diary.address}/erasures", body, "application/json", needs_proof=True
        )

    def _record_answer(
        self, diary: AcknowledgedDiary, sent_request: PendingRequest, status: int, answer: bytes
    ) -> None:
        """Record an acknowledgement, or an unexpected answer."""
        self.answer_counts[sent_request.kind_of_request] += 1
        if sent_request.kind_of_request == "version" and status in (200, 201):
            diary.versions[sent_request.path] = (sent_request.body, answer)
        elif sent_request.kind_of_request == "part" and status == 204:
            diary.parts[sent_request.path] = sent_request.body
        elif sent_request.kind_of_request == "complete" and status == 204:
            diary.files.append(sent_request.path.removesuffix("/complete"))
        elif sent_request.kind_of_request == "erasure" and status == 201:
            receipt = read_json(answer)
            diary.erasures[receipt["records"][0]] = receipt["erasure"]
        elif sent_request.kind_of_request == "take back" and status in (204, 404):
            diary.withdrawn_erasures.add(sent_request.path.rsplit("/", 1)[1])
        elif sent_request.kind_of_request == "session" and status == 200:
            session = read_json(answer)
            diary.sessions.append(session["token"])
        elif sent_request.kind_of_request in ("session", "erasure") and status == 429:
            # More than ten proofs of one account's words at the same time: throttled, as it should be.
            self.answer_counts[f"{sent_request.kind_of_request} told to wait"] += 1
        elif not (sent_request.kind_of_request == "declare" and status == 200):
            self.faults.append(f"{sent_request.kind_of_request}: {status} {answer[:120]!r}")


async def send_request(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    pending_request: PendingRequest,
    diary: AcknowledgedDiary,
    port: int,
) -> tuple[int, bytes]:
    """Send one request over an open connection. Return status and body."""
    head = (
        f"{pending_request.method} {pending_request.path} HTTP/1.1\r\nHost: localhost:{port}\r\nX-Requested-By: app\r\n"
        f"Sec-Fetch-Site: same-origin\r\nContent-Length: {len(pending_request.body)}\r\n"
    )
    if pending_request.kind_of_request != "session":
        head += f"Authorization: Bearer {diary.token}\r\n"
    if pending_request.content_type:
        head += f"Content-Type: {pending_request.content_type}\r\n"
    if pending_request.needs_proof:
        head += f"X-Proof: {diary.identity.proof}\r\n"
    writer.write(head.encode() + b"\r\n" + pending_request.body)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = 0
    for line in answer.split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        if name.lower() == "content-length":
            length = int(value)
    return int(answer.split(" ", 2)[1]), await reader.readexactly(length)


@asynccontextmanager
async def start_device_load(port: int, count: int, chance: random.Random) -> AsyncIterator[DeviceLoad]:
    """Create accounts on the running server, ready to write."""
    diaries = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for number in range(count):
            server = RemoteServer(client, f"http://localhost:{port}")
            identity = await accounts.enrol(
                server, PASSPHRASE, code=bytes([number] * 16), profile=kdf.CHEAPEST_PROFILE, policy=kdf.TEST_POLICY
            )
            diaries.append(AcknowledgedDiary(identity, server.tokens["session"], Journal(identity, SystemClock())))
    yield DeviceLoad(port, diaries, chance)

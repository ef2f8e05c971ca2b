"""Devices that write without pause, remember what was acknowledged, and send again what was not."""

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
from diary.client.journal import Journal, Said
from diary.client.transport import Server
from diary.clock import SystemClock
from diary.crypto import file_parts, kdf
from diary.encoding import b64, canon, parse
from diary.ids import id_text, new_id
from diary.ledger import push

WORDS = "correct horse battery staple"
# An account has twenty; signing in without end would sign the load itself out.
SESSIONS = 15
CHANCES = {"version": 70, "file": 22, "erasure": 4, "session": 4}


@dataclass(frozen=True)
class Sent:
    """One request, and what a device would compare its answer with later."""

    what: str
    method: str
    path: str
    body: bytes
    kind: str = "application/octet-stream"
    proof: bool = False


@dataclass
class Diary:
    """An account, and all that was acknowledged to it."""

    identity: Identity
    token: str
    journal: Journal
    versions: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    erasures: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    taken_back: set[str] = field(default_factory=set)
    sessions: list[str] = field(default_factory=list)
    signed_in: int = 0
    unanswered: list[list[Sent]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Of the diary."""
        return f"/v1/diaries/{self.identity.diary}"


@dataclass
class Load:
    """All devices, one server after another at the same port."""

    port: int
    diaries: list[Diary]
    chance: random.Random
    answered: Counter[str] = field(default_factory=Counter)
    cut_off: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    async def work(self, devices: int, enough: int, until: asyncio.Event) -> None:
        """Write from so many devices; `until` is set after `enough` answers. Ends when every device lost its server."""
        count = 0

        def note() -> None:
            nonlocal count
            count += 1
            if count >= enough:
                until.set()

        await asyncio.gather(*(self._device(self.diaries[n % len(self.diaries)], note) for n in range(devices)))
        until.set()

    async def _device(self, diary: Diary, note: Any) -> None:
        """One connection, until it breaks."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return
        sending: list[Sent] = []
        try:
            while True:
                sending = self._next(diary)
                while sending:
                    status, answer = await ask(reader, writer, sending[0], diary, self.port)
                    if status == 503:
                        # The database is away; a phone waits and sends the same again.
                        self.answered["refused for now"] += 1
                        raise ConnectionError
                    self._take(diary, sending.pop(0), status, answer)
                    note()
        except (OSError, asyncio.IncompleteReadError):
            # Whether it was taken, only the next server can tell; the rest of an upload follows it.
            self.cut_off[sending[0].what] += 1
            diary.unanswered.append(sending)
        finally:
            writer.close()

    def _next(self, diary: Diary) -> list[Sent]:
        """What a device sends next: what had no answer first, else something new."""
        if diary.unanswered and self.chance.random() < 0.5:
            return diary.unanswered.pop(0)
        what = self.chance.choices(list(CHANCES), list(CHANCES.values()))[0]
        if what == "file":
            return self._file(diary)
        if what == "erasure" and diary.versions.keys() - diary.asked:
            return [self._erasure(diary)]
        if what == "session" and diary.signed_in < SESSIONS:
            diary.signed_in += 1
            fields = {"auth": diary.identity.proof, "device": id_text(new_id()), "device_name": "x"}
            fields["login"] = diary.identity.login
            return [Sent("session", "POST", "/v1/sessions", json.dumps(fields).encode(), "application/json")]
        held = diary.journal.append(Said("incident", {"narrative": "x" * self.chance.randrange(900)}))
        place = held.opened.place
        path = f"{diary.address}/records/{place.record}/versions/{place.version}"
        return [Sent("version", "PUT", path, push.encode(held.push))]

    def _file(self, diary: Diary) -> list[Sent]:
        """A whole upload, its parts in any order."""
        size = 1_100_000 if self.chance.random() < 0.05 else self.chance.randrange(1, 40_000)
        blob = id_text(new_id())
        sealed = list(file_parts.seal_parts(bytes(32), diary.identity.diary, blob, [self.chance.randbytes(size)], size))
        place = f"{diary.address}/blobs/{blob}"
        told = json.dumps({"parts": len(sealed), "size": sum(map(len, sealed))}).encode()
        digest = sha256(canon([b64(sha256(part).digest()) for part in sealed])).digest()
        middle = [Sent("part", "PUT", f"{place}/parts/{i}", part) for i, part in enumerate(sealed)]
        self.chance.shuffle(middle)
        last = Sent(
            "complete", "POST", f"{place}/complete", json.dumps({"digest": b64(digest)}).encode(), "application/json"
        )
        return [Sent("declare", "PUT", place, told, "application/json"), *middle, last]

    def _erasure(self, diary: Diary) -> Sent:
        """Ask for one, or take one back."""
        if diary.erasures and self.chance.random() < 0.5:
            # From here on it may be either, until the answer says which.
            erasure = diary.erasures.pop(self.chance.choice(list(diary.erasures)))
            return Sent("take back", "DELETE", f"{diary.address}/erasures/{erasure}", b"", "")
        record = self.chance.choice(list(diary.versions.keys() - diary.asked))
        diary.asked.add(record)
        record = record.split("/")[5]
        body = json.dumps({"records": [record], "why": "keeper"}).encode()
        return Sent("erasure", "POST", f"{diary.address}/erasures", body, "application/json", proof=True)

    def _take(self, diary: Diary, one: Sent, status: int, answer: bytes) -> None:
        """Remember an acknowledgement, and anything that is none."""
        self.answered[one.what] += 1
        if one.what == "version" and status in (200, 201):
            diary.versions[one.path] = (one.body, answer)
        elif one.what == "part" and status == 204:
            diary.parts[one.path] = one.body
        elif one.what == "complete" and status == 204:
            diary.files.append(one.path.removesuffix("/complete"))
        elif one.what == "erasure" and status == 201:
            told: Any = parse(answer)
            diary.erasures[told["records"][0]] = told["erasure"]
        elif one.what == "take back" and status in (204, 404):
            diary.taken_back.add(one.path.rsplit("/", 1)[1])
        elif one.what == "session" and status == 200:
            entered: Any = parse(answer)
            diary.sessions.append(entered["token"])
        elif one.what in ("session", "erasure") and status == 429:
            # More than ten proofs of one account's words at the same moment: it says to wait, as it should.
            self.answered[f"{one.what} told to wait"] += 1
        elif not (one.what == "declare" and status == 200):
            self.wrong.append(f"{one.what}: {status} {answer[:120]!r}")


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, one: Sent, diary: Diary, port: int
) -> tuple[int, bytes]:
    """One request over an open connection: status and body."""
    head = (
        f"{one.method} {one.path} HTTP/1.1\r\nHost: localhost:{port}\r\nX-Requested-By: app\r\n"
        f"Sec-Fetch-Site: same-origin\r\nContent-Length: {len(one.body)}\r\n"
    )
    if one.what != "session":
        head += f"Authorization: Bearer {diary.token}\r\n"
    if one.kind:
        head += f"Content-Type: {one.kind}\r\n"
    if one.proof:
        head += f"X-Proof: {diary.identity.proof}\r\n"
    writer.write(head.encode() + b"\r\n" + one.body)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = 0
    for line in answer.split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        if name.lower() == "content-length":
            length = int(value)
    return int(answer.split(" ", 2)[1]), await reader.readexactly(length)


@asynccontextmanager
async def new_load(port: int, count: int, chance: random.Random) -> AsyncIterator[Load]:
    """Accounts on the running server, ready to write."""
    made = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for number in range(count):
            server = Server(client, f"http://localhost:{port}")
            identity = await accounts.enrol(
                server, WORDS, code=bytes([number] * 16), profile=kdf.CHEAPEST, policy=kdf.TESTS
            )
            made.append(Diary(identity, server.tokens["session"], Journal(identity, SystemClock())))
    yield Load(port, made, chance)

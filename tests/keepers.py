"""A server in this process and keepers who use it, for every test of the server.

Requests go straight into the application, with the headers a phone sends; each may be left out or replaced.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from diary import config
from diary.app import create_app
from diary.client import accounts
from diary.client.accounts import Identity
from diary.client.journal import Journal, Said
from diary.client.transport import WRITING, Server
from diary.clock import FixedClock
from diary.config import Settings
from diary.crypto import file_parts, kdf
from diary.encoding import b64, canon
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.storage.postgres.address import is_postgres
from tests import described, once
from tests.postgres import dump_of, in_a_thread, rows_of

NOON = 1_790_000_000_000 - 1_790_000_000_000 % 3_600_000
WORDS = "correct horse battery staple"
CODE = bytes(range(16))
OCTETS = {"Content-Type": "application/octet-stream"}
JSON = {"Content-Type": "application/json"}
ENTERING = ("/v1/accounts", "/v1/members", "/v1/sessions", "/v1/recoveries", "/v1/session/exchange")


@dataclass
class Served:
    """A running application, its clock and its files."""

    app: Any
    settings: Settings
    clock: FixedClock

    def client(self, address: str = "198.51.100.7") -> httpx.AsyncClient:
        """A way to it that keeps no cookies, seen as coming from `address`. Each answer is held to docs/openapi.json."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 4711))
        hooks = {"response": [described.check]}
        return httpx.AsyncClient(transport=transport, base_url=self.settings.app_url, event_hooks=hooks)

    def rows(self, sql: str) -> list[Any]:
        """What the database holds, read beside the server."""
        if is_postgres(self.settings.database_url):
            return in_a_thread(rows_of(self.settings.database_url, sql))
        connection = sqlite3.connect(self.settings.data / "kept.sqlite3")
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def dump(self) -> list[str]:
        """Every row of every table, to see that nothing changed; without the clock the server sets by itself as it starts."""
        if is_postgres(self.settings.database_url):
            rows = in_a_thread(dump_of(self.settings.database_url))
        else:
            connection = sqlite3.connect(self.settings.data / "kept.sqlite3")
            try:
                rows = list(connection.iterdump())
            finally:
                connection.close()
        return [row for row in rows if not row.startswith(('INSERT INTO "purge_clock"', "purge_clock "))]


@asynccontextmanager
async def served(folder: Path, **settings: str) -> AsyncIterator[Served]:
    """A server whose files are in `folder`; Argon2id is cheap."""
    # How full this computer's own disk is makes no difference to a test.
    loaded = config.load({"DIARY_DATA": str(folder / "data"), "DIARY_MIN_FREE_BYTES": "1", **settings})
    await once.migrate(loaded)
    clock = FixedClock(NOON)
    app = create_app(loaded, clock, kdf_profile=kdf.CHEAPEST, kdf_policy=kdf.TESTS)
    async with app.router.lifespan_context(app):
        yield Served(app, loaded, clock)


@dataclass
class Phone:
    """One device: its tokens, and requests as the app sends them."""

    client: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | None = None,
        *,
        leave_out: tuple[str, ...] = (),
        **headers: str,
    ) -> httpx.Response:
        """One request. `headers`: further ones, `_` for `-`; `leave_out`: of those a phone would send."""
        sent = {} if method == "GET" else dict(WRITING)
        if path == "/v1/sessions" and isinstance(body, dict) and "device" in self.tokens:
            body = {"device_token": self.tokens["device"]} | body
        if body is not None:
            sent |= OCTETS if isinstance(body, bytes) else JSON
        if "session" in self.tokens:
            sent["Authorization"] = f"Bearer {self.tokens['session']}"
        sent |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        sent = {name: value for name, value in sent.items() if name not in leave_out}
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        answer = await self.client.request(method, path, content=content, headers=sent)
        if method == "POST" and answer.is_success and path in ENTERING:
            told = answer.json()
            self.tokens |= {
                name: told[key] for name, key in (("session", "token"), ("device", "device_token")) if key in told
            }
        return answer


@dataclass
class Keeper(Phone):
    """A registered keeper at one device."""

    identity: Identity = None  # type: ignore[assignment] # always given
    journal: Journal = None  # type: ignore[assignment] # always given

    @property
    def diary(self) -> str:
        """The address of the keeper's diary."""
        return f"/v1/diaries/{self.identity.diary}"

    @property
    def proof(self) -> str:
        """X-Proof of the words."""
        return self.identity.proof

    def seal(self, text: str = "He waited outside again.", **more: Any) -> tuple[str, bytes]:
        """A sealed version of an incident: its address and its body."""
        held = self.journal.append(Said("incident", {"narrative": text}, **more))
        place = held.opened.place
        path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
        return path, push.encode(held.push)

    async def push(self, text: str = "He waited outside again.") -> httpx.Response:
        """Seal a version and push it."""
        path, body = self.seal(text)
        return await self.ask("PUT", path, body)


async def enrol(server: Served, address: str = "198.51.100.7") -> Keeper:
    """A new keeper, signed in."""
    client = server.client(address)
    reached = Server(client, server.settings.app_url)
    identity = await accounts.enrol(reached, WORDS, code=CODE, profile=kdf.CHEAPEST, policy=kdf.TESTS)
    journal = Journal(identity, server.clock)
    return Keeper(client, dict(reached.tokens), identity=identity, journal=journal)


def copied(server: Served, keeper: Keeper, address: str = "192.0.2.66") -> Phone:
    """Somebody else's device with a copy of all that signs the keeper's device in."""
    return Phone(server.client(address), dict(keeper.tokens))


async def on_another_device(server: Served, keeper: Keeper, address: str = "198.51.100.8", **more: object) -> Keeper:
    """The keeper at a second device, signed in with the words."""
    phone = Phone(server.client(address))
    body = sign_in_body(keeper.identity.login, keeper.proof)
    answer = await phone.ask("POST", "/v1/sessions", {**body, **more})
    assert answer.status_code == 200, answer.text
    return Keeper(phone.client, phone.tokens, identity=keeper.identity, journal=keeper.journal)


def proof_of_words(keeper: Keeper, words: str, answer: Mapping[str, Any]) -> str:
    """AUTH of words under the `kdf` of a prelogin answer."""
    root = kdf.root(words, answer["kdf"], kdf.TESTS)
    return b64(kdf.auth(root, answer["kdf"], answer["kdf"]["origin"]))


def sign_in_body(login: str, auth: str) -> dict[str, str]:
    """A sign-in from a device nobody has seen."""
    return {"auth": auth, "device": id_text(new_id()), "device_name": "Second phone", "login": login}


@dataclass
class SealedFile:
    """A file in sealed parts."""

    blob: str
    sealed: list[bytes]

    @property
    def declaration(self) -> dict[str, int]:
        """What is announced."""
        return {"parts": len(self.sealed), "size": sum(map(len, self.sealed))}

    @property
    def digest(self) -> str:
        """What completes it."""
        return b64(sha256(canon([b64(sha256(part).digest()) for part in self.sealed])).digest())


def seal_file(keeper: Keeper, content: bytes) -> SealedFile:
    """A file sealed for the keeper's diary."""
    blob, key = id_text(new_id()), bytes(32)
    sealed = file_parts.seal_parts(key, keeper.identity.diary, blob, [content], len(content))
    return SealedFile(blob, list(sealed))

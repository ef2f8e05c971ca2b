"""Server in this process, and its keepers, for all server tests.

Requests go directly to the application, with the headers a phone sends; each may be left out or replaced.
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
from diary.client.journal import Journal, VersionContent
from diary.client.transport import WRITE_HEADERS, RemoteServer
from diary.clock import FixedClock
from diary.config import Settings
from diary.crypto import file_parts, kdf
from diary.encoding import b64, canonical_json, parse_canonical_json
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.storage.postgres.address import is_postgres
from tests import cached_setup as once
from tests import openapi_check as described
from tests.free_space import ANY_FREE_SPACE
from tests.postgres import dump_tables, fetch_rows, run_in_thread

NOON_MS = 1_790_000_000_000 - 1_790_000_000_000 % 3_600_000
PASSPHRASE = "correct horse battery staple"
RECOVERY_CODE = bytes(range(16))
OCTET_STREAM_HEADERS = {"Content-Type": "application/octet-stream"}
JSON_HEADERS = {"Content-Type": "application/json"}
RequestBody = Mapping[str, Any] | bytes | None
TOKEN_ISSUING_PATHS = ("/v1/accounts", "/v1/members", "/v1/sessions", "/v1/recoveries", "/v1/session/exchange")


@dataclass
class InProcessServer:
    """Running application, its clock and its files."""

    app: Any
    settings: Settings
    clock: FixedClock

    def http_client(self, address: str = "198.51.100.7") -> httpx.AsyncClient:
        """Return a client without cookies whose requests come from `address`.

        Answers are checked against docs/openapi.json.
        """
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 4711))
        hooks = {"response": [described.check_response]}
        return httpx.AsyncClient(transport=transport, base_url=self.settings.app_url, event_hooks=hooks)

    def query(self, sql: str) -> list[Any]:
        """Return rows of the database, over a separate connection."""
        if is_postgres(self.settings.database_url):
            return run_in_thread(fetch_rows(self.settings.database_url, sql))
        connection = sqlite3.connect(self.settings.data / "kept.sqlite3")
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def dump(self) -> list[str]:
        """Return every row of every table, to check that nothing changed; without the clock, set at each start."""
        if is_postgres(self.settings.database_url):
            rows = run_in_thread(dump_tables(self.settings.database_url))
        else:
            connection = sqlite3.connect(self.settings.data / "kept.sqlite3")
            try:
                rows = list(connection.iterdump())
            finally:
                connection.close()
        return [row for row in rows if not row.startswith(('INSERT INTO "purge_clock"', "purge_clock "))]


@asynccontextmanager
async def running_server(folder: Path, **settings: str) -> AsyncIterator[InProcessServer]:
    """Run a server with its files in `folder`, with cheap Argon2id parameters. It makes packs, unlike the default."""
    environ = {"DIARY_DATA": str(folder / "data"), "DIARY_SERVER_PACKS": "on", **ANY_FREE_SPACE, **settings}
    settings_loaded = config.load_settings(environ)
    await once.migrate_from_cached_copy(settings_loaded)
    clock = FixedClock(NOON_MS)
    app = create_app(settings_loaded, clock, kdf_profile=kdf.CHEAPEST_PROFILE, kdf_policy=kdf.TEST_POLICY)
    async with app.router.lifespan_context(app):
        yield InProcessServer(app, settings_loaded, clock)


@dataclass
class Phone:
    """One device: its tokens, and requests as the app sends them."""

    client: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)

    async def request(
        self,
        method: str,
        path: str,
        body: RequestBody = None,
        *,
        headers: Mapping[str, str | bytes] | None = None,
        leave_out: tuple[str, ...] = (),
        **more_headers: str,
    ) -> httpx.Response:
        """Send a request.

        `headers`, `more_headers`: additional headers, `_` for `-`; `leave_out`: names of usual headers to leave out.
        """
        sent_headers: dict[str, str | bytes] = {} if method == "GET" else dict(WRITE_HEADERS)
        if path == "/v1/sessions" and isinstance(body, dict) and "device" in self.tokens:
            body = {"device_token": self.tokens["device"]} | body
        if body is not None:
            sent_headers |= OCTET_STREAM_HEADERS if isinstance(body, bytes) else JSON_HEADERS
        if "session" in self.tokens:
            sent_headers["Authorization"] = f"Bearer {self.tokens['session']}"
        added_headers = {**(headers or {}), **more_headers}
        sent_headers |= {name.replace("_", "-").title(): value for name, value in added_headers.items()}
        raw_headers = [
            (name.encode(), value if isinstance(value, bytes) else value.encode())
            for name, value in sent_headers.items()
            if name not in leave_out
        ]
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        response = await self.client.request(method, path, content=content, headers=raw_headers)
        if method == "POST" and response.is_success and path in TOKEN_ISSUING_PATHS:
            response_body = response.json()
            self.tokens |= {
                name: response_body[key]
                for name, key in (("session", "token"), ("device", "device_token"))
                if key in response_body
            }
        return response


@dataclass(kw_only=True)
class Keeper(Phone):
    """Registered keeper on one device."""

    identity: Identity
    journal: Journal

    @property
    def diary(self) -> str:
        """Return the path of the keeper's diary."""
        return f"/v1/diaries/{self.identity.diary}"

    @property
    def proof(self) -> str:
        """Return the X-Proof value of the words."""
        return self.identity.proof

    def seal(self, text: str = "He waited outside again.", **extra: Any) -> tuple[str, bytes]:
        """Return path and body of a sealed version of an incident."""
        local_version = self.journal.append(VersionContent("incident", {"narrative": text}, **extra))
        place = local_version.opened_version.ids
        path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
        return path, push.encode(local_version.push)

    async def push(self, text: str = "He waited outside again.") -> httpx.Response:
        """Seal a version and push it."""
        path, body = self.seal(text)
        return await self.request("PUT", path, body)


async def register_keeper(server: InProcessServer, address: str = "198.51.100.7") -> Keeper:
    """Register a keeper, and return their signed-in device."""
    client = server.http_client(address)
    api_client = RemoteServer(client, server.settings.app_url)
    identity = await accounts.enrol(
        api_client, PASSPHRASE, code=RECOVERY_CODE, profile=kdf.CHEAPEST_PROFILE, policy=kdf.TEST_POLICY
    )
    journal = Journal(identity, server.clock)
    return Keeper(client, dict(api_client.tokens), identity=identity, journal=journal)


def read_json(raw: bytes) -> Any:
    """Return the value of a server's canonical JSON."""
    return parse_canonical_json(raw)


def device_with_copied_tokens(server: InProcessServer, keeper: Keeper, address: str = "192.0.2.66") -> Phone:
    """Return another device with copies of all the keeper's tokens."""
    return Phone(server.http_client(address), dict(keeper.tokens))


async def sign_in_on_second_device(
    server: InProcessServer, keeper: Keeper, address: str = "198.51.100.8", **extra: object
) -> Keeper:
    """Sign in with the words on a second device."""
    phone = Phone(server.http_client(address))
    body = new_device_sign_in_body(keeper.identity.login, keeper.proof)
    response = await phone.request("POST", "/v1/sessions", {**body, **extra})
    assert response.status_code == 200, response.text
    return Keeper(phone.client, phone.tokens, identity=keeper.identity, journal=keeper.journal)


def passphrase_proof(passphrase: str, prelogin: Mapping[str, Any]) -> str:
    """Return AUTH of words under the `kdf` of a prelogin answer."""
    root = kdf.derive_root(passphrase, prelogin["kdf"], kdf.TEST_POLICY)
    return b64(kdf.derive_sign_in_proof(root, prelogin["kdf"], prelogin["kdf"]["origin"]))


def new_device_sign_in_body(login: str, auth: str) -> dict[str, str]:
    """Return the body of a sign-in from a new device."""
    return {"auth": auth, "device": id_text(new_id()), "device_name": "Second phone", "login": login}


@dataclass
class SealedUpload:
    """File in sealed parts."""

    blob: str
    sealed_parts: list[bytes]

    @property
    def declaration(self) -> dict[str, int]:
        """Return the body that announces the file."""
        return {"parts": len(self.sealed_parts), "size": sum(map(len, self.sealed_parts))}

    @property
    def digest(self) -> str:
        """Return the digest that completes it."""
        return b64(sha256(canonical_json([b64(sha256(part).digest()) for part in self.sealed_parts])).digest())


def seal_file(keeper: Keeper, content: bytes) -> SealedUpload:
    """Seal a file for the keeper's diary."""
    blob, key = id_text(new_id()), bytes(32)
    sealed_parts = file_parts.seal_parts(key, keeper.identity.diary, blob, [content], len(content))
    return SealedUpload(blob, list(sealed_parts))

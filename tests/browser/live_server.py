"""A real server over TLS for the browser tests, with its certificate, recorded traffic and faults on request.

The application under test is unchanged. One ASGI layer around it records every exchange, so that a test can search
everything that was sent, and replaces responses when a test asks for a fault.
"""

import asyncio
import atexit
import base64
import datetime
import gc
import hashlib
import ipaddress
import re
import shutil
import socket
import ssl
import tempfile
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, reduce
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from diary.app import create_app
from diary.config import Settings, load_settings
from diary.crypto.kdf import CHEAPEST_PROFILE, DEFAULT_PROFILE, FLOOR_PROFILE, TEST_POLICY
from diary.paths import STATIC
from tests.browser.python_snapshot import start_from_snapshot
from tests.cached_setup import migrate_from_cached_copy
from tests.free_space import ANY_FREE_SPACE


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for this computer's own names."""

    cert: Path
    key: Path
    spki: str  # what Chromium is told to trust: b64 SHA-256 of the public key


def make_certificate(folder: Path, days: int = 29) -> Certificate:
    """Write a new certificate for localhost, its two subdomains and 127.0.0.1, which expires after `days`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in ("localhost", "app.localhost", "public.localhost")]
    names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)  # noqa: TID251
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days + 1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    certificate = Certificate(
        folder / "cert.pem",
        folder / "key.pem",
        base64.b64encode(hashlib.sha256(spki).digest()).decode(),
    )
    certificate.cert.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    certificate.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate


# The phone's own Argon2id takes half a second of processor time at its usual cost, and a test runs it several times.
_COST_LINE = "const KDF_{name}_{part} = {value:_};"
_COST_REPLACEMENTS = {
    _COST_LINE.format(name=name, part=part, value=value): _COST_LINE.format(name=name, part=part, value=cheapest)
    for name, cost in {"DEFAULT": DEFAULT_PROFILE, "FLOOR": FLOOR_PROFILE}.items()
    for part, value, cheapest in (
        ("MEMORY_KIB", cost.memory_kib, CHEAPEST_PROFILE.memory_kib),
        ("PASSES", cost.passes, CHEAPEST_PROFILE.passes),
    )
}


# What a test can reach in the page to begin with a diary: the app, and the fields of "Just now".
_EXPOSED_NAMES = {"app/main.js": ("app", "app"), "app/screens.js": ("blockOf", "timeBlockOf")}
EXPOSED_GLOBAL = "globalThis[Symbol.for('kept tests: {name}')]"


@cache
def cheap_static_folder() -> Path:
    """Return a copy of `static/` for most tests, with three differences from the product's files.

    Phones choose and accept the cheapest Argon2id, as the server under test does for its own proofs. The page gives
    tests access to the app, so that they can begin with a diary (`BrowserKeeper.create_registered_diary`). Python,
    which prepares a pack's pages, starts from a snapshot of its memory (python_snapshot.py). Modules marked
    `first_visit` or `usual_locks` get the product's own files.
    """
    folder = Path(tempfile.mkdtemp(prefix="kept-static-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(STATIC, folder, dirs_exist_ok=True)
    changed = set()
    for path in folder.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        cheap_text = reduce(
            lambda script, constant: script.replace(constant, _COST_REPLACEMENTS[constant]), _COST_REPLACEMENTS, text
        )
        if cheap_text != text:
            path.write_text(cheap_text, encoding="utf-8")
            changed.add(path.relative_to(folder).as_posix())
    start_from_snapshot(folder / "engine")
    assert {"app/crypto/worker.js", "app/desk/main.js", "js/core/constants.js"} <= changed, changed
    for module, (name, value) in _EXPOSED_NAMES.items():
        with (folder / module).open("a", encoding="utf-8") as file:
            file.write(f"{EXPOSED_GLOBAL.format(name=name)} = {value};\n")
    return folder


@dataclass
class Exchange:
    """One request and its response, as bytes."""

    method: str
    path: str
    request_headers: bytes
    request_body: bytearray = field(default_factory=bytearray)
    status: int = 0
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: bytearray = field(default_factory=bytearray)
    is_answered: bool = False

    def all_bytes(self) -> bytes:
        """Return everything that was sent and received, joined."""
        headers = repr(self.response_headers).encode()
        return b"\n".join(
            [self.path.encode(), self.request_headers, bytes(self.request_body), headers, bytes(self.response_body)]
        )


@dataclass
class CannedResponse:
    """The response that a fault sends in place of the application's."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


BodyChange = Callable[[bytes], bytes]


@dataclass
class InjectedFault:
    """A rule: matching requests get `response`, or the real response with its body passed through `change_body`."""

    method: str
    path: re.Pattern[str]
    response: CannedResponse | None = None
    change_body: BodyChange | None = None
    before_response: Callable[[], None] | None = None
    held_until: threading.Event | None = None
    max_uses: int = 1_000_000
    uses: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Check whether this rule matches the request and has uses left."""
        return self.uses < self.max_uses and method == self.method and self.path.search(path) is not None


class RecordingMiddleware:
    """The ASGI layer that records each exchange and applies faults."""

    def __init__(self, app: Any) -> None:
        """Wrap `app`."""
        self.app = app
        self.exchanges: list[Exchange] = []
        self.faults: list[InjectedFault] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request. Pass lifespan messages through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(
            scope["method"],
            scope["path"],
            b"\n".join(name + b": " + value for name, value in scope["headers"])
            + b"\n"
            + scope.get("query_string", b""),
        )
        self.exchanges.append(exchange)
        fault = next((rule for rule in self.faults if rule.matches(exchange.method, exchange.path)), None)
        if fault is not None:
            fault.uses += 1
        await self._forward(scope, receive, send, exchange, fault)

    async def _forward(
        self, scope: Any, receive: Any, send: Any, exchange: Exchange, fault: InjectedFault | None
    ) -> None:
        async def receive_recorded() -> Any:
            message = await receive()
            exchange.request_body += message.get("body", b"")
            return message

        async def send_recorded(message: Any) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                exchange.response_headers = {k.decode(): v.decode() for k, v in message["headers"]}
            elif message["type"] == "http.response.body":
                exchange.response_body += message.get("body", b"")
                exchange.is_answered = not message.get("more_body", False)
            await send(message)

        while fault is not None and fault.held_until is not None and not fault.held_until.is_set():
            await asyncio.sleep(0.02)
        if fault is not None and fault.before_response is not None:
            fault.before_response()
        if fault is not None and fault.response is not None:
            while (await receive_recorded()).get("more_body"):
                pass
            await _send_response(send_recorded, fault.response)
        elif fault is not None and fault.change_body is not None:
            await self._forward_changed(scope, receive_recorded, send_recorded, fault.change_body)
        else:
            await self.app(scope, receive_recorded, send_recorded)

    async def _forward_changed(self, scope: Any, receive: Any, send: Any, change: BodyChange) -> None:
        """Forward the request and change the response's body."""
        started: dict[str, Any] = {}
        body = bytearray()

        async def collect(message: Any) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, collect)
        changed = change(bytes(body))
        headers = [(k, v) for k, v in started["headers"] if k != b"content-length"]
        headers.append((b"content-length", str(len(changed)).encode()))
        await send({"type": "http.response.start", "status": started["status"], "headers": headers})
        await send({"type": "http.response.body", "body": changed})


async def _send_response(send: Any, response: CannedResponse) -> None:
    headers = {"content-type": response.content_type, "content-length": str(len(response.body)), **response.headers}
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": response.body})


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _serve(server: uvicorn.Server, settings: Settings) -> None:
    """Migrate, then serve. It runs in its own thread, since a browser's driver occupies the main thread's loop."""
    asyncio.run(migrate_from_cached_copy(settings))
    asyncio.run(_serve_until_stopped(server))


async def _serve_until_stopped(server: uvicorn.Server) -> None:
    await server.serve()
    # A browser keeps connections open. Python 3.13 fails when it frees one after its server was closed.
    for connection in list(server.server_state.connections):
        if connection.transport is not None:
            connection.transport.abort()
    await asyncio.sleep(0)


class LiveServer:
    """The running server. `app_url` and `public_url` are what a browser opens."""

    def __init__(
        self,
        data: Path,
        certificate: Certificate,
        app_host: str = "app.localhost",
        port: int | None = None,
        cheap_crypto: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Choose a port (a free one, unless given) and the settings. `start` begins to listen.

        With `cheap_crypto`, phones get the files of `cheap_static_folder`, and accounts may use its cheap derivation.
        """
        self.data = data
        self._for_journeys = cheap_crypto
        self.port = port or free_port()
        self.app_url = f"https://{app_host}:{self.port}"
        self.public_url = f"https://public.localhost:{self.port}"
        self._certificate = certificate
        self._environ = {
            "DIARY_APP_URL": self.app_url,
            "DIARY_PUBLIC_URL": self.public_url,
            "DIARY_DATA": str(data),
            **ANY_FREE_SPACE,
            **(settings or {}),
        }
        self._earlier: list[Exchange] = []
        self._faults: list[InjectedFault] = []
        self._thread: threading.Thread | None = None
        self._server: uvicorn.Server | None = None
        self._watched: RecordingMiddleware | None = None

    def start(self) -> None:
        """Listen on the same port with the same data each time. Return when requests are answered."""
        settings = self.settings
        locks: dict[str, Any] = (
            {"kdf_policy": TEST_POLICY, "static": cheap_static_folder()} if self._for_journeys else {}
        )
        self._watched = RecordingMiddleware(create_app(settings, kdf_profile=CHEAPEST_PROFILE, **locks))
        self._watched.exchanges = self._earlier
        self._watched.faults = self._faults
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._watched,
                host="127.0.0.1",
                port=self.port,
                ssl_certfile=str(self._certificate.cert),
                ssl_keyfile=str(self._certificate.key),
                access_log=False,
                server_header=False,
                log_config=None,
                loop="asyncio",  # uvloop cannot be torn down while a browser keeps TLS connections open
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=_serve, args=(self._server, settings), daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the server under test did not start")
            self._thread.join(0.02)

    def stop(self) -> None:
        """Stop listening, and wait until the server has stopped."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(20)
        if self._thread.is_alive():
            raise RuntimeError("the server under test did not stop")
        self._server = self._thread = None
        with warnings.catch_warnings():
            # uvloop warns of every connection that a browser kept open to the stopped server.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    def start_if_stopped(self) -> None:
        """Start again after a test that stopped the server."""
        if self._server is None:
            self.start()

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment for the operator's own commands."""
        return dict(self._environ)

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """Return a TLS context that trusts this server's certificate and no other."""
        return ssl.create_default_context(cafile=str(self._certificate.cert))

    @property
    def settings(self) -> Settings:
        """Return the settings of the server."""
        return load_settings(self._environ)

    @property
    def exchanges(self) -> list[Exchange]:
        """Return every exchange since the first start, oldest first."""
        return self._earlier

    def exchanges_with(self, path: str, method: str | None = None) -> list[Exchange]:
        """Return the exchanges whose path matches the pattern `path`."""
        return [
            exchange
            for exchange in self._earlier
            if re.search(path, exchange.path) and (method is None or exchange.method == method)
        ]

    def inject_fault(
        self,
        method: str,
        path: str,
        *,
        response: CannedResponse | None = None,
        change_body: BodyChange | None = None,
        before_response: Callable[[], None] | None = None,
        held_until: threading.Event | None = None,
        max_uses: int = 1_000_000,
    ) -> InjectedFault:
        """Apply this fault to matching requests until `clear_faults`. With `held_until`, the response waits for it."""
        fault = InjectedFault(method, re.compile(path), response, change_body, before_response, held_until, max_uses)
        self._faults.append(fault)
        return fault

    def clear_faults(self) -> None:
        """End every fault."""
        self._faults.clear()

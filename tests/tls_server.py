"""A real server over TLS in this process, with a release signed for it."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from diary import config
from diary.app import create_app
from diary.config import Settings
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64
from diary.ledger import releases
from diary.paths import STATIC, TEMPLATES
from diary.web.pages import render_pages
from tests import cached_setup as once


@dataclass(frozen=True)
class TlsServer:
    """A running server: its settings, the file of its certificate, the application, and the context of its TLS."""

    settings: Settings
    ca: Path
    app: Any
    tls: ssl.SSLContext


@contextmanager
def running_over_tls(
    folder: Path, change: Callable[[Any], Any] = lambda app: app, **more_settings: str
) -> Iterator[TlsServer]:
    """Run a real server over TLS in a thread, with `change` in place of a proxy."""
    from tests.browser.live_server import make_certificate

    certificate = make_certificate(folder)
    port_probe = socket.create_server(("127.0.0.1", 0))
    port = port_probe.getsockname()[1]
    key, manifest = Ed25519Signer(bytes(range(32))), folder / "release.json"
    variables = {
        "DIARY_APP_URL": f"https://localhost:{port}",
        "DIARY_PUBLIC_URL": f"https://public.localhost:{port}",
        "DIARY_DATA": str(folder / "data"),
        "DIARY_RELEASE_KEY": b64(key.pub),
        **more_settings,
    }
    release = render_pages(config.load_settings(variables), STATIC, TEMPLATES).release
    worker = hashlib.sha256(release.service_worker_script).hexdigest()
    manifest.write_bytes(releases.sign_release(key, digest=release.digest, files=release.files, worker=worker))
    configured = config.load_settings(variables | {"DIARY_RELEASE": str(manifest)})
    asyncio.run(once.migrate_from_cached_copy(configured))
    options: dict[str, Any] = {
        "ssl_certfile": str(certificate.cert),
        "ssl_keyfile": str(certificate.key),
        "log_level": "critical",
    }
    app = create_app(configured)
    server = uvicorn.Server(uvicorn.Config(change(app), lifespan="on", **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [port_probe]})
    thread.start()
    while not server.started:
        thread.join(0.05)
    assert server.config.ssl
    try:
        yield TlsServer(configured, certificate.cert, app, server.config.ssl)
    finally:
        server.should_exit = True
        thread.join()

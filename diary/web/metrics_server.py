"""The address of the metrics: a second listener in the server's process, which answers GET /metrics and nothing else.

It is apart from the app's address, so that a proxy which passes everything on cannot publish it.
"""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from diary.errors import BadSetting
from diary.services.operations.metrics import MEDIA_TYPE
from diary.web.headers import NO_STORE_HEADER
from diary.web.protocol import make_protocol
from diary.web.responses import BytesResponse

METRICS_PATH: Final = "/metrics"
# Prometheus asks one at a time. More are refused, so that nobody can keep the process busy with rendering.
MAX_CONNECTIONS: Final = 8


def make_metrics_app(render: Callable[[], Awaitable[bytes]]) -> ASGIApp:
    """Return the application of the metrics' address. `render` returns the text."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != METRICS_PATH:
            response = BytesResponse(404)
        elif scope["method"] != "GET":
            response = BytesResponse(405, headers=((b"allow", b"GET"),))
        else:
            response = BytesResponse(200, await render(), MEDIA_TYPE, (NO_STORE_HEADER,))
        await response(scope, receive, send)

    return app


class _MetricsServer(uvicorn.Server):
    """A server beside the main one, which alone handles signals and stops this one at its end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the main server."""
        yield


def open_socket(bind: str) -> socket.socket:
    """Return a socket that listens at HOST:PORT. Raise BadSetting if the address cannot be used."""
    host, _, port = bind.rpartition(":")
    address = ipaddress.ip_address(host.strip("[]"))
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        return socket.create_server((str(address), int(port)), family=family)
    except OSError as error:
        reason = "is in use by another program" if error.errno == errno.EADDRINUSE else "cannot be used"
        raise BadSetting(f"The address of DIARY_METRICS_BIND {reason}.") from None


@asynccontextmanager
async def serve_metrics(bind: str, app: ASGIApp) -> AsyncIterator[None]:
    """Serve `app` at HOST:PORT for the length of the block. Raise BadSetting if the address cannot be used."""
    listener = open_socket(bind)
    config = uvicorn.Config(
        app,
        http=make_protocol(tls=False),
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="error",
        proxy_headers=False,
        server_header=False,
        ws="none",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
    server = _MetricsServer(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
        listener.close()

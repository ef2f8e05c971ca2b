"""Every answer of every server in this process is watched: a test during which one sets a cookie fails.

On the app's host `/sw.js` alone may have Set-Cookie headers: the two that expire the cookies of earlier releases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import diary.app
from diary.config import Settings
from diary.web.host_router import Edge

# Written out, not taken from the product, so that a change there is noticed.
EXPIRIES = tuple(f"{name}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict" for name in ("__Host-s", "__Host-d"))
WORKER = "/sw.js"
_found: list[str] = []


class _Watched(Edge):
    """The outermost layer of a server, which notes what its answers set."""

    tell: Callable[[list[str]], object] = _found.extend

    def __init__(self, app: Any, settings: Settings) -> None:
        """As `Edge`."""
        super().__init__(app, settings)
        self._app_host = urlsplit(settings.app_url).netloc

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as `Edge` does."""

        async def noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                host = next((value.decode() for name, value in scope["headers"] if name == b"host"), "")
                self.tell(forbidden(message["headers"], host, scope["path"], self._app_host))
            await send(message)

        await super().__call__(scope, receive, noted)


def forbidden(headers: Iterable[tuple[bytes, bytes]], host: str, path: str, app_host: str) -> list[str]:
    """What an answer sets that it may not, each with the address that was asked."""
    is_worker = (host.lower(), path) == (app_host, WORKER)
    values = [value.decode("latin-1") for name, value in headers if name.lower() == b"set-cookie"]
    return [f"{host}{path} set {value!r}" for value in values if not (is_worker and value in EXPIRIES)]


def watch(tell: Callable[[list[str]], object] = _found.extend) -> None:
    """From here on in this process, every server made by `create_app` is watched. `tell` gets what each answer may not set."""
    vars(diary.app)["Edge"] = type("Watched", (_Watched,), {"tell": staticmethod(tell)})


def take_found() -> list[str]:
    """What was set since this was last asked."""
    found = _found.copy()
    _found.clear()
    return found

"""Check every answer of every server in this process: a test fails when one sets a cookie.

On the app's host only `/sw.js` may have Set-Cookie headers: the two that expire the cookies of earlier releases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import diary.app
from diary.config import Settings
from diary.web.host_router import HostRouter

# A literal, not imported from the product, so that a change there is noticed.
ALLOWED_EXPIRY_COOKIES = tuple(
    f"{name}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict" for name in ("__Host-s", "__Host-d")
)
SERVICE_WORKER_PATH = "/sw.js"
_violations: list[str] = []


class _CookieCheckingRouter(HostRouter):
    """Outermost layer of a server. Records forbidden cookies in its answers."""

    tell: Callable[[list[str]], object] = _violations.extend

    def __init__(self, app: Any, settings: Settings) -> None:
        """Wrap the app as `HostRouter` does."""
        super().__init__(app, settings)
        self._app_host = urlsplit(settings.app_url).netloc

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as `HostRouter` does."""

        async def send_checked(message: Any) -> None:
            if message["type"] == "http.response.start":
                host = next((value.decode() for name, value in scope["headers"] if name == b"host"), "")
                self.tell(forbidden_cookies(message["headers"], host, scope["path"], self._app_host))
            await send(message)

        await super().__call__(scope, receive, send_checked)


def forbidden_cookies(headers: Iterable[tuple[bytes, bytes]], host: str, path: str, app_host: str) -> list[str]:
    """Return the forbidden cookies of an answer, each with the requested address."""
    is_worker = (host.lower(), path) == (app_host, SERVICE_WORKER_PATH)
    values = [value.decode("latin-1") for name, value in headers if name.lower() == b"set-cookie"]
    return [f"{host}{path} set {value!r}" for value in values if not (is_worker and value in ALLOWED_EXPIRY_COOKIES)]


def install_cookie_check(report: Callable[[list[str]], object] = _violations.extend) -> None:
    """Check every server that `create_app` makes in this process from now on. `report` receives each forbidden cookie."""
    vars(diary.app)["HostRouter"] = type("Watched", (_CookieCheckingRouter,), {"tell": staticmethod(report)})


def take_violations() -> list[str]:
    """Return the violations since the last call."""
    violations = _violations.copy()
    _violations.clear()
    return violations

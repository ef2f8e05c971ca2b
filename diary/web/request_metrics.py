"""Counts requests for the metrics, by route or group of routes; see [Note: what metrics tell]."""

import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diary.services.operations.metrics import Metrics
from diary.web.route_handler import RouteHandler
from diary.web.route_policy import Audience, RoutePolicy
from diary.web.routes import ROUTES

# Routes that every phone uses to send and fetch, whatever its keeper does. Each has a series of its own.
_PUSH_ROUTE: Final = "PUT /v1/diaries/{diary}/records/{record}/versions/{version}"
_PART_ROUTE: Final = "PUT /v1/diaries/{diary}/blobs/{blob}/parts/{i}"
SYNC_ROUTES: Final = (
    _PUSH_ROUTE,
    "GET /v1/diaries/{diary}/changes",
    _PART_ROUTE,
    "GET /v1/diaries/{diary}/blobs/{blob}/parts/{i}",
    "PUT /v1/diaries/{diary}/blobs/{blob}",
    "GET /v1/diaries/{diary}/blobs/{blob}",
    "POST /v1/diaries/{diary}/blobs/{blob}/complete",
    "GET /v1/diaries/{diary}/proofs/{size}",
    "GET /v1/server",
    "GET /v1/log",
    "GET /up",
    "GET /ready",
)
_GROUP_BY_AUDIENCE: Final = {
    Audience.PAGES: "pages",
    Audience.PUBLIC: "pages",
    Audience.ANYONE: "sign_in",
    # One group: a small server may have one advocate or one hand-over, and a group would be about that person.
    Audience.KEEPER: "accounts",
    Audience.PROVED: "accounts",
    Audience.ADVOCATE: "accounts",
    Audience.ADVOCATE_PROVED: "accounts",
    Audience.RECIPIENT: "accounts",
}
# A path, a host or a method that this server does not have.
_UNKNOWN_ROUTE: Final = "unknown"
_KIND_BY_ROUTE: Final = {_PUSH_ROUTE: "version", _PART_ROUTE: "part"}
KINDS: Final = tuple(_KIND_BY_ROUTE.values())
ROUTE_LABELS: Final = (*SYNC_ROUTES, *dict.fromkeys(_GROUP_BY_AUDIENCE.values()), _UNKNOWN_ROUTE)


def route_label(policy: RoutePolicy) -> str:
    """Return the label of a route: its method and path, or the group that it belongs to."""
    name = f"{policy.method} {policy.path}"
    return name if name in SYNC_ROUTES else _GROUP_BY_AUDIENCE[policy.audience]


_LABEL_BY_POLICY: Final = {id(policy): route_label(policy) for policy in ROUTES}


class RequestMetricsMiddleware:
    """ASGI middleware that counts requests, their length and the bytes of accepted versions and parts."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap the whole application."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it at its end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at_seconds, status, size_bytes = time.monotonic(), "aborted", 0

        async def receive_and_count() -> Message:
            nonlocal size_bytes
            message = await receive()
            size_bytes += len(message.get("body", b""))
            return message

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = f"{message['status'] // 100}xx"
            await send(message)

        try:
            await self._app(scope, receive_and_count, send_and_note_status)
        except BaseException:
            status = "aborted"
            raise
        finally:
            label = _label_of_request(scope)
            self._metrics.observe_request(label, status, time.monotonic() - started_at_seconds)
            if status == "2xx" and label in _KIND_BY_ROUTE:
                self._metrics.observe_received(_KIND_BY_ROUTE[label], size_bytes)


def _label_of_request(scope: Scope) -> str:
    """Return the label of a request after it was routed. The router puts the route into the scope.

    It does so too for a path of this server with a method that the path does not have.
    """
    endpoint = scope.get("endpoint")
    if not isinstance(endpoint, RouteHandler):
        return _UNKNOWN_ROUTE
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return _LABEL_BY_POLICY[id(endpoint.policy)] if method == endpoint.policy.method else _UNKNOWN_ROUTE

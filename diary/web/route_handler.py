"""Handler of one route: checks origin, limits, session, type and size in this order, then calls the view.

[Note: cross-site] A writing request must come from the app's own page. Requests that the browser marks as coming from
elsewhere are refused before (diary/web/fetch_metadata.py). The others must name their origin and carry X-Requested-By,
which cannot be set across origins without a preflight that this server never answers. A form or an image can do
neither.

[Note: earlier releases] An installed app keeps its release until its owner accepts an update, and releases before
tokens sign in with a cookie. For thirty days after the upgrade such a cookie can read and append, and nothing else.
"""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from diary.errors import (
    BadRequest,
    ClientOutdated,
    KeptError,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
    WrongOrigin,
)
from diary.services.accounts import sessions, upload_tickets
from diary.services.accounts.sessions import AuthenticatedSession
from diary.services.sharing import advocate_clients
from diary.web.error_responses import error_response
from diary.web.request_context import AppContext, RequestContext
from diary.web.responses import BytesResponse
from diary.web.route_policy import Addition, Audience, BodyKind, RoutePolicy

APP_CONTEXT_KEY: Final = "kept.app_context"
# Seconds between two pieces of a body; seconds before a minimum pace applies; and that pace in bytes a second, which is
# below the slowest phone's.
CHUNK_TIMEOUT_SECONDS = 30.0
PACE_GRACE_SECONDS = 30.0
MIN_BYTES_PER_SECOND = 500
RESPONSE_TIMEOUT_SECONDS = 1800.0
MAX_LENGTH_DIGITS: Final = 15
# The system buffers this much whether or not the client reads.
SOCKET_BUFFER_BYTES: Final = 32 << 10


class RouteHandler:
    """ASGI application of one route."""

    def __init__(self, policy: RoutePolicy) -> None:
        """Store the route's row of the table."""
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to its view, or respond with the reason why not."""
        app_context: AppContext = scope[APP_CONTEXT_KEY]
        response: ASGIApp
        try:
            response = await self._dispatch(app_context, scope, receive)
        except KeptError as error:
            if isinstance(error, TooManyRequests):
                app_context.event_log.log_event("throttled")
            response = error_response(error)
        if isinstance(response, BytesResponse) and len(response.body) <= SOCKET_BUFFER_BYTES:
            await response(scope, receive, send)
            return
        # A client that reads a byte a second keeps a response in memory. The longest takes minutes on a bad connection.
        async with asyncio.timeout(RESPONSE_TIMEOUT_SECONDS):
            await response(scope, receive, send)

    async def _dispatch(self, app_context: AppContext, scope: Scope, receive: Receive) -> ASGIApp:
        """Return the view's response. Raise the first failure of the checks before it."""
        policy = self.policy
        headers = dict(scope["headers"])
        request = RequestContext(app_context, scope, headers)
        if policy.changes_state:
            _check_origin(headers)
        await _enforce_network_limit(policy, app_context, scope)
        if policy.requires_session or (policy.audience is Audience.ANYONE and policy.changes_state):
            creates_diary = policy.addition is Addition.NEW_DIARY
            await app_context.closing_monitor.check_accepts(
                app_context.instance,
                adds_to_diary=creates_diary or policy.addition is Addition.DIARY_CONTENT,
                creates_account=creates_diary,
            )
        if policy.requires_session:
            request.auth_session = await _authenticate(policy, request)
            if policy.limit.per_minute is not None:
                await app_context.session_limiter.enter(
                    request.auth_session.session, policy.path, policy.limit.per_minute
                )
            await sessions.record_use(app_context.instance, request.auth_session)
            if policy.requires_membership:
                request.member = await advocate_clients.require_member(
                    app_context.instance, request.auth_session.account
                )
        _check_content_type(policy, headers)
        if policy.body.kind is not BodyKind.NONE:
            request.body = await _read_body(receive, headers, policy.body.max_bytes)
        return await policy.view(request)


async def _authenticate(policy: RoutePolicy, request: RequestContext) -> AuthenticatedSession:
    """Return the session of a request; see [Note: earlier releases].

    Raise NotSignedIn, SessionRevoked or ClientOutdated.
    """
    instance, token = request.instance, request.session_token
    ticket_header = request.headers.get(b"x-ticket", b"").decode("latin-1")
    if policy.accepts_upload_ticket and token is None and ticket_header:
        session, request.upload_ticket = await upload_tickets.authenticate_ticket(
            instance, ticket_header, request.path_id("diary"), request.path_id("blob")
        )
        return session
    if token is None and instance.clock.now_ms() < request.app_context.legacy_cookies_until_ms:
        token = request.legacy_token
        if token is not None and not policy.allows_legacy_cookies:
            raise ClientOutdated
    return await sessions.find_active_session(instance, token)


async def _enforce_network_limit(policy: RoutePolicy, app_context: AppContext, scope: Scope) -> None:
    """Count a request to a route that is limited by network. Raise TooManyRequests above its limit."""
    if policy.limit.counted_by == "network" and policy.limit.per_minute is not None:
        client = scope.get("client")
        await app_context.network_limiter.enter(client[0] if client else None, policy.limit.per_minute)


def _check_origin(headers: dict[bytes, bytes]) -> None:
    """Raise WrongOrigin for a writing request without the signs of our own page; see [Note: cross-site]."""
    if headers.get(b"x-requested-by") != b"app":
        raise WrongOrigin
    if b"sec-fetch-site" not in headers and b"origin" not in headers:
        raise WrongOrigin


def _check_content_type(policy: RoutePolicy, headers: dict[bytes, bytes]) -> None:
    """Raise UnsupportedMediaType if a writing request has a body of a type that the route does not accept."""
    content_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower().decode("latin-1")
    has_no_body = policy.body.kind is BodyKind.NONE
    allowed = {"", BodyKind.JSON.value, BodyKind.OCTETS.value} if has_no_body else {policy.body.kind.value}
    if policy.changes_state and content_type not in allowed:
        raise UnsupportedMediaType


async def _read_body(receive: Receive, headers: dict[bytes, bytes], max_bytes: int) -> bytes:
    """Return the body. Stop as soon as it exceeds its limit or is slower than any phone.

    Raise TooLarge, or Unavailable for a slow connection: a device that had a bad connection sends the body again.
    """
    content_length = headers.get(b"content-length", b"0")
    # Python does not convert more than 4,300 digits.
    if content_length.isdigit() and (len(content_length) > MAX_LENGTH_DIGITS or int(content_length) > max_bytes):
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    clock = asyncio.get_running_loop().time
    deadline = clock() + PACE_GRACE_SECONDS
    while True:
        # Each received byte extends the deadline.
        timeout_seconds = min(CHUNK_TIMEOUT_SECONDS, deadline + size / MIN_BYTES_PER_SECOND - clock())
        try:
            async with asyncio.timeout(timeout_seconds):
                message = await receive()
        except TimeoutError:
            raise Unavailable("The connection was too slow. Nothing was lost; try again.") from None
        if message["type"] == "http.disconnect":
            raise BadRequest("The connection ended.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)

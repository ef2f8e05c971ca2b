"""The outermost layer: one process serves two hosts, and every failure inside becomes a response."""

from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.routing import Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diary.config import Settings
from diary.errors import NotFound
from diary.web.error_responses import error_response, internal_error_response, method_not_allowed_response
from diary.web.fetch_metadata import is_fetched_by
from diary.web.headers import APP_POLICY, PUBLIC_POLICY, SecurityHeadersMiddleware, security_headers
from diary.web.responses import HTML_MEDIA_TYPE, BytesResponse
from diary.web.route_handler import APP_CONTEXT_KEY
from diary.web.route_policy import Audience
from diary.web.routes import routes_for

# Length of a language prefix like `/cy`.
LANGUAGE_PREFIX_CHARACTERS = 3
API_PREFIX = "/v1/"


class HostRouter:
    """ASGI application that chooses a host's routes by the Host header. Lifespan events go to `app`."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Build the routes of both hosts. `app` handles what is not an HTTP request."""
        self._app = app
        tls = settings.app_url.startswith("https:")
        session_audiences = (Audience.KEEPER, Audience.PROVED, Audience.ADVOCATE, Audience.ADVOCATE_PROVED)
        app_routes = routes_for(Audience.PAGES, Audience.ANYONE, *session_audiences)
        app_router = Router(app_routes, redirect_slashes=False)
        public_router = Router(routes_for(Audience.PUBLIC, Audience.RECIPIENT), redirect_slashes=False)
        app_host = SecurityHeadersMiddleware(
            ErrorMiddleware(app_router, settings.app_url, shows_page=False), security_headers(APP_POLICY, tls=tls)
        )
        public_app = ErrorMiddleware(public_router, settings.public_url, shows_page=True)
        public_host = SecurityHeadersMiddleware(public_app, security_headers(PUBLIC_POLICY, tls=tls))
        self._unknown_host = SecurityHeadersMiddleware(unknown_host_app, security_headers(PUBLIC_POLICY, tls=tls))
        # With DIARY_DEV both hosts can be the same. Then the app's host takes precedence.
        self._apps_by_host: dict[bytes, ASGIApp] = {
            urlsplit(settings.public_url).netloc.encode(): public_host,
            urlsplit(settings.app_url).netloc.encode(): app_host,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to its host's routes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[APP_CONTEXT_KEY] = scope["app"].state.app_context
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        await self._apps_by_host.get(host.lower(), self._unknown_host)(scope, receive, send)


class ErrorMiddleware:
    """ASGI middleware that turns unmatched requests and unexpected exceptions into responses."""

    def __init__(self, app: ASGIApp, origin: str, *, shows_page: bool) -> None:
        """Wrap `app`, the routes of the host at `origin`. `shows_page`: whether a 404 response is a page."""
        self._app = app
        self._origin = origin.encode()
        self._shows_page = shows_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. An exception is logged by its class and place, never with anything from the request."""
        if scope["path"].startswith(API_PREFIX) and not is_fetched_by(self._origin, scope["headers"]):
            await self._not_found_response(scope)(scope, receive, send)
            return
        has_started = False

        async def send_and_note_start(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_start)
        except HTTPException as error:
            await self._unmatched_response(scope, error)(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the outermost layer answers for every exception
            scope[APP_CONTEXT_KEY].event_log.log_exception(error)
            if has_started:
                raise _ResponseAbortedError from None
            await internal_error_response()(scope, receive, send)

    def _unmatched_response(self, scope: Scope, error: HTTPException) -> BytesResponse:
        """Return the response when no route matched."""
        if error.status_code == 405:
            allowed = (error.headers or {}).get("Allow", "")
            return method_not_allowed_response(", ".join(sorted(allowed.split(", "))).encode())
        return self._not_found_response(scope)

    def _not_found_response(self, scope: Scope) -> BytesResponse:
        """Return the response for a path that does not exist."""
        if self._shows_page:
            pages = scope[APP_CONTEXT_KEY].pages.not_found_pages
            return BytesResponse(404, pages.get(scope["path"][:LANGUAGE_PREFIX_CHARACTERS], pages[""]), HTML_MEDIA_TYPE)
        return error_response(NotFound())


class _ResponseAbortedError(Exception):
    """Exception that ends the connection after a partial response. It contains nothing of the request."""


async def unknown_host_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Return 404 for a Host that this server does not have."""
    await error_response(NotFound())(scope, receive, send)

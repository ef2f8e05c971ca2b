"""The outermost layer: one process, two hosts, and an answer for whatever goes wrong inside."""

from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.routing import Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diary.config import Settings
from diary.errors import NotFound
from diary.web.error_responses import internal, problem, wrong_method
from diary.web.fetch_metadata import is_fetched_by
from diary.web.headers import APP_POLICY, PUBLIC_POLICY, SecurityHeaders, security_headers
from diary.web.responses import HTML, Answer
from diary.web.route_handler import OFFICE
from diary.web.route_policy import Audience
from diary.web.routes import routes_for

# `/cy`: what stands before an address in another language.
LANGUAGE_CHARS = 3
INTERFACE = "/v1/"


class Edge:
    """Chooses the host's side by the Host header; anything that is not HTTP goes to the application inside."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """`app`: takes what is not a request, the start and the end."""
        self._app = app
        tls = settings.app_url.startswith("https:")
        signed_in = (Audience.KEEPER, Audience.PROVED, Audience.ADVOCATE, Audience.ADVOCATE_PROVED)
        ours = routes_for(Audience.PAGES, Audience.ANYONE, *signed_in)
        app_router = Router(ours, redirect_slashes=False)
        public_router = Router(routes_for(Audience.PUBLIC, Audience.RECIPIENT), redirect_slashes=False)
        app_side = SecurityHeaders(
            Safely(app_router, settings.app_url, page=False), security_headers(APP_POLICY, tls=tls)
        )
        public_inside = Safely(public_router, settings.public_url, page=True)
        public_side = SecurityHeaders(public_inside, security_headers(PUBLIC_POLICY, tls=tls))
        self._nowhere = SecurityHeaders(nowhere, security_headers(PUBLIC_POLICY, tls=tls))
        # The app's side wins where both have one address, which only --dev allows.
        self._sides: dict[bytes, ASGIApp] = {
            urlsplit(settings.public_url).netloc.encode(): public_side,
            urlsplit(settings.app_url).netloc.encode(): app_side,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to its host's side."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[OFFICE] = scope["app"].state.office
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        await self._sides.get(host.lower(), self._nowhere)(scope, receive, send)


class Safely:
    """Turns what no row answered, and what nobody expected, into an answer."""

    def __init__(self, app: ASGIApp, origin: str, *, page: bool) -> None:
        """`app`: the routes of one host, `origin`. `page`: whether its visitors are shown a page when there is nothing."""
        self._app = app
        self._origin = origin.encode()
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through. A fault is logged by its class and place, never with what was sent."""
        if scope["path"].startswith(INTERFACE) and not is_fetched_by(self._origin, scope["headers"]):
            await self._missing(scope)(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except HTTPException as error:
            await self._no_row(scope, error)(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends here
            scope[OFFICE].events.fault(error)
            if started:
                raise _BrokenOffError from None
            await internal()(scope, receive, send)

    def _no_row(self, scope: Scope, error: HTTPException) -> Answer:
        """The answer when no row matched."""
        if error.status_code == 405:
            allowed = (error.headers or {}).get("Allow", "")
            return wrong_method(", ".join(sorted(allowed.split(", "))).encode())
        return self._missing(scope)

    def _missing(self, scope: Scope) -> Answer:
        """The answer for an address that does not exist."""
        if self._page:
            missing = scope[OFFICE].pages.missing
            return Answer(404, missing.get(scope["path"][:LANGUAGE_CHARS], missing[""]), HTML)
        return problem(NotFound())


class _BrokenOffError(Exception):
    """An answer that broke off halfway: the connection has to end. Carries nothing of the request."""


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to a Host this server does not have."""
    await problem(NotFound())(scope, receive, send)

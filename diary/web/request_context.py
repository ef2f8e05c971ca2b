"""Everything that a view reads from a request: session, path, query, headers and body."""

from dataclasses import dataclass

from starlette.types import Scope

from diary.encoding import unb64
from diary.errors import BadRequest, InvalidCredentials, NotSignedIn
from diary.ids import parse_id
from diary.services.accounts.sessions import AuthenticatedSession
from diary.services.accounts.upload_tickets import UploadTicket
from diary.services.instance import Instance
from diary.services.operations.dependencies import DependencyMonitor
from diary.services.operations.server_closing import ClosingMonitor
from diary.services.packs.session_packs import PackService
from diary.services.sharing.advocate_clients import MemberRow
from diary.web import legacy_cookies
from diary.web.event_log import EventLog
from diary.web.pages import RenderedPages
from diary.web.rate_limits import NetworkRateLimiter, SessionRateLimiter, network_of
from diary.web.request_parsing import Fields, read_fields, read_number

PROOF_BYTES = 32
# Per name (of an account or a hand-over) and network. A client that exceeds this is refused for that name only; other
# clients of its network are not.
NAME_ATTEMPTS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class AppContext:
    """Objects that all requests share."""

    instance: Instance
    packs: PackService
    closing_monitor: ClosingMonitor
    dependency_monitor: DependencyMonitor
    pages: RenderedPages
    event_log: EventLog
    legacy_cookies_until_ms: int
    network_limiter: NetworkRateLimiter
    session_limiter: SessionRateLimiter


@dataclass(slots=True)
class RequestContext:
    """One request, filled in by the route handler before the view runs."""

    app_context: AppContext
    scope: Scope
    headers: dict[bytes, bytes]
    auth_session: AuthenticatedSession | None = None
    member: MemberRow | None = None
    upload_ticket: UploadTicket | None = None
    body: bytes = b""

    @property
    def instance(self) -> Instance:
        """Return the instance that services work with."""
        return self.app_context.instance

    @property
    def keeper_session(self) -> AuthenticatedSession:
        """Return the keeper's session, which routes for keepers have. Raise NotSignedIn if there is none."""
        if self.auth_session is None:
            raise NotSignedIn
        return self.auth_session

    @property
    def advocate_membership(self) -> MemberRow:
        """Return the advocate's membership, which routes for advocates have. Raise NotSignedIn if there is none."""
        if self.member is None:
            raise NotSignedIn
        return self.member

    @property
    def session_token(self) -> str | None:
        """Return the token of `Authorization: Bearer`, or None without one."""
        scheme, _, token = self.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        return (token.strip() or None) if scheme.lower() == "bearer" else None

    @property
    def cookies(self) -> dict[str, str]:
        """Return those of the two cookies of earlier releases that the request has."""
        return legacy_cookies.read_cookies(self.headers.get(b"cookie", b"").decode("latin-1"))

    @property
    def legacy_token(self) -> str | None:
        """Return the session token of an earlier release: the X-Session header, else the session cookie, else None."""
        return (
            self.headers.get(b"x-session", b"").decode("latin-1")
            or self.cookies.get(legacy_cookies.SESSION_COOKIE)
            or None
        )

    @property
    def network_key(self) -> str:
        """Return a keyed digest of the client's network, to count attempts by."""
        return self.instance.pepper.network_key(network_of(self.client_address))

    @property
    def client_address(self) -> str | None:
        """Return the client's address, or None."""
        client = self.scope.get("client")
        return client[0] if client else None

    async def enforce_name_limit(self, name: bytes) -> None:
        """Count a request about one name (of an account or a hand-over) from this network.

        Raise TooManyRequests above NAME_ATTEMPTS_PER_MINUTE.
        """
        await self.app_context.network_limiter.enter(self.client_address, NAME_ATTEMPTS_PER_MINUTE, name)

    def path_id(self, name: str) -> bytes:
        """Return an id in the path. Raise BadRequest if it is malformed."""
        return parse_id(self.scope["path_params"][name])

    def path_number(self, name: str, maximum: int) -> int:
        """Return an integer in the path. Raise BadRequest unless it is from 0 to `maximum`."""
        return read_number(self.scope["path_params"][name], maximum)

    def query_number(self, name: str, maximum: int) -> int:
        """Return the value of the only query field, an integer, or 0 without a query.

        Raise BadRequest if the value is not an integer up to `maximum` or the field has another name.
        """
        query = self.scope["query_string"].decode("latin-1")
        if not query:
            return 0
        key, _, value = query.partition("=")
        if key != name:
            raise BadRequest("That query makes no sense here.")
        return read_number(value, maximum)

    def query_text(self, name: str, max_characters: int) -> str | None:
        """Return the value of the only query field, or None without a query.

        Raise BadRequest if the value is longer than `max_characters` or the field has another name.
        """
        query: str = self.scope["query_string"].decode("latin-1")
        if not query:
            return None
        key, _, value = query.partition("=")
        if key != name or len(value) > max_characters:
            raise BadRequest("That query makes no sense here.")
        return value

    def fields(self) -> Fields:
        """Return the fields of the body. Raise BadRequest unless it is a JSON object."""
        return read_fields(self.body)

    def proof(self) -> bytes:
        """Return the proof, of the words or the recovery code, in X-Proof.

        Raise InvalidCredentials if it is missing or malformed.
        """
        try:
            proof = unb64(self.headers.get(b"x-proof", b"").decode("latin-1"))
        except BadRequest:
            raise InvalidCredentials from None
        if len(proof) != PROOF_BYTES:
            raise InvalidCredentials
        return proof

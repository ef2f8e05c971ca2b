"""One request, as a view sees it: who asks, where, and what was sent, all of it checked already."""

from dataclasses import dataclass

from starlette.types import Scope

from diary.encoding import unb64
from diary.errors import BadRequest, InvalidCredentials, NotSignedIn
from diary.ids import parse_id
from diary.services.accounts.sessions import AuthenticatedSession
from diary.services.accounts.upload_tickets import UploadTicket
from diary.services.instance import Instance
from diary.services.operations.decommission import ShutdownMonitor
from diary.services.packs.session_packs import PackService
from diary.services.sharing.advocate_clients import MemberRow
from diary.web import legacy_cookies
from diary.web.event_log import EventLog
from diary.web.pages import RenderedPages
from diary.web.rate_limits import NetworkRateLimiter, SessionRateLimiter, network_of
from diary.web.request_parsing import Fields, read_fields, read_number

PROOF_BYTES = 32
# Of one record from one network. Someone who asks faster than this holds up their own record only, not their neighbours.
RECORD_ATTEMPTS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class AppContext:
    """What the web side works with, the same for every request."""

    instance: Instance
    packs: PackService
    closing_schedule: ShutdownMonitor
    pages: RenderedPages
    event_log: EventLog
    legacy_cookies_until_ms: int
    network_limiter: NetworkRateLimiter
    session_limiter: SessionRateLimiter


@dataclass(slots=True)
class RequestContext:
    """A request on its way to a view."""

    app_context: AppContext
    scope: Scope
    headers: dict[bytes, bytes]
    auth_session: AuthenticatedSession | None = None
    member: MemberRow | None = None
    upload_ticket: UploadTicket | None = None
    body: bytes = b""

    @property
    def instance(self) -> Instance:
        """What services work with."""
        return self.app_context.instance

    @property
    def keeper(self) -> AuthenticatedSession:
        """The session; rows for keepers have one. Raises SignedOut."""
        if self.auth_session is None:
            raise NotSignedIn
        return self.auth_session

    @property
    def advocate(self) -> MemberRow:
        """The member of an organisation whose session this is; rows for advocates have one. Raises SignedOut."""
        if self.member is None:
            raise NotSignedIn
        return self.member

    @property
    def session_token(self) -> str | None:
        """The token in `Authorization: Bearer`; None without one, and for any other scheme."""
        scheme, _, token = self.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        return (token.strip() or None) if scheme.lower() == "bearer" else None

    @property
    def cookies(self) -> dict[str, str]:
        """The two cookies of earlier releases, where they are sent."""
        return legacy_cookies.read_cookies(self.headers.get(b"cookie", b"").decode("latin-1"))

    @property
    def legacy_token(self) -> str | None:
        """The session of an earlier release of the app: its cookie, or what a borrowed device sent in its place."""
        return (
            self.headers.get(b"x-session", b"").decode("latin-1")
            or self.cookies.get(legacy_cookies.SESSION_COOKIE)
            or None
        )

    @property
    def network_key(self) -> str:
        """A stand-in for the network it comes from, to count tries by."""
        return self.instance.pepper.network_key(network_of(self.client_address))

    @property
    def client_address(self) -> str | None:
        """The address it comes from, or None."""
        client = self.scope.get("client")
        return client[0] if client else None

    async def enforce_record_limit(self, record: bytes) -> None:
        """Count a post about one record (a sign-in name, the name of a hand-over) from this network. Raises TryLater."""
        await self.app_context.network_limiter.enter(self.client_address, RECORD_ATTEMPTS_PER_MINUTE, record)

    def id(self, name: str) -> bytes:
        """An id in the address. Raises BadRequest."""
        return parse_id(self.scope["path_params"][name])

    def number(self, name: str, maximum: int) -> int:
        """A whole number in the address. Raises BadRequest."""
        return read_number(self.scope["path_params"][name], maximum)

    def query_number(self, name: str, maximum: int) -> int:
        """The one query field there is, a whole number; 0 without a query. Raises BadRequest."""
        query = self.scope["query_string"].decode("latin-1")
        if not query:
            return 0
        key, _, value = query.partition("=")
        if key != name:
            raise BadRequest("That query makes no sense here.")
        return read_number(value, maximum)

    def query_text(self, name: str, max_characters: int) -> str | None:
        """The one query field there is, base64url of at most `most` characters; None without a query. Raises BadRequest."""
        query: str = self.scope["query_string"].decode("latin-1")
        if not query:
            return None
        key, _, value = query.partition("=")
        if key != name or len(value) > max_characters:
            raise BadRequest("That query makes no sense here.")
        return value

    def fields(self) -> Fields:
        """The body as a JSON object. Raises BadRequest."""
        return read_fields(self.body)

    def proof(self) -> bytes:
        """The proof of the words in X-Proof. Raises NoMatch when there is none."""
        try:
            proof = unb64(self.headers.get(b"x-proof", b"").decode("latin-1"))
        except BadRequest:
            raise InvalidCredentials from None
        if len(proof) != PROOF_BYTES:
            raise InvalidCredentials
        return proof

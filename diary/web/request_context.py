"""One request, as a view sees it: who asks, where, and what was sent, all of it checked already."""

from dataclasses import dataclass

from starlette.types import Scope

from diary.encoding import unb64
from diary.errors import BadRequest, NoMatch, SignedOut
from diary.ids import parse_id
from diary.services.accounts.sessions import Signed
from diary.services.accounts.upload_tickets import UploadTicket
from diary.services.instance import Instance
from diary.services.operations.decommission import Ending
from diary.services.packs.session_packs import Packs
from diary.services.sharing.advocate_clients import MemberRow
from diary.web import legacy_cookies
from diary.web.event_log import Events
from diary.web.pages import Pages
from diary.web.rate_limits import NetworkLimit, SessionLimit, network_of
from diary.web.request_parsing import Fields, read_fields, read_number

PROOF_BYTES = 32
# Of one record from one network. Someone who asks faster than this holds up their own record only, not their neighbours.
RECORD_A_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Office:
    """What the web side works with, the same for every request."""

    instance: Instance
    packs: Packs
    ending: Ending
    pages: Pages
    events: Events
    cookies_until: int
    networks: NetworkLimit
    sessions: SessionLimit


@dataclass(slots=True)
class Call:
    """A request on its way to a view."""

    office: Office
    scope: Scope
    headers: dict[bytes, bytes]
    signed: Signed | None = None
    member: MemberRow | None = None
    ticket: UploadTicket | None = None
    body: bytes = b""

    @property
    def instance(self) -> Instance:
        """What services work with."""
        return self.office.instance

    @property
    def keeper(self) -> Signed:
        """The session; rows for keepers have one. Raises SignedOut."""
        if self.signed is None:
            raise SignedOut
        return self.signed

    @property
    def advocate(self) -> MemberRow:
        """The member of an organisation whose session this is; rows for advocates have one. Raises SignedOut."""
        if self.member is None:
            raise SignedOut
        return self.member

    @property
    def session_token(self) -> str | None:
        """The token in `Authorization: Bearer`; None without one, and for any other scheme."""
        scheme, _, token = self.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        return (token.strip() or None) if scheme.lower() == "bearer" else None

    @property
    def cookies(self) -> dict[str, str]:
        """The two cookies of earlier releases, where they are sent."""
        return legacy_cookies.read(self.headers.get(b"cookie", b"").decode("latin-1"))

    @property
    def earlier_token(self) -> str | None:
        """The session of an earlier release of the app: its cookie, or what a borrowed device sent in its place."""
        return self.headers.get(b"x-session", b"").decode("latin-1") or self.cookies.get(legacy_cookies.SESSION) or None

    @property
    def network(self) -> str:
        """A stand-in for the network it comes from, to count tries by."""
        return self.instance.pepper.network_key(network_of(self.address))

    @property
    def address(self) -> str | None:
        """The address it comes from, or None."""
        client = self.scope.get("client")
        return client[0] if client else None

    async def count_record(self, record: bytes) -> None:
        """Count a post about one record (a sign-in name, the name of a hand-over) from this network. Raises TryLater."""
        await self.office.networks.enter(self.address, RECORD_A_MINUTE, record)

    def id(self, name: str) -> bytes:
        """An id in the address. Raises BadRequest."""
        return parse_id(self.scope["path_params"][name])

    def number(self, name: str, most: int) -> int:
        """A whole number in the address. Raises BadRequest."""
        return read_number(self.scope["path_params"][name], most)

    def query_number(self, name: str, most: int) -> int:
        """The one query field there is, a whole number; 0 without a query. Raises BadRequest."""
        query = self.scope["query_string"].decode("latin-1")
        if not query:
            return 0
        key, _, value = query.partition("=")
        if key != name:
            raise BadRequest("That query makes no sense here.")
        return read_number(value, most)

    def query_text(self, name: str, most: int) -> str | None:
        """The one query field there is, base64url of at most `most` characters; None without a query. Raises BadRequest."""
        query: str = self.scope["query_string"].decode("latin-1")
        if not query:
            return None
        key, _, value = query.partition("=")
        if key != name or len(value) > most:
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
            raise NoMatch from None
        if len(proof) != PROOF_BYTES:
            raise NoMatch
        return proof

"""What a row of the route table contains: audience, rate limit and largest body."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from starlette.types import ASGIApp

from diary import constants

if TYPE_CHECKING:
    from diary.web.request_context import RequestContext

View = Callable[["RequestContext"], Awaitable[ASGIApp]]


class Audience(Enum):
    """Who may use a route. docs/api.md explains the audiences."""

    PAGES = "pages"  # the app's own files, the same for everyone
    PUBLIC = "public"  # the public host's pages
    ANYONE = "anyone"  # the interface, without a session
    KEEPER = "keeper"  # the interface, with a session: reads sealed bytes and appends
    PROVED = "proved"  # the interface, with a session and a proof of the words for this request (X-Proof)
    ADVOCATE = "advocate"  # the interface, with the session of a member of an organisation
    ADVOCATE_PROVED = "advocate_proved"  # the same, with a proof of the words for this request (X-Proof)
    RECIPIENT = "recipient"  # the public host's interface, for people with the words of a hand-over or a request


class BodyKind(Enum):
    """Media type of a request body."""

    NONE = "none"
    JSON = "application/json"
    OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class BodyPolicy:
    """Media type and largest size in bytes of a request body."""

    kind: BodyKind
    max_bytes: int


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests per minute, and what they are counted by.

    `per_minute` None means no limit; each use gives its reason.
    """

    counted_by: str
    per_minute: int | None


NO_BODY: Final = BodyPolicy(BodyKind.NONE, 0)
JSON_BODY: Final = BodyPolicy(BodyKind.JSON, 64 << 10)
# Contains one statement for each earlier change of keys: room for a thousand.
KEYS_BODY: Final = BodyPolicy(BodyKind.JSON, 1 << 20)
VERSION_BODY: Final = BodyPolicy(BodyKind.OCTETS, (1 << 20) + (64 << 10))
PART_BODY: Final = BodyPolicy(BodyKind.OCTETS, 1 << 20)
CAPSULE_BODY: Final = BodyPolicy(BodyKind.OCTETS, constants.CAPSULE_LIMIT_BYTES)

# Small files that are the same for everyone and requested many at a time. Nothing is computed for them.
UNLIMITED: Final = RateLimit("nobody", None)
# A household, a police force or a telephone company shares a network. One name (of an account or a hand-over) is
# limited to 60 of these (`RequestContext.enforce_name_limit`), so one client cannot use up the limit of its neighbours.
UNAUTHENTICATED: Final = RateLimit("network", 300)
# Public reads happen once per visit.
PUBLIC_READ: Final = RateLimit("network", 600)
# Enough for the parts of a few packs of 250 MB.
PART_TRANSFER: Final = RateLimit("network", 1_200)
# A hundred a second would download the longest diary in minutes, and leaves room for all other clients.
SYNC: Final = RateLimit("session", 12_000)
SENSITIVE: Final = RateLimit("session", 60)


class Addition(Enum):
    """What a route adds to the server.

    A server that will close accepts less (diary/services/operations/server_closing.py).
    """

    NOTHING = "nothing"
    DIARY_CONTENT = "to a diary"
    NEW_DIARY = "a diary"


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """One route: method and path, with its whole policy."""

    method: str
    path: str
    view: View
    audience: Audience
    limit: RateLimit
    body: BodyPolicy = NO_BODY
    addition: Addition = Addition.NOTHING
    # A ticket for one file is enough (diary/services/accounts/upload_tickets.py).
    accepts_upload_ticket: bool = False

    @property
    def requires_session(self) -> bool:
        """Whether the route needs a session."""
        return self.audience in (Audience.KEEPER, Audience.PROVED) or self.requires_membership

    @property
    def requires_membership(self) -> bool:
        """Whether the route is only for members of an organisation."""
        return self.audience in (Audience.ADVOCATE, Audience.ADVOCATE_PROVED)

    @property
    def allows_legacy_cookies(self) -> bool:
        """Whether releases that sign in with a cookie may use the route: they can read and append, and nothing else."""
        is_append = self.addition is Addition.DIARY_CONTENT and self.method in ("PUT", "POST")
        return self.limit is SYNC and (self.method == "GET" or is_append)

    @property
    def changes_state(self) -> bool:
        """Whether a request changes anything. Routes for pages never do, whatever the method."""
        return self.method not in ("GET", "HEAD") and self.audience is not Audience.PAGES

"""What a row of the route table says: who may ask, how often, and how much may be sent."""

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
    """Who may ask. Explained in docs/api.md."""

    PAGES = "pages"  # the app's own files, the same for everyone
    PUBLIC = "public"  # the public host's pages
    ANYONE = "anyone"  # the interface without a session
    KEEPER = "keeper"  # the interface with one: reads sealed bytes and appends
    PROVED = "proved"  # the interface with one, and the words typed for this request (X-Proof)
    ADVOCATE = "advocate"  # the interface with a session of a member of an organisation
    ADVOCATE_PROVED = "advocate_proved"  # the same, and the words typed for this request (X-Proof)
    RECIPIENT = "recipient"  # the public host's interface, for whoever has eight words, or seven


class BodyKind(Enum):
    """What a body is."""

    NONE = "none"
    JSON = "application/json"
    OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class BodyPolicy:
    """The kind and the size in bytes a body may have."""

    kind: BodyKind
    max_bytes: int


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How often a minute, and by whom it is counted. `None` a minute is a choice, with its reason."""

    counted_by: str
    per_minute: int | None


NO_BODY: Final = BodyPolicy(BodyKind.NONE, 0)
JSON_BODY: Final = BodyPolicy(BodyKind.JSON, 64 << 10)
# With a statement for each time before: room for a thousand.
KEYS_BODY: Final = BodyPolicy(BodyKind.JSON, 1 << 20)
VERSION_BODY: Final = BodyPolicy(BodyKind.OCTETS, (1 << 20) + (64 << 10))
PART_BODY: Final = BodyPolicy(BodyKind.OCTETS, 1 << 20)
CAPSULE_BODY: Final = BodyPolicy(BodyKind.OCTETS, constants.CAPSULE_LIMIT_BYTES)

# The same small files for everyone, made to be asked for many at once; nothing is computed for them.
UNLIMITED: Final = RateLimit("nobody", None)
# Many share a network: a household, a police force, a telephone company. One record (a name, a hand-over) has 60 of these
# (`Call.count_record`), so one neighbour who asks without end does not use up what the others need.
UNAUTHENTICATED: Final = RateLimit("network", 300)
# Reading what anyone may: once a visit.
PUBLIC_READ: Final = RateLimit("network", 600)
# The parts of a few packs of 250 MB.
PART_TRANSFER: Final = RateLimit("network", 1_200)
# A hundred a second would empty the longest diary in minutes, and leaves room for everyone else.
SYNC: Final = RateLimit("session", 12_000)
SENSITIVE: Final = RateLimit("session", 60)


class Addition(Enum):
    """What a row brings to the server: a server that is to close takes less (diary/services/operations/decommission.py)."""

    NOTHING = "nothing"
    DIARY_CONTENT = "to a diary"
    NEW_DIARY = "a diary"


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """One address and method, and its whole policy."""

    method: str
    path: str
    view: View
    audience: Audience
    limit: RateLimit
    body: BodyPolicy = NO_BODY
    addition: Addition = Addition.NOTHING
    # Whether a ticket for one file is enough (diary/services/accounts/upload_tickets.py).
    accepts_upload_ticket: bool = False

    @property
    def requires_session(self) -> bool:
        """Whether it is asked in a session."""
        return self.audience in (Audience.KEEPER, Audience.PROVED) or self.requires_membership

    @property
    def requires_membership(self) -> bool:
        """Whether it is there for members of an organisation only."""
        return self.audience in (Audience.ADVOCATE, Audience.ADVOCATE_PROVED)

    @property
    def allows_legacy_cookies(self) -> bool:
        """Whether a release that signs in with a cookie may still ask: it reads and appends, and does nothing else."""
        is_append = self.addition is Addition.DIARY_CONTENT and self.method in ("PUT", "POST")
        return self.limit is SYNC and (self.method == "GET" or is_append)

    @property
    def changes_state(self) -> bool:
        """Whether asking changes anything. A page's row never does, whatever it is asked with."""
        return self.method not in ("GET", "HEAD") and self.audience is not Audience.PAGES

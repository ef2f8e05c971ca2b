"""A row of the route table at work: origin, limits, session, type and size, in that order, then the view.

[Note: cross-site] A writing request must come from the app's own page. A request whose browser says that it comes from
elsewhere never gets here (diary/web/fetch_metadata.py). What remains must say where it comes from, and carry X-Requested-By,
which cannot be set across origins without a preflight that nothing here answers; a form or an image can do neither.

[Note: earlier releases] An installed app keeps the release it has until its person takes the next one, and releases before
tokens sign in with a cookie. For thirty days after the upgrade such a cookie reads and appends, and does nothing else.
"""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from diary.errors import BadRequest, KeptError, Outdated, TooLarge, TryLater, Unavailable, WrongOrigin, WrongType
from diary.services.accounts import sessions, upload_tickets
from diary.services.accounts.sessions import Signed
from diary.services.sharing import advocate_clients
from diary.web.error_responses import problem
from diary.web.request_context import Call, Office
from diary.web.responses import Answer
from diary.web.route_policy import Adds, Audience, Kind, Row

OFFICE: Final = "kept.office"
# Between two pieces of a body, before it must have a pace, and the pace in bytes a second: below the slowest phone.
SILENCE_S = 30.0
GRACE_S = 30.0
SLOWEST = 500
ANSWER_S = 1800.0
LENGTH_DIGITS: Final = 15
# What the system's own buffers take whether or not anybody reads.
AT_ONCE: Final = 32 << 10


class Gate:
    """The ASGI application of one row."""

    def __init__(self, row: Row) -> None:
        """`row`: the policy to hold."""
        self.row = row

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through to its view, or answer why not."""
        office: Office = scope[OFFICE]
        answer: ASGIApp
        try:
            answer = await self._admit(office, scope, receive)
        except KeptError as error:
            if isinstance(error, TryLater):
                office.events.say("throttled")
            answer = problem(error)
        if isinstance(answer, Answer) and len(answer.body) <= AT_ONCE:
            await answer(scope, receive, send)
            return
        # Who reads a byte a second holds an answer in memory; the longest one takes minutes on the worst line.
        async with asyncio.timeout(ANSWER_S):
            await answer(scope, receive, send)

    async def _admit(self, office: Office, scope: Scope, receive: Receive) -> ASGIApp:
        """The view's answer. Raises the first thing that stands in the way."""
        row = self.row
        headers = dict(scope["headers"])
        call = Call(office, scope, headers)
        if row.writes:
            _check_origin(headers)
        await _count_network(row, office, scope)
        if row.signs_in or (row.audience is Audience.ANYONE and row.writes):
            begins = row.adds is Adds.A_DIARY
            await office.ending.admit(office.instance, grows=begins or row.adds is Adds.TO_A_DIARY, begins=begins)
        if row.signs_in:
            call.signed = await _resume(row, call)
            if row.limit.per_minute is not None:
                await office.sessions.enter(call.signed.session, row.path, row.limit.per_minute)
            await sessions.note_use(office.instance, call.signed)
            if row.for_members:
                call.member = await advocate_clients.admit(office.instance, call.signed.account)
        _check_type(row, headers)
        if row.body.kind is not Kind.NONE:
            call.body = await _read_body(receive, headers, row.body.most)
        return await row.view(call)


async def _resume(row: Row, call: Call) -> Signed:
    """The session a request is made in; see [Note: earlier releases]. Raises SignedOut, SessionEnded and Outdated."""
    instance, token = call.instance, call.session_token
    sent = call.headers.get(b"x-ticket", b"").decode("latin-1")
    if row.by_ticket and token is None and sent:
        signed, call.ticket = await upload_tickets.admit(instance, sent, call.id("diary"), call.id("blob"))
        return signed
    if token is None and instance.clock.now_ms() < call.office.cookies_until:
        token = call.earlier_token
        if token is not None and not row.for_earlier:
            raise Outdated
    return await sessions.resume(instance, token)


async def _count_network(row: Row, office: Office, scope: Scope) -> None:
    """Count what anyone may ask. Raises TryLater."""
    if row.limit.by == "network" and row.limit.per_minute is not None:
        client = scope.get("client")
        await office.networks.enter(client[0] if client else None, row.limit.per_minute)


def _check_origin(headers: dict[bytes, bytes]) -> None:
    """Refuse a writing request that does not say that our own page sent it; see [Note: cross-site]. Raises WrongOrigin."""
    if headers.get(b"x-requested-by") != b"app":
        raise WrongOrigin
    if b"sec-fetch-site" not in headers and b"origin" not in headers:
        raise WrongOrigin


def _check_type(row: Row, headers: dict[bytes, bytes]) -> None:
    """Refuse a body of another type than the row's, or any where there should be none. Raises WrongType."""
    sent = headers.get(b"content-type", b"").split(b";")[0].strip().lower().decode("latin-1")
    empty = row.body.kind is Kind.NONE
    allowed = {"", Kind.JSON.value, Kind.OCTETS.value} if empty else {row.body.kind.value}
    if row.writes and sent not in allowed:
        raise WrongType


async def _read_body(receive: Receive, headers: dict[bytes, bytes], most: int) -> bytes:
    """The body, given up as soon as it is above its limit, or too slow to be a phone's.

    Raises TooLarge and Unavailable; a device that was only unlucky sends it again.
    """
    announced = headers.get(b"content-length", b"0")
    # Python refuses to read a number of more than 4,300 digits.
    if announced.isdigit() and (len(announced) > LENGTH_DIGITS or int(announced) > most):
        raise TooLarge
    pieces: list[bytes] = []
    size = 0
    clock = asyncio.get_running_loop().time
    until = clock() + GRACE_S
    while True:
        # Each byte that has come buys a little more time.
        left = min(SILENCE_S, until + size / SLOWEST - clock())
        try:
            async with asyncio.timeout(left):
                message = await receive()
        except TimeoutError:
            raise Unavailable("The connection was too slow. Nothing was lost; try again.") from None
        if message["type"] == "http.disconnect":
            raise BadRequest("The connection ended.")
        piece = message.get("body", b"")
        size += len(piece)
        if size > most:
            raise TooLarge
        pieces.append(piece)
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)

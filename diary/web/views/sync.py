"""Versions in, changes out."""

from starlette.types import ASGIApp

from diary.services.sync import changes, versions
from diary.web.request_context import Call
from diary.web.responses import JSON, Answer, octets

MOST_VERSIONS = 2**53 - 1


async def push(call: Call) -> ASGIApp:
    """Store a version; 201 when it is new, 200 when the same bytes came before."""
    stored = await versions.push(
        call.instance, call.keeper, call.id("diary"), call.id("record"), call.id("version"), call.body
    )
    return Answer(200 if stored.repeated else 201, stored.answer, JSON)


async def feed(call: Call) -> ASGIApp:
    """What came after a number."""
    after = call.query_number("after", MOST_VERSIONS)
    return octets(await changes.feed(call.instance, call.keeper, call.id("diary"), after))

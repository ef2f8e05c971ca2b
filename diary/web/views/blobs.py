"""Sealed files, part by part."""

from starlette.types import ASGIApp

from diary.errors import DigestMismatch
from diary.services.accounts import upload_tickets
from diary.services.sync import blobs
from diary.services.sync.blobs import BlobState, place_of, reading_place
from diary.web.request_context import Call
from diary.web.responses import Answer, json_answer, octets

MOST_PARTS = 1 << 20
MOST_BYTES = 1 << 50
DIGEST_BYTES = 32


async def declare(call: Call) -> ASGIApp:
    """Announce a file."""
    place = place_of(call.keeper, call.id("diary"), call.id("blob"))
    fields = call.fields()
    parts, size = fields.integer("parts", MOST_PARTS), fields.integer("size", MOST_BYTES)
    upload_tickets.must_declare(call.ticket, parts, size)
    return _told(await blobs.declare(call.instance, place, parts, size))


async def state(call: Call) -> ASGIApp:
    """Where an upload stands."""
    place = await reading_place(call.instance, call.keeper, call.id("diary"), call.id("blob"))
    return _told(await blobs.state(call.instance, place))


async def put_part(call: Call) -> ASGIApp:
    """Store one sealed part."""
    place = place_of(call.keeper, call.id("diary"), call.id("blob"))
    await blobs.put_part(call.instance, place, call.number("i", MOST_PARTS), call.body)
    return Answer()


async def get_part(call: Call) -> ASGIApp:
    """One sealed part."""
    place = await reading_place(call.instance, call.keeper, call.id("diary"), call.id("blob"))
    try:
        return octets(await blobs.get_part(call.instance, place, call.number("i", MOST_PARTS)))
    except DigestMismatch:
        call.office.events.say("part_damaged")
        raise


async def complete(call: Call) -> ASGIApp:
    """Declare a file whole."""
    place = place_of(call.keeper, call.id("diary"), call.id("blob"))
    digest = call.fields().octets("digest", DIGEST_BYTES, DIGEST_BYTES)
    upload_tickets.must_complete(call.ticket, digest)
    await blobs.complete(call.instance, place, digest)
    return Answer()


def _told(state_now: BlobState) -> ASGIApp:
    """The state as JSON."""
    return json_answer({"complete": state_now.complete, "have": list(state_now.have), "parts": state_now.parts})

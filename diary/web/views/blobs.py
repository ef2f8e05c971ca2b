"""Views of sealed files, part by part."""

from starlette.types import ASGIApp

from diary.errors import DigestMismatch
from diary.services.accounts import upload_tickets
from diary.services.sync import blobs
from diary.services.sync.blobs import BlobState, find_readable_place, own_file_place
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse, binary_response, json_response

MAX_PARTS = 1 << 20
MAX_BYTES = 1 << 50
DIGEST_BYTES = 32


async def declare_file(request: RequestContext) -> ASGIApp:
    """Announce a file."""
    place = own_file_place(request.keeper, request.id("diary"), request.id("blob"))
    fields = request.fields()
    parts, size = fields.integer("parts", MAX_PARTS), fields.integer("size", MAX_BYTES)
    upload_tickets.check_declaration(request.upload_ticket, parts, size)
    return _state_response(await blobs.declare(request.instance, place, parts, size))


async def upload_state(request: RequestContext) -> ASGIApp:
    """Return which parts of an upload have arrived."""
    place = await find_readable_place(request.instance, request.keeper, request.id("diary"), request.id("blob"))
    return _state_response(await blobs.state(request.instance, place))


async def put_part(request: RequestContext) -> ASGIApp:
    """Store one sealed part."""
    place = own_file_place(request.keeper, request.id("diary"), request.id("blob"))
    await blobs.put_part(request.instance, place, request.number("i", MAX_PARTS), request.body)
    return BytesResponse()


async def get_part(request: RequestContext) -> ASGIApp:
    """Return one sealed part."""
    place = await find_readable_place(request.instance, request.keeper, request.id("diary"), request.id("blob"))
    try:
        return binary_response(await blobs.get_part(request.instance, place, request.number("i", MAX_PARTS)))
    except DigestMismatch:
        request.app_context.event_log.log_event("part_damaged")
        raise


async def complete_upload(request: RequestContext) -> ASGIApp:
    """Complete a file."""
    place = own_file_place(request.keeper, request.id("diary"), request.id("blob"))
    digest = request.fields().octets("digest", DIGEST_BYTES, DIGEST_BYTES)
    upload_tickets.check_digest(request.upload_ticket, digest)
    await blobs.complete(request.instance, place, digest)
    return BytesResponse()


def _state_response(blob_state: BlobState) -> ASGIApp:
    """Return the state of an upload as JSON."""
    return json_response(
        {"complete": blob_state.is_complete, "have": list(blob_state.received_parts), "parts": blob_state.part_count}
    )

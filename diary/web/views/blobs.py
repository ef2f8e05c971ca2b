"""Views of sealed files, part by part."""

from starlette.types import ASGIApp

from diary.errors import DigestMismatch
from diary.services.accounts import upload_tickets
from diary.services.sync import blobs
from diary.services.sync.blobs import BlobState, find_readable_reference, own_file_reference
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse, binary_response, json_response

MAX_PARTS = 1 << 20
MAX_BYTES = 1 << 50
DIGEST_BYTES = 32


async def declare_file(request: RequestContext) -> ASGIApp:
    """Announce a file."""
    reference = own_file_reference(request.keeper_session, request.path_id("diary"), request.path_id("blob"))
    fields = request.fields()
    parts, size = fields.integer("parts", MAX_PARTS), fields.integer("size", MAX_BYTES)
    upload_tickets.check_declaration(request.upload_ticket, parts, size)
    return _state_response(await blobs.declare_file(request.instance, reference, parts, size))


async def upload_state(request: RequestContext) -> ASGIApp:
    """Return which parts of an upload have arrived."""
    reference = await find_readable_reference(
        request.instance, request.keeper_session, request.path_id("diary"), request.path_id("blob")
    )
    return _state_response(await blobs.find_upload_state(request.instance, reference))


async def put_part(request: RequestContext) -> ASGIApp:
    """Store one sealed part."""
    reference = own_file_reference(request.keeper_session, request.path_id("diary"), request.path_id("blob"))
    await blobs.put_part(request.instance, reference, request.path_number("i", MAX_PARTS), request.body)
    return BytesResponse()


async def get_part(request: RequestContext) -> ASGIApp:
    """Return one sealed part."""
    reference = await find_readable_reference(
        request.instance, request.keeper_session, request.path_id("diary"), request.path_id("blob")
    )
    try:
        return binary_response(await blobs.get_part(request.instance, reference, request.path_number("i", MAX_PARTS)))
    except DigestMismatch:
        request.app_context.event_log.log_event("part_damaged")
        raise


async def complete_upload(request: RequestContext) -> ASGIApp:
    """Complete a file."""
    reference = own_file_reference(request.keeper_session, request.path_id("diary"), request.path_id("blob"))
    digest = request.fields().octets("digest", DIGEST_BYTES, DIGEST_BYTES)
    upload_tickets.check_digest(request.upload_ticket, digest)
    await blobs.complete_file(request.instance, reference, digest)
    return BytesResponse()


def _state_response(blob_state: BlobState) -> ASGIApp:
    """Return the state of an upload as JSON."""
    return json_response(
        {"complete": blob_state.is_complete, "have": list(blob_state.received_parts), "parts": blob_state.part_count}
    )

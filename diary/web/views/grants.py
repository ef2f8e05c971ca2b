"""Views for a keeper's grants: create, list, fill and end them, and read the letters of advocates."""

from starlette.types import ASGIApp

from diary.encoding import b64, unb64
from diary.errors import BadRequest
from diary.services.sharing import grants
from diary.services.sharing.grants import NewGrant
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse, json_response

FINGERPRINT_BYTES = 12
FINGERPRINT_CHARACTERS = 16
MAX_SEALED_BYTES = 40_000
LATEST_MS = 1 << 45


async def find_advocate(request: RequestContext) -> ASGIApp:
    """Find an advocate by the fingerprint that nine words encode."""
    text = request.scope["path_params"]["fingerprint"]
    if len(text) != FINGERPRINT_CHARACTERS:
        raise BadRequest
    return json_response(await grants.find_advocate(request.instance, unb64(text)))


async def create_grant(request: RequestContext) -> ASGIApp:
    """Create a grant. Require a proof of the words."""
    fields = request.fields()
    new_grant = NewGrant(
        grant_id=fields.id("grant"),
        diary_id=request.path_id("diary"),
        advocate_fingerprint=fields.octets("to", FINGERPRINT_BYTES, FINGERPRINT_BYTES),
        not_after=fields.integer("not_after", LATEST_MS),
        sealed=fields.octets("sealed", MAX_SEALED_BYTES),
        keeper_copy=fields.octets("kept", MAX_SEALED_BYTES),
    )
    row = await grants.create_grant(request.instance, request.keeper_session, request.proof(), new_grant)
    request.app_context.event_log.log_event("let_in")
    return json_response({"made_at": row.made_at, "not_after": row.not_after}, 201)


async def list_grants(request: RequestContext) -> ASGIApp:
    """List the keeper's grants and every look."""
    return json_response(
        {
            "grants": await grants.list_grants(request.instance, request.keeper_session),
            "looks": await grants.list_looks(request.instance, request.keeper_session),
        }
    )


async def list_wrapped_versions(request: RequestContext) -> ASGIApp:
    """List the versions that a grant has wraps for."""
    versions = await grants.list_granted_versions(
        request.instance, request.keeper_session, request.path_id("diary"), request.path_id("grant")
    )
    return json_response({"versions": versions})


async def add_wraps(request: RequestContext) -> ASGIApp:
    """Add a grant's wraps for versions that the server already has."""
    added = await grants.add_wraps(
        request.instance, request.keeper_session, request.path_id("diary"), request.path_id("grant"), request.body
    )
    return json_response({"kept": added})


async def put_summary(request: RequestContext) -> ASGIApp:
    """Store the summary that the advocate's list shows."""
    if len(request.body) > MAX_SEALED_BYTES:
        raise BadRequest
    await grants.put_summary(
        request.instance, request.keeper_session, request.path_id("diary"), request.path_id("grant"), request.body
    )
    return BytesResponse()


async def get_marks(request: RequestContext) -> ASGIApp:
    """Return the sealed marks of what an advocate has reviewed."""
    sealed_marks = await grants.get_review_marks(
        request.instance, request.keeper_session, request.path_id("diary"), request.path_id("grant")
    )
    return json_response({"marks": b64(sealed_marks) if sealed_marks else None})


async def copy_marks(request: RequestContext) -> ASGIApp:
    """Store marks that were carried over from the grant before."""
    await grants.carry_over_review_marks(
        request.instance, request.keeper_session, request.path_id("diary"), request.path_id("grant"), request.body
    )
    return BytesResponse()


async def end_grant(request: RequestContext) -> ASGIApp:
    """End a grant at once. Require a proof of the words."""
    await grants.end_grant(
        request.instance, request.keeper_session, request.proof(), request.path_id("diary"), request.path_id("grant")
    )
    request.app_context.event_log.log_event("let_out")
    return BytesResponse()


async def list_letters(request: RequestContext) -> ASGIApp:
    """List the letters that wait to be taken in, with `?taken=1` also those that were."""
    include_taken = bool(request.query_number("taken", 1))
    return json_response(
        {
            "letters": await grants.list_letters(
                request.instance, request.keeper_session, request.path_id("diary"), include_taken=include_taken
            )
        }
    )


async def mark_letter_taken_in(request: RequestContext) -> ASGIApp:
    """Mark a letter as taken in by the keeper."""
    await grants.mark_letter_taken(
        request.instance, request.keeper_session, request.path_id("diary"), request.path_id("letter")
    )
    return BytesResponse()


async def delete_letter(request: RequestContext) -> ASGIApp:
    """Delete a letter at once. Require a proof of the words."""
    await grants.delete_letter(
        request.instance, request.keeper_session, request.proof(), request.path_id("diary"), request.path_id("letter")
    )
    return BytesResponse()

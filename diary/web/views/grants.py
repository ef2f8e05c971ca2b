"""A keeper lets an advocate in, sees who looked, and shuts the door. Also what advocates sent."""

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
    """Whom nine words name."""
    text = request.scope["path_params"]["fingerprint"]
    if len(text) != FINGERPRINT_CHARACTERS:
        raise BadRequest
    return json_response(await grants.find_advocate(request.instance, unb64(text)))


async def create_grant(request: RequestContext) -> ASGIApp:
    """A new grant, after the words again."""
    fields = request.fields()
    new_grant = NewGrant(
        grant_id=fields.id("grant"),
        diary_id=request.id("diary"),
        advocate_fingerprint=fields.octets("to", FINGERPRINT_BYTES, FINGERPRINT_BYTES),
        not_after=fields.integer("not_after", LATEST_MS),
        sealed=fields.octets("sealed", MAX_SEALED_BYTES),
        keeper_copy=fields.octets("kept", MAX_SEALED_BYTES),
    )
    row = await grants.create_grant(request.instance, request.keeper, request.proof(), new_grant)
    request.app_context.event_log.log_event("let_in")
    return json_response({"made_at": row.made_at, "not_after": row.not_after}, 201)


async def list_grants(request: RequestContext) -> ASGIApp:
    """The keeper's grants and every look."""
    return json_response(
        {
            "grants": await grants.list_grants(request.instance, request.keeper),
            "looks": await grants.list_looks(request.instance, request.keeper),
        }
    )


async def list_wrapped_versions(request: RequestContext) -> ASGIApp:
    """The versions a grant has wraps for."""
    versions = await grants.list_granted_versions(
        request.instance, request.keeper, request.id("diary"), request.id("grant")
    )
    return json_response({"versions": versions})


async def add_wraps(request: RequestContext) -> ASGIApp:
    """Wraps for versions that are there already."""
    added = await grants.add_wraps(
        request.instance, request.keeper, request.id("diary"), request.id("grant"), request.body
    )
    return json_response({"kept": added})


async def put_summary(request: RequestContext) -> ASGIApp:
    """What the advocate's list shows."""
    if len(request.body) > MAX_SEALED_BYTES:
        raise BadRequest
    await grants.put_summary(request.instance, request.keeper, request.id("diary"), request.id("grant"), request.body)
    return BytesResponse()


async def get_marks(request: RequestContext) -> ASGIApp:
    """What an advocate has looked through."""
    found = await grants.get_review_marks(request.instance, request.keeper, request.id("diary"), request.id("grant"))
    return json_response({"marks": b64(found) if found else None})


async def copy_marks(request: RequestContext) -> ASGIApp:
    """What they looked through under the grant before."""
    await grants.carry_over_review_marks(
        request.instance, request.keeper, request.id("diary"), request.id("grant"), request.body
    )
    return BytesResponse()


async def end_grant(request: RequestContext) -> ASGIApp:
    """End a grant now, after the words again."""
    await grants.end_grant(request.instance, request.keeper, request.proof(), request.id("diary"), request.id("grant"))
    request.app_context.event_log.log_event("let_out")
    return BytesResponse()


async def list_letters(request: RequestContext) -> ASGIApp:
    """What waits to be taken in, and with `?taken=1` what was."""
    include_taken = bool(request.query_number("taken", 1))
    return json_response(
        {
            "letters": await grants.list_letters(
                request.instance, request.keeper, request.id("diary"), include_taken=include_taken
            )
        }
    )


async def mark_letter_taken_in(request: RequestContext) -> ASGIApp:
    """A letter has become the keeper's."""
    await grants.mark_letter_taken(request.instance, request.keeper, request.id("diary"), request.id("letter"))
    return BytesResponse()


async def delete_letter(request: RequestContext) -> ASGIApp:
    """A letter goes now, after the words again."""
    await grants.delete_letter(
        request.instance, request.keeper, request.proof(), request.id("diary"), request.id("letter")
    )
    return BytesResponse()

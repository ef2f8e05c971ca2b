"""Views to erase entries for good and to close the account: request, list and cancel."""

from starlette.types import ASGIApp

from diary.services.accounts import sessions
from diary.services.sync import erasures
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse, json_response

MAX_REASON_CHARACTERS = 20


async def request_erasure(request: RequestContext) -> ASGIApp:
    """Erase records in seven days; a picture of someone under 18 at once. Require a proof of the words."""
    fields = request.fields()
    diary, records = request.path_id("diary"), fields.ids("records", erasures.MAX_RECORDS)
    reason = fields.text("why", MAX_REASON_CHARACTERS)
    erasure = await erasures.request_erasure(
        request.instance, request.keeper_session, diary, records, reason, request.proof()
    )
    request.app_context.event_log.log_event("erased_at_once" if erasure.is_done else "erasure_asked")
    await sessions.record_access(request.instance, request.keeper_session, "erasure_asked")
    return json_response(erasure.to_payload(), 201)


async def list_pending(request: RequestContext) -> ASGIApp:
    """List the erasures that are pending."""
    pending = await erasures.list_pending(request.instance, request.keeper_session, request.path_id("diary"))
    return json_response({"erasures": pending})


async def cancel_erasure(request: RequestContext) -> ASGIApp:
    """Cancel an erasure. Require no proof of the words."""
    await erasures.cancel_erasure(
        request.instance, request.keeper_session, request.path_id("diary"), request.path_id("erasure")
    )
    request.app_context.event_log.log_event("erasure_taken_back")
    return BytesResponse()


async def request_account_closure(request: RequestContext) -> ASGIApp:
    """Close the account in seven days. Require a proof of the words."""
    due_at = await erasures.request_account_closing(request.instance, request.keeper_session, request.proof())
    request.app_context.event_log.log_event("closing_asked")
    await sessions.record_access(request.instance, request.keeper_session, "closing_asked")
    return json_response({"closing_at": due_at}, 201)


async def cancel_account_closure(request: RequestContext) -> ASGIApp:
    """Cancel the closing of the account. Require no proof of the words."""
    await erasures.cancel_account_closing(request.instance, request.keeper_session)
    request.app_context.event_log.log_event("closing_taken_back")
    return BytesResponse()

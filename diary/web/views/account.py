"""Views of a keeper's session and account."""

from starlette.types import ASGIApp

from diary.services.accounts import authentication, sessions, usage
from diary.web import legacy_cookies
from diary.web.request_context import PROOF_BYTES, RequestContext
from diary.web.responses import BytesResponse, json_response
from diary.web.views.sign_in import MAX_DEVICE_NAME_CHARACTERS, MAX_WRAP_BYTES, read_new_lock

MAX_CURSOR_CHARACTERS = 200


async def describe_session(request: RequestContext) -> ASGIApp:
    """Return the response of sign-in, for a device that has a session."""
    return json_response(await authentication.unlock(request.instance, request.keeper_session))


async def sign_out(request: RequestContext) -> ASGIApp:
    """End this session.

    Only a page on a borrowed device asks to clear the browser. On other devices the browser stores a diary.
    """
    await sessions.sign_out(request.instance, request.keeper_session)
    return BytesResponse(
        headers=legacy_cookies.clear_site_data_headers() if request.headers.get(b"x-leave-nothing") == b"yes" else ()
    )


async def list_sessions(request: RequestContext) -> ASGIApp:
    """List the keeper's sessions. Require a proof of the words."""
    sessions_found = await sessions.list_sessions(request.instance, request.keeper_session, request.proof())
    rows = [
        {
            "created_at": session.created_at,
            "device_name": session.device_name,
            "here": session.is_current,
            "seen_at": session.seen_at,
            "session": session.session_id,
        }
        for session in sessions_found
    ]
    return json_response({"sessions": rows})


async def end_session(request: RequestContext) -> ASGIApp:
    """End one of the keeper's sessions. Require a proof of the words."""
    await sessions.end_session(request.instance, request.keeper_session, request.path_id("session"), request.proof())
    request.app_context.event_log.log_event("session_ended")
    return BytesResponse()


async def end_other_sessions(request: RequestContext) -> ASGIApp:
    """End every other session of the keeper. Require a proof of the words."""
    await sessions.end_other_sessions(request.instance, request.keeper_session, request.proof())
    request.app_context.event_log.log_event("session_ended")
    return BytesResponse()


async def rename_device(request: RequestContext) -> ASGIApp:
    """Set the name of this device."""
    await sessions.rename_device(
        request.instance, request.keeper_session, request.fields().text("device_name", MAX_DEVICE_NAME_CHARACTERS)
    )
    return BytesResponse()


async def list_access(request: RequestContext) -> ASGIApp:
    """List what was done to the account. Require a proof of the words."""
    return json_response(
        {"access": await sessions.list_access_log(request.instance, request.keeper_session, request.proof())}
    )


async def list_sign_ins(request: RequestContext) -> ASGIApp:
    """List sign-ins of other sessions after a cursor."""
    return json_response(
        await sessions.list_sign_ins(
            request.instance, request.keeper_session, request.query_text("after", MAX_CURSOR_CHARACTERS)
        )
    )


async def change_words(request: RequestContext) -> ASGIApp:
    """Replace the account's words, and end every other session."""
    await authentication.change_words(
        request.instance, request.keeper_session, request.proof(), read_new_lock(request.fields())
    )
    request.app_context.event_log.log_event("words_changed")
    return BytesResponse()


async def change_code(request: RequestContext) -> ASGIApp:
    """Replace the account's recovery code."""
    fields = request.fields()
    code_auth = fields.octets("code_auth", PROOF_BYTES, PROOF_BYTES)
    code_wrap = fields.octets("code_wrap", MAX_WRAP_BYTES)
    await authentication.change_code(request.instance, request.keeper_session, request.proof(), code_auth, code_wrap)
    request.app_context.event_log.log_event("code_changed")
    return BytesResponse()


async def show_usage(request: RequestContext) -> ASGIApp:
    """Return how much of the quotas is used."""
    return json_response(await usage.usage(request.instance, request.keeper_session))

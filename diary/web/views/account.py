"""A keeper's session and locks."""

from starlette.types import ASGIApp

from diary.services.accounts import authentication, sessions, usage
from diary.web import legacy_cookies
from diary.web.request_context import PROOF_BYTES, RequestContext
from diary.web.responses import BytesResponse, json_response
from diary.web.views.sign_in import MAX_DEVICE_NAME_CHARACTERS, MAX_WRAP_BYTES, read_new_lock

MAX_CURSOR_CHARACTERS = 200


async def describe_session(request: RequestContext) -> ASGIApp:
    """What sign-in answers, for a device that has a session."""
    return json_response(await authentication.unlock(request.instance, request.keeper))


async def sign_out(request: RequestContext) -> ASGIApp:
    """End this session. Only a page on a borrowed device asks to have the browser cleared: elsewhere a diary lies in it."""
    await sessions.sign_out(request.instance, request.keeper)
    return BytesResponse(
        headers=legacy_cookies.clear_site_data_headers() if request.headers.get(b"x-leave-nothing") == b"yes" else ()
    )


async def list_sessions(request: RequestContext) -> ASGIApp:
    """The keeper's sessions, after the words again."""
    sessions_found = await sessions.list_sessions(request.instance, request.keeper, request.proof())
    rows = [
        {
            "created_at": found.created_at,
            "device_name": found.device_name,
            "here": found.is_current,
            "seen_at": found.seen_at,
            "session": found.session_id,
        }
        for found in sessions_found
    ]
    return json_response({"sessions": rows})


async def end_session(request: RequestContext) -> ASGIApp:
    """End one of the keeper's sessions, after the words again."""
    await sessions.end_session(request.instance, request.keeper, request.id("session"), request.proof())
    request.app_context.event_log.log_event("session_ended")
    return BytesResponse()


async def end_other_sessions(request: RequestContext) -> ASGIApp:
    """End every other session of the keeper's, after the words again."""
    await sessions.end_other_sessions(request.instance, request.keeper, request.proof())
    request.app_context.event_log.log_event("session_ended")
    return BytesResponse()


async def rename_device(request: RequestContext) -> ASGIApp:
    """What the keeper calls this device."""
    await sessions.rename_device(
        request.instance, request.keeper, request.fields().text("device_name", MAX_DEVICE_NAME_CHARACTERS)
    )
    return BytesResponse()


async def list_access(request: RequestContext) -> ASGIApp:
    """What was done to the account, after the words again."""
    return json_response({"access": await sessions.list_access_log(request.instance, request.keeper, request.proof())})


async def list_sign_ins(request: RequestContext) -> ASGIApp:
    """Sign-ins of other sessions since this device last looked."""
    return json_response(
        await sessions.list_sign_ins(
            request.instance, request.keeper, request.query_text("after", MAX_CURSOR_CHARACTERS)
        )
    )


async def change_words(request: RequestContext) -> ASGIApp:
    """New words for the account; every other session ends."""
    await authentication.change_words(
        request.instance, request.keeper, request.proof(), read_new_lock(request.fields())
    )
    request.app_context.event_log.log_event("words_changed")
    return BytesResponse()


async def change_code(request: RequestContext) -> ASGIApp:
    """A new recovery code for the account."""
    fields = request.fields()
    code_auth = fields.octets("code_auth", PROOF_BYTES, PROOF_BYTES)
    code_wrap = fields.octets("code_wrap", MAX_WRAP_BYTES)
    await authentication.change_code(request.instance, request.keeper, request.proof(), code_auth, code_wrap)
    request.app_context.event_log.log_event("code_changed")
    return BytesResponse()


async def show_usage(request: RequestContext) -> ASGIApp:
    """How much room is used."""
    return json_response(await usage.usage(request.instance, request.keeper))

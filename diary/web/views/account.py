"""A keeper's session and locks."""

from starlette.types import ASGIApp

from diary.services.accounts import authentication, sessions, usage
from diary.web import legacy_cookies
from diary.web.request_context import PROOF_BYTES, Call
from diary.web.responses import Answer, json_answer
from diary.web.views.sign_in import DEVICE_NAME_CHARACTERS, WRAP_BYTES, read_lock

CURSOR_CHARACTERS = 200


async def session(call: Call) -> ASGIApp:
    """What sign-in answers, for a device that has a session."""
    return json_answer(await authentication.unlock(call.instance, call.keeper))


async def sign_out(call: Call) -> ASGIApp:
    """End this session. Only a page on a borrowed device asks to have the browser cleared: elsewhere a diary lies in it."""
    await sessions.end_own(call.instance, call.keeper)
    return Answer(headers=legacy_cookies.forgotten() if call.headers.get(b"x-leave-nothing") == b"yes" else ())


async def list_sessions(call: Call) -> ASGIApp:
    """The keeper's sessions, after the words again."""
    listed = await sessions.list_sessions(call.instance, call.keeper, call.proof())
    rows = [
        {
            "created_at": one.created_at,
            "device_name": one.device_name,
            "here": one.here,
            "seen_at": one.seen_at,
            "session": one.session,
        }
        for one in listed
    ]
    return json_answer({"sessions": rows})


async def end_session(call: Call) -> ASGIApp:
    """End one of the keeper's sessions, after the words again."""
    await sessions.end(call.instance, call.keeper, call.id("session"), call.proof())
    call.office.events.say("session_ended")
    return Answer()


async def end_sessions(call: Call) -> ASGIApp:
    """End every other session of the keeper's, after the words again."""
    await sessions.end_others(call.instance, call.keeper, call.proof())
    call.office.events.say("session_ended")
    return Answer()


async def rename(call: Call) -> ASGIApp:
    """What the keeper calls this device."""
    await sessions.rename(call.instance, call.keeper, call.fields().text("device_name", DEVICE_NAME_CHARACTERS))
    return Answer()


async def list_access(call: Call) -> ASGIApp:
    """What was done to the account, after the words again."""
    return json_answer({"access": await sessions.list_access(call.instance, call.keeper, call.proof())})


async def list_sign_ins(call: Call) -> ASGIApp:
    """Sign-ins of other sessions since this device last looked."""
    return json_answer(await sessions.sign_ins(call.instance, call.keeper, call.query_text("after", CURSOR_CHARACTERS)))


async def change_words(call: Call) -> ASGIApp:
    """New words for the account; every other session ends."""
    await authentication.change_words(call.instance, call.keeper, call.proof(), read_lock(call.fields()))
    call.office.events.say("words_changed")
    return Answer()


async def change_code(call: Call) -> ASGIApp:
    """A new recovery code for the account."""
    fields = call.fields()
    code_auth = fields.octets("code_auth", PROOF_BYTES, PROOF_BYTES)
    code_wrap = fields.octets("code_wrap", WRAP_BYTES)
    await authentication.change_code(call.instance, call.keeper, call.proof(), code_auth, code_wrap)
    call.office.events.say("code_changed")
    return Answer()


async def room(call: Call) -> ASGIApp:
    """How much room is used."""
    return json_answer(await usage.usage(call.instance, call.keeper))

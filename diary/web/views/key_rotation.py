"""Views to change an account's keys: begin with a proof, send wraps in batches, and commit all at once."""

from starlette.types import ASGIApp

from diary.services.accounts import key_rotation
from diary.services.accounts.key_rotation import NewAccountKeys
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse, json_response
from diary.web.views.sign_in import MAX_KEYSET_BYTES, MAX_WRAP_BYTES, PUBLIC_KEY_BYTES, read_new_lock


async def begin_rotation(request: RequestContext) -> ASGIApp:
    """Store new keys beside the ones in use. Require a proof of the words or the code."""
    await key_rotation.check_diary_owner(request.instance, request.keeper_session, request.path_id("diary"))
    fields = request.fields()
    keys = NewAccountKeys(
        credentials=read_new_lock(fields),
        keyset=fields.octets("keyset", MAX_KEYSET_BYTES),
        ecdsa_pub=fields.octets("ecdsa_pub", PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES),
        hpke_pub=fields.octets("hpke_pub", PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES),
        diary_id=request.path_id("diary"),
        diary_wrap=fields.octets("diary_wrap", MAX_WRAP_BYTES),
        statement=fields.mapping("statement"),
    )
    return json_response(
        {"to": await key_rotation.begin_rotation(request.instance, request.keeper_session, request.proof(), keys)}, 201
    )


async def stage_wraps(request: RequestContext) -> ASGIApp:
    """Store new wraps of some versions."""
    await key_rotation.check_diary_owner(request.instance, request.keeper_session, request.path_id("diary"))
    return json_response(
        {
            "lacking": await key_rotation.stage_wraps(
                request.instance, request.keeper_session, request.path_id("diary"), request.body
            )
        }
    )


async def commit_rotation(request: RequestContext) -> ASGIApp:
    """Put the new keys into use, and end every session."""
    await key_rotation.check_diary_owner(request.instance, request.keeper_session, request.path_id("diary"))
    await key_rotation.commit_rotation(
        request.instance, request.keeper_session, request.path_id("diary"), request.proof()
    )
    request.app_context.event_log.log_event("keys_changed")
    return BytesResponse()

"""Views for advocates: joining, their clients, what clients share, and the organisation."""

from starlette.types import ASGIApp

from diary import constants
from diary.encoding import b64, encode_frames
from diary.services.sharing import advocate_clients, organisations
from diary.services.sharing.organisations import JoinRequest
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse, binary_response, json_response
from diary.web.views.sign_in import (
    MAX_DIGITS_CHARACTERS,
    MAX_INVITE_CHARACTERS,
    read_device,
    read_new_account,
    session_response,
)

MAX_NAME_CHARACTERS = constants.ADVOCATE_NAME_LIMIT_CHARACTERS
SECRET_BYTES = constants.SECOND_STEP_SECRET_BYTES
MAX_SEQUENCE_NUMBER = 1 << 40
MAX_PARTS = 1 << 20


async def register_advocate(request: RequestContext) -> ASGIApp:
    """Create an advocate's account, and sign in."""
    fields = request.fields()
    registration = JoinRequest(
        new_account=read_new_account(fields),
        invitation_code=fields.text("invite", MAX_INVITE_CHARACTERS),
        display_name=fields.text("name", MAX_NAME_CHARACTERS),
        totp_secret=fields.octets("secret", SECRET_BYTES, SECRET_BYTES),
        totp_code=fields.text("digits", MAX_DIGITS_CHARACTERS),
    )
    entry, payload = await organisations.join(request.instance, registration, read_device(request, fields))
    request.app_context.event_log.log_event("registered")
    return session_response(payload, entry, 201, at_desk=fields.flag("desk"))


async def list_clients(request: RequestContext) -> ASGIApp:
    """List the clients who let this advocate read, and until when."""
    clients = await advocate_clients.list_clients(request.instance, request.advocate_membership)
    return json_response(
        {
            "clients": clients,
            "now": request.instance.clock.now_ms(),
            "you": advocate_clients.advocate_payload(request.instance, request.advocate_membership),
        }
    )


async def grant_status(request: RequestContext) -> ASGIApp:
    """Return when a grant ends, and the number of its newest version. This is not recorded as a look."""
    return json_response(
        await advocate_clients.grant_status(request.instance, request.advocate_membership, request.path_id("grant"))
    )


async def list_client_versions(request: RequestContext) -> ASGIApp:
    """List a client's versions after a number: for each its facts, its envelopes and the grant's wraps."""
    page = await advocate_clients.list_versions(
        request.instance,
        request.advocate_membership,
        request.path_id("grant"),
        request.query_number("after", MAX_SEQUENCE_NUMBER),
    )
    return binary_response(
        encode_frames(encode_frames((version.facts, version.sealed, version.wraps)) for version in page)
    )


async def blob_state(request: RequestContext) -> ASGIApp:
    """Return how many parts a file has."""
    return json_response(
        await advocate_clients.blob_state(
            request.instance, request.advocate_membership, request.path_id("grant"), request.path_id("blob")
        )
    )


async def get_part(request: RequestContext) -> ASGIApp:
    """Return one sealed part of a file."""
    part_number = request.path_number("i", MAX_PARTS)
    return binary_response(
        await advocate_clients.get_part(
            request.instance,
            request.advocate_membership,
            request.path_id("grant"),
            request.path_id("blob"),
            part_number,
        )
    )


async def record_activity(request: RequestContext) -> ASGIApp:
    """Record an action that the advocate reports."""
    packs = await advocate_clients.record_action(
        request.instance, request.advocate_membership, request.path_id("grant"), request.fields().text("what", 20)
    )
    return json_response({"packs": packs})


async def send_letter(request: RequestContext) -> ASGIApp:
    """Send a letter to a client."""
    await advocate_clients.send_letter(
        request.instance, request.advocate_membership, request.path_id("grant"), request.path_id("letter"), request.body
    )
    return BytesResponse()


async def get_marks(request: RequestContext) -> ASGIApp:
    """Return the sealed marks of what the advocate has reviewed."""
    sealed_marks = await advocate_clients.get_review_marks(
        request.instance, request.advocate_membership, request.path_id("grant")
    )
    return json_response({"marks": b64(sealed_marks) if sealed_marks else None})


async def put_marks(request: RequestContext) -> ASGIApp:
    """Store the sealed marks of what the advocate has reviewed."""
    await advocate_clients.put_review_marks(
        request.instance, request.advocate_membership, request.path_id("grant"), request.body
    )
    return BytesResponse()


async def show_organisation(request: RequestContext) -> ASGIApp:
    """Return the organisation's numbers and members, for a lead."""
    summary = await organisations.organisation_statistics(request.instance, request.advocate_membership)
    members = await organisations.list_members(request.instance, request.advocate_membership)
    numbers = {
        "ending": summary.ending_grants,
        "grants": summary.grants,
        "members": summary.members,
        "packs": summary.packs,
    }
    return json_response({"members": members, "name": summary.name, "numbers": numbers})


async def list_looks(request: RequestContext) -> ASGIApp:
    """List who looked and when, for a lead. A code distinguishes clients without naming them."""
    return json_response({"looks": await organisations.list_looks(request.instance, request.advocate_membership)})


async def invite_member(request: RequestContext) -> ASGIApp:
    """Create an invitation for a member. Require a proof of the words."""
    return json_response(
        {
            "invite": await organisations.create_member_invitation(
                request.instance, request.keeper_session, request.proof(), request.advocate_membership
            )
        },
        201,
    )


async def remove_member(request: RequestContext) -> ASGIApp:
    """Remove a member, or let the advocate leave. Require a proof of the words."""
    await organisations.remove_member(
        request.instance,
        request.keeper_session,
        request.proof(),
        request.advocate_membership,
        request.path_id("member"),
    )
    return BytesResponse()

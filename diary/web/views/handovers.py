"""Views of hand-overs: the keeper's on the app host, the recipient's on the public host."""

from starlette.types import ASGIApp

from diary.encoding import b64
from diary.errors import BadRequest
from diary.ids import id_text
from diary.services.sharing import handovers
from diary.services.sharing.handovers import NewHandover
from diary.web.request_context import PROOF_BYTES, RequestContext
from diary.web.responses import BytesResponse, binary_response, json_response

NAME_BYTES = 16
MAX_PARTS = 1 << 20
MAX_BYTES = 1 << 50
KDF_FIELD_COUNT = 5


async def create_handover(request: RequestContext) -> ASGIApp:
    """Announce a sealed pack. Require a proof of the words."""
    fields = request.fields()
    kdf = fields.mapping("kdf")
    if len(kdf) != KDF_FIELD_COUNT:
        raise BadRequest("The field kdf is not complete.")
    new_handover = NewHandover(
        diary_id=fields.id("diary"),
        handover_id=fields.id("handover"),
        name=fields.octets("name", NAME_BYTES, NAME_BYTES),
        auth=fields.octets("auth", PROOF_BYTES, PROOF_BYTES),
        kdf=kdf,
        part_count=fields.integer("parts", MAX_PARTS),
        size_bytes=fields.integer("size", MAX_BYTES),
    )
    row = await handovers.create_handover(request.instance, request.keeper_session, request.proof(), new_handover)
    handover_fields = {
        "expires_at": row.expires_at,
        "handover": id_text(row.id),
        "openings_most": handovers.OPENINGS_LIMIT,
    }
    return json_response({"address": _pickup_address(request), **handover_fields}, 201)


async def list_handovers(request: RequestContext) -> ASGIApp:
    """List the keeper's hand-overs with the times of their openings."""
    handovers_found = await handovers.list_handovers(request.instance, request.keeper_session)
    return json_response(
        {
            "address": _pickup_address(request),
            "handovers": [handovers.handover_payload(handover) for handover in handovers_found],
        }
    )


def _pickup_address(request: RequestContext) -> str:
    """Return the address of the page where the words are typed.

    Only keepers get it: no other response of the app host names the public host.
    """
    return f"{request.instance.settings.public_url}/get"


async def put_part(request: RequestContext) -> ASGIApp:
    """Store one sealed part."""
    await handovers.put_part(
        request.instance,
        request.keeper_session,
        request.path_id("handover"),
        request.path_number("i", MAX_PARTS),
        request.body,
    )
    return BytesResponse()


async def complete_handover(request: RequestContext) -> ASGIApp:
    """Complete a hand-over."""
    digest = request.fields().octets("digest", PROOF_BYTES, PROOF_BYTES)
    await handovers.complete_handover(request.instance, request.keeper_session, request.path_id("handover"), digest)
    return BytesResponse()


async def end_handover(request: RequestContext) -> ASGIApp:
    """End a hand-over at once. Require a proof of the words."""
    await handovers.end_handover(request.instance, request.keeper_session, request.proof(), request.path_id("handover"))
    return BytesResponse()


async def get_kdf_parameters(request: RequestContext) -> ASGIApp:
    """Return the parameters to derive the proof from the five secret words of a hand-over."""
    name = request.fields().octets("name", NAME_BYTES, NAME_BYTES)
    await request.enforce_name_limit(name)
    return json_response({"kdf": await handovers.kdf_for_name(request.instance, name)})


async def open_handover(request: RequestContext) -> ASGIApp:
    """Exchange a proof of the words for a ticket for the parts."""
    fields = request.fields()
    name, auth = fields.octets("name", NAME_BYTES, NAME_BYTES), fields.octets("auth", PROOF_BYTES, PROOF_BYTES)
    await request.enforce_name_limit(name)
    opening = await handovers.open_handover(request.instance, name, auth, request.network_key)
    return json_response(
        {"handover": id_text(opening.handover_id), "parts": opening.part_count, "ticket": b64(opening.ticket)}
    )


async def get_part(request: RequestContext) -> ASGIApp:
    """Return one sealed part, for a ticket in X-Proof."""
    ticket = request.headers.get(b"x-proof", b"").decode("latin-1")
    return binary_response(await handovers.get_part(request.instance, ticket, request.path_number("i", MAX_PARTS)))

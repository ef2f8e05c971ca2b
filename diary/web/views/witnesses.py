"""Views of witness statements: the keeper's on the app host, the witness's on the public host."""

from starlette.types import ASGIApp

from diary.encoding import b64, decode_frames
from diary.errors import BadRequest
from diary.ids import id_text
from diary.services.sharing import witness_statements
from diary.services.sharing.witness_statements import NewWitnessRequest
from diary.web.request_context import PROOF_BYTES, RequestContext
from diary.web.responses import BytesResponse, json_response
from diary.web.scripted_pages import STATEMENT_PATH

NAME_BYTES = 16
ID_BYTES = 16
MAX_PARTS = 1 << 20
MAX_BYTES = 1 << 50


async def create_witness_request(request: RequestContext) -> ASGIApp:
    """Store a request to a witness. Require a proof of the words."""
    fields = request.fields()
    witness_request = NewWitnessRequest(
        diary_id=request.path_id("diary"),
        witness_id=fields.id("witness"),
        name=fields.octets("name", NAME_BYTES, NAME_BYTES),
        sealed_question=fields.octets("sealed", witness_statements.QUESTION_LIMIT_BYTES),
    )
    row = await witness_statements.create_request(
        request.instance, request.keeper_session, request.proof(), witness_request
    )
    return json_response({"expires_at": row.expires_at, "witness": id_text(row.id)}, 201)


async def list_requests(request: RequestContext) -> ASGIApp:
    """List requests and statements, with the address where the words are typed.

    Only keepers get the public host's name.
    """
    include_taken = bool(request.query_number("taken", 1))
    witness_requests = await witness_statements.list_requests(
        request.instance, request.keeper_session, request.path_id("diary"), include_taken=include_taken
    )
    return json_response(
        {"address": f"{request.instance.settings.public_url}{STATEMENT_PATH}", "witnesses": witness_requests}
    )


async def mark_taken_in(request: RequestContext) -> ASGIApp:
    """Mark a statement as taken in by the keeper."""
    await witness_statements.mark_statement_taken(
        request.instance, request.keeper_session, request.path_id("diary"), request.path_id("witness")
    )
    return BytesResponse()


async def remove_request(request: RequestContext) -> ASGIApp:
    """End a code, or delete the statement. Require a proof of the words."""
    await witness_statements.delete_request(
        request.instance, request.keeper_session, request.proof(), request.path_id("diary"), request.path_id("witness")
    )
    return BytesResponse()


async def find_request(request: RequestContext) -> ASGIApp:
    """Find the request to a witness by nine words."""
    name = request.fields().octets("name", NAME_BYTES, NAME_BYTES)
    await request.enforce_name_limit(name)
    witness_request = await witness_statements.look_up_request(request.instance, name, request.network_key)
    open_fields = (
        {"sealed": b64(witness_request.sealed_question), "ticket": b64(witness_request.ticket)}
        if witness_request.sealed_question and witness_request.ticket
        else {}
    )
    return json_response(
        {
            "files_bytes": witness_statements.FILES_LIMIT_BYTES,
            "over": not open_fields,
            "witness": id_text(witness_request.witness_id),
            **open_fields,
        }
    )


async def declare_files(request: RequestContext) -> ASGIApp:
    """Announce the files of a statement."""
    fields = request.fields()
    parts, size = fields.integer("parts", MAX_PARTS), fields.integer("size", MAX_BYTES)
    await witness_statements.declare_files(
        request.instance, _read_ticket(request), request.path_id("upload"), parts, size
    )
    return BytesResponse()


async def put_part(request: RequestContext) -> ASGIApp:
    """Store one sealed part."""
    await witness_statements.put_part(
        request.instance,
        _read_ticket(request),
        request.path_id("upload"),
        request.path_number("i", MAX_PARTS),
        request.body,
    )
    return BytesResponse()


async def submit_statement(request: RequestContext) -> ASGIApp:
    """Submit the statement: frames of the envelope and, if there are files, of their upload and digest."""
    envelope, *files = decode_frames(request.body, frames_limit=3) or [b""]
    if files and (len(files), len(files[0]), len(files[-1])) != (2, ID_BYTES, PROOF_BYTES):
        raise BadRequest("The frames do not add up.")
    upload, digest = (files[0], files[1]) if files else (None, b"")
    await witness_statements.submit_statement(request.instance, _read_ticket(request), envelope, upload, digest)
    return BytesResponse()


def _read_ticket(request: RequestContext) -> str:
    """Return the ticket in X-Proof."""
    return request.headers.get(b"x-proof", b"").decode("latin-1")

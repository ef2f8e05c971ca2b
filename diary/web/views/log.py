"""Views of the public log: plain text on the public host, JSON for a keeper's device."""

import re
from typing import Final

from starlette.types import ASGIApp

from diary.encoding import canonical_json
from diary.errors import NotFound
from diary.services.log import inclusion_proofs, timestamping
from diary.services.operations.server_closing import closing_payload
from diary.web.request_context import RequestContext
from diary.web.responses import BINARY_MEDIA_TYPE, JSON_MEDIA_TYPE, BytesResponse, json_response
from diary.web.views.pages import TEXT_MEDIA_TYPE

MAX_NUMBER: Final = 2**40
DIGEST_BYTES: Final = 32
# {level}/{n}[.p/{width}]: n in groups of three digits, all but the last after an x.
_TILE_PATH: Final = re.compile(
    r"(?P<level>[0-9]|[1-5][0-9]|6[0-3])/(?P<n>(?!x000/)(?:x[0-9]{3}/){0,4}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


async def log_state(request: RequestContext) -> ASGIApp:
    """Return the state of the log, any announced closing, and the file limit.

    A phone requests this first at each sync.
    """
    closing = closing_payload(await request.app_context.closing_monitor.current_schedule(request.instance))
    server_fields = {"closing": closing, "file_bytes": request.instance.settings.file_bytes}
    return json_response(await inclusion_proofs.log_state(request.instance) | server_fields)


async def consistency_proof(request: RequestContext) -> ASGIApp:
    """Return a proof that one checkpoint's log is a prefix of another's."""
    return json_response(
        await inclusion_proofs.consistency_proof(
            request.instance, request.path_number("older", MAX_NUMBER), request.path_number("newer", MAX_NUMBER)
        )
    )


async def inclusion_proofs_for_diary(request: RequestContext) -> ASGIApp:
    """Return inclusion proofs for a diary's versions in the log of a checkpoint."""
    after = request.query_number("after", MAX_NUMBER)
    size = request.path_number("size", MAX_NUMBER)
    return json_response(
        await inclusion_proofs.inclusion_proofs(
            request.instance, request.keeper_session, request.path_id("diary"), size, after
        )
    )


async def stamp_digest(request: RequestContext) -> ASGIApp:
    """Return a timestamp over the digest of a pack's list of files, by an outside authority.

    The server learns the digest and nothing else, and stores nothing.
    """
    digest = request.fields().octets("digest", DIGEST_BYTES, DIGEST_BYTES)
    return json_response(inclusion_proofs.stamp_payload(await timestamping.stamp_digest(request.instance, digest)))


async def newest_checkpoint(request: RequestContext) -> ASGIApp:
    """Return the newest checkpoint's note."""
    return BytesResponse(200, await inclusion_proofs.newest_checkpoint_note(request.instance), TEXT_MEDIA_TYPE)


async def checkpoint(request: RequestContext) -> ASGIApp:
    """Return the note of the checkpoint with this number."""
    return BytesResponse(
        200,
        await inclusion_proofs.checkpoint_note(request.instance, request.path_number("n", MAX_NUMBER)),
        TEXT_MEDIA_TYPE,
    )


async def newest_witnessed_checkpoint(request: RequestContext) -> ASGIApp:
    """Return the newest checkpoint that a witness cosigned, with the cosignature lines."""
    return BytesResponse(200, await inclusion_proofs.newest_cosigned_note(request.instance), TEXT_MEDIA_TYPE)


async def witnessed_checkpoint(request: RequestContext) -> ASGIApp:
    """Return a checkpoint's note with the cosignature lines of its witnesses."""
    return BytesResponse(
        200,
        await inclusion_proofs.cosigned_note(request.instance, request.path_number("n", MAX_NUMBER)),
        TEXT_MEDIA_TYPE,
    )


async def witness_keys(request: RequestContext) -> ASGIApp:
    """Return the keys of the witnesses whose cosignatures this server requests, one per line."""
    return BytesResponse(200, inclusion_proofs.format_witness_keys(request.instance).encode(), TEXT_MEDIA_TYPE)


async def tile(request: RequestContext) -> ASGIApp:
    """Return a tile of hashes, by its C2SP tlog-tiles path.

    Entry bundles are not served, because they would show when each version arrived.
    """
    match = _TILE_PATH.fullmatch(request.scope["path_params"]["path"])
    if not match:
        raise NotFound
    tile_index = int("".join(part.removeprefix("x") for part in match["n"].split("/")))
    width = int(match["width"]) if match["width"] else None
    return BytesResponse(
        200,
        await inclusion_proofs.get_tile(request.instance, int(match["level"]), tile_index, width),
        BINARY_MEDIA_TYPE,
    )


async def leaves(request: RequestContext) -> ASGIApp:
    """Return a page of leaves under the newest checkpoint, one a line."""
    page_leaves = await inclusion_proofs.list_leaves(request.instance, request.path_number("page", MAX_NUMBER))
    return BytesResponse(200, "".join(f"{leaf.hex()}\n" for leaf in page_leaves).encode(), TEXT_MEDIA_TYPE)


async def checkpoint_timestamps(request: RequestContext) -> ASGIApp:
    """Return a checkpoint's timestamps."""
    return json_response(
        await inclusion_proofs.checkpoint_with_stamps(request.instance, request.path_number("n", MAX_NUMBER))
    )


async def key_statements(request: RequestContext) -> ASGIApp:
    """Return the instance key's statements about notary keys, one a line."""
    lines = [canonical_json(dict(statement)) + b"\n" for statement in request.instance.notary_key_statements]
    return BytesResponse(200, b"".join(lines), JSON_MEDIA_TYPE if lines else TEXT_MEDIA_TYPE)


async def public_keys(request: RequestContext) -> ASGIApp:
    """Return the keys to compare with those that a phone or a pack shows."""
    return BytesResponse(200, inclusion_proofs.format_keys(request.instance).encode(), TEXT_MEDIA_TYPE)

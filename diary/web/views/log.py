"""The public log: as plain text for whoever looks from outside, and as JSON for a keeper's device."""

import re
from typing import Final

from starlette.types import ASGIApp

from diary.encoding import canonical_json
from diary.errors import NotFound
from diary.services.log import inclusion_proofs
from diary.services.operations.decommission import shutdown_payload
from diary.web.request_context import RequestContext
from diary.web.responses import BINARY_MEDIA_TYPE, JSON_MEDIA_TYPE, BytesResponse, json_response
from diary.web.views.pages import TEXT_MEDIA_TYPE

MAX_NUMBER: Final = 2**40
# {level}/{n}[.p/{width}]: n in groups of three digits, all but the last after an x.
_TILE_PATH: Final = re.compile(
    r"(?P<level>[0-9]|[1-5][0-9]|6[0-3])/(?P<n>(?!x000/)(?:x[0-9]{3}/){0,4}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


async def log_state(request: RequestContext) -> ASGIApp:
    """Where the log stands, whether this server is to close, and its file limit: what a phone asks first whenever it looks."""
    closing = shutdown_payload(await request.app_context.closing_schedule.current_notice(request.instance))
    server_fields = {"closing": closing, "file_bytes": request.instance.settings.file_bytes}
    return json_response(await inclusion_proofs.log_state(request.instance) | server_fields)


async def consistency_proof(request: RequestContext) -> ASGIApp:
    """What shows that one checkpoint's log begins another's."""
    return json_response(
        await inclusion_proofs.consistency_proof(
            request.instance, request.number("older", MAX_NUMBER), request.number("newer", MAX_NUMBER)
        )
    )


async def inclusion_proofs_for_diary(request: RequestContext) -> ASGIApp:
    """Where a diary's versions stand in the log of a checkpoint."""
    after = request.query_number("after", MAX_NUMBER)
    size = request.number("size", MAX_NUMBER)
    return json_response(
        await inclusion_proofs.inclusion_proofs(request.instance, request.keeper, request.id("diary"), size, after)
    )


async def newest_checkpoint(request: RequestContext) -> ASGIApp:
    """The newest checkpoint's note."""
    return BytesResponse(200, await inclusion_proofs.newest_checkpoint_note(request.instance), TEXT_MEDIA_TYPE)


async def checkpoint(request: RequestContext) -> ASGIApp:
    """One checkpoint's note, however old."""
    return BytesResponse(
        200, await inclusion_proofs.checkpoint_note(request.instance, request.number("n", MAX_NUMBER)), TEXT_MEDIA_TYPE
    )


async def newest_witnessed_checkpoint(request: RequestContext) -> ASGIApp:
    """The newest checkpoint that a witness cosigned, with those lines."""
    return BytesResponse(200, await inclusion_proofs.newest_cosigned_note(request.instance), TEXT_MEDIA_TYPE)


async def witnessed_checkpoint(request: RequestContext) -> ASGIApp:
    """One checkpoint's note with the lines of the witnesses that cosigned it."""
    return BytesResponse(
        200, await inclusion_proofs.cosigned_note(request.instance, request.number("n", MAX_NUMBER)), TEXT_MEDIA_TYPE
    )


async def witness_keys(request: RequestContext) -> ASGIApp:
    """The keys of the witnesses that this server asks, one a line."""
    return BytesResponse(200, inclusion_proofs.format_witness_keys(request.instance).encode(), TEXT_MEDIA_TYPE)


async def tile(request: RequestContext) -> ASGIApp:
    """A tile of hashes, as C2SP tlog-tiles addresses it. Entry bundles are not served: they would tell when each version came."""
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
    """A page of leaves under the newest checkpoint, one a line."""
    page_leaves = await inclusion_proofs.list_leaves(request.instance, request.number("page", MAX_NUMBER))
    return BytesResponse(200, "".join(f"{leaf.hex()}\n" for leaf in page_leaves).encode(), TEXT_MEDIA_TYPE)


async def checkpoint_timestamps(request: RequestContext) -> ASGIApp:
    """A checkpoint's stamps."""
    return json_response(
        await inclusion_proofs.checkpoint_with_stamps(request.instance, request.number("n", MAX_NUMBER))
    )


async def key_statements(request: RequestContext) -> ASGIApp:
    """What the instance key said about notary keys, one statement a line."""
    lines = [canonical_json(dict(one)) + b"\n" for one in request.instance.notary_key_statements]
    return BytesResponse(200, b"".join(lines), JSON_MEDIA_TYPE if lines else TEXT_MEDIA_TYPE)


async def public_keys(request: RequestContext) -> ASGIApp:
    """The keys to compare with what a phone or a pack shows."""
    return BytesResponse(200, inclusion_proofs.format_keys(request.instance).encode(), TEXT_MEDIA_TYPE)

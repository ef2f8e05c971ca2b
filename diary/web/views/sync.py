"""Views that accept versions and return changes."""

from starlette.types import ASGIApp

from diary.services.sync import changes, versions
from diary.web.request_context import RequestContext
from diary.web.responses import JSON_MEDIA_TYPE, BytesResponse, binary_response

MAX_VERSION_NUMBER = 2**53 - 1


async def push_version(request: RequestContext) -> ASGIApp:
    """Store a version. Respond 201 if it is new, 200 if the same bytes were stored before."""
    stored = await versions.push_version(
        request.instance,
        request.keeper_session,
        request.path_id("diary"),
        request.path_id("record"),
        request.path_id("version"),
        request.body,
    )
    return BytesResponse(200 if stored.is_repeated else 201, stored.answer, JSON_MEDIA_TYPE)


async def list_changes(request: RequestContext) -> ASGIApp:
    """Return the versions with a number above `after`."""
    after = request.query_number("after", MAX_VERSION_NUMBER)
    return binary_response(
        await changes.encode_feed_page(request.instance, request.keeper_session, request.path_id("diary"), after)
    )

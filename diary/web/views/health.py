"""Views for supervision of the process: whether it runs, and whether what it depends on works.

They reveal nothing else.
"""

from starlette.types import ASGIApp

from diary.errors import Unavailable
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse


async def liveness(_: RequestContext) -> ASGIApp:
    """Respond while the process runs."""
    return BytesResponse(204, b"", None)


async def readiness(request: RequestContext) -> ASGIApp:
    """Respond while the database, the store, Redis, the disks, the clock and the certificates are right. Raise Unavailable."""
    if not (await request.app_context.dependency_monitor.health()).faults.is_ready:
        raise Unavailable
    return BytesResponse(204, b"", None)

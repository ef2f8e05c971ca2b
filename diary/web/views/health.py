"""Views for supervision of the process: whether it runs, and whether it can reach its database.

They reveal nothing else.
"""

from starlette.types import ASGIApp

from diary.services.operations.backup_history import check_database_answers
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse


async def liveness(_: RequestContext) -> ASGIApp:
    """Respond while the process runs."""
    return BytesResponse(204, b"", None)


async def readiness(request: RequestContext) -> ASGIApp:
    """Respond while the database can be reached. Raise Unavailable."""
    await check_database_answers(request.instance)
    return BytesResponse(204, b"", None)

"""For whoever supervises the process: whether it answers, and whether it can be of use. No word about anything else."""

from starlette.types import ASGIApp

from diary.services.operations.backup_history import check_database_answers
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse


async def liveness(_: RequestContext) -> ASGIApp:
    """The process answers."""
    return BytesResponse(204, b"", None)


async def readiness(request: RequestContext) -> ASGIApp:
    """The database answers too. Raises Unavailable."""
    await check_database_answers(request.instance)
    return BytesResponse(204, b"", None)

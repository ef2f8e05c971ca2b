"""For whoever supervises the process: whether it answers, and whether it can be of use. No word about anything else."""

from starlette.types import ASGIApp

from diary.services.operations.backup_history import answers
from diary.web.request_context import Call
from diary.web.responses import Answer


async def up(_: Call) -> ASGIApp:
    """The process answers."""
    return Answer(204, b"", None)


async def ready(call: Call) -> ASGIApp:
    """The database answers too. Raises Unavailable."""
    await answers(call.instance)
    return Answer(204, b"", None)

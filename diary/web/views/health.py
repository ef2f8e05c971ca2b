"""For whoever supervises the process: whether it answers, and whether it can be of use. No word about anything else."""

from starlette.types import ASGIApp

from diary.services.operating import answers
from diary.web.answers import Answer
from diary.web.call import Call


async def up(_: Call) -> ASGIApp:
    """The process answers."""
    return Answer(204, b"", None)


async def ready(call: Call) -> ASGIApp:
    """The database answers too. Raises Unavailable."""
    await answers(call.instance)
    return Answer(204, b"", None)

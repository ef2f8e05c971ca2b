"""Packs: a place, the capsule, progress, the front part."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp

from diary.ids import id_text
from diary.services.accounts import sessions
from diary.services.packs.queue import Job
from diary.web.request_context import Call
from diary.web.responses import Answer, json_answer

CHUNK = 1 << 18


async def place(call: Call) -> ASGIApp:
    """A place in the queue; nothing of the diary is sent yet."""
    job = await call.office.packs.place(call.keeper, call.fields().id("diary"))
    return json_answer({"pack": id_text(job.pack), "state": job.state}, 201)


async def state(call: Call) -> ASGIApp:
    """How far a job is."""
    return json_answer(_told(call.office.packs.get(call.keeper, call.id("pack"))))


async def start(call: Call) -> ASGIApp:
    """Begin with the capsule. It goes on into the worker's pipe and is kept nowhere here."""
    job = await call.office.packs.start(call.keeper, call.id("pack"), call.body)
    call.office.events.say("pack_started")
    await sessions.note_act(call.instance, call.keeper, "pack_built")
    return json_answer(_told(job), 202)


async def front(call: Call) -> ASGIApp:
    """The front part, once; then everything of the job is gone."""
    path, gone = call.office.packs.take_front(call.keeper, call.id("pack"))
    headers = {"content-length": str(path.stat().st_size), "content-disposition": "attachment"}
    return StreamingResponse(_chunks(path, gone), media_type="application/octet-stream", headers=headers)


async def cancel(call: Call) -> ASGIApp:
    """Give a job up."""
    await call.office.packs.cancel(call.keeper, call.id("pack"))
    return Answer()


async def _chunks(path: Path, gone: Callable[[], None]) -> AsyncIterator[bytes]:
    """The file piece by piece; it is erased also when nobody reads to the end."""
    try:
        async with await anyio.open_file(path, "rb") as file:
            while piece := await file.read(CHUNK):
                yield piece
    finally:
        gone()


def _told(job: Job) -> dict[str, object]:
    """A job as its keeper sees it."""
    return {"done": job.done, "pack": id_text(job.pack), "state": job.state, "step": job.step, "total": job.total}

"""Views of packs: reserve a place, send the capsule, follow the progress, and fetch the front part."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp

from diary.ids import id_text
from diary.services.accounts import sessions
from diary.services.packs.queue import PackJob
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse, json_response

CHUNK_BYTES = 1 << 18


async def reserve_place(request: RequestContext) -> ASGIApp:
    """Reserve a place in the queue. No diary content is sent yet."""
    job = await request.app_context.packs.enqueue(request.keeper_session, request.fields().id("diary"))
    return json_response({"pack": id_text(job.pack_id), "state": job.state}, 201)


async def pack_state(request: RequestContext) -> ASGIApp:
    """Return the state of a job: waiting, in progress or finished."""
    return json_response(
        _job_fields(request.app_context.packs.get_job(request.keeper_session, request.path_id("pack")))
    )


async def start_pack(request: RequestContext) -> ASGIApp:
    """Start a job with its capsule. The capsule goes straight to the worker's pipe and is not stored."""
    job = await request.app_context.packs.start_job(request.keeper_session, request.path_id("pack"), request.body)
    request.app_context.event_log.log_event("pack_started")
    await sessions.record_access(request.instance, request.keeper_session, "pack_built")
    return json_response(_job_fields(job), 202)


async def download_front(request: RequestContext) -> ASGIApp:
    """Return the front part once, then delete everything of the job."""
    path, delete_job = request.app_context.packs.take_front_part(request.keeper_session, request.path_id("pack"))
    headers = {"content-length": str(path.stat().st_size), "content-disposition": "attachment"}
    return StreamingResponse(_stream_file(path, delete_job), media_type="application/octet-stream", headers=headers)


async def cancel_pack(request: RequestContext) -> ASGIApp:
    """Cancel a job."""
    await request.app_context.packs.cancel_job(request.keeper_session, request.path_id("pack"))
    return BytesResponse()


async def _stream_file(path: Path, delete_job: Callable[[], None]) -> AsyncIterator[bytes]:
    """Yield the file in chunks, then delete it, also when the client disconnects early."""
    try:
        async with await anyio.open_file(path, "rb") as file:
            while chunk := await file.read(CHUNK_BYTES):
                yield chunk
    finally:
        delete_job()


def _job_fields(job: PackJob) -> dict[str, object]:
    """Return a job's fields for its keeper."""
    return {
        "done": job.done,
        "pack": id_text(job.pack_id),
        "state": job.state,
        "step": job.step,
        "total": job.total,
        "unprinted": list(job.unprinted),
    }

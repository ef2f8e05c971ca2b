"""One worker as a program: the folder it may write, the pipe it is spoken to through, and its end.

This module starts it and imports nothing of it: the server's own code cannot name an incident's text. Its folder lies in
memory where the machine has such a place; what a server that was killed left there is removed by the next one.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from diary import isolation
from diary.errors import BadRequest, KeptError, PackBuildFailed

PartFetcher = Callable[[str, int], Awaitable[bytes]]
JOB_FOLDER_PREFIX: Final = "job-of-"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the folders made in it have random names and mode 0700
_LINE_LIMIT_BYTES: Final = 1 << 16


class WorkerProcess:
    """One worker, from its start to its end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Over a process that was started."""
        self._process = process

    @classmethod
    async def start(cls, folder: Path, bubblewrap_path: str) -> "WorkerProcess":
        """Start one that may write `folder` only, in a session of its own and with nothing of ours around it.

        `wall`: bubblewrap's path where the worker runs inside that.
        """
        start_task = asyncio.create_task(
            asyncio.create_subprocess_exec(
                *isolation.worker_command("diary.pack.worker", folder, bubblewrap_path),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
                limit=_LINE_LIMIT_BYTES,
            )
        )
        try:
            return cls(await asyncio.shield(start_task))
        except asyncio.CancelledError:
            # asyncio loses the pipes, and the rest of the process's session, when it is cancelled between the start of a
            # process and the connection of its pipes. So the start is finished first, and the worker is ended after it.
            await cls(await start_task).end()
            raise

    @property
    def pid(self) -> int:
        """The process that was started, which leads a session of its own: the supervisor, or bubblewrap around it."""
        return self._process.pid

    async def run_steps(self, capsule: bytes, fetch_part: PartFetcher) -> AsyncIterator[tuple[str, int, int]]:
        """Give it the capsule and the parts it asks for; each step it says, until the front part is there.

        `part(blob, i)`: one sealed part, raising KeptError where there is none. Raises PackFailed.
        """
        stdout, stdin = self._process.stdout, self._process.stdin
        if stdout is None or stdin is None:
            raise PackBuildFailed
        await _send_frame(stdin, capsule)
        while line := await stdout.readline():
            message = json.loads(line)
            if "want" in message:
                await _send_frame(stdin, await _fetch_requested_part(message["want"], fetch_part))
            elif "front" in message:
                return
            elif "failed" in message:
                raise PackBuildFailed(str(message["sentence"]))
            else:
                yield str(message["step"]), int(message["done"]), int(message["total"])
        raise PackBuildFailed("The pack could not be built: the builder stopped.")

    async def end(self) -> None:
        """End it and its children, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        # Closing the pipe's transport now, not when it is collected.
        if self._process.stdin is not None:
            self._process.stdin.close()


async def _fetch_requested_part(request: list[Any], fetch_part: PartFetcher) -> bytes:
    """The sealed part that was asked for; empty when there is none. Raises BadRequest for what is no such question."""
    blob, i = request
    if not isinstance(blob, str) or not isinstance(i, int):
        raise BadRequest
    try:
        return await fetch_part(blob, i)
    except KeptError:
        return b""


async def _send_frame(stdin: asyncio.StreamWriter, payload: bytes) -> None:
    """Send one frame. A worker that is gone shows at the next line that does not come."""
    with contextlib.suppress(ConnectionError):
        stdin.write(len(payload).to_bytes(4, "big") + payload)
        await stdin.drain()


def create_job_folder() -> Path:
    """A folder of a job's own, in memory where there is such a place."""
    return Path(tempfile.mkdtemp(prefix=f"{JOB_FOLDER_PREFIX}{os.getpid()}-", dir=job_folder_root()))


def job_folder_root() -> Path:
    """Where folders of jobs are made."""
    return MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())


def remove_abandoned_folders() -> None:
    """Remove the folders of a server of this user's that was killed: nobody else is left to do so."""
    for folder in job_folder_root().glob(f"{JOB_FOLDER_PREFIX}*-*"):
        pid = folder.name.removeprefix(JOB_FOLDER_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if pid.isdigit() and not Path(f"/proc/{pid}").exists() and folder.stat().st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)

"""A pack worker's process: the folder it may write, the pipe to it, and its end.

The worker's code is not imported here, so the server's process has no code that handles an incident's text. The folder
is in memory if the machine has a memory file system. The next server removes folders that a killed server left.
"""

import asyncio
import contextlib
import json
import os
import re
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
# An entry, a file or another record (`7`, `U1`, `JB/3`, `S1`), or the words of the pack that are in no record.
_LABEL_PATTERN: Final = re.compile(r"[A-Z]{0,4}/?[0-9]{1,7}|own words|officer's sheet")
_LINE_LIMIT_BYTES: Final = 1 << 16


class WorkerProcess:
    """A running worker."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        # What has words that could not be printed, by label; known once the front part is finished.
        self.unprinted: tuple[str, ...] = ()

    @classmethod
    async def start(cls, folder: Path, bubblewrap_path: str) -> "WorkerProcess":
        """Start a worker that may write only `folder`, in its own session and with an empty environment.

        `bubblewrap_path` is set if the worker runs inside bubblewrap.
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
            # asyncio loses the pipes, and the rest of the process's session, if it is cancelled between the start of a
            # process and the connection of its pipes. So the start is finished first, and then the worker is ended.
            await cls(await start_task).end()
            raise

    @property
    def pid(self) -> int:
        """Return the id of the started process: the supervisor, or bubblewrap around it. It leads its own session."""
        return self._process.pid

    async def run_steps(self, capsule: bytes, fetch_part: PartFetcher) -> AsyncIterator[tuple[str, int, int]]:
        """Send the capsule and the parts that the worker requests. Yield its progress until the front part is finished.

        `fetch_part(blob, i)` returns one sealed part and raises KeptError if it is missing. Raise PackBuildFailed if
        the worker reports a failure.
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
                self.unprinted = read_unprinted_labels(message)
                return
            elif "failed" in message:
                raise PackBuildFailed(str(message["sentence"]))
            else:
                yield str(message["step"]), int(message["done"]), int(message["total"])
        raise PackBuildFailed("The pack could not be built: the builder stopped.")

    async def end(self) -> None:
        """Kill the process and its children, and wait for its end."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        # Close the transport now rather than at garbage collection.
        if self._process.stdin is not None:
            self._process.stdin.close()


def read_unprinted_labels(message: dict[str, Any]) -> tuple[str, ...]:
    """Return the labels of what has words that could not be printed. A worker may send anything: others are dropped."""
    labels = message.get("unprinted", [])
    rows = labels if isinstance(labels, list) else []
    return tuple(label for label in rows if isinstance(label, str) and _LABEL_PATTERN.fullmatch(label))


async def _fetch_requested_part(request: list[Any], fetch_part: PartFetcher) -> bytes:
    """Return the requested part, empty if it is missing. Raise BadRequest for a malformed request."""
    blob, i = request
    if not isinstance(blob, str) or not isinstance(i, int):
        raise BadRequest
    try:
        return await fetch_part(blob, i)
    except KeptError:
        return b""


async def _send_frame(stdin: asyncio.StreamWriter, payload: bytes) -> None:
    """Send one frame. If the worker has ended, nothing is raised here: its output ends too."""
    with contextlib.suppress(ConnectionError):
        stdin.write(len(payload).to_bytes(4, "big") + payload)
        await stdin.drain()


def create_job_folder() -> Path:
    """Create a job's folder, in memory if possible."""
    return Path(tempfile.mkdtemp(prefix=f"{JOB_FOLDER_PREFIX}{os.getpid()}-", dir=job_folder_root()))


def job_folder_root() -> Path:
    """Return the folder that contains the jobs' folders."""
    return MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())


def remove_abandoned_folders() -> None:
    """Remove job folders of this user whose server process no longer exists. Nothing else would remove them."""
    for folder in job_folder_root().glob(f"{JOB_FOLDER_PREFIX}*-*"):
        pid = folder.name.removeprefix(JOB_FOLDER_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if pid.isdigit() and not Path(f"/proc/{pid}").exists() and folder.stat().st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)

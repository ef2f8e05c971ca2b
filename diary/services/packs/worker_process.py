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
from diary.errors import BadRequest, KeptError, PackFailed

Part = Callable[[str, int], Awaitable[bytes]]
FOLDER: Final = "job-of-"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the folders made in it have random names and mode 0700
_LINE_LIMIT: Final = 1 << 16


class Worker:
    """One worker, from its start to its end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Over a process that was started."""
        self._process = process

    @classmethod
    async def start(cls, folder: Path, wall: str) -> "Worker":
        """Start one that may write `folder` only, in a session of its own and with nothing of ours around it.

        `wall`: bubblewrap's path where the worker runs inside that.
        """
        starting = asyncio.create_task(
            asyncio.create_subprocess_exec(
                *isolation.command("diary.pack.worker", folder, wall),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
                limit=_LINE_LIMIT,
            )
        )
        try:
            return cls(await asyncio.shield(starting))
        except asyncio.CancelledError:
            # asyncio loses the pipes, and the rest of the process's session, when it is cancelled between the start of a
            # process and the connection of its pipes. So the start is finished first, and the worker is ended after it.
            await cls(await starting).end()
            raise

    @property
    def pid(self) -> int:
        """The process that was started, which leads a session of its own: the supervisor, or bubblewrap around it."""
        return self._process.pid

    async def steps(self, capsule: bytes, part: Part) -> AsyncIterator[tuple[str, int, int]]:
        """Give it the capsule and the parts it asks for; each step it says, until the front part is there.

        `part(blob, i)`: one sealed part, raising KeptError where there is none. Raises PackFailed.
        """
        hear, say = self._process.stdout, self._process.stdin
        if hear is None or say is None:
            raise PackFailed
        await _frame(say, capsule)
        while line := await hear.readline():
            told = json.loads(line)
            if "want" in told:
                await _frame(say, await _wanted(told["want"], part))
            elif "front" in told:
                return
            elif "failed" in told:
                raise PackFailed(str(told["sentence"]))
            else:
                yield str(told["step"]), int(told["done"]), int(told["total"])
        raise PackFailed("The pack could not be built: the builder stopped.")

    async def end(self) -> None:
        """End it and its children, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        # Closing the pipe's transport now, not when it is collected.
        if self._process.stdin is not None:
            self._process.stdin.close()


async def _wanted(want: list[Any], part: Part) -> bytes:
    """The sealed part that was asked for; empty when there is none. Raises BadRequest for what is no such question."""
    blob, i = want
    if not isinstance(blob, str) or not isinstance(i, int):
        raise BadRequest
    try:
        return await part(blob, i)
    except KeptError:
        return b""


async def _frame(say: asyncio.StreamWriter, raw: bytes) -> None:
    """Send one frame. A worker that is gone shows at the next line that does not come."""
    with contextlib.suppress(ConnectionError):
        say.write(len(raw).to_bytes(4, "big") + raw)
        await say.drain()


def new_folder() -> Path:
    """A folder of a job's own, in memory where there is such a place."""
    return Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-", dir=memory()))


def memory() -> Path:
    """Where folders of jobs are made."""
    return MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())


def sweep() -> None:
    """Remove the folders of a server of this user's that was killed: nobody else is left to do so."""
    for folder in memory().glob(f"{FOLDER}*-*"):
        pid = folder.name.removeprefix(FOLDER).partition("-")[0]
        with contextlib.suppress(OSError):
            if pid.isdigit() and not Path(f"/proc/{pid}").exists() and folder.stat().st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)

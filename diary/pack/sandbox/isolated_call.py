"""Asking an isolated process: a module of diary.pack is started on a folder, and its last line is the answer."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from diary import isolation

SECONDS: Final = 120
_MOST_ANSWER: Final = 1 << 20


def answer_of(module: str, folder: Path, *, is_unsandboxed: bool = False) -> object:
    """What `module` says in JSON; None when it failed, took too long or said nothing that can be read.

    It may have been taken over by what it read, so the answer may be anything. Raises Unavailable where this computer cannot
    isolate it.
    """
    wall = "" if is_unsandboxed else isolation.wall_for_a_person()
    command = isolation.command(module, folder, wall, is_unsandboxed=is_unsandboxed)
    # A file, not a pipe: a process that writes without end fills no memory here.
    with tempfile.TemporaryFile() as said:
        try:
            done = subprocess.run(command, env={}, stdout=said, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            return None
        if done.returncode or os.fstat(said.fileno()).st_size > _MOST_ANSWER:
            return None
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").splitlines()
    try:
        answer: object = json.loads(lines[-1]) if lines else None
    except (ValueError, RecursionError):
        return None
    return answer

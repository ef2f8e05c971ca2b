"""Asking an isolated process: a module of diary.pack is started on a folder, and its last line is the answer."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from diary import isolation

TIMEOUT_SECONDS: Final = 120
_ANSWER_LIMIT_BYTES: Final = 1 << 20


def call_isolated(module: str, folder: Path, *, is_unsandboxed: bool = False) -> object:
    """What `module` says in JSON; None when it failed, took too long or said nothing that can be read.

    It may have been taken over by what it read, so the answer may be anything. Raises Unavailable where this computer cannot
    isolate it.
    """
    bubblewrap = "" if is_unsandboxed else isolation.require_isolation()
    command = isolation.worker_command(module, folder, bubblewrap, is_unsandboxed=is_unsandboxed)
    # A file, not a pipe: a process that writes without end fills no memory here.
    with tempfile.TemporaryFile() as output:
        try:
            result = subprocess.run(  # noqa: S603
                command, env={}, stdout=output, stderr=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return None
        if result.returncode or os.fstat(output.fileno()).st_size > _ANSWER_LIMIT_BYTES:
            return None
        output.seek(0)
        lines = output.read().decode("utf-8", "replace").splitlines()
    try:
        answer: object = json.loads(lines[-1]) if lines else None
    except (ValueError, RecursionError):
        return None
    return answer

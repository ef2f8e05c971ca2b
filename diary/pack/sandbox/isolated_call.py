"""Calls to an isolated process: a module of diary.pack runs on a folder and returns its last line of output."""

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
    """Return the JSON output of `module`; None if it failed, timed out or printed something else.

    Malicious input may have taken over the process, so the output is untrusted. Raise Unavailable if this computer
    cannot isolate it.
    """
    bubblewrap = "" if is_unsandboxed else isolation.require_isolation()
    command = isolation.worker_command(module, folder, bubblewrap, is_unsandboxed=is_unsandboxed)
    # A file instead of a pipe, so that endless output does not fill this process's memory.
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

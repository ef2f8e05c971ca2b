"""A real Redis for tests, on a socket in a folder of its own; `.ci/tools.py` installs it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class RedisServer:
    """One process; it may be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        """`folder`: empty."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            raise RuntimeError("tests need redis-server: .ci/tools.py redis-server")
        self._program, self._folder = program, folder
        self._child: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{folder}/s"

    def start(self) -> None:
        """Start it and return when it listens."""
        command = [
            self._program,
            "--port",
            "0",
            "--unixsocket",
            f"{self._folder}/s",
            "--save",
            "",
            "--dir",
            f"{self._folder}",
        ]
        self._child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(400):
            if (self._folder / "s").exists():
                return
            time.sleep(0.02)
        raise RuntimeError("Redis did not start")

    def stop(self) -> None:
        """End it."""
        if self._child:
            self._child.terminate()
            self._child.wait()
            self._child = None


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A server for the length of the block."""
    folder = Path(tempfile.mkdtemp(prefix="kept-redis-"))
    made = RedisServer(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)

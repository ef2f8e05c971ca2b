"""Real Redis for tests, on a socket in its own folder; `.ci/tools.py` installs it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class RedisServer:
    """One Redis process, which may be stopped and restarted."""

    def __init__(self, folder: Path) -> None:
        """Use an empty `folder`."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            raise RuntimeError("tests need redis-server: .ci/tools.py redis-server")
        self._program, self._folder = program, folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{folder}/s"

    def start(self) -> None:
        """Start Redis, and return when it accepts connections."""
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
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(400):
            if (self._folder / "s").exists():
                return
            time.sleep(0.02)
        raise RuntimeError("Redis did not start")

    def stop(self) -> None:
        """Stop it."""
        if self._process:
            self._process.terminate()
            self._process.wait()
            self._process = None


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Run Redis within the block."""
    folder = Path(tempfile.mkdtemp(prefix="kept-redis-"))
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

"""Server that can be started, killed and started again at one port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.free_space import ANY_FREE_SPACE

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ForkedServer:
    """Fork server (fork_server.py) and its newest server."""

    def __init__(self, folder: Path, port: int, **settings: str) -> None:
        """Start fork_server.py, which loads everything. The database must have been migrated."""
        self.environ = server_environment(folder, port, **settings)
        self.port = port
        self.server = 0
        command = [sys.executable, "-m", "tests.faults.fork_server", str(port)]
        self._fork_process = subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def fork(self, command: str) -> int:
        """Send a command, and return the process id of the fork."""
        assert self._fork_process.stdin is not None and self._fork_process.stdout is not None
        self._fork_process.stdin.write(command + "\n")
        self._fork_process.stdin.flush()
        return int(self._fork_process.stdout.readline())

    def start(self, command: str = "start") -> None:
        """Start a server, and return when it accepts connections."""
        self.server = self.fork(command)
        for _ in range(3000):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """Kill the server with kill -9, and wait until the port is closed."""
        os.kill(self.server, signal.SIGKILL)
        wait_until_ended(self.server)

    def end(self) -> None:
        """Stop both processes."""
        with suppress(ProcessLookupError):
            os.kill(self.server, signal.SIGKILL)
        self._fork_process.kill()
        self._fork_process.wait()
        for pipe in (self._fork_process.stdin, self._fork_process.stdout):
            if pipe:
                pipe.close()


def wait_until_ended(process: int, seconds: float = 5) -> None:
    """Return when a process has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.005)
    raise RuntimeError("a process that was to end is still there")


def server_environment(folder: Path, port: int, **settings: str) -> dict[str, str]:
    """Return the settings of a server at a port."""
    return {
        "PATH": os.environ["PATH"],
        "DIARY_DATA": str(folder / "data"),
        **ANY_FREE_SPACE,
        "DIARY_APP_URL": f"http://localhost:{port}",
        "DIARY_PUBLIC_URL": f"http://public.localhost:{port}",
        "DIARY_CHECKPOINT_SECONDS": "20",  # so that the log is written to as well
        **settings,
    }

"""The server of a demo is waited for as long as it is starting, and says why it did not."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from diary.errors import Unavailable
from diary.samples import demo

LISTEN_LATER = (
    "import socket, time; time.sleep(1); s = socket.socket(); s.bind(('127.0.0.1', {port})); s.listen(); time.sleep(60)"
)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_slow_start_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that takes minutes is no failure. Each look at the clock is five seconds later here."""
    port, clock = free_port(), iter(range(0, 10_000, 5))
    process = subprocess.Popen([sys.executable, "-c", LISTEN_LATER.format(port=port)])
    monkeypatch.setattr("diary.samples.demo.time.monotonic", lambda: float(next(clock)))
    try:
        demo._wait_for_port(port, process, tmp_path / "log")
        assert next(clock) > 30
    finally:
        process.kill()
        process.wait()


def test_a_server_that_exits_says_why(tmp_path: Path) -> None:
    """A wrong setting is named at once. Nothing is waited for."""
    with (
        pytest.raises(Unavailable, match=r"did not start\. It wrote: DIARY_QUOTA_BYTES is not a whole number"),
        demo.running_server(tmp_path, {"DIARY_QUOTA_BYTES": "-1"}),
    ):
        pass


def test_a_process_that_exits_without_a_word_is_reported(tmp_path: Path) -> None:
    """The sentence is whole even without a reason."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    (tmp_path / "log").write_bytes(b"\n\xff\n")
    with pytest.raises(Unavailable, match="did not start"):
        demo._wait_for_port(free_port(), process, tmp_path / "log")


async def test_the_sample_waits_for_a_server_that_is_starting() -> None:
    """`make run` starts the server and the writing of the sample at once."""
    port = free_port()
    listener = socket.socket()

    def listen() -> None:
        time.sleep(0.6)
        listener.bind(("127.0.0.1", port))
        listener.listen()

    thread = threading.Thread(target=listen)
    thread.start()
    await demo.wait_until_started(f"http://localhost:{port}", limit_seconds=30)
    thread.join()
    listener.close()
    with pytest.raises(Unavailable, match="did not start"):
        await asyncio.wait_for(demo.wait_until_started(f"http://localhost:{port}", limit_seconds=0.3), 10)

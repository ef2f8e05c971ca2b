"""Node's tests in pytest's queue: one item a file, so that both kinds share the processors and one closing line counts them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
# A file that hangs is named, and does not hold up the run for ever.
LONGEST_S = 600
_COUNT = re.compile(r"^# (tests|pass|fail|cancelled|skipped|todo) (\d+)$", re.MULTILINE)


class Servers:
    """A process that starts servers for this worker's Node tests when they ask at its socket (phone/serve.py)."""

    def __init__(self) -> None:
        """Start it, and wait until it listens. Raises RuntimeError when it ends instead."""
        self._folder = tempfile.TemporaryDirectory(prefix="kept-servers-")
        self.socket = Path(self._folder.name, "socket")
        command = [sys.executable, str(HERE / "phone" / "serve.py"), "--for", str(self.socket)]
        self._process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        while not self.socket.exists():
            if self._process.poll() is not None:
                raise RuntimeError("the process that starts servers did not start")
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        """Its process; the servers that it starts are its children."""
        return self._process.pid

    def stop(self) -> None:
        """End it; the servers that it started end with the tests that asked for them."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


@cache
def servers() -> Servers:
    """The one of this worker, started when a test first needs it."""
    return Servers()


def pytest_unconfigure() -> None:
    """Leave no process behind."""
    if servers.cache_info().currsize:
        servers().stop()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect every `*.test.js` and `*.test.mjs` below this folder."""
    if file_path.name.endswith((".test.mjs", ".test.js")):
        return NodeFile.from_parent(parent, path=file_path)
    return None


class NodeFile(pytest.File):
    """A file of Node's own test runner."""

    def collect(self) -> Iterable[pytest.Item]:
        """Give the whole file as one item; those in `slow/` and `long/` are marked slow."""
        item = NodeItem.from_parent(self, name="node")
        if {"slow", "long"} & set(self.path.relative_to(HERE).parts):
            item.add_marker(pytest.mark.slow)
        yield item


class NodeFailed(Exception):
    """Node's runner did not end with every test passed; the message is what it printed."""


class NodeItem(pytest.Item):
    """One run of one file, which runs its tests by itself: `node --test` would start a second process to watch over it."""

    def runtest(self) -> None:
        """Run the file. Raises NodeFailed when a test failed, was left out, or when none ran."""
        done = subprocess.run(
            ["node", "--test-reporter=tap", str(self.path)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**os.environ, "KEPT_SERVERS": str(servers().socket)},
            timeout=LONGEST_S,
        )
        counts = {name: int(number) for name, number in _COUNT.findall(done.stdout)}
        self.user_properties.append(("node_tests", counts.get("pass", 0)))
        whole = counts.get("pass", 0) == counts.get("tests") != 0
        if done.returncode or not whole:
            raise NodeFailed("\n".join(_failures(done.stdout)) + done.stderr)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """Show Node's words as they are, without Python's traceback."""
        if isinstance(excinfo.value, NodeFailed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the file."""
        return self.path, None, self.path.relative_to(ROOT).as_posix()


def _failures(tap: str) -> Iterator[str]:
    """The failed tests of a TAP report with their details, and the counts."""
    lines = tap.splitlines()
    for at, line in enumerate(lines):
        if line.lstrip().startswith("not ok"):
            yield line
            yield from _details(lines[at + 1 :])
        elif _COUNT.match(line):
            yield line


def _details(lines: list[str]) -> Iterator[str]:
    """The YAML block that follows a failed test."""
    if not lines or lines[0].strip() != "---":
        return
    for line in lines[:60]:
        yield line
        if line.strip() == "...":
            return

"""Collect Node tests in pytest: one item per file, so that both kinds share the processors and one summary counts them."""

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

FOLDER = Path(__file__).parent
PROJECT_ROOT = FOLDER.parent.parent
# A file that hangs is reported, and does not block the run for ever.
TEST_TIMEOUT_SECONDS = 600
_COUNT = re.compile(r"^# (tests|pass|fail|cancelled|skipped|todo) (\d+)$", re.MULTILINE)


class ServerSpawner:
    """Process that starts servers for this worker's Node tests on request at its socket (phone/serve.py)."""

    def __init__(self) -> None:
        """Start it, and wait until it listens. Raises RuntimeError when it ends instead."""
        self._folder = tempfile.TemporaryDirectory(prefix="kept-servers-")
        self.socket = Path(self._folder.name, "socket")
        command = [sys.executable, str(FOLDER / "phone" / "serve.py"), "--for", str(self.socket)]
        # A server of the simulation must do the same each time, whatever order Python's sets have.
        env = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT), "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=env)
        while not self.socket.exists():
            if self._process.poll() is not None:
                raise RuntimeError("the process that starts servers did not start")
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        """Return its process id; the servers that it starts are its children."""
        return self._process.pid

    def stop(self) -> None:
        """Stop it. The servers that it started end with the tests that requested them."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


@cache
def server_spawner() -> ServerSpawner:
    """Return this worker's spawner, started when a test first needs it."""
    return ServerSpawner()


def pytest_unconfigure() -> None:
    """Leave no process behind."""
    if server_spawner.cache_info().currsize:
        server_spawner().stop()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect every `*.test.js` and `*.test.mjs` below this folder."""
    if file_path.name.endswith((".test.mjs", ".test.js")):
        return NodeTestFile.from_parent(parent, path=file_path)
    return None


class NodeTestFile(pytest.File):
    """A file of Node's own test runner."""

    def collect(self) -> Iterable[pytest.Item]:
        """Yield the whole file as one item; those in `slow/` and `long/` are marked slow."""
        item = NodeTestItem.from_parent(self, name="node")
        if {"slow", "long"} & set(self.path.relative_to(FOLDER).parts):
            item.add_marker(pytest.mark.slow)
        yield item


class NodeTestsFailedError(Exception):
    """Node's runner did not end with every test passed. The message is its output."""


class NodeTestItem(pytest.Item):
    """One run of one file, without `node --test`, which would start a second process to supervise it."""

    def runtest(self) -> None:
        """Run the file. Raises NodeTestsFailedError when a test failed or was skipped, or when none ran."""
        result = subprocess.run(
            ["node", "--test-reporter=tap", str(self.path)],
            capture_output=True,
            text=True,
            check=False,
            cwd=PROJECT_ROOT,
            env={**os.environ, "KEPT_SERVERS": str(server_spawner().socket)},
            timeout=TEST_TIMEOUT_SECONDS,
        )
        counts = {name: int(number) for name, number in _COUNT.findall(result.stdout)}
        self.user_properties.append(("node_tests", counts.get("pass", 0)))
        all_passed = counts.get("pass", 0) == counts.get("tests") != 0
        if result.returncode or not all_passed:
            raise NodeTestsFailedError("\n".join(failed_tests(result.stdout)) + result.stderr)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """Return Node's output as it is, without Python's traceback."""
        if isinstance(excinfo.value, NodeTestsFailedError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the file's name."""
        return self.path, None, self.path.relative_to(PROJECT_ROOT).as_posix()


def failed_tests(tap: str) -> Iterator[str]:
    """Return the failed tests of a TAP report with their details, and the counts."""
    lines = tap.splitlines()
    for at, line in enumerate(lines):
        if line.lstrip().startswith("not ok"):
            yield line
            yield from failure_details(lines[at + 1 :])
        elif _COUNT.match(line):
            yield line


def failure_details(lines: list[str]) -> Iterator[str]:
    """Return the YAML block that follows a failed test."""
    if not lines or lines[0].strip() != "---":
        return
    for line in lines[:60]:
        yield line
        if line.strip() == "...":
            return

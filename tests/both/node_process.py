"""Node process that evaluates values (node.mjs), and the comparison with Python's results."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, settings

from diary.errors import KeptError

FOLDER = Path(__file__).parent
QUICK_EXAMPLES, LONG_EXAMPLES = 200, 4_000


class NodeProcess:
    """The page's own code, called through a pipe."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Use `process`, which runs node.mjs."""
        self._process = process

    def ask(self, what: str, argument: object) -> object:
        """Call a function: return `("is", value)` or `("refused", code)`. Raises AssertionError for a bug in the code."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"ask": what, "given": argument}) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        assert "fault" not in reply, (what, argument, reply["fault"])
        return ("refused", reply["refused"]) if "refused" in reply else ("is", reply.get("is"))


@contextmanager
def running_node() -> Iterator[NodeProcess]:
    """Run Node within the block."""
    command = ["node", str(FOLDER / "node.mjs")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield NodeProcess(process)
        finally:
            process.terminate()


def python_answer(work: Callable[[], object]) -> object:
    """Return Python's result in the same form, with values as JSON has them."""
    try:
        return ("is", json.loads(json.dumps(work())))
    except KeptError as error:
        return ("refused", error.code)


def assert_same_answer(node: NodeProcess, what: str, argument: object, work: Callable[[], object]) -> None:
    """Assert that both languages return the same result."""
    assert python_answer(work) == node.ask(what, argument), (what, argument)


def hypothesis_settings(examples: int) -> settings:
    """Return settings with a fixed seed. Failing examples are shrunk to the smallest that differs."""
    return settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )

"""One Node process that answers about values (node.mjs), and the comparison with what Python says of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from diary.errors import KeptError

FOLDER = Path(__file__).parent
QUICK_EXAMPLES, LONG_EXAMPLES = 200, 4_000


class NodeProcess:
    """The page's own code, asked through a pipe."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """`process`: node.mjs at work."""
        self._process = process

    def ask(self, what: str, argument: object) -> object:
        """What it says: `("is", value)` or `("refused", code)`. Raises AssertionError for a fault of the code's."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"ask": what, "given": argument}) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        assert "fault" not in reply, (what, argument, reply["fault"])
        return ("refused", reply["refused"]) if "refused" in reply else ("is", reply.get("is"))


@contextmanager
def running_node() -> Iterator[NodeProcess]:
    """A Node for the length of the block."""
    command = ["node", str(FOLDER / "node.mjs")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield NodeProcess(process)
        finally:
            process.terminate()


def python_answer(work: Callable[[], object]) -> object:
    """What Python says, in the same form; values as JSON has them."""
    try:
        return ("is", json.loads(json.dumps(work())))
    except KeptError as error:
        return ("refused", error.code)


def assert_same_answer(node: NodeProcess, what: str, argument: object, work: Callable[[], object]) -> None:
    """Both say the same of a value."""
    assert python_answer(work) == node.ask(what, argument), (what, argument)


def hypothesis_settings(examples: int) -> Any:
    """The same values each time, cut down to the smallest on which they differ."""
    return settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )

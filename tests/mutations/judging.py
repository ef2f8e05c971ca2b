"""Runs the tests that cover a mutant until one is red, the cheapest files first."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from tests.mutations import node_runner
from tests.mutations.areas import ROOT
from tests.mutations.covering import Covering, CoveringTest
from tests.mutations.mutant import Mutant

# Usual processor seconds of tests, a mutant. One that lives so long is a survivor, though dearer tests might have seen it.
BUDGET_S: Final = 60.0
# What a mutant may take: so many times the usual, and so much more.
TIMES: Final = 4
MORE_S: Final = 5
# Importing a file of tests.
_FILE_S: Final = 0.3


class Judge:
    """Judges mutants of both languages; `close` when done."""

    def __init__(self, budget_s: float = BUDGET_S, *, is_measured: bool = True) -> None:
        """Give each mutant tests that usually take `budget_s` processor seconds. `is_measured`: measure what lacks first."""
        self.budget_s = budget_s
        self.is_measured = is_measured
        self._python: subprocess.Popen[str] | None = None

    def close(self) -> None:
        """End the runners."""
        node_runner.close()
        if self._python:
            self._python.communicate()

    def judge(self, mutant: Mutant, covering: Covering) -> dict[str, Any]:
        """How a mutant ended ("killed", "survived", "timeout", "not covered"), by which test, and the processor seconds spent."""
        files = self._within_budget(by_file(covering.of(mutant), covering), covering)
        if not files:
            return {"how": "not covered", "by": "", "cpu_s": 0.0}
        run = self._python_stages if mutant.file.endswith(".py") else self._node_files
        spent, done = 0.0, {"how": "survived", "by": ""}
        for done in run(mutant, files, covering):
            spent += float(done["cpu_s"])
            if done["how"] != "survived":
                break
        return {**done, "cpu_s": round(spent, 2)}

    def _within_budget(self, files: list[list[CoveringTest]], covering: Covering) -> list[list[CoveringTest]]:
        """The files, the cheapest first, that fit; one that does not fit alone is cut to its cheapest tests."""
        found, left = [], self.budget_s
        for tests in files:
            kept = list(tests)
            while kept and usual_s(kept, covering) > left:
                kept.pop()
            if kept:
                found.append(kept)
                left -= usual_s(kept, covering)
        return found

    def _python_stages(self, mutant: Mutant, files: list[list[CoveringTest]], covering: Covering) -> Iterator[dict[str, Any]]:
        """Two files, then four, then eight: most mutants fall at the first, and a process costs less than many imports."""
        at, count = 0, 2
        while at < len(files):
            tests = [test for one in files[at : at + count] for test in one]
            limit = TIMES * (usual_s(tests, covering) + _FILE_S * count) + MORE_S
            yield self._ask(
                {"file": mutant.file, "source": mutant.source, "tests": [test.name for test in tests], "cpu_s": limit}
            )
            at, count = at + count, count * 2

    def _ask(self, task: dict[str, Any]) -> dict[str, Any]:
        if not self._python:
            command = [sys.executable, "-m", "tests.mutations.python_runner"]
            self._python = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._python.stdin
        assert self._python.stdout
        print(json.dumps(task), file=self._python.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._python.stdout.readline())
        return answer

    def _node_files(self, mutant: Mutant, files: list[list[CoveringTest]], covering: Covering) -> Iterator[dict[str, Any]]:
        for tests in files:
            limit = TIMES * usual_s(tests, covering) + MORE_S
            yield node_runner.run(mutant.file, mutant.source, tests[0].file, [test.name for test in tests], limit)


def by_file(tests: list[CoveringTest], covering: Covering) -> list[list[CoveringTest]]:
    """The tests by their file, the cheapest file first and in it the cheapest test."""
    found: dict[str, list[CoveringTest]] = defaultdict(list)
    for test in tests:
        found[test.file].append(test)
    return sorted(found.values(), key=lambda one: usual_s(one, covering))


def usual_s(tests: list[CoveringTest], covering: Covering) -> float:
    """Processor seconds that tests of one run usually take, what they set up with others counted once."""
    return sum(test.cost for test in tests) + sum(covering.shared[one] for one in {one for test in tests for one in test.uses})

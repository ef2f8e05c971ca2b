"""Runs the tests that cover a mutant until one is red: first those that killed others near it, then the cheapest files."""

from __future__ import annotations

import json
import subprocess
import sys
import time
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
# A kill counts in full within this many lines of the mutant, and in part in the rest of the file.
_NEAR_LINES: Final = 15
_FAR: Final = 0.2
# So many tests that killed others are tried by themselves first, and they may usually take so many processor seconds.
_FIRST_TESTS: Final = 6
_FIRST_S: Final = 4.0
# By the clock: a red test that took longer must be green with nothing changed.
_SLOW_S: Final = node_runner.PATIENCE_MS / 2000


class Judge:
    """Judges mutants of both languages; `close` when done."""

    def __init__(self, budget_s: float = BUDGET_S, *, is_measured: bool = True) -> None:
        """Give each mutant tests that usually take `budget_s` processor seconds. `is_measured`: measure what lacks first."""
        self.budget_s = budget_s
        self.is_measured = is_measured
        self._python: subprocess.Popen[str] | None = None
        self._kills: dict[str, list[tuple[int, str]]] = defaultdict(list)

    def close(self) -> None:
        """End the runners."""
        node_runner.close()
        if self._python:
            self._python.communicate()

    def learn(self, result: dict[str, Any]) -> None:
        """Note which test killed a mutant of which line: it is likely to kill others there."""
        if result["how"] == "killed" and result["by"]:
            self._kills[result["file"]].append((result["line"], result["by"]))

    def judge(self, mutant: Mutant, covering: Covering, tests: list[CoveringTest] | None = None) -> dict[str, Any]:
        """Run `tests`, or all that cover a mutant, as far as the budget goes.

        Returns how it ended ("killed", "survived", "timeout", "not covered"), by which test, the processor seconds spent, and the
        ids of the tests that stayed green.
        """
        asked = covering.of(mutant) if tests is None else tests
        runs = self._within_budget([*self.runs(mutant, asked, covering)], covering)
        is_python = mutant.file.endswith(".py")
        if not runs:
            return {"how": "not covered", "by": "", "cpu_s": 0.0, "green": []}
        run = self._python_run if is_python else self._node_run
        spent, done, green = 0.0, {"how": "survived", "by": ""}, list[str]()
        for some in self._joined(runs) if is_python else runs:
            done = run(mutant, some, TIMES * (usual_s(some, covering) + _FILE_S) + MORE_S)
            spent += float(done["cpu_s"])
            if done["how"] != "survived":
                break
            if not done.get("unsure"):
                green += [test.id for test in some]
        return {"how": done["how"], "by": done["by"], "cpu_s": round(spent, 2), "green": green}

    def _likelihood(self, mutant: Mutant) -> dict[str, float]:
        """How often each test killed a mutant of the same file, those nearby above all."""
        found: dict[str, float] = defaultdict(float)
        for line, test in self._kills[mutant.file]:
            found[test] += 1.0 if abs(line - mutant.line) <= _NEAR_LINES else _FAR
        return found

    def runs(self, mutant: Mutant, tests: list[CoveringTest], covering: Covering) -> Iterator[list[CoveringTest]]:
        """The tests in the order of their runs: the likeliest by themselves, then file by file.

        Of files, those first that cost least for what they are likely to find.
        """
        likely = self._likelihood(mutant)
        first, spent = list[CoveringTest](), 0.0
        for test in sorted(
            (one for one in tests if likely.get(one.id)), key=lambda one: -likely[one.id] / (0.5 + one.cost)
        ):
            if len(first) < _FIRST_TESTS and spent + test.cost <= _FIRST_S:
                first.append(test)
                spent += test.cost
        yield from by_file(first, covering)
        rest = by_file([test for test in tests if test not in first], covering)
        by_name: dict[str, float] = defaultdict(float)
        for name, weight in likely.items():
            by_name[name.partition("::")[0]] += weight
        yield from sorted(rest, key=lambda one: (_FILE_S + usual_s(one, covering)) / (1 + by_name[one[0].file]))

    def _within_budget(self, runs: list[list[CoveringTest]], covering: Covering) -> list[list[CoveringTest]]:
        """The runs that fit; one that does not fit alone is cut to its cheapest tests."""
        found, left = [], self.budget_s
        for tests in runs:
            kept = list(tests)
            while kept and usual_s(kept, covering) > left:
                kept.pop()
            if kept:
                found.append(kept)
                left -= usual_s(kept, covering)
        return found

    def _joined(self, runs: list[list[CoveringTest]]) -> Iterator[list[CoveringTest]]:
        """Two files, then four, then eight: most mutants fall at the first, and a process costs less than many imports."""
        at, count = 0, 2
        while at < len(runs):
            yield [test for one in runs[at : at + count] for test in one]
            at, count = at + count, count * 2

    def _python_run(self, mutant: Mutant, tests: list[CoveringTest], limit: float) -> dict[str, Any]:
        limit += TIMES * _FILE_S * len({test.file for test in tests})
        return self._ask(
            {"file": mutant.file, "source": mutant.source, "tests": [test.name for test in tests], "cpu_s": limit}
        )

    def _ask(self, task: dict[str, Any]) -> dict[str, Any]:
        if not self._python:
            command = [sys.executable, "-m", "tests.mutations.python_runner"]
            self._python = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._python.stdin
        assert self._python.stdout
        print(json.dumps(task), file=self._python.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._python.stdout.readline())
        return answer

    def _node_run(self, mutant: Mutant, tests: list[CoveringTest], limit: float) -> dict[str, Any]:
        file = tests[0].file
        began = time.monotonic()
        done = node_runner.run(mutant.file, mutant.source, file, [test.name for test in tests], limit)
        if done["how"] == "killed" and time.monotonic() - began > _SLOW_S:
            # A test that waits by the clock is red on a machine that is busy enough: then it has judged nothing.
            control = node_runner.run(
                "", "", file, [done["by"]] if done["by"] else [test.name for test in tests], limit
            )
            if control["how"] != "survived":
                return {"how": "survived", "by": "", "cpu_s": done["cpu_s"] + control["cpu_s"], "unsure": True}
        return {**done, "by": f"{file}::{done['by']}" if done["by"] else ""}


def by_file(tests: list[CoveringTest], covering: Covering) -> list[list[CoveringTest]]:
    """The tests by their file, the cheapest file first and in it the cheapest test."""
    found: dict[str, list[CoveringTest]] = defaultdict(list)
    for test in tests:
        found[test.file].append(test)
    return sorted(found.values(), key=lambda one: usual_s(one, covering))


def usual_s(tests: list[CoveringTest], covering: Covering) -> float:
    """Processor seconds that tests of one run usually take, what they set up with others counted once."""
    return sum(test.cost for test in tests) + sum(
        covering.shared[one] for one in {one for test in tests for one in test.uses}
    )

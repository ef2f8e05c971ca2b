"""Run the tests that cover a mutant until one fails: first those that killed others nearby, then the cheapest files."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from tests.mutations import node_runner
from tests.mutations.areas import PROJECT_ROOT
from tests.mutations.coverage_map import CoverageMap, CoveringTest
from tests.mutations.mutant import CodeMutant

# Budget of tests per mutant, in usual processor seconds. A mutant that survives it counts as a survivor, although more
# expensive tests might kill it.
BUDGET_SECONDS: Final = 60.0
# Limit per mutant: a multiple of the usual time plus a constant.
TIME_FACTOR: Final = 4
EXTRA_SECONDS: Final = 5
# Cost of importing a test file.
_FILE_OVERHEAD_SECONDS: Final = 0.3
# A kill counts fully within this many lines of the mutant, and partly in the rest of the file.
_NEARBY_LINES: Final = 15
_FAR_WEIGHT: Final = 0.2
# A test that runs this many files more is expected to notice half as much about each.
_BROAD_FILES: Final = 20
# Number of previous killers that are tried individually first, and their budget in usual processor seconds.
_FIRST_TESTS: Final = 6
_FIRST_RUN_SECONDS: Final = 4.0
# Wall time: a failing test that took longer must pass on unchanged code.
_SLOW_TEST_SECONDS: Final = node_runner.TEST_TIMEOUT_MS / 2000


class MutantJudge:
    """Judge of mutants in both languages. Call `close` at the end."""

    def __init__(self, budget_s: float = BUDGET_SECONDS, *, is_measured: bool = True) -> None:
        """Use tests of `budget_s` usual processor seconds per mutant. `is_measured`: measure missing coverage first."""
        self.budget_s = budget_s
        self.is_measured = is_measured
        self._python_runner: subprocess.Popen[str] | None = None
        self._recorded_kills: dict[str, list[tuple[int, str]]] = defaultdict(list)

    def close(self) -> None:
        """Stop the runners."""
        node_runner.stop_servers()
        if self._python_runner:
            self._python_runner.communicate()

    def record_kill(self, result: dict[str, Any]) -> None:
        """Record which test killed a mutant on which line: it is likely to kill others there."""
        if result["how"] == "killed" and result["by"]:
            self._recorded_kills[result["file"]].append((result["line"], result["by"]))

    def judge(
        self, mutant: CodeMutant, covering: CoverageMap, tests: list[CoveringTest] | None = None
    ) -> dict[str, Any]:
        """Run `tests`, or all that cover the mutant, within the budget.

        Returns the result ("killed", "survived", "timeout", "not covered"), the deciding test, the processor seconds
        spent, and the ids of the tests that passed.
        """
        candidate_tests = covering.tests_for(mutant) if tests is None else tests
        runs = self._within_budget([*self.plan_runs(mutant, candidate_tests, covering)], covering)
        is_python = mutant.file.endswith(".py")
        if not runs:
            return {"how": "not covered", "by": "", "cpu_s": 0.0, "green": []}
        run = self._python_run if is_python else self._node_run
        seconds_spent, result, green = 0.0, {"how": "survived", "by": ""}, list[str]()
        for run_tests in self._joined_runs(runs) if is_python else runs:
            result = run(
                mutant,
                run_tests,
                TIME_FACTOR * (usual_seconds(run_tests, covering) + _FILE_OVERHEAD_SECONDS) + EXTRA_SECONDS,
            )
            seconds_spent += float(result["cpu_s"])
            if result["how"] != "survived":
                break
            if not result.get("unsure"):
                green += [test.id for test in run_tests]
        return {"how": result["how"], "by": result["by"], "cpu_s": round(seconds_spent, 2), "green": green}

    def _likelihood(self, mutant: CodeMutant) -> dict[str, float]:
        """Return how often each test killed a mutant of the same file, weighted by distance."""
        likelihoods: dict[str, float] = defaultdict(float)
        for line, test in self._recorded_kills[mutant.file]:
            likelihoods[test] += 1.0 if abs(line - mutant.line) <= _NEARBY_LINES else _FAR_WEIGHT
        return likelihoods

    def plan_runs(
        self, mutant: CodeMutant, tests: list[CoveringTest], covering: CoverageMap
    ) -> Iterator[list[CoveringTest]]:
        """Return the tests in the order of their runs: the likeliest individually, then file by file.

        Tests that run most of the changed lines come before the others, then files that import the mutated module
        themselves, and then those with the lowest cost per expected kill. A journey runs much of the app and asserts little about
        each part, so a test of a few files comes before a cheaper one of many.
        """
        likely = self._likelihood(mutant)
        first, seconds_planned = list[CoveringTest](), 0.0
        for test in sorted(
            (planned_test for planned_test in tests if likely.get(planned_test.id)),
            key=lambda planned_test: -likely[planned_test.id] / (0.5 + planned_test.cost),
        ):
            if len(first) < _FIRST_TESTS and seconds_planned + test.cost <= _FIRST_RUN_SECONDS:
                first.append(test)
                seconds_planned += test.cost
        yield from group_by_file(first, covering)
        thorough = covering.thorough_tests(mutant, tests)
        rest = [
            group
            for is_thorough in (True, False)
            for group in group_by_file(
                [test for test in tests if test not in first and (test in thorough) == is_thorough], covering
            )
        ]
        by_name: dict[str, float] = defaultdict(float)
        for name, weight in likely.items():
            by_name[name.partition("::")[0]] += weight
        yield from sorted(
            rest,
            key=lambda planned_test: (
                planned_test[0] not in thorough,
                not covering.is_about(planned_test[0], mutant.file),
                (_FILE_OVERHEAD_SECONDS + usual_seconds(planned_test, covering))
                * (1 + _mean_breadth(planned_test, covering) / _BROAD_FILES)
                / (1 + by_name[planned_test[0].file]),
            ),
        )

    def _within_budget(self, runs: list[list[CoveringTest]], covering: CoverageMap) -> list[list[CoveringTest]]:
        """Return the runs that fit the budget. One too large by itself is cut to its cheapest tests."""
        fitting_runs, seconds_left = [], self.budget_s
        for tests in runs:
            kept_tests = list(tests)
            while kept_tests and usual_seconds(kept_tests, covering) > seconds_left:
                kept_tests.pop()
            if kept_tests:
                fitting_runs.append(kept_tests)
                seconds_left -= usual_seconds(kept_tests, covering)
        return fitting_runs

    def _joined_runs(self, runs: list[list[CoveringTest]]) -> Iterator[list[CoveringTest]]:
        """Join two files, then four, then eight: most mutants fail early, and a process costs less than many imports."""
        index, count = 0, 2
        while index < len(runs):
            yield [test for test_run in runs[index : index + count] for test in test_run]
            index, count = index + count, count * 2

    def _python_run(self, mutant: CodeMutant, tests: list[CoveringTest], limit: float) -> dict[str, Any]:
        limit += TIME_FACTOR * _FILE_OVERHEAD_SECONDS * len({test.file for test in tests})
        return self._ask_runner(
            {"file": mutant.file, "source": mutant.source, "tests": [test.name for test in tests], "cpu_s": limit}
        )

    def _ask_runner(self, task: dict[str, Any]) -> dict[str, Any]:
        if not self._python_runner:
            command = [sys.executable, "-m", "tests.mutations.python_runner"]
            self._python_runner = subprocess.Popen(
                command, cwd=PROJECT_ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        assert self._python_runner.stdin
        assert self._python_runner.stdout
        print(json.dumps(task), file=self._python_runner.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._python_runner.stdout.readline())
        return answer

    def _node_run(self, mutant: CodeMutant, tests: list[CoveringTest], limit: float) -> dict[str, Any]:
        file = tests[0].file
        started_at = time.monotonic()
        result = node_runner.run(mutant.file, mutant.source, file, [test.name for test in tests], limit)
        if result["how"] == "killed" and time.monotonic() - started_at > _SLOW_TEST_SECONDS:
            # On a busy machine a time-dependent test fails on unchanged code too: then it has judged nothing.
            control_result = node_runner.run(
                "", "", file, [result["by"]] if result["by"] else [test.name for test in tests], limit
            )
            if control_result["how"] != "survived":
                return {"how": "survived", "by": "", "cpu_s": result["cpu_s"] + control_result["cpu_s"], "unsure": True}
        return {**result, "by": f"{file}::{result['by']}" if result["by"] else ""}


def group_by_file(tests: list[CoveringTest], covering: CoverageMap) -> list[list[CoveringTest]]:
    """Group the tests by file, the cheapest file first and in it the cheapest test."""
    groups: dict[str, list[CoveringTest]] = defaultdict(list)
    for test in tests:
        groups[test.file].append(test)
    return sorted(groups.values(), key=lambda one: usual_seconds(one, covering))


def _mean_breadth(tests: list[CoveringTest], covering: CoverageMap) -> float:
    """Return how many files of the code a test of this run covers on average."""
    return sum(covering.files_run.get(test.id, 0) for test in tests) / max(1, len(tests))


def usual_seconds(tests: list[CoveringTest], covering: CoverageMap) -> float:
    """Return the usual processor seconds of tests in one run, with shared fixtures counted once."""
    return sum(test.cost for test in tests) + sum(
        covering.shared_costs[fixture] for fixture in {fixture for test in tests for fixture in test.fixtures_used}
    )

"""Scheduling of the whole suite: groups of tests, longest first, and their cost in processor seconds.

Tests of one file run in sequence on one worker, because they share its fixtures. Files that share something expensive
run on one worker together (GROUP_BY_FILE). costs.json beside this file has the last recorded cost of each group (`make
costs`); the longest start first, so that no worker is left with a long one at the end.

The cost of a test is the processor time of its worker and of every process below it: servers, browsers, Node, child
commands.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

PROJECT_ROOT = Path(__file__).resolve().parent.parent
BROWSER_TESTS = PROJECT_ROOT / "tests" / "browser"
COSTS_PATH = Path(__file__).with_name("costs.json")
RECORD_COSTS_VARIABLE = "KEPT_RECORD_COSTS"
# Files that read a pack built by a session fixture (tests/pack/conftest.py): on one worker it is built once.
_PACK_MODULES = (
    "documents log_part phone_tables preparer_statement rebuilt_digest_lists rerender rerender_isolated servable verify"
    " verify_page"
)
GROUP_BY_FILE = {f"tests/pack/test_{name}.py": "packs" for name in _PACK_MODULES.split()}
# Budget of each area in `make test`, in processor seconds: a quarter above the use when this was written. Above it the
# run prints a warning but does not fail, because another or a busy machine counts differently.
BUDGET_SECONDS_BY_AREA = {
    "browser": 1000, "js": 450, "pack": 230, "trust": 155, "(top)": 170, "migrations": 90, "web": 80, "storage": 50, "model": 45,
    "operating": 40, "client": 35, "services": 25, "faults": 20, "judges": 20, "mutations": 20, "both": 15, "machines": 15,
}  # fmt: skip
SHOWN_TESTS_LIMIT = 30
# A group without a record is tried early: a new file may be long.
UNKNOWN_COST_SECONDS = 60.0
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def group_of(nodeid: str) -> str:
    """Return the group of a test."""
    path = nodeid.partition("::")[0]
    return GROUP_BY_FILE.get(path, path)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser journeys first, then the longest groups.

    A worker keeps one browser, with the app's files in its cache, across successive journeys.
    """
    recorded: dict[str, float] = json.loads(COSTS_PATH.read_text(encoding="utf-8"))
    position_by_group = {group_of(item.nodeid): index for index, item in reversed(list(enumerate(items)))}

    def sort_key(item: pytest.Item) -> tuple[bool, float, int]:
        group = group_of(item.nodeid)
        return (
            BROWSER_TESTS not in item.path.parents,
            -recorded.get(group, UNKNOWN_COST_SECONDS),
            position_by_group[group],
        )

    items.sort(key=sort_key)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """Scheduler that gives workers whole groups, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    """Return the scheduler of every run with workers."""
    config.option.loadscopereorder = False
    return GroupScheduling(config, log)


def processor_seconds() -> float:
    """Return the processor seconds used by this process, those below it, and its finished children."""
    rows: dict[int, tuple[int, float]] = {}
    # Not "[0-9]*/stat": that looks each file up, and fails when a process exits meanwhile.
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # the process has exited
        rows[int(process.name)] = int(fields[1]), sum(map(int, fields[11:15])) / _TICKS_PER_SECOND
    children = defaultdict(list)
    for pid, (parent, _) in rows.items():
        children[parent].append(pid)
    total, pending = 0.0, [os.getpid()]
    while pending:
        pid = pending.pop()
        total += rows[pid][1] if pid in rows else 0.0
        pending += children[pid]
    return total


class CostMeter:
    """Meter of each test on a worker, or in the only process there is.

    Reading every process of the machine takes some milliseconds, so it is done for browser journeys only. Elsewhere the
    processes below a worker end with the test, except for an occasional database server.
    """

    def __init__(self) -> None:
        """Start without measurements."""
        self._used_at_start = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Record the use before the test."""
        self._used_at_start = _processor_seconds_for(item)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the cost to the report of the test's end, which workers send on."""
        report = yield
        if report.when == "teardown":
            # The time of a killed process without a waiting parent is lost, so the difference may be negative.
            cost = max(0.0, _processor_seconds_for(item) - self._used_at_start)
            report.user_properties.append(("processor_s", round(cost, 2)))
        return report


def _processor_seconds_for(item: pytest.Item) -> float:
    """Return the processor seconds used so far, as far as this kind of test needs them."""
    return processor_seconds() if BROWSER_TESTS in item.path.parents else sum(os.times()[:4])


class CostReport:
    """Report of the costs, at the end of the run."""

    def __init__(self) -> None:
        """Start with no costs."""
        self.cost_by_test: dict[str, float] = {}
        self.cost_by_group: dict[str, float] = defaultdict(float)
        self.node_tests = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one test's cost."""
        if report.when != "teardown":
            return
        properties: dict[str, Any] = dict(report.user_properties)
        self.cost_by_test[report.nodeid] = float(properties.get("processor_s", 0.0))
        self.cost_by_group[group_of(report.nodeid)] += self.cost_by_test[report.nodeid]
        self.node_tests += int(properties.get("node_tests", 0))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print processor seconds by area with the budget, and the most expensive tests."""
        write_line = terminalreporter.write_line
        areas: dict[str, float] = defaultdict(float)
        for name, cost in self.cost_by_test.items():
            path = Path(name.partition("::")[0])
            areas[path.parts[1] if len(path.parts) > 2 else "(top)"] += cost
        write_line(f"processor seconds: {sum(areas.values()):.0f} in total, Node tests: {self.node_tests}")
        for area, cost in sorted(areas.items(), key=lambda row: -row[1]):
            budget = BUDGET_SECONDS_BY_AREA.get(area)
            write_line(
                f"  {cost:7.0f}  {area}" + (f"  OVER its budget of {budget}" if budget and cost > budget else "")
            )
        write_line(f"the {SHOWN_TESTS_LIMIT} most expensive tests:")
        costliest = sorted(self.cost_by_test.items(), key=lambda row: -row[1])[:SHOWN_TESTS_LIMIT]
        for name, cost in costliest:
            write_line(f"  {cost:7.1f}  {name}")

    def pytest_sessionfinish(self) -> None:
        """Record the costs if requested."""
        if os.environ.get(RECORD_COSTS_VARIABLE):
            rows = {group: round(cost, 1) for group, cost in sorted(self.cost_by_group.items()) if cost >= 0.1}
            COSTS_PATH.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Measure on every worker, and sum up in the main process."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(CostReport(), "kept-totals")
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        config.pluginmanager.register(CostMeter(), "kept-meter")

"""Pytest plugin that records the lines each test runs, and its cost, in var/mutations/python-covered.json.

Module and session fixtures are set up by whichever test needs them first, so each is measured separately and listed
with the tests that use it.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.mutations.areas import PROJECT_ROOT


def _cpu_seconds() -> float:
    """Return processor seconds of this process and of its finished children."""
    return sum(os.times()[:4])


class CoveragePlugin:
    """Measure every test and every wider fixture in its own coverage context."""

    def __init__(self, out: str) -> None:
        """Write to `out` at the end."""
        self.output_path = out
        self.cost: dict[str, float] = defaultdict(float)
        self.fixtures_by_test: dict[str, list[str]] = {}
        self.failed: set[str] = set()
        self.cover = coverage.Coverage(data_file=None, source=[str(PROJECT_ROOT / "diary")], config_file=False)
        self.current_context = ""
        self.cover.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure a test."""
        self.fixtures_by_test[item.nodeid] = [*fixture_ids_of(item)]
        self._switch_context(item.nodeid)
        cpu_before = _cpu_seconds()
        outcome = yield
        self.cost[item.nodeid] += _cpu_seconds() - cpu_before
        self._switch_context("")
        return outcome

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[Any]:
        """Measure a fixture with a wider scope than a test."""
        if fixturedef.scope == "function":
            return (yield)
        before, fixture_name = self.current_context, fixture_id(fixturedef)
        self._switch_context(fixture_name)
        cpu_before = _cpu_seconds()
        try:
            return (yield)
        finally:
            spent = _cpu_seconds() - cpu_before
            self.cost[fixture_name] += spent
            self.cost[before] -= spent
            self._switch_context(before)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Drop a test that fails or is skipped on unchanged code: it cannot judge a mutant."""
        if not report.passed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write the measurements."""
        self.cover.stop()
        data = self.cover.get_data()
        lines: dict[str, dict[str, list[int]]] = defaultdict(dict)
        for file in data.measured_files():
            by_line = data.contexts_by_lineno(file)
            for number, contexts in by_line.items():
                for context in contexts:
                    if context:
                        lines[context].setdefault(os.path.relpath(file, PROJECT_ROOT), []).append(number)
        record = {
            "tests": {
                name: {"uses": uses, "cost": round(self.cost[name], 3), "lines": lines.get(name, {})}
                for name, uses in self.fixtures_by_test.items()
                if name not in self.failed
            },
            "fixtures": {
                name: {"cost": round(cost, 3), "lines": lines.get(name, {})}
                for name, cost in self.cost.items()
                if name not in self.fixtures_by_test
            },
        }
        Path(self.output_path).write_text(json.dumps(record), encoding="utf-8")

    def _switch_context(self, context: str) -> None:
        self.current_context = context
        self.cover.switch_context(context)


def fixture_id(fixturedef: Any) -> str:
    return f"fixture {fixturedef.baseid}::{fixturedef.argname}"


def fixture_ids_of(item: pytest.Item) -> Iterator[str]:
    fixture_info = getattr(item, "_fixtureinfo", None)
    for definitions in fixture_info.name2fixturedefs.values() if fixture_info else ():
        if definitions[-1].scope != "function":
            yield fixture_id(definitions[-1])


def pytest_configure(config: pytest.Config) -> None:
    """Start measuring before the first test module is imported."""
    config.pluginmanager.register(CoveragePlugin(os.environ["KEPT_COVERED"]), "kept-covering")

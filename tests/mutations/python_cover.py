"""Which lines each Python test runs, and what it costs: a pytest plugin that writes var/mutations/python-covered.json.

Fixtures of a module or a session are set up in whichever test asks first, so each is measured by itself and named by the tests
that use it.
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

from tests.mutations.areas import ROOT


def _cpu_s() -> float:
    """Processor seconds of this process and of those it has waited for."""
    return sum(os.times()[:4])


class Covering:
    """Measures every test and every wider fixture under a context of its own."""

    def __init__(self, out: str) -> None:
        """Write to `out` at the end."""
        self.out = out
        self.cost: dict[str, float] = defaultdict(float)
        self.uses: dict[str, list[str]] = {}
        self.failed: set[str] = set()
        self.cover = coverage.Coverage(data_file=None, source=[str(ROOT / "diary")], config_file=False)
        self.now = ""
        self.cover.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure a test."""
        self.uses[item.nodeid] = [*_fixtures(item)]
        self._switch(item.nodeid)
        began = _cpu_s()
        done = yield
        self.cost[item.nodeid] += _cpu_s() - began
        self._switch("")
        return done

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[Any]:
        """Measure a fixture that outlives its test."""
        if fixturedef.scope == "function":
            return (yield)
        before, named = self.now, _named(fixturedef)
        self._switch(named)
        began = _cpu_s()
        try:
            return (yield)
        finally:
            spent = _cpu_s() - began
            self.cost[named] += spent
            self.cost[before] -= spent
            self._switch(before)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that fails or is left out with nothing changed cannot judge a change."""
        if not report.passed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write what was found."""
        self.cover.stop()
        data = self.cover.get_data()
        lines: dict[str, dict[str, list[int]]] = defaultdict(dict)
        for file in data.measured_files():
            by_line = data.contexts_by_lineno(file)
            for number, contexts in by_line.items():
                for context in contexts:
                    if context:
                        lines[context].setdefault(os.path.relpath(file, ROOT), []).append(number)
        told = {
            "tests": {
                name: {"uses": uses, "cost": round(self.cost[name], 3), "lines": lines.get(name, {})}
                for name, uses in self.uses.items()
                if name not in self.failed
            },
            "fixtures": {
                name: {"cost": round(cost, 3), "lines": lines.get(name, {})}
                for name, cost in self.cost.items()
                if name not in self.uses
            },
        }
        Path(self.out).write_text(json.dumps(told), encoding="utf-8")

    def _switch(self, context: str) -> None:
        self.now = context
        self.cover.switch_context(context)


def _named(fixturedef: Any) -> str:
    return f"fixture {fixturedef.baseid}::{fixturedef.argname}"


def _fixtures(item: pytest.Item) -> Iterator[str]:
    found = getattr(item, "_fixtureinfo", None)
    for definitions in found.name2fixturedefs.values() if found else ():
        if definitions[-1].scope != "function":
            yield _named(definitions[-1])


def pytest_configure(config: pytest.Config) -> None:
    """Start measuring before the first test module is imported."""
    config.pluginmanager.register(Covering(os.environ["KEPT_COVERED"]), "kept-covering")

"""Lines that each test runs, measured once, and again for changed tests."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from tests.mutations import node_runner
from tests.mutations.areas import NODE_TESTS, PROJECT_ROOT, PYTHON_MARKS, PYTHON_TESTS, RESULTS_FOLDER
from tests.mutations.mutant import CodeMutant
from tests.scheduling import UNKNOWN_COST_SECONDS

_PLUGIN_OPTIONS: Final = ("-p", "tests.mutations.coverage_plugin")
_PYTHON_COVERAGE: Final = RESULTS_FOLDER / "python-covered"
_NODE_COVERAGE: Final = RESULTS_FOLDER / "node-covered"


@dataclass(frozen=True)
class CoveringTest:
    """A test: its file and name, its cost, and the fixtures it shares."""

    file: str
    name: str
    cost: float
    fixtures_used: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Return the name of the test in results: pytest's node id, or the same form for Node."""
        return self.name if self.name.startswith(self.file) else f"{self.file}::{self.name}"


@dataclass
class CoverageMap:
    """Tests by the lines that they run, the files each runs, and the processor seconds of shared fixtures.

    A test counts as running every line of a file that has changed since it was measured.
    """

    by_line: dict[str, dict[int, set[CoveringTest]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    by_file: dict[str, set[CoveringTest]] = field(default_factory=lambda: defaultdict(set))
    by_import: dict[str, set[CoveringTest]] = field(default_factory=lambda: defaultdict(set))
    shared_costs: dict[str, float] = field(default_factory=dict)
    tests: set[CoveringTest] = field(default_factory=set)
    files_run: dict[str, int] = field(default_factory=dict)
    _imported: dict[str, set[CoveringTest]] = field(default_factory=dict)
    _direct_imports: dict[tuple[str, str], bool] = field(default_factory=dict)

    def add(self, test: CoveringTest, lines: dict[str, list[int]], changed: set[str]) -> None:
        """Add the lines of a test, and the files that have changed since it was measured."""
        self.tests.add(test)
        self.files_run[test.id] = len(lines)
        for file, numbers in lines.items():
            self.by_file[file].add(test)
            if file in changed:
                self.by_import[file].add(test)
                continue
            for number in numbers:
                self.by_line[file][number].add(test)

    def _tests_importing(self, module: str) -> set[CoveringTest]:
        """Return the tests in files that import a module: they may use its values without running a line of it."""
        if module not in self._imported:
            import_pattern = re.compile(rf"^(from|import) .*\b{module}\b", re.MULTILINE)
            importing_tests = {
                test
                for test in self.tests
                if import_pattern.search((PROJECT_ROOT / test.file).read_text(encoding="utf-8"))
            }
            self._imported[module] = importing_tests
        return self._imported[module]

    def is_about(self, test: CoveringTest, module: str) -> bool:
        """Return whether the file of a test imports a module itself, and not through others."""
        key = test.file, module
        if key not in self._direct_imports:
            stem = re.escape(Path(module).stem)
            pattern = re.compile(rf"""from ['"]#app/.*\b{stem}\.js['"]|^(from|import) .*\b{stem}\b""", re.MULTILINE)
            path = PROJECT_ROOT / test.file
            self._direct_imports[key] = path.exists() and bool(pattern.search(path.read_text(encoding="utf-8")))
        return self._direct_imports[key]

    def thorough_tests(self, mutant: CodeMutant, tests: Iterable[CoveringTest]) -> set[CoveringTest]:
        """Return those tests that run more than half as many of the changed lines as the test that runs most.

        Many tests only pass the first line of a changed function, for example where it makes others.
        """
        by_line = self.by_line[mutant.file]
        counts = {test: sum(test in by_line[line] for line in mutant.lines or ()) for test in tests}
        most = max(counts.values(), default=0)
        return {test for test, count in counts.items() if 2 * count > most}

    def tests_for(self, mutant: CodeMutant) -> list[CoveringTest]:
        """Return the tests that run the changed place, cheapest first."""
        tests = set[CoveringTest]()
        if mutant.lines is not None:
            tests = self.by_import[mutant.file].union(*(self.by_line[mutant.file][line] for line in mutant.lines))
        # Module-level code, and functions called only from it, run in no test.
        if mutant.lines is None or (not tests and mutant.file.endswith(".py")):
            tests = self.by_file[mutant.file] | self._tests_importing(Path(mutant.file).stem)
        return sorted(
            tests,
            key=lambda test: (
                test.cost + sum(self.shared_costs[fixture] for fixture in test.fixtures_used),
                test.file,
                test.name,
            ),
        )


def digest(paths: Iterable[Path]) -> str:
    """Return a digest of the files' content."""
    hasher = hashlib.sha256()
    for path in sorted(paths):
        hasher.update(f"{path.relative_to(PROJECT_ROOT)}\0".encode() + path.read_bytes())
    return hasher.hexdigest()[:16]


def python_coverage(area: str, *, is_measured: bool = True) -> CoverageMap:
    """Measure pytest's tests of an area, only in changed files. Without `is_measured`, leave those out."""
    _PYTHON_COVERAGE.mkdir(parents=True, exist_ok=True)
    coverage = CoverageMap()
    cache_by_test_file = {path: _PYTHON_COVERAGE / f"{path.stem}-{digest([path])}.json" for path in _python_tests(area)}
    unmeasured = [path for path, cache_path in cache_by_test_file.items() if not cache_path.exists()]
    if is_measured:
        # One folder at a time, so that an interrupted run repeats only one folder.
        for _folder, paths in groupby(unmeasured, lambda path: path.parent):
            _measure_python(list(paths), cache_by_test_file)
    for path, cache_path in cache_by_test_file.items():
        if not cache_path.exists():
            continue
        record = json.loads(cache_path.read_text(encoding="utf-8"))
        fixtures, changed = record["fixtures"], changed_since(record)
        coverage.shared_costs |= {name: max(0.0, cost_item["cost"]) for name, cost_item in fixtures.items()}
        for name, cost_item in record["tests"].items():
            uses = tuple(use for use in cost_item["uses"] if use in fixtures)
            test = CoveringTest(path.relative_to(PROJECT_ROOT).as_posix(), name, max(0.0, cost_item["cost"]), uses)
            for lines in (cost_item["lines"], *(fixtures[use]["lines"] for use in uses)):
                coverage.add(test, lines, changed)
    return coverage


def changed_since(record: dict[str, Any]) -> set[str]:
    """Return the files whose measured lines are out of date."""
    return {
        file
        for file, digest_before in record["code"].items()
        if not (PROJECT_ROOT / file).exists() or _digest_of(file) != digest_before
    }


@cache
def _digest_of(file: str) -> str:
    return digest([PROJECT_ROOT / file])


def _python_tests(area: str) -> Iterator[Path]:
    for name in PYTHON_TESTS[area]:
        path = PROJECT_ROOT / "tests" / name
        yield from [path] if path.is_file() else sorted(path.rglob("test_*.py"))


def _measure_python(paths: list[Path], cache_by_test_file: dict[Path, Path]) -> None:
    output_path = RESULTS_FOLDER / f"measured-{os.getpid()}.json"
    output_path.unlink(missing_ok=True)
    print(f"measuring the coverage of {len(paths)} Python test files in {paths[0].parent.name}", flush=True)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.mutations.coverage_plugin",
        "-m",
        PYTHON_MARKS,
    ]
    env = {**os.environ, "KEPT_COVERED": str(output_path)}
    with (RESULTS_FOLDER / "measured.log").open("wb") as log:
        subprocess.run(
            [*command, *map(str, paths)], cwd=PROJECT_ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    if not output_path.exists():
        raise SystemExit(
            f"The Python tests could not be run. See {(RESULTS_FOLDER / 'measured.log').relative_to(PROJECT_ROOT)}."
        )
    store_python_coverage(json.loads(output_path.read_text(encoding="utf-8")), paths, cache_by_test_file)
    output_path.unlink()


def store_python_coverage(record: dict[str, Any], paths: list[Path], cache_by_test_file: dict[Path, Path]) -> None:
    """Store the measurements, one cache file per test file."""
    by_file: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, test_record in record["tests"].items():
        by_file[name.partition("::")[0]][name] = test_record
    for path in paths:
        tests = by_file[path.relative_to(PROJECT_ROOT).as_posix()]
        used = {fixture_name for test_record in tests.values() for fixture_name in test_record["uses"]}
        fixtures = {name: test_record for name, test_record in record["fixtures"].items() if name in used}
        write_coverage(
            cache_by_test_file[path], {"tests": tests, "fixtures": fixtures}, [*tests.values(), *fixtures.values()]
        )


def write_coverage(cache_path: Path, record: dict[str, Any], measured: Iterable[dict[str, Any]]) -> None:
    """Store the measurement with a digest of the code."""
    files = {file for file_name in measured for file in file_name["lines"]}
    record["code"] = {file: digest([PROJECT_ROOT / file]) for file in sorted(files)}
    cache_path.write_text(json.dumps(record), encoding="utf-8")


def node_coverage(areas_files: Iterable[str], *, is_measured: bool = True) -> CoverageMap:
    """Measure Node's tests, only in changed files. Without `is_measured`, leave those out."""
    _NODE_COVERAGE.mkdir(parents=True, exist_ok=True)
    coverage = CoverageMap()
    files = set(areas_files)
    costs = json.loads((PROJECT_ROOT / "tests" / "costs.json").read_text(encoding="utf-8"))
    for path in sorted(
        PROJECT_ROOT.glob(NODE_TESTS),
        key=lambda path: costs.get(path.relative_to(PROJECT_ROOT).as_posix(), UNKNOWN_COST_SECONDS),
    ):
        cache_path = _NODE_COVERAGE / f"{path.stem}-{digest([path])}.json"
        if not cache_path.exists():
            if not is_measured:
                continue
            _measure_node(path, cache_path)
        record = json.loads(cache_path.read_text(encoding="utf-8"))
        file = path.relative_to(PROJECT_ROOT).as_posix()
        coverage.shared_costs[file] = record["cost"]
        changed = changed_since(record)
        before = {name: lines for name, lines in record["before"].items() if name in files}
        for name, test_record in record["tests"].items():
            test = CoveringTest(file, name, test_record["cost"], (file,))
            coverage.add(test, before, changed)
            coverage.add(test, {name: lines for name, lines in test_record["lines"].items() if name in files}, changed)
    return coverage


def _measure_node(path: Path, cache_path: Path) -> None:
    print(f"measuring the coverage of {path.name}", flush=True)
    output_path = RESULTS_FOLDER / f"measured-{os.getpid()}.json"
    output_path.unlink(missing_ok=True)
    total_cost = node_runner.measure_coverage(path.relative_to(PROJECT_ROOT).as_posix(), output_path)
    if total_cost is None:
        print(f"  {path.name} fails or was not measured, so it is not used", flush=True)
        record: dict[str, Any] = {"cost": 0.0, "before": {}, "tests": {}}
    else:
        record = json.loads(output_path.read_text(encoding="utf-8"))
        output_path.unlink()
        # The cost of the tests' servers is divided among the tests.
        measured_cost = record["cost"] + sum(test_record["cost"] for test_record in record["tests"].values())
        cost_factor = max(1.0, total_cost / max(measured_cost, 0.01))
        record["cost"] *= cost_factor
        for test_record in record["tests"].values():
            test_record["cost"] *= cost_factor
    write_coverage(cache_path, record, [{"lines": record["before"]}, *record["tests"].values()])

"""Which tests run which lines: measured once, and again for tests that have changed."""

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
from tests.mutations.areas import NODE_TESTS, PYTHON_MARKS, PYTHON_TESTS, ROOT, VAR
from tests.mutations.mutant import Mutant
from tests.queue import UNKNOWN_S

_PLUGIN: Final = ("-p", "tests.mutations.python_cover")
_PYTHON: Final = VAR / "python-covered"
_NODE: Final = VAR / "node-covered"


@dataclass(frozen=True)
class CoveringTest:
    """A test: its file and its name, what it costs, and what it sets up with others."""

    file: str
    name: str
    cost: float
    uses: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Names the test in results: pytest's node id, or the same form for Node."""
        return self.name if self.name.startswith(self.file) else f"{self.file}::{self.name}"


@dataclass
class Covering:
    """The tests by the lines that they run, and the processor seconds of what they set up with others.

    Of a file that has changed since a test was measured, the test counts as running every line.
    """

    by_line: dict[str, dict[int, set[CoveringTest]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    by_file: dict[str, set[CoveringTest]] = field(default_factory=lambda: defaultdict(set))
    anywhere: dict[str, set[CoveringTest]] = field(default_factory=lambda: defaultdict(set))
    shared: dict[str, float] = field(default_factory=dict)
    tests: set[CoveringTest] = field(default_factory=set)
    _imported: dict[str, set[CoveringTest]] = field(default_factory=dict)

    def add(self, test: CoveringTest, lines: dict[str, list[int]], changed: set[str]) -> None:
        """Note the lines of a test, and which of the files have changed since it was measured."""
        self.tests.add(test)
        for file, numbers in lines.items():
            self.by_file[file].add(test)
            if file in changed:
                self.anywhere[file].add(test)
                continue
            for number in numbers:
                self.by_line[file][number].add(test)

    def _importing(self, module: str) -> set[CoveringTest]:
        """The tests in files that import a module by its name: they may read what it holds and run no line of it."""
        if module not in self._imported:
            named = re.compile(rf"^(from|import) .*\b{module}\b", re.MULTILINE)
            found = {test for test in self.tests if named.search((ROOT / test.file).read_text(encoding="utf-8"))}
            self._imported[module] = found
        return self._imported[module]

    def of(self, mutant: Mutant) -> list[CoveringTest]:
        """The tests that run the place that is changed, the cheapest first."""
        found = set[CoveringTest]()
        if mutant.lines is not None:
            found = self.anywhere[mutant.file].union(*(self.by_line[mutant.file][line] for line in mutant.lines))
        # What runs as a module is imported runs in no test, and so does a function that is called there only.
        if mutant.lines is None or (not found and mutant.file.endswith(".py")):
            found = self.by_file[mutant.file] | self._importing(Path(mutant.file).stem)
        return sorted(
            found, key=lambda test: (test.cost + sum(self.shared[one] for one in test.uses), test.file, test.name)
        )


def digest(paths: Iterable[Path]) -> str:
    """Names the content of files."""
    told = hashlib.sha256()
    for path in sorted(paths):
        told.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return told.hexdigest()[:16]


def python(area: str, *, is_measured: bool = True) -> Covering:
    """Measure pytest's tests of an area, those files only that changed; without `is_measured`, leave those out."""
    _PYTHON.mkdir(parents=True, exist_ok=True)
    found = Covering()
    wanted = {path: _PYTHON / f"{path.stem}-{digest([path])}.json" for path in _python_tests(area)}
    lacking = [path for path, kept in wanted.items() if not kept.exists()]
    if is_measured:
        # A folder at a time, so that a run which is ended has to measure one folder again.
        for _folder, paths in groupby(lacking, lambda path: path.parent):
            _measure_python(list(paths), wanted)
    for path, kept in wanted.items():
        if not kept.exists():
            continue
        told = json.loads(kept.read_text(encoding="utf-8"))
        fixtures, changed = told["fixtures"], changed_since(told)
        found.shared |= {name: max(0.0, one["cost"]) for name, one in fixtures.items()}
        for name, one in told["tests"].items():
            uses = tuple(use for use in one["uses"] if use in fixtures)
            test = CoveringTest(path.relative_to(ROOT).as_posix(), name, max(0.0, one["cost"]), uses)
            for lines in (one["lines"], *(fixtures[use]["lines"] for use in uses)):
                found.add(test, lines, changed)
    return found


def changed_since(told: dict[str, Any]) -> set[str]:
    """The files of which the lines that were measured are no longer those of today."""
    return {file for file, was in told["code"].items() if not (ROOT / file).exists() or _digest_of(file) != was}


@cache
def _digest_of(file: str) -> str:
    return digest([ROOT / file])


def _python_tests(area: str) -> Iterator[Path]:
    for name in PYTHON_TESTS[area]:
        path = ROOT / "tests" / name
        yield from [path] if path.is_file() else sorted(path.rglob("test_*.py"))


def _measure_python(paths: list[Path], kept: dict[Path, Path]) -> None:
    out = VAR / f"measured-{os.getpid()}.json"
    out.unlink(missing_ok=True)
    print(f"measuring which lines the tests of {len(paths)} Python files in {paths[0].parent.name} run", flush=True)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.mutations.python_cover",
        "-m",
        PYTHON_MARKS,
    ]
    env = {**os.environ, "KEPT_COVERED": str(out)}
    with (VAR / "measured.log").open("wb") as log:
        subprocess.run(
            [*command, *map(str, paths)], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    if not out.exists():
        raise SystemExit(f"The Python tests could not be run. Look at {(VAR / 'measured.log').relative_to(ROOT)}.")
    keep_python(json.loads(out.read_text(encoding="utf-8")), paths, kept)
    out.unlink()


def keep_python(told: dict[str, Any], paths: list[Path], kept: dict[Path, Path]) -> None:
    """Write what was measured, a file for each file of tests."""
    by_file: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, one in told["tests"].items():
        by_file[name.partition("::")[0]][name] = one
    for path in paths:
        tests = by_file[path.relative_to(ROOT).as_posix()]
        used = {use for one in tests.values() for use in one["uses"]}
        fixtures = {name: one for name, one in told["fixtures"].items() if name in used}
        write(kept[path], {"tests": tests, "fixtures": fixtures}, [*tests.values(), *fixtures.values()])


def write(kept: Path, told: dict[str, Any], measured: Iterable[dict[str, Any]]) -> None:
    """Write what was measured, with what the code was then."""
    files = {file for one in measured for file in one["lines"]}
    told["code"] = {file: digest([ROOT / file]) for file in sorted(files)}
    kept.write_text(json.dumps(told), encoding="utf-8")


def node(areas_files: Iterable[str], *, is_measured: bool = True) -> Covering:
    """Measure Node's tests, those files only that changed; without `is_measured`, leave those out."""
    _NODE.mkdir(parents=True, exist_ok=True)
    found = Covering()
    files = set(areas_files)
    costs = json.loads((ROOT / "tests" / "costs.json").read_text(encoding="utf-8"))
    for path in sorted(ROOT.glob(NODE_TESTS), key=lambda path: costs.get(path.relative_to(ROOT).as_posix(), UNKNOWN_S)):
        kept = _NODE / f"{path.stem}-{digest([path])}.json"
        if not kept.exists():
            if not is_measured:
                continue
            _measure_node(path, kept)
        told = json.loads(kept.read_text(encoding="utf-8"))
        file = path.relative_to(ROOT).as_posix()
        found.shared[file] = told["cost"]
        changed = changed_since(told)
        before = {name: lines for name, lines in told["before"].items() if name in files}
        for name, one in told["tests"].items():
            test = CoveringTest(file, name, one["cost"], (file,))
            found.add(test, before, changed)
            found.add(test, {name: lines for name, lines in one["lines"].items() if name in files}, changed)
    return found


def _measure_node(path: Path, kept: Path) -> None:
    print(f"measuring which lines {path.name} runs", flush=True)
    out = VAR / f"measured-{os.getpid()}.json"
    out.unlink(missing_ok=True)
    whole = node_runner.cover(path.relative_to(ROOT).as_posix(), out)
    if whole is None:
        print(f"  {path.name} is red or was not measured, so it judges nothing", flush=True)
        told: dict[str, Any] = {"cost": 0.0, "before": {}, "tests": {}}
    else:
        told = json.loads(out.read_text(encoding="utf-8"))
        out.unlink()
        # What the servers of the tests use is shared out among them.
        inside = told["cost"] + sum(one["cost"] for one in told["tests"].values())
        more = max(1.0, whole / max(inside, 0.01))
        told["cost"] *= more
        for one in told["tests"].values():
            one["cost"] *= more
    write(kept, told, [{"lines": told["before"]}, *told["tests"].values()])

"""Runs tests against mutants of Python files: `python -m tests.mutations.python_runner`, a line of JSON in, a line of JSON out.

Each mutant has a process of its own, forked from one that has imported the packages of others but nothing of ours. There the
changed file is put in place of the real one before anything is imported, so what is computed at import is changed as well.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

import pytest

from tests.mutations.areas import ROOT, VAR
from tests.mutations.idle import LOOK_EVERY_S, Idle

# Processor time and idleness are the limits. This one by the clock is far off: the machine may be busy.
CLOCK_TIMES: Final = 40
CLOCK_LEAST_S: Final = 900
_OURS: Final = ("diary", "tests")
# pytest says that it cannot rewrite the assertions of plugins that were imported before; they have none that matter here.
_OPTIONS: Final = (
    "-x -q -p no:cacheprovider --assert=plain --tb=line -W ignore::pytest.PytestAssertRewriteWarning".split()
)


class Changed(importlib.abc.MetaPathFinder):
    """Finds one module with a source of its own."""

    def __init__(self, file: str, source: str) -> None:
        """Put `source` in place of `file`, a path relative to the project."""
        self.name = file.removesuffix(".py").replace("/", ".")
        self.path = str(ROOT / file)
        self.source = source

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Answer for that module only."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=_Loader(fullname, self.path, self.source)
        )


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._changed = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._changed, self.path, "exec", dont_inherit=True)


def main() -> None:
    """Answer every task until the input ends."""
    VAR.mkdir(parents=True, exist_ok=True)
    for name in json.loads(subprocess.check_output([sys.executable, "-c", _PACKAGES], cwd=ROOT)):
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # made by its package as it is imported, and only then
    _DATABASE.unlink(missing_ok=True)
    run({"file": "", "source": "", "tests": [_SERVED], "cpu_s": 120})
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


_DATABASE: Final = VAR / "migrated.db"
# A test that starts a server.
_SERVED: Final = "tests/web/test_rotation.py::test_words_alone_leave_the_code[sqlite]"
# Tells which modules of others the tests import.
_PACKAGES: Final = """
import json, sys
import pytest, _pytest.assertion.rewrite, _hypothesis_pytestplugin, hypothesis, pytest_asyncio.plugin, xdist.plugin
import diary.app, tests.keepers, tests.conftest
print(json.dumps([name for name in sys.modules if name.partition('.')[0] not in ('diary', 'tests', '__main__')]))
"""


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Run `tests` against `file` with `source`, in at most `cpu_s` processor seconds.

    Returns how it ended ("killed", "survived" or "timeout"), by which test, and the processor seconds.
    """
    read, write = os.pipe()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    pid = os.fork()
    if pid == 0:
        os.close(read)
        _child(task, write)
    os.close(write)
    wall = max(CLOCK_LEAST_S, CLOCK_TIMES * task["cpu_s"])
    said, late = _listen(read, pid, wall)
    os.close(read)
    _, status = os.waitpid(pid, 0)
    # Servers that a test started and did not end, because it was ended itself.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    how = "killed"
    if late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)):
        how = "timeout"
    elif os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        how = "survived"
    return {"how": how, "by": said.strip(), "cpu_s": round(spent, 2)}


def _listen(read: int, pid: int, wall: float) -> tuple[str, bool]:
    """What the child says until it ends, and whether it had to be ended."""
    ended = os.pidfd_open(pid)
    try:
        late, idle, until = False, Idle(pid), time.monotonic() + wall
        while not late and not select.select([ended], [], [], LOOK_EVERY_S)[0]:
            late = idle.is_over() or time.monotonic() > until
        if late:
            os.killpg(pid, signal.SIGKILL)
            select.select([ended], [], [])
        os.set_blocking(read, False)
        try:
            return os.read(read, 65536).decode(errors="replace"), late
        except BlockingIOError:
            return "", late
    finally:
        os.close(ended)


class _Migrated:
    """A database with every table, made once by the code as it is: migrating takes longer than most tests."""

    def __init__(self, *, is_kept: bool) -> None:
        """`is_kept`: nothing is changed in this process, so what it makes may serve the others."""
        self.is_kept = is_kept

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: Any) -> None:
        """Put what was made in the place of the making (tests/once.py), as in a worker: what is done once a run was done."""
        config.workerinput = {"workerid": "gw0", "workercount": 1}
        once = sys.modules.get("tests.once")
        if once is None:
            return
        migrated = vars(once)["_migrated"]

        @cache
        def database() -> Path:
            if not _DATABASE.exists() and self.is_kept:
                shutil.copy(migrated(), _DATABASE)
            return _DATABASE if _DATABASE.exists() else migrated()

        vars(once)["_migrated"] = database


class _FirstRed:
    """Tells which test was red first."""

    def __init__(self, write: int) -> None:
        self.write = write
        self.told = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.told:
            self.told = True
            os.write(self.write, report.nodeid.encode())

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.told:
            self.told = True
            os.write(self.write, f"{report.nodeid} (not imported)".encode())


def _child(task: dict[str, Any], write: int) -> None:
    code = 3
    try:
        os.setpgid(0, 0)
        limit = int(task["cpu_s"]) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        log = os.open(VAR / "last-run.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
        for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
            del sys.modules[name]
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(VAR / "hypothesis")
        import hypothesis

        # No example is made smaller: the first red is enough. The same examples each time: a mutant lives or dies by the tests.
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("mutants", phases=phases, derandomize=True, database=None, deadline=None)
        hypothesis.settings.load_profile("mutants")
        if task["file"]:
            sys.meta_path.insert(0, Changed(task["file"], task["source"]))
        code = pytest.main([*_OPTIONS, *task["tests"]], plugins=[_FirstRed(write), _Migrated(is_kept=not task["file"])])
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(int(code))


if __name__ == "__main__":
    main()

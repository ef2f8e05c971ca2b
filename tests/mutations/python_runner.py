"""Run tests against mutants of Python files: `python -m tests.mutations.python_runner`, JSON lines in and out.

Each mutant gets its own process, forked from one that has imported third-party packages but no project code. The
mutated file replaces the real one before anything is imported, so that values computed at import change too.
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

from tests.mutations.areas import PROJECT_ROOT, RESULTS_FOLDER
from tests.mutations.idle_detector import CHECK_INTERVAL_SECONDS, IdleDetector

# The real limits are processor time and idleness. This wall time limit is generous: the machine may be busy.
WALL_CLOCK_FACTOR: Final = 40
WALL_CLOCK_MINIMUM_SECONDS: Final = 900
_OWN_PACKAGES: Final = ("diary", "tests")
# pytest warns that it cannot rewrite assertions of plugins that were imported before; they have none that matter.
_PYTEST_OPTIONS: Final = (
    "-x -q -p no:cacheprovider --assert=plain --tb=line -W ignore::pytest.PytestAssertRewriteWarning".split()
)


class ChangedModuleFinder(importlib.abc.MetaPathFinder):
    """Import finder for one module with replaced source."""

    def __init__(self, file: str, source: str) -> None:
        """Replace `file`, a path relative to the project, by `source`."""
        self.name = file.removesuffix(".py").replace("/", ".")
        self.path = str(PROJECT_ROOT / file)
        self.source = source

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for that module only."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=_ChangedSourceLoader(fullname, self.path, self.source)
        )


class _ChangedSourceLoader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._changed = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._changed, self.path, "exec", dont_inherit=True)


def main() -> None:
    """Process tasks until the input ends."""
    RESULTS_FOLDER.mkdir(parents=True, exist_ok=True)
    for name in json.loads(subprocess.check_output([sys.executable, "-c", _PRELOAD_PACKAGES], cwd=PROJECT_ROOT)):
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # created by its package at import, and only then
    _MIGRATED_DATABASE.unlink(missing_ok=True)
    run_tests_in_child({"file": "", "source": "", "tests": [_WARM_UP_TEST], "cpu_s": 120})
    for line in sys.stdin:
        print(json.dumps(run_tests_in_child(json.loads(line))), flush=True)


_MIGRATED_DATABASE: Final = RESULTS_FOLDER / "migrated.db"
# A test that starts a server.
_WARM_UP_TEST: Final = "tests/web/test_rotation.py::test_words_alone_leave_the_code[sqlite]"
# Reveals which third-party modules the tests import.
_PRELOAD_PACKAGES: Final = """
import json, sys
import pytest, _pytest.assertion.rewrite, _hypothesis_pytestplugin, hypothesis, pytest_asyncio.plugin, xdist.plugin
import diary.app, tests.server_fixture, tests.conftest
print(json.dumps([name for name in sys.modules if name.partition('.')[0] not in ('diary', 'tests', '__main__')]))
"""


def run_tests_in_child(task: dict[str, Any]) -> dict[str, Any]:
    """Run the `tests` of a task with `source` in place of its `file`, in at most `cpu_s` processor seconds.

    Returns the result ("killed", "survived" or "timeout"), the deciding test, and the processor seconds.
    """
    read, write = os.pipe()
    usage_before = resource.getrusage(resource.RUSAGE_CHILDREN)
    pid = os.fork()
    if pid == 0:
        os.close(read)
        run_child(task, write)
    os.close(write)
    wall_seconds = max(WALL_CLOCK_MINIMUM_SECONDS, WALL_CLOCK_FACTOR * task["cpu_s"])
    first_failure, timed_out = read_child(read, pid, wall_seconds)
    os.close(read)
    _, status = os.waitpid(pid, 0)
    # Servers that a killed test had started.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    usage_after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = usage_after.ru_utime + usage_after.ru_stime - usage_before.ru_utime - usage_before.ru_stime
    how = "killed"
    if timed_out or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)):
        how = "timeout"
    elif os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        how = "survived"
    return {"how": how, "by": first_failure.strip(), "cpu_s": round(spent, 2)}


def read_child(read: int, pid: int, wall_seconds: float) -> tuple[str, bool]:
    """Read the child's output until it ends. Return it, and whether the child had to be killed."""
    child_fd = os.pidfd_open(pid)
    try:
        timed_out, idle, deadline = False, IdleDetector(pid), time.monotonic() + wall_seconds
        while not timed_out and not select.select([child_fd], [], [], CHECK_INTERVAL_SECONDS)[0]:
            timed_out = idle.is_over() or time.monotonic() > deadline
        if timed_out:
            os.killpg(pid, signal.SIGKILL)
            select.select([child_fd], [], [])
        os.set_blocking(read, False)
        try:
            return os.read(read, 65536).decode(errors="replace"), timed_out
        except BlockingIOError:
            return "", timed_out
    finally:
        os.close(child_fd)


class _MigratedDatabasePlugin:
    """Migrated database, made once by the unchanged code: migrating takes longer than most tests."""

    def __init__(self, *, is_kept: bool) -> None:
        """`is_kept`: this process runs unchanged code, so its databases may serve the others."""
        self.is_stored = is_kept

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: Any) -> None:
        """Use the cached setup (tests/cached_setup.py) as workers do, so that nothing is prepared twice in a run."""
        config.workerinput = {"workerid": "gw0", "workercount": 1}
        once = sys.modules.get("tests.cached_setup")
        if once is None:
            return
        migrated = vars(once)["_migrated"]

        @cache
        def database() -> Path:
            if not _MIGRATED_DATABASE.exists() and self.is_stored:
                shutil.copy(migrated(), _MIGRATED_DATABASE)
            return _MIGRATED_DATABASE if _MIGRATED_DATABASE.exists() else migrated()

        vars(once)["_migrated"] = database


class _FirstFailurePlugin:
    """Records the first failing test."""

    def __init__(self, write: int) -> None:
        self.write = write
        self.has_reported = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.has_reported:
            self.has_reported = True
            os.write(self.write, report.nodeid.encode())

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.has_reported:
            self.has_reported = True
            os.write(self.write, f"{report.nodeid} (not imported)".encode())


def run_child(task: dict[str, Any], write: int) -> None:
    code = 3
    try:
        os.setpgid(0, 0)
        limit = int(task["cpu_s"]) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        log = os.open(RESULTS_FOLDER / "last-run.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        null_input = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null_input, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
        for name in [name for name in sys.modules if name.partition(".")[0] in _OWN_PACKAGES]:
            del sys.modules[name]
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(RESULTS_FOLDER / "hypothesis")
        import hypothesis

        # No shrinking: the first failure is enough. Fixed examples: the result must depend on the tests only.
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("mutants", phases=phases, derandomize=True, database=None, deadline=None)
        hypothesis.settings.load_profile("mutants")
        if task["file"]:
            sys.meta_path.insert(0, ChangedModuleFinder(task["file"], task["source"]))
        code = pytest.main(
            [*_PYTEST_OPTIONS, *task["tests"]],
            plugins=[_FirstFailurePlugin(write), _MigratedDatabasePlugin(is_kept=not task["file"])],
        )
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(int(code))


if __name__ == "__main__":
    main()

"""Run Node's tests against a mutated module of the browser's code, one process per test file, until the first failure."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from tests.js.conftest import server_spawner
from tests.mutations.areas import PROJECT_ROOT, RESULTS_FOLDER
from tests.mutations.idle_detector import CHECK_INTERVAL_SECONDS, IdleDetector

# The real limits are processor time and idleness. This wall time limit is generous: the machine may be busy.
WALL_CLOCK_FACTOR: Final = 40
WALL_CLOCK_MINIMUM_SECONDS: Final = 900
# Timeout of whole-phone tests, which a mutant may run into. A kill that took more than half of it is checked against
# unchanged code (mutant_judge.py).
TEST_TIMEOUT_MS: Final = 25_000
_FAILED_TEST: Final = re.compile(r"^not ok \d+ - (.*)$")
_LOADER_FOLDER: Final = PROJECT_ROOT / "tests" / "mutations"


def run(module: str, source: str, file: str, names: list[str], cpu_s: float) -> dict[str, Any]:
    """Run the named tests of `file`, with `source` in place of `module`; both paths are relative to the project.

    An empty `module` changes nothing. Node may use `cpu_s` processor seconds. Returns the result ("killed", "survived"
    or "timeout"), the deciding test, and the processor seconds of Node and of the servers it started.
    """
    folder = RESULTS_FOLDER / f"node-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "changed.js").write_text(source, encoding="utf-8")
    patterns = [f"--test-name-pattern=^{exact_name_pattern(name)}$" for name in names]
    command = [
        "node",
        "--test-reporter=tap",
        f"--import={_LOADER_FOLDER / 'browser_changed.mjs'}",
        *patterns,
        str(PROJECT_ROOT / file),
    ]
    env = {**os.environ, "TMPDIR": str(folder), "KEPT_MODULE": module, "KEPT_CHANGED": str(folder / "changed.js")}
    env |= {"KEPT_SERVERS": str(server_spawner().socket), "KEPT_PATIENCE_MS": str(TEST_TIMEOUT_MS)}
    try:
        return run_until_first_failure(command, env, cpu_s)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure_coverage(file: str, output_path: Path) -> float | None:
    """Write the lines that each test of a file runs.

    Returns the processor seconds, or None when a test fails on unchanged code.
    """
    env = {**os.environ, "KEPT_COVERED": str(output_path), "KEPT_SERVERS": str(server_spawner().socket)}
    command = [
        "node",
        "--test-reporter=tap",
        f"--import={_LOADER_FOLDER / 'browser_cover.mjs'}",
        str(PROJECT_ROOT / file),
    ]
    result = run_until_first_failure(command, env, 600)
    return float(result["cpu_s"]) if result["how"] == "survived" and output_path.exists() else None


def stop_servers() -> None:
    """Stop the process that starts servers."""
    if server_spawner.cache_info().currsize:
        server_spawner().stop()
        server_spawner.cache_clear()


def run_until_first_failure(command: list[str], env: dict[str, str], cpu_s: float) -> dict[str, Any]:
    """Run a command that prints TAP. Kill it and its children at the first failure or at the limit."""
    usage_before = resource.getrusage(resource.RUSAGE_CHILDREN)
    limit = int(cpu_s) + 1

    def limit_cpu() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    process = subprocess.Popen(
        command, cwd=PROJECT_ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=limit_cpu,  # noqa: PLW1509 - one thread only
    )  # fmt: skip
    failed_test, timed_out = read_first_failure(
        process, time.monotonic() + max(WALL_CLOCK_MINIMUM_SECONDS, WALL_CLOCK_FACTOR * cpu_s)
    )
    if failed_test or timed_out:
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    if process.stdout:
        process.stdout.close()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    usage_after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = usage_after.ru_utime + usage_after.ru_stime - usage_before.ru_utime - usage_before.ru_stime
    how = "killed"
    if not failed_test and (timed_out or code in (-signal.SIGXCPU, -signal.SIGKILL)):
        how = "timeout"
    elif not failed_test and code == 0:
        how = "survived"
    return {"how": how, "by": failed_test, "cpu_s": round(spent, 2)}


def read_first_failure(process: subprocess.Popen[bytes], deadline: float) -> tuple[str, bool]:
    """Return the first failed test, and whether the process ran into a limit or became idle before it ended."""
    assert process.stdout
    unread = b""
    idle = IdleDetector(process.pid, server_spawner().pid)
    while True:
        if time.monotonic() > deadline:
            return "", True
        if not select.select([process.stdout], [], [], CHECK_INTERVAL_SECONDS)[0]:
            if idle.is_over():
                return "", True
            continue
        read = os.read(process.stdout.fileno(), 65536)
        if not read:
            return "", False
        *lines, unread = (unread + read).split(b"\n")
        for line in lines:
            if match := _FAILED_TEST.match(line.decode(errors="replace")):
                return match[1].replace("\\#", "#").replace("\\\\", "\\"), False


def exact_name_pattern(name: str) -> str:
    """Return a JavaScript pattern that matches one name exactly."""
    return re.sub(r"[\\^$.*+?()\[\]{}|/]", lambda one: "\\" + one[0], name)

"""Runs Node's tests against a changed module of the browser's code, a process for each test file, until the first red."""

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

from tests.js.conftest import servers
from tests.mutations.areas import ROOT, VAR
from tests.mutations.idle import LOOK_EVERY_S, Idle

# Processor time and idleness are the limits. This one by the clock is far off: the machine may be busy.
CLOCK_TIMES: Final = 40
CLOCK_LEAST_S: Final = 900
# How long tests of whole phones wait for what a mutant may keep from coming. A kill that took longer than half of it is tried
# against a run with nothing changed (judging.py).
PATIENCE_MS: Final = 25_000
_RED: Final = re.compile(r"^not ok \d+ - (.*)$")
_LOADED: Final = ROOT / "tests" / "mutations"


def run(module: str, source: str, file: str, names: list[str], cpu_s: float) -> dict[str, Any]:
    """Run the tests of `file` that are named, with `source` in place of `module`; both paths are relative to the project.

    An empty `module` changes nothing. Node may use `cpu_s` processor seconds. Returns how it ended ("killed", "survived" or
    "timeout"), by which test, and the processor seconds of Node and of the servers that it started.
    """
    folder = VAR / f"node-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "changed.js").write_text(source, encoding="utf-8")
    patterns = [f"--test-name-pattern=^{_exactly(name)}$" for name in names]
    command = [
        "node",
        "--test-reporter=tap",
        f"--import={_LOADED / 'browser_changed.mjs'}",
        *patterns,
        str(ROOT / file),
    ]
    env = {**os.environ, "TMPDIR": str(folder), "KEPT_MODULE": module, "KEPT_CHANGED": str(folder / "changed.js")}
    env |= {"KEPT_SERVERS": str(servers().socket), "KEPT_PATIENCE_MS": str(PATIENCE_MS)}
    try:
        return watched(command, env, cpu_s)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cover(file: str, out: Path) -> float | None:
    """Write which lines each test of a file runs; the processor seconds, or None when a test is red with nothing changed."""
    env = {**os.environ, "KEPT_COVERED": str(out), "KEPT_SERVERS": str(servers().socket)}
    command = ["node", "--test-reporter=tap", f"--import={_LOADED / 'browser_cover.mjs'}", str(ROOT / file)]
    done = watched(command, env, 600)
    return float(done["cpu_s"]) if done["how"] == "survived" and out.exists() else None


def close() -> None:
    """End the process that starts servers."""
    if servers.cache_info().currsize:
        servers().stop()
        servers.cache_clear()


def watched(command: list[str], env: dict[str, str], cpu_s: float) -> dict[str, Any]:
    """Run a command that prints TAP, and end it and all that it started at the first red or at the limit."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    limit = int(cpu_s) + 1

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=limited,  # noqa: PLW1509 - one thread only
    )  # fmt: skip
    red, late = _listen(process, time.monotonic() + max(CLOCK_LEAST_S, CLOCK_TIMES * cpu_s))
    if red or late:
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    if process.stdout:
        process.stdout.close()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    how = "killed"
    if not red and (late or code in (-signal.SIGXCPU, -signal.SIGKILL)):
        how = "timeout"
    elif not red and code == 0:
        how = "survived"
    return {"how": how, "by": red, "cpu_s": round(spent, 2)}


def _listen(process: subprocess.Popen[bytes], until: float) -> tuple[str, bool]:
    """The name of the first red test, and whether the time was over, or nothing more was to come, before it ended."""
    assert process.stdout
    rest = b""
    idle = Idle(process.pid, servers().pid)
    while True:
        if time.monotonic() > until:
            return "", True
        if not select.select([process.stdout], [], [], LOOK_EVERY_S)[0]:
            if idle.is_over():
                return "", True
            continue
        read = os.read(process.stdout.fileno(), 65536)
        if not read:
            return "", False
        *lines, rest = (rest + read).split(b"\n")
        for line in lines:
            if found := _RED.match(line.decode(errors="replace")):
                return found[1].replace("\\#", "#").replace("\\\\", "\\"), False


def _exactly(name: str) -> str:
    """A pattern of JavaScript's for one name."""
    return re.sub(r"[\\^$.*+?()\[\]{}|/]", lambda one: "\\" + one[0], name)

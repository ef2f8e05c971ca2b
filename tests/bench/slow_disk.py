"""Pushes with a slow disk: every fsync of the server takes 5 ms longer.

An fsync on a fast computer takes a fifth of a millisecond, which hides the cost of waiting for it. A small library,
compiled here and preloaded, simulates a slower disk. Needs a C compiler.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from diary import config
from diary.storage import database
from tests.bench.push import LoadResult, free_port, register_keepers, running_server, seal_pushes_of, send_requests

FSYNC_DELAY_MS = 5
CLIENTS = 64
BAR_PER_SECOND = 1500
EXPECTED_PER_SECOND = 3000
SHIM_SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int fsync(int fd) {
  usleep(%(us)d);
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
int fdatasync(int fd) {
  usleep(%(us)d);
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
"""


def compile_shim(folder: Path) -> Path:
    """Compile the library and return its path. Raises RuntimeError without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise RuntimeError("this row needs a C compiler (Debian: apt-get install gcc libc6-dev)")
    source, library = folder / "slow.c", folder / "slow.so"
    source.write_text(SHIM_SOURCE % {"us": FSYNC_DELAY_MS * 1000})
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


async def measure(folder: Path, rounds: int, seconds: float) -> list[LoadResult]:
    """Run `rounds` rounds against one server."""
    port = free_port()
    origin = f"http://localhost:{port}"
    environ = {
        "DIARY_DATA": str(folder / "data"),
        "DIARY_APP_URL": origin,
        "DIARY_PUBLIC_URL": f"http://public.localhost:{port}",
        "PATH": os.environ["PATH"],
    }
    await database.migrate(config.load_settings(environ))
    environ["LD_PRELOAD"] = str(compile_shim(folder))
    serve = [sys.executable, "-m", "diary", "serve", "--bind", f"127.0.0.1:{port}"]
    with running_server(serve, port, environ):
        accounts = await register_keepers(port, origin)
        return [
            await send_requests(
                port, seal_pushes_of(accounts, port, int(seconds * EXPECTED_PER_SECOND)), CLIENTS, seconds
            )
            for _ in range(rounds)
        ]


def measure_rows(rounds: int = 5, seconds: float = 1.0) -> list[dict[str, Any]]:
    """Return one row: pushes per second, the median over the rounds, and the failures."""
    with tempfile.TemporaryDirectory() as name:
        runs = asyncio.run(measure(Path(name), rounds, seconds))
    value = round(median(run.per_second for run in runs))
    failures = sum(run.failures for run in runs)
    title = f"version push a second, {CLIENTS} clients, fsync {FSYNC_DELAY_MS} ms slower"
    bar = {"floor": None, "ratio": None, "bar": f"at least {BAR_PER_SECOND}/s, no failure"}
    return [{"name": title, "value": value, "holds": value >= BAR_PER_SECOND and not failures} | bar]

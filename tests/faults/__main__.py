"""Fault run: `make faults`, or `python -m tests.faults --seed 7 --kills 20`. Prints a count for each database."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from tests.faults.kill_run import kill_run, run_crowd
from tests.postgres import running_postgres

DEFAULT_KILLS = 200
DATABASES = ("sqlite", "postgres")


def main() -> int:
    """Run both databases at the same time, each in its own process. Return 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--kills", type=int, default=DEFAULT_KILLS)
    parser.add_argument(
        "--minute", type=float, default=60.0, help="duration of the run with sixty-four devices, in seconds (60)"
    )
    parser.add_argument("--database", choices=DATABASES, action="append")
    chosen = parser.parse_args()
    names = chosen.database or DATABASES
    if len(names) == 1:
        return 0 if run_database(names[0], chosen.seed, chosen.kills, chosen.minute) else 1
    started_at = time.monotonic()
    how = [f"--seed={chosen.seed}", f"--kills={chosen.kills}", f"--minute={chosen.minute}"]
    # A run mostly waits for disks and for starting servers, so two at once take little longer than one.
    runs = [subprocess.Popen([sys.executable, "-m", "tests.faults", f"--database={name}", *how]) for name in names]
    holds = [run.wait() == 0 for run in runs]
    print(
        f"{'nothing missing' if all(holds) else 'MISSING'} on {' and '.join(names)}, "
        f"{time.monotonic() - started_at:.0f} s in all",
        flush=True,
    )
    return 0 if all(holds) else 1


def run_database(name: str, seed: int, kills: int, minute: float) -> bool:
    """Run one database: load, kills and count. Return whether nothing was lost."""
    started_at = time.monotonic()
    print_line(name, f"kill -9 {kills} times under load, seed {seed}")
    postgres_or_none = running_postgres() if name == "postgres" else nullcontext()
    with tempfile.TemporaryDirectory(prefix="kept-faults-") as folder, postgres_or_none as server:
        crowd_result = asyncio.run(run_crowd(Path(folder) / "minute", minute, seed, server, partial(print_line, name)))
        kill_result = asyncio.run(kill_run(Path(folder) / "kills", kills, seed, server, partial(print_line, name)))
    all_hold = crowd_result.holds and kill_result.holds
    print_line(name, f"{'nothing missing' if all_hold else 'MISSING'} after {time.monotonic() - started_at:.0f} s")
    return all_hold


def print_line(name: str, line: str) -> None:
    """Print one line and flush it."""
    print(f"{name:8}  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

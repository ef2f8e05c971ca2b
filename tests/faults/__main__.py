"""The fault run: `make faults`, or `python -m tests.faults --seed 7 --kills 20`. Ends with a count for each database."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from tests.faults.killing import kill_run, minute_run
from tests.postgres import postgres_server

KILLS = 200


def main() -> int:
    """Both databases, one after the other; 1 when anything is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--minute", type=float, default=60.0, help="seconds of sixty-four devices at once")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    chosen = parser.parse_args()
    holds = True
    for name in chosen.database or ("sqlite", "postgres"):
        began = time.monotonic()
        print(f"{name}: kill -9 {chosen.kills} times under load, seed {chosen.seed}", flush=True)
        server_of = postgres_server() if name == "postgres" else nullcontext()
        with tempfile.TemporaryDirectory(prefix="kept-faults-") as folder, server_of as server:
            crowd = asyncio.run(minute_run(Path(folder) / "minute", chosen.minute, chosen.seed, server, say))
            found = asyncio.run(kill_run(Path(folder) / "kills", chosen.kills, chosen.seed, server, say))
        whole = crowd.holds and found.holds
        holds = holds and whole
        print(f"{name}: {'nothing missing' if whole else 'MISSING'} after {time.monotonic() - began:.0f} s", flush=True)
    return 0 if holds else 1


def say(line: str) -> None:
    """One line, at once."""
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

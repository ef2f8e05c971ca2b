"""The fault run: `make faults`, or `python -m tests.faults --seed 7 --kills 20`. Ends with a count for each database."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.killing import kill_run
from tests.postgres import postgres_server

KILLS = 200


def main() -> int:
    """Both databases, one after the other; 1 when anything is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    chosen = parser.parse_args()
    holds = True
    for name in chosen.database or ("sqlite", "postgres"):
        began = time.monotonic()
        print(f"{name}: kill -9 {chosen.kills} times under load, seed {chosen.seed}", flush=True)
        with tempfile.TemporaryDirectory(prefix="kept-faults-") as folder:
            if name == "sqlite":
                found = asyncio.run(kill_run(Path(folder), chosen.kills, chosen.seed, None, say))
            else:
                with postgres_server() as server:
                    found = asyncio.run(kill_run(Path(folder), chosen.kills, chosen.seed, server, say))
        holds = holds and found.holds
        print(f"{name}: {'nothing missing' if found.holds else 'MISSING'} after {time.monotonic() - began:.0f} s", flush=True)
    return 0 if holds else 1


def say(line: str) -> None:
    """One line, at once."""
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""`make bench`: every budget of docs/architecture.md that can be measured by now, each beside its floor in the same run.

    python -m tests.bench [--out FILE] [PART ...]        parts: push log slow_disk pack sealing phone reading desk idle

Prints a table, writes the same as JSON (var/bench.json), and ends with 1 when a bar does not hold.
"""

import argparse
import json
import os
import platform
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from diary.clock import SystemClock
from tests.bench import desk, idle, log, pack, phone, push, reading, sealing, slow_disk

Rows = Callable[[], Iterable[Mapping[str, Any]]]
PARTS: Mapping[str, tuple[Rows, str]] = {
    "push": (push.rows, "server and clients share this computer"),
    "log": (log.rows, "this computer"),
    "slow_disk": (slow_disk.rows, "server and clients share this computer"),
    "pack": (pack.rows, "this computer"),
    "sealing": (sealing.rows, "Chromium, worker, not slowed"),
    "phone": (phone.rows, "Chromium"),
    "reading": (reading.rows, "Chromium"),
    "desk": (desk.rows, "Chromium"),
    "idle": (idle.rows, "this computer"),
}
OUT = Path("var/bench.json")
NOTHING: Mapping[str, None] = {"value": None, "floor": None, "ratio": None}
COLUMNS = ("what", "where", "value", "floor", "ratio", "bar", "holds")


def measure(parts: Iterable[str], say: Callable[[str], None]) -> list[dict[str, Any]]:
    """The rows of some parts: name, part, where it ran, value, floor, ratio, bar, holds."""
    found = []
    for part in parts:
        say(f"{part} …")
        rows, where = PARTS[part]
        try:
            found += [{"where": where} | dict(row) | {"part": part} for row in rows()]
        except Exception:  # noqa: BLE001 - what other parts measured for minutes is not lost; this one fails
            say(traceback.format_exc())
            found.append(
                {"where": where, "part": part, "name": f"{part}: broke off", "bar": "runs", "holds": False} | NOTHING
            )
    return found


def table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """The rows for people."""
    drawn = Table(*COLUMNS, title="Budgets", show_lines=True)
    for row in rows:
        holds = {True: "yes", False: "[bold red]NO[/]"}[bool(row["holds"])]
        figures = [_figure(row[name]) for name in ("value", "floor", "ratio")]
        drawn.add_row(row["name"], row["where"], *figures, str(row["bar"]), holds)
    return drawn


def _figure(value: float | None) -> str:
    """A number as short as it is good for."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main() -> int:
    """Measure, print, write; the exit status."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--out", type=Path, default=OUT)
    asked.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    given = asked.parse_args()
    busy = os.getloadavg()[0]
    console = Console(width=None if sys.stdout.isatty() else 160)
    rows = measure(given.parts or PARTS, console.print)
    console.print(table(rows))
    machine = {
        "cores": os.cpu_count(),
        "load_before": busy,
        "processor": platform.machine(),
        "python": platform.python_version(),
    }
    made_at = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC).isoformat(timespec="seconds")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(
        json.dumps({"made_at": made_at, "machine": machine, "rows": rows}, indent=1) + "\n", encoding="utf-8"
    )
    if busy > (os.cpu_count() or 1) / 2:
        console.print(f"The machine was busy (load {busy:.1f}): figures in ms say little, ratios a little more.")
    missed = [row["name"] for row in rows if not row["holds"]]
    console.print(f"{len(rows) - len(missed)} of {len(rows)} hold." if missed else "Every bar holds.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

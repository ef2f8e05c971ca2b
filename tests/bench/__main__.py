"""`make bench`: measure the budgets of docs/architecture.md, each with its floor in the same run.

    python -m tests.bench [--out FILE] [--rows N] [PART ...]
    parts: push log slow_disk pack verify_page sealing phone phone_pack importing journeys reading desk idle purge

Prints a table, writes the same as JSON (var/bench.json), and exits with 1 when a bar is missed.
"""

import argparse
import json
import os
import platform
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from diary.clock import SystemClock
from tests.bench import (
    desk,
    idle,
    importing,
    journeys,
    log,
    pack,
    phone,
    phone_pack,
    purge,
    push,
    reading,
    sealing,
    slow_disk,
    verify_page,
)

RowsFunction = Callable[[], Iterable[Mapping[str, Any]]]
BENCHES: Mapping[str, tuple[RowsFunction, str]] = {
    "push": (push.measure_rows, "server and clients share this computer"),
    "log": (log.measure_rows, "this computer"),
    "slow_disk": (slow_disk.measure_rows, "server and clients share this computer"),
    "pack": (pack.measure_rows, "this computer"),
    "verify_page": (verify_page.measure_rows, verify_page.WHERE),
    "sealing": (sealing.measure_rows, "Chromium, worker, not slowed"),
    "phone": (phone.measure_rows, "Chromium"),
    "phone_pack": (phone_pack.measure_rows, "Chromium"),
    "importing": (importing.measure_rows, "Chromium"),
    "journeys": (journeys.measure_rows, "Chromium"),
    "reading": (reading.measure_rows, "Chromium"),
    "desk": (desk.measure_rows, "Chromium"),
    "idle": (idle.measure_rows, "this computer"),
    "purge": (purge.measure_rows, "this computer"),
}
RESULTS_PATH = Path("var/bench.json")
EMPTY_ROW: Mapping[str, None] = {"value": None, "floor": None, "ratio": None}
COLUMNS = ("what", "where", "value", "floor", "ratio", "bar", "holds")


def measure_benches(
    names: Iterable[str], print_line: Callable[[str], None], benches: Mapping[str, tuple[RowsFunction, str]] = BENCHES
) -> list[dict[str, Any]]:
    """Measure the named benches. Return rows: name, part, where it ran, value, floor, ratio, bar, holds."""
    measured = []
    for part in names:
        print_line(f"{part} …")
        rows, where = benches[part]
        try:
            measured += [{"where": where} | dict(row) | {"part": part} for row in rows()]
        except Exception:  # noqa: BLE001 - what other parts measured for minutes is not lost; this one fails
            print_line(traceback.format_exc())
            measured.append(
                {"where": where, "part": part, "name": f"{part}: failed", "bar": "runs", "holds": False}
                | dict(EMPTY_ROW)
            )
    return measured


def results_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """Return the rows as a table for the terminal."""
    table_widget = Table(*COLUMNS, title="Budgets", show_lines=True)
    for row in rows:
        holds = {True: "yes", False: "[bold red]NO[/]"}[bool(row["holds"])]
        figures = [format_number(row[name]) for name in ("value", "floor", "ratio")]
        table_widget.add_row(row["name"], row["where"], *figures, str(row["bar"]), holds)
    return table_widget


def format_number(value: float | None) -> str:
    """Format a number with at most three significant digits below 100."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main() -> int:
    """Measure, print and write the results. Return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=RESULTS_PATH)
    parser.add_argument("--rows", type=int, default=purge.DEFAULT_ROWS, help="Files in the database of `purge`.")
    parser.add_argument("parts", nargs="*", choices=[[], *BENCHES], default=[])
    options = parser.parse_args()
    is_busy = os.getloadavg()[0]
    console = Console(width=None if sys.stdout.isatty() else 160)
    benches: dict[str, tuple[RowsFunction, str]] = {
        **BENCHES,
        "purge": (partial(purge.measure_rows, options.rows), "this computer"),
    }
    rows = measure_benches(options.parts or benches, console.print, benches)
    console.print(results_table(rows))
    machine = {
        "cores": os.cpu_count(),
        "load_before": is_busy,
        "processor": platform.machine(),
        "python": platform.python_version(),
    }
    made_at = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC).isoformat(timespec="seconds")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        json.dumps({"made_at": made_at, "machine": machine, "rows": rows}, indent=1) + "\n", encoding="utf-8"
    )
    if is_busy > (os.cpu_count() or 1) / 2:
        console.print(f"The machine was busy (load {is_busy:.1f}): times in ms are unreliable, ratios less so.")
    missed_budget = [row["name"] for row in rows if not row["holds"]]
    console.print(
        f"{len(rows) - len(missed_budget)} of {len(rows)} bars are met." if missed_budget else "Every bar is met."
    )
    return 1 if missed_budget else 0


if __name__ == "__main__":
    sys.exit(main())

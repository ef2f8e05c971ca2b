"""Sealing, opening and unlocking in Chromium, each compared with its floor in the same run.

`measure()` returns a table: what was measured and where it ran → figures of tests/bench/sealing.js, in ms.
"""

import json
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.chromium import launch
from tests.browser.static_server import serve_page

TIMEOUT_MS = 300_000
MEASURE_SCRIPT = "async () => { while (!window.measure) await new Promise((done) => setTimeout(done, 20)); }"
# Label in the table, function of sealing.js, where it runs, its options.
MEASUREMENTS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("sealing 10 MB, worker", "sealing", "inWorker", {"megabytes": 10}),
    ("sealing 10 MB, page", "sealing", "inPage", {"megabytes": 10}),
    ("file of 3 MB with digests, worker", "file", "inWorker", {"megabytes": 3}),
    ("file of 30 MB with digests, worker", "file", "inWorker", {"megabytes": 30}),
    ("opening 1,000, worker", "opening", "inWorker", {"count": 1000}),
    ("unlocking, worker", "unlocking", "inWorker", {}),
)


def measure() -> dict[str, dict[str, float]]:
    """Run every measurement in one Chromium."""
    with serve_page("/tests/bench/sealing_page.js") as address, sync_playwright() as playwright:
        browser = launch(playwright, "")
        page = browser.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(address)
        page.evaluate(MEASURE_SCRIPT)
        call = "([name, where, options]) => window.measure[where](name, options)"
        table = {label: page.evaluate(call, [name, where, options]) for label, name, where, options in MEASUREMENTS}
        browser.close()
    return table


def measure_rows() -> list[dict[str, object]]:
    """Return the figures with a budget in docs/architecture.md: value and floor in ms, ratio, and the bar."""
    table = measure()
    table_rows: list[dict[str, object]] = []
    for label, of in (("list", ""), ("gathered", "_gathered")):
        figures = table["sealing 10 MB, worker"]
        table_rows.append(
            {
                "name": f"sealing 10 MB, ms ({label})",
                "value": figures[f"ours{of}"],
                "floor": figures[f"bare{of}"],
                "ratio": figures[f"ratio{of}"],
                "bar": "at least 0.8 of raw AES-GCM",
                "holds": figures[f"ratio{of}"] >= 0.8,
            }
        )
    unlocking = table["unlocking, worker"]
    table_rows.append(
        {
            "name": "unlock, warmed, ms",
            "value": unlocking["ours"],
            "floor": unlocking["bare"],
            "ratio": unlocking["times_bare"],
            "bar": "at most 1.25 of bare Argon2id",
            "holds": unlocking["times_bare"] <= 1.25,
        }
    )
    return table_rows


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))

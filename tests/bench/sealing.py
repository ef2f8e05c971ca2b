"""Sealing, opening and unlocking in Chromium, each beside its floor in the same run.

`measure()` answers a table: what was measured and where it ran → figures of tests/bench/sealing.js, in ms.
"""

import json
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.chromium import launch
from tests.browser.files import served

PATIENCE = 300_000
READY = "async () => { while (!window.measure) await new Promise((done) => setTimeout(done, 20)); }"
# What the table calls it, the function of sealing.js, where it runs, and its options.
WHAT: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("sealing 10 MB, worker", "sealing", "inWorker", {"megabytes": 10}),
    ("sealing 10 MB, page", "sealing", "inPage", {"megabytes": 10}),
    ("file of 3 MB with digests, worker", "file", "inWorker", {"megabytes": 3}),
    ("file of 30 MB with digests, worker", "file", "inWorker", {"megabytes": 30}),
    ("opening 1,000, worker", "opening", "inWorker", {"count": 1000}),
    ("unlocking, worker", "unlocking", "inWorker", {}),
)
# The budgets of docs/architecture.md that these figures answer.
LEAST_RATIO = 0.8
MOST_UNLOCK = 1.25


def measure() -> dict[str, dict[str, float]]:
    """Run every measurement in one Chromium."""
    with served("/tests/bench/sealing_page.js") as address, sync_playwright() as playwright:
        browser = launch(playwright, "")
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.evaluate(READY)
        call = "([name, where, options]) => window.measure[where](name, options)"
        table = {label: page.evaluate(call, [name, where, options]) for label, name, where, options in WHAT}
        browser.close()
    return table


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))

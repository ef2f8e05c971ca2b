"""Packs of 1 GB and of more than 2 GB, judged by the page that checks packs.

The floor is the time that Python takes to read the same file and compute both digests, which nobody can do without.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from diary.pack.verify.findings import SENTENCES
from diary.samples.demo import running_server
from tests.bench.memory import watch_memory
from tests.bench.rows import Row, make_row
from tests.browser.chromium import Profile
from tests.pack.test_large_packs import LARGE_FILE_BYTES, make_large_pack

# Received files of 200 MiB each, and the seconds in which the pack must be judged; None: it must only be judged.
BARS: dict[int, float | None] = {5: 60.0, 11: None}
MAX_MEMORY_MB = 300.0
TIMEOUT_MS = 600_000
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
WHERE = "Chromium, not slowed"


def measure_rows() -> Iterator[Row]:
    """Yield seconds and memory of each pack."""
    for files, bar_seconds in BARS.items():
        with tempfile.TemporaryDirectory(prefix="kept-bench-") as name:
            folder = Path(name)
            # In a thread: the browser's driver occupies this thread's event loop.
            with ThreadPoolExecutor(1) as pool:
                path, _ = pool.submit(asyncio.run, make_large_pack(folder, files)).result()
            floor_seconds = _read_and_digest(path)
            seconds, peak_mb = _judge(path, folder)
            what = f"pack of {path.stat().st_size / 1e9:.2f} GB on the page that checks packs"
        is_quick = bar_seconds is None or seconds <= bar_seconds
        bar = f"at most {bar_seconds:.0f} s" if bar_seconds else "judged"
        yield make_row(f"{what} (s)", WHERE, seconds, floor_seconds, bar, is_quick)
        yield make_row(
            f"{what}, memory of the largest process (MB)",
            WHERE,
            peak_mb,
            0,
            f"at most {MAX_MEMORY_MB:.0f} MB",
            peak_mb <= MAX_MEMORY_MB,
        )


def _read_and_digest(path: Path) -> float:
    digests = (hashlib.sha256(), hashlib.sha512())
    started = time.perf_counter()
    with path.open("rb") as file:
        while chunk := file.read(LARGE_FILE_BYTES >> 6):
            for digest in digests:
                digest.update(chunk)
    return time.perf_counter() - started


def _judge(path: Path, folder: Path) -> tuple[float, float]:
    """Return the seconds until the page says that the pack is unchanged, and the peak MB of its largest process."""
    with running_server(folder / "server") as origin, sync_playwright() as playwright:
        profile = Profile(playwright, "", folder / "profile", DESKTOP)
        page = profile.open().pages[0]
        page.goto(f"{origin.replace('//', '//public.')}/verify")
        started = time.perf_counter()
        with watch_memory(profile.pids()[0]) as peak:
            page.locator("#zip").set_input_files(path)
            headline = page.locator("#headline")
            expect(headline).not_to_have_text("", timeout=TIMEOUT_MS)
        seconds = time.perf_counter() - started
        # It is from no server that runs here: all that the page may find.
        findings = page.locator("[data-findings] > li")
        expect(findings).to_have_count(1)
        expect(findings).to_contain_text(SENTENCES["wrong_notary"])
        profile.close()
    return seconds, peak.largest_process_mb

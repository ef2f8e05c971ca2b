"""Pack of a thousand entries and 500 MB, made by a slow phone's browser alone and written as a stream.

Slow: all processes of the browser together get a quarter of one processor (a cgroup quota) from the start of the build.
The floor is the memory of page and workers just before it, with the same diary open.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from diary.samples.demo import running_server
from tests.bench.phone_limits import phone_limits, slow_browser
from tests.browser.chromium import PHONE_OPTIONS, Profile
from tests.browser.test_large_evidence import MAX_MEMORY_BYTES, make_evidence, write_diary


def measure_rows() -> Iterator[dict[str, object]]:
    """Yield one row for memory, with a bar, and one for time, without."""
    with tempfile.TemporaryDirectory(prefix="kept-bench-") as name, running_server(Path(name) / "server") as origin:
        login, _ = write_diary(origin)
        with sync_playwright() as playwright, phone_limits(processor_share=0.25) as groups:
            profile = Profile(playwright, "", Path(name) / "profile", PHONE_OPTIONS)
            page = profile.open().pages[0]
            before, peak_mb, elapsed = make_evidence(page, origin, login, lambda: slow_browser(profile, groups))
            profile.close()
    where = f"Chromium, page and workers, {'a quarter of one processor' if groups else 'not slowed: no quota can be set here'}"
    what = "evidence zip of 1,000 entries and 500 MB in the browser"
    yield {
        "name": f"{what}, heap, MB (floor: the diary open, nothing made)", "where": where, "value": round(peak_mb / 1e6, 1),
        "floor": round(before / 1e6, 1), "ratio": round(peak_mb / before, 2), "bar": "at most 300 MB",
        "holds": 0 < peak_mb <= MAX_MEMORY_BYTES,
    }  # fmt: skip
    seconds = {"name": f"{what} (s)", "where": where, "value": round(elapsed, 1), "floor": None, "ratio": None}
    yield seconds | {"bar": "none", "holds": True}


if __name__ == "__main__":
    print(json.dumps(list(measure_rows()), indent=1))

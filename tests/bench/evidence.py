"""Pack of a thousand entries and 500 MB, made by a slow phone's browser alone and written as a stream.

Slow: all processes of the browser together get a quarter of one processor (a cgroup quota) from the start of the build.
The floor is the memory of page and workers just before it, with the same diary open.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from diary.samples.demo import running_server
from tests.bench.memory import process_tree
from tests.browser.chromium import PHONE_OPTIONS, Profile
from tests.browser.test_large_evidence import MAX_MEMORY_BYTES, make_evidence, write_diary

CGROUP = Path("/sys/fs/cgroup/cpu") / f"kept-bench-{os.getpid()}"
QUOTA_US, PERIOD_US = 25_000, 100_000


def measure_rows() -> Iterator[dict[str, object]]:
    """Yield one row for memory, with a bar, and one for time, without."""
    with tempfile.TemporaryDirectory(prefix="kept-bench-") as name, running_server(Path(name) / "server") as origin:
        login, _ = write_diary(origin)
        with sync_playwright() as playwright, slow_cgroup() as group:
            profile = Profile(playwright, "", Path(name) / "profile", PHONE_OPTIONS)
            page = profile.open().pages[0]
            before, peak_mb, elapsed = make_evidence(
                page, origin, login, lambda: move_browser_to_cgroup(profile, group)
            )
            profile.close()
    where = f"Chromium, page and workers, {'a quarter of one processor' if group else 'not slowed: no quota can be set here'}"
    what = "evidence zip of 1,000 entries and 500 MB in the browser"
    yield {
        "name": f"{what}, heap, MB (floor: the diary open, nothing made)", "where": where, "value": round(peak_mb / 1e6, 1),
        "floor": round(before / 1e6, 1), "ratio": round(peak_mb / before, 2), "bar": "at most 300 MB",
        "holds": 0 < peak_mb <= MAX_MEMORY_BYTES,
    }  # fmt: skip
    seconds = {"name": f"{what} (s)", "where": where, "value": round(elapsed, 1), "floor": None, "ratio": None}
    yield seconds | {"bar": "none", "holds": True}


@contextmanager
def slow_cgroup(quota_us: int = QUOTA_US) -> Iterator[Path | None]:
    """Create a cgroup with `quota_us` of processor time in each PERIOD_US, and yield it; None where that cannot be."""
    try:
        CGROUP.mkdir()
        (CGROUP / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (CGROUP / "cpu.cfs_quota_us").write_text(str(quota_us))
    except OSError:
        yield None
        return
    try:
        yield CGROUP
    finally:
        # Processes that are still exiting must move out before the group can be removed.
        for pid in (CGROUP / "cgroup.procs").read_text().split():
            _move_to_cgroup(int(pid), CGROUP.parent)
        CGROUP.rmdir()


def move_browser_to_cgroup(profile: Profile, group: Path | None) -> None:
    """Move every process of a browser into the group."""
    for pid in profile.pids() if group else ():
        for process in process_tree(pid):
            _move_to_cgroup(process, group)


def _move_to_cgroup(pid: int, group: Path | None) -> None:
    try:
        (group or CGROUP.parent).joinpath("cgroup.procs").write_text(str(pid))
    except OSError:
        return  # the process has exited


if __name__ == "__main__":
    print(json.dumps(list(measure_rows()), indent=1))

"""A pack of a thousand entries and 500 MB made by a slow phone's browser alone, written as it grows.

Slow: every process of the browser together has a quarter of one processor (a cgroup's quota), workers and all, from the
moment the making begins. The floor is what page and workers hold just before, with the same diary open.
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
from tests.bench.memory import tree
from tests.browser.chromium import PHONE, Profile
from tests.browser.test_large_evidence import HEAP, makes_evidence, written

GROUP = Path("/sys/fs/cgroup/cpu") / f"kept-bench-{os.getpid()}"
QUOTA_US, PERIOD_US = 25_000, 100_000


def rows() -> Iterator[dict[str, object]]:
    """One row for memory, which has the bar, and one for time, which has none."""
    with tempfile.TemporaryDirectory(prefix="kept-bench-") as name, running_server(Path(name) / "server") as origin:
        login, _ = written(origin)
        with sync_playwright() as playwright, slow_group() as group:
            profile = Profile(playwright, "", Path(name) / "profile", PHONE)
            page = profile.open().pages[0]
            before, most, took = makes_evidence(page, origin, login, lambda: hold_back(Path(name) / "profile", group))
            profile.close()
    where = f"Chromium, page and workers, {'a quarter of one processor' if group else 'not slowed: no quota can be set here'}"
    what = "evidence zip of 1,000 entries and 500 MB in the browser"
    yield {
        "name": f"{what}, heap, MB (floor: the diary open, nothing made)", "where": where, "value": round(most / 1e6, 1),
        "floor": round(before / 1e6, 1), "ratio": round(most / before, 2), "bar": "at most 300 MB", "holds": 0 < most <= HEAP,
    }  # fmt: skip
    seconds = {"name": f"{what} (s)", "where": where, "value": round(took, 1), "floor": None, "ratio": None}
    yield seconds | {"bar": "none", "holds": True}


@contextmanager
def slow_group() -> Iterator[Path | None]:
    """A group with a quarter of one processor; None where none can be made."""
    try:
        GROUP.mkdir()
        (GROUP / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (GROUP / "cpu.cfs_quota_us").write_text(str(QUOTA_US))
    except OSError:
        yield None
        return
    try:
        yield GROUP
    finally:
        # Processes that are still ending move back out, else the group cannot be removed.
        for pid in (GROUP / "cgroup.procs").read_text().split():
            _move(int(pid), GROUP.parent)
        GROUP.rmdir()


def hold_back(profile: Path, group: Path | None) -> None:
    """Every process of the browser of this profile into the group."""
    mark = str(profile).encode()
    for entry in Path("/proc").iterdir() if group else ():
        if entry.name.isdigit() and mark in _line(entry) and b"chrom" in _line(entry):
            for pid in tree(int(entry.name)):
                _move(pid, group)


def _line(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""


def _move(pid: int, group: Path | None) -> None:
    try:
        (group or GROUP.parent).joinpath("cgroup.procs").write_text(str(pid))
    except OSError:
        return  # ended meanwhile


if __name__ == "__main__":
    print(json.dumps(list(rows()), indent=1))

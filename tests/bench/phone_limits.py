"""Limit all processes of a browser together to what a phone gives: processor time and memory, by Linux cgroups.

Version 1 of cgroups, where each controller has a tree of its own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.bench.memory import process_tree
from tests.browser.chromium import Profile

_GROUPS = Path("/sys/fs/cgroup")
_NAME = f"kept-bench-{os.getpid()}"
_PERIOD_US = 100_000


@contextmanager
def phone_limits(*, processor_share: float, memory_mb: int | None = None) -> Iterator[tuple[Path, ...]]:
    """Create a cgroup for each limit and yield them; none where this computer does not allow it.

    `processor_share`: of one processor. `memory_mb`: page cache included; a browser that needs more is ended.
    """
    limits = {
        "cpu": {
            "cpu.cfs_period_us": str(_PERIOD_US),
            "cpu.cfs_quota_us": str(round(_PERIOD_US * processor_share)),
        },
        **({"memory": {"memory.limit_in_bytes": str(memory_mb << 20)}} if memory_mb else {}),
    }
    groups: list[Path] = []
    try:
        for controller, values in limits.items():
            group = _GROUPS / controller / _NAME
            group.mkdir()
            groups.append(group)
            for name, value in values.items():
                (group / name).write_text(value)
    except OSError:
        _remove(groups)
        yield ()
        return
    try:
        yield tuple(groups)
    finally:
        _remove(groups)


def open_browser(profile: Profile, groups: tuple[Path, ...]) -> BrowserContext:
    """Start a browser whose memory counts towards the limit from its first byte.

    What a process allocated before it was moved would not count. So the program that starts the browser is moved.
    """
    memory_groups = [group for group in groups if group.parent.name == "memory"]
    starters = [pid for pid in process_tree(os.getpid()) if b"run-driver" in _command_line(pid)]
    for group in memory_groups:
        for pid in starters:
            _move(pid, group)
    try:
        return profile.open()
    finally:
        for group in memory_groups:
            for pid in starters:
                _move(pid, group.parent)


def slow_browser(profile: Profile, groups: tuple[Path, ...]) -> None:
    """Limit the processor time of every process of a browser from now on."""
    for pid in profile.pids():
        for process in process_tree(pid):
            for group in groups:
                _move(process, group)


def peak_used_mb(groups: tuple[Path, ...]) -> float:
    """Return the peak that a memory limit counted so far, in MB; 0 where there is none."""
    files = [group / "memory.max_usage_in_bytes" for group in groups]
    return max((int(file.read_text()) / (1 << 20) for file in files if file.exists()), default=0.0)


def _remove(groups: list[Path]) -> None:
    # Processes that are still exiting must move out before a group can be removed.
    for group in groups:
        for pid in (group / "cgroup.procs").read_text().split():
            _move(int(pid), group.parent)
        group.rmdir()


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""  # the process has exited


def _move(pid: int, group: Path) -> None:
    try:
        (group / "cgroup.procs").write_text(str(pid))
    except OSError:
        return  # the process has exited

"""A phone that takes in a feed of a hundred thousand versions: every one checked, memory bounded, cut off and resumed."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.running import ROOT

COUNT = 100_000


@pytest.mark.slow
def test_a_hundred_thousand_versions_come_down_to_a_phone() -> None:
    """Each once and in order, cut off three times, progress rising, within 64 MB; another head is refused."""
    path = f"{(ROOT / '.venv' / 'node-path').read_text().strip()}:{os.environ['PATH']}"
    done = subprocess.run(
        ["node", "--expose-gc", "tests/js/long/feed.mjs", str(COUNT)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["taken"], told["cuts"], told["isRising"], told["last"]) == (COUNT, 3, True, 1)
    assert told["asked"] == COUNT // 500 + 4  # the three pages that were cut off, and the one asked for another head
    assert told["megabytes"] < 64, told
    assert told["refused"] == "head_differs"

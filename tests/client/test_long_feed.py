"""A phone that takes in a long feed: every version checked, memory bounded, cut off and resumed."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.cli_runner import PROJECT_ROOT

# The small one tells at once when something breaks; the large one is what was promised.
COUNTS = [pytest.param(20_000, marks=pytest.mark.whole), pytest.param(100_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", COUNTS)
def test_every_version_of_a_long_feed_comes_down_to_a_phone(count: int) -> None:
    """Each once and in order, cut off three times, progress rising, within 64 MB; another head is refused."""
    path = f"{(PROJECT_ROOT / '.venv' / 'node-path').read_text().strip()}:{os.environ['PATH']}"
    result = subprocess.run(
        ["node", "--expose-gc", "tests/js/long/feed.mjs", str(count)],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT_ROOT,
        env={**os.environ, "PATH": path},
    )
    assert result.returncode == 0, result.stderr
    output = json.loads(result.stdout)
    assert (output["taken"], output["cuts"], output["isRising"], output["last"]) == (count, 3, True, 1)
    assert output["asked"] == count // 500 + 4  # the three pages that were cut off, and the one asked for another head
    assert output["megabytes"] < 64, output
    assert output["refused"] == "head_differs"

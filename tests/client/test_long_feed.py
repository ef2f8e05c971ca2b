"""A phone receives a long feed: every version verified, memory bounded, interrupted and resumed."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.cli_runner import PROJECT_ROOT

# The small size finds regressions quickly; the large one is the promised size.
COUNTS = [pytest.param(20_000, marks=pytest.mark.whole), pytest.param(100_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", COUNTS)
def test_every_version_of_a_long_feed_comes_down_to_a_phone(count: int) -> None:
    """Each version arrives once and in order over three interruptions, within 64 MB; a wrong head is refused."""
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
    assert output["asked"] == count // 500 + 4  # the three interrupted pages, and the one with a wrong head
    assert output["megabytes"] < 64, output
    assert output["refused"] == "head_differs"

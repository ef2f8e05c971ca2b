"""The app's copy of the directory is the public page's own table."""

from __future__ import annotations

import subprocess
import sys

from tests.test_layers import ROOT


def test_the_committed_module_is_what_the_generator_writes() -> None:
    """Nobody changed one side alone."""
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "directory.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr

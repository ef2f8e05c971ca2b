"""The app's copy of the directory equals the public page's table."""

from __future__ import annotations

import subprocess
import sys

from tests.test_layers import PROJECT_ROOT


def test_the_committed_module_is_what_the_generator_writes() -> None:
    """The committed module equals the generator's output."""
    result = subprocess.run(
        [sys.executable, str(PROJECT_ROOT / ".ci" / "directory.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT_ROOT,
    )
    assert (result.returncode, result.stdout) == (0, ""), result.stderr

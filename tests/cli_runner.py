"""Run the command line in tests, as a subprocess or in this process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from click.testing import CliRunner

from diary.cli.main import main
from diary.storage import database
from tests import cached_setup as once
from tests.free_space import ANY_FREE_SPACE

PROJECT_ROOT = Path(__file__).resolve().parent.parent
# Under `make coverage`, processes started by a test are measured too.
COVERAGE_ENVIRONMENT = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}


def run_cli(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a subprocess."""
    return subprocess.run(
        [sys.executable, "-m", "diary", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT_ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "error", **ANY_FREE_SPACE, **COVERAGE_ENVIRONMENT, **env},
    )


def run_cli_in_process(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process, for tests with many commands: a process takes a second each.

    Unexpected exceptions are raised. A new database is copied from a migrated one, since creating the tables takes a
    second too.
    """
    with patch.object(database, "migrate", once.migrate_from_cached_copy):
        result = CliRunner().invoke(
            main, [str(argument) for argument in arguments], env=ANY_FREE_SPACE | env, prog_name="diary"
        )
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return subprocess.CompletedProcess([], result.exit_code, result.stdout, result.stderr)

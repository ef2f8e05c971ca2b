"""The fault run, shortened: `make faults` kills two hundred times on each database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.kill_run import kill_run
from tests.postgres import running_postgres

pytestmark = pytest.mark.whole
KILLS = 6


async def test_acknowledged_data_survives_every_kill(tmp_path: Path) -> None:
    """On SQLite every version and part is there byte for byte, every erasure and session too; the file is intact."""
    printed: list[str] = []
    report = await kill_run(tmp_path, KILLS, 7, None, printed.append)
    assert report.holds and report.checked_heads == 4, printed


@pytest.mark.postgres
async def test_acknowledged_data_survives_kills_of_server_and_postgresql(tmp_path: Path) -> None:
    """Nothing acknowledged is lost in ten kills, one of them with the database."""
    printed: list[str] = []
    with running_postgres() as server:
        report = await kill_run(tmp_path, 10, 7, server, printed.append)
    assert report.holds and report.checked_heads == 4, printed

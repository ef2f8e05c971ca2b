"""The fault run in small: `make faults` kills two hundred times on each database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.killing import kill_run
from tests.postgres import postgres_server

pytestmark = pytest.mark.whole
KILLS = 6


async def test_acknowledged_data_survives_every_kill(tmp_path: Path) -> None:
    """SQLite: every version and part, byte for byte, every erasure and session; the file is sound."""
    said: list[str] = []
    found = await kill_run(tmp_path, KILLS, 7, None, said.append)
    assert found.holds and found.heads == 4, said


@pytest.mark.postgres
async def test_the_same_over_postgresql_which_is_killed_as_well(tmp_path: Path) -> None:
    """Ten kills, one of them with the database."""
    said: list[str] = []
    with postgres_server() as server:
        found = await kill_run(tmp_path, 10, 7, server, said.append)
    assert found.holds and found.heads == 4, said

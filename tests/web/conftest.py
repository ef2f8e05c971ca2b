"""A server and two keepers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.keepers import Keeper, Served, enrol, served


@pytest.fixture
async def server(tmp_path: Path, database_setting: dict[str, str]) -> AsyncIterator[Served]:
    """A server of its own, over each database."""
    async with served(tmp_path, **database_setting) as running:
        yield running


@pytest.fixture
async def keeper(server: Served) -> Keeper:
    """Keeper A."""
    return await enrol(server)


@pytest.fixture
async def other(server: Served) -> Keeper:
    """Keeper B."""
    return await enrol(server, "203.0.113.9")

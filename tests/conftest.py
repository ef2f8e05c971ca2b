"""Shared by every test: nothing of the machine's own settings leaks in, and nothing of ours leaks out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests import cookies, once
from tests.keepers import Keeper, Served, enrol, served
from tests.object_store import ObjectStore, object_store
from tests.postgres import Postgres, postgres_server
from tests.redis_server import RedisServer, redis_server

pytest_plugins = ["tests.queue", "tests.claims"]


def pytest_configure(config: pytest.Config) -> None:
    """Join the browser's modules again if one has changed since set-up, so that the tests run what is served."""
    if not hasattr(config, "workerinput"):
        subprocess.run([sys.executable, str(Path(__file__).parents[1] / ".ci" / "setup.py"), "modules"], check=True)


once.remember()
cookies.watch()
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, started when the first test asks for it."""
    with postgres_server() as made:
        yield made


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """A Redis server, started when the first test asks for it."""
    with redis_server() as made:
        yield made


@pytest.fixture(scope="session")
def objects() -> Iterator[ObjectStore]:
    """An S3 server, started when the first test asks for it."""
    with object_store() as made:
        yield made


@pytest.fixture(params=DATABASES)
def database_setting(request: pytest.FixtureRequest) -> dict[str, str]:
    """The setting of each database in turn, new and with every table."""
    if request.param == "sqlite":
        return {}
    return {"DIARY_DATABASE_URL": request.getfixturevalue("postgres").fresh()}


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


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DIARY_ variable in the shell of whoever runs the tests changes nothing."""
    for name in [name for name in os.environ if name.startswith("DIARY_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_cookie_is_set() -> Iterator[None]:
    """No answer of a server in this process sets a cookie, whatever the test is about; tests/cookies.py."""
    yield
    assert cookies.take_found() == []

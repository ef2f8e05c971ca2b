"""Fixtures for every test. No setting of the machine affects a test, and no test affects another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests import cached_setup as once
from tests import cookie_check as cookies
from tests.free_space import ANY_FREE_SPACE
from tests.object_store import ObjectStore, running_object_store
from tests.postgres import PostgresServer, running_postgres
from tests.redis_server import RedisServer, running_redis
from tests.server_fixture import InProcessServer, Keeper, register_keeper, running_server

pytest_plugins = ["tests.scheduling", "tests.claims", "tests.journey_table"]


def pytest_configure(config: pytest.Config) -> None:
    """Join the browser's modules again if one has changed since setup, so that tests run what is served."""
    if not hasattr(config, "workerinput"):
        subprocess.run([sys.executable, str(Path(__file__).parents[1] / ".ci" / "setup.py"), "modules"], check=True)


once.cache_rendering_and_migration()
cookies.install_cookie_check()
os.environ.update(ANY_FREE_SPACE)  # for the servers that a test starts with this process's environment
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server that starts when the first test needs it."""
    with running_postgres() as postgres_process:
        yield postgres_process


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """Return a Redis server that starts when the first test needs it."""
    with running_redis() as redis_process:
        yield redis_process


@pytest.fixture(scope="session")
def object_store_server() -> Iterator[ObjectStore]:
    """Return an S3 server that starts when the first test needs it."""
    with running_object_store() as store:
        yield store


@pytest.fixture(params=DATABASES)
def database_setting(request: pytest.FixtureRequest) -> dict[str, str]:
    """Return the setting of each database in turn, new and migrated."""
    if request.param == "sqlite":
        return {}
    return {"DIARY_DATABASE_URL": request.getfixturevalue("postgres").create_migrated_database()}


@pytest.fixture
async def server(tmp_path: Path, database_setting: dict[str, str]) -> AsyncIterator[InProcessServer]:
    """Return a separate server, once over each database."""
    async with running_server(tmp_path, **database_setting) as running:
        yield running


@pytest.fixture
async def keeper(server: InProcessServer) -> Keeper:
    """Return keeper A."""
    return await register_keeper(server)


@pytest.fixture
async def other_keeper(server: InProcessServer) -> Keeper:
    """Return keeper B."""
    return await register_keeper(server, "203.0.113.9")


@pytest.fixture(autouse=True)
def _unset_diary_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the DIARY_ variables of the developer's shell."""
    for name in [name for name in os.environ if name.startswith("DIARY_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _fail_on_set_cookie() -> Iterator[None]:
    """Fail a test if any answer in this process sets a cookie, whatever the test is about; tests/cookie_check.py."""
    yield
    assert cookies.take_violations() == []

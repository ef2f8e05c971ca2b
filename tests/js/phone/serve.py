"""Serve the real application for the phone's tests in Node, with key derivation cheap enough for hundreds of locks.

    serve.py PORT           one server, with settings from this process's environment
    serve.py --for SOCKET   one server for each connection to that socket: the client sends a line of JSON,
                            {"port": …, "environment": {…}}, the reply is the port, and the server ends with the connection;
                            or {"simulate": folder, "environment": {…}}, and commands of the simulation follow;
                            or {"command": ["verify", …], "environment": {…}}: the reply is the result of `python -m diary`
                            as JSON, {"code": …, "stdout": …, "stderr": …}

Starting Python and making the pages take most of a second of processor time, and Node's tests start more than a hundred servers.

Each server binds a free port and writes its number, so that no two servers use the same one. Rate limits are off here:
Python's tests cover them, and a test file sends requests as fast as the machine allows.
"""

import asyncio
import errno
import gzip
import hashlib
import importlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

import uvicorn
from jinja2 import Environment, FileSystemBytecodeCache
from starlette.applications import Starlette

from diary.app import create_app
from diary.clock import Clock
from diary.config import Settings, load_settings
from diary.crypto import kdf
from diary.paths import STATIC, TEMPLATES
from diary.storage.database import migrate
from diary.storage.sqlite.connection import path_from_url
from diary.web.pages import render_pages
from diary.web.rate_limits import NetworkRateLimiter
from tests import cached_setup as once
from tests import cookie_check as cookies

PROJECT_ROOT = Path(__file__).parents[3]
BUILD_FOLDER = PROJECT_ROOT / "build/tests"
IDLE_TIMEOUT_SECONDS = 60
COMMAND_MODULES = ("diary.cli.main", "diary.pack.verify.verifier", "diary.services.sharing.organisations")


def main() -> None:
    """Serve as the command line says."""
    if sys.argv[1] == "--for":
        serve_connections(Path(sys.argv[2]))
    else:
        serve(int(sys.argv[1]), sys.stdout.fileno())


def serve_connections(path: Path) -> None:
    """Start a process for each connection. No thread runs before the fork."""
    from tests.simulation import server_adapter  # here, since it imports this module

    once.cache_rendering_and_migration()
    with minimal_pages(), tempfile.TemporaryDirectory() as folder:
        render_pages(load_settings({"DIARY_DATA": folder}), STATIC, TEMPLATES)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # do not collect exit statuses
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(16)
    while True:
        connection, _ = listener.accept()
        source = connection.makefile("rb")
        line = source.readline()
        if not line:  # the test ended before it asked for anything
            source.close()
            connection.close()
            continue
        request = json.loads(line)
        if "command" in request:
            import_commands()
        if os.fork():
            source.close()
            connection.close()
            continue
        listener.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(request["environment"])
        if "simulate" in request:
            server_adapter.simulate(Path(request["simulate"]), source, connection.makefile("wb"))
            os._exit(0)
        if "command" in request:
            connection.sendall(json.dumps(run_command(request["command"])).encode())
            os._exit(0)
        threading.Thread(target=_exit_when_closed, args=(connection,), daemon=True).start()
        serve(request["port"], connection.fileno())
        os._exit(0)


@cache
def import_commands() -> None:
    """Import what the tests' commands need: a process of their own would take a second to do so each time."""
    for name in COMMAND_MODULES:
        importlib.import_module(name)


def run_command(arguments: list[str]) -> dict[str, object]:
    """Run a command of `python -m diary` in this process, which then ends. Return its exit code and what it printed."""
    from diary.cli.main import main as run_command_line

    code: object = 0
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        os.dup2(stdout.fileno(), sys.stdout.fileno())
        os.dup2(stderr.fileno(), sys.stderr.fileno())
        try:
            run_command_line(arguments, prog_name="python -m diary")
        except SystemExit as ended:
            code = ended.code
        except Exception:  # noqa: BLE001 # reported as Python itself does when a program ends so
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        printed = []
        for file in (stdout, stderr):
            file.seek(0)
            printed.append(file.read().decode())
    return {"code": code, "stdout": printed[0], "stderr": printed[1]}


def _exit_when_closed(connection: socket.socket) -> None:
    """Wait until the connection closes, then end this process with a signal."""
    connection.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)


def serve(port: int, output: int) -> None:
    """Migrate, listen, write the port to the file descriptor `output`, and serve until killed."""
    listener = _listen(port)
    port = listener.getsockname()[1]
    os.environ.setdefault("DIARY_APP_URL", f"http://localhost:{port}")
    os.environ.setdefault("DIARY_PUBLIC_URL", f"http://public.localhost:{port}")
    settings = load_settings(os.environ)
    cookies.install_cookie_check(exit_on_forbidden_cookie)
    install_tables(settings)
    app = make_app(settings)
    os.write(output, f"{port}\n".encode())
    # A browser repeats a request that met a connection closed for being idle. Node does not.
    config = uvicorn.Config(app, access_log=False, log_level="error", server_header=False, timeout_keep_alive=600)
    with patch.object(NetworkRateLimiter, "enter", allow_every_request):
        uvicorn.Server(config).run(sockets=[listener])


def make_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """Return the real application."""
    with minimal_pages():
        return create_app(settings, clock, kdf_profile=kdf.CHEAPEST_PROFILE, kdf_policy=kdf.TEST_POLICY)


@contextmanager
def minimal_pages() -> Iterator[None]:
    """Make the pages with as little work as possible: few of these tests request them."""
    compiled = BUILD_FOLDER / "templates"
    compiled.mkdir(parents=True, exist_ok=True)
    environment = partial(Environment, bytecode_cache=FileSystemBytecodeCache(str(compiled)))
    packing = partial(gzip.compress, compresslevel=1)
    with (
        patch("diary.web.pages.Environment", environment),
        patch("diary.web.static_files.gzip.compress", lambda raw, _level, mtime: packing(raw, mtime=mtime)),
    ):
        yield


def exit_on_forbidden_cookie(violations: list[str]) -> None:
    """End the server when a cookie was found. The test then fails, with the reason printed above it."""
    if violations:
        sys.stderr.write("\n".join([*violations, ""]))
        sys.stderr.flush()
        os._exit(1)


async def allow_every_request(*_args: object, **_kwargs: object) -> None:
    """Let every request in."""


def _listen(port: int) -> socket.socket:
    """Return a listening socket. Connections wait until they are served. 0: any free port.

    A restarted server needs its old port. If another program has that port for a moment, wait for it.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    deadline = time.monotonic() + IDLE_TIMEOUT_SECONDS
    while True:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            listener.listen(128)
            return listener


def install_tables(settings: Settings) -> None:
    """Put the newest tables into the server's database: a copy of tables made once for these migrations."""
    target = path_from_url(settings.database_url)
    if target.exists():
        return
    digest = hashlib.sha256()
    for path in sorted((PROJECT_ROOT / "diary/storage/migrations").glob("*.py")):
        digest.update(path.read_bytes())
    cached_database = BUILD_FOLDER / f"tables-{digest.hexdigest()[:16]}.sqlite"
    if not cached_database.exists():
        cached_database.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cached_database.parent) as folder:
            url = f"sqlite://{folder}/made.db"
            asyncio.run(migrate(replace(settings, database_url=url)))
            complete_database = Path(folder, "whole.db")
            with (
                closing(sqlite3.connect(path_from_url(url))) as source,
                closing(sqlite3.connect(complete_database)) as copy,
            ):
                source.backup(copy)
            complete_database.replace(cached_database)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(cached_database, target)


if __name__ == "__main__":
    main()

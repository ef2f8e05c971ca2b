"""Serve the real application for the phone's tests in Node, with key derivation cheap enough for hundreds of locks.

    serve.py PORT           one server, with settings from this process's environment
    serve.py --for SOCKET   one server for each connection to that socket: the client sends a line of JSON,
                            {"port": …, "environment": {…}}, the reply is the port, and the server ends with the connection

Starting Python and making the pages take most of a second of processor time, and Node's tests start more than a hundred servers.

Each server binds a port of its own and writes its number, so that no two servers use the same one. Rate limits are off here:
Python's tests cover them, and a test file sends requests as fast as the machine allows.
"""

import asyncio
import errno
import gzip
import hashlib
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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import uvicorn
from jinja2 import Environment, FileSystemBytecodeCache
from starlette.applications import Starlette

from diary.app import create_app
from diary.clock import Clock
from diary.config import Settings, load
from diary.crypto import kdf
from diary.paths import STATIC, TEMPLATES
from diary.storage.database import migrate
from diary.storage.sqlite.connection import path_of
from diary.web.pages import render_pages
from diary.web.rate_limits import NetworkLimit
from tests import cookies, once

ROOT = Path(__file__).parents[3]
BUILT = ROOT / "build/tests"
PATIENCE_S = 60


def main() -> None:
    """Serve as the command line asks."""
    if sys.argv[1] == "--for":
        serve_each(Path(sys.argv[2]))
    else:
        serve(int(sys.argv[1]), sys.stdout.fileno())


def serve_each(path: Path) -> None:
    """Start a process for each connection. No thread runs before the fork."""
    once.remember()
    with cheap_pages(), tempfile.TemporaryDirectory() as folder:
        render_pages(load({"DIARY_DATA": folder}), STATIC, TEMPLATES)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # do not collect exit statuses
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(16)
    while True:
        connection, _ = listener.accept()
        if os.fork():
            connection.close()
            continue
        listener.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        request = json.loads(connection.makefile().readline())
        os.environ.clear()
        os.environ.update(request["environment"])
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        serve(request["port"], connection.fileno())
        os._exit(0)


def _end_with(connection: socket.socket) -> None:
    """Wait until the connection closes, then end this process with a signal."""
    connection.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)


def serve(port: int, output: int) -> None:
    """Migrate, listen, write the port to the file descriptor `output`, and serve until killed."""
    listening = _listen(port)
    port = listening.getsockname()[1]
    os.environ.setdefault("DIARY_APP_URL", f"http://localhost:{port}")
    os.environ.setdefault("DIARY_PUBLIC_URL", f"http://public.localhost:{port}")
    settings = load(os.environ)
    cookies.watch(end_for_a_cookie)
    make_tables(settings)
    app = make_app(settings)
    os.write(output, f"{port}\n".encode())
    # A browser repeats a request that met a connection closed for being idle. Node does not.
    config = uvicorn.Config(app, access_log=False, log_level="error", server_header=False, timeout_keep_alive=600)
    with patch.object(NetworkLimit, "enter", let_in):
        uvicorn.Server(config).run(sockets=[listening])


def make_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """Return the real application."""
    with cheap_pages():
        return create_app(settings, clock, kdf_profile=kdf.CHEAPEST, kdf_policy=kdf.TESTS)


@contextmanager
def cheap_pages() -> Iterator[None]:
    """Make the pages with as little work as possible: few of these tests request them."""
    compiled = BUILT / "templates"
    compiled.mkdir(parents=True, exist_ok=True)
    environment = partial(Environment, bytecode_cache=FileSystemBytecodeCache(str(compiled)))
    packing = partial(gzip.compress, compresslevel=1)
    with (
        patch("diary.web.pages.Environment", environment),
        patch("diary.web.static_files.gzip.compress", lambda raw, _level, mtime: packing(raw, mtime=mtime)),
    ):
        yield


def end_for_a_cookie(found: list[str]) -> None:
    """End the server when a cookie was found. The test then fails, with the reason printed above it."""
    if found:
        sys.stderr.write("\n".join([*found, ""]))
        sys.stderr.flush()
        os._exit(1)


async def let_in(*_args: object, **_kwargs: object) -> None:
    """Let every request in."""


def _listen(port: int) -> socket.socket:
    """Return a listening socket. Connections wait until they are served. 0: any free port.

    A restarted server needs its old port. If another program has that port for a moment, wait for it.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            listening.listen(128)
            return listening


def make_tables(settings: Settings) -> None:
    """Put the newest tables into the server's database: a copy of tables made once for these migrations."""
    target = path_of(settings.database_url)
    if target.exists():
        return
    digest = hashlib.sha256()
    for path in sorted((ROOT / "diary/storage/migrations").glob("*.py")):
        digest.update(path.read_bytes())
    made = BUILT / f"tables-{digest.hexdigest()[:16]}.sqlite"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=made.parent) as folder:
            url = f"sqlite://{folder}/made.db"
            asyncio.run(migrate(replace(settings, database_url=url)))
            whole = Path(folder, "whole.db")
            with closing(sqlite3.connect(path_of(url))) as source, closing(sqlite3.connect(whole)) as copy:
                source.backup(copy)
            whole.replace(made)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made, target)


if __name__ == "__main__":
    main()

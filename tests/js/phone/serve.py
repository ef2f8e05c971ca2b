"""Serves the real application for the phone's tests in Node, with locks cheap enough to make hundreds of.

    serve.py PORT           one server, in the settings of this process's environment
    serve.py --for SOCKET   one for each connection to that socket: a line of JSON, {"port": …, "environment": {…}}, asks for it,
                            the answer is its port, and the server ends when the connection does

Starting Python and making the pages take most of a second of processor time, and Node's tests start more than a hundred servers.

It takes a port of its own and writes its number, so that no two servers ever choose the same one. How often one place may ask
is not counted here: that is the subject of Python's tests, and a file of tests asks as often as the machine is quick.
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
from diary.storage.sqlite import path_of
from diary.web.limits import NetworkLimit
from diary.web.pages import render_pages
from tests import cookies, once

ROOT = Path(__file__).parents[3]
BUILT = ROOT / "build/tests"
PATIENCE_S = 60


def main() -> None:
    """Serve as the command line says."""
    if sys.argv[1] == "--for":
        serve_each(Path(sys.argv[2]))
    else:
        serve(int(sys.argv[1]), sys.stdout.fileno())


def serve_each(path: Path) -> None:
    """Start a process for each connection. None of them has started a thread before it forks."""
    once.remember()
    with cheap_pages(), tempfile.TemporaryDirectory() as folder:
        render_pages(load({"DIARY_DATA": folder}), STATIC, TEMPLATES)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    waiting = socket.socket(socket.AF_UNIX)
    waiting.bind(str(path))
    waiting.listen(16)
    while True:
        connection, _ = waiting.accept()
        if os.fork():
            connection.close()
            continue
        waiting.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        asked = json.loads(connection.makefile().readline())
        os.environ.clear()
        os.environ.update(asked["environment"])
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        serve(asked["port"], connection.fileno())
        os._exit(0)


def _end_with(connection: socket.socket) -> None:
    """Wait for the end of the connection, then end as a signal would."""
    connection.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)


def serve(port: int, told: int) -> None:
    """Migrate, listen, write the port to the file descriptor `told`, and serve until killed."""
    listening = _listen(port)
    port = listening.getsockname()[1]
    os.environ.setdefault("DIARY_APP_URL", f"http://localhost:{port}")
    os.environ.setdefault("DIARY_PUBLIC_URL", f"http://public.localhost:{port}")
    settings = load(os.environ)
    cookies.watch(end_for_a_cookie)
    make_tables(settings)
    app = make_app(settings)
    os.write(told, f"{port}\n".encode())
    # A browser sends again what met a connection that was closed for being idle; Node does not.
    config = uvicorn.Config(app, access_log=False, log_level="error", server_header=False, timeout_keep_alive=600)
    with patch.object(NetworkLimit, "enter", let_in):
        uvicorn.Server(config).run(sockets=[listening])


def make_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """The real application."""
    with cheap_pages():
        return create_app(settings, clock, kdf_profile=kdf.CHEAPEST, kdf_policy=kdf.TESTS)


@contextmanager
def cheap_pages() -> Iterator[None]:
    """Pages, which few of these tests ask for, are made with as little work as can be."""
    compiled = BUILT / "templates"
    compiled.mkdir(parents=True, exist_ok=True)
    environment = partial(Environment, bytecode_cache=FileSystemBytecodeCache(str(compiled)))
    packing = partial(gzip.compress, compresslevel=1)
    with (
        patch("diary.web.pages.Environment", environment),
        patch("diary.web.files.gzip.compress", lambda raw, _level, mtime: packing(raw, mtime=mtime)),
    ):
        yield


def end_for_a_cookie(found: list[str]) -> None:
    """A test whose server is gone fails; why stands above it."""
    if found:
        sys.stderr.write("\n".join([*found, ""]))
        sys.stderr.flush()
        os._exit(1)


async def let_in(*_asked: object, **_how: object) -> None:
    """Count nothing."""


def _listen(port: int) -> socket.socket:
    """A socket that takes connections from now on; they wait until they are served. 0: any port that is free.

    A server that comes back must have the port it had: where another program has it for a moment, that is waited for.
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
    """The newest tables in the server's own database: a copy of those made once for these migrations."""
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

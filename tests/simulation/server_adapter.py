"""The real server for the simulation. This is the only file of the simulation that uses names of the server's code.

It reads commands from standard input, or from a connection to the process that starts servers (tests/js/phone/serve.py),
and answers each before it reads the next, so that a seed decides their order. A message is a JSON header and a body, each
preceded by its length in 4 bytes, big-endian. `now` in a header is the time on the server's clock, ms. Random bytes come
from a seed. TLS, sockets and uvicorn are left out. Broken connections are not: `cut` ends the request after that many bytes
of its body.
"""

import asyncio
import json
import os
import random
import shutil
import sys
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from pathlib import Path
from typing import Any, BinaryIO
from unittest.mock import patch

from diary.clock import FixedClock
from diary.config import Settings, load_settings
from diary.services.log import sequencer
from diary.services.sharing import organisations
from diary.services.sync import purge
from diary.web.rate_limits import NetworkRateLimiter
from tests import cookie_check as cookies
from tests.js.phone.serve import allow_every_request, exit_on_forbidden_cookie, install_tables, make_app

URL_SETTINGS = {"DIARY_APP_URL": "http://localhost:1", "DIARY_PUBLIC_URL": "http://public.localhost:1"}
HOST = "localhost:1"
START_MS = 1_790_000_000_000
COMMANDS = ("copy", "organisation", "purge", "put_back", "request", "reset", "restart", "tend")
# Written once for each process. A new seed keeps them.
SECRET_FILES = ("pepper", "notary.key")


class SimulatedServer:
    """One server, whose files can be copied, put back and reset between requests."""

    def __init__(self, folder: Path) -> None:
        """Take an empty folder for all files of the server."""
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.clock = FixedClock(START_MS)
        self.settings = settings_of(folder)
        self.app = make_app(self.settings, self.clock)
        self.running: Any = None

    async def start(self) -> None:
        """Open the files."""
        install_tables(self.settings)
        self.running = self.app.router.lifespan_context(self.app)
        await self.running.__aenter__()

    async def stop(self) -> None:
        """Close the files."""
        if self.running:
            await self.running.__aexit__(None, None, None)
        self.running = None

    async def reset(self, command: dict[str, Any], _body: bytes) -> dict[str, Any]:
        """Start with an empty database and random bytes of a seed."""
        await self.stop()
        for path in self.folder.iterdir():
            if path.name not in SECRET_FILES:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        seed_random(command["seed"])
        await self.start()
        return {}

    async def copy(self, command: dict[str, Any], _body: bytes) -> dict[str, Any]:
        """Keep a named copy of the files."""
        await self.stop()
        shutil.rmtree(self._copy_path(command["name"]), ignore_errors=True)
        shutil.copytree(self.folder, self._copy_path(command["name"]))
        await self.start()
        return {}

    async def put_back(self, command: dict[str, Any], _body: bytes) -> dict[str, Any]:
        """Replace the files with a copy."""
        await self.stop()
        shutil.rmtree(self.folder)
        shutil.copytree(self._copy_path(command["name"]), self.folder)
        await self.start()
        return {}

    async def restart(self, _command: dict[str, Any], _body: bytes) -> dict[str, Any]:
        """Stop and start over the same files."""
        await self.stop()
        await self.start()
        return {}

    async def tend(self, _command: dict[str, Any], _body: bytes) -> dict[str, Any]:
        """Update the log, as the server does by itself every few minutes."""
        await sequencer.run_round(self.app.state.app_context.instance)
        return {}

    async def purge(self, _command: dict[str, Any], _body: bytes) -> dict[str, Any]:
        """Erase what is due, as the server does by itself every hour."""
        await purge.purge(self.app.state.app_context.instance)
        return {}

    async def organisation(self, command: dict[str, Any], _body: bytes) -> dict[str, Any]:
        """Add an organisation of advocates, and return the invitation for its lead."""
        _, code = await organisations.create_organisation(self.app.state.app_context.instance, command["name"])
        return {"invite": code}

    async def request(self, command: dict[str, Any], body: bytes) -> dict[str, Any]:
        """Answer one request as the running server does."""
        path, _, query = command["path"].partition("?")
        headers = [(name.lower().encode(), value.encode()) for name, value in command["headers"].items()]
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": command["method"],
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"host", HOST.encode()), (b"content-length", str(len(body)).encode()), *headers],
            "client": ("127.0.0.1", 50_000), "server": ("localhost", 1), "state": {},
        }  # fmt: skip
        cut = command.get("cut")
        receive_body = body_receiver(body if cut is None else body[:cut], is_complete=cut is None)
        answer: dict[str, Any] = {"status": 0, "headers": [], "body": b""}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                answer["headers"] = [
                    [name.decode("latin-1"), value.decode("latin-1")] for name, value in message["headers"]
                ]
            else:
                answer["body"] += message.get("body", b"")

        if "killed" in command:
            await self._answer_until_killed(self.app(scope, receive_body, send), command["killed"])
        else:
            await self.app(scope, receive_body, send)
        return answer

    async def _answer_until_killed(self, request: Coroutine[Any, Any, None], killed: str) -> None:
        """Answer a request until it writes, then stop and start over the same files.

        `killed`: "before" its first commit, or "after" it. A request that writes nothing is answered in full. Unlike a real
        kill, this does run `finally` and `except`.
        """
        writer = self.app.state.app_context.instance.db.writer
        run, write_reached = writer.run, asyncio.Event()

        async def run_and_stop(*args: Any, **kwargs: Any) -> None:
            if killed == "after":
                await run(*args, **kwargs)
            write_reached.set()
            await asyncio.Event().wait()

        with patch.object(writer, "run", run_and_stop):
            tasks = [asyncio.ensure_future(request), asyncio.ensure_future(write_reached.wait())]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self.restart({}, b"")

    def _copy_path(self, name: str) -> Path:
        return self.folder.with_name(f"{self.folder.name}-{name}")


def body_receiver(body: bytes, *, is_complete: bool) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Return an ASGI `receive` for a body. An incomplete body ends with a disconnect."""
    messages = [{"type": "http.request", "body": body, "more_body": not is_complete}]
    disconnected = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        if is_complete:
            await disconnected.wait()
        return {"type": "http.disconnect"}

    return receive


def settings_of(folder: Path) -> Settings:
    """Return the settings of a server with its files in `folder`."""
    return load_settings({**os.environ, **URL_SETTINGS, "DIARY_DATA": str(folder)})


def seed_random(seed: int) -> None:
    """Make all further random bytes of the operating system follow from `seed`."""
    source = random.Random(seed)
    os.urandom = source.randbytes
    vars(random)["_urandom"] = source.randbytes


def read_frame(source: BinaryIO) -> bytes | None:
    """Return the next frame, or None at the end."""
    length = source.read(4)
    return source.read(int.from_bytes(length)) if length else None


def write_frame(target: BinaryIO, frame: bytes) -> None:
    """Write a frame, preceded by its length."""
    target.write(len(frame).to_bytes(4) + frame)


async def serve(folder: Path, source: BinaryIO, target: BinaryIO) -> None:
    """Answer commands until the input ends."""
    server = SimulatedServer(folder)
    commands = {name: getattr(server, name) for name in COMMANDS}
    while (header := read_frame(source)) is not None:
        command, body = json.loads(header), read_frame(source) or b""
        server.clock.ms = command["now"]
        answer = await commands[command["do"]](command, body)
        answer_body = answer.pop("body", b"")
        write_frame(target, json.dumps(answer).encode())
        write_frame(target, answer_body)
        target.flush()
    await server.stop()


def simulate(folder: Path, source: BinaryIO, target: BinaryIO) -> None:
    """Serve the files in the folder."""
    # In a fresh clone this runs the migrations, which need their own event loop and unseeded random bytes.
    install_tables(settings_of(folder))
    seed_random(0)
    cookies.install_cookie_check(exit_on_forbidden_cookie)
    with patch.object(NetworkRateLimiter, "enter", allow_every_request):
        asyncio.run(serve(folder, source, target))


if __name__ == "__main__":
    simulate(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)

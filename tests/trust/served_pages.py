"""Public pages of a real server's log, served by a plain HTTP server so that a test can change them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from diary.services.log import sequencer
from tests.server_fixture import InProcessServer, register_keeper, running_server

LOG_PAGES = ("/notary.txt", "/log/checkpoint", "/log/leaves/0")


async def grow_log(server: InProcessServer, pushes: tuple[int, ...]) -> None:
    """Push versions as a keeper, with a checkpoint after each given number."""
    keeper = await register_keeper(server)
    for count in pushes:
        for _ in range(count):
            await keeper.push()
        await sequencer.run_round(server.app.state.app_context.instance)
        server.clock.advance(601_000)


async def fetch_log_pages(folder: Path, pushes: tuple[int, ...] = (2, 3, 1), **settings: str) -> dict[str, bytes]:
    """Return every page of a log with one checkpoint for each number of versions, by path."""
    async with running_server(folder, **settings) as server:
        await grow_log(server, pushes)
        paths = [*LOG_PAGES, *(f"/log/{kind}/{n}" for kind in ("checkpoints", "stamps") for n in range(len(pushes)))]
        async with server.http_client() as client:
            answers = {path: await client.get(server.settings.public_url + path) for path in paths}
        assert {path: response.status_code for path, response in answers.items()} == dict.fromkeys(paths, 200)
        return {path: response.content for path, response in answers.items()}


@contextmanager
def serve_over_http(pages: Mapping[str, bytes]) -> Iterator[str]:
    """Serve pages on a local port, with 404 for every other path, and yield the address."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Suppress the request log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

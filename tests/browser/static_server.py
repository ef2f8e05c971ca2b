"""Serve the checkout's scripts and vectors over HTTP with the app's own headers, for tests that need no real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from diary.web.headers import APP_POLICY, security_headers

PROJECT_ROOT = Path(__file__).resolve().parents[2]
SERVED_FOLDERS = ("/static/", "/tests/js/", "/tests/browser/vectors/", "/tests/vectors/", "/tests/bench/")


class _FileHandler(SimpleHTTPRequestHandler):
    """Serves a page at / that runs `script`, the files below FOLDERS, and 404 for the rest."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def __init__(self, *args: Any, script: str, **more: Any) -> None:
        """Handle one request."""
        page = f'<!doctype html><html lang="en"><title>-</title><script type="module" src="{script}"></script>'
        self.page = page.encode()
        super().__init__(*args, **more)

    def do_GET(self) -> None:
        """Send the page, a file or 404."""
        if self.path == "/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(self.page)))
            self.end_headers()
            self.wfile.write(self.page)
        elif self.path.startswith(SERVED_FOLDERS):
            super().do_GET()
        else:
            self.send_error(404)

    def end_headers(self) -> None:
        """Add the app's security headers to every response."""
        for name, value in security_headers(APP_POLICY, tls=False):
            self.send_header(name.decode(), value.decode())
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


@contextmanager
def serve_page(script: str) -> Iterator[str]:
    """Yield the address of a page that runs `script`, a path below one of FOLDERS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_FileHandler, directory=str(PROJECT_ROOT), script=script))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

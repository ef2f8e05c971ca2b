"""With the phone locked, no path under /v1/ reveals anything, to its user or to another site."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page

from diary.web.routes import ROUTES
from tests.browser import chromium
from tests.browser.live_server import Certificate, Exchange, LiveServer
from tests.browser.module_browser import browser, certificate, playwright
from tests.browser.navigators.keeper import BrowserKeeper

__all__ = ["browser", "certificate", "playwright"]  # fixtures, which pytest finds by their names here
pytestmark = pytest.mark.browser
V1_ADDRESSES = sorted({(row.audience.value == "recipient", row.path) for row in ROUTES if row.path.startswith("/v1/")})
UNKNOWN_PATH = "/v1/nothing-here"
# Fetches one address in every way that another site's script can; the answers are recorded on the server.
FETCH_SCRIPT = """async (addresses) => {
  for (const address of addresses) {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      for (const mode of ['cors', 'no-cors']) {
        for (const credentials of ['include', 'omit']) await fetch(address, { method, mode, credentials }).catch(() => undefined);
      }
    }
  }
}"""
IMAGE_SCRIPT = """async (addresses) => {
  for (const address of addresses) {
    const image = new Image();
    await new Promise((done) => { image.onload = image.onerror = done; image.src = address; });
  }
}"""
FORM_SCRIPT = """async (addresses) => {
  for (const address of addresses) {
    for (const method of ['get', 'post']) {
      const frame = document.createElement('iframe');
      frame.name = 'f';
      const form = Object.assign(document.createElement('form'), { action: address, method, target: 'f' });
      document.body.append(frame, form);
      const loaded = new Promise((done) => { frame.onload = done; });
      form.submit();
      await loaded;
      frame.remove();
      form.remove();
    }
  }
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[LiveServer]:
    """Run a server with an empty database."""
    served = LiveServer(tmp_path_factory.mktemp("server"), certificate, cheap_crypto=True)
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def locked_phone(browser: Browser, server: LiveServer) -> Iterator[BrowserKeeper]:
    """Return a phone with a registered diary, locked."""
    context = browser.new_context(**chromium.PHONE_OPTIONS)
    context.set_default_timeout(chromium.TIMEOUT_MS)
    keeper = BrowserKeeper(context.new_page(), server.app_url)
    keeper.create_registered_diary()
    keeper.lock()
    yield keeper
    context.close()


def addresses_with_ids(server: LiveServer) -> list[str]:
    """Return every path under /v1/ with its host, with the ids of the locked diary."""
    pushed = next(exchange.path for exchange in server.exchanges if "/records/" in exchange.path).split("/")
    ids = {
        "diary": pushed[3],
        "record": pushed[5],
        "version": pushed[7],
        "i": "0",
        "size": "0",
        "older": "0",
        "newer": "0",
    }
    fill = re.compile(r"{(\w+)}")
    return [
        (server.public_url if is_public else server.app_url) + fill.sub(lambda found: ids.get(found[1], "A" * 22), path)
        for is_public, path in V1_ADDRESSES
    ]


def visible_answer(exchange: Exchange) -> tuple[int, bytes, dict[str, str]]:
    """Return everything an answer reveals."""
    return exchange.status, bytes(exchange.response_body), exchange.response_headers


def check_answered_as_unknown(server: LiveServer, since: int, minimum_count: int) -> None:
    """Check that every later exchange under /v1/ was answered as an unknown path, and that there were enough."""
    v1_exchanges = [exchange for exchange in server.exchanges[since:] if exchange.path.startswith("/v1/")]
    # A browser drops a preflight at its status, before the body arrives.
    deadline = time.monotonic() + 30
    while not all(exchange.is_answered for exchange in v1_exchanges) and time.monotonic() < deadline:
        time.sleep(0.01)
    unknown = {
        host_header(exchange): visible_answer(exchange) for exchange in v1_exchanges if exchange.path == UNKNOWN_PATH
    }
    assert all(status == 404 for status, _, _ in unknown.values())
    for exchange in v1_exchanges:
        assert visible_answer(exchange) == unknown[host_header(exchange)], (
            f"{exchange.method} {exchange.path}: {exchange.status}"
        )
    assert len(v1_exchanges) >= minimum_count


def host_header(exchange: Exchange) -> bytes:
    """Return the Host header of a request."""
    match = re.search(rb"(?m)^host: (.*)$", exchange.request_headers)
    assert match
    return match[1]


class BlankSite(BaseHTTPRequestHandler):
    """Site with one empty page, without any policy."""

    def do_GET(self) -> None:
        """Answer with the page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>x</title><body>")

    def log_message(self, *_: object) -> None:
        """Suppress the request log."""


@pytest.fixture
def other_site_page(locked_phone: BrowserKeeper) -> Iterator[Page]:
    """Open a page of another site in the same browser. It is local too: Chromium blocks requests from public sites."""
    other_server = ThreadingHTTPServer(("127.0.0.1", 0), BlankSite)
    threading.Thread(target=other_server.serve_forever, daemon=True).start()
    page = locked_phone.page.context.new_page()
    page.goto(f"http://127.0.0.1:{other_server.server_port}/")
    yield page
    page.close()
    other_server.shutdown()
    other_server.server_close()


def test_an_address_typed_into_a_locked_phone_tells_nothing(locked_phone: BrowserKeeper, server: LiveServer) -> None:
    """Each path typed into the address bar is answered as an unknown one."""
    addresses, since = addresses_with_ids(server), len(server.exchanges)
    page = locked_phone.page.context.new_page()
    for address in [server.app_url + UNKNOWN_PATH, server.public_url + UNKNOWN_PATH, *addresses]:
        page.goto(address)
    page.close()
    check_answered_as_unknown(server, since, len(addresses) + 2)


@pytest.mark.parametrize(
    ("script", "times"), [(FETCH_SCRIPT, 8), (IMAGE_SCRIPT, 1), (FORM_SCRIPT, 2)], ids=["fetch", "image", "form"]
)
def test_another_site_learns_nothing_from_a_locked_phone(
    script: str, times: int, other_site_page: Page, server: LiveServer
) -> None:
    """Fetches with and without credentials, images and forms from another origin reveal nothing."""
    addresses, since = addresses_with_ids(server), len(server.exchanges)
    other_site_page.evaluate(script, [server.app_url + UNKNOWN_PATH, server.public_url + UNKNOWN_PATH, *addresses])
    check_answered_as_unknown(server, since, times * (len(addresses) + 2))


def test_the_page_itself_still_opens(locked_phone: BrowserKeeper) -> None:
    """Afterwards the diary still opens with its words, and connects to the server."""
    locked_phone.unlock()
    locked_phone.add_entry("It is still there.")
    locked_phone.wait_until_kept_safe("It is still there.")

"""With the phone locked, no address under /v1/ tells anything to whoever holds it, or to another site."""

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
from tests.browser.navigators.keeper import Keeper
from tests.browser.own_browser import browser, certificate, playwright
from tests.browser.serving import Certificate, Exchange, Served

__all__ = ["browser", "certificate", "playwright"]  # fixtures, which pytest finds by their names here
pytestmark = pytest.mark.browser
ROWS = sorted({(row.audience.value == "recipient", row.path) for row in ROUTES if row.path.startswith("/v1/")})
UNKNOWN = "/v1/nothing-here"
# Fetches one address in every way a script of another site can; the answers are looked at on the server.
FETCHES = """async (addresses) => {
  for (const address of addresses) {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      for (const mode of ['cors', 'no-cors']) {
        for (const credentials of ['include', 'omit']) await fetch(address, { method, mode, credentials }).catch(() => undefined);
      }
    }
  }
}"""
IMAGES = """async (addresses) => {
  for (const address of addresses) {
    const image = new Image();
    await new Promise((done) => { image.onload = image.onerror = done; image.src = address; });
  }
}"""
FORMS = """async (addresses) => {
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
def server(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Served]:
    """A server with an empty database."""
    served = Served(tmp_path_factory.mktemp("server"), certificate, for_journeys=True)
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def locked(browser: Browser, server: Served) -> Iterator[Keeper]:
    """A phone with a registered diary, locked."""
    context = browser.new_context(**chromium.PHONE)
    context.set_default_timeout(chromium.PATIENCE)
    keeper = Keeper(context.new_page(), server.app_url)
    keeper.begins()
    keeper.locks()
    yield keeper
    context.close()


def addresses(server: Served) -> list[str]:
    """Every address under /v1/ with its host, filled with the ids of the diary that lies behind the lock."""
    pushed = next(one.path for one in server.exchanges if "/records/" in one.path).split("/")
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
        for is_public, path in ROWS
    ]


def shown(one: Exchange) -> tuple[int, bytes, dict[str, str]]:
    """All that an answer tells."""
    return one.status, bytes(one.response), one.response_headers


def check(server: Served, since: int, least: int) -> None:
    """Every exchange under /v1/ since then was answered as an unknown path of its host, and there were enough of them."""
    asked = [one for one in server.exchanges[since:] if one.path.startswith("/v1/")]
    # A browser gives a preflight up at its status, before the body is there.
    until = time.monotonic() + 30
    while not all(one.is_answered for one in asked) and time.monotonic() < until:
        time.sleep(0.01)
    unknown = {host(one): shown(one) for one in asked if one.path == UNKNOWN}
    assert all(status == 404 for status, _, _ in unknown.values())
    for one in asked:
        assert shown(one) == unknown[host(one)], f"{one.method} {one.path}: {one.status}"
    assert len(asked) >= least


def host(one: Exchange) -> bytes:
    """The Host header of a request."""
    found = re.search(rb"(?m)^host: (.*)$", one.request_headers)
    assert found
    return found[1]


class Blank(BaseHTTPRequestHandler):
    """A site that has one empty page, without any policy."""

    def do_GET(self) -> None:
        """Answer with the page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>x</title><body>")

    def log_message(self, *_: object) -> None:
        """Write nothing down."""


@pytest.fixture
def elsewhere(locked: Keeper) -> Iterator[Page]:
    """A page of another site in the same browser; on this computer too, for Chromium keeps a public site from asking it."""
    other = ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    page = locked.page.context.new_page()
    page.goto(f"http://127.0.0.1:{other.server_port}/")
    yield page
    page.close()
    other.shutdown()
    other.server_close()


def test_an_address_typed_into_a_locked_phone_tells_nothing(locked: Keeper, server: Served) -> None:
    """Navigation, by the address bar, to each address."""
    found, since = addresses(server), len(server.exchanges)
    page = locked.page.context.new_page()
    for address in [server.app_url + UNKNOWN, server.public_url + UNKNOWN, *found]:
        page.goto(address)
    page.close()
    check(server, since, len(found) + 2)


@pytest.mark.parametrize(("script", "times"), [(FETCHES, 8), (IMAGES, 1), (FORMS, 2)], ids=["fetch", "image", "form"])
def test_another_site_learns_nothing_from_a_locked_phone(
    script: str, times: int, elsewhere: Page, server: Served
) -> None:
    """Fetches with and without credentials, images and forms of another origin, to each address."""
    found, since = addresses(server), len(server.exchanges)
    elsewhere.evaluate(script, [server.app_url + UNKNOWN, server.public_url + UNKNOWN, *found])
    check(server, since, times * (len(found) + 2))


def test_the_page_itself_still_opens(locked: Keeper) -> None:
    """After all of that the diary opens with its words, and reaches the server."""
    locked.unlocks()
    locked.adds("It is still there.")
    locked.is_kept_safe("It is still there.")

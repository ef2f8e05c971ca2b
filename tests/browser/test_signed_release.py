"""A server whose release was signed offline: phones install what the list names, and refuse another key's release."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from diary.config import load_settings
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, unb64
from diary.ledger import releases
from diary.paths import STATIC, TEMPLATES
from diary.web.pages import render_pages
from tests.browser.conftest import NewPhone
from tests.browser.live_server import CannedResponse, Certificate, LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.test_updates import CACHE_NAMES_SCRIPT, UPDATE_WORKER_SCRIPT, later_release, open_diary, serve_worker

pytestmark = pytest.mark.first_visit

RELEASE_KEY, OTHER_KEY = Ed25519Signer(bytes(range(32))), Ed25519Signer(bytes(range(1, 33)))
EXTRA_LINE = b"\n// one line more\n"


def make_release_list(key: Ed25519Signer, script: bytes, files: dict[str, str]) -> bytes:
    """Return release.json for a worker."""
    return releases.sign_release(key, digest="0" * 64, files=files, worker=hashlib.sha256(script).hexdigest())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[LiveServer]:
    """Run a server with a signed list of exactly what it serves."""
    folder = tmp_path_factory.mktemp("signed")
    key = {"DIARY_RELEASE_KEY": b64(RELEASE_KEY.pub)}
    settings = {"DIARY_RELEASE": str(folder / "release.json")} | key
    release = render_pages(load_settings({"DIARY_DATA": str(folder)} | key), STATIC, TEMPLATES).release
    Path(settings["DIARY_RELEASE"]).write_bytes(
        make_release_list(RELEASE_KEY, release.service_worker_script, dict(release.files))
    )
    live_server = LiveServer(folder / "data", certificate, settings=settings)
    live_server.start()
    yield live_server
    live_server.stop()


def serve_later_release(server: LiveServer, phone: BrowserKeeper, key: Ed25519Signer) -> None:
    """Serve a later worker, a list signed by `key`, and that key as the one the worker must check."""
    workers: list[bytes] = []

    def later_worker(script: bytes) -> bytes:
        workers.append(later_release(script).replace(b64(RELEASE_KEY.pub).encode(), b64(key.pub).encode()))
        return workers[0]

    serve_worker(server, phone, later_worker)
    list_file = server.settings.release
    assert list_file
    _, files = releases.read_release(list_file.read_bytes(), RELEASE_KEY.pub)
    del files["/sw.js"]
    server.inject_fault(
        "GET",
        r"^/release\.json$",
        response=CannedResponse(200, make_release_list(key, workers[0], files), "application/json"),
    )


@pytest.mark.slow  # the test with another key is in every `make test`
def test_a_later_release_by_the_same_key_is_asked_about(new_phone: NewPhone, server: LiveServer) -> None:
    """The installed release is the signed one. The next waits for consent, then replaces it."""
    phone = new_phone()
    open_diary(phone)
    (before,) = phone.page.evaluate(CACHE_NAMES_SCRIPT)
    script = phone.page.evaluate("fetch('/sw.js').then((answer) => answer.text())")
    assert re.findall(r"const KEY = '([\w-]{43})'", script)[:1] == [b64(RELEASE_KEY.pub)]
    assert len(unb64(b64(RELEASE_KEY.pub))) == 32
    serve_later_release(server, phone, RELEASE_KEY)
    phone.open_locked()
    phone.unlock()
    phone.wait_for_notice("A new version is ready.", timeout_ms=60_000)
    assert phone.page.evaluate(CACHE_NAMES_SCRIPT) == sorted([before, "app-ffffffffffff"])
    phone.tap_notice("Use it now")
    phone.wait_for_lock()
    assert phone.page.evaluate(CACHE_NAMES_SCRIPT) == ["app-ffffffffffff"]


def test_a_later_release_by_another_key_is_reported_and_not_offered(new_phone: NewPhone, server: LiveServer) -> None:
    """A complete, listed release signed by another key is not offered.

    The keeper reads what to do, and no button accepts it.
    """
    phone = new_phone()
    open_diary(phone)
    serve_later_release(server, phone, OTHER_KEY)
    phone.open_locked()
    phone.unlock()
    expect(phone.page.get_by_text(re.compile("those who made this one have not signed it"))).to_be_visible(
        timeout=60_000
    )
    phone.open_notices()
    expect(phone.button("Use it now")).to_have_count(0)
    assert accessibility_faults(phone.page) == []
    phone.open_entry("He rang at nine.")


def test_files_changed_on_the_server_are_refused_even_if_listed(new_phone: NewPhone, server: LiveServer) -> None:
    """A changed file, with a worker made for the changed files, is not what was signed; nothing of it is kept."""
    phone = new_phone()
    open_diary(phone)
    (before,) = phone.page.evaluate(CACHE_NAMES_SCRIPT)
    changed_digest = hashlib.sha256((STATIC / "app" / "main.js").read_bytes() + EXTRA_LINE).hexdigest().encode()
    server.inject_fault("GET", r"^/static/app/main\.js$", change_body=lambda body: body + EXTRA_LINE)
    serve_worker(
        server,
        phone,
        lambda script: re.sub(rb'(/app/main\.js":")[0-9a-f]{64}', rb"\g<1>" + changed_digest, later_release(script)),
    )
    requests = len(server.exchanges_with(r"^/release\.json$"))
    phone.open_locked()
    assert phone.page.evaluate(UPDATE_WORKER_SCRIPT) is False
    assert len(server.exchanges_with(r"^/release\.json$")) > requests
    server.stop()
    phone.open_locked()
    phone.unlock()
    phone.open_entry("He rang at nine.")
    assert before in phone.page.evaluate(CACHE_NAMES_SCRIPT)
    assert (
        b"one line more"
        not in phone.page.evaluate("fetch('/static/app/main.js').then((answer) => answer.text())").encode()
    )

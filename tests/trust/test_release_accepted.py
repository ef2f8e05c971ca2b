"""The page that runs is the one the keeper accepted, also after every tab was closed and the browser changed workers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from diary.config import load_settings
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64
from diary.ledger import releases
from diary.paths import STATIC, TEMPLATES
from diary.web.pages import render_pages
from tests.browser import chromium
from tests.browser.live_server import CannedResponse, Certificate, LiveServer
from tests.browser.module_browser import browser, certificate, playwright
from tests.browser.navigators.keeper import BrowserKeeper

__all__ = ["browser", "certificate", "playwright"]  # fixtures, which pytest finds by their names here
pytestmark = pytest.mark.browser

CHANGED_LINE = b"\ndocument.documentElement.dataset.changed = 'yes';\n"
CHANGED_SCRIPT_RAN = "document.documentElement.dataset.changed ?? null"
WAITING_WORKER = """navigator.serviceWorker.ready.then(async (registration) => {
    await registration.update().catch(() => undefined);
    while (registration.installing) await new Promise((done) => setTimeout(done, 50));
    return Boolean(registration.waiting);
})"""
OLD_KEY, NEW_KEY = Ed25519Signer(bytes(range(32))), Ed25519Signer(bytes(range(1, 33)))
TRIES_LIMIT = 40


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser context that has never opened the app."""
    context = browser.new_context(**chromium.PHONE_OPTIONS)
    context.set_default_timeout(chromium.TIMEOUT_MS)
    yield context
    context.close()


@pytest.fixture
def server(tmp_path: Path, certificate: Certificate) -> Iterator[LiveServer]:
    """Run a server with an unsigned release."""
    served = LiveServer(tmp_path / "data", certificate)
    served.start()
    yield served
    served.stop()


@pytest.fixture
def signing_server(tmp_path: Path, certificate: Certificate) -> Iterator[LiveServer]:
    """Run a server with a release signed by OLD."""
    key = {"DIARY_RELEASE_KEY": b64(OLD_KEY.pub)}
    rendered = render_pages(load_settings({"DIARY_DATA": str(tmp_path)} | key), STATIC, TEMPLATES).release
    listed = tmp_path / "release.json"
    listed.write_bytes(
        releases.sign_release(
            OLD_KEY,
            digest="0" * 64,
            files=rendered.files,
            worker=hashlib.sha256(rendered.service_worker_script).hexdigest(),
        )
    )
    served = LiveServer(tmp_path / "data", certificate, settings={"DIARY_RELEASE": str(listed), **key})
    served.start()
    yield served
    served.stop()


def open_app(context: BrowserContext, server: LiveServer, before: BrowserKeeper | None = None) -> BrowserKeeper:
    """Open the app in a new tab, after closing `before`. The words stay the same."""
    if before:
        before.page.close()
    page = context.new_page()
    page.on("filechooser", lambda _chooser: None)
    phone = BrowserKeeper(page, server.app_url)
    if before:
        phone.passphrase = before.passphrase
        phone.open_locked()
    return phone


def register_with_page_stored(context: BrowserContext, server: LiveServer) -> BrowserKeeper:
    """Register a diary with one entry, and wait until its page is stored on the phone."""
    phone = open_app(context, server)
    phone.open_without_diary()
    phone.write_first_entry("He rang at nine.")
    phone.postpone_copy()
    phone.wait_until_offline_ready()
    return phone


def change_release(server: LiveServer, phone: BrowserKeeper, signer: Ed25519Signer | None = None) -> None:
    """Change one script on the server's disk and restart the server, which lists the changed file as its own."""
    digest = hashlib.sha256((STATIC / "app" / "main.js").read_bytes() + CHANGED_LINE).hexdigest()
    script: str = phone.page.evaluate("fetch('/sw.js').then((answer) => answer.text())")
    script, count = re.subn(r'(/app/main\.js":")[0-9a-f]{64}', rf"\g<1>{digest}", script)
    script = re.sub(r"RELEASE = '[0-9a-f]{12}'", "RELEASE = 'ffffffffffff'", script)
    assert count == 1
    if signer:
        script = script.replace(b64(OLD_KEY.pub), b64(signer.pub))
        assert server.settings.release
        _, files = releases.read_release(server.settings.release.read_bytes(), OLD_KEY.pub)
        del files["/sw.js"]
        files["/static/app/main.js"] = digest
        listed = releases.sign_release(
            signer, digest="0" * 64, files=files, worker=hashlib.sha256(script.encode()).hexdigest()
        )
        server.inject_fault("GET", r"^/release\.json$", response=CannedResponse(200, listed, "application/json"))
    headers = {"cross-origin-embedder-policy": "require-corp", "cache-control": "no-store"}
    server.inject_fault("GET", r"^/sw\.js$", response=CannedResponse(200, script.encode(), "text/javascript", headers))
    changed = (STATIC / "app" / "main.js").read_bytes() + CHANGED_LINE
    server.inject_fault(
        "GET", r"^/static/app/main\.js$", response=CannedResponse(200, changed, "text/javascript", headers)
    )


def close_tabs_and_reopen(context: BrowserContext, server: LiveServer, phone: BrowserKeeper) -> BrowserKeeper:
    """Close and reopen the tabs until the browser activates the new worker. Unaccepted code must never run."""
    assert phone.page.evaluate(WAITING_WORKER) is True
    for _ in range(TRIES_LIMIT):
        phone = open_app(context, server, phone)
        assert phone.page.evaluate(CHANGED_SCRIPT_RAN) is None
        ready = "navigator.serviceWorker.ready.then((registration) => Boolean(registration.waiting))"
        if not phone.page.evaluate(ready):
            return phone
    raise AssertionError("the browser never put the new worker in charge")


def test_a_changed_script_does_not_run_because_tabs_were_closed(
    browser_context: BrowserContext, server: LiveServer
) -> None:
    """It waits for a tap, even with its worker active and the server gone; after the tap it runs."""
    phone = register_with_page_stored(browser_context, server)
    change_release(server, phone)
    phone = close_tabs_and_reopen(browser_context, server, phone)
    phone.unlock()
    phone.open_entry("He rang at nine.")
    assert phone.page.evaluate(CHANGED_SCRIPT_RAN) is None
    server.stop()
    phone = open_app(browser_context, server, phone)
    phone.unlock()
    assert phone.page.evaluate(CHANGED_SCRIPT_RAN) is None
    server.start()
    phone = open_app(browser_context, server, phone)
    phone.unlock()
    phone.tap_notice("Use it now", timeout_ms=60_000)
    phone.wait_for_lock()
    assert phone.page.evaluate(CHANGED_SCRIPT_RAN) == "yes"
    assert phone.page.evaluate("caches.keys()") == ["app-ffffffffffff"]
    phone.unlock()
    phone.open_entry("He rang at nine.")


def test_a_release_by_another_key_is_not_offered_after_tabs_were_closed(
    browser_context: BrowserContext, signing_server: LiveServer
) -> None:
    """The release is signed and complete, its worker active: the first key's page stays, and the keeper is told why."""
    phone = register_with_page_stored(browser_context, signing_server)
    change_release(signing_server, phone, NEW_KEY)
    phone = close_tabs_and_reopen(browser_context, signing_server, phone)
    phone.unlock()
    expect(phone.page.get_by_text(re.compile("those who made this one have not signed it"))).to_be_visible(
        timeout=60_000
    )
    phone.open_notices()
    expect(phone.button("Use it now")).to_have_count(0)
    assert phone.page.evaluate(CHANGED_SCRIPT_RAN) is None
    phone.open_entry("He rang at nine.")

"""The page that a person accepted is the page that runs, also after every tab was closed and the browser changed workers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from diary.config import load
from diary.crypto.signing import Notary
from diary.encoding import b64
from diary.ledger import releases
from diary.paths import STATIC, TEMPLATES
from diary.web.pages import render_pages
from tests.browser import chromium
from tests.browser.navigators.keeper import Keeper
from tests.browser.own_browser import browser, certificate, playwright
from tests.browser.serving import Answer, Certificate, Served

__all__ = ["browser", "certificate", "playwright"]  # fixtures, which pytest finds by their names here
pytestmark = pytest.mark.browser

CHANGED = b"\ndocument.documentElement.dataset.changed = 'yes';\n"
RUNS = "document.documentElement.dataset.changed ?? null"
WAITS = """navigator.serviceWorker.ready.then(async (registration) => {
    await registration.update().catch(() => undefined);
    while (registration.installing) await new Promise((done) => setTimeout(done, 50));
    return Boolean(registration.waiting);
})"""
OLD, NEW = Notary(bytes(range(32))), Notary(bytes(range(1, 33)))
TRIES = 40


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone that has never seen the app."""
    made = browser.new_context(**chromium.PHONE)
    made.set_default_timeout(chromium.PATIENCE)
    yield made
    made.close()


@pytest.fixture
def server(tmp_path: Path, certificate: Certificate) -> Iterator[Served]:
    """A server whose release nobody signed."""
    served = Served(tmp_path / "data", certificate)
    served.start()
    yield served
    served.stop()


@pytest.fixture
def signing_server(tmp_path: Path, certificate: Certificate) -> Iterator[Served]:
    """A server whose release OLD signed."""
    key = {"DIARY_RELEASE_KEY": b64(OLD.pub)}
    made = render_pages(load({"DIARY_DATA": str(tmp_path)} | key), STATIC, TEMPLATES).release
    listed = tmp_path / "release.json"
    listed.write_bytes(
        releases.make(OLD, digest="0" * 64, files=made.files, worker=hashlib.sha256(made.script).hexdigest())
    )
    served = Served(tmp_path / "data", certificate, DIARY_RELEASE=str(listed), **key)
    served.start()
    yield served
    served.stop()


def opened(context: BrowserContext, server: Served, before: Keeper | None = None) -> Keeper:
    """The app in a new tab, after the one before was closed; the same person's words."""
    if before:
        before.page.close()
    page = context.new_page()
    page.on("filechooser", lambda _chooser: None)
    phone = Keeper(page, server.app_url)
    if before:
        phone.words = before.words
        phone.opens_locked()
    return phone


def kept_here(context: BrowserContext, server: Served) -> Keeper:
    """A diary with one entry, its page kept on the phone."""
    phone = opened(context, server)
    phone.opens()
    phone.first_entry("He rang at nine.")
    phone.puts_off_the_copy()
    phone.is_offline_ready()
    return phone


def changes(server: Served, phone: Keeper, signer: Notary | None = None) -> None:
    """One script is changed on the server's disk, and the server started again: it lists the changed file as its own."""
    digest = hashlib.sha256((STATIC / "app" / "main.js").read_bytes() + CHANGED).hexdigest()
    script: str = phone.page.evaluate("fetch('/sw.js').then((answer) => answer.text())")
    script, count = re.subn(r'(/app/main\.js":")[0-9a-f]{64}', rf"\g<1>{digest}", script)
    script = re.sub(r"RELEASE = '[0-9a-f]{12}'", "RELEASE = 'ffffffffffff'", script)
    assert count == 1
    if signer:
        script = script.replace(b64(OLD.pub), b64(signer.pub))
        assert server.settings.release
        _, files = releases.read(server.settings.release.read_bytes(), OLD.pub)
        del files["/sw.js"]
        files["/static/app/main.js"] = digest
        listed = releases.make(signer, digest="0" * 64, files=files, worker=hashlib.sha256(script.encode()).hexdigest())
        server.meddle("GET", r"^/release\.json$", answer=Answer(200, listed, "application/json"))
    headers = {"cross-origin-embedder-policy": "require-corp", "cache-control": "no-store"}
    server.meddle("GET", r"^/sw\.js$", answer=Answer(200, script.encode(), "text/javascript", headers))
    changed = (STATIC / "app" / "main.js").read_bytes() + CHANGED
    server.meddle("GET", r"^/static/app/main\.js$", answer=Answer(200, changed, "text/javascript", headers))


def closes_and_comes_back(context: BrowserContext, server: Served, phone: Keeper) -> Keeper:
    """Close every tab and open one again, until the browser has put the new worker in charge. What nobody accepted never runs."""
    assert phone.page.evaluate(WAITS) is True
    for _ in range(TRIES):
        phone = opened(context, server, phone)
        assert phone.page.evaluate(RUNS) is None
        ready = "navigator.serviceWorker.ready.then((registration) => Boolean(registration.waiting))"
        if not phone.page.evaluate(ready):
            return phone
    raise AssertionError("the browser never put the new worker in charge")


def test_a_changed_script_does_not_run_because_tabs_were_closed(context: BrowserContext, server: Served) -> None:
    """It waits for a tap, also once its worker is in charge and the server is gone; after the tap it runs."""
    phone = kept_here(context, server)
    changes(server, phone)
    phone = closes_and_comes_back(context, server, phone)
    phone.unlocks()
    phone.reads("He rang at nine.")
    assert phone.page.evaluate(RUNS) is None
    server.stop()
    phone = opened(context, server, phone)
    phone.unlocks()
    assert phone.page.evaluate(RUNS) is None
    server.start()
    phone = opened(context, server, phone)
    phone.unlocks()
    expect(phone.button("Use it now")).to_be_visible(timeout=60_000)
    phone.tap("Use it now")
    phone.sees_lock()
    assert phone.page.evaluate(RUNS) == "yes"
    assert phone.page.evaluate("caches.keys()") == ["app-ffffffffffff"]
    phone.unlocks()
    phone.reads("He rang at nine.")


def test_a_release_by_another_key_is_not_offered_after_tabs_were_closed(
    context: BrowserContext, signing_server: Served
) -> None:
    """Signed, whole, its worker in charge: the page of the first key goes on, and the keeper reads why."""
    phone = kept_here(context, signing_server)
    changes(signing_server, phone, NEW)
    phone = closes_and_comes_back(context, signing_server, phone)
    phone.unlocks()
    expect(phone.page.get_by_text(re.compile("those who made this one have not signed it"))).to_be_visible(
        timeout=60_000
    )
    expect(phone.button("Use it now")).to_have_count(0)
    assert phone.page.evaluate(RUNS) is None
    phone.reads("He rang at nine.")

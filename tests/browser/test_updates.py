"""A new release waits for consent, and files of two releases are never mixed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import CannedResponse, LiveServer
from tests.browser.navigators.keeper import BrowserKeeper

pytestmark = pytest.mark.first_visit

UPDATE_WORKER_SCRIPT = """navigator.serviceWorker.ready.then(async (registration) => {
    await registration.update().catch(() => undefined);
    while (registration.installing) await new Promise((done) => setTimeout(done, 50));
    return Boolean(registration.waiting);
})"""
CACHE_NAMES_SCRIPT = "caches.keys().then((names) => names.sort())"


def serve_worker(server: LiveServer, phone: BrowserKeeper, change: Callable[[bytes], bytes]) -> None:
    """Serve another worker from now on.

    The real one answers 304 to the digest that the phone has.
    """
    script: str = phone.page.evaluate("fetch('/sw.js').then((answer) => answer.text())")
    headers = {"cross-origin-embedder-policy": "require-corp", "cache-control": "no-store"}
    server.inject_fault(
        "GET", r"^/sw\.js$", response=CannedResponse(200, change(script.encode()), "text/javascript", headers)
    )


def later_release(script: bytes) -> bytes:
    """Return the same worker with a later release number."""
    return re.sub(rb"RELEASE = '[0-9a-f]{12}'", b"RELEASE = 'ffffffffffff'", script)


def mixed_release(script: bytes) -> bytes:
    """Return a worker that lists a wrong digest for one file, as a broken cache could produce."""
    changed, count = re.subn(rb'(/app/main\.js":")[0-9a-f]{8}', rb"\g<1>00000000", later_release(script))
    assert count == 1
    return changed


def open_diary(phone: BrowserKeeper) -> None:
    """Open a diary and wait until its page is stored for offline use."""
    phone.open_without_diary()
    phone.write_first_entry("He rang at nine.")
    phone.postpone_copy()
    phone.wait_until_offline_ready()


def test_an_update_waits_for_a_tap(new_phone: NewPhone, server: LiveServer) -> None:
    """When the diary is opened, a line offers the newer release; the page changes only after a tap."""
    phone = new_phone()
    open_diary(phone)
    (before,) = phone.page.evaluate(CACHE_NAMES_SCRIPT)
    serve_worker(server, phone, later_release)
    phone.open_locked()
    expect(phone.page.get_by_text("A new version is ready.")).to_have_count(0)
    phone.unlock()
    phone.wait_for_notice("A new version is ready.", timeout_ms=60_000)
    phone.wait_for_notice_button("Use it now")
    assert phone.page.evaluate(CACHE_NAMES_SCRIPT) == sorted([before, "app-ffffffffffff"])
    phone.type_narrative("Half a sentence")
    expect(phone.button("Use it now")).to_have_count(0)
    phone.wait_for_sealed_draft()
    phone.page.get_by_role("button", name="Throw this draft away").click()
    # Only inside the dialog: until it is drawn, the last such button is the one that opens it.
    phone.page.get_by_role("dialog").get_by_role("button", name=re.compile("^Throw")).click()
    phone.tap_notice("Use it now")
    phone.wait_for_lock()
    assert phone.page.evaluate(CACHE_NAMES_SCRIPT) == ["app-ffffffffffff"]
    phone.unlock()
    phone.open_entry("He rang at nine.")


def test_a_release_that_does_not_match_its_list_is_not_kept(new_phone: NewPhone, server: LiveServer) -> None:
    """One file with a wrong digest stops the whole update; the earlier release still works offline."""
    phone = new_phone()
    open_diary(phone)
    (before,) = phone.page.evaluate(CACHE_NAMES_SCRIPT)
    serve_worker(server, phone, mixed_release)
    requests = len(server.exchanges_with(r"^/sw\.js$"))
    phone.open_locked()
    assert phone.page.evaluate(UPDATE_WORKER_SCRIPT) is False
    assert len(server.exchanges_with(r"^/sw\.js$")) > requests
    server.stop()
    phone.open_locked()
    phone.unlock()
    phone.open_entry("He rang at nine.")
    assert before in phone.page.evaluate(CACHE_NAMES_SCRIPT)

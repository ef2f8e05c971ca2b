"""A new release waits for consent, and files of two releases are never mixed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import Keeper
from tests.browser.serving import Answer, Served

pytestmark = pytest.mark.first_visit

REPLACED = """navigator.serviceWorker.ready.then(async (registration) => {
    await registration.update().catch(() => undefined);
    while (registration.installing) await new Promise((done) => setTimeout(done, 50));
    return Boolean(registration.waiting);
})"""
KEPT = "caches.keys().then((names) => names.sort())"


def serve_worker(server: Served, phone: Keeper, change: Callable[[bytes], bytes]) -> None:
    """Serve another worker from now on. (The real one answers 304 to the digest that the phone has.)"""
    script: str = phone.page.evaluate("fetch('/sw.js').then((answer) => answer.text())")
    headers = {"cross-origin-embedder-policy": "require-corp", "cache-control": "no-store"}
    server.meddle("GET", r"^/sw\.js$", answer=Answer(200, change(script.encode()), "text/javascript", headers))


def later_release(script: bytes) -> bytes:
    """Return the same worker with a later release number."""
    return re.sub(rb"RELEASE = '[0-9a-f]{12}'", b"RELEASE = 'ffffffffffff'", script)


def mixed_release(script: bytes) -> bytes:
    """Return a worker that lists a wrong digest for one file, as a broken cache could produce."""
    changed, count = re.subn(rb'(/app/main\.js":")[0-9a-f]{8}', rb"\g<1>00000000", later_release(script))
    assert count == 1
    return changed


def open_diary(phone: Keeper) -> None:
    """Open a diary and wait until its page is stored for offline use."""
    phone.opens()
    phone.first_entry("He rang at nine.")
    phone.puts_off_the_copy()
    phone.is_offline_ready()


def test_an_update_waits_for_a_tap(new_phone: NewPhone, server: Served) -> None:
    """When the diary is opened, a line offers the newer release; the page changes only after a tap."""
    phone = new_phone()
    open_diary(phone)
    (before,) = phone.page.evaluate(KEPT)
    serve_worker(server, phone, later_release)
    phone.opens_locked()
    expect(phone.page.get_by_text("A new version is ready.")).to_have_count(0)
    phone.unlocks()
    expect(phone.button("Use it now")).to_be_visible(timeout=60_000)
    assert phone.page.evaluate(KEPT) == sorted([before, "app-ffffffffffff"])
    phone.writes("Half a sentence")
    expect(phone.button("Use it now")).to_have_count(0)
    phone.draft_is_sealed()
    phone.page.get_by_role("button", name="Throw this draft away").click()
    phone.page.get_by_role("button", name=re.compile("^Throw")).last.click()
    phone.tap("Use it now")
    phone.sees_lock()
    assert phone.page.evaluate(KEPT) == ["app-ffffffffffff"]
    phone.unlocks()
    phone.reads("He rang at nine.")


def test_a_release_that_does_not_match_its_list_is_not_kept(new_phone: NewPhone, server: Served) -> None:
    """One file with a wrong digest stops the whole update; the earlier release still works offline."""
    phone = new_phone()
    open_diary(phone)
    (before,) = phone.page.evaluate(KEPT)
    serve_worker(server, phone, mixed_release)
    requests = len(server.to(r"^/sw\.js$"))
    phone.opens_locked()
    assert phone.page.evaluate(REPLACED) is False
    assert len(server.to(r"^/sw\.js$")) > requests
    server.stop()
    phone.opens_locked()
    phone.unlocks()
    phone.reads("He rang at nine.")
    assert before in phone.page.evaluate(KEPT)

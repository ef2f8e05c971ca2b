"""A new release waits for the person, and nothing half of one and half of another is ever kept."""

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


def replaces(server: Served, phone: Keeper, change: Callable[[bytes], bytes]) -> None:
    """From now on the server has another worker. (The real one is asked with the digest the phone has, and says 304.)"""
    script: str = phone.page.evaluate("fetch('/sw.js').then((answer) => answer.text())")
    headers = {"cross-origin-embedder-policy": "require-corp", "cache-control": "no-store"}
    server.meddle("GET", r"^/sw\.js$", answer=Answer(200, change(script.encode()), "text/javascript", headers))


def newer(script: bytes) -> bytes:
    """The same worker as of a later release."""
    return re.sub(rb"RELEASE = '[0-9a-f]{12}'", b"RELEASE = 'ffffffffffff'", script)


def mixed(script: bytes) -> bytes:
    """A worker that lists another digest for one file: what a careless cache in between would make of a release."""
    changed, count = re.subn(rb'(/app/main\.js":")[0-9a-f]{8}', rb"\g<1>00000000", newer(script))
    assert count == 1
    return changed


def settled(phone: Keeper) -> None:
    """The open diary, its page kept for offline use."""
    phone.opens()
    phone.first_entry("He rang at nine.")
    phone.puts_off_the_copy()
    phone.is_offline_ready()


def test_an_update_waits_until_it_is_asked_for(new_phone: NewPhone, server: Served) -> None:
    """Given a newer release, when the diary is opened, then a line offers it; the page changes only after a tap."""
    phone = new_phone()
    settled(phone)
    (before,) = phone.page.evaluate(KEPT)
    replaces(server, phone, newer)
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
    """A file whose bytes are not the listed ones stops the whole update; the release before goes on working offline."""
    phone = new_phone()
    settled(phone)
    (before,) = phone.page.evaluate(KEPT)
    replaces(server, phone, mixed)
    asked = len(server.to(r"^/sw\.js$"))
    phone.opens_locked()
    assert phone.page.evaluate(REPLACED) is False
    assert len(server.to(r"^/sw\.js$")) > asked
    server.stop()
    phone.opens_locked()
    phone.unlocks()
    phone.reads("He rang at nine.")
    assert before in phone.page.evaluate(KEPT)

"""The lock: what it removes, what stays, and that nothing brings it back without the words."""

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import Keeper
from tests.browser.pictures import upload
from tests.browser.serving import Answer, Served
from tests.browser.test_notebook import LEAVING

TEXT = "SENTINELACCOUNT he followed me from the station."


def _shows_nothing_of_the_diary(keeper: Keeper) -> None:
    """Assert that the page, its title and its address say nothing of the diary."""
    assert "SENTINEL" not in keeper.page.content()
    assert keeper.page.evaluate("document.title") == "Notes"
    assert keeper.page.evaluate("location.pathname + location.search + location.hash") == "/"
    assert not re.search(r"help|exit|999", keeper.page.inner_text("body"), re.IGNORECASE)


def _wait_until(keeper: Keeper, condition: Callable[[], bool]) -> None:
    """Let the page work until the condition is true."""
    for _ in range(300):
        if condition():
            return
        keeper.page.wait_for_timeout(100)
    raise AssertionError("the condition never became true")


def test_lock_and_unlock(keeper: Keeper) -> None:
    """The lock removes the words from the page and the key with its worker; the right words open it again."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.reads(TEXT)
    keeper.locks()
    _shows_nothing_of_the_diary(keeper)
    keeper.tries_words("entirely the wrong words")
    expect(keeper.problem()).to_contain_text("That didn’t open anything. Try again.")
    assert keeper.field("Your words").input_value() == ""
    keeper.unlocks()
    keeper.reads(TEXT)


def test_back_reload_and_bfcache_after_quick_exit(keeper: Keeper, server: Served) -> None:
    """After the quick exit, Back, Forward and reload show the lock."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.reads(TEXT)
    keeper.leaves()
    keeper.sees_notebook()
    _shows_nothing_of_the_diary(keeper)
    keeper.page.goto("about:blank")
    keeper.page.go_back()
    keeper.sees_lock()
    _shows_nothing_of_the_diary(keeper)
    keeper.page.go_forward()
    keeper.page.go_back()
    keeper.sees_lock()
    keeper.page.reload()
    keeper.sees_lock()
    _shows_nothing_of_the_diary(keeper)


def test_navigating_away_and_back_shows_the_lock(keeper: Keeper) -> None:
    """Navigating away from the open diary and back shows the lock."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.reads(TEXT)
    keeper.page.goto("about:blank")
    keeper.page.go_back()
    keeper.sees_lock()
    _shows_nothing_of_the_diary(keeper)


def test_three_shifts_leave(keeper: Keeper) -> None:
    """Pressing Shift three times shows the notebook at once."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    for _ in range(3):
        keeper.page.keyboard.press("Shift")
    keeper.sees_notebook()
    _shows_nothing_of_the_diary(keeper)


def test_auto_lock_warns_and_keeps_the_draft(keeper: Keeper) -> None:
    """After five minutes without a touch, the app warns, locks, and keeps the draft."""
    keeper.page.clock.install()
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.goes("Add")
    keeper.writes("Half a sentence")
    keeper.draft_is_sealed()
    keeper.page.clock.run_for("04:45")
    keeper.sees(re.compile("Locking in .* seconds. What you wrote is kept."))
    keeper.page.clock.run_for("00:30")
    keeper.sees_lock()
    _shows_nothing_of_the_diary(keeper)
    keeper.unlocks()
    expect(keeper.field("What happened?")).to_have_value("Half a sentence")


def test_only_one_tab_holds_the_diary(keeper: Keeper) -> None:
    """A second tab says that the diary is open elsewhere, and opens it once the first is closed."""
    keeper.opens()
    keeper.first_entry(TEXT)
    second = Keeper(keeper.page.context.new_page(), keeper.app_url)
    second.words = keeper.words
    second.page.goto(keeper.app_url)
    second.sees_place("Open in another tab")
    keeper.page.close()
    second.tap("Try again")
    second.sees_lock()
    second.unlocks()
    second.reads(TEXT)


def test_signing_in_without_signal_says_so(new_phone: NewPhone) -> None:
    """A phone without a diary cannot sign in offline, and says why."""
    phone = new_phone()
    phone.opens()
    phone.has_loaded()
    phone.page.context.set_offline(True)
    phone.tap("I have a sign-in name")
    phone.field("Sign-in name").fill("quiet-otter-1234")
    phone.field("Your words").fill("some words that are long enough")
    phone.tap("Open")
    expect(phone.problem()).to_contain_text("There is no signal just now.")


def test_an_upload_continues_at_the_lock(keeper: Keeper, server: Served) -> None:
    """An upload that the server refused for a while continues while the phone is locked, and nothing else is sent."""
    keeper.begins(TEXT)
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")
    server.meddle("PUT", r"/parts/[1-9]$", answer=Answer(503, b'{"error":"unavailable","message":""}'))
    keeper.picks_files([upload("letter.pdf", "application/pdf", b"%PDF-1.4\n" + os.urandom(3_500_000))])
    keeper.has_file("letter.pdf")
    _wait_until(keeper, lambda: any(exchange.status == 503 for exchange in server.to(r"/parts/[1-9]$", "PUT")))
    keeper.locks()
    locked_at = len(server.exchanges)
    server.behave()
    _wait_until(keeper, lambda: any(exchange.status == 204 for exchange in server.to("/complete", "POST")[-1:]))
    _shows_nothing_of_the_diary(keeper)
    while_locked = server.exchanges[locked_at:]
    assert {exchange.path.split("/")[-2] for exchange in while_locked if "/blobs/" in exchange.path} >= {"parts"}
    assert [
        exchange.path
        for exchange in while_locked
        if exchange.path.startswith("/v1/") and "/blobs/" not in exchange.path
    ] == []
    keeper.unlocks()
    keeper.is_kept_safe(TEXT)


@pytest.mark.timed
def test_leaving_during_an_upload_is_immediate(keeper: Keeper, server: Served) -> None:
    """In a page from its worker, as in an installed app, leaving during a slow upload shows the notebook at once.
    Nothing more is sent until the words are typed.
    """
    keeper.begins(TEXT)
    keeper.is_offline_ready()
    session = keeper.page.context.new_cdp_session(keeper.page)
    keeper.page.reload()
    keeper.sees_lock()
    assert keeper.page.evaluate("Boolean(navigator.serviceWorker.controller)")
    keeper.has_loaded()
    keeper.unlocks()
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")
    session.send("Network.enable")
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 150_000}
    session.send("Network.emulateNetworkConditions", line)
    keeper.picks_files([upload("letter.pdf", "application/pdf", b"%PDF-1.4\n" + os.urandom(3_500_000))])
    keeper.has_file("letter.pdf")
    _wait_until(keeper, lambda: bool(server.to(r"/parts/", "PUT")))
    assert server.to("/complete", "POST") == []
    times = keeper.page.evaluate(LEAVING)
    print("leaving while sending:", times)
    assert times["covered"] <= 100 and times["shown"] <= 300
    keeper.sees_notebook()
    _shows_nothing_of_the_diary(keeper)
    before = len(server.exchanges)
    session.send("Network.emulateNetworkConditions", line | {"uploadThroughput": -1})
    keeper.page.wait_for_timeout(3000)
    # Requests under way may still end; the notebook starts none.
    assert [exchange.path for exchange in server.exchanges[before:] if exchange.path.startswith("/v1/")] == []
    assert server.to("/complete", "POST") == []
    keeper.asks_for_the_lock()
    keeper.unlocks()
    _wait_until(keeper, lambda: any(exchange.status == 204 for exchange in server.to("/complete", "POST")))

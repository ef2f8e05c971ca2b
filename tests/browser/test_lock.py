"""The lock: what it removes, what stays, and that nothing but the words brings it back."""

import os
import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import CannedResponse, LiveServer
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import picker_file
from tests.browser.test_notebook import LEAVING_SCRIPT

NARRATIVE = "SENTINELACCOUNT he followed me from the station."


def _assert_nothing_of_the_diary_shown(keeper: BrowserKeeper) -> None:
    """Assert that the page, its title and its address reveal nothing of the diary."""
    assert "SENTINEL" not in keeper.page.content()
    assert keeper.page.evaluate("document.title") == "Notes"
    assert keeper.page.evaluate("location.pathname + location.search + location.hash") == "/"
    assert not re.search(r"help|exit|999", keeper.page.inner_text("body"), re.IGNORECASE)


def _wait_until(keeper: BrowserKeeper, condition: Callable[[], bool]) -> None:
    """Let the page work until the condition is true."""
    for _ in range(300):
        if condition():
            return
        keeper.page.wait_for_timeout(100)
    raise AssertionError("the condition never became true")


def test_lock_and_unlock(keeper: BrowserKeeper) -> None:
    """The lock removes the words from the page and ends the worker with the key. The right words open it again."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.open_entry(NARRATIVE)
    keeper.lock()
    _assert_nothing_of_the_diary_shown(keeper)
    keeper.try_passphrase("entirely the wrong words")
    expect(keeper.error_message()).to_contain_text("That didn’t open anything. Try again.")
    assert keeper.field("Your password").input_value() == ""
    keeper.unlock()
    keeper.open_entry(NARRATIVE)


def test_back_reload_and_bfcache_after_quick_exit(keeper: BrowserKeeper, server: LiveServer) -> None:
    """After the quick exit, Back, Forward and reload show the lock."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.open_entry(NARRATIVE)
    keeper.leave()
    keeper.wait_for_notebook()
    _assert_nothing_of_the_diary_shown(keeper)
    keeper.page.goto("about:blank")
    keeper.page.go_back()
    keeper.wait_for_lock()
    _assert_nothing_of_the_diary_shown(keeper)
    keeper.page.wait_for_function("() => history.state === null")
    keeper.page.go_forward()  # Back leaves the page then: see test_back.py
    keeper.wait_for_lock()
    _assert_nothing_of_the_diary_shown(keeper)
    keeper.page.reload()
    keeper.wait_for_lock()
    _assert_nothing_of_the_diary_shown(keeper)


def test_navigating_away_and_back_shows_the_lock(keeper: BrowserKeeper) -> None:
    """Navigating away from the open diary and back shows the lock."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.open_entry(NARRATIVE)
    keeper.page.goto("about:blank")
    keeper.page.go_back()
    keeper.wait_for_lock()
    _assert_nothing_of_the_diary_shown(keeper)


def test_three_shifts_leave(keeper: BrowserKeeper) -> None:
    """Pressing Shift three times shows the notebook at once."""
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    for _ in range(3):
        keeper.page.keyboard.press("Shift")
    keeper.wait_for_notebook()
    _assert_nothing_of_the_diary_shown(keeper)


def test_auto_lock_warns_and_keeps_the_draft(keeper: BrowserKeeper) -> None:
    """After five minutes without a touch, the app warns, locks, and keeps the draft."""
    keeper.page.clock.install()
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    keeper.go_to_tab("Add")
    keeper.type_narrative("Half a sentence")
    keeper.wait_for_sealed_draft()
    keeper.page.clock.run_for("04:45")
    keeper.wait_for_text(re.compile("Locking in .* seconds. What you wrote is kept."))
    # Not much further than the lock: after ten seconds the app would move in the history a second time.
    keeper.page.clock.run_for("00:17")
    keeper.wait_for_lock()
    _assert_nothing_of_the_diary_shown(keeper)
    keeper.unlock()
    expect(keeper.field("What happened?")).to_have_value("Half a sentence")


def test_only_one_tab_holds_the_diary(keeper: BrowserKeeper) -> None:
    """A second tab shows that the diary is open elsewhere, and opens it once the first is closed.

    It also opens where the first one is closed a moment after the tap: a browser ends a page after its tab is gone.
    """
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    second = BrowserKeeper(keeper.page.context.new_page(), keeper.app_url)
    second.passphrase = keeper.passphrase
    second.page.goto(keeper.app_url)
    second.wait_for_screen("Open in another tab")
    second.tap("Try again")
    keeper.page.close()
    second.wait_for_lock()
    second.unlock()
    second.open_entry(NARRATIVE)


def test_signing_in_without_signal_says_so(new_phone: NewPhone) -> None:
    """A phone without a diary cannot sign in offline, and the message gives the reason."""
    phone = new_phone()
    phone.open_without_diary()
    phone.wait_until_loaded()
    phone.page.context.set_offline(True)
    phone.tap("I have a username or a backup file")
    phone.field("Username").fill("quiet-otter-1234")
    phone.field("Your password").fill("some words that are long enough")
    phone.tap("Open")
    expect(phone.error_message()).to_contain_text("There is no signal just now.")


def test_an_upload_continues_at_the_lock(keeper: BrowserKeeper, server: LiveServer) -> None:
    """An upload that the server refused for a while continues while the phone is locked, and nothing else is sent."""
    keeper.create_registered_diary(NARRATIVE)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    server.inject_fault("PUT", r"/parts/[1-9]$", response=CannedResponse(503, b'{"error":"unavailable","message":""}'))
    keeper.pick_files([picker_file("letter.pdf", "application/pdf", b"%PDF-1.4\n" + os.urandom(3_500_000))])
    keeper.wait_for_file("letter.pdf")
    _wait_until(
        keeper, lambda: any(exchange.status == 503 for exchange in server.exchanges_with(r"/parts/[1-9]$", "PUT"))
    )
    keeper.lock()
    locked_at = len(server.exchanges)
    server.clear_faults()
    _wait_until(
        keeper, lambda: any(exchange.status == 204 for exchange in server.exchanges_with("/complete", "POST")[-1:])
    )
    _assert_nothing_of_the_diary_shown(keeper)
    while_locked = server.exchanges[locked_at:]
    assert {exchange.path.split("/")[-2] for exchange in while_locked if "/blobs/" in exchange.path} >= {"parts"}
    assert [
        exchange.path
        for exchange in while_locked
        if exchange.path.startswith("/v1/") and "/blobs/" not in exchange.path
    ] == []
    keeper.unlock()
    keeper.wait_until_kept_safe(NARRATIVE)


def test_leaving_during_an_upload_is_immediate(keeper: BrowserKeeper, server: LiveServer) -> None:
    """In an installed app, leaving during a slow upload shows the notebook at once.

    Nothing more is sent until the words are typed.
    """
    keeper.create_registered_diary(NARRATIVE)
    # Other tests of this file use the same server.
    earlier_parts, completed = len(server.exchanges_with(r"/parts/", "PUT")), server.exchanges_with("/complete", "POST")
    keeper.wait_until_offline_ready()
    session = keeper.page.context.new_cdp_session(keeper.page)
    keeper.page.reload()
    keeper.wait_for_lock()
    assert keeper.page.evaluate("Boolean(navigator.serviceWorker.controller)")
    keeper.wait_until_loaded()
    keeper.unlock()
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    session.send("Network.enable")
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 40_000}
    session.send("Network.emulateNetworkConditions", line)
    keeper.pick_files([picker_file("letter.pdf", "application/pdf", b"%PDF-1.4\n" + os.urandom(3_500_000))])
    keeper.wait_for_file("letter.pdf")
    _wait_until(keeper, lambda: len(server.exchanges_with(r"/parts/", "PUT")) > earlier_parts)
    assert server.exchanges_with("/complete", "POST") == completed
    assert keeper.page.evaluate(LEAVING_SCRIPT)
    keeper.wait_for_notebook()
    _assert_nothing_of_the_diary_shown(keeper)
    before = len(server.exchanges)
    session.send("Network.emulateNetworkConditions", line | {"uploadThroughput": -1})
    keeper.page.wait_for_timeout(3000)
    # Requests under way may still end; the notebook starts none.
    assert [exchange.path for exchange in server.exchanges[before:] if exchange.path.startswith("/v1/")] == []
    assert server.exchanges_with("/complete", "POST") == completed
    keeper.open_lock_from_notebook()
    keeper.unlock()
    _wait_until(
        keeper, lambda: [one.status for one in server.exchanges_with("/complete", "POST")[len(completed) :]] == [204]
    )

"""The lock: what it takes away, what stays, and that nothing brings it back without the words."""

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


def _nothing_is_left(keeper: Keeper) -> None:
    """Neither the page nor what a worker could still hold says anything."""
    assert "SENTINEL" not in keeper.page.content()
    assert keeper.page.evaluate("document.title") == "Notes"
    assert keeper.page.evaluate("location.pathname + location.search + location.hash") == "/"
    assert not re.search(r"help|exit|999", keeper.page.inner_text("body"), re.IGNORECASE)


def _eventually(keeper: Keeper, found: Callable[[], bool]) -> None:
    """Let the page work until something is found on the wire."""
    for _ in range(300):
        if found():
            return
        keeper.page.wait_for_timeout(100)
    raise AssertionError("it did not come")


def test_lock_and_unlock(keeper: Keeper) -> None:
    """Locked: the words are gone from the page and the key with its worker; the right words open it again."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.reads(TEXT)
    keeper.locks()
    _nothing_is_left(keeper)
    keeper.tries_words("entirely the wrong words")
    expect(keeper.problem()).to_contain_text("That didn’t open anything. Try again.")
    assert keeper.field("Your words").input_value() == ""
    keeper.unlocks()
    keeper.reads(TEXT)


def test_back_reload_and_bfcache_after_quick_exit(keeper: Keeper, server: Served) -> None:
    """Quick exit, then Back, Forward, reload: the lock each time."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.reads(TEXT)
    keeper.leaves()
    keeper.sees_notebook()
    _nothing_is_left(keeper)
    keeper.page.goto("about:blank")
    keeper.page.go_back()
    keeper.sees_lock()
    _nothing_is_left(keeper)
    keeper.page.go_forward()
    keeper.page.go_back()
    keeper.sees_lock()
    keeper.page.reload()
    keeper.sees_lock()
    _nothing_is_left(keeper)


def test_leaving_the_page_while_open_does_not_bring_it_back(keeper: Keeper) -> None:
    """Navigating away while the diary is open and coming back shows the lock."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.reads(TEXT)
    keeper.page.goto("about:blank")
    keeper.page.go_back()
    keeper.sees_lock()
    _nothing_is_left(keeper)


def test_three_shifts_leave(keeper: Keeper) -> None:
    """Shift three times on a keyboard leaves for the notebook at once."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    for _ in range(3):
        keeper.page.keyboard.press("Shift")
    keeper.sees_notebook()
    _nothing_is_left(keeper)


def test_auto_lock_warns_and_keeps_the_draft(keeper: Keeper) -> None:
    """Five minutes without a touch: a warning, the lock, and the draft after the words."""
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
    _nothing_is_left(keeper)
    keeper.unlocks()
    expect(keeper.field("What happened?")).to_have_value("Half a sentence")


def test_only_one_tab_holds_the_diary(keeper: Keeper) -> None:
    """A second tab says so, and opens once the first is gone."""
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
    """A phone that holds nothing cannot sign in offline, and says why."""
    phone = new_phone()
    phone.opens()
    phone.has_loaded()
    phone.page.context.set_offline(True)
    phone.tap("I have a sign-in name")
    phone.field("Sign-in name").fill("quiet-otter-1234")
    phone.field("Your words").fill("some words that are long enough")
    phone.tap("Open")
    expect(phone.problem()).to_contain_text("There is no signal just now.")


def test_a_file_on_its_way_goes_on_at_the_lock(keeper: Keeper, server: Served) -> None:
    """Locked while the server would not take its later parts: they are sent while the lock is seen, and nothing else is."""
    keeper.begins(TEXT)
    keeper.reads(TEXT)
    keeper.opens_card("Photos & screenshots")
    server.meddle("PUT", r"/parts/[1-9]$", answer=Answer(503, b'{"error":"unavailable","message":""}'))
    keeper.picks_files([upload("letter.pdf", "application/pdf", b"%PDF-1.4\n" + os.urandom(3_500_000))])
    keeper.has_file("letter.pdf")
    _eventually(keeper, lambda: any(one.status == 503 for one in server.to(r"/parts/[1-9]$", "PUT")))
    keeper.locks()
    locked_at = len(server.exchanges)
    server.behave()
    _eventually(keeper, lambda: any(one.status == 204 for one in server.to("/complete", "POST")[-1:]))
    _nothing_is_left(keeper)
    while_locked = server.exchanges[locked_at:]
    assert {one.path.split("/")[-2] for one in while_locked if "/blobs/" in one.path} >= {"parts"}
    assert [one.path for one in while_locked if one.path.startswith("/v1/") and "/blobs/" not in one.path] == []
    keeper.unlocks()
    keeper.is_kept_safe(TEXT)


@pytest.mark.timed
def test_leaving_in_the_middle_of_sending(keeper: Keeper, server: Served) -> None:
    """The page come from its worker, as an installed one does, and a file half-way up a slow line: the notebook at once, nothing
    more is sent, and the words send the rest."""
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
    _eventually(keeper, lambda: bool(server.to(r"/parts/", "PUT")))
    assert server.to("/complete", "POST") == []
    left = keeper.page.evaluate(LEAVING)
    print("leaving while sending:", left)
    assert left["covered"] <= 100 and left["shown"] <= 300
    keeper.sees_notebook()
    _nothing_is_left(keeper)
    before = len(server.exchanges)
    session.send("Network.emulateNetworkConditions", line | {"uploadThroughput": -1})
    keeper.page.wait_for_timeout(3000)
    # What was under way may still end; nothing is begun from the notebook.
    assert [one.path for one in server.exchanges[before:] if one.path.startswith("/v1/")] == []
    assert server.to("/complete", "POST") == []
    keeper.asks_for_the_lock()
    keeper.unlocks()
    _eventually(keeper, lambda: any(one.status == 204 for one in server.to("/complete", "POST")))

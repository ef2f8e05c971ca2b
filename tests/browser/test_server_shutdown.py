"""A server that will close: the notice is inside the diary with what to do, never on the lock."""

from __future__ import annotations

import re
import sqlite3

from playwright.sync_api import Locator, expect

from diary.clock import SystemClock
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper

DAY_MS = 86_400_000


def announce_closing(server: LiveServer, closing_ms: int | None) -> None:
    """Announce the closing day as the command `closing` does. None withdraws it."""
    with sqlite3.connect(server.settings.data / "kept.sqlite3") as database:
        database.execute("DELETE FROM ending")
        if closing_ms is not None:
            database.execute(
                "INSERT INTO ending (id, closes_at, off_at) VALUES (0, ?, ?)", (closing_ms, closing_ms + 30 * DAY_MS)
            )
    database.close()


def wait_for_notice(keeper: BrowserKeeper, notice: Locator) -> None:
    """Turn the signal off and on, so that the phone asks again, until the line is shown."""
    for _ in range(30):
        keeper.page.evaluate("dispatchEvent(new Event('online'))")
        try:
            return expect(notice).to_be_visible(timeout=1_000)
        except AssertionError:
            continue
    return expect(notice).to_be_visible()


def test_the_shutdown_notice_is_shown_inside_and_not_on_the_lock(keeper: BrowserKeeper, server: LiveServer) -> None:
    """The notice shows the day and the way to a copy, also after a lock and offline.

    From that day on, nothing new is sent.
    """
    keeper.create_registered_diary()
    now_ms = SystemClock().now_ms()
    announce_closing(server, now_ms + 40 * DAY_MS)
    try:
        notice = keeper.page.get_by_text(re.compile(r"This server closes on \d+ \w+ \d{4}\. Before that day"))
        wait_for_notice(keeper, notice)
        assert accessibility_faults(keeper.page) == []
        keeper.wait_until_offline_ready()
        keeper.lock()
        keeper.page.context.set_offline(True)
        keeper.page.reload()
        keeper.wait_for_lock()
        assert "closes" not in keeper.page.content()
        keeper.unlock()
        expect(notice).to_be_visible()
        keeper.page.context.set_offline(False)
        announce_closing(server, now_ms - 1)
        wait_for_notice(keeper, keeper.page.get_by_text(re.compile("This server closed on")).first)
        keeper.add_entry("Written after the day.")
        keeper.go_to_tab("Entries")
        expect(keeper.entry_state("Written after the day.")).to_contain_text("has closed and takes nothing new")
        keeper.tap_notice("Make the backup file")
        keeper.wait_for_screen("Save a backup file")
        keeper.wait_for_text(re.compile("To move: save the backup file"))
        assert accessibility_faults(keeper.page) == []
    finally:
        announce_closing(server, None)

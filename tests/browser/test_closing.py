"""A server that will close says so inside the diary, never on the lock, and says what to do."""

from __future__ import annotations

import re
import sqlite3

from playwright.sync_api import Locator, expect

from diary.clock import SystemClock
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.serving import Served

DAY = 86_400_000


def announce(server: Served, on: int | None) -> None:
    """Announce the closing day as the command line's `closing` does; None takes it back."""
    with sqlite3.connect(server.settings.data / "kept.sqlite3") as database:
        database.execute("DELETE FROM ending")
        if on is not None:
            database.execute("INSERT INTO ending (id, closes_at, off_at) VALUES (0, ?, ?)", (on, on + 30 * DAY))
    database.close()


def wait_for_line(keeper: Keeper, line: Locator) -> None:
    """Let the signal come and go, so that the phone asks again, until the line is shown."""
    for _ in range(30):
        keeper.page.evaluate("dispatchEvent(new Event('online'))")
        try:
            return expect(line).to_be_visible(timeout=1_000)
        except AssertionError:
            continue
    return expect(line).to_be_visible()


def test_the_shutdown_notice_is_shown_inside_and_not_on_the_lock(keeper: Keeper, server: Served) -> None:
    """The announcement shows the day and the way to a copy, also after a lock and offline.
    From that day on, nothing new is sent.
    """
    keeper.begins()
    now = SystemClock().now_ms()
    announce(server, now + 40 * DAY)
    try:
        line = keeper.page.get_by_text(re.compile(r"This server closes on \d+ \w+ \d{4}\. Before that day"))
        wait_for_line(keeper, line)
        assert faults(keeper.page) == []
        keeper.is_offline_ready()
        keeper.locks()
        keeper.page.context.set_offline(True)
        keeper.page.reload()
        keeper.sees_lock()
        assert "closes" not in keeper.page.content()
        keeper.unlocks()
        expect(line).to_be_visible()
        keeper.page.context.set_offline(False)
        announce(server, now - 1)
        wait_for_line(keeper, keeper.page.get_by_text(re.compile("This server closed on")).first)
        keeper.adds("Written after the day.")
        keeper.goes("Entries")
        expect(keeper.state_of("Written after the day.")).to_contain_text("has closed and takes nothing new")
        keeper.tap("Make the copy")
        keeper.sees_place("A sealed copy in a file")
        keeper.sees(re.compile("To move: save the copy"))
        assert faults(keeper.page) == []
    finally:
        announce(server, None)

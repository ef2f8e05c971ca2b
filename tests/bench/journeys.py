"""Whole jobs in the app as a person does them, in Chromium with the main thread slowed four times.

Each figure includes the browser's driver, and so does its floor: the same number of taps on tabs that draw almost
nothing. Leaving and clearing are measured inside the page; their floor is the time until a page with one word is drawn.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from diary.samples.demo import running_server
from tests.bench.rows import Row, make_row
from tests.browser import chat_exports as exports
from tests.browser.chromium import PHONE_OPTIONS, launch, throttle_cpu
from tests.browser.navigators.importing import (
    IMPORT_TIMEOUT_MS,
    add_all_proposed,
    choose_import_file,
    go_to_imports,
    preview_import,
)
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.test_first_run import NARRATIVE, write_first_entry_offline
from tests.browser.test_notebook import CLEARING_TIME_SCRIPT, LEAVING_TIMES_SCRIPT
from tests.browser.test_show_now import show_ticked, write_diary

ROUNDS = 5
MESSAGE_COUNT = 5_000
WHERE = "page at 4×, offline"
EMPTY_PAGE_SCRIPT = """() => new Promise((done) => {
  const from = performance.now();
  const page = document.createElement('p');
  page.textContent = 'Notes';
  document.body.append(page);
  requestAnimationFrame(() => setTimeout(() => { page.remove(); done(performance.now() - from); }));
})"""


def measure_rows() -> Iterator[Row]:
    """Yield the rows of the results table."""
    with (
        tempfile.TemporaryDirectory(prefix="kept-bench-") as folder,
        sync_playwright() as playwright,
        running_server(Path(folder, "server")) as origin,
    ):
        browser = launch(playwright, "")
        yield _first_entry(browser, origin)
        yield from _leaving(browser, origin)
        yield _show_someone(browser, origin)
        yield _import(browser, origin)
        browser.close()


def _row(name: str, value: float, floor: float, limit_ms: int) -> Row:
    return make_row(name, WHERE, value, floor, f"at most {limit_ms:,} ms", value <= limit_ms)


def _open_phone(browser: Browser, origin: str) -> BrowserKeeper:
    return BrowserKeeper(browser.new_context(**PHONE_OPTIONS).new_page(), origin)


def _go_offline_and_slow(keeper: BrowserKeeper) -> None:
    keeper.wait_until_loaded()
    keeper.page.context.set_offline(True)
    throttle_cpu(keeper.page, 4)


def _measure_ms(action: Callable[[], object]) -> float:
    started_at = time.monotonic()
    action()
    return (time.monotonic() - started_at) * 1000


def _tap_ms(keeper: BrowserKeeper) -> float:
    """Return the median ms of a tap on a tab until its place is drawn."""
    times = []
    for _ in range(ROUNDS):
        times.append(_measure_ms(lambda: keeper.go_to_tab("More")))
        keeper.go_to_tab("Entries")
    return statistics.median(times)


def _first_entry(browser: Browser, origin: str) -> Row:
    times, floors = [], []
    for _ in range(ROUNDS):
        keeper = _open_phone(browser, origin)
        keeper.open_without_diary()
        keeper.wait_until_loaded()
        _go_offline_and_slow(keeper)
        keeper.taps = 0
        times.append(_measure_ms(partial(write_first_entry_offline, keeper)))
        taps = keeper.taps
        keeper.postpone_copy()
        floors.append(taps * _tap_ms(keeper))
        keeper.page.context.close()
    name = "first entry, from the safety question to sealed on the phone, ms (floor: as many taps on tabs)"
    return _row(name, statistics.median(times), statistics.median(floors), 6_000)


def _leaving(browser: Browser, origin: str) -> Iterator[Row]:
    keeper = _open_phone(browser, origin)
    keeper.create_registered_diary(NARRATIVE)  # holding Leave clears only what the server has too
    _go_offline_and_slow(keeper)
    floor = statistics.median(keeper.page.evaluate(EMPTY_PAGE_SCRIPT) for _ in range(ROUNDS))
    times = []
    for _ in range(ROUNDS):
        keeper.go_to_tab("Add")
        keeper.field("What happened?").fill("half")
        times.append(keeper.page.evaluate(LEAVING_TIMES_SCRIPT))
        keeper.open_lock_from_notebook()
        keeper.unlock()
    note = "(floor: a page with one word)"
    for what, key, limit_ms in (("the diary is off the page", "covered", 100), ("the notebook is drawn", "shown", 300)):
        value = statistics.median(measured[key] for measured in times)
        yield _row(f"Leave, from the tap until {what}, ms {note}", value, floor, limit_ms)
    cleared_ms = keeper.page.evaluate(CLEARING_TIME_SCRIPT)
    yield _row(f"clearing, after holding Leave, until the notebook is drawn, ms {note}", cleared_ms, floor, 1_000)
    keeper.page.context.close()


def _show_someone(browser: Browser, origin: str) -> Row:
    keeper = _open_phone(browser, origin)
    write_diary(keeper)
    _go_offline_and_slow(keeper)
    times = []
    floor = 3 * _tap_ms(keeper)
    for _ in range(ROUNDS):
        times.append(_measure_ms(lambda: show_ticked(keeper)))
        keeper.button("Close and lock").first.click()
        keeper.unlock()
    keeper.page.context.close()
    name = "three taps from Help until an entry is shown to someone, ms (floor: three taps on tabs)"
    return _row(name, statistics.median(times), floor, 1_500)


def _import(browser: Browser, origin: str) -> Row:
    keeper = _open_phone(browser, origin)
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE)
    keeper.postpone_copy()
    _go_offline_and_slow(keeper)
    floor = 6 * _tap_ms(keeper)
    go_to_imports(keeper)

    def take_in() -> None:
        choose_import_file(keeper, exports.make_long_chat(MESSAGE_COUNT))
        expect(keeper.page.get_by_text("Which of these is you?")).to_be_visible(timeout=IMPORT_TIMEOUT_MS)
        preview_import(keeper, "Jo")
        add_all_proposed(keeper)

    value = _measure_ms(take_in)
    keeper.page.context.close()
    return _row(f"a chat of {MESSAGE_COUNT:,} messages taken in, ms (floor: six taps on tabs)", value, floor, 20_000)

"""A saved chat of 100,000 messages, read, compared and added as entries on a phone four times slower.

The main thread is slowed by devtools' CPU throttling. The file is a WhatsApp export for Android over three years. The
floor is the same text decoded, cut into lines and matched with one expression for a stamp, in the same page.
IMPORT_MESSAGES changes the number of messages.
"""

import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Playwright, expect, sync_playwright

from diary.samples.demo import running_server
from tests.bench.rows import Row, make_row
from tests.browser.chromium import PHONE_OPTIONS, launch, throttle_cpu
from tests.browser.navigators.importing import add_all_proposed, answer_account, go_to_imports
from tests.browser.navigators.keeper import BrowserKeeper

MESSAGES = 100_000
MINUTES_APART = 15
ROUNDS = 3
FIRST = datetime(2023, 11, 13, 8, 0, tzinfo=UTC)
WORDS = ("Where are you", "Answer me", "I only want to talk", "Please stop writing to me", "I know you are home")
LIMIT_MS = 600_000
PREVIEW = "What would be added"
OBSERVE_TASKS = """() => {
  globalThis.longTasks = [];
  new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map((one) => one.duration)))
    .observe({ type: 'longtask' });
}"""
READ_LINES = r"""(text) => {
  const bytes = new TextEncoder().encode(text);
  const began = performance.now();
  const stamp = /^(\d{1,2})\/(\d{1,2})\/(\d{4}), (\d{2}):(\d{2}) - ([^:]+): (.*)$/u;
  const rows = new TextDecoder().decode(bytes).split('\n').map((line) => stamp.exec(line)).filter(Boolean);
  return [performance.now() - began, rows.length];
}"""


def measure_rows() -> Iterator[Row]:
    """Yield the rows of the results table."""
    count = int(os.environ.get("IMPORT_MESSAGES", MESSAGES))
    chat = make_chat(count)
    with (
        tempfile.TemporaryDirectory(prefix="kept-bench-") as name,
        sync_playwright() as playwright,
        running_server(Path(name) / "server") as origin,
    ):
        path = Path(name) / "WhatsApp Chat with Sam Hill.txt"
        path.write_text(chat, encoding="utf-8")
        yield from _measure(playwright, origin, path, chat, count)


def make_chat(count: int) -> str:
    """Return a chat of two people. Three of four messages are from one of them."""
    lines = []
    for number in range(count):
        at = FIRST + timedelta(minutes=number * MINUTES_APART)
        sender = "Jo" if number % 4 == 3 else "Sam Hill"
        lines.append(f"{at:%d/%m/%Y, %H:%M} - {sender}: {WORDS[number % len(WORDS)]} {number}")
    return "\n".join([*lines, ""])


def _measure(playwright: Playwright, origin: str, path: Path, chat: str, count: int) -> Iterator[Row]:
    """Measure reading the file and planning what would be added several times, and adding it once."""
    browser = launch(playwright, "")
    context = browser.new_context(**PHONE_OPTIONS)
    context.set_default_timeout(LIMIT_MS)
    keeper = BrowserKeeper(context.new_page(), origin)
    keeper.open_without_diary()
    keeper.write_first_entry("He was outside again.")
    keeper.postpone_copy()
    keeper.page.evaluate(OBSERVE_TASKS)
    session = context.new_cdp_session(keeper.page)
    throttle_cpu(keeper.page, 4)
    floors = [keeper.page.evaluate(READ_LINES, chat)[0] / 1000 for _ in range(ROUNDS)]
    seconds, longest, heap = [], [], []
    for number in range(ROUNDS):
        if number:
            keeper.page.reload()
            keeper.unlock()
            keeper.page.evaluate(OBSERVE_TASKS)
        before = _heap_mb(session)
        seconds.append(_read_and_plan(keeper, path))
        heap.append(_heap_mb(session) - before)
        longest.append(_longest_task(keeper))
    began = time.monotonic()
    add_all_proposed(keeper, LIMIT_MS)
    added, longest_adding = time.monotonic() - began, _longest_task(keeper)
    browser.close()
    what, where = f"a chat of {count:,} messages", "page at 4×"
    value, floor = statistics.median(seconds), statistics.median(floors)
    name = f"{what}, choice of the file to what would be added, s (floor: its lines matched with one expression)"
    yield make_row(name, where, value, floor, "at most 15 s", value <= 15)
    value = statistics.median(longest)
    bar = "at most 200 ms"
    yield make_row(f"{what}: longest task until then, ms (floor: none)", where, value, 0, bar, value <= 200)
    yield make_row(f"{what}: all are added, s (floor as above)", where, added, floor, "none", True)
    name = f"{what}: longest task while they are added, ms (floor: none)"
    yield make_row(name, where, longest_adding, 0, bar, longest_adding <= 200)
    yield make_row(f"{what}: heap that it adds, MB (floor: none)", where, statistics.median(heap), 0, "none", True)


def _read_and_plan(keeper: BrowserKeeper, path: Path) -> float:
    """Choose the file, give the answers, and return the seconds in which the phone worked, without those of a person."""
    go_to_imports(keeper)
    with keeper.page.expect_file_chooser() as chooser:
        keeper.tap("Choose the file")
    now = "() => performance.now()"
    began = keeper.page.evaluate(now)
    chooser.value.set_files(path)
    question = keeper.page.get_by_role("heading", name="Whose account or phone is this from?")
    expect(question).to_be_visible(timeout=LIMIT_MS)
    read = keeper.page.evaluate(now)
    answer_account(keeper, "Mine")
    main, me = keeper.page.get_by_role("main"), re.compile(r"^Jo\b")
    choice = main.get_by_role("radio", name=me).or_(main.get_by_role("button", name=me)).first
    choice.wait_for()
    answered = keeper.page.evaluate(now)
    choice.click()
    if keeper.button("Look at what is in it").count():
        keeper.tap("Look at what is in it")
    expect(keeper.heading(PREVIEW)).to_be_visible(timeout=LIMIT_MS)
    ended = keeper.page.evaluate(now)
    return float(read - began + ended - answered) / 1000


def _longest_task(keeper: BrowserKeeper) -> float:
    """Return the longest task on the main thread since the last call, in ms. 0: none took 50 ms."""
    return float(max(keeper.page.evaluate("() => globalThis.longTasks.splice(0)"), default=0))


def _heap_mb(session: CDPSession) -> float:
    """Return the JavaScript heap in use after a collection, in MB."""
    session.send("HeapProfiler.collectGarbage")
    usage: dict[str, Any] = session.send("Runtime.getHeapUsage")
    return float(usage["usedSize"]) / 1e6

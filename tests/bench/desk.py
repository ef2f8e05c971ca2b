"""An advocate's Monday in Chromium: 200 clients in the list, and one of them opened, with 100 to 1,000 entries.

Written by the reference client: ten clients have 100, 200 … 1,000 entries with the keys given, and the other 190 have one. The
list is made of what each keeper's device sealed for it and never of entries, so their number changes nothing there.
DESK_CLIENTS=20 makes fewer. The floor of the list is the server's answer alone; that of a client is all pages of the feed
fetched and thrown away.
"""

import asyncio
import os
import statistics
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from diary.app import open_instance
from diary.client import accounts, granting
from diary.client.demo import running_server
from diary.client.journal import Journal, Said
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.config import load
from diary.crypto.kdf import FLOOR
from diary.services import organisations
from tests.bench.phone import Row, _row
from tests.bench.reading import BEGAN, CHANNELS, DAY, FILLER
from tests.browser.chromium import DESK, launch
from tests.browser.navigators.desk import Desk

ROUNDS = 3
MOST_MS = 1_000
WHERE = "page not slowed, opening in a worker"
# Presses a button and waits until its place stands drawn.
PRESSED = """async ([press, there]) => {
  const button = [...document.querySelectorAll('button')].find((one) => one.textContent.includes(press));
  const before = performance.now();
  button.click();
  while (!document.querySelector(there) || document.querySelector('[aria-busy=true]')) await new Promise(requestAnimationFrame);
  return performance.now() - before;
}"""


def rows() -> Iterator[Row]:
    """The rows of the table."""
    many = int(os.environ.get("DESK_CLIENTS", "200"))
    with (
        tempfile.TemporaryDirectory(prefix="kept-bench-") as name,
        sync_playwright() as playwright,
        running_server(Path(name) / "server") as origin,
    ):
        page = launch(playwright, "").new_context(**DESK).new_page()
        page.set_default_timeout(600_000)
        desk = Desk(page, origin)
        nine = desk.joins(_elsewhere(lambda: _begin(origin, Path(name) / "server")))
        _elsewhere(lambda: _fill(origin, nine, many))
        desk.tap("Go on")
        yield _list_row(page, many)
        for size in (100, 1_000):
            yield _client_row(page, size)


def _elsewhere(act: object) -> str:
    """In a thread: the browser's driver holds the event loop of this one."""
    with ThreadPoolExecutor(1) as thread:
        return str(thread.submit(lambda: asyncio.run(act())).result())  # type: ignore[operator]


async def _begin(origin: str, data: Path) -> str:
    """The invitation into a new organisation, as the operator's command line makes it."""
    public = f"http://public.localhost:{urlsplit(origin).port}"
    settings = load({"DIARY_APP_URL": origin, "DIARY_DATA": str(data), "DIARY_PUBLIC_URL": public})
    async with open_instance(settings, SystemClock(), kdf_profile=FLOOR) as instance:
        return (await organisations.begin(instance, "Stalking Support North"))[1]


async def _fill(origin: str, nine: str, many: int) -> None:
    """Keepers who let the advocate in, one after the other."""
    for number in range(many):
        await _keeper(origin, nine, f"Client {number:03}", entries=(number + 1) * 100 if number < 10 else 1)


async def _keeper(origin: str, nine: str, name: str, entries: int) -> None:
    clock = SystemClock()
    async with connect(origin) as server:
        identity = await accounts.enrol(server, "correct horse battery staple", code=bytes(16))
        journal = Journal(identity, clock)
        held = [journal.append(Said("incident", _said(number))) for number in range(entries)]
        await journal.send(server)
        person, now = await granting.meet(server, nine), clock.now_ms()
        choice = granting.Choice({"all": True}, now + 30 * DAY, "Help with a report", ("view", "comment"))
        granted = await granting.let_in(server, identity, person, choice, name, now)
        await granting.give(server, identity, granted, [(one.push, one.opened.place) for one in held])
        dates = [{"at": now + (entries % 40) * DAY, "what": "recording_wiped"}]
        told = {"dates": dates, "entries": entries, "made_at": now, "newest_at": now}
        await granting.summarise(server, granted, told)


def _said(number: int) -> dict[str, object]:
    return {
        "narrative": f"{FILLER}For the {number}th time.", "occurred_start": BEGAN + number * DAY // 6, "tz": "Europe/London",
        "utc_offset_min": 0, "precision": "minute", "behaviours": ["calls", "loiter_near"][: 1 + number % 2],
        "channel": CHANNELS[number % 5],
    }  # fmt: skip


def _list_row(page: Page, many: int) -> Row:
    """From asking for news to all clients drawn; the floor is what the server takes for its answer."""
    there = "ul.rows > li:nth-of-type(1) .desk-client"
    took = [page.evaluate(PRESSED, ["Look for news", there]) for _ in range(ROUNDS)]
    shown = page.locator(".desk-client").count()
    with page.expect_response(lambda answer: answer.url.endswith("/v1/clients")) as heard:
        page.evaluate(PRESSED, ["Look for news", there])
    timing = heard.value.request.timing
    floor, value = timing["responseEnd"] - timing["requestStart"], statistics.median(took)
    name = f"an advocate's list of {many} clients: read, opened and drawn, ms (floor: the answer)"
    return _row(name, WHERE, value, floor, f"at most {MOST_MS:,} ms", shown == many and value <= MOST_MS)


def _client_row(page: Page, entries: int) -> Row:
    """From pressing a client to their entries drawn; the floor is the feed's answers."""
    name = f"Client {entries // 100 - 1:03}"
    took, floors = [], []
    for _ in range(ROUNDS):
        took.append(page.evaluate(PRESSED, [name, "aside .day .item"]))
        floors.append(_feed_floor(page))
        page.get_by_role("button", name="Clients", exact=True).click()
        page.locator(".desk-client").first.wait_for()
    value = statistics.median(took)
    title = f"a client with {entries:,} entries from the list: every version checked, drawn, ms (floor: the feed, answered)"
    return _row(title, WHERE, value, statistics.median(floors), f"at most {MOST_MS:,} ms", value <= MOST_MS)


def _feed_floor(page: Page) -> float:
    """How long the newest requests of the feed took, one after the other, ms."""
    return float(
        page.evaluate(
            """() => { const all = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/changes'));
              performance.clearResourceTimings(); return all.reduce((sum, one) => sum + one.duration, 0); }"""
        )
    )

"""An advocate's Monday in Chromium: 200 clients in the list, and one of them opened, with 100 to 1,000 entries.

Written by the reference client, a few keepers at a time, each of a network of their own: ten have 100, 200 … 1,000 entries
with the keys given, the others 100. DESK_CLIENTS=20 makes fewer. The desk signs in when all of it is there: untouched for
five minutes it would have locked. A figure ends with the frame that shows what was asked for. The floor of the list is
the server's answer alone; that of a client is all pages of the feed fetched and thrown away.
"""

import asyncio
import os
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Page, sync_playwright

from diary.app import open_instance
from diary.client import accounts, grant_access
from diary.client.journal import Journal, Said
from diary.client.transport import Server
from diary.clock import SystemClock
from diary.config import load
from diary.crypto.kdf import FLOOR
from diary.samples.demo import running_server
from diary.services.sharing import organisations
from tests.bench.phone import Row, _row
from tests.bench.reading import BEGAN, CHANNELS, DAY, FILLER
from tests.browser.chromium import DESK, launch
from tests.browser.navigators.desk import Desk

T = TypeVar("T")
ROUNDS = 3
MOST_MS = 1_000
SIZED = 10
FEWEST = 100
AT_ONCE = 4
WHERE = "page not slowed, opening in a worker"
# Presses a button when nothing else is under way, and waits for the frame after its place stood drawn. A press is drawn in
# a later turn: looked at before the next frame, what stood there before would pass for it.
PRESSED = """async ([press, there]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const end = performance.now() + 60_000;
  const until = async (holds) => {
    for (;;) {
      await frame();
      if (holds()) return;
      if (performance.now() > end) throw new Error(`${press}: ${document.body.innerText.slice(0, 2_000)}`);
    }
  };
  const isQuiet = () => !document.querySelector('[aria-busy=true]');
  await until(isQuiet);
  const button = [...document.querySelectorAll('button')].find((one) => one.textContent.includes(press));
  const before = performance.now();
  button.click();
  await until(() => isQuiet() && document.querySelector(there));
  await frame();
  return performance.now() - before;
}"""


def rows() -> Iterator[Row]:
    """The rows of the table."""
    many = max(SIZED, int(os.environ.get("DESK_CLIENTS", "200")))
    with (
        tempfile.TemporaryDirectory(prefix="kept-bench-") as name,
        sync_playwright() as playwright,
        running_server(Path(name) / "server") as origin,
    ):
        page = launch(playwright, "").new_context(**DESK).new_page()
        desk = Desk(page, origin)
        nine = desk.joins(_elsewhere(lambda: _begin(origin, Path(name) / "server")))
        _elsewhere(lambda: _fill(origin, nine, many))
        page.goto(desk.address)
        desk.signs_in()
        yield _list_row(page, many)
        for size in (FEWEST, 1_000):
            yield _client_row(page, size)


def _elsewhere(act: Callable[[], Awaitable[T]]) -> T:
    """In a thread: the browser's driver holds the event loop of this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(act())).result()  # type: ignore[arg-type]


async def _begin(origin: str, data: Path) -> str:
    """The invitation into a new organisation, as the operator's command line makes it."""
    public = f"http://public.localhost:{urlsplit(origin).port}"
    settings = load({"DIARY_APP_URL": origin, "DIARY_DATA": str(data), "DIARY_PUBLIC_URL": public})
    async with open_instance(settings, SystemClock(), kdf_profile=FLOOR) as instance:
        return (await organisations.begin(instance, "Stalking Support North"))[1]


async def _fill(origin: str, nine: str, many: int) -> None:
    """Keepers who let the advocate in, a few at a time: while one seals, the server writes what another sent."""
    room = asyncio.Semaphore(AT_ONCE)

    async def fill(number: int) -> None:
        async with room:
            await _keeper(origin, nine, number)

    async with asyncio.TaskGroup() as group:
        for number in range(many):
            group.create_task(fill(number))


async def _keeper(origin: str, nine: str, number: int) -> None:
    """One keeper: a diary, the grant, the keys, what the list shows.

    From an address of their own, as Caddy in front of the server would say it: one network may begin thirty diaries a minute.
    """
    here, clock = f"http://127.0.0.1:{urlsplit(origin).port}", SystemClock()
    entries = (number + 1) * FEWEST if number < SIZED else FEWEST
    network = {"X-Forwarded-For": f"10.20.{number // 250}.{number % 250 + 1}"}
    # A connection that was idle for long is one that the server may be closing.
    often = httpx.Limits(keepalive_expiry=1)
    async with httpx.AsyncClient(base_url=here, headers=network, limits=often, timeout=120, trust_env=False) as client:
        server = Server(client, origin)
        identity = await accounts.enrol(server, "correct horse battery staple", code=bytes(16), profile=FLOOR)
        journal = Journal(identity, clock)
        held = []
        for each in range(entries):
            # Sealed and sent one by one: all at once would keep every other keeper waiting.
            held.append(journal.append(Said("incident", _said(each))))
            await journal.send(server)
        person, now = await grant_access.meet(server, nine), clock.now_ms()
        choice = grant_access.Choice({"all": True}, now + 30 * DAY, "Help with a report", ("view", "comment"))
        granted = await grant_access.let_in(server, identity, person, choice, f"Client {number:03}", now)
        await grant_access.give(server, identity, granted, [(one.push, one.opened.place) for one in held])
        dates = [{"at": now + (number % 40) * DAY, "what": "recording_wiped"}]
        told = {"dates": dates, "entries": entries, "made_at": now, "newest_at": now}
        await grant_access.summarise(server, granted, told)


def _said(number: int) -> dict[str, object]:
    return {
        "narrative": f"{FILLER}For the {number}th time.", "occurred_start": BEGAN + number * DAY // 6, "tz": "Europe/London",
        "utc_offset_min": 0, "precision": "minute", "behaviours": ["calls", "loiter_near"][: 1 + number % 2],
        "channel": CHANNELS[number % 5],
    }  # fmt: skip


def _list_row(page: Page, many: int) -> Row:
    """From asking for news to all clients drawn; the floor is what the server takes for its answer."""
    there = ".desk-client"
    took, floors = [], []
    for _ in range(ROUNDS):
        with page.expect_response(lambda answer: answer.url.endswith("/v1/clients")) as heard:
            took.append(page.evaluate(PRESSED, ["Look for news", there]))
        heard.value.finished()
        timing = heard.value.request.timing
        floors.append(timing["responseEnd"] - timing["requestStart"])
    shown, value = page.locator(there).count(), statistics.median(took)
    name = f"an advocate's list of {many} clients: read, opened and drawn, ms (floor: the answer)"
    return _row(
        name, WHERE, value, statistics.median(floors), f"at most {MOST_MS:,} ms", shown == many and value <= MOST_MS
    )


def _client_row(page: Page, entries: int) -> Row:
    """From pressing a client to their entries drawn; the floor is the feed's answers."""
    name = f"Client {entries // FEWEST - 1:03}"
    took, floors = [], []
    for _ in range(ROUNDS):
        took.append(page.evaluate(PRESSED, [name, "aside .day .item"]))
        floors.append(_feed_floor(page))
        page.get_by_role("button", name="Clients", exact=True).click()
        page.locator(".desk-client").first.wait_for()
    value = statistics.median(took)
    title = (
        f"a client with {entries:,} entries from the list: every version checked, drawn, ms (floor: the feed, answered)"
    )
    return _row(title, WHERE, value, statistics.median(floors), f"at most {MOST_MS:,} ms", value <= MOST_MS)


def _feed_floor(page: Page) -> float:
    """How long the newest requests of the feed took, one after the other, ms."""
    return float(
        page.evaluate(
            """() => { const all = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/changes'));
              performance.clearResourceTimings(); return all.reduce((sum, one) => sum + one.duration, 0); }"""
        )
    )

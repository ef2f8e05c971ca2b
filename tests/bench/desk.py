"""An advocate's Monday in Chromium: open the list of 200 clients, then clients with 100 and 1,000 entries.

The reference client creates the keepers, a few at a time and each in a network of its own: ten have 100, 200 … 1,000
entries with shared keys, the others 100. DESK_CLIENTS=20 creates fewer. The desk signs in once all of it is there: it
would lock after five minutes without use. A figure ends with the frame that shows the result. The floor of the list is
the server's answer alone; that of a client is fetching and discarding all pages of the feed.
"""

import asyncio
import os
import statistics
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Page, sync_playwright

from diary.app import open_instance
from diary.client import accounts, grant_access
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.clock import SystemClock
from diary.config import load_settings
from diary.crypto.kdf import FLOOR_PROFILE
from diary.samples.demo import running_server
from diary.services.sharing import organisations
from tests.bench.reading import CHANNELS, DAY_MS, FILLER, STORY_START_MS
from tests.bench.rows import Row, make_row
from tests.browser.chromium import DESKTOP_OPTIONS, launch
from tests.browser.navigators.advocate_page import AdvocatePage

T = TypeVar("T")
ROUNDS = 3
BAR_MS = 1_000
LARGE_CLIENT_COUNT = 10
ENTRIES_MINIMUM = 100
PARALLEL_KEEPERS = 4
ENVIRONMENT = "page not slowed, opening in a worker"
# Clicks a button once the page is idle, then waits for the frame after its target is drawn. The click takes effect in a
# later task: checked before the next frame, the old content would pass for the new.
MEASURE_CLICK = """async ([press, there]) => {
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


def measure_rows() -> Iterator[Row]:
    """Yield the rows of the results table."""
    client_count = max(LARGE_CLIENT_COUNT, int(os.environ.get("DESK_CLIENTS", "200")))
    with (
        tempfile.TemporaryDirectory(prefix="kept-bench-") as name,
        sync_playwright() as playwright,
        running_server(Path(name) / "server") as origin,
    ):
        page = launch(playwright, "").new_context(**DESKTOP_OPTIONS).new_page()
        desk = AdvocatePage(page, origin)
        nine_words = desk.join(_run_in_thread(lambda: _create_organisation(origin, Path(name) / "server")))
        _run_in_thread(lambda: _create_keepers(origin, nine_words, client_count))
        page.goto(desk.address)
        desk.sign_in()
        yield _list_row(page, client_count)
        for size in (ENTRIES_MINIMUM, 1_000):
            yield _client_row(page, size)


def _run_in_thread(act: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in another thread: the browser's driver uses this thread's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(act())).result()


async def _create_organisation(origin: str, data: Path) -> str:
    """Create an organisation through the operator's side, and return the invitation for its lead."""
    public = f"http://public.localhost:{urlsplit(origin).port}"
    settings = load_settings({"DIARY_APP_URL": origin, "DIARY_DATA": str(data), "DIARY_PUBLIC_URL": public})
    async with open_instance(settings, SystemClock(), kdf_profile=FLOOR_PROFILE) as instance:
        return (await organisations.create_organisation(instance, "Stalking Support North"))[1]


async def _create_keepers(origin: str, nine_words: str, client_count: int) -> None:
    """Create the keepers who grant access, a few at a time: while one seals, the server stores another's versions."""
    semaphore = asyncio.Semaphore(PARALLEL_KEEPERS)

    async def fill(number: int) -> None:
        async with semaphore:
            await _create_keeper(origin, nine_words, number)

    async with asyncio.TaskGroup() as group:
        for number in range(client_count):
            group.create_task(fill(number))


async def _create_keeper(origin: str, nine_words: str, number: int) -> None:
    """Create one keeper with a diary, a grant, its keys and the summary for the list.

    Each uses an address of its own, sent as X-Forwarded-For: one network may create thirty diaries a minute.
    """
    local_origin, clock = f"http://127.0.0.1:{urlsplit(origin).port}", SystemClock()
    entries = (number + 1) * ENTRIES_MINIMUM if number < LARGE_CLIENT_COUNT else ENTRIES_MINIMUM
    network = {"X-Forwarded-For": f"10.20.{number // 250}.{number % 250 + 1}"}
    # A connection that was idle for long may be closed by the server at any moment.
    entries_per_day = httpx.Limits(keepalive_expiry=1)
    async with httpx.AsyncClient(
        base_url=local_origin, headers=network, limits=entries_per_day, timeout=120, trust_env=False
    ) as client:
        server = RemoteServer(client, origin)
        identity = await accounts.enrol(server, "correct horse battery staple", code=bytes(16), profile=FLOOR_PROFILE)
        journal = Journal(identity, clock)
        local_versions = []
        for entry_number in range(entries):
            # Sealed and sent one at a time: sealing all at once would block the other keepers.
            local_versions.append(journal.append(VersionContent("incident", _entry_fields(entry_number))))
            await journal.send(server)
        person, now = await grant_access.fetch_advocate(server, nine_words), clock.now_ms()
        choice = grant_access.GrantTerms({"all": True}, now + 30 * DAY_MS, "Help with a report", ("view", "comment"))
        granted = await grant_access.create_grant(server, identity, person, choice, f"Client {number:03}", now)
        await grant_access.upload_version_keys(
            server,
            identity,
            granted,
            [(local_version.push, local_version.opened_version.ids) for local_version in local_versions],
        )
        dates = [{"at": now + (number % 40) * DAY_MS, "what": "recording_wiped"}]
        summary = {"dates": dates, "entries": entries, "made_at": now, "newest_at": now}
        await grant_access.upload_summary(server, granted, summary)


def _entry_fields(number: int) -> dict[str, object]:
    return {
        "narrative": f"{FILLER}For the {number}th time.", "occurred_start": STORY_START_MS + number * DAY_MS // 6,
        "tz": "Europe/London",
        "utc_offset_min": 0, "precision": "minute", "behaviours": ["calls", "loiter_near"][: 1 + number % 2],
        "channel": CHANNELS[number % 5],
    }  # fmt: skip


def _list_row(page: Page, client_count: int) -> Row:
    """Measure from the request for news to all clients drawn. The floor is the server's answer alone."""
    selector = ".desk-client"
    times_ms, floors = [], []
    for _ in range(ROUNDS):
        with page.expect_response(lambda answer: answer.url.endswith("/v1/clients")) as response_info:
            times_ms.append(page.evaluate(MEASURE_CLICK, ["Check for changes", selector]))
        response_info.value.finished()
        timing = response_info.value.request.timing
        floors.append(timing["responseEnd"] - timing["requestStart"])
    shown_count, value = page.locator(selector).count(), statistics.median(times_ms)
    name = f"an advocate's list of {client_count} clients: read, opened and drawn, ms (floor: the answer)"
    return make_row(
        name,
        ENVIRONMENT,
        value,
        statistics.median(floors),
        f"at most {BAR_MS:,} ms",
        shown_count == client_count and value <= BAR_MS,
    )


def _client_row(page: Page, entries: int) -> Row:
    """Measure from the click on a client to their entries drawn. The floor is the feed's answers."""
    name = f"Client {entries // ENTRIES_MINIMUM - 1:03}"
    times_ms, floors = [], []
    for _ in range(ROUNDS):
        times_ms.append(page.evaluate(MEASURE_CLICK, [name, "aside .day .item"]))
        floors.append(_feed_floor(page))
        page.get_by_role("button", name="Clients", exact=True).click()
        page.locator(".desk-client").first.wait_for()
    value = statistics.median(times_ms)
    title = (
        f"a client with {entries:,} entries from the list: every version checked, drawn, ms (floor: the feed, answered)"
    )
    return make_row(title, ENVIRONMENT, value, statistics.median(floors), f"at most {BAR_MS:,} ms", value <= BAR_MS)


def _feed_floor(page: Page) -> float:
    """Return the total time of the latest feed requests, in ms."""
    return float(
        page.evaluate(
            """() => { const all = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/changes'));
              performance.clearResourceTimings(); return all.reduce((sum, one) => sum + one.duration, 0); }"""
        )
    )

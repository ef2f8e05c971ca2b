"""Reading a long diary in Chromium: the list, search, filters, patterns, and rebuilding the list.

1,000 and 10,000 entries of 300 characters, every tenth with a picture's record (the list needs none of its bytes),
written by the reference client and fetched by the phone. Figures "at 4×" ran in the page with devtools' CPU throttling,
which slows the main thread, and the worker that opens the sealed list much less; medians of several rounds.
READING_ENTRIES=1000 measures that size only.
"""

import asyncio
import json
import os
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page, Playwright, Route, expect, sync_playwright

from diary.client import accounts
from diary.client.journal import Journal, VersionContent
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.ids import id_text, new_id
from diary.paths import STATIC
from diary.samples.demo import running_server
from tests.bench.phone import PASSPHRASE, unlock_times
from tests.bench.rows import Row, make_row
from tests.browser.chromium import PHONE_OPTIONS, launch, throttle_cpu
from tests.browser.navigators.keeper import BrowserKeeper

SCRIPTS = ("phone.js", "reading.js")
SIZES = (1_000, 10_000)
# Current format of the list: INDEX_FORMAT in static/src/store/index.ts.
LIST_FORMAT = 3
# Module, text, replacement.
Change = tuple[str, str, str]
WITHOUT_SEGMENT_TEXTS: Change = ("store/segment_texts.js", "new Set(store.root.said ?? [])", "new Set()")
ROUNDS = 5
SLOWED_ENVIRONMENT = "page at 4×, opening in a worker"
DAY_MS = 86_400_000
STORY_START_MS = 1_600_000_000_000
FILLER = "He was outside again and would not go away when I asked him to. " * 4
CHANNELS = ("phone_call", "sms", "instagram", "in_person", "email")


def measure_rows() -> Iterator[Row]:
    """Yield the rows of the results table."""
    entry_counts_setting = os.environ.get("READING_ENTRIES", "")
    for entry_count in [int(entry_counts_setting)] if entry_counts_setting else SIZES:
        with (
            tempfile.TemporaryDirectory(prefix="kept-bench-") as name,
            sync_playwright() as playwright,
            running_server(Path(name) / "server") as origin,
        ):
            yield from _measure_diary(playwright, origin, entry_count)


def write_long_diary(origin: str, entry_count: int) -> str:
    """Create an account with `entry_count` entries, a tenth of them with a picture, and return its login name."""

    async def write() -> str:
        async with connect(origin) as server:
            identity = await accounts.enrol(server, PASSPHRASE, code=bytes(16))
            journal = Journal(identity, SystemClock())
            person = id_text(new_id())
            journal.append(VersionContent("person", {"name": "Dan Weaver", "role": "suspect"}, record=person))
            for number in range(entry_count):
                _write_entry(journal, number, person)
            await journal.send(server)
            return identity.login

    # Playwright runs an event loop in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(write())).result()


def _write_entry(journal: Journal, number: int, person: str) -> None:
    """Append one entry, four hours after the previous one. Every hundredth contains the search term."""
    record, picture = id_text(new_id()), id_text(new_id())
    fields = {
        "narrative": f"{FILLER}For the {number}th time{', a blue coat' if number % 100 == 0 else ''}.",
        "occurred_start": STORY_START_MS + number * DAY_MS // 6, "tz": "Europe/London", "utc_offset_min": 0,
        "precision": "minute",
        "behaviours": ["calls", "loiter_near"][: 1 + number % 2], "channel": CHANNELS[number % 5], "actor_ids": [person],
    }  # fmt: skip
    if number % 10 == 0:
        fields["attachment_ids"] = [picture]
        screenshot = {
            "kind": "screenshot",
            "media_type": "image/png",
            "incident_ids": [record],
            "description": f"Screenshot {number}",
        }
        journal.append(VersionContent("attachment", screenshot, record=picture))
    journal.append(VersionContent("incident", fields, record=record))


def _measure_diary(playwright: Playwright, origin: str, entry_count: int) -> Iterator[Row]:
    login = write_long_diary(origin, entry_count)
    # The service worker would serve its cached modules instead of the changed ones.
    context = launch(playwright, "").new_context(**(PHONE_OPTIONS | {"service_workers": "block"}))
    for name in SCRIPTS:
        context.add_init_script(path=str(Path(__file__).with_name(name)))
    context.set_default_timeout(600_000)
    keeper = BrowserKeeper(context.new_page(), origin)
    keeper.sign_in(login, PASSPHRASE)
    keeper.passphrase = PASSPHRASE
    keeper.go_to_tab("Entries")
    expect(keeper.page.get_by_text(f"No. {entry_count}", exact=True)).to_be_visible(timeout=900_000)
    keeper.page.wait_for_load_state("networkidle")
    keeper.page.evaluate("() => bench.settled()")
    yield from _measure_unlock(keeper, entry_count)
    yield from _measure_search(keeper, entry_count)
    yield from _measure_filters(keeper, entry_count)
    yield from _measure_scrolling(keeper, entry_count)
    yield from _measure_relisting(keeper, entry_count)
    yield from _measure_listing_from_versions(keeper, entry_count)
    assert context.browser
    context.browser.close()


def _measure_unlock(keeper: BrowserKeeper, entry_count: int) -> Iterator[Row]:
    """Measure from the key to the list on screen."""
    throttle_cpu(keeper.page, 4)
    times = [unlock_times(keeper) for _ in range(ROUNDS)]
    after_key = statistics.median(time.after_key for time in times)
    bar = 300 if entry_count <= 1_000 else 500
    name = f"{entry_count} entries: first rows on screen after the key, ms (floor: drawing the list)"
    floor = statistics.median(time.listing for time in times)
    yield make_row(name, SLOWED_ENVIRONMENT, after_key, floor, f"at most {bar} ms", after_key <= bar)


def _measure_search(keeper: BrowserKeeper, entry_count: int) -> Iterator[Row]:
    """Measure searches: the first while the texts are still sealed, then repeated ones."""
    page = keeper.page
    _wait_for_all_segments(page, entry_count)
    first = page.evaluate("(n) => bench.searched('blue coat', n)", entry_count // 100)
    repeat_times = []
    for query, n in (
        ("coat blue", entry_count // 100),
        ("dan weaver", entry_count),
        ("screenshot", entry_count // 10),
        ("blue", entry_count // 100),
        ("no such word", 0),
    ):
        page.evaluate("() => bench.cleared()")
        repeat_times.append(page.evaluate("([query, n]) => bench.searched(query, n)", [query, n]))
    page.evaluate("() => bench.cleared()")
    search_ms = statistics.median(repeat_times)
    bare_search_ms = page.evaluate("(many) => bench.bareSearch(many)", entry_count)
    bar = (50, "at most 50 ms") if entry_count <= 1_000 else (100, "at most 100 ms")
    yield make_row(
        f"{entry_count} entries: the first search, texts opened, ms (floor: later ones)",
        SLOWED_ENVIRONMENT,
        first,
        search_ms,
        "none",
        True,
    )
    yield make_row(
        f"{entry_count} entries: a search, to the result drawn, ms (floor: the same texts gone through)",
        SLOWED_ENVIRONMENT,
        search_ms,
        bare_search_ms,
        bar[1],
        search_ms <= bar[0],
    )
    throttle_cpu(page, 1)
    plain_times = []
    for _ in range(ROUNDS):
        plain_times.append(page.evaluate("(n) => bench.searched('blue coat', n)", entry_count // 100))
        page.evaluate("() => bench.cleared()")
    value = statistics.median(plain_times)
    yield make_row(
        f"{entry_count} entries: a search, to the result drawn, ms (floor: the same texts gone through)",
        "page, not slowed",
        value,
        page.evaluate("(many) => bench.bareSearch(many)", entry_count),
        bar[1],
        value <= bar[0],
    )


def _measure_filters(keeper: BrowserKeeper, entry_count: int) -> Iterator[Row]:
    """Measure two filters in turn, then the patterns."""
    page = keeper.page
    throttle_cpu(page, 4)
    page.evaluate("() => bench.opens('Filters')")
    page.locator("#find-channel").wait_for()
    filtered = []
    for _ in range(ROUNDS):
        filtered.append(page.evaluate("(n) => bench.filtered('find-behaviour', 'loiter_near', n)", entry_count // 2))
        filtered.append(page.evaluate("(n) => bench.filtered('find-channel', 'phone_call', n)", entry_count // 10))
        page.evaluate("() => bench.cleared()")
    page.evaluate("() => bench.opens('Filters')")
    value = statistics.median(filtered)
    yield make_row(
        f"{entry_count} entries: a filter, to the result drawn, ms (floor: none)",
        SLOWED_ENVIRONMENT,
        value,
        0,
        "at most 500 ms",
        value <= 500,
    )
    counted = []
    for _ in range(3):
        counted.append(page.evaluate("() => bench.patterns()"))
        keeper.go_to_tab("Entries")
    value = counted[0]
    yield make_row(
        f"{entry_count} entries: Patterns, first time, to its words drawn, ms (floor: again)",
        SLOWED_ENVIRONMENT,
        value,
        counted[-1],
        "at most 500 ms",
        value <= 500,
    )


def _measure_scrolling(keeper: BrowserKeeper, entry_count: int) -> Iterator[Row]:
    """Measure scrolling to the end: only few rows may be in the page at once."""
    scroll_result = keeper.page.evaluate("() => bench.scrolled()")
    name = (
        f"{entry_count} entries: scrolled to the end, longest task, ms; rows in the page at the end: "
        f"{scroll_result['rows']} (floor: none)"
    )
    yield make_row(
        name,
        SLOWED_ENVIRONMENT,
        scroll_result["longest"],
        0,
        "at most 400 rows in the page",
        scroll_result["rows"] <= 400,
    )


def _measure_relisting(keeper: BrowserKeeper, entry_count: int) -> Iterator[Row]:
    """Measure an app version with another list format: the whole list is rebuilt, nothing comes from a segment."""
    page = keeper.page
    page.evaluate("() => bench.settled()")
    times_by_name = _measure_with_new_list_format(keeper, entry_count, LIST_FORMAT + 1)
    page.evaluate("() => bench.bareRebuild(1_000)")
    floor = page.evaluate("(many) => bench.bareRebuild(many)", entry_count + entry_count // 10)
    name = (
        f"{entry_count} entries: the list made again by a newer app, ms (floor: as many read, AES-GCM opened "
        "thrice each, JSON read)"
    )
    bar = 3_000 if entry_count > 1_000 else 1_000
    yield make_row(
        name,
        "page and worker, not slowed",
        times_by_name["listing"],
        floor,
        f"at most {bar} ms",
        times_by_name["listing"] <= bar,
    )
    name = (
        f"{entry_count} entries: first rows while the list is made again, from the words, ms (floor: the door passed)"
    )
    yield make_row(name, "page and worker, not slowed", times_by_name["first"], times_by_name["opened"], "none", True)


def _measure_listing_from_versions(keeper: BrowserKeeper, entry_count: int) -> Iterator[Row]:
    """Measure the same without the texts stored by segment: each version is read and opened separately."""
    times_by_name = _measure_with_new_list_format(keeper, entry_count, LIST_FORMAT + 2, (WITHOUT_SEGMENT_TEXTS,))
    name = (
        f"{entry_count} entries: the list made again, every version opened where it lies, ms (floor: its first "
        "rows, from the words)"
    )
    yield make_row(name, "page and worker, not slowed", times_by_name["listing"], times_by_name["first"], "none", True)


def _measure_with_new_list_format(
    keeper: BrowserKeeper, entry_count: int, list_format: int, changes: tuple[Change, ...] = ()
) -> dict[str, float]:
    """Open the phone with an app whose list has another format, and with further `changes`."""
    format_change = ("store/index.js", f"const INDEX_FORMAT = {LIST_FORMAT};", f"const INDEX_FORMAT = {list_format};")
    source = replace_in_engine((STATIC / "app" / "engine.js").read_text("utf-8"), (format_change, *changes))
    keeper.page.route("**/static/app/engine.js", _serve_source(source))
    throttle_cpu(keeper.page, 1)
    keeper.open_locked()
    keeper.page.wait_for_timeout(2_000)
    keeper.field("Your password").fill(PASSPHRASE)
    times_by_name: dict[str, float] = keeper.page.evaluate("(many) => bench.listedAgain(many)", entry_count)
    return times_by_name


def replace_in_engine(source: str, changes: Iterable[Change]) -> str:
    """Return the joined engine with each text replaced in its module. Raise ValueError unless it is there exactly once."""
    for module, old, new in changes:
        before, head, rest = source.partition(f"// js/{module}\n")
        body, following, others = rest.partition("\n// js/")
        if not head or body.count(old) != 1:
            raise ValueError(f"{module} has {body.count(old)} times: {old}")
        source = before + head + body.replace(old, new) + following + others
    return source


def _serve_source(source: str) -> Callable[[Route], None]:
    """Return a handler that serves this source as JavaScript."""
    return lambda route: route.fulfill(body=source, content_type="text/javascript")


def _wait_for_all_segments(page: Page, entry_count: int) -> None:
    """Wait until the older segments have been opened too."""
    page.locator(".item").first.wait_for()
    page.wait_for_timeout(1_000 if entry_count <= 1_000 else 3_000)


if __name__ == "__main__":
    for row in measure_rows():
        print(json.dumps(row), flush=True)

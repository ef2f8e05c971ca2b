"""Reading back a long diary in Chromium: the list, search, filters, the pattern, and making the list again.

1,000 and 10,000 entries of 300 characters, every tenth with a picture's record (the list needs no bytes of it), written
by the reference client and fetched by the phone. Figures "at 4×" ran in the page with devtools' CPU throttling, which
slows the main thread and not the worker that opens the sealed list; medians of a few turns. READING_ENTRIES=1000 measures
that many only.
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
from diary.client.journal import Journal, Said
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.ids import id_text, new_id
from diary.paths import STATIC
from diary.samples.demo import running_server
from tests.bench.phone import WORDS, Row, _bare_argon2, _row
from tests.browser.chromium import PHONE, launch, slow
from tests.browser.navigators.keeper import Keeper

SCRIPTS = ("phone.js", "reading.js")
SIZES = (1_000, 10_000)
# The list's format today: INDEX_FORMAT in static/src/store/index.ts.
SHAPE = 1
# Module, text, text in its place.
Change = tuple[str, str, str]
WITHOUT_SEGMENT_TEXTS: Change = ("store/segment_texts.js", "new Set(store.root.said ?? [])", "new Set()")
ROUNDS = 5
AT_4 = "page at 4×, opening in a worker not slowed"
DAY = 86_400_000
BEGAN = 1_600_000_000_000
FILLER = "He was outside again and would not go away when I asked him to. " * 4
CHANNELS = ("phone_call", "sms", "instagram", "in_person", "email")


def rows() -> Iterator[Row]:
    """The rows of the table."""
    asked = os.environ.get("READING_ENTRIES", "")
    for many in [int(asked)] if asked else SIZES:
        with (
            tempfile.TemporaryDirectory(prefix="kept-bench-") as name,
            sync_playwright() as playwright,
            running_server(Path(name) / "server") as origin,
        ):
            yield from _measured(playwright, origin, many)


def write_story(origin: str, many: int) -> str:
    """An account with that many entries, a tenth of them with a picture; its sign-in name."""

    async def write() -> str:
        async with connect(origin) as server:
            identity = await accounts.enrol(server, WORDS, code=bytes(16))
            journal = Journal(identity, SystemClock())
            person = id_text(new_id())
            journal.append(Said("person", {"name": "Dan Weaver", "role": "suspect"}, record=person))
            for number in range(many):
                _write_entry(journal, number, person)
            await journal.send(server)
            return identity.login

    # Playwright keeps a loop running in this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(lambda: asyncio.run(write())).result()


def _write_entry(journal: Journal, number: int, person: str) -> None:
    """One entry: a sixth of a day after the one before, every hundredth with the word that is searched."""
    record, picture = id_text(new_id()), id_text(new_id())
    said = {
        "narrative": f"{FILLER}For the {number}th time{', a blue coat' if number % 100 == 0 else ''}.",
        "occurred_start": BEGAN + number * DAY // 6, "tz": "Europe/London", "utc_offset_min": 0, "precision": "minute",
        "behaviours": ["calls", "loiter_near"][: 1 + number % 2], "channel": CHANNELS[number % 5], "actor_ids": [person],
    }  # fmt: skip
    if number % 10 == 0:
        said["attachment_ids"] = [picture]
        shot = {
            "kind": "screenshot",
            "media_type": "image/png",
            "incident_ids": [record],
            "description": f"Screenshot {number}",
        }
        journal.append(Said("attachment", shot, record=picture))
    journal.append(Said("incident", said, record=record))


def _measured(playwright: Playwright, origin: str, many: int) -> Iterator[Row]:
    login = write_story(origin, many)
    # The offline worker would answer for the page when an updated one is to be served.
    context = launch(playwright, "").new_context(**(PHONE | {"service_workers": "block"}))
    for name in SCRIPTS:
        context.add_init_script(path=str(Path(__file__).with_name(name)))
    context.set_default_timeout(600_000)
    keeper = Keeper(context.new_page(), origin)
    keeper.signs_in(login, WORDS)
    keeper.words = WORDS
    keeper.goes("Entries")
    expect(keeper.page.get_by_text(f"No. {many}", exact=True)).to_be_visible(timeout=900_000)
    keeper.page.wait_for_load_state("networkidle")
    keeper.page.evaluate("() => bench.settled()")
    lock = keeper.page.evaluate("() => bench.lock()")
    yield from _unlocked(keeper, many, lambda: _bare_argon2(playwright, lock))
    yield from _searched(keeper, many)
    yield from _narrowed(keeper, many)
    yield from _scrolled(keeper, many)
    yield from _listed_again(keeper, many)
    yield from _listed_from_versions(keeper, many)
    context.browser.close()  # type: ignore[union-attr]


def _unlocked(keeper: Keeper, many: int, bare: Callable[[], float]) -> Iterator[Row]:
    """The words, and the list on the screen. Each turn has its own bare Argon2id beside it, in the same weather."""
    slow(keeper.page, 4)
    opened, listed = [], []
    for _ in range(ROUNDS):
        keeper.locks()
        keeper.page.wait_for_timeout(1_500)
        keeper.field("Your words").fill(WORDS)
        opened.append(keeper.page.evaluate("() => bench.pressed('Open', 'What happened?')") - bare())
        listed.append(keeper.page.evaluate("() => bench.listed()"))
    beyond = statistics.median(opened) + statistics.median(listed)
    bar = 300 if many <= 1_000 else 500
    name = f"{many} entries: first rows on screen after the words, beyond Argon2id, ms (floor: drawing the list)"
    yield _row(name, AT_4, beyond, statistics.median(listed), f"at most {bar} ms", beyond <= bar)


def _searched(keeper: Keeper, many: int) -> Iterator[Row]:
    """A word of one entry in a hundred, first with the texts still sealed, then again; filters; the pattern."""
    page = keeper.page
    _all_there(page, many)
    first = page.evaluate("(n) => bench.searched('blue coat', n)", many // 100)
    again = []
    for query, n in (
        ("coat blue", many // 100),
        ("dan weaver", many),
        ("screenshot", many // 10),
        ("blue", many // 100),
        ("no such word", 0),
    ):
        page.evaluate("() => bench.cleared()")
        again.append(page.evaluate("([query, n]) => bench.searched(query, n)", [query, n]))
    page.evaluate("() => bench.cleared()")
    found = statistics.median(again)
    bare = page.evaluate("(many) => bench.bareSearch(many)", many)
    bar = (50, "at most 50 ms") if many <= 1_000 else (100, "at most 100 ms")
    yield _row(
        f"{many} entries: the first search, texts opened, ms (floor: later ones)", AT_4, first, found, "none", True
    )
    yield _row(
        f"{many} entries: a search, to the result drawn, ms (floor: the same texts gone through)",
        AT_4,
        found,
        bare,
        bar[1],
        found <= bar[0],
    )
    slow(page, 1)
    plain = []
    for _ in range(ROUNDS):
        plain.append(page.evaluate("(n) => bench.searched('blue coat', n)", many // 100))
        page.evaluate("() => bench.cleared()")
    value = statistics.median(plain)
    yield _row(
        f"{many} entries: a search, to the result drawn, ms (floor: the same texts gone through)",
        "page, not slowed",
        value,
        page.evaluate("(many) => bench.bareSearch(many)", many),
        bar[1],
        value <= bar[0],
    )


def _narrowed(keeper: Keeper, many: int) -> Iterator[Row]:
    """Two filters, one after the other; then the pattern."""
    page = keeper.page
    slow(page, 4)
    page.evaluate("() => bench.opens('Filters')")
    page.locator("#find-channel").wait_for()
    filtered = []
    for _ in range(ROUNDS):
        filtered.append(page.evaluate("(n) => bench.filtered('find-behaviour', 'loiter_near', n)", many // 2))
        filtered.append(page.evaluate("(n) => bench.filtered('find-channel', 'phone_call', n)", many // 10))
        page.evaluate("() => bench.cleared()")
    page.evaluate("() => bench.opens('Filters')")
    value = statistics.median(filtered)
    yield _row(
        f"{many} entries: a filter, to the result drawn, ms (floor: none)",
        AT_4,
        value,
        0,
        "at most 500 ms",
        value <= 500,
    )
    counted = []
    for _ in range(3):
        counted.append(page.evaluate("() => bench.patterns()"))
        keeper.goes("Entries")
    value = counted[0]
    yield _row(
        f"{many} entries: Patterns, first time, to its words drawn, ms (floor: again)",
        AT_4,
        value,
        counted[-1],
        "at most 500 ms",
        value <= 500,
    )


def _scrolled(keeper: Keeper, many: int) -> Iterator[Row]:
    """From the top to the end: rows that are in the page at once stay few."""
    found = keeper.page.evaluate("() => bench.scrolled()")
    name = f"{many} entries: scrolled to the end, longest task, ms; rows in the page at the end: {found['rows']} (floor: none)"
    yield _row(name, AT_4, found["longest"], 0, "at most 400 rows in the page", found["rows"] <= 400)


def _listed_again(keeper: Keeper, many: int) -> Iterator[Row]:
    """An app of another shape of the list: all of it is made again, none from a segment."""
    page = keeper.page
    page.evaluate("() => bench.settled()")
    took = _newer_app(keeper, many, SHAPE + 1)
    page.evaluate("() => bench.bareRebuild(1_000)")
    floor = page.evaluate("(many) => bench.bareRebuild(many)", many + many // 10)
    name = f"{many} entries: the list made again by a newer app, ms (floor: as many read, AES-GCM opened thrice each, JSON read)"
    bar = 3_000 if many > 1_000 else 1_000
    yield _row(name, "page and worker, not slowed", took["listing"], floor, f"at most {bar} ms", took["listing"] <= bar)
    name = f"{many} entries: first rows while the list is made again, from the words, ms (floor: the door passed)"
    yield _row(name, "page and worker, not slowed", took["first"], took["opened"], "none", True)


def _listed_from_versions(keeper: Keeper, many: int) -> Iterator[Row]:
    """The same without the texts stored by segment: each version is read and opened by itself."""
    took = _newer_app(keeper, many, SHAPE + 2, (WITHOUT_SEGMENT_TEXTS,))
    name = f"{many} entries: the list made again, every version opened where it lies, ms (floor: its first rows, from the words)"
    yield _row(name, "page and worker, not slowed", took["listing"], took["first"], "none", True)


def _newer_app(keeper: Keeper, many: int, shape: int, more: tuple[Change, ...] = ()) -> dict[str, float]:
    """Open the phone with an app whose list has another format, and with the changes in `more`."""
    format_change = ("store/index.js", f"const INDEX_FORMAT = {SHAPE};", f"const INDEX_FORMAT = {shape};")
    source = changed_engine((STATIC / "app" / "engine.js").read_text("utf-8"), (format_change, *more))
    keeper.page.route("**/static/app/engine.js", _serving(source))
    slow(keeper.page, 1)
    keeper.opens_locked()
    keeper.page.wait_for_timeout(2_000)
    keeper.field("Your words").fill(WORDS)
    took: dict[str, float] = keeper.page.evaluate("(many) => bench.listedAgain(many)", many)
    return took


def changed_engine(source: str, changes: Iterable[Change]) -> str:
    """Return the joined engine with each text replaced in its module. Raise ValueError unless it is there exactly once."""
    for module, old, new in changes:
        before, head, rest = source.partition(f"// js/{module}\n")
        body, following, others = rest.partition("\n// js/")
        if not head or body.count(old) != 1:
            raise ValueError(f"{module} has {body.count(old)} times: {old}")
        source = before + head + body.replace(old, new) + following + others
    return source


def _serving(source: str) -> Callable[[Route], None]:
    """Answers with that module."""
    return lambda route: route.fulfill(body=source, content_type="text/javascript")


def _all_there(page: Page, many: int) -> None:
    """Until the older segments have been opened too."""
    page.locator(".item").first.wait_for()
    page.wait_for_timeout(1_000 if many <= 1_000 else 3_000)


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row), flush=True)

"""The app in Chromium as a person waits for it: opening without a network, unlocking, listing, saving.

Figures "at 4×" ran in the page with devtools' CPU throttling, which slows the main thread and not the workers
(sealing and Argon2id keep their speed); the rest is not slowed. Each is the median of a few turns.
"""

import asyncio
import json
import statistics
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page, Playwright, expect, sync_playwright

from diary.client import accounts
from diary.client.journal import Journal, Said
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.samples.demo import running_server
from tests.bench.sealing import READY
from tests.browser.chromium import PHONE, Profile, launch, slow
from tests.browser.files import served
from tests.browser.navigators.keeper import Keeper
from tests.browser.pictures import png_of, upload

SCRIPT = Path(__file__).with_name("phone.js")
WORDS = "correct horse battery staple"
TEXT = "He was outside again."
ROUNDS = 5
PICTURE = 3_000_000
MANY = 1_000
Row = dict[str, object]


def rows() -> Iterator[Row]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory(prefix="kept-bench-") as name, sync_playwright() as playwright:
        folder = Path(name)
        with running_server(folder / "server") as origin:
            login = write_many(origin)
            yield from _cold_start(playwright, origin, folder)
            yield from _unlock(playwright, origin, login)
            yield from _save(playwright, origin)


def write_many(origin: str) -> str:
    """An account with MANY entries, by the reference client; its sign-in name."""

    async def write() -> str:
        async with connect(origin) as server:
            identity = await accounts.enrol(server, WORDS, code=bytes(16))
            journal = Journal(identity, SystemClock())
            for number in range(MANY):
                journal.append(
                    Said("incident", {"narrative": f"{TEXT} For the {number}th time.", "precision": "unknown"})
                )
            await journal.send(server)
            return identity.login

    # Playwright keeps a loop running in this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(lambda: asyncio.run(write())).result()


def _row(name: str, where: str, value: float, floor: float, bar: str, holds: bool) -> Row:
    return {
        "name": name,
        "where": where,
        "value": round(value, 1),
        "floor": round(floor, 1),
        "ratio": round(value / floor, 2) if floor else None,
        "bar": bar,
        "holds": holds,
    }


def _phone(playwright: Playwright, origin: str) -> Keeper:
    context = launch(playwright, "").new_context(**PHONE)
    context.add_init_script(path=str(SCRIPT))
    return Keeper(context.new_page(), origin)


def _cold_start(playwright: Playwright, origin: str, folder: Path) -> Iterator[Row]:
    """A new browser process, no network, until the door can be typed in."""
    profile = Profile(playwright, "", folder / "profile", PHONE)
    keeper = Keeper(profile.open().new_page(), origin)
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.is_offline_ready()
    profile.close()
    found = []
    for _ in range(ROUNDS):
        context = profile.open()
        context.add_init_script(path=str(SCRIPT))
        context.set_offline(True)
        page = context.new_page()
        slow(page, 4)
        page.goto(origin)
        found.append(page.evaluate("() => bench.coldStart()"))
        profile.close()
    value, floor = (statistics.median(one[name] for one in found) for name in ("value", "floor"))
    where = "page at 4×, new browser process"
    name = "offline cold start to usable, ms (floor: first paint of the HTML)"
    yield _row(name, where, value, floor, "at most 400 ms", value <= 400)


def _unlock(playwright: Playwright, origin: str, login: str) -> Iterator[Row]:
    """The words, then a thousand entries, beside Argon2id alone at the same cost."""
    keeper = _phone(playwright, origin)
    keeper.signs_in(login, WORDS)
    keeper.words = WORDS
    keeper.goes("Entries")
    expect(keeper.page.locator(".item").first).to_be_visible()
    keeper.page.wait_for_load_state("networkidle")
    _until_all(keeper.page)
    lock = keeper.page.evaluate("() => bench.lock()")
    bare = _bare_argon2(playwright, lock)
    for rate, bar in ((1, None), (4, 300)):
        slow(keeper.page, rate)
        opened, listed = [], []
        for _ in range(ROUNDS):
            keeper.locks()
            keeper.page.wait_for_timeout(1_500)  # the next worker warms itself while the lock stands
            keeper.field("Your words").fill(WORDS)
            opened.append(keeper.page.evaluate("() => bench.pressed('Open', 'What happened?')"))
            listed.append(keeper.page.evaluate("() => bench.listed()"))
        opening, listing = statistics.median(opened), statistics.median(listed)
        where = f"page at {rate}×, Argon2id in a worker not slowed"
        if bar is None:
            name = f"unlock of {MANY} entries to the first place, ms (floor: bare Argon2id)"
            yield _row(name, where, opening, bare, "none", True)
        else:
            beyond = opening - bare + listing
            name = f"{MANY} entries on screen after the words, beyond Argon2id, ms (floor: drawing the list)"
            yield _row(name, where, beyond, listing, f"at most {bar} ms", beyond <= bar)
    keeper.page.context.browser.close()  # type: ignore[union-attr]


def _until_all(page: Page) -> None:
    """Wait until the newest entry of the account has come."""
    expect(page.get_by_text(f"No. {MANY}", exact=True)).to_be_visible(timeout=120_000)


def _bare_argon2(playwright: Playwright, lock: dict[str, int]) -> float:
    """ms of Argon2id alone in a worker, warmed, at a phone's own cost."""
    with served("/tests/bench/sealing_page.js") as address:
        browser = launch(playwright, "")
        page = browser.new_page()
        page.goto(address)
        page.evaluate(READY)
        ms: float = page.evaluate("(lock) => window.measure.inWorker('unlocking', lock)", lock)["bare"]
        browser.close()
        return ms


def _save(playwright: Playwright, origin: str) -> Iterator[Row]:
    """An incident with a screenshot of 3 MB, no network: taking it in, and the tap on Save."""
    keeper = _phone(playwright, origin)
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.page.context.set_offline(True)
    for rate in (1, 4):
        slow(keeper.page, rate)
        taken, saved, plain = [], [], []
        for number in range(ROUNDS):
            keeper.goes("Add")
            keeper.writes(f"{TEXT} {rate} {number}")
            keeper.chooses("Just now")
            keeper.opens_card("Photos & screenshots")
            keeper.page.evaluate("() => bench.waitForFile('screen.png')")
            keeper.picks_files([upload("screen.png", "image/png", png_of(PICTURE, number))])
            taken.append(keeper.page.evaluate("() => bench.taken"))
            saved.append(keeper.page.evaluate("() => bench.pressed('Save', 'Saved')"))
            plain.append(keeper.page.evaluate("(bytes) => bench.plain(bytes)", PICTURE))
        take, save, floor = (statistics.median(one) for one in (taken, saved, plain))
        where = f"page at {rate}×, sealing in a worker not slowed"
        bar, holds = ("at most 300 ms", save <= 300) if rate == 4 else ("at most 2 of plain", save <= 2 * floor)
        name = "save with a 3 MB screenshot, offline, from the tap, ms (floor: plain IndexedDB, written and read)"
        yield _row(name, where, save, floor, bar, holds)
        name = "the same screenshot taken in, picker to tile, ms (print copy and digests in it)"
        yield _row(name, where, take, floor, "none", True)
    keeper.page.context.browser.close()  # type: ignore[union-attr]


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row), flush=True)

"""Packs of 120 entries, laid out by a slow phone's browser: with 100 pictures, and with 300.

Slow: all processes of the browser together get half of one processor, which is two cores at a quarter of their speed.
They get 1,500 MB of memory, page cache included: a phone of 3 GB has no more left for a browser. The floor is the same
pack, laid out by the native typesetter on the whole computer, from the same diary.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from diary.client import accounts, packs
from diary.client.attachments import SealedFileReference, make_print_rendition, seal_file, upload_blob
from diary.client.journal import Journal, VersionContent
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.ids import id_text, new_id
from diary.samples.demo import make_wish, running_server
from diary.samples.journal_writer import _rendition_fields
from tests.bench.kept_copy import attachment_fields
from tests.bench.memory import watch_memory
from tests.bench.phone_limits import open_browser, peak_used_mb, phone_limits, slow_browser
from tests.bench.rows import Row, make_row
from tests.browser.chromium import PHONE_OPTIONS, Profile
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import give_consent, review_findings
from tests.pack.fictional_diary import draw_screenshot, incident_fields
from tests.pack.story_incidents import STORY_INCIDENTS
from tests.scheduling import PROJECT_ROOT

ENTRY_COUNT = 120
# Of all pictures: above 200 MB it would become several packs.
PICTURES_BYTES = 190_000_000
PASSPHRASE = "correct horse battery staple"
# Words in one script: the fonts of others take up to 20 MB each.
STORIES = [story for story in STORY_INCIDENTS if str(story["narrative"]).isascii()]
# By number of pictures: seconds, and MB of the largest process.
BARS: dict[int, tuple[float, float | None]] = {100: (120.0, 600.0), 300: (300.0, None)}
# Seconds for a pack of words only, whose pictures follow.
WORDS_BAR = 30.0
MEMORY_LIMIT_MB = 1_500
TIMEOUT_MS = 900_000
HOUR_MS = 3_600_000
WORDS = json.loads((PROJECT_ROOT / "static" / "src" / "features" / "share" / "words.json").read_text(encoding="utf-8"))
BUILD_STEPS = {words for name, words in WORDS.items() if name.startswith("build.")} - {WORDS["build.title"]}
LIMITED = "Chromium, two cores at a quarter of their speed, 1,500 MB"
UNLIMITED = "Chromium, not slowed: no limit can be set here"


@dataclass
class Measured:
    """What one pack took on the phone. `steps`: seconds of each, by its name on the screen.

    `used_mb`: peak of all processes with their page cache, as the memory limit counts it.
    """

    where: str
    seconds: float
    peak_mb: float
    used_mb: float
    steps: dict[str, float]


def measure_rows() -> Iterator[Row]:
    """Yield time and memory of packs on the phone."""
    for pictures, (bar_seconds, bar_mb) in BARS.items():
        yield from _measure_pack(pictures, bar_seconds, bar_mb)


def _measure_pack(pictures: int, bar_seconds: float, bar_mb: float | None) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="kept-bench-") as name:
        folder = Path(name)
        with running_server(folder / "server") as origin:
            # In a thread: the browser's driver occupies this thread's event loop.
            with ThreadPoolExecutor(1) as pool:
                login, floor_seconds = pool.submit(asyncio.run, _write_diary(origin, folder, pictures)).result()
            measured = _make_on_phone(origin, login, folder / "profile", pictures)
            words = _make_on_phone(origin, login, folder / "words", pictures, is_words_only=True)
    what = f"pack of {ENTRY_COUNT} entries and {pictures} pictures on the phone"
    yield make_row(
        f"{what} (s)",
        measured.where,
        measured.seconds,
        floor_seconds,
        f"at most {bar_seconds:.0f} s",
        measured.seconds <= bar_seconds,
    )
    yield make_row(
        f"{what}, memory of its largest process (MB)",
        measured.where,
        measured.peak_mb,
        0,
        f"at most {bar_mb:.0f} MB" if bar_mb else "none",
        bar_mb is None or measured.peak_mb <= bar_mb,
    )
    yield make_row(
        f"{what}, memory of all processes with their page cache (MB)",
        measured.where,
        measured.used_mb,
        0,
        f"at most {MEMORY_LIMIT_MB:,} MB, or the browser is ended",
        measured.used_mb <= MEMORY_LIMIT_MB,
    )
    for step, seconds in measured.steps.items():
        yield make_row(f"{what}: {step} (s)", measured.where, seconds, 0, "none", True)
    yield make_row(
        f"words of a {what}, without the pictures (s)",
        words.where,
        words.seconds,
        0,
        f"at most {WORDS_BAR:.0f} s",
        words.seconds <= WORDS_BAR,
    )


async def _write_diary(origin: str, folder: Path, pictures: int) -> tuple[str, float]:
    """Write the diary to the server. Return its username, and the seconds of its pack by the native typesetter."""
    print_copies = [make_print_rendition(draw_screenshot(number), "image/png") for number in range(10)]
    async with connect(origin) as server:
        identity = await accounts.enrol(server, PASSPHRASE, code=bytes(16))
        clock = SystemClock()
        journal = Journal(identity, clock)
        begin = clock.now_ms() - ENTRY_COUNT * 20 * HOUR_MS
        # As in an app's diary, entry and file name each other.
        entries = [id_text(new_id()) for _ in range(ENTRY_COUNT)]
        files: dict[str, list[str]] = {entry: [] for entry in entries}
        for number in range(pictures):
            incident = entries[number % ENTRY_COUNT]
            content = b"\x89PNG\r\n\x1a\n" + os.urandom(PICTURES_BYTES // pictures)
            copy = print_copies[number % len(print_copies)]
            assert copy is not None
            blobs = [SealedFileReference.new(len(content)), SealedFileReference.new(len(copy.content))]
            for blob, raw in zip(blobs, (content, copy.content), strict=True):
                await upload_blob(server, identity.diary, blob, seal_file(identity.diary, blob, raw))
            attachment = {
                **attachment_fields(incident, content, clock.now_ms(), number),
                "renditions": [_rendition_fields(copy)],
            }
            restricted = {"received_as": {"filename": f"Screenshot_{number}.png"}}
            file = journal.append(
                VersionContent("attachment", attachment, restricted, (blobs[1].id_and_key,), (blobs[0].id_and_key,))
            )
            files[incident].append(file.opened_version.ids.record)
        for number, entry in enumerate(entries):
            story = STORIES[number % len(STORIES)]
            fields = incident_fields(begin + number * 20 * HOUR_MS, f"{number + 1}. {story['narrative']}")
            journal.append(VersionContent("incident", {**fields, "attachment_ids": files[entry]}, record=entry))
        await journal.send(server)
        release = str((await server.json("GET", "/v1/server"))["release"])
        (folder / "work").mkdir()
        started = time.perf_counter()
        wish = make_wish(journal, clock, origin, release)
        await packs.build_pack(server, journal, wish, folder / "floor.zip", folder / "work", lambda *_: None)
        return identity.login, time.perf_counter() - started


def _phone() -> AbstractContextManager[tuple[Path, ...]]:
    return phone_limits(processor_share=0.5, memory_mb=MEMORY_LIMIT_MB)


def _make_on_phone(
    origin: str, login: str, profile_folder: Path, pictures: int, *, is_words_only: bool = False
) -> Measured:
    with sync_playwright() as playwright, _phone() as groups:
        profile = Profile(playwright, "", profile_folder, {**PHONE_OPTIONS, "accept_downloads": True})
        page = open_browser(profile, groups).pages[0]
        page.context.set_default_timeout(TIMEOUT_MS)
        keeper = BrowserKeeper(page, origin)
        keeper.open_without_diary()
        keeper.submit_sign_in(login, PASSPHRASE)
        keeper.passphrase = PASSPHRASE
        keeper.wait_for_screen("What happened?")
        _choose_everything(keeper)
        counted = page.locator("dl div", has_text="Pictures on the pages").locator("dd")
        expect(counted).to_have_text(str(pictures))
        if is_words_only:
            page.get_by_label(WORDS["later.tick"]).check()
            expect(counted).to_have_text("0")
        review_findings(keeper, 0)
        slow_browser(profile, groups)
        started = time.perf_counter()
        give_consent(keeper)
        steps: dict[str, float] = {}
        label, since = "", started
        with watch_memory(profile.pids()[0]) as peak:
            while not keeper.heading("Your pack is ready").is_visible():
                now = time.perf_counter()
                text = page.locator("main").inner_text()
                current = next((line for line in text.splitlines() if line in BUILD_STEPS), label)
                if current != label:
                    steps[label or "begin"] = steps.get(label or "begin", 0) + now - since
                    label, since = current, now
                assert now - started < TIMEOUT_MS / 1000, text
                time.sleep(0.2)
            seconds = time.perf_counter() - started
        expect(page.get_by_text("This phone made the pages by itself.")).to_be_visible()
        assert not page.get_by_text("1 of").count(), "it is one of several packs"
        used_mb = peak_used_mb(groups)
        profile.close()
    return Measured(LIMITED if groups else UNLIMITED, seconds, peak.largest_process_mb, used_mb, steps)


def _choose_everything(keeper: BrowserKeeper) -> None:
    """Go from Share to the contents. The pack of the floor is in the diary, so that the usual would be what is new."""
    keeper.go_to_tab("Share")
    keeper.tap("Make a pack")
    keeper.wait_for_screen("What should go in?")
    keeper.page.get_by_role("radio", name="Everything", exact=True).check()
    keeper.tap("Next")
    keeper.wait_for_screen("What goes in")
    if keeper.field("Your initials").count():  # asked once
        keeper.field("Your initials").fill("jb")


if __name__ == "__main__":
    for measured_row in measure_rows():
        print(json.dumps(measured_row), flush=True)

"""Pack of 120 entries and 100 pictures, laid out by a slow phone's browser.

Slow: all processes of the browser together get half of one processor (a cgroup quota), which is two cores at a quarter
of their speed. The floor is the same pack, laid out by the native typesetter on the whole computer, from the same diary.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from diary.client import accounts, packs
from diary.client.attachments import SealedFileReference, make_print_rendition, seal_file, upload_blob
from diary.client.journal import Journal, VersionContent
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.samples.demo import make_wish, running_server
from diary.samples.journal_writer import _rendition_fields
from tests.bench.evidence import move_browser_to_cgroup, slow_cgroup
from tests.bench.kept_copy import attachment_fields
from tests.bench.memory import watch_memory
from tests.bench.rows import Row, make_row
from tests.browser.chromium import PHONE_OPTIONS, Profile
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import choose_everything, give_consent, review_findings
from tests.pack.fictional_diary import draw_screenshot, incident_fields
from tests.pack.story_incidents import STORY_INCIDENTS
from tests.scheduling import PROJECT_ROOT

ENTRY_COUNT, PICTURE_COUNT, PICTURE_BYTES = 120, 100, 2_000_000
PASSPHRASE = "correct horse battery staple"
# Words in one script: the fonts of others take up to 20 MB each.
STORIES = [story for story in STORY_INCIDENTS if str(story["narrative"]).isascii()]
BAR_SECONDS, BAR_MB = 120.0, 600.0
TIMEOUT_MS = 900_000
HOUR_MS = 3_600_000
WORDS = json.loads((PROJECT_ROOT / "static" / "src" / "features" / "share" / "words.json").read_text(encoding="utf-8"))
BUILD_STEPS = {words for name, words in WORDS.items() if name.startswith("build.")} - {WORDS["build.title"]}
WHERE = "Chromium, two cores at a quarter of their speed"


@dataclass
class Measured:
    """What one pack took on the phone. `steps`: seconds of each, by its name on the screen."""

    seconds: float
    peak_mb: float
    steps: dict[str, float]


def measure_rows(pictures: int = PICTURE_COUNT) -> Iterator[Row]:
    """Yield time and memory of a pack on the phone."""
    with tempfile.TemporaryDirectory(prefix="kept-bench-") as name:
        folder = Path(name)
        with running_server(folder / "server") as origin:
            # In a thread: the browser's driver occupies this thread's event loop.
            with ThreadPoolExecutor(1) as pool:
                login, floor_seconds = pool.submit(asyncio.run, _write_diary(origin, folder, pictures)).result()
            measured = _make_on_phone(origin, login, folder)
    what = f"pack of {ENTRY_COUNT} entries and {pictures} pictures on the phone"
    yield make_row(
        f"{what} (s)",
        WHERE,
        measured.seconds,
        floor_seconds,
        f"at most {BAR_SECONDS:.0f} s",
        measured.seconds <= BAR_SECONDS,
    )
    yield make_row(
        f"{what}, memory of its largest process (MB)",
        WHERE,
        measured.peak_mb,
        0,
        f"at most {BAR_MB:.0f} MB",
        measured.peak_mb <= BAR_MB,
    )
    for step, seconds in measured.steps.items():
        yield make_row(f"{what}: {step} (s)", WHERE, seconds, 0, "none", True)


async def _write_diary(origin: str, folder: Path, pictures: int) -> tuple[str, float]:
    """Write the diary to the server. Return its sign-in name, and the seconds of its pack by the native typesetter."""
    print_copies = [make_print_rendition(draw_screenshot(number), "image/png") for number in range(10)]
    async with connect(origin) as server:
        identity = await accounts.enrol(server, PASSPHRASE, code=bytes(16))
        clock = SystemClock()
        journal = Journal(identity, clock)
        begin = clock.now_ms() - ENTRY_COUNT * 20 * HOUR_MS
        for number in range(ENTRY_COUNT):
            story = STORIES[number % len(STORIES)]
            fields = incident_fields(begin + number * 20 * HOUR_MS, f"{number + 1}. {story['narrative']}")
            incident = journal.append(VersionContent("incident", fields)).opened_version.ids.record
            if number >= pictures:
                continue
            content = b"\x89PNG\r\n\x1a\n" + os.urandom(PICTURE_BYTES - 8)
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
            journal.append(
                VersionContent("attachment", attachment, restricted, (blobs[1].id_and_key,), (blobs[0].id_and_key,))
            )
        await journal.send(server)
        release = str((await server.json("GET", "/v1/server"))["release"])
        (folder / "work").mkdir()
        started = time.perf_counter()
        wish = make_wish(journal, clock, origin, release)
        await packs.build_pack(server, journal, wish, folder / "floor.zip", folder / "work", lambda *_: None)
        return identity.login, time.perf_counter() - started


def _make_on_phone(origin: str, login: str, folder: Path) -> Measured:
    with sync_playwright() as playwright, slow_cgroup(quota_us=50_000) as group:
        profile = Profile(playwright, "", folder / "profile", {**PHONE_OPTIONS, "accept_downloads": True})
        page = profile.open().pages[0]
        page.context.set_default_timeout(TIMEOUT_MS)
        keeper = BrowserKeeper(page, origin)
        keeper.open_without_diary()
        keeper.submit_sign_in(login, PASSPHRASE)
        keeper.passphrase = PASSPHRASE
        keeper.wait_for_screen("What happened?")
        choose_everything(keeper)
        review_findings(keeper, 0)
        keeper.field("Your initials").fill("jb")
        keeper.tap("Next")
        move_browser_to_cgroup(profile, group)
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
        profile.close()
    return Measured(seconds, peak.largest_process_mb, steps)


if __name__ == "__main__":
    print(json.dumps(list(measure_rows()), indent=1))

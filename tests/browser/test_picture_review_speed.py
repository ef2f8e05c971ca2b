"""Reviewing three hundred pictures, six at a time: the machine's time, without the time for looking."""

import asyncio
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from diary.client import accounts
from diary.client.attachments import SealedFileReference, seal_file, upload_blob
from diary.client.journal import Journal, VersionContent
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.ids import id_text, new_id
from diary.samples.demo import running_server
from tests.browser.chromium import PHONE_OPTIONS, throttle_cpu
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import NONE_OF_THESE, choose_usual_contents, see_picture
from tests.browser.pictures import make_jpeg_with_gps

pytestmark = pytest.mark.slow

PICTURE_COUNT = 300
SCREEN_PICTURES = 6
# Ten minutes for 300 pictures are two seconds each; the machine may take a quarter of that.
MAX_SECONDS_PER_ANSWER = 0.5
PASSPHRASE = "correct horse battery staple"


def _write_diary(origin: str) -> str:
    """Write 300 entries with a picture each to the server. Return the username."""

    async def write() -> str:
        content = make_jpeg_with_gps()
        async with connect(origin) as server:
            identity = await accounts.enrol(server, PASSPHRASE, code=bytes(16))
            journal = Journal(identity, SystemClock())
            for number in range(PICTURE_COUNT):
                record, picture = id_text(new_id()), id_text(new_id())
                blobs = [SealedFileReference.new(len(content)), SealedFileReference.new(len(content))]
                for blob in blobs:
                    await upload_blob(server, identity.diary, blob, seal_file(identity.diary, blob, content))
                rendition = {
                    "purpose": "print",
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "size_bytes": len(content),
                }
                fields = {
                    "incident_ids": [record], "kind": "screenshot", "sha256": hashlib.sha256(content).hexdigest(),
                    "sha512": hashlib.sha512(content).hexdigest(), "size_bytes": len(content),
                    "media_type": "image/jpeg", "added_at": SystemClock().now_ms(), "sensitivity": "normal",
                    "renditions": [rendition | {"width": 60, "height": 40, "media_type": "image/jpeg"}],
                }  # fmt: skip
                entry_fields = {
                    "narrative": f"Entry {number + 1}.",
                    "precision": "unknown",
                    "tz": "Europe/London",
                    "attachment_ids": [picture],
                }
                journal.append(VersionContent("incident", entry_fields, {}, record=record))
                blob_pairs = ((blobs[0].id_and_key,), (blobs[1].id_and_key,))
                journal.append(
                    VersionContent(
                        "attachment", fields, {"received_as": {"filename": f"{number}.jpg"}}, *blob_pairs, picture
                    )
                )
            await journal.send(server)
        return identity.login

    # In a thread: the browser's driver occupies this thread's event loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(write())).result()


def test_three_hundred_pictures_are_reviewed_without_waiting(browser: Browser, tmp_path: Path) -> None:
    """On a phone slowed four times, the next screenful follows an answer within half a second a picture.

    Every answer is kept.
    """
    with running_server(tmp_path / "server") as origin:
        login = _write_diary(origin)
        context = browser.new_context(**PHONE_OPTIONS)
        context.set_default_timeout(300_000)
        keeper = BrowserKeeper(context.new_page(), origin)
        keeper.open_without_diary()
        keeper.submit_sign_in(login, PASSPHRASE)
        keeper.passphrase = PASSPHRASE
        keeper.wait_for_screen("What happened?")
        # Do not wait for the download: the app waits for missing entries and leaves nothing out.
        choose_usual_contents(keeper)
        expect(keeper.page.get_by_role("definition").first).to_have_text(str(PICTURE_COUNT))
        keeper.tap("Next")
        throttle_cpu(keeper.page, 4)
        start = time.monotonic()
        for first in range(1, PICTURE_COUNT, SCREEN_PICTURES):
            last = first + SCREEN_PICTURES - 1
            expect(keeper.page.get_by_text(f"Pictures {first} to {last} of {PICTURE_COUNT}")).to_be_visible()
            for index in range(SCREEN_PICTURES):
                assert see_picture(keeper, index)
            keeper.tap(NONE_OF_THESE)
        keeper.wait_for_screen("Before the pack is made")
        seconds = time.monotonic() - start
        print(
            f"{PICTURE_COUNT} pictures: {seconds:.0f} s of machine time, {seconds / PICTURE_COUNT * 1000:.0f} ms each"
        )
        assert seconds < PICTURE_COUNT * MAX_SECONDS_PER_ANSWER
        context.close()

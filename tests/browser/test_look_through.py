"""Three hundred pictures, each looked at once: the machine's time, without the time for looking."""

import asyncio
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from diary.client import accounts
from diary.client.attachments import Blob, seal, upload
from diary.client.journal import Journal, Said
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.ids import id_text, new_id
from diary.samples.demo import running_server
from tests.browser.chromium import PHONE, slow
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import chooses_everything
from tests.browser.pictures import jpeg_with_place

pytestmark = pytest.mark.slow

PICTURES = 300
# Ten minutes for 300 pictures are two seconds each; the machine may take a quarter of that.
SECONDS_PER_ANSWER = 0.5
WORDS = "correct horse battery staple"


def _write(origin: str) -> str:
    """Write 300 entries with a picture each to the server; return the sign-in name."""

    async def write() -> str:
        content = jpeg_with_place()
        async with connect(origin) as server:
            identity = await accounts.enrol(server, WORDS, code=bytes(16))
            journal = Journal(identity, SystemClock())
            for number in range(PICTURES):
                record, picture = id_text(new_id()), id_text(new_id())
                blobs = [Blob.new(len(content)), Blob.new(len(content))]
                for blob in blobs:
                    await upload(server, identity.diary, blob, seal(identity.diary, blob, content))
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
                journal.append(Said("incident", entry_fields, {}, record=record))
                blob_pairs = ((blobs[0].pair,), (blobs[1].pair,))
                journal.append(
                    Said("attachment", fields, {"received_as": {"filename": f"{number}.jpg"}}, *blob_pairs, picture)
                )
            await journal.send(server)
        return identity.login

    # In a thread: the browser's driver holds the event loop of this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(write())).result()


def test_three_hundred_pictures_take_ten_minutes_of_looking(browser: Browser, tmp_path: Path) -> None:
    """On a phone slowed four times, the next picture follows an answer within half a second,
    and every answer is kept.
    """
    with running_server(tmp_path / "server") as origin:
        login = _write(origin)
        context = browser.new_context(**PHONE)
        context.set_default_timeout(300_000)
        keeper = Keeper(context.new_page(), origin)
        keeper.opens()
        keeper.asks_to_sign_in(login, WORDS)
        keeper.words = WORDS
        keeper.sees_place("What happened?")
        # Do not wait for the download: the app waits for missing entries and leaves nothing out.
        chooses_everything(keeper)
        expect(keeper.page.get_by_role("definition").first).to_have_text(str(PICTURES))
        keeper.tap("Next")
        slow(keeper.page, 4)
        start = time.monotonic()
        for n in range(PICTURES):
            expect(keeper.page.locator(".look-once img")).to_be_visible()
            expect(keeper.page.get_by_text(f"Picture {n + 1} of {PICTURES}")).to_be_visible()
            keeper.page.keyboard.press("1")
        keeper.sees_place("Words that may say where you are")
        seconds = time.monotonic() - start
        print(f"{PICTURES} pictures: {seconds:.0f} s of machine time, {seconds / PICTURES * 1000:.0f} ms each")
        assert seconds < PICTURES * SECONDS_PER_ANSWER
        context.close()

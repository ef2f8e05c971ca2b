"""A diary of 300 entries with 300 pictures: on a new phone over 4G, and on one that keeps only small copies."""

import asyncio
import hashlib
import os
import re
import time
import zipfile
from collections.abc import Iterator
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
from tests.browser.chromium import PHONE
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.navigators.sharing import makes_a_pack
from tests.browser.test_room import STORED_BYTES

pytestmark = pytest.mark.slow

ENTRIES = 300
PICTURE_BYTES = 200_000
PREVIEW_BYTES = 15_000
WORDS = "correct horse battery staple"
# Slower than "Fast 4G" in the developer tools; bytes a second, and ms for a round trip.
SLOW_4G = {"offline": False, "downloadThroughput": 500_000, "uploadThroughput": 200_000, "latency": 150}


def _write(origin: str) -> tuple[str, dict[str, str]]:
    """Write the diary to the server; return its sign-in name, and the digest of each file by its name."""

    async def write() -> tuple[str, dict[str, str]]:
        digests = {}
        async with connect(origin) as server:
            identity = await accounts.enrol(server, WORDS, code=bytes(16))
            journal = Journal(identity, SystemClock())
            sealed = []
            for number in range(ENTRIES):
                record, picture = id_text(new_id()), id_text(new_id())
                text = f"Entry {number + 1}. He waited at the corner until the lights went out. " * 3
                content, small = os.urandom(PICTURE_BYTES), os.urandom(PREVIEW_BYTES)
                blobs = [Blob.new(len(content)), Blob.new(len(small))]
                sealed += [
                    (blob, seal(identity.diary, blob, data)) for blob, data in zip(blobs, (content, small), strict=True)
                ]
                digests[f"{number}.bin"] = hashlib.sha256(content).hexdigest()
                rendition = {
                    "purpose": "preview",
                    "sha256": hashlib.sha256(small).hexdigest(),
                    "size_bytes": PREVIEW_BYTES,
                }
                fields = {
                    "incident_ids": [record], "kind": "screenshot", "sha256": digests[f"{number}.bin"],
                    "sha512": hashlib.sha512(content).hexdigest(), "size_bytes": PICTURE_BYTES,
                    "media_type": "application/octet-stream", "added_at": SystemClock().now_ms(),
                    "renditions": [rendition | {"width": 9, "height": 9, "media_type": "image/jpeg"}],
                    "sensitivity": "normal", "alteration_before_receipt": "none_known",
                }  # fmt: skip
                entry_fields = {
                    "narrative": text,
                    "precision": "unknown",
                    "tz": "Europe/London",
                    "attachment_ids": [picture],
                }
                journal.append(Said("incident", entry_fields, {}, record=record))
                blob_pairs = ((blobs[1].pair,), (blobs[0].pair,))
                journal.append(
                    Said("attachment", fields, {"received_as": {"filename": f"{number}.bin"}}, *blob_pairs, picture)
                )
            await journal.send(server)
            for blob, parts in sealed:
                await upload(server, identity.diary, blob, parts)
        return identity.login, digests

    # In a thread: the browser's driver holds the event loop of this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(write())).result()


@pytest.fixture
def large_diary(tmp_path: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield the server's address, the sign-in name, and the files' digests."""
    with running_server(tmp_path / "server") as origin:
        yield origin, *_write(origin)


def test_a_new_phone_has_all_words_in_a_minute_and_little_room_is_enough(
    browser: Browser, large_diary: tuple[str, str, dict[str, str]], tmp_path: Path
) -> None:
    """The text of 300 entries arrives within 60 s over 4G.
    With small copies only, the phone holds under 20 MB, and whole files come back unchanged.
    """
    origin, login, digests = large_diary
    context = browser.new_context(**(PHONE | {"accept_downloads": True}))
    context.set_default_timeout(120_000)
    phone = Keeper(context.new_page(), origin)
    # Given a new phone on a slow evening
    phone.opens()
    phone.has_loaded()
    session = context.new_cdp_session(phone.page)
    session.send("Network.emulateNetworkConditions", SLOW_4G)
    start = time.monotonic()
    # When its keeper signs in
    phone.asks_to_sign_in(login, WORDS)
    phone.words = WORDS
    phone.sees_place("What happened?")
    phone.goes("More")
    phone.tap("Space")
    phone.picks("Only small copies")
    phone.goes("Entries")
    # (an entry gets its number only after all earlier ones have arrived)
    expect(phone.page.get_by_text(f"No. {ENTRIES}", exact=True)).to_be_visible(timeout=60_000)
    seconds = time.monotonic() - start
    # Then all text has arrived within a minute
    assert seconds <= 60, f"{seconds:.0f} s"
    session.send(
        "Network.emulateNetworkConditions", SLOW_4G | {"downloadThroughput": -1, "uploadThroughput": -1, "latency": 0}
    )
    # and once the small copies have come too, the phone holds little
    expect(phone.state_of("Entry 300.")).to_have_text(KEPT, timeout=120_000)
    phone.page.wait_for_timeout(3000)
    phone.goes("More")
    phone.tap("Space")
    phone.tap("Make room now")
    phone.sees(re.compile("taken off this phone|nothing to take off"))
    assert phone.page.evaluate(STORED_BYTES) < 20_000_000
    # and every whole file comes back byte for byte, into a pack
    with zipfile.ZipFile(makes_a_pack(phone, 0, tmp_path)) as pack:
        received = [name for name in pack.namelist() if "13_exhibits-as-received" in name]
        assert sorted(hashlib.sha256(pack.read(name)).hexdigest() for name in received) == sorted(digests.values())
    context.close()

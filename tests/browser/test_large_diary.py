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
from diary.client.attachments import SealedFileReference, seal_file, upload_blob
from diary.client.journal import Journal, VersionContent
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.ids import id_text, new_id
from diary.samples.demo import running_server
from tests.browser.chromium import PHONE_OPTIONS
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper
from tests.browser.navigators.sharing import make_and_save_pack
from tests.browser.test_storage_space import STORED_BYTES_SCRIPT

pytestmark = pytest.mark.slow

ENTRY_COUNT = 300
PICTURE_BYTES = 200_000
PREVIEW_BYTES = 15_000
PASSPHRASE = "correct horse battery staple"
# Slower than "Fast 4G" in the developer tools: bytes a second, and ms for a round trip.
SLOW_4G = {"offline": False, "downloadThroughput": 500_000, "uploadThroughput": 200_000, "latency": 150}


def _write_diary(origin: str) -> tuple[str, dict[str, str]]:
    """Write the diary to the server. Return its username, and the digest of each file by its name."""

    async def write() -> tuple[str, dict[str, str]]:
        digests = {}
        async with connect(origin) as server:
            identity = await accounts.enrol(server, PASSPHRASE, code=bytes(16))
            journal = Journal(identity, SystemClock())
            sealed_versions = []
            for number in range(ENTRY_COUNT):
                record, picture = id_text(new_id()), id_text(new_id())
                text = f"Entry {number + 1}. He waited at the corner until the lights went out. " * 3
                content, preview = os.urandom(PICTURE_BYTES), os.urandom(PREVIEW_BYTES)
                blobs = [SealedFileReference.new(len(content)), SealedFileReference.new(len(preview))]
                sealed_versions += [
                    (blob, seal_file(identity.diary, blob, data))
                    for blob, data in zip(blobs, (content, preview), strict=True)
                ]
                digests[f"{number}.bin"] = hashlib.sha256(content).hexdigest()
                rendition = {
                    "purpose": "preview",
                    "sha256": hashlib.sha256(preview).hexdigest(),
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
                journal.append(VersionContent("incident", entry_fields, {}, record=record))
                blob_pairs = ((blobs[1].id_and_key,), (blobs[0].id_and_key,))
                journal.append(
                    VersionContent(
                        "attachment", fields, {"received_as": {"filename": f"{number}.bin"}}, *blob_pairs, picture
                    )
                )
            await journal.send(server)
            for blob, parts in sealed_versions:
                await upload_blob(server, identity.diary, blob, parts)
        return identity.login, digests

    # In a thread: the browser's driver occupies this thread's event loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(write())).result()


@pytest.fixture
def large_diary(tmp_path: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield the server's address, the username, and the files' digests."""
    with running_server(tmp_path / "server") as origin:
        yield origin, *_write_diary(origin)


def test_a_new_phone_has_all_text_in_a_minute_and_needs_little_space(
    browser: Browser, large_diary: tuple[str, str, dict[str, str]], tmp_path: Path
) -> None:
    """The text of 300 entries arrives within 60 s over 4G.

    With small copies only, the phone stores under 20 MB, and whole files come back unchanged.
    """
    origin, login, digests = large_diary
    context = browser.new_context(**(PHONE_OPTIONS | {"accept_downloads": True}))
    context.set_default_timeout(120_000)
    phone = BrowserKeeper(context.new_page(), origin)
    # Given a new phone on a slow evening
    phone.open_without_diary()
    phone.wait_until_loaded()
    session = context.new_cdp_session(phone.page)
    session.send("Network.emulateNetworkConditions", SLOW_4G)
    start = time.monotonic()
    # When its keeper signs in
    phone.submit_sign_in(login, PASSPHRASE)
    phone.passphrase = PASSPHRASE
    phone.wait_for_screen("What happened?")
    phone.go_to_tab("More")
    phone.tap("Space")
    phone.pick_chip("Only small copies")
    phone.go_to_tab("Entries")
    # (an entry gets its number only after all earlier ones have arrived)
    expect(phone.page.get_by_text(f"No. {ENTRY_COUNT}", exact=True)).to_be_visible(timeout=60_000)
    seconds = time.monotonic() - start
    # Then all text has arrived within a minute
    assert seconds <= 60, f"{seconds:.0f} s"
    session.send(
        "Network.emulateNetworkConditions", SLOW_4G | {"downloadThroughput": -1, "uploadThroughput": -1, "latency": 0}
    )
    # and once the small copies have come too, the phone stores little
    expect(phone.entry_state("Entry 300.")).to_have_text(KEPT_SAFE_PATTERN, timeout=120_000)
    phone.page.wait_for_timeout(3000)
    phone.go_to_tab("More")
    phone.tap("Space")
    phone.tap("Make room now")
    phone.wait_for_text(re.compile("taken off this phone|nothing to take off"))
    assert phone.page.evaluate(STORED_BYTES_SCRIPT) < 20_000_000
    # and every whole file comes back byte for byte, into a pack
    with zipfile.ZipFile(make_and_save_pack(phone, 0, tmp_path)) as pack:
        received = [name for name in pack.namelist() if "13_exhibits-as-received" in name]
        assert sorted(hashlib.sha256(pack.read(name)).hexdigest() for name in received) == sorted(digests.values())
    context.close()

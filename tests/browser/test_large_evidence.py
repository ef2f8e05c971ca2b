"""A pack of 1,000 entries and 500 MB made in the browser: written as it grows, and checked, with little memory."""

import asyncio
import base64
import hashlib
import os
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from diary.client import accounts
from diary.client.attachments import SealedFileReference, seal_file, upload_blob
from diary.client.journal import Journal, VersionContent
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.ids import id_text, new_id
from diary.pack.verify.verifier import verify_pack
from diary.samples.demo import running_server
from tests.browser.conftest import NewProfile
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import choose_usual_contents, give_consent, review_findings

pytestmark = pytest.mark.slow

ENTRY_COUNT, FILE_COUNT, FILE_BYTES = 1_000, 100, 5_000_000
MAX_MEMORY_BYTES = 300_000_000
PASSPHRASE = "correct horse battery staple"
TIMEOUT_MS = 1_800_000
TOUCH_INTERVAL_MS = 30_000
# A file of the page's own storage replaces the one that a person would choose; the browser writes both in the same way.
FAKE_PICKER = """window.showSaveFilePicker = async () => {
  const folder = await navigator.storage.getDirectory();
  return folder.getFileHandle('out.zip', { create: true });
};"""
WATCH_MEMORY_SCRIPT = """() => {
  globalThis.most = 0;
  const look = async () => {
    const { bytes } = await performance.measureUserAgentSpecificMemory();
    globalThis.most = Math.max(globalThis.most, bytes);
    if (!globalThis.seen) setTimeout(look, 250);
  };
  void look();
}"""
READ_PIECE_SCRIPT = """async ({ from, length }) => {
  const folder = await navigator.storage.getDirectory();
  const file = await (await folder.getFileHandle('out.zip')).getFile();
  const bytes = new Uint8Array(await file.slice(from, from + length).arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [file.size, btoa(text)];
}"""


def write_diary(origin: str) -> tuple[str, dict[str, str]]:
    """Write the diary to the server. Return its username, and each file's name by its digest."""

    async def write() -> tuple[str, dict[str, str]]:
        digests: dict[str, str] = {}
        async with connect(origin) as server:
            identity = await accounts.enrol(server, PASSPHRASE, code=bytes(16))
            journal = Journal(identity, SystemClock())
            for number in range(ENTRY_COUNT):
                record = id_text(new_id())
                fields: dict[str, object] = {
                    "narrative": f"Entry {number + 1}. He waited at the corner. " * 8,
                    "precision": "unknown",
                    "tz": "Europe/London",
                }
                if number < FILE_COUNT:
                    picture, content = id_text(new_id()), os.urandom(FILE_BYTES)
                    blob = SealedFileReference.new(len(content))
                    digests[hashlib.sha256(content).hexdigest()] = f"{number}.bin"
                    await upload_blob(server, identity.diary, blob, seal_file(identity.diary, blob, content))
                    attachment_fields = {
                        "incident_ids": [record], "kind": "other", "sha256": hashlib.sha256(content).hexdigest(),
                        "sha512": hashlib.sha512(content).hexdigest(), "size_bytes": FILE_BYTES,
                        "media_type": "application/octet-stream", "added_at": SystemClock().now_ms(),
                        "sensitivity": "normal",
                    }  # fmt: skip
                    fields["attachment_ids"] = [picture]
                    journal.append(VersionContent("incident", fields, {}, record=record))
                    journal.append(
                        VersionContent(
                            "attachment",
                            attachment_fields,
                            {"received_as": {"filename": f"{number}.bin"}},
                            (),
                            (blob.id_and_key,),
                            picture,
                        )
                    )
                else:
                    journal.append(VersionContent("incident", fields, {}, record=record))
            await journal.send(server)
        return identity.login, digests

    # In a thread: the browser's driver occupies this thread's event loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(write())).result()


def make_evidence(
    page: Page, origin: str, login: str, on_start: Callable[[], object] = lambda: None
) -> tuple[int, int, float]:
    """Sign in and make a complete zip.

    Return the bytes that page and workers used before and at most, and the seconds that it took. `on_start` is called
    just before the making begins.
    """
    page.context.set_default_timeout(TIMEOUT_MS)
    page.add_init_script(FAKE_PICKER)
    keeper = BrowserKeeper(page, origin)
    keeper.open_without_diary()
    keeper.submit_sign_in(login, PASSPHRASE)
    keeper.passphrase = PASSPHRASE
    keeper.wait_for_screen("What happened?")
    keeper.go_to_tab("Share")
    choose_usual_contents(keeper)
    page.get_by_role("radio", name="One file of").check()
    review_findings(keeper, 0)
    bytes_before: int = page.evaluate("async () => (await performance.measureUserAgentSpecificMemory()).bytes")
    on_start()
    page.evaluate(WATCH_MEMORY_SCRIPT)
    start = time.perf_counter()
    give_consent(keeper)
    _wait_and_touch(keeper, "Your pack is ready", start + TIMEOUT_MS / 1000)
    seconds = time.perf_counter() - start
    peak_bytes: int = page.evaluate("globalThis.seen = true, globalThis.most")
    return bytes_before, peak_bytes, seconds


def _wait_and_touch(keeper: BrowserKeeper, title: str, deadline: float) -> None:
    """Wait for a heading, and touch the device now and then, as the screen asks: an idle app locks."""
    while time.perf_counter() < deadline:
        keeper.page.keyboard.press("Shift")
        with suppress(PlaywrightTimeoutError):
            keeper.heading(title).wait_for(timeout=TOUCH_INTERVAL_MS)
            return
    raise AssertionError(f"{title!r} did not come")


def test_a_pack_of_500_mb_is_made_within_300_mb_of_memory(new_profile: NewProfile, tmp_path: Path) -> None:
    """Page and workers stay below 300 MB while the pack is made. The zip is complete and passes `verify`."""
    with running_server(tmp_path / "server") as origin:
        login, digests = write_diary(origin)
        page = new_profile(accept_downloads=True).open().pages[0]
        before, peak_bytes, _ = make_evidence(page, origin, login)
        pack = _read_back(page, tmp_path / "out.zip")
    print(
        f"page and workers: {peak_bytes / 1e6:.0f} MB for {pack.stat().st_size / 1e6:.0f} MB, {before / 1e6:.0f} before"
    )
    assert 0 < before < peak_bytes < MAX_MEMORY_BYTES
    assert {finding.code for finding in verify_pack(pack)} <= {"keys_from_pack"}
    with zipfile.ZipFile(pack) as archive:
        received = [archive.read(name) for name in archive.namelist() if "13_exhibits-as-received" in name]
    assert {hashlib.sha256(content).hexdigest() for content in received} == set(digests)


def _read_back(page: Page, target: Path) -> Path:
    """Copy the written file to `target`, piece by piece. Return the path."""
    offset, size, piece = 0, 1, 8 << 20
    with target.open("wb") as file:
        while offset < size:
            size, text = page.evaluate(READ_PIECE_SCRIPT, {"from": offset, "length": piece})
            offset += file.write(base64.b64decode(text))
    return target

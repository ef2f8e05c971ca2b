"""A pack of 1,000 entries and 500 MB made in the browser:
written as it grows, checked completely, with little memory.
"""

import asyncio
import base64
import hashlib
import os
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from diary.client import accounts
from diary.client.attachments import Blob, seal, upload
from diary.client.journal import Journal, Said
from diary.client.transport import connect
from diary.clock import SystemClock
from diary.ids import id_text, new_id
from diary.pack.verify.verifier import verify
from diary.samples.demo import running_server
from tests.browser.conftest import NewProfile
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import agrees, chooses_everything, looks_through

pytestmark = pytest.mark.slow

ENTRIES, FILES, FILE_BYTES = 1_000, 100, 5_000_000
HEAP = 300_000_000
WORDS = "correct horse battery staple"
LONG = 900_000
# A file of the page's own storage replaces the one that a person would choose; the browser writes both in the same way.
FAKE_PICKER = """window.showSaveFilePicker = async () => {
  const folder = await navigator.storage.getDirectory();
  return folder.getFileHandle('out.zip', { create: true });
};"""
WATCH_MEMORY = """() => {
  globalThis.most = 0;
  const look = async () => {
    const { bytes } = await performance.measureUserAgentSpecificMemory();
    globalThis.most = Math.max(globalThis.most, bytes);
    if (!globalThis.seen) setTimeout(look, 250);
  };
  void look();
}"""
READ_PIECE = """async ({ from, length }) => {
  const folder = await navigator.storage.getDirectory();
  const file = await (await folder.getFileHandle('out.zip')).getFile();
  const bytes = new Uint8Array(await file.slice(from, from + length).arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [file.size, btoa(text)];
}"""


def written(origin: str) -> tuple[str, dict[str, str]]:
    """Write the diary to the server; return its sign-in name, and each file's name by its digest."""

    async def write() -> tuple[str, dict[str, str]]:
        digests: dict[str, str] = {}
        async with connect(origin) as server:
            identity = await accounts.enrol(server, WORDS, code=bytes(16))
            journal = Journal(identity, SystemClock())
            for number in range(ENTRIES):
                record = id_text(new_id())
                fields: dict[str, object] = {
                    "narrative": f"Entry {number + 1}. He waited at the corner. " * 8,
                    "precision": "unknown",
                    "tz": "Europe/London",
                }
                if number < FILES:
                    picture, content = id_text(new_id()), os.urandom(FILE_BYTES)
                    blob = Blob.new(len(content))
                    digests[hashlib.sha256(content).hexdigest()] = f"{number}.bin"
                    await upload(server, identity.diary, blob, seal(identity.diary, blob, content))
                    attachment_fields = {
                        "incident_ids": [record], "kind": "other", "sha256": hashlib.sha256(content).hexdigest(),
                        "sha512": hashlib.sha512(content).hexdigest(), "size_bytes": FILE_BYTES,
                        "media_type": "application/octet-stream", "added_at": SystemClock().now_ms(),
                        "sensitivity": "normal",
                    }  # fmt: skip
                    fields["attachment_ids"] = [picture]
                    journal.append(Said("incident", fields, {}, record=record))
                    journal.append(
                        Said(
                            "attachment",
                            attachment_fields,
                            {"received_as": {"filename": f"{number}.bin"}},
                            (),
                            (blob.pair,),
                            picture,
                        )
                    )
                else:
                    journal.append(Said("incident", fields, {}, record=record))
            await journal.send(server)
        return identity.login, digests

    # In a thread: the browser's driver holds the event loop of this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(write())).result()


def makes_evidence(
    page: Page, origin: str, login: str, begun: Callable[[], object] = lambda: None
) -> tuple[int, int, float]:
    """Sign in and make a complete zip.
    Return the bytes held by page and workers before and at most, and the seconds it took.

    `begun` is called just before the making begins.
    """
    page.context.set_default_timeout(LONG)
    page.add_init_script(FAKE_PICKER)
    keeper = Keeper(page, origin)
    keeper.opens()
    keeper.asks_to_sign_in(login, WORDS)
    keeper.words = WORDS
    keeper.sees_place("What happened?")
    keeper.goes("Share")
    chooses_everything(keeper, "Make a pack on this phone")
    page.get_by_role("radio", name="One file of").check()
    looks_through(keeper, 0)
    keeper.field("Your initials").fill("jb")
    keeper.tap("Next")
    before: int = page.evaluate("async () => (await performance.measureUserAgentSpecificMemory()).bytes")
    begun()
    page.evaluate(WATCH_MEMORY)
    start = time.perf_counter()
    agrees(keeper)
    expect(keeper.heading("Your pack is ready")).to_be_visible(timeout=LONG)
    seconds = time.perf_counter() - start
    most: int = page.evaluate("globalThis.seen = true, globalThis.most")
    return before, most, seconds


def test_a_thousand_entries_and_half_a_gigabyte_in_little_memory(new_profile: NewProfile, tmp_path: Path) -> None:
    """Page and workers together stay below 300 MB while the pack is made; the zip is complete and passes `verify`."""
    with running_server(tmp_path / "server") as origin:
        login, digests = written(origin)
        page = new_profile(accept_downloads=True).open().pages[0]
        before, most, _ = makes_evidence(page, origin, login)
        pack = _read_back(page, tmp_path / "out.zip")
    print(f"page and workers: {most / 1e6:.0f} MB for {pack.stat().st_size / 1e6:.0f} MB, {before / 1e6:.0f} before")
    assert 0 < before < most < HEAP
    assert {finding.code for finding in verify(pack)} <= {"keys_from_pack"}
    with zipfile.ZipFile(pack) as archive:
        received = [archive.read(name) for name in archive.namelist() if "13_exhibits-as-received" in name]
    assert {hashlib.sha256(content).hexdigest() for content in received} == set(digests)


def _read_back(page: Page, out: Path) -> Path:
    """Read the written file back piece by piece."""
    at, size, piece = 0, 1, 8 << 20
    with out.open("wb") as file:
        while at < size:
            size, text = page.evaluate(READ_PIECE, {"from": at, "length": piece})
            at += file.write(base64.b64decode(text))
    return out

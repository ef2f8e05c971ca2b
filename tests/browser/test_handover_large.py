"""A hand-over of the largest size there is, in Chromium: what comes out has the digest of what went in."""

import asyncio
import hashlib
import os
import threading
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from diary.client import accounts, handovers
from diary.client.transport import Server
from diary.crypto import kdf
from tests.browser.serving import Served
from tests.browser.test_handover import desk, fetches

LARGE = 250 << 20


async def leave(server: Served, pack: Path) -> str:
    """The words of a pack that a phone left."""
    async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{server.port}", verify=False, timeout=60) as client:
        reached = Server(client, server.app_url)
        identity = await accounts.enrol(reached, "correct horse battery staple", code=bytes(16), profile=kdf.FLOOR)
        return (await handovers.leave(reached, identity.diary, pack, now=1_790_000_000_000)).words


@pytest.mark.slow
def test_two_hundred_and_fifty_megabytes(browser: Browser, server: Served, tmp_path: Path) -> None:
    """Sealed, left, fetched through the page and saved: SHA-256 equal."""
    pack, words = tmp_path / "PACK_JB_1_20261124.zip", []
    digest = hashlib.sha256()
    with pack.open("wb") as file:
        for _ in range(LARGE >> 20):
            file.write(piece := os.urandom(1 << 20))
            digest.update(piece)
    # The browser's driver holds the event loop of this thread.
    thread = threading.Thread(target=lambda: words.append(asyncio.run(leave(server, pack))))
    thread.start()
    thread.join()
    (tmp_path / "desk").mkdir()
    with desk(browser) as page:
        page.set_default_timeout(600_000)
        saved = fetches(page, server, words[0], tmp_path / "desk", patience=600_000)
    assert (saved.name, saved.stat().st_size) == (pack.name, LARGE)
    assert hashlib.sha256(saved.read_bytes()).hexdigest() == digest.hexdigest()

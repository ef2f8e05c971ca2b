"""A handover of the largest size, in Chromium and in Firefox: the fetched file has the digest of the original."""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from diary.client import accounts, handovers
from diary.client.transport import Server
from diary.crypto import kdf
from tests.browser.firefox import firefox
from tests.browser.serving import Served
from tests.browser.test_handover import desk, fetches

LARGE = 250 << 20
LONG = 600


async def leave(server: Served, pack: Path) -> str:
    """Leave a pack on the server as a phone would; return its words."""
    async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{server.port}", verify=False, timeout=60) as client:
        reached = Server(client, server.app_url)
        identity = await accounts.enrol(reached, "correct horse battery staple", code=bytes(16), profile=kdf.FLOOR)
        return (await handovers.leave(reached, identity, pack, now=1_790_000_000_000)).words


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture(scope="module")
def large(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Leave 250 MB of random data on the server; yield the file and its eight words."""
    pack = tmp_path_factory.mktemp("large") / "PACK_JB_1_20261124.zip"
    with pack.open("wb") as file:
        for _ in range(LARGE >> 20):
            file.write(os.urandom(1 << 20))
    # A browser's driver may hold the event loop of this thread.
    with ThreadPoolExecutor(1) as thread:
        yield pack, thread.submit(lambda: asyncio.run(leave(server, pack))).result()
    pack.unlink()


@pytest.mark.slow
def test_a_pack_of_250_megabytes_is_fetched_unchanged(
    browser: Browser, server: Served, large: tuple[Path, str], tmp_path: Path
) -> None:
    """A pack of 250 MB, fetched through the page and saved in Chromium, has the same SHA-256."""
    pack, words = large
    with desk(browser) as page:
        page.set_default_timeout(LONG * 1000)
        saved = fetches(page, server, words, tmp_path, patience=LONG * 1000)
    assert (saved.name, saved.stat().st_size, digest_of(saved)) == (pack.name, LARGE, digest_of(pack))


@pytest.mark.slow
@pytest.mark.firefox
def test_a_pack_of_250_megabytes_is_fetched_unchanged_in_firefox(
    server: Served, large: tuple[Path, str], tmp_path: Path
) -> None:
    """The same words in Firefox give the same SHA-256."""
    pack, words = large
    with firefox(tmp_path) as page:
        page.goes(f"{server.public_url}/get")
        page.types("#words-typed", words)
        page.presses("#open")
        page.sees("#name", pack.name)
        page.presses("#save")
        saved = page.saved(LONG)
        assert (saved.name, saved.stat().st_size, digest_of(saved)) == (pack.name, LARGE, digest_of(pack))

"""A handover of the largest size, in Chromium and in Firefox: the fetched file has the original's digest."""

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
from diary.client.transport import RemoteServer
from diary.crypto import kdf
from tests.browser.firefox import run_firefox
from tests.browser.live_server import LiveServer
from tests.browser.test_handover import fetch_pack, open_desktop_page

LARGE_PACK_BYTES = 250 << 20
TIMEOUT_SECONDS = 600


async def store_pack_on_server(server: LiveServer, pack: Path) -> str:
    """Store a pack on the server as a phone would. Return its words."""
    async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{server.port}", verify=False, timeout=60) as client:
        connection = RemoteServer(client, server.app_url)
        identity = await accounts.enrol(
            connection, "correct horse battery staple", code=bytes(16), profile=kdf.FLOOR_PROFILE
        )
        return (await handovers.upload_handover(connection, identity, pack, now_ms=1_790_000_000_000)).words


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture(scope="module")
def large_pack(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Store 250 MB of random data on the server. Yield the file and its eight words."""
    pack = tmp_path_factory.mktemp("large") / "PACK_JB_1_20261124.zip"
    with pack.open("wb") as file:
        for _ in range(LARGE_PACK_BYTES >> 20):
            file.write(os.urandom(1 << 20))
    # A browser's driver may occupy the event loop of this thread.
    with ThreadPoolExecutor(1) as thread:
        yield pack, thread.submit(lambda: asyncio.run(store_pack_on_server(server, pack))).result()
    pack.unlink()


@pytest.mark.slow
def test_a_pack_of_250_megabytes_is_fetched_unchanged(
    browser: Browser, server: LiveServer, large_pack: tuple[Path, str], tmp_path: Path
) -> None:
    """A pack of 250 MB, fetched through the page and saved in Chromium, has the same SHA-256."""
    pack, words = large_pack
    with open_desktop_page(browser) as page:
        page.set_default_timeout(TIMEOUT_SECONDS * 1000)
        saved = fetch_pack(page, server, words, tmp_path, timeout_ms=TIMEOUT_SECONDS * 1000)
    assert (saved.name, saved.stat().st_size, sha256_of_file(saved)) == (
        pack.name,
        LARGE_PACK_BYTES,
        sha256_of_file(pack),
    )


@pytest.mark.slow
@pytest.mark.firefox
def test_a_pack_of_250_megabytes_is_fetched_unchanged_in_firefox(
    server: LiveServer, large_pack: tuple[Path, str], tmp_path: Path
) -> None:
    """The same words in Firefox give the same SHA-256."""
    pack, words = large_pack
    with run_firefox(tmp_path) as page:
        page.navigate(f"{server.public_url}/get")
        page.type_into("#words-typed", words)
        page.click("#open")
        page.wait_for_text("#name", pack.name)
        page.click("#save")
        saved = page.wait_for_download(TIMEOUT_SECONDS)
        assert (saved.name, saved.stat().st_size, sha256_of_file(saved)) == (
            pack.name,
            LARGE_PACK_BYTES,
            sha256_of_file(pack),
        )

"""The main job in real WebKit, the engine of every iPhone, over TLS:
offline, kept safe, unlocked again, read on another device.
"""

import asyncio
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from diary.client.accounts import sign_in
from diary.client.journal import Journal
from diary.client.transport import Server
from diary.clock import SystemClock
from tests.browser.navigators.webkit_keeper import WebKitKeeper
from tests.browser.serving import Certificate, Served, make_certificate
from tests.browser.webkit import webkit_driver

pytestmark = pytest.mark.webkit

FIRST = "He stood across the road from ten to eight until the bus came."
SECOND = "A letter with no stamp was on the mat."
KEPT = r"^Kept safe .*\d\d:\d\d$"
ONLY_HERE = "^Sealed, only on this phone$"


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[tuple[WebKitKeeper, Served, Certificate]]:
    """A person at a new WebKit, with a server and its certificate."""
    certificate = make_certificate(tmp_path)
    served = Served(tmp_path / "server", certificate, app_host="localhost")
    served.start()
    try:
        with webkit_driver() as driver:
            yield WebKitKeeper(driver, served.app_url), served, certificate
    finally:
        served.stop()


def test_entries_written_offline_are_kept_safe_and_read_on_another_device(
    keeper: tuple[WebKitKeeper, Served, Certificate],
) -> None:
    """Entries written without the server are kept safe after registration, open after a reload, and are read by another
    device."""
    phone, served, certificate = keeper
    # Given a WebKit that has opened the page, first words typed, and then no server
    phone.opens()
    phone.begins_to_write(FIRST)
    phone.is_offline_ready()
    served.stop()
    # When its keeper saves them, loads the page again and unlocks
    phone.saves_the_first()
    phone.puts_off_the_copy()
    phone.has_state(FIRST, ONLY_HERE)
    phone.reloads()
    phone.unlocks()
    phone.reads(FIRST)
    phone.adds(SECOND)
    # and has a copy kept once the server is back
    served.start()
    phone.registers()
    # Then both are kept safe, and still are after a reload and the words
    phone.has_state(FIRST, KEPT)
    phone.has_state(SECOND, KEPT)
    phone.reloads()
    phone.unlocks()
    phone.has_state(FIRST, KEPT)
    phone.reads(SECOND)
    # and another device reads the same text
    # in a thread: another browser's driver may hold the event loop of this one
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(lambda: asyncio.run(read_on_another_device(served, certificate, phone.login, phone.words)))
        assert read.result() == {FIRST, SECOND}


async def read_on_another_device(served: Served, certificate: Certificate, login: str, words: str) -> set[str]:
    """Return the texts that the reference client finds after signing in."""
    trusting = ssl.create_default_context(cafile=str(certificate.cert))
    async with httpx.AsyncClient(base_url=served.app_url, verify=trusting, timeout=60) as client:
        server = Server(client, served.app_url)
        journal = Journal(await sign_in(server, login, words), SystemClock())
        await journal.fetch(server)
        return {str(journal.newest(record).fields["narrative"]) for record in journal.records("incident")}

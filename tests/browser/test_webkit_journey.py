"""The main journey in real WebKit, the engine of every iPhone, over TLS: offline, kept safe, read elsewhere."""

import asyncio
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from diary.client.accounts import sign_in
from diary.client.journal import Journal
from diary.client.transport import RemoteServer
from diary.clock import SystemClock
from tests.browser.live_server import Certificate, LiveServer
from tests.browser.navigators.webkit_keeper import WebKitKeeper, run_webkit_phone

pytestmark = pytest.mark.webkit

FIRST_NARRATIVE = "He stood across the road from ten to eight until the bus came."
SECOND_NARRATIVE = "A letter with no stamp was on the mat."
KEPT_SAFE_PATTERN = r"^Backed up .*\d\d:\d\d$"
ONLY_ON_PHONE_PATTERN = "^Saved on this phone only$"


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[tuple[WebKitKeeper, LiveServer, Certificate]]:
    """Return a keeper with a new WebKit, with a server and its certificate."""
    with run_webkit_phone(tmp_path) as phone:
        yield phone


def test_entries_written_offline_are_kept_safe_and_read_on_another_device(
    keeper: tuple[WebKitKeeper, LiveServer, Certificate],
) -> None:
    """Entries written offline are kept safe after registration and open after a reload.

    Another device reads them.
    """
    phone, server, certificate = keeper
    # Given a WebKit that has opened the page, first words typed, and then no server
    phone.open_without_diary()
    phone.type_first_narrative(FIRST_NARRATIVE)
    phone.wait_until_offline_ready()
    server.stop()
    # When its keeper saves them, loads the page again and unlocks
    phone.save_first_entry()
    phone.postpone_copy()
    phone.wait_for_state(FIRST_NARRATIVE, ONLY_ON_PHONE_PATTERN)
    phone.reload()
    phone.unlock()
    phone.open_entry(FIRST_NARRATIVE)
    phone.add_entry(SECOND_NARRATIVE)
    # and has a copy kept once the server is back
    server.start()
    phone.register_copy()
    # Then both are kept safe, and still are after a reload and the words
    phone.wait_for_state(FIRST_NARRATIVE, KEPT_SAFE_PATTERN)
    phone.wait_for_state(SECOND_NARRATIVE, KEPT_SAFE_PATTERN)
    phone.reload()
    phone.unlock()
    phone.wait_for_state(FIRST_NARRATIVE, KEPT_SAFE_PATTERN)
    phone.open_entry(SECOND_NARRATIVE)
    # and another device reads the same text
    # in a thread: another browser's driver may occupy the event loop of this one
    with ThreadPoolExecutor(1) as pool:
        texts_read = pool.submit(
            lambda: asyncio.run(read_on_another_device(server, certificate, phone.login, phone.passphrase))
        )
        assert texts_read.result() == {FIRST_NARRATIVE, SECOND_NARRATIVE}


async def read_on_another_device(live_server: LiveServer, certificate: Certificate, login: str, words: str) -> set[str]:
    """Return the texts that the reference client finds after signing in."""
    ssl_context = ssl.create_default_context(cafile=str(certificate.cert))
    async with httpx.AsyncClient(base_url=live_server.app_url, verify=ssl_context, timeout=60) as client:
        server = RemoteServer(client, live_server.app_url)
        journal = Journal(await sign_in(server, login, words), SystemClock())
        await journal.fetch(server)
        return {str(journal.newest_version(record).fields["narrative"]) for record in journal.record_ids("incident")}

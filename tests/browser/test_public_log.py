"""The public log on the phone: listed versions, proofs in packs, and reports of a changed log."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.live_server import Certificate, LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import make_and_save_pack

NARRATIVE = "He left a note under the wiper."
LOG_CHANGED_WARNING = "The server’s public list of receipts was changed after it was signed."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[LiveServer]:
    """Run a server that signs its log every second, so that no test waits ten minutes."""
    live_server = LiveServer(
        tmp_path_factory.mktemp("server"), certificate, cheap_crypto=True, settings={"DIARY_CHECKPOINT_SECONDS": "1"}
    )
    live_server.start()
    yield live_server
    live_server.stop()


def check_for_news(keeper: BrowserKeeper) -> None:
    """Make the phone check for news, as when the signal returns."""
    keeper.page.evaluate("dispatchEvent(new Event('online'))")


def test_history_says_when_a_receipt_is_on_the_public_list(keeper: BrowserKeeper) -> None:
    """The entry's history shows "kept safe", and later that it is listed.

    Axe finds no fault by day or by night.
    """
    keeper.create_registered_diary(NARRATIVE)
    keeper.wait_until_kept_safe(NARRATIVE)
    history = keeper.page.locator(".history")
    for _ in range(20):
        keeper.page.wait_for_timeout(1000)
        check_for_news(keeper)
        keeper.go_to_tab("Entries")
        keeper.open_entry(NARRATIVE)
        keeper.tap("Everything you saved, with dates")
        expect(history).to_contain_text("by the server’s clock")
        if "Its receipt is on the server’s public list." in history.inner_text():
            break
    expect(history).to_contain_text("Its receipt is on the server’s public list.")
    assert accessibility_faults(keeper.page) == []


def test_a_changed_log_is_reported(keeper: BrowserKeeper, server: LiveServer) -> None:
    """A log that nobody signed is reported, and entries are still kept safe."""
    keeper.create_registered_diary("first")
    keeper.wait_until_kept_safe("first")

    def break_signature(body: bytes) -> bytes:
        response = json.loads(body)
        response["checkpoint"]["note"] = response["checkpoint"]["note"][:-10] + "AAAAAAAA=\n"
        return json.dumps(response).encode()

    keeper.page.wait_for_timeout(2000)
    server.inject_fault("GET", r"/v1/log$", change_body=break_signature)
    check_for_news(keeper)
    keeper.go_to_tab("Entries")
    expect(keeper.page.get_by_text(LOG_CHANGED_WARNING).first).to_be_visible()
    assert accessibility_faults(keeper.page) == []
    keeper.add_entry("second")
    keeper.wait_until_kept_safe("second")


def test_a_pack_made_on_the_phone_contains_the_log_proofs(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """The phone checks the log proofs and adds them to the pack; `verify` finds nothing."""
    keeper = new_phone()
    keeper.create_registered_diary(NARRATIVE)
    keeper.wait_until_kept_safe(NARRATIVE)
    keeper.page.wait_for_timeout(2500)
    pack = make_and_save_pack(keeper, 0, tmp_path)
    with zipfile.ZipFile(pack) as archive:
        name = next(member for member in archive.namelist() if member.endswith("servable/proof/log.json"))
        log = json.loads(archive.read(name))
    assert log["proofs"] and log["checkpoints"]
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []

"""The public list on the phone: a version's history says when it is on it, a pack takes it along, a list that changed is said."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from diary.crypto.signing import Notary
from diary.pack.verify import verify
from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import makes_a_pack
from tests.browser.serving import Certificate, Served

STORY = "He left a note under the wiper."
CHANGED = "The server’s public list of receipts was changed after it was signed."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Served]:
    """A server that signs its log every second, so that no journey waits ten minutes."""
    served = Served(tmp_path_factory.mktemp("server"), certificate, for_journeys=True, DIARY_CHECKPOINT_SECONDS="1")
    served.start()
    yield served
    served.stop()


def look_again(keeper: Keeper) -> None:
    """As when signal comes back."""
    keeper.page.evaluate("dispatchEvent(new Event('online'))")


def test_history_says_when_a_receipt_is_on_the_public_list(keeper: Keeper) -> None:
    """Kept safe, and then listed, in words on the entry's own page; nothing for axe to find, by day and by night."""
    keeper.begins(STORY)
    keeper.is_kept_safe(STORY)
    history = keeper.page.locator(".history")
    for _ in range(20):
        keeper.page.wait_for_timeout(1000)
        look_again(keeper)
        keeper.goes("Entries")
        keeper.reads(STORY)
        keeper.tap("Everything you saved, with dates")
        expect(history).to_contain_text("by the server’s clock")
        if "Its receipt is on the server’s public list." in history.inner_text():
            break
    expect(history).to_contain_text("Its receipt is on the server’s public list.")
    assert faults(keeper.page) == []


def test_a_list_that_was_changed_is_said_in_a_sentence(keeper: Keeper, server: Served) -> None:
    """The server shows a list that nobody signed: the phone says so, and still keeps what is written."""
    keeper.begins("first")
    keeper.is_kept_safe("first")

    def lie(body: bytes) -> bytes:
        told = json.loads(body)
        told["checkpoint"]["note"] = told["checkpoint"]["note"][:-10] + "AAAAAAAA=\n"
        return json.dumps(told).encode()

    keeper.page.wait_for_timeout(2000)
    server.meddle("GET", r"/v1/log$", change=lie)
    look_again(keeper)
    keeper.goes("Entries")
    expect(keeper.page.get_by_text(CHANGED).first).to_be_visible()
    assert faults(keeper.page) == []
    keeper.adds("second")
    keeper.is_kept_safe("second")


def test_a_pack_made_on_the_phone_takes_the_log_along(new_phone: NewPhone, server: Served, tmp_path: Path) -> None:
    """The phone checks what it is told, puts it in, and the officer's check finds nothing."""
    keeper = new_phone()
    keeper.begins(STORY)
    keeper.is_kept_safe(STORY)
    keeper.page.wait_for_timeout(2500)
    pack = makes_a_pack(keeper, 0, tmp_path)
    with zipfile.ZipFile(pack) as archive:
        name = next(one for one in archive.namelist() if one.endswith("servable/proof/log.json"))
        log = json.loads(archive.read(name))
    assert log["proofs"] and log["checkpoints"]
    assert verify(pack, notary=Notary(server.settings.read_notary_seed()).pub) == []

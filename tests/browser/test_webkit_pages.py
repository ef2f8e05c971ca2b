"""The pages of a pack are laid out in real WebKit, the engine of every iPhone."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.live_server import LiveServer
from tests.browser.navigators.sharing import PASSPHRASE_LABEL
from tests.browser.navigators.webkit_keeper import WebKitKeeper, run_webkit_phone

pytestmark = pytest.mark.webkit

NARRATIVE = "He stood across the road. تم کہاں ہو؟"
LAYOUT_TIMEOUT_SECONDS = 180


@pytest.fixture
def webkit_phone(tmp_path: Path) -> Iterator[tuple[WebKitKeeper, LiveServer]]:
    """Return a keeper with a new WebKit, and the server."""
    with run_webkit_phone(tmp_path) as (keeper, server, _certificate):
        yield keeper, server


def test_webkit_lays_out_the_pages_of_a_pack(webkit_phone: tuple[WebKitKeeper, LiveServer]) -> None:
    """A diary that was never registered gets a pack with set pages, and no server reads a word of it."""
    keeper, server = webkit_phone
    keeper.open_without_diary()
    keeper.type_first_narrative(NARRATIVE)
    keeper.wait_until_offline_ready()
    keeper.save_first_entry()
    keeper.postpone_copy()
    keeper.go_to_tab("Share")
    keeper.tap("Make a pack")
    keeper.wait_for_screen("If this goes to court")
    keeper.tap("I know this, go on")
    keeper.wait_for_screen("What goes in")
    keeper.type_into("Your initials", "jb")
    keeper.tap("Next")
    keeper.wait_for_screen("Before the pack is made")
    keeper.type_into(PASSPHRASE_LABEL, keeper.passphrase)
    keeper.tap("Make the pack")
    deadline = time.monotonic() + LAYOUT_TIMEOUT_SECONDS
    while "Your pack is ready" not in keeper.screen_text() and time.monotonic() < deadline:
        time.sleep(0.5)
    keeper.wait_for_text("This phone made the pages by itself.")
    assert server.exchanges_with("/v1/packs") == []

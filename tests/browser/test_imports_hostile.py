"""Wrong, hostile and very long import files: each gets a message, nothing is lost, and reading can be stopped."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser import exports
from tests.browser.chromium import slow
from tests.browser.navigators.importing import LONG, adds_all, chooses, goes_to_imports, looks
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.pictures import png, upload


def _make_offline_diary(keeper: Keeper) -> None:
    keeper.begins("He was outside again.")
    keeper.is_offline_ready()
    keeper.page.context.set_offline(True)


def test_wrong_files_get_a_message_and_add_nothing(keeper: Keeper) -> None:
    """Half a zip, a zip bomb, a picture and a zip without a chat get one message each, and nothing is added.
    A lock clears a preview.
    """
    _make_offline_diary(keeper)
    chat_zip = exports.zipped({"_chat.txt": exports.IOS.encode()})
    bomb = exports.zipped({"_chat.txt": b"a" * 30_000_000})
    for name, body, message in (
        ("half.zip", chat_zip[: len(chat_zip) // 2], "Part of this zip file is missing"),
        ("bomb.zip", bomb, "would unpack to far more than a chat can be"),
        ("photo.png", png(), "This is not a saved WhatsApp chat or an email file"),
        ("other.zip", exports.zipped({"../../etc/passwd": b"x"}), "There is no WhatsApp chat in this zip file"),
        ("empty.txt", b"", "This file is empty"),
    ):
        goes_to_imports(keeper)
        chooses(keeper, upload(name, "application/octet-stream", body))
        expect(keeper.problem()).to_contain_text(message)
        expect(keeper.problem()).to_be_focused()
        assert (name, faults(keeper.page)) == (name, [])
        keeper.goes("Entries")
    goes_to_imports(keeper)
    chooses(keeper, exports.ios_zip())
    keeper.sees("Which of these is you?")
    keeper.locks()
    expect(keeper.page.locator("body")).not_to_contain_text("سارة")
    keeper.unlocks()
    goes_to_imports(keeper)
    expect(keeper.button("Choose the file")).to_be_visible()
    keeper.entries(1)


@pytest.mark.timed
def test_long_chats_are_imported_on_a_slow_phone_and_can_be_stopped(keeper: Keeper) -> None:
    """On a slowed main thread, 5,000 messages are imported within 20 s; 50,000 show progress and can be stopped."""
    _make_offline_diary(keeper)
    goes_to_imports(keeper)
    slow(keeper.page, 4)
    start = time.monotonic()
    chooses(keeper, exports.long_chat(5_000))
    expect(keeper.page.get_by_text("Which of these is you?")).to_be_visible(timeout=LONG)
    looks(keeper, re.compile(r"^Jo\b"))
    adds_all(keeper)
    seconds = time.monotonic() - start
    assert seconds <= 20, seconds
    goes_to_imports(keeper)
    chooses(keeper, exports.long_chat(50_000))
    keeper.goes("Entries")  # reading continues while another screen is open
    goes_to_imports(keeper)
    expect(keeper.page.get_by_text("Which of these is you?")).to_be_visible(timeout=LONG)
    keeper.page.get_by_role("radio", name=re.compile(r"^Jo\b")).check()
    keeper.tap("Look at what is in it")
    expect(keeper.page.get_by_role("progressbar")).to_be_visible()
    keeper.tap("Cancel")
    expect(keeper.problem()).to_contain_text("Stopped. Nothing was lost.")
    keeper.goes("Entries")
    expect(keeper.page.locator(".item").first).to_be_visible()

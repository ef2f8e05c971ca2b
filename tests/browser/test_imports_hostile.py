"""Wrong, hostile and very long import files: each gets a message, nothing is lost, and reading can be stopped."""

import re

from playwright.sync_api import expect

from tests.browser import chat_exports as exports
from tests.browser.chromium import throttle_cpu
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.importing import (
    IMPORT_TIMEOUT_MS,
    add_all_proposed,
    answer_account,
    choose_import_file,
    go_to_imports,
    preview_import,
)
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png, picker_file


def _make_offline_diary(keeper: BrowserKeeper) -> None:
    keeper.create_registered_diary("He was outside again.")
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)


def test_wrong_files_get_a_message_and_add_nothing(keeper: BrowserKeeper) -> None:
    """Half a zip, a zip bomb, a picture and a zip without a chat each get a message and add nothing.

    A lock clears a preview.
    """
    _make_offline_diary(keeper)
    chat_zip = exports.make_zip({"_chat.txt": exports.IOS_CHAT.encode()})
    bomb = exports.make_zip({"_chat.txt": b"a" * 30_000_000})
    for name, body, message in (
        ("half.zip", chat_zip[: len(chat_zip) // 2], "Part of this zip file is missing"),
        ("bomb.zip", bomb, "would unpack to far more than a chat can be"),
        ("photo.png", make_png(), "This is not a saved chat, an email file or a backup of texts or calls"),
        (
            "other.zip",
            exports.make_zip({"../../etc/passwd": b"x"}),
            "There is no chat, mailbox (.mbox) or backup (.xml) that can be read",
        ),
        ("empty.txt", b"", "This file is empty"),
    ):
        go_to_imports(keeper)
        choose_import_file(keeper, picker_file(name, "application/octet-stream", body), account=None)
        expect(keeper.error_message()).to_contain_text(message)
        expect(keeper.error_message()).to_be_focused()
        assert (name, accessibility_faults(keeper.page)) == (name, [])
        keeper.go_to_tab("Entries")
    go_to_imports(keeper)
    choose_import_file(keeper, exports.ios_zip())
    keeper.wait_for_text("Which of these is you?")
    keeper.lock()
    expect(keeper.page.locator("body")).not_to_contain_text("سارة")
    keeper.unlock()
    go_to_imports(keeper)
    expect(keeper.button("Choose the file")).to_be_visible()
    keeper.wait_for_entry_count(1)


def test_long_chats_are_imported_on_a_slow_phone_and_can_be_stopped(keeper: BrowserKeeper) -> None:
    """On a slowed main thread, 5,000 messages are imported; 50,000 show progress and can be stopped."""
    _make_offline_diary(keeper)
    go_to_imports(keeper)
    throttle_cpu(keeper.page, 4)
    choose_import_file(keeper, exports.make_long_chat(5_000))
    expect(keeper.page.get_by_text("Which of these is you?")).to_be_visible(timeout=IMPORT_TIMEOUT_MS)
    preview_import(keeper, re.compile(r"^Jo\b"))
    add_all_proposed(keeper)
    go_to_imports(keeper)
    choose_import_file(keeper, exports.make_long_chat(50_000), account=None)
    keeper.go_to_tab("Entries")  # reading continues while another screen is open
    go_to_imports(keeper)
    answer_account(keeper, "Mine")
    expect(keeper.page.get_by_text("Which of these is you?")).to_be_visible(timeout=IMPORT_TIMEOUT_MS)
    keeper.tap(re.compile(r"^Jo\b"))
    expect(keeper.page.get_by_role("progressbar")).to_be_visible()
    keeper.tap("Cancel")
    expect(keeper.error_message()).to_contain_text("Stopped. Nothing was lost.")
    keeper.go_to_tab("Entries")
    expect(keeper.page.locator(".item").first).to_be_visible()

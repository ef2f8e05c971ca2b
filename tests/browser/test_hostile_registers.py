"""Markup, scripts and formulas stay text in registers, file descriptions, saved chats and emails."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import chat_exports as exports
from tests.browser.conftest import NewPhone
from tests.browser.navigators.hostile import HOSTILE_TEXTS, HostileTypist, assert_pack_is_inert
from tests.browser.navigators.importing import add_all_proposed, choose_import_file, go_to_imports, preview_import
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.registers import RegisterScreens
from tests.browser.navigators.sharing import make_and_save_pack
from tests.browser.pictures import make_png, picker_file

HOSTILE_NARRATIVE = " ".join(HOSTILE_TEXTS)
REGISTER_FORMS = (
    ("People and accounts", "Add a person"),
    ("People and accounts", "Add an account or number"),
    ("People and accounts", "Add a car or bike"),
    ("People and accounts", "Add one you noticed"),
    ("Orders", "Add an order"),
    ("Reports and crime numbers", "Add who you told"),
    ("When I told them to stop", "Add when they were told"),
    ("How it changes your life", "Add a change"),
    ("Notes from other people", "Add a note from someone"),
    ("Background", "Write the background"),
    ("Cases", "Add a case"),
)
# A message for each text of the corpus, with the text as sender too.
HOSTILE_CHAT = "\n".join(
    [
        *[f"24/10/2026, 21:{10 + n} - {text.replace(':', '')}: {text}" for n, text in enumerate(HOSTILE_TEXTS)],
        *["24/10/2026, 21:40 - Jo: Please stop"] * 2,
        "",
    ]
)
HOSTILE_EMAIL = exports.SAVED_EMAIL.replace("=?iso-8859-1?Q?Caf=E9?= tonight", HOSTILE_TEXTS[0]).replace(
    "That cost =80 20", "=3Dcmd|' /C calc'!A0"
)


def _fill_every_register(keeper: BrowserKeeper, typist: HostileTypist) -> int:
    """Type into every question of every register, save, and open its history. Return the number of controls."""
    registers = RegisterScreens(keeper)
    controls = 0
    for register, add in REGISTER_FORMS:
        registers.open(register)
        keeper.tap(add)
        keeper.tap("More details")
        term = keeper.button("Another term")
        if term.count():
            term.click()
        typist.reveal_text_fields()
        controls += typist.fill_text_controls()
        for number in keeper.page.get_by_label("Number", exact=True).all():
            number.fill("1")
        typist.assert_nothing_ran()
        keeper.tap("Save")
        expect(keeper.button("Change this")).to_be_visible()
        keeper.tap("History")
        typist.assert_nothing_ran()
        registers.open(register)
        typist.assert_nothing_ran()
    return controls


def _fill_file_screen(keeper: BrowserKeeper, typist: HostileTypist) -> None:
    """Type into each card of a file's own screen."""
    keeper.open_entry(HOSTILE_TEXTS[0])
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("screen.png", "image/png", make_png())])
    keeper.wait_for_file("screen.png")
    keeper.file_tile("screen.png").first.click()
    button = keeper.button("More you can add")
    expect(button).to_be_visible()
    button.click()
    section = keeper.page.locator("section", has=keeper.page.get_by_role("heading", name="About this file"))
    cards = section.locator("button[aria-expanded]")
    for n in range(cards.count()):
        cards.nth(n).click()
        typist.reveal_text_fields()
        typist.fill_text_controls()
        typist.assert_nothing_ran()
        keeper.tap("Save this card")
        expect(keeper.button("Save this card")).to_have_count(0)
    typist.assert_nothing_ran()


def _import_hostile_files(keeper: BrowserKeeper, typist: HostileTypist) -> None:
    """Import a chat whose senders and messages are the corpus, and such an email."""
    go_to_imports(keeper)
    choose_import_file(
        keeper, picker_file(f"WhatsApp Chat with {HOSTILE_TEXTS[6][:20]}.txt", "text/plain", HOSTILE_CHAT.encode())
    )
    keeper.wait_for_text("Which of these is you?")
    typist.assert_nothing_ran()
    preview_import(keeper, re.compile(r"^Jo\b"))
    keeper.button("See the messages").first.click()
    typist.assert_nothing_ran()
    add_all_proposed(keeper)
    go_to_imports(keeper)
    choose_import_file(
        keeper, picker_file(HOSTILE_TEXTS[0].replace("/", "") + ".eml", "message/rfc822", HOSTILE_EMAIL.encode())
    )
    keeper.tap(re.compile("^Headers"), exact=False)
    typist.assert_nothing_ran()
    preview_import(keeper, "It was sent to me")
    keeper.tap("Add 1 entry")
    keeper.wait_for_screen("Added")
    keeper.go_to_tab("Entries")
    typist.assert_nothing_ran()
    keeper.entry_row("Email from").get_by_role("button").click()
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    typist.assert_nothing_ran()


@pytest.mark.slow  # test_hostile_text.py takes the same text through entries in every `make test`
def test_hostile_text_in_registers_files_and_imports(new_phone: NewPhone, tmp_path: Path) -> None:
    """Typed, saved, listed, read after a lock, shown to somebody and in a pack, the text is never run."""
    keeper = new_phone()
    typist = HostileTypist(keeper.page)
    keeper.open_without_diary()
    keeper.write_first_entry(HOSTILE_NARRATIVE)
    keeper.register_copy()
    assert _fill_every_register(keeper, typist) > 70
    _fill_file_screen(keeper, typist)
    _import_hostile_files(keeper, typist)
    keeper.lock()
    keeper.unlock()
    keeper.go_to_tab("Entries")
    keeper.tap("Filters")
    typist.assert_nothing_ran()
    keeper.tap(re.compile("^Patterns"), exact=False)
    expect(keeper.page.locator(".said")).to_be_visible()
    typist.assert_nothing_ran()
    for text in ("Email from", "WhatsApp:"):
        keeper.wait_until_kept_safe(text)
    with zipfile.ZipFile(make_and_save_pack(keeper, 1, tmp_path)) as pack:
        assert_pack_is_inert(pack, HOSTILE_NARRATIVE)
    keeper.tap("Help")
    keeper.tap("Show someone now")
    typist.assert_nothing_ran()
    keeper.tap("Show this")
    keeper.wait_for_screen("Please read")
    typist.assert_nothing_ran()

"""Markup, scripts and formulas in every register,
in every description of a file, in a saved chat and in an email stay text.
"""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import exports
from tests.browser.conftest import NewPhone
from tests.browser.navigators.hostile import CORPUS, Typist, pack_is_inert
from tests.browser.navigators.importing import adds_all, chooses, goes_to_imports, looks
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.registers import Registers
from tests.browser.navigators.sharing import makes_a_pack
from tests.browser.pictures import png, upload

ACCOUNT = " ".join(CORPUS)
REGISTER_FORMS = (
    ("People and accounts", "Add a person"),
    ("People and accounts", "Add an account or number"),
    ("People and accounts", "Add a car or bike"),
    ("People and accounts", "Add one you noticed"),
    ("Orders", "Add an order"),
    ("Reported to", "Add who you told"),
    ("Told to stop", "Add when they were told"),
    ("How it changes your life", "Add a change"),
    ("What others saw", "Add what somebody saw"),
    ("Background", "Write the background"),
    ("Cases", "Add a case"),
)
# A message for each text of the corpus, with the text as sender too.
CHAT = "\n".join(
    [
        *[f"24/10/2026, 21:{10 + n} - {text.replace(':', '')}: {text}" for n, text in enumerate(CORPUS)],
        *["24/10/2026, 21:40 - Jo: Please stop"] * 2,
        "",
    ]
)
MAIL = exports.MAIL.replace("=?iso-8859-1?Q?Caf=E9?= tonight", CORPUS[0]).replace(
    "That cost =80 20", "=3Dcmd|' /C calc'!A0"
)


def _fill_every_register(keeper: Keeper, typist: Typist) -> int:
    """Type into every question of every register, save, read and open its history; return the number of controls."""
    registers = Registers(keeper)
    controls = 0
    for register, add in REGISTER_FORMS:
        registers.opens(register)
        keeper.tap(add)
        keeper.tap("More details")
        term = keeper.button("Another term")
        if term.count():
            term.click()
        typist.reveals()
        controls += typist.fills()
        for number in keeper.page.get_by_label("Number", exact=True).all():
            number.fill("1")
        typist.nothing_ran()
        keeper.tap("Save")
        expect(keeper.button("Change this")).to_be_visible()
        keeper.tap("History")
        typist.nothing_ran()
        registers.opens(register)
        typist.nothing_ran()
    return controls


def _fill_file_screen(keeper: Keeper, typist: Typist) -> None:
    """Type into each card of a file's own screen."""
    keeper.reads(CORPUS[0])
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload("screen.png", "image/png", png())])
    keeper.has_file("screen.png")
    keeper.tile("screen.png").first.click()
    button = keeper.button("More you can add")
    expect(button).to_be_visible()
    button.click()
    section = keeper.page.locator("section", has=keeper.page.get_by_role("heading", name="About this file"))
    cards = section.locator("button[aria-expanded]")
    for n in range(cards.count()):
        cards.nth(n).click()
        typist.reveals()
        typist.fills()
        typist.nothing_ran()
        keeper.tap("Save this card")
        expect(keeper.button("Save this card")).to_have_count(0)
    typist.nothing_ran()


def _import_hostile_files(keeper: Keeper, typist: Typist) -> None:
    """Import a chat whose senders and messages are the corpus, and such an email."""
    goes_to_imports(keeper)
    chooses(keeper, upload(f"WhatsApp Chat with {CORPUS[6][:20]}.txt", "text/plain", CHAT.encode()))
    keeper.sees("Which of these is you?")
    typist.nothing_ran()
    looks(keeper, re.compile(r"^Jo\b"))
    keeper.button("See the messages").first.click()
    typist.nothing_ran()
    adds_all(keeper)
    goes_to_imports(keeper)
    chooses(keeper, upload(CORPUS[0].replace("/", "") + ".eml", "message/rfc822", MAIL.encode()))
    keeper.tap(re.compile("^Headers"), exact=False)
    typist.nothing_ran()
    looks(keeper, "It was sent to me")
    keeper.tap("Add 1 entry")
    keeper.sees_place("Added")
    keeper.goes("Entries")
    typist.nothing_ran()
    keeper.row("Email from").get_by_role("button").click()
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    typist.nothing_ran()


@pytest.mark.slow  # test_hostile_text.py takes the same text through entries in every `make test`
def test_hostile_text_in_registers_files_and_imports(new_phone: NewPhone, tmp_path: Path) -> None:
    """Typed, saved, listed, read after a lock, shown to somebody and in a pack, the text is never run."""
    keeper = new_phone()
    typist = Typist(keeper.page)
    keeper.opens()
    keeper.first_entry(ACCOUNT)
    keeper.keeps_a_copy()
    assert _fill_every_register(keeper, typist) > 70
    _fill_file_screen(keeper, typist)
    _import_hostile_files(keeper, typist)
    keeper.locks()
    keeper.unlocks()
    keeper.goes("Entries")
    keeper.tap("Filters")
    typist.nothing_ran()
    keeper.tap(re.compile("^Patterns"), exact=False)
    expect(keeper.page.locator(".said")).to_be_visible()
    typist.nothing_ran()
    for text in ("Email from", "WhatsApp:"):
        keeper.is_kept_safe(text)
    with zipfile.ZipFile(makes_a_pack(keeper, 1, tmp_path)) as pack:
        pack_is_inert(pack, ACCOUNT)
    keeper.tap("Help")
    keeper.tap("Show someone now")
    typist.nothing_ran()
    keeper.tap("Show this")
    keeper.sees_place("Please read")
    typist.nothing_ran()

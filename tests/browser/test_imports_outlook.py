"""An email that Outlook saved is imported offline like an .eml, and is read again from its file after a lock."""

import re

from playwright.sync_api import expect

from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.importing import choose_import_file, go_to_imports, preview_import
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import picker_file
from tests.fuzzing.seeds import CORPUS

ENTRY = "Email from Sám <sam@example.org>: Café tonight, 21:10."


def test_an_email_of_outlook_is_imported_offline_and_read_again(keeper: BrowserKeeper) -> None:
    """A .msg becomes an entry with the words of both its messages; a winmail.dat of the same adds nothing."""
    keeper.create_registered_diary("He was outside again.")
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    go_to_imports(keeper)
    choose_import_file(
        keeper, picker_file("Café.msg", "application/vnd.ms-outlook", (CORPUS / "outlook" / "message").read_bytes())
    )
    keeper.wait_for_text("Café tonight")
    keeper.tap(re.compile("^Headers"), exact=False)
    keeper.wait_for_text("from mail.example (192.0.2.1)")
    assert accessibility_faults(keeper.page) == []
    preview_import(keeper, "It was sent to me")
    keeper.tap("Add 1 entry")
    keeper.wait_for_screen("Added")
    keeper.page.reload()
    keeper.unlock()
    keeper.open_entry(ENTRY)
    keeper.wait_for_file("Café.msg")
    keeper.lock()
    keeper.unlock()
    keeper.open_entry(ENTRY)
    keeper.tap(re.compile("^Messages and calls, one by one"), exact=False)
    keeper.wait_for_text("Mill Lane")
    keeper.tap("See the email’s headers")
    expect(keeper.page.locator(".raw")).to_contain_text("=?UTF-8?Q?Caf=C3=A9?= tonight")
    go_to_imports(keeper)
    winmail = (CORPUS / "outlook" / "winmail").read_bytes()
    choose_import_file(keeper, picker_file("winmail.dat", "application/ms-tnef", winmail))
    keeper.wait_for_text("It has no date line. The time is the one Outlook kept.")
    preview_import(keeper, "It was sent to me")
    keeper.wait_for_text("Everything in this file is already in your diary. Nothing was added.")

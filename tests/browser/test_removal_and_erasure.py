"""Taking out, putting back, erasing after seven days, and hold: on one phone, on two, and on a new one."""

import re
import sqlite3
import time

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import choose_usual_contents

FIRST_NARRATIVE = "He was at the gate."
ERASED_NARRATIVE = "This one shall go."
LAST_NARRATIVE = "And one more."
# What a diary without a backup says of an entry that waits.
FROM_THEN_ON = re.compile(r"you can delete (?:this|one) entry for good\. Come back then and type your password\.")
DAY_SECONDS = 24 * 60 * 60


def _take_out(keeper: BrowserKeeper, text: str) -> None:
    keeper.open_entry(text)
    keeper.tap("Put this away")
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Put it away")
    keeper.wait_for_text(re.compile("This entry was put away on"))


def _ask_to_erase(keeper: BrowserKeeper, words: str | None = None, *, with_backup: bool = False) -> None:
    """Ask to delete an entry for good.

    The sheet says what happens: without a backup nothing is deleted before the password is typed again.
    """
    keeper.tap("Delete it for good")
    dialog = keeper.page.get_by_role("dialog")
    if with_backup:
        expect(dialog).to_contain_text("deleted from your devices and your backup, by themselves.")
        expect(dialog).to_contain_text("may have a spare copy for up to 28 days more.")
    else:
        expect(dialog).to_contain_text("Only then are its words and files deleted from this phone.")
        expect(dialog).not_to_contain_text("backup.")
    keeper.field("Type your password to go on").fill(keeper.passphrase if words is None else words)
    keeper.tap("Delete it for good in seven days")


def _let_days_pass(keeper: BrowserKeeper, days: int) -> None:
    keeper.page.clock.set_fixed_time(keeper.page.evaluate("Date.now()") / 1000 + days * DAY_SECONDS)
    keeper.page.wait_for_timeout(50)


def _open_taken_out(keeper: BrowserKeeper) -> None:
    keeper.go_to_tab("More")
    keeper.tap("Put away")
    keeper.wait_for_screen("Put away")


def _open_to_delete(keeper: BrowserKeeper) -> None:
    """From the list of what was put away to the entry, where it can be deleted for good."""
    _open_taken_out(keeper)
    keeper.tap("Open it, to delete it for good")
    expect(keeper.button("Delete it for good")).to_be_visible()


def _assert_hold_prevents_erasure(keeper: BrowserKeeper) -> None:
    """Assert that hold prevents erasing and cancels a waiting erasure.

    Hold ends some days after it is turned off.
    """
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Block deleting"), exact=False)
    keeper.tap("Turn Block deleting on")
    keeper.wait_for_text("Say who asked.")
    keeper.field("Who asked?").fill("PC Hall")
    keeper.field("Their reference").fill("CAD 12")
    keeper.tap("Turn Block deleting on")
    keeper.wait_for_text(re.compile("Block deleting has been on since"))
    assert accessibility_faults(keeper.page) == []
    expect(keeper.page.get_by_text(FROM_THEN_ON)).to_have_count(0)
    _open_to_delete(keeper)
    _ask_to_erase(keeper)
    expect(keeper.error_message().first).to_contain_text("Block deleting is on, so this cannot be deleted for good.")
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Block deleting"), exact=False)
    keeper.tap("Turn Block deleting off")
    keeper.field("Type your password to go on").fill(keeper.passphrase)
    keeper.page.get_by_role("dialog").get_by_role("button", name="Turn Block deleting off").click()
    keeper.wait_for_text(re.compile("Block deleting goes off on"))
    _open_taken_out(keeper)
    keeper.page.get_by_text(ERASED_NARRATIVE).click()
    _ask_to_erase(keeper)
    expect(keeper.error_message().first).to_contain_text("Block deleting is on")


def test_an_entry_is_left_out_of_packs_with_one_tap(keeper: BrowserKeeper) -> None:
    """It says so at once and after a reload, no pack counts it, and the same place lets it in again."""
    keeper.open_without_diary()
    keeper.write_first_entry(FIRST_NARRATIVE)
    keeper.postpone_copy()
    keeper.add_entry(LAST_NARRATIVE)
    keeper.open_entry(FIRST_NARRATIVE)
    row = keeper.page.get_by_role("button", name=re.compile("^Leave this out of packs"))
    row.click()
    undo = keeper.page.get_by_role("button", name=re.compile("^Let this into packs again"))
    expect(undo).to_contain_text("It is left out of packs now.")
    assert accessibility_faults(keeper.page) == []
    keeper.page.reload()
    keeper.unlock()
    choose_usual_contents(keeper)
    counted = keeper.page.locator("dl div", has_text="Entries").first.locator("dd")
    expect(counted).to_have_text("1")
    keeper.open_entry(FIRST_NARRATIVE)
    undo.click()
    expect(row).to_be_visible()


def test_an_entry_only_on_this_phone_is_erased(keeper: BrowserKeeper) -> None:
    """Erasing needs the words, seven days, and the words again. Hold prevents it. The number is never reused."""
    keeper.open_without_diary()
    keeper.write_first_entry(FIRST_NARRATIVE)
    keeper.postpone_copy()
    keeper.add_entry(ERASED_NARRATIVE)
    _take_out(keeper, ERASED_NARRATIVE)
    _ask_to_erase(keeper, "these are not the words")
    expect(keeper.error_message().first).to_contain_text("That is not the password")
    _ask_to_erase(keeper)
    keeper.wait_for_text(FROM_THEN_ON)
    keeper.go_to_tab("Add")
    keeper.wait_for_text(FROM_THEN_ON)
    keeper.page.reload()
    keeper.unlock()
    keeper.wait_for_text(FROM_THEN_ON)

    _assert_hold_prevents_erasure(keeper)
    _let_days_pass(keeper, 8)
    keeper.unlock_if_locked()
    _open_taken_out(keeper)
    keeper.page.get_by_text(ERASED_NARRATIVE).click()
    _ask_to_erase(keeper)
    keeper.wait_for_text(FROM_THEN_ON)
    _let_days_pass(keeper, 8)
    keeper.unlock_if_locked()
    _open_taken_out(keeper)
    keeper.page.get_by_text(ERASED_NARRATIVE).click()
    keeper.tap("Delete it for good now")
    keeper.field("Type your password to go on").fill(keeper.passphrase)
    keeper.page.get_by_role("dialog").get_by_role("button", name="Delete it for good now").click()
    keeper.wait_for_screen("Put away")
    keeper.wait_for_text(re.compile("^Deleted for good on"))
    expect(keeper.page.get_by_text(ERASED_NARRATIVE)).to_have_count(0)
    assert accessibility_faults(keeper.page) == []
    keeper.add_entry(LAST_NARRATIVE)
    keeper.go_to_tab("Entries")
    expect(keeper.entry_row(LAST_NARRATIVE).get_by_text("No. 3", exact=True)).to_be_visible()


def _make_erasure_due(server: LiveServer) -> None:
    """Make the waiting erasure due and the server's clock trusted, then restart the server, which checks both."""
    server.stop()
    database = sqlite3.connect(next(server.data.rglob("*.sqlite3")), isolation_level=None)
    assert database.execute("UPDATE erasure SET due_at = 1").rowcount == 1
    assert database.execute("UPDATE purge_clock SET steady_since = seen_at - 3600000").rowcount == 1
    server.start()
    for _ in range(200):
        if database.execute("SELECT count(*) FROM erasure").fetchone() == (0,):
            break
        time.sleep(0.05)
    else:
        raise AssertionError("nothing was erased when it was due")
    database.close()


def test_an_entry_is_erased_on_every_device(new_phone: NewPhone, server: LiveServer) -> None:
    """An erasure is shown and stopped on the other device.

    After another request, the entry is gone from both, and a new phone keeps the numbers.
    """
    phone, desk = new_phone(), new_phone()
    phone.create_registered_diary(FIRST_NARRATIVE)
    phone.add_entry(ERASED_NARRATIVE)
    phone.wait_until_kept_safe(ERASED_NARRATIVE)
    phone.add_entry(LAST_NARRATIVE)
    phone.wait_until_kept_safe(LAST_NARRATIVE)
    desk.sign_in(phone.login, phone.passphrase)
    desk.wait_for_entry_count(3)
    _take_out(phone, ERASED_NARRATIVE)
    expect(phone.page.locator(".state").first).to_contain_text("Backed up")
    _ask_to_erase(phone, with_backup=True)
    phone.wait_for_text(re.compile("This entry will be deleted for good on"))
    desk.lock()
    desk.unlock()
    desk.wait_for_notice(re.compile("One entry will be deleted for good on"))
    desk.tap_notice("Look")
    desk.page.get_by_text(ERASED_NARRATIVE).click()
    desk.tap("Do not delete it")
    desk.open_notices()
    expect(desk.page.get_by_text(re.compile("will be deleted for good"))).to_have_count(0)
    phone.lock()
    phone.unlock()
    phone.open_notices()
    expect(phone.page.get_by_text(re.compile("will be deleted for good"))).to_have_count(0)
    _open_taken_out(phone)
    phone.page.get_by_text(ERASED_NARRATIVE).click()
    _ask_to_erase(phone, with_backup=True)
    phone.wait_for_text(re.compile("This entry will be deleted for good on"))
    desk.lock()
    desk.unlock()
    desk.wait_for_notice(re.compile("One entry will be deleted for good on"))
    for device in (phone, desk):
        device.lock()
    _make_erasure_due(server)
    for device in (phone, desk):
        device.unlock()
        device.open_notices()
        expect(device.page.get_by_text(re.compile("will be deleted for good"))).to_have_count(0)
        _open_taken_out(device)
        device.wait_for_text(re.compile("^Deleted for good on"))
        expect(device.page.get_by_text(ERASED_NARRATIVE)).to_have_count(0)
        device.wait_for_entry_count(2)
        expect(device.entry_row(LAST_NARRATIVE).get_by_text("No. 3", exact=True)).to_be_visible()
    new_device = new_phone()
    new_device.sign_in(phone.login, phone.passphrase)
    new_device.wait_for_entry_count(2)
    expect(new_device.entry_row(FIRST_NARRATIVE).get_by_text("No. 1", exact=True)).to_be_visible()
    expect(new_device.entry_row(LAST_NARRATIVE).get_by_text("No. 3", exact=True)).to_be_visible()

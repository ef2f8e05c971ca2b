"""Two devices that could not sync: both changes are kept, nothing is overwritten, and numbers do not change."""

import json
import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "He stood at the bus stop."


def _change_words(keeper: BrowserKeeper, text: str) -> None:
    keeper.open_entry(NARRATIVE)
    keeper.tap("Change the words or the time")
    keeper.field("What happened?").fill(text)
    keeper.tap("Save")
    expect(keeper.page.get_by_role("article").get_by_text(text).first).to_be_visible()


def test_changes_of_two_offline_devices_are_both_kept(new_phone: NewPhone) -> None:
    """Both devices change the same entry offline and add one.

    Every version and entry is on both afterwards, and the keeper merges.
    """
    phone, desk = new_phone(), new_phone()
    phone.create_registered_diary(NARRATIVE)
    desk.sign_in(phone.login, phone.passphrase)
    desk.open_entry(NARRATIVE)
    for device in (phone, desk):
        device.wait_until_offline_ready()
        device.page.context.set_offline(True)
    _change_words(phone, NARRATIVE + " The phone says until nine.")
    _change_words(desk, NARRATIVE + " The desk says until ten.")
    phone.add_entry("Only on the phone.")
    desk.add_entry("Only on the desk.")
    for device in (phone, desk):
        device.page.context.set_offline(False)
        device.lock()
        device.unlock()
        device.wait_for_entry_count(2 if device is phone else 3)
    phone.lock()
    phone.unlock()
    for device in (phone, desk):
        device.wait_for_entry_count(3)
        expect(device.entry_state("Only on the phone.")).to_have_text(KEPT_SAFE_PATTERN)
        expect(device.entry_state("Only on the desk.")).to_have_text(KEPT_SAFE_PATTERN)
        expect(device.entry_row(NARRATIVE).get_by_text("No. 1", exact=True)).to_be_visible()
        device.entry_row(NARRATIVE).get_by_role("button").click()
        device.tap("Everything you saved, with dates")
        history = device.page.locator(".history")
        expect(history).to_contain_text("The phone says until nine.")
        expect(history).to_contain_text("The desk says until ten.")
    numbers = [device.entry_row("Only on the phone.").count() for device in (phone, desk)]
    assert len(set(numbers)) == 1
    # The app merges nothing by itself: the keeper looks at both on one device, writes the result, and both devices show
    # it.
    phone.wait_for_text("Two of your devices changed this entry at the same time. Nothing was lost.")
    phone.tap("Look at both")
    assert accessibility_faults(phone.page) == []
    expect(phone.page.get_by_role("main")).to_contain_text("The phone says until nine.")
    expect(phone.page.get_by_role("main")).to_contain_text("The desk says until ten.")
    phone.field("Your words").fill(NARRATIVE + " Until ten.")
    phone.tap("Save as one")
    expect(phone.page.get_by_role("article").get_by_text(NARRATIVE + " Until ten.").first).to_be_visible()
    expect(phone.page.get_by_text("Two of your devices changed")).to_have_count(0)
    phone.wait_until_kept_safe(NARRATIVE)
    desk.lock()
    desk.unlock()
    desk.open_entry(NARRATIVE + " Until ten.")
    expect(desk.page.get_by_text("Two of your devices changed")).to_have_count(0)
    desk.tap("Everything you saved, with dates")
    for words in ("First version", "The phone says until nine.", "The desk says until ten.", "Both brought together"):
        expect(desk.page.locator(".history")).to_contain_text(words)


def _go_offline(*keepers: BrowserKeeper) -> None:
    for keeper in keepers:
        keeper.wait_until_offline_ready()
        keeper.page.context.set_offline(True)


def _go_online(*keepers: BrowserKeeper) -> None:
    for keeper in (*keepers, keepers[0]):
        keeper.page.context.set_offline(False)
        keeper.lock()
        keeper.unlock()


def _take_out(keeper: BrowserKeeper, text: str) -> None:
    keeper.open_entry(text)
    keeper.tap("Put this away")
    keeper.tap("Put it away")
    keeper.wait_for_text(re.compile("This entry was put away on"))


def _assert_every_version_has_a_receipt(server: LiveServer) -> None:
    """Assert that every version that was sent has its signed receipt."""
    pushes = [exchange for exchange in server.exchanges_with(r"/versions/", "PUT") if exchange.status in {200, 201}]
    assert pushes
    assert all(json.loads(exchange.response_body)["receipt"]["sig"] for exchange in pushes)


def test_an_entry_taken_out_on_one_device_and_changed_on_the_other_is_kept(
    new_phone: NewPhone, server: LiveServer
) -> None:
    """Offline, one device takes entries out, and the other changes one and adds another.

    Nothing vanishes, no number changes, and every receipt is valid.
    """
    phone, desk = new_phone(), new_phone()
    phone.create_registered_diary(NARRATIVE)
    phone.add_entry("The second one.")
    phone.wait_until_kept_safe("The second one.")
    desk.sign_in(phone.login, phone.passphrase)
    desk.wait_for_entry_count(2)
    _go_offline(phone, desk)
    _take_out(phone, NARRATIVE)
    _take_out(phone, "The second one.")
    phone.add_entry("Third, on the phone.")
    _change_words(desk, NARRATIVE + " He stayed.")
    desk.add_entry("Fourth, on the desk.")
    # Numbers follow the order in which the server receives new entries: the phone's is to come first.
    _go_online(phone)
    phone.wait_until_kept_safe("Third, on the phone.")
    _go_online(desk, phone)
    for device in (phone, desk):
        device.wait_for_entry_count(3)  # the entry that the other device changed is back, and only that
        expect(device.entry_row(NARRATIVE).get_by_text("No. 1", exact=True)).to_be_visible()
        expect(device.entry_row("Third, on the phone.").get_by_text("No. 3", exact=True)).to_be_visible()
        expect(device.entry_row("Fourth, on the desk.").get_by_text("No. 4", exact=True)).to_be_visible()
        for text in (NARRATIVE, "Third", "Fourth"):
            expect(device.entry_state(text)).to_have_text(KEPT_SAFE_PATTERN)
        expect(device.page.get_by_text(re.compile("has not arrived|does not match"))).to_have_count(0)
    desk.open_entry(NARRATIVE + " He stayed.")
    desk.tap("Look at both")
    desk.wait_for_text("On one device it was put away.")
    desk.tap("Keep it in")
    expect(desk.page.get_by_role("article").get_by_text("He stayed.").first).to_be_visible()
    expect(desk.page.get_by_text("Two of your devices changed")).to_have_count(0)
    desk.tap("Everything you saved, with dates")
    for words in ("First version", "Put away", "He stayed."):
        expect(desk.page.locator(".history")).to_contain_text(words)
    desk.go_to_tab("More")
    desk.tap("Put away")
    desk.tap("Put it back")
    desk.wait_for_entry_count(4)
    expect(desk.entry_row("The second one.").get_by_text("No. 2", exact=True)).to_be_visible()
    _go_online(desk, phone)
    phone.wait_for_entry_count(4)
    expect(phone.entry_row("The second one.").get_by_text("No. 2", exact=True)).to_be_visible()
    expect(phone.entry_state("The second one.")).to_have_text(KEPT_SAFE_PATTERN)
    _assert_every_version_has_a_receipt(server)


def _add_picture(keeper: BrowserKeeper, name: str, seed: int) -> None:
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file(name, "image/png", make_png(seed))])
    keeper.wait_for_file(name)


def test_files_of_both_versions_are_shown_until_one_is_chosen(new_phone: NewPhone) -> None:
    """While two versions of an entry stand, both phones show the files of both, and which version has which.

    No file counts as being in no entry meanwhile. Once the keeper has chosen, the entry has all of them.
    """
    phone, desk = new_phone(), new_phone()
    phone.create_registered_diary(NARRATIVE)
    _add_picture(phone, "before.png", 1)
    phone.wait_until_kept_safe(NARRATIVE)
    desk.sign_in(phone.login, phone.passphrase)
    desk.wait_until_kept_safe(NARRATIVE)
    _go_offline(phone, desk)
    _add_picture(phone, "gate.png", 2)
    _change_words(phone, NARRATIVE + " The phone says until nine.")
    _add_picture(desk, "bell.png", 3)
    _change_words(desk, NARRATIVE + " The desk says until ten.")
    _go_online(phone, desk)
    for device, gate, bell in ((phone, "this phone", "another device"), (desk, "another device", "this phone")):
        device.open_entry(NARRATIVE)
        device.wait_for_text("Two of your devices changed this entry at the same time. Nothing was lost.")
        tiles = device.page.get_by_role("article").locator(".tiles").first.get_by_role("listitem")
        expect(tiles).to_have_count(3)
        expect(tiles.filter(has=device.file_tile("gate.png"))).to_contain_text(f"In the version from {gate},")
        expect(tiles.filter(has=device.file_tile("bell.png"))).to_contain_text(f"In the version from {bell},")
        expect(tiles.filter(has=device.file_tile("before.png"))).to_contain_text("In every version")
        assert accessibility_faults(device.page) == []
        device.file_tile("gate.png").first.click()
        expect(device.page.get_by_role("main").get_by_role("button", name="No. 1", exact=True)).to_be_visible()
        device.go_to_tab("More")
        device.tap(re.compile("^Unattached files"), exact=False)
        device.wait_for_text("Every file is in an entry.")
        device.go_to_tab("Entries")
        expect(device.entry_row(NARRATIVE)).to_contain_text("3 files")
    phone.open_entry(NARRATIVE)
    phone.tap("Look at both")
    phone.wait_for_text("All of them stay. You do not have to choose.")
    phone.wait_for_file("bell.png")
    phone.tap("Save as one")
    expect(phone.page.get_by_text("In the version from")).to_have_count(0)
    expect(phone.page.get_by_role("article").locator(".tiles").first.get_by_role("listitem")).to_have_count(3)

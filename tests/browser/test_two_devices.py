"""Two devices that could not sync: both changes are kept, nothing is overwritten, and numbers do not change."""

import json
import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.serving import Served

FIRST = "He stood at the bus stop."


def _change_words(keeper: Keeper, text: str) -> None:
    keeper.reads(FIRST)
    keeper.tap("Change the words or the time")
    keeper.field("What happened?").fill(text)
    keeper.tap("Save")
    expect(keeper.page.get_by_role("article").get_by_text(text).first).to_be_visible()


def test_changes_of_two_offline_devices_are_both_kept(new_phone: NewPhone) -> None:
    """Both devices change the same entry offline and add one:
    every version and entry is on both afterwards, and the keeper merges.
    """
    phone, desk = new_phone(), new_phone()
    phone.begins(FIRST)
    desk.signs_in(phone.login, phone.words)
    desk.reads(FIRST)
    for device in (phone, desk):
        device.is_offline_ready()
        device.page.context.set_offline(True)
    _change_words(phone, FIRST + " The phone says until nine.")
    _change_words(desk, FIRST + " The desk says until ten.")
    phone.adds("Only on the phone.")
    desk.adds("Only on the desk.")
    for device in (phone, desk):
        device.page.context.set_offline(False)
        device.locks()
        device.unlocks()
        device.entries(2 if device is phone else 3)
    phone.locks()
    phone.unlocks()
    for device in (phone, desk):
        device.entries(3)
        expect(device.state_of("Only on the phone.")).to_have_text(KEPT)
        expect(device.state_of("Only on the desk.")).to_have_text(KEPT)
        expect(device.row(FIRST).get_by_text("No. 1", exact=True)).to_be_visible()
        device.row(FIRST).get_by_role("button").click()
        device.tap("Everything you saved, with dates")
        history = device.page.locator(".history")
        expect(history).to_contain_text("The phone says until nine.")
        expect(history).to_contain_text("The desk says until ten.")
    numbers = [device.row("Only on the phone.").count() for device in (phone, desk)]
    assert len(set(numbers)) == 1
    # The app merges nothing by itself:
    # the keeper looks at both on one device, writes the result, and both devices show it.
    phone.sees("Two of your devices changed this entry at the same time. Nothing was lost.")
    phone.tap("Look at both")
    assert faults(phone.page) == []
    expect(phone.page.get_by_role("main")).to_contain_text("The phone says until nine.")
    expect(phone.page.get_by_role("main")).to_contain_text("The desk says until ten.")
    phone.field("Your words").fill(FIRST + " Until ten.")
    phone.tap("Save as one")
    expect(phone.page.get_by_role("article").get_by_text(FIRST + " Until ten.").first).to_be_visible()
    expect(phone.page.get_by_text("Two of your devices changed")).to_have_count(0)
    phone.is_kept_safe(FIRST)
    desk.locks()
    desk.unlocks()
    desk.reads(FIRST + " Until ten.")
    expect(desk.page.get_by_text("Two of your devices changed")).to_have_count(0)
    desk.tap("Everything you saved, with dates")
    for words in ("First version", "The phone says until nine.", "The desk says until ten.", "Both brought together"):
        expect(desk.page.locator(".history")).to_contain_text(words)


def _go_offline(*keepers: Keeper) -> None:
    for keeper in keepers:
        keeper.is_offline_ready()
        keeper.page.context.set_offline(True)


def _go_online(*keepers: Keeper) -> None:
    for keeper in (*keepers, keepers[0]):
        keeper.page.context.set_offline(False)
        keeper.locks()
        keeper.unlocks()


def _take_out(keeper: Keeper, text: str) -> None:
    keeper.reads(text)
    keeper.tap("Take out or erase")
    keeper.tap("Take it out")
    keeper.sees(re.compile("This entry was taken out on"))


def _every_version_has_a_receipt(server: Served) -> None:
    """Every version that was sent has its signed receipt."""
    pushes = [exchange for exchange in server.to(r"/versions/", "PUT") if exchange.status in {200, 201}]
    assert pushes
    assert all(json.loads(exchange.response)["receipt"]["sig"] for exchange in pushes)


def test_an_entry_taken_out_on_one_device_and_changed_on_the_other_is_kept(new_phone: NewPhone, server: Served) -> None:
    """Offline, one device takes entries out while the other changes one and adds another:
    nothing vanishes, no number changes, every receipt is valid.
    """
    phone, desk = new_phone(), new_phone()
    phone.begins(FIRST)
    phone.adds("The second one.")
    phone.is_kept_safe("The second one.")
    desk.signs_in(phone.login, phone.words)
    desk.entries(2)
    _go_offline(phone, desk)
    _take_out(phone, FIRST)
    _take_out(phone, "The second one.")
    phone.adds("Third, on the phone.")
    _change_words(desk, FIRST + " He stayed.")
    desk.adds("Fourth, on the desk.")
    _go_online(phone, desk)
    for device in (phone, desk):
        device.entries(3)  # the entry that the other device changed is back, and only that
        expect(device.row(FIRST).get_by_text("No. 1", exact=True)).to_be_visible()
        expect(device.row("Third, on the phone.").get_by_text("No. 3", exact=True)).to_be_visible()
        expect(device.row("Fourth, on the desk.").get_by_text("No. 4", exact=True)).to_be_visible()
        for text in (FIRST, "Third", "Fourth"):
            expect(device.state_of(text)).to_have_text(KEPT)
        expect(device.page.get_by_text(re.compile("has not arrived|does not match"))).to_have_count(0)
    desk.reads(FIRST + " He stayed.")
    desk.tap("Look at both")
    desk.sees("On one device it was taken out.")
    desk.tap("Keep it in")
    expect(desk.page.get_by_role("article").get_by_text("He stayed.").first).to_be_visible()
    expect(desk.page.get_by_text("Two of your devices changed")).to_have_count(0)
    desk.tap("Everything you saved, with dates")
    for words in ("First version", "Taken out", "He stayed."):
        expect(desk.page.locator(".history")).to_contain_text(words)
    desk.goes("More")
    desk.tap("Taken out")
    desk.tap("Put it back")
    desk.entries(4)
    expect(desk.row("The second one.").get_by_text("No. 2", exact=True)).to_be_visible()
    _go_online(desk, phone)
    phone.entries(4)
    expect(phone.row("The second one.").get_by_text("No. 2", exact=True)).to_be_visible()
    expect(phone.state_of("The second one.")).to_have_text(KEPT)
    _every_version_has_a_receipt(server)

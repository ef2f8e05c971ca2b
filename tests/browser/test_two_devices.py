"""Two devices that could not see each other: both are kept, nothing is overwritten, numbers do not move."""

import json
import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.serving import Served

FIRST = "He stood at the bus stop."


def _changes_words(keeper: Keeper, text: str) -> None:
    keeper.reads(FIRST)
    keeper.tap("Change the words or the time")
    keeper.field("What happened?").fill(text)
    keeper.tap("Save")
    expect(keeper.page.get_by_role("article").get_by_text(text).first).to_be_visible()


def test_both_offline_both_kept(new_phone: NewPhone) -> None:
    """Both change the same entry and add one: every version and entry stands afterwards, on both."""
    phone, desk = new_phone(), new_phone()
    phone.begins(FIRST)
    desk.signs_in(phone.login, phone.words)
    desk.reads(FIRST)
    for one in (phone, desk):
        one.is_offline_ready()
        one.page.context.set_offline(True)
    _changes_words(phone, FIRST + " The phone says until nine.")
    _changes_words(desk, FIRST + " The desk says until ten.")
    phone.adds("Only on the phone.")
    desk.adds("Only on the desk.")
    for one in (phone, desk):
        one.page.context.set_offline(False)
        one.locks()
        one.unlocks()
        one.entries(2 if one is phone else 3)
    phone.locks()
    phone.unlocks()
    for one in (phone, desk):
        one.entries(3)
        expect(one.state_of("Only on the phone.")).to_have_text(KEPT)
        expect(one.state_of("Only on the desk.")).to_have_text(KEPT)
        expect(one.row(FIRST).get_by_text("No. 1", exact=True)).to_be_visible()
        one.row(FIRST).get_by_role("button").click()
        one.tap("Everything you saved, with dates")
        history = one.page.locator(".history")
        expect(history).to_contain_text("The phone says until nine.")
        expect(history).to_contain_text("The desk says until ten.")
    numbers = [one.row("Only on the phone.").count() for one in (phone, desk)]
    assert len(set(numbers)) == 1
    # Nothing is settled by a machine: on one of them the keeper looks, says how it shall stand, and both see that.
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


def _offline(*keepers: Keeper) -> None:
    for one in keepers:
        one.is_offline_ready()
        one.page.context.set_offline(True)


def _online(*keepers: Keeper) -> None:
    for one in (*keepers, keepers[0]):
        one.page.context.set_offline(False)
        one.locks()
        one.unlocks()


def _takes_out(keeper: Keeper, text: str) -> None:
    keeper.reads(text)
    keeper.tap("Take out or erase")
    keeper.tap("Take it out")
    keeper.sees(re.compile("This entry was taken out on"))


def _lines_hold(server: Served) -> None:
    """Every version that was sent got its signed receipt."""
    pushes = [one for one in server.to(r"/versions/", "PUT") if one.status in {200, 201}]
    assert pushes
    assert all(json.loads(one.response)["receipt"]["sig"] for one in pushes)


def test_taken_out_here_and_written_on_there(new_phone: NewPhone, server: Served) -> None:
    """Offline, one takes entries out while the other adds and writes on: nothing vanishes, no number moves, each line holds."""
    phone, desk = new_phone(), new_phone()
    phone.begins(FIRST)
    phone.adds("The second one.")
    phone.is_kept_safe("The second one.")
    desk.signs_in(phone.login, phone.words)
    desk.entries(2)
    _offline(phone, desk)
    _takes_out(phone, FIRST)
    _takes_out(phone, "The second one.")
    phone.adds("Third, on the phone.")
    _changes_words(desk, FIRST + " He stayed.")
    desk.adds("Fourth, on the desk.")
    _online(phone, desk)
    for one in (phone, desk):
        one.entries(3)  # what was written on elsewhere is back, and only that
        expect(one.row(FIRST).get_by_text("No. 1", exact=True)).to_be_visible()
        expect(one.row("Third, on the phone.").get_by_text("No. 3", exact=True)).to_be_visible()
        expect(one.row("Fourth, on the desk.").get_by_text("No. 4", exact=True)).to_be_visible()
        for text in (FIRST, "Third", "Fourth"):
            expect(one.state_of(text)).to_have_text(KEPT)
        expect(one.page.get_by_text(re.compile("has not arrived|does not match"))).to_have_count(0)
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
    _online(desk, phone)
    phone.entries(4)
    expect(phone.row("The second one.").get_by_text("No. 2", exact=True)).to_be_visible()
    expect(phone.state_of("The second one.")).to_have_text(KEPT)
    _lines_hold(server)

"""Taking out, putting back, erasing after seven days, and hold: on one phone, on two, and on a new one."""

import re
import sqlite3
import time

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.serving import Served

TEXT = "He was at the gate."
GONE = "This one shall go."
LAST = "And one more."
DAY = 24 * 60 * 60


def _take_out(keeper: Keeper, text: str) -> None:
    keeper.reads(text)
    keeper.tap("Take out or erase")
    assert faults(keeper.page) == []
    keeper.tap("Take it out")
    keeper.sees(re.compile("This entry was taken out on"))


def _ask_to_erase(keeper: Keeper, words: str | None = None) -> None:
    keeper.tap("Erase it for good")
    keeper.field("Type your words to go on").fill(keeper.words if words is None else words)
    keeper.tap("Erase it in seven days")


def _let_days_pass(keeper: Keeper, days: int) -> None:
    keeper.page.clock.set_fixed_time(keeper.page.evaluate("Date.now()") / 1000 + days * DAY)
    keeper.page.wait_for_timeout(50)


def _open_taken_out(keeper: Keeper) -> None:
    keeper.goes("More")
    keeper.tap("Taken out")
    keeper.sees_place("Taken out")


def _check_hold(keeper: Keeper) -> None:
    """While hold is on, nothing can be erased, and a waiting erasure is cancelled.
    Hold ends some days after it is turned off.
    """
    keeper.goes("More")
    keeper.tap(re.compile("^Hold"), exact=False)
    keeper.tap("Turn hold on")
    keeper.sees("Say who asked.")
    keeper.field("Who asked?").fill("PC Hall")
    keeper.field("Their reference").fill("CAD 12")
    keeper.tap("Turn hold on")
    keeper.sees(re.compile("Hold is on since"))
    assert faults(keeper.page) == []
    expect(keeper.page.get_by_text(re.compile("will be erased for good"))).to_have_count(0)
    _open_taken_out(keeper)
    keeper.page.get_by_text(GONE).click()
    _ask_to_erase(keeper)
    expect(keeper.problem().first).to_contain_text("Hold is on, so nothing can be erased for good.")
    keeper.goes("More")
    keeper.tap(re.compile("^Hold"), exact=False)
    keeper.tap("Turn hold off")
    keeper.field("Type your words to go on").fill(keeper.words)
    keeper.page.get_by_role("dialog").get_by_role("button", name="Turn hold off").click()
    keeper.sees(re.compile("Hold goes off on"))
    _open_taken_out(keeper)
    keeper.page.get_by_text(GONE).click()
    _ask_to_erase(keeper)
    expect(keeper.problem().first).to_contain_text("Hold is on")


def test_an_entry_only_on_this_phone_is_erased(keeper: Keeper) -> None:
    """Erasing needs the words, seven days, and the words again; hold prevents it; the number is never reused."""
    keeper.opens()
    keeper.first_entry(TEXT)
    keeper.puts_off_the_copy()
    keeper.adds(GONE)
    _take_out(keeper, GONE)
    _ask_to_erase(keeper, "these are not the words")
    expect(keeper.problem().first).to_contain_text("Those are not the words")
    _ask_to_erase(keeper)
    keeper.sees(re.compile("This entry will be erased for good on"))
    keeper.goes("Add")
    keeper.sees(re.compile("One entry will be erased for good on"))
    keeper.page.reload()
    keeper.unlocks()
    keeper.sees(re.compile("One entry will be erased for good on"))

    _check_hold(keeper)
    _let_days_pass(keeper, 8)
    keeper.unlocks_if_locked()
    _open_taken_out(keeper)
    keeper.page.get_by_text(GONE).click()
    _ask_to_erase(keeper)
    keeper.sees(re.compile("This entry will be erased for good on"))
    _let_days_pass(keeper, 8)
    keeper.unlocks_if_locked()
    _open_taken_out(keeper)
    keeper.page.get_by_text(GONE).click()
    keeper.tap("Erase it now")
    keeper.field("Type your words to go on").fill(keeper.words)
    keeper.page.get_by_role("dialog").get_by_role("button", name="Erase it now").click()
    keeper.sees_place("Taken out")
    keeper.sees(re.compile("^Erased for good on"))
    expect(keeper.page.get_by_text(GONE)).to_have_count(0)
    assert faults(keeper.page) == []
    keeper.adds(LAST)
    keeper.goes("Entries")
    expect(keeper.row(LAST).get_by_text("No. 3", exact=True)).to_be_visible()


def _seven_days_pass_for(server: Served) -> None:
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


def test_an_entry_is_erased_on_every_device(new_phone: NewPhone, server: Served) -> None:
    """An erasure is seen and stopped on the other device;
    asked again, the entry is gone from both; a new phone keeps the numbers.
    """
    phone, desk = new_phone(), new_phone()
    phone.begins(TEXT)
    phone.adds(GONE)
    phone.is_kept_safe(GONE)
    phone.adds(LAST)
    phone.is_kept_safe(LAST)
    desk.signs_in(phone.login, phone.words)
    desk.entries(3)
    _take_out(phone, GONE)
    expect(phone.page.locator(".state").first).to_contain_text("Kept safe")
    _ask_to_erase(phone)
    phone.sees(re.compile("This entry will be erased for good on"))
    desk.locks()
    desk.unlocks()
    desk.sees(re.compile("One entry will be erased for good on"))
    desk.tap("Look")
    desk.page.get_by_text(GONE).click()
    desk.tap("Do not erase it")
    expect(desk.page.get_by_text(re.compile("will be erased for good"))).to_have_count(0)
    phone.locks()
    phone.unlocks()
    expect(phone.page.get_by_text(re.compile("will be erased for good"))).to_have_count(0)
    _open_taken_out(phone)
    phone.page.get_by_text(GONE).click()
    _ask_to_erase(phone)
    phone.sees(re.compile("This entry will be erased for good on"))
    desk.locks()
    desk.unlocks()
    desk.sees(re.compile("One entry will be erased for good on"))
    for device in (phone, desk):
        device.locks()
    _seven_days_pass_for(server)
    for device in (phone, desk):
        device.unlocks()
        expect(device.page.get_by_text(re.compile("will be erased for good"))).to_have_count(0)
        _open_taken_out(device)
        device.sees(re.compile("^Erased for good on"))
        expect(device.page.get_by_text(GONE)).to_have_count(0)
        device.entries(2)
        expect(device.row(LAST).get_by_text("No. 3", exact=True)).to_be_visible()
    fresh = new_phone()
    fresh.signs_in(phone.login, phone.words)
    fresh.entries(2)
    expect(fresh.row(TEXT).get_by_text("No. 1", exact=True)).to_be_visible()
    expect(fresh.row(LAST).get_by_text("No. 3", exact=True)).to_be_visible()

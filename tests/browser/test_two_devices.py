"""Two devices that could not see each other: both are kept, nothing is overwritten, numbers do not move."""

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import KEPT, Keeper

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

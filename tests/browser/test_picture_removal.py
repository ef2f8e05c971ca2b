"""Pictures that must not be stored: a question before the first one, words instead, and removal at once."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "Someone sent me a picture."
RECORDS_PER_PICTURE = 3


def _count_records(keeper: BrowserKeeper) -> int:
    """Return how many sealed records this phone stores."""
    count: int = keeper.page.evaluate(
        """() => new Promise((done, failed) => {
            indexedDB.databases().then(([{ name }]) => {
                const asked = indexedDB.open(name);
                asked.onerror = failed;
                asked.onsuccess = () => {
                    const { result } = asked;
                    const count = result.transaction('a').objectStore('a').count();
                    count.onsuccess = () => { result.close(); done(count.result); };
                };
            });
        })"""
    )
    return count


def test_the_app_asks_once_and_takes_words_instead(keeper: BrowserKeeper) -> None:
    """The question appears before the first picture, once while the diary is open.

    After "yes", the screen lists what helps, in order, and takes words instead.
    """
    keeper.create_registered_diary(NARRATIVE)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.tap("Choose from photos")
    keeper.wait_for_text("Is it a sexual picture of someone under 18, even of you?")
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Yes, or it may be")
    dialog = keeper.page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("You have done nothing wrong.")
    text = dialog.inner_text()
    order = [
        "You have done nothing wrong",
        "Don’t add it here, and don’t send it",
        "Report Remove",
        "If you are an adult",
    ]
    assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)
    assert "Use Report Remove first, before you delete anything." in text
    assert accessibility_faults(keeper.page) == []
    keeper.field("What it showed, in words").fill("A picture of me from school, from @nice.blue.coat, on Monday.")
    keeper.tap("Keep these words")
    expect(keeper.page.get_by_role("article").get_by_text("A picture of me from school").first).to_be_visible()
    keeper.pick_files([picker_file("chat.png", "image/png", make_png(3))])
    keeper.wait_for_file("chat.png")
    assert keeper.button("Choose from photos").get_attribute("aria-haspopup") is None, "asked once"
    keeper.lock()
    keeper.unlock()
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    assert keeper.button("Choose from photos").get_attribute("aria-haspopup") == "dialog", "and once more after a lock"


def test_a_picture_added_by_mistake_is_removed_at_once(new_phone: NewPhone) -> None:
    """With the words, a picture is removed from the phone at once, also offline.

    Online, it is removed from the server and the other device too.
    """
    phone = new_phone()
    phone.create_registered_diary(NARRATIVE)
    phone.open_entry(NARRATIVE)
    phone.open_card("Photos & screenshots")
    before = _count_records(phone)
    phone.pick_files([picker_file("wrong.png", "image/png", make_png(5))])
    phone.wait_for_file("wrong.png")
    phone.wait_until_kept_safe(NARRATIVE)
    desk = new_phone()
    desk.sign_in(phone.login, phone.passphrase)
    desk.open_entry(NARRATIVE)
    desk.wait_for_file("wrong.png")
    phone.open_entry(NARRATIVE)
    phone.page.context.set_offline(True)
    phone.file_tile("wrong.png").first.click()
    phone.tap("Show the picture")
    phone.page.get_by_role("button", name=re.compile("^It is a sexual picture of someone under 18")).click()
    phone.wait_for_text("You have done nothing wrong.")
    assert accessibility_faults(phone.page) == []
    phone.field("Type your password to go on").fill("not these words at all")
    phone.tap("Delete it for good now")
    phone.wait_for_text("That is not the password that opens this phone.")
    phone.page.get_by_role("button", name=re.compile("^It is a sexual picture of someone under 18")).click()
    phone.field("Type your password to go on").fill(phone.passphrase)
    records = _count_records(phone)
    phone.tap("Delete it for good now")
    phone.wait_for_screen("A file was deleted for good")
    expect(phone.page.locator("img")).to_have_count(0)
    assert accessibility_faults(phone.page) == []
    assert _count_records(phone) <= records - RECORDS_PER_PICTURE
    assert _count_records(phone) < records
    phone.open_entry(NARRATIVE)
    expect(phone.file_tile("wrong.png")).to_have_count(0)
    phone.wait_for_text(re.compile("^A file was deleted for good"))
    expect(phone.button("Put it back")).to_have_count(0)
    phone.page.context.set_offline(False)
    phone.wait_until_kept_safe(NARRATIVE)
    desk.page.reload()
    desk.unlock()
    desk.open_entry(NARRATIVE)
    expect(desk.file_tile("wrong.png")).to_have_count(0)
    new_device = new_phone()
    new_device.sign_in(phone.login, phone.passphrase)
    new_device.open_entry(NARRATIVE)
    expect(new_device.file_tile("wrong.png")).to_have_count(0)
    expect(new_device.page.locator(".state-trouble")).to_have_count(0)
    assert before > 0

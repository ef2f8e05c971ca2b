"""The password is typed with few letters: words of the list to tap, and no care for capitals and spaces."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper

NARRATIVE = "He waited outside."
OWN_PASSWORD = "Contains my own words about Prague"
LIST_FILE = "/static/vendor/words-en.js"
WORDS_WITH_ACT = ["act", "action", "actor", "actress", "actual"]


def make_diary(keeper: BrowserKeeper, password: str | None = None) -> None:
    """Write the first entry, with the suggested words or with `password`, and lock."""
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    keeper.type_narrative(NARRATIVE)
    keeper.choose_time("Yesterday")
    keeper.tap("Save")
    keeper.choose_passphrase(password)
    keeper.postpone_copy()
    keeper.lock()
    keeper.wait_for_lock()


def offers(keeper: BrowserKeeper) -> Locator:
    """Return the words to tap."""
    return keeper.page.get_by_role("option")


def type_letters(keeper: BrowserKeeper, letters: str) -> None:
    """Type letters where the focus is."""
    keeper.page.keyboard.type(letters)


def show_text(keeper: BrowserKeeper) -> None:
    """Tap the field, and show what is typed."""
    password_field(keeper).click()
    keeper.tap("Show")
    expect(password_field(keeper)).to_have_attribute("type", "text")


def password_field(keeper: BrowserKeeper) -> Locator:
    """Return the password field of the lock."""
    return keeper.field("Your password")


def without_spaces(words: str) -> str:
    """Return the words without the spaces between them."""
    return words.replace(" ", "")


def list_requests(server: LiveServer) -> list[str]:
    """Return the requests for the list."""
    return [exchange.path for exchange in server.exchanges if exchange.path == LIST_FILE]


def type_with_offers(keeper: BrowserKeeper) -> None:
    """Type three letters of each word and tap the word."""
    typed = ""
    for word in keeper.passphrase.split():
        type_letters(keeper, word[:3])
        if len(word) == 3 and offers(keeper).count() == 0:
            type_letters(keeper, " ")  # nothing else begins so
        else:
            offers(keeper).get_by_text(word, exact=True).click()
        typed += f"{word} "
        expect(password_field(keeper)).to_have_value(typed)
        expect(password_field(keeper)).to_be_focused()


def test_three_letters_and_a_tap_for_each_word_open_the_diary(keeper: BrowserKeeper) -> None:
    """Six times three letters and a tap, with no capital and no space typed, open the diary."""
    make_diary(keeper)
    show_text(keeper)
    type_with_offers(keeper)
    keeper.tap("Open")
    keeper.wait_for_screen("What happened?")
    keeper.open_entry(NARRATIVE)


def test_the_words_are_offered_without_a_network(keeper: BrowserKeeper) -> None:
    """After a reload without a network the list is there, and the six words open the diary."""
    make_diary(keeper)
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    keeper.page.reload()
    keeper.wait_for_lock()
    show_text(keeper)
    type_with_offers(keeper)
    keeper.tap("Open")
    keeper.wait_for_screen("What happened?")


@pytest.mark.parametrize("write", [str.upper, str.title, without_spaces])
def test_capitals_and_spaces_do_not_matter(keeper: BrowserKeeper, write: Callable[[str], str]) -> None:
    """The six words open with capitals, and without the spaces."""
    make_diary(keeper)
    keeper.try_passphrase(write(keeper.passphrase))
    keeper.wait_for_screen("What happened?")
    keeper.open_entry(NARRATIVE)


def test_the_first_save_locks_with_the_words_as_shown(keeper: BrowserKeeper) -> None:
    """Typed without spaces at the first Save, the six words open as they were shown."""
    keeper.open_without_diary()
    keeper.confirm_phone_is_safe()
    keeper.type_narrative(NARRATIVE)
    keeper.choose_time("Yesterday")
    keeper.tap("Save")
    suggested = keeper.page.get_by_role("list", name="Six words you could use").get_by_role("listitem")
    expect(suggested.first).not_to_have_text("••••••")
    words = suggested.all_inner_texts()
    keeper.field("Type your password").fill("".join(words).title())
    keeper.tap("Save with this password")
    keeper.wait_for_screen(keeper.copy_offer)
    keeper.postpone_copy()
    keeper.lock()
    keeper.try_passphrase(" ".join(words))
    keeper.wait_for_screen("What happened?")


def test_a_password_of_own_words_opens_as_before(keeper: BrowserKeeper) -> None:
    """Words of one's own are typed while words are offered; Enter takes none of them and opens the diary."""
    make_diary(keeper, OWN_PASSWORD)
    show_text(keeper)
    type_letters(keeper, OWN_PASSWORD)
    expect(password_field(keeper)).to_have_value(OWN_PASSWORD)
    keeper.page.keyboard.press("Enter")
    keeper.wait_for_screen("What happened?")
    keeper.open_entry(NARRATIVE)


def test_the_offers_tell_nothing_of_the_password(keeper: BrowserKeeper) -> None:
    """A diary under words of one's own offers exactly what the list has, and nothing that was typed before."""
    make_diary(keeper, OWN_PASSWORD)
    show_text(keeper)
    type_letters(keeper, "act")
    expect(offers(keeper)).to_have_text(WORDS_WITH_ACT)
    type_letters(keeper, " Pra")
    expect(offers(keeper)).to_have_text(["practice", "praise"])
    type_letters(keeper, "g")
    expect(offers(keeper)).to_have_count(0)


def test_nothing_is_offered_while_the_text_is_covered(new_phone: NewPhone, server: LiveServer) -> None:
    """Over dots nothing is offered and the list is not even loaded. Covering the text takes the offers away."""
    keeper = new_phone()
    make_diary(keeper, OWN_PASSWORD)
    keeper.page.reload()
    keeper.wait_for_lock()
    before = len(list_requests(server))
    password_field(keeper).click()
    type_letters(keeper, "act")
    expect(password_field(keeper)).to_have_value("act")
    expect(password_field(keeper)).to_have_attribute("type", "password")
    keeper.wait_until_loaded()
    expect(offers(keeper)).to_have_count(0)
    assert len(list_requests(server)) == before
    assert "actress" not in keeper.page.content()
    keeper.tap("Show")
    expect(offers(keeper)).to_have_text(WORDS_WITH_ACT)
    keeper.tap("Cover")
    expect(offers(keeper)).to_have_count(0)
    expect(password_field(keeper)).to_have_attribute("type", "password")


@pytest.mark.parametrize("shown", [False, True])
def test_the_phone_keeps_and_suggests_nothing_of_its_own(keeper: BrowserKeeper, shown: bool) -> None:
    """Shown or covered, the field has the browser's and the keyboard's own helpers off."""
    make_diary(keeper)
    if shown:
        show_text(keeper)
    for name, value in {
        "autocomplete": "off",
        "autocorrect": "off",
        "autocapitalize": "none",
        "spellcheck": "false",
        "writingsuggestions": "false",
    }.items():
        expect(password_field(keeper)).to_have_attribute(name, value)
    assert keeper.page.locator("datalist").count() == 0


def test_a_second_tap_in_haste_opens_nothing(keeper: BrowserKeeper) -> None:
    """However many words are offered, nothing else moves: "Open" never comes to be where a word was tapped."""
    keeper.page.set_viewport_size({"width": 360, "height": 640})
    make_diary(keeper)
    show_text(keeper)
    before = keeper.button("Open").bounding_box()
    type_letters(keeper, "pro")
    expect(offers(keeper)).to_have_count(13)
    assert keeper.button("Open").bounding_box() == before
    assert keeper.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    keeper.page.keyboard.press("ArrowUp")
    expect(keeper.page.get_by_role("option", selected=True)).to_be_in_viewport()
    offers(keeper).first.dblclick()
    expect(password_field(keeper)).to_have_value("problem ")
    assert keeper.button("Open").bounding_box() == before
    expect(keeper.error_message()).to_have_count(0)


def test_words_are_chosen_by_keyboard_and_heard(keeper: BrowserKeeper) -> None:
    """The field is a combobox: arrows mark a word, Enter takes it, Escape closes, and Tab reaches the words."""
    make_diary(keeper)
    show_text(keeper)
    field = password_field(keeper)
    expect(field).to_have_role("combobox")
    expect(field).to_have_attribute("aria-expanded", "false")
    type_letters(keeper, "act")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(keeper.page.get_by_role("listbox", name="Words that fit")).to_be_visible()
    expect(keeper.page.get_by_role("status").filter(has_text="5 words fit")).to_have_count(1)
    assert accessibility_faults(keeper.page) == []
    keeper.page.keyboard.press("ArrowDown")
    keeper.page.keyboard.press("ArrowDown")
    marked = keeper.page.get_by_role("option", selected=True)
    expect(marked).to_have_text("action")
    marked_id = marked.get_attribute("id")
    assert marked_id
    expect(field).to_have_attribute("aria-activedescendant", marked_id)
    keeper.page.keyboard.press("Enter")
    expect(field).to_have_value("action ")
    type_letters(keeper, "act")
    keeper.page.keyboard.press("ArrowUp")
    expect(keeper.page.get_by_role("option", selected=True)).to_have_text("actual")
    keeper.page.keyboard.press("Escape")
    expect(offers(keeper)).to_have_count(0)
    type_letters(keeper, "o")
    expect(offers(keeper)).to_have_text(["actor"])
    keeper.page.keyboard.press("Tab")
    expect(offers(keeper)).to_be_focused()
    keeper.page.keyboard.press("Enter")
    expect(field).to_have_value("action actor ")
    expect(field).to_be_focused()
    keeper.page.keyboard.press("Tab")
    expect(keeper.button("Cover")).to_be_focused()


def test_the_page_that_asks_again_offers_words_too(keeper: BrowserKeeper) -> None:
    """The page of the short secret asks for the password, completes it, and takes it without spaces."""
    make_diary(keeper)
    keeper.unlock()
    keeper.open_lock_settings("A PIN for this app")
    keeper.tap("Set up a PIN")
    keeper.field("Type your password").click()
    keeper.button("Show").first.click()
    type_letters(keeper, "act")
    expect(offers(keeper)).to_have_text(WORDS_WITH_ACT)
    keeper.page.get_by_label("I have read this and want it all the same").check()
    keeper.field("Type your password").fill(without_spaces(keeper.passphrase))
    keeper.field("PIN").fill("274913")
    keeper.field("Type it once more").fill("274913")
    expect(offers(keeper)).to_have_count(0)
    keeper.tap("Turn it on")
    keeper.wait_for_text("On. This PIN opens your entries too.")


def test_the_page_of_the_short_secret_leads_back_first(keeper: BrowserKeeper) -> None:
    """On a small phone it is one screen: what a PIN opens, "Keep my password" first, and the form behind another."""
    keeper.page.set_viewport_size({"width": 360, "height": 640})
    make_diary(keeper)
    keeper.unlock()
    keeper.open_lock_settings("A PIN for this app")
    keeper.wait_for_text(
        "A PIN for this app opens everything in it. Someone who copies this phone could try every PIN on the copy. "
        "If anyone may take your phone, keep to your password."
    )
    expect(keeper.page.locator(".stack-wide .button").first).to_have_text("Keep my password")
    for name in ("Keep my password", "Set up a PIN"):
        expect(keeper.button(name)).to_be_in_viewport(ratio=1)
    assert keeper.page.evaluate("() => document.documentElement.scrollHeight < 2 * innerHeight")
    keeper.tap("Set up a PIN")
    expect(keeper.field("PIN")).to_be_visible()
    keeper.page.go_back()
    expect(keeper.field("PIN")).to_have_count(0)
    keeper.tap("Keep my password")
    keeper.wait_for_screen("Locking")
    keeper.tap(re.compile("^A PIN for this app"), exact=False)
    keeper.page.go_back()
    keeper.wait_for_screen("Locking")

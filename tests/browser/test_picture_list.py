"""The list of messages of a screenshot: read by the real engine, checked row by row, kept as a schedule."""

import re
import zipfile
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import save_pack
from tests.browser.pictures import make_png
from tests.browser.screens_of_chats import call, call_list, chat, draw_screen, heading, message, missed_call
from tests.browser.test_pages_on_phone import begin_pack
from tests.browser.test_picture_words import (
    BEGIN,
    READING_LIMIT_MS,
    add_pictures,
    draw_words,
    keeper_offline_ready,
    open_picture,
    pngs,
    readable,
)

CHAT = chat(
    heading("Today"),
    message("Where are you?", "left", "21:10"),
    message("Please do not come to my house", "right", "21:11"),
    message("I will be outside at 7", "left", "21:12"),
    missed_call("21:15"),
    message("Answer your phone", "left", "21:16"),
)
CALLS = call_list(
    heading("Today"),
    *(call("Sam Field", f"21:{minute}", "Missed") for minute in (52, 44, 31, 18)),
    call("Mum", "20:05", "Outgoing"),
)
MAKE = "Make a list of the messages"
GO_ON = "Go on with the list of the messages"


def read_picture(keeper: BrowserKeeper, name: str) -> None:
    """Let the phone read a picture, and wait until it offers the list."""
    open_picture(keeper, name)
    keeper.button(BEGIN).click()
    expect(keeper.button(MAKE)).to_be_visible(timeout=READING_LIMIT_MS)


def open_list(keeper: BrowserKeeper, name: str, phone: str = "Mine") -> None:
    """Read a picture and answer the questions before its rows."""
    read_picture(keeper, name)
    keeper.tap(MAKE)
    keeper.wait_for_screen("List of the messages")
    keeper.pick_chip(phone)
    keeper.field("Date of “Today”").fill("2026-11-23")


def row(keeper: BrowserKeeper, number: int) -> Locator:
    """Return one proposed row."""
    return keeper.page.get_by_role("listitem").filter(
        has=keeper.page.get_by_role("heading", name=re.compile(f"^Row {number} of"))
    )


def look_at_rows(keeper: BrowserKeeper) -> int:
    """Scroll through the rows as a person would, and return how many there are."""
    strips = keeper.page.get_by_role("img", name=re.compile("^The part of the picture"))
    expect(strips.first).to_be_visible()
    for number in range(strips.count()):
        strips.nth(number).evaluate("strip => strip.scrollIntoView({block: 'center'})")
        keeper.page.wait_for_timeout(1100)
    return strips.count()


def answer_row(keeper: BrowserKeeper, number: int, time: str, words: str) -> None:
    """Say for one row what the picture shows, where it is asked."""
    shown = row(keeper, number)
    if not shown.get_by_role("button", name=f"Row {number} is right").count():
        return
    for label, value in (("Time", time), ("Its words, exactly", words), ("What was it, in your words?", words)):
        field = shown.get_by_role("textbox", name=label, exact=True)
        if field.count():
            field.fill(value)
    shown.get_by_role("button", name=f"Row {number} is right").click()
    expect(shown.get_by_text("Checked")).to_be_visible()


def test_a_chat_is_read_checked_and_kept_offline(
    new_phone: NewPhone, browser: Browser, server: LiveServer, tmp_path: Path
) -> None:
    """Nothing is kept unseen, nothing leaves the phone, and what is kept is counted and in the pack, checked."""
    keeper = keeper_offline_ready(new_phone())
    add_pictures(keeper, pngs(chat=draw_screen(browser, CHAT, tmp_path), other=make_png(3)))
    keeper.go_to_tab("Entries")
    keeper.wait_until_kept_safe("He wrote again.")
    read_picture(keeper, "chat.png")
    requested: list[str] = []
    keeper.page.context.on("request", lambda request: requested.append(request.url))
    keeper.page.context.set_offline(True)
    keeper.tap(MAKE)
    keeper.wait_for_screen("List of the messages")
    # No question has an answer that somebody else gave.
    whose = keeper.page.get_by_role("group", name="Whose phone was this on?")
    expect(whose.get_by_role("radio", checked=True)).to_have_count(0)
    keeper.tap("Check the messages")
    keeper.wait_for_text("Answer the questions above first.")
    keeper.pick_chip("Mine")
    keeper.field("Date of “Today”").fill("2026-11-23")
    keeper.tap("Check the messages")
    keeper.wait_for_screen("Check each message")
    keep = keeper.button(re.compile(r"^Keep \d+ rows?$"))
    together = keeper.button(re.compile("^I looked"))
    expect(together).to_have_attribute("aria-disabled", "true")
    expect(keep).to_have_attribute("aria-disabled", "true")
    together.dispatch_event("click")
    keep.dispatch_event("click")
    expect(keeper.page.get_by_text("Checked", exact=True)).to_have_count(0)
    # A row in doubt is not among those that one button takes.
    assert look_at_rows(keeper) == 5
    expect(together).not_to_have_attribute("aria-disabled", "true")
    together.click()
    doubtful = keeper.page.get_by_text("Not clear: look at the picture").count()
    assert doubtful > 0
    assert keeper.page.get_by_text("Checked", exact=True).count() == 5 - doubtful
    expect(keep).to_have_attribute("aria-disabled", "true")
    # What is answered survives a lock.
    keeper.lock()
    assert "outside at 7" not in keeper.page.content()
    keeper.unlock()
    open_picture(keeper, "chat.png")
    keeper.tap(GO_ON)
    keeper.wait_for_screen("Check each message")
    assert keeper.page.get_by_text("Checked", exact=True).count() == 5 - doubtful
    for number, (time, words) in enumerate(
        [
            ("21:10", "Where are you?"),
            ("21:11", "Please do not come to my house"),
            ("21:12", "I will be outside at 7"),
            ("21:15", "Missed voice call"),
            ("21:16", "Answer your phone"),
        ],
        1,
    ):
        answer_row(keeper, number, time, words)
    keeper.pick_chip("Into a new entry")
    keeper.tap("Keep 5 rows")
    keeper.wait_for_text("5 rows kept, in 1 entry.")
    keeper.tap("See the entry")
    keeper.wait_for_text("1 missed call and 3 messages from Sam Field, 1 from me")
    assert [url for url in requested if not url.startswith((keeper.app_url, "blob:"))] == []
    # Once more: nothing is added, and it says so.
    open_picture(keeper, "chat.png")
    keeper.tap(MAKE)
    keeper.pick_chip("Mine")
    keeper.field("Date of “Today”").fill("2026-11-23")
    keeper.tap("Check the messages")
    expect(keeper.page.get_by_text("This is in your diary already.")).to_have_count(5)
    expect(keep).to_have_attribute("aria-disabled", "true")
    keeper.page.context.set_offline(False)
    assert not [one for one in server.exchanges if re.search(b"outside at 7", one.request_body or b"")]


def test_a_list_of_calls_counts_its_missed_calls_and_guesses_no_side(
    new_phone: NewPhone, browser: Browser, tmp_path: Path
) -> None:
    """On a phone that may be anybody's, each row waits for the keeper; on their own, missed calls came to them."""
    keeper = keeper_offline_ready(new_phone())
    add_pictures(keeper, pngs(calls=draw_screen(browser, CALLS, tmp_path)))
    open_list(keeper, "calls.png", "Not sure")
    keeper.wait_for_text("Then nobody can tell who sent what from the side alone.")
    keeper.tap("Check the messages")
    keeper.wait_for_screen("Check each message")
    keeper.wait_for_text("For 5 rows it is not clear which way they went.")
    expect(keeper.page.get_by_role("radio", checked=True)).to_have_count(0)
    row(keeper, 1).get_by_role("button", name="Row 1 is right").click()
    expect(row(keeper, 1).get_by_text("Say which way it went.")).to_be_visible()
    keeper.tap("Change my first answers")
    keeper.pick_chip("Mine")
    keeper.tap("Check the messages")
    look_at_rows(keeper)
    keeper.tap("I looked: all 4 are right")
    row(keeper, 5).get_by_role("radio", name="I called").check()
    row(keeper, 5).get_by_role("button", name="Row 5 is right").click()
    keeper.pick_chip("Into entry 1, which has this picture")
    keeper.tap("Keep 5 rows")
    keeper.wait_for_text("5 rows kept, in 1 entry.")
    keeper.tap("See the entry")
    keeper.tap(re.compile("^Messages and calls, one by one"))
    keeper.wait_for_text("4 missed calls from Sam Field, 1 call by me")


def test_a_pack_has_what_was_checked_and_nothing_that_was_left_out(
    new_phone: NewPhone, browser: Browser, tmp_path: Path
) -> None:
    """Foreign words are text. The pack says who read them and who checked them."""
    hostile = chat(
        heading("Today"),
        message("<b>zebrafinch</b> at your door", "left", "21:10"),
        message("I know about the parrot", "left", "21:11"),
    )
    keeper = keeper_offline_ready(new_phone())
    add_pictures(keeper, pngs(chat=draw_screen(browser, hostile, tmp_path)))
    open_list(keeper, "chat.png")
    keeper.pick_chip("WhatsApp")
    keeper.tap("Check the messages")
    expect(row(keeper, 1).get_by_text("zebrafinch").first).to_be_visible()
    assert keeper.page.locator("b", has_text="zebrafinch").count() == 0
    answer_row(keeper, 1, "21:10", "<b>zebrafinch</b> at your door")
    row(keeper, 2).get_by_role("button", name="Leave out row 2").click()
    keeper.pick_chip("Into entry 1, which has this picture")
    keeper.tap("Keep 1 row")
    keeper.wait_for_text("You left out 1 row.")
    keeper.go_to_tab("Entries")
    begin_pack(keeper, pictures=1)
    pack = save_pack(keeper, tmp_path)
    with zipfile.ZipFile(pack) as archive:
        members = {name: readable(name, archive.read(name)) for name in archive.namelist()}
    [exhibits] = [text for name, text in members.items() if name.endswith("04_exhibits.pdf")]
    words = " ".join(exhibits.split())
    assert re.search(r"Transcribed by software from \w+/1; checked against the picture by", words)
    assert "<b>zebrafinch</b> at your door" in words
    assert [name for name, text in members.items() if "parrot" in text] == []


def test_a_picture_without_messages_offers_no_list(new_phone: NewPhone) -> None:
    """A page of words has no rows, and says so."""
    keeper = keeper_offline_ready(new_phone())
    add_pictures(keeper, pngs(words=draw_words("zebrafinch", "Keep off the grass")))
    open_picture(keeper, "words.png")
    keeper.button(BEGIN).click()
    keeper.wait_for_text("No messages could be told apart in this picture.")
    expect(keeper.button(MAKE)).to_have_count(0)

"""A witness answers once: nine words, a page that reveals nothing before them, no account, and a keeper who reads."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Route, expect

from diary.crypto import witness_code
from tests.browser import chromium
from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "He waited by the bakery."
WITNESS_NOTE = "Tuesday evening at the tram stop."
STATEMENT = "He stood by the blue gate for ten minutes."
REVEALING_WORDS = re.compile(r"diary|stalk|witness|statement|evidence|police|harass", re.IGNORECASE)
STORAGE_STATE_SCRIPT = """async () => [localStorage.length, sessionStorage.length, document.cookie,
  (await indexedDB.databases()).length,
  (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length]"""


@contextmanager
def witness_browser(browser: Browser, **options: Any) -> Iterator[Page]:
    """Return the witness's browser, whose page may report only the error of the cut connection."""
    context = browser.new_context(**(chromium.PHONE_OPTIONS | options))
    context.set_default_timeout(chromium.TIMEOUT_MS)
    page, page_errors = context.new_page(), chromium.PageErrors()
    page_errors.listen(page)
    yield page
    assert [error for error in page_errors.messages if "ERR_INTERNET_DISCONNECTED" not in error] == []
    assert page.evaluate(STORAGE_STATE_SCRIPT) == [0, 0, "", 0, 0, 0]
    context.close()


def ask_witness(keeper: BrowserKeeper, note: str) -> str:
    """Ask a witness as the keeper. Return the nine words."""
    keeper.go_to_tab("Share")
    keeper.tap(re.compile("Ask someone who saw it"))
    keeper.wait_for_screen("Ask someone who saw it")
    keeper.field("What do they call you?").fill("Maya")
    keeper.field("What are you asking them about?").fill(note)
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Make the words")
    sheet = keeper.page.get_by_role("dialog")
    sheet.get_by_label("Type your password to go on", exact=True).fill(keeper.passphrase)
    sheet.get_by_role("button", name="Make the words").click()
    keeper.wait_for_screen("These nine words")
    return " ".join(keeper.page.locator(".eight-words li").all_inner_texts())


def try_refused_words(page: Page, words: str, message: str | re.Pattern[str]) -> None:
    """Type words that are refused: the message is shown and focused, and the page reveals nothing of the diary."""
    page.get_by_label("The nine words, in their order").fill(words)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text(message)
    expect(page.locator("#wrong")).to_be_focused()
    assert not REVEALING_WORDS.search(page.locator("main").inner_text())


def unknown_words() -> list[str]:
    """Return nine valid words that belong to nobody here."""
    return witness_code.generate_words(os.urandom(12)).split()


def assert_nothing_revealed(page: Page, server: LiveServer, words: str) -> None:
    """Assert that mistyped words are reported before any request, and wrong words open nothing.

    A key that is not the keeper's is refused.
    """
    page.goto(f"{server.public_url}/answer")
    assert accessibility_faults(page) == [] and not REVEALING_WORDS.search(
        page.locator("main").inner_text() + page.title()
    )
    before = len(server.exchanges_with("/v1/statement/code"))
    try_refused_words(page, f"xylophonist {words}".rsplit(" ", 1)[0], "Not on the list of words: xylophonist")
    try_refused_words(page, words.rsplit(" ", 1)[0], "These nine words do not fit together.")
    assert len(server.exchanges_with("/v1/statement/code")) == before and accessibility_faults(page) == []
    other = unknown_words()
    try_refused_words(page, " ".join(other), "These words open nothing here.")
    # The key's words are part of the check and of the salt, so the first four with another key's words find nothing.
    mixed = " ".join([*words.split()[:4], *other[4:]])
    try_refused_words(page, mixed, re.compile("These nine words do not fit together|These words open nothing here"))
    expect(page.locator("#form")).to_be_hidden()


def tab_to(page: Page, element_id: str) -> None:
    """Press Tab until the element with this id has the focus."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == element_id:
            return
    raise AssertionError(f"the keyboard does not reach {element_id}")


def answer_by_keyboard(page: Page, nine_words: str) -> None:
    """Answer without a pointer: type the words, read the question, write the statement, add a file.

    The connection is cut and returns.
    """
    page.locator("#words-typed").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(nine_words.upper().replace(" ", ", "))
    page.keyboard.press("Enter")
    expect(page.locator("#asked")).to_be_focused()
    expect(page.locator("#asked")).to_contain_text(f"Maya asks you: {WITNESS_NOTE}")
    tab_to(page, "send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Write what you saw or heard first.")
    assert accessibility_faults(page) == []
    for field, text in (("when", "Tuesday, about six"), ("said", STATEMENT), ("called", "Sam Ray")):
        page.locator(f"#{field}").focus()
        page.keyboard.type(text)
    tab_to(page, "send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose how you know first.")  # there is no default
    page.locator("#asked").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="I heard it")).to_be_checked()
    page.locator("#files").set_input_files([picker_file("gate.png", "image/png", make_png())])
    lost_requests: list[str] = []

    def disconnect(route: Route) -> None:
        lost_requests.append(route.request.url)
        route.abort("internetdisconnected")

    # The page tries six times before it shows a message.
    page.route("**/v1/statement", disconnect, times=6)
    tab_to(page, "send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The connection failed. Nothing was lost; try again.")
    assert (
        len(lost_requests) == 6
        and page.locator("#said").input_value() == STATEMENT
        and accessibility_faults(page) == []
    )
    tab_to(page, "send")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_be_focused()
    expect(page.locator("#done")).to_contain_text("It was sent.")
    assert accessibility_faults(page) == []


def test_a_witness_answers_once_and_the_keeper_reads_it(
    new_phone: NewPhone, browser: Browser, server: LiveServer
) -> None:
    """The witness answers by keyboard alone, and the keeper stores it as somebody else's statement.

    Used and expired words get a friendly message.
    """
    keeper = new_phone()
    keeper.create_registered_diary(NARRATIVE)
    keeper.wait_until_kept_safe(NARRATIVE)
    words = ask_witness(keeper, WITNESS_NOTE)
    assert accessibility_faults(keeper.page) == []
    with witness_browser(browser) as page:
        assert_nothing_revealed(page, server, words)
        answer_by_keyboard(page, words)
        page.goto(f"{server.public_url}/answer")
        try_refused_words(page, words, "These words were used already, or their time is over.")
        page.goto(server.public_url)
        page.go_back()
        expect(page.locator("#words-typed")).to_have_value("")
    expired = ask_witness(keeper, "")
    assert_expired(browser, server, expired)
    read_and_keep(keeper)
    secrets = [
        STATEMENT.encode(),
        b"Sam Ray",
        b"gate.png",
        WITNESS_NOTE.encode(),
        words.encode(),
        words.upper().replace(" ", ", ").encode(),
    ]
    traffic = b"".join(exchange.all_bytes() for exchange in server.exchanges)
    stored = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    assert [needle for needle in secrets if needle in traffic or needle in stored] == []


def assert_expired(browser: Browser, server: LiveServer, words: str) -> None:
    """Assert that expired words, in Urdu at a desk, get the same friendly message, on a right-to-left page."""
    with closing(sqlite3.connect(server.data / "kept.sqlite3", timeout=10)) as db, db:
        db.execute("UPDATE witness_code SET expires_at = 1 WHERE answered_at IS NULL")
    with witness_browser(browser, **chromium.DESKTOP_OPTIONS, is_mobile=False, has_touch=False) as page:
        page.goto(f"{server.public_url}/ur/answer")
        page.locator("#words-typed").fill(words)
        page.locator("#open").click()
        expect(page.get_by_role("alert")).to_contain_text("یہ الفاظ")
        assert page.evaluate("document.documentElement.dir") == "rtl" and accessibility_faults(page) == []


def read_and_keep(keeper: BrowserKeeper) -> None:
    """Read the announced answer and store it. Its own page shows whose words they are."""
    keeper.tap("Done")
    keeper.tap("Look again")
    keeper.wait_for_text(STATEMENT)
    keeper.wait_for_text("It came with the words you gave.")
    keeper.wait_for_text("One file came with it.")
    keeper.wait_for_text("Their time is over")
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Keep it as a note from them")
    keeper.wait_for_text("It is kept as a note from them.")
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Notes from other people"))
    keeper.page.locator("main .rows button").first.click()
    keeper.wait_for_text("Written by someone else, and sent with the words you gave")
    keeper.wait_for_text(STATEMENT)
    assert accessibility_faults(keeper.page) == []

"""Somebody who saw it answers once: nine words, a page that says nothing before them, no account, a keeper who reads it."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from playwright.sync_api import Browser, Page, Route, expect

from diary.crypto import witness
from tests.browser import chromium
from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.pictures import png, upload
from tests.browser.serving import Served

ENTRY = "He waited by the bakery."
NOTE = "Tuesday evening at the tram stop."
SAID = "He stood by the blue gate for ten minutes."
TELLING = re.compile(r"diary|stalk|witness|statement|evidence|police|harass", re.IGNORECASE)
KEPT = """async () => [localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length,
  (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length]"""


@contextmanager
def elsewhere(browser: Browser, **options: object) -> Iterator[Page]:
    """A browser of somebody's own, whose page may complain of nothing but the connection we take away."""
    context = browser.new_context(**(chromium.PHONE | options))  # type: ignore[arg-type]
    context.set_default_timeout(chromium.PATIENCE)
    page, complaints = context.new_page(), chromium.Complaints()
    complaints.listen(page)
    yield page
    assert [one for one in complaints.heard if "ERR_INTERNET_DISCONNECTED" not in one] == []
    assert page.evaluate(KEPT) == [0, 0, "", 0, 0, 0]
    context.close()


def asks(keeper: Keeper, note: str) -> str:
    """The keeper makes nine words."""
    keeper.goes("Share")
    keeper.tap(re.compile("Ask someone who saw it"))
    keeper.sees_place("Ask someone who saw it")
    keeper.field("What do they call you?").fill("Maya")
    keeper.field("What are you asking them about?").fill(note)
    assert faults(keeper.page) == []
    keeper.tap("Make the words")
    sheet = keeper.page.get_by_role("dialog")
    sheet.get_by_label("Type your words to go on", exact=True).fill(keeper.words)
    sheet.get_by_role("button", name="Make the words").click()
    keeper.sees_place("These nine words")
    return " ".join(keeper.page.locator(".eight-words li").all_inner_texts())


def tries(page: Page, words: str, says: str) -> None:
    """Words that do not open it: what is said, read on from where it stands, and nothing of the diary before or after."""
    page.get_by_label("The nine words, in their order").fill(words)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text(says)
    expect(page.locator("#wrong")).to_be_focused()
    assert not TELLING.search(page.locator("main").inner_text())


def others_words() -> list[str]:
    """Nine words of somebody else's, which fit together."""
    return witness.new_words(os.urandom(12)).split()


def learns_nothing(page: Page, server: Served, words: str) -> None:
    """Slips are said before anyone is asked; wrong words open nothing; a key that is not the keeper's is refused."""
    page.goto(f"{server.public_url}/answer")
    assert faults(page) == [] and not TELLING.search(page.locator("main").inner_text() + page.title())
    before = len(server.to("/v1/statement/code"))
    tries(page, f"xylophonist {words}".rsplit(" ", 1)[0], "Not on the list of words: xylophonist")
    tries(page, words.rsplit(" ", 1)[0], "These nine words do not fit together.")
    assert len(server.to("/v1/statement/code")) == before and faults(page) == []
    other = others_words()
    tries(page, " ".join(other), "These words open nothing here.")
    # The words of the key are in the check and in the salt: with another's, the first four name nothing.
    mixed = " ".join([*words.split()[:4], *other[4:]])
    tries(page, mixed, re.compile("These nine words do not fit together|These words open nothing here"))
    expect(page.locator("#form")).to_be_hidden()


def reaches(page: Page, wanted: str) -> None:
    """Tab until the focus is on the part of that id."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == wanted:
            return
    raise AssertionError(f"the keyboard does not reach {wanted}")


def answers_by_keyboard(page: Page, words: str) -> None:
    """No pointer: the words, what is asked read first, the account, a file, a connection that goes half-way and comes back."""
    page.locator("#words-typed").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(words.upper().replace(" ", ", "))
    page.keyboard.press("Enter")
    expect(page.locator("#asked")).to_be_focused()
    expect(page.locator("#asked")).to_contain_text(f"Maya asks you: {NOTE}")
    reaches(page, "send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Write what you saw or heard first.")
    assert faults(page) == []
    for field, text in (("when", "Tuesday, about six"), ("said", SAID), ("called", "Sam Ray")):
        page.locator(f"#{field}").focus()
        page.keyboard.type(text)
    reaches(page, "send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose how you know first.")  # nothing was chosen for them
    page.locator("#asked").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="I heard it")).to_be_checked()
    page.locator("#files").set_input_files([upload("gate.png", "image/png", png())])  # type: ignore[arg-type]
    lost: list[str] = []

    def disconnects(route: Route) -> None:
        lost.append(route.request.url)
        route.abort("internetdisconnected")

    # The page tries six times by itself before it says anything.
    page.route("**/v1/statement", disconnects, times=6)
    reaches(page, "send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The connection failed. Nothing was lost; try again.")
    assert len(lost) == 6 and page.locator("#said").input_value() == SAID and faults(page) == []
    reaches(page, "send")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_be_focused()
    expect(page.locator("#done")).to_contain_text("It was sent.")
    assert faults(page) == []


def test_somebody_answers_once_and_the_keeper_reads_it(new_phone: NewPhone, browser: Browser, server: Served) -> None:
    """Asked on a phone, answered by keyboard alone, read, kept as somebody else's; used and expired words say so kindly."""
    keeper = new_phone()
    keeper.begins(ENTRY)
    keeper.is_kept_safe(ENTRY)
    words = asks(keeper, NOTE)
    assert faults(keeper.page) == []
    with elsewhere(browser) as page:
        learns_nothing(page, server, words)
        answers_by_keyboard(page, words)
        page.goto(f"{server.public_url}/answer")
        tries(page, words, "These words were used already, or their time is over.")
        page.goto(server.public_url)
        page.go_back()
        expect(page.locator("#words-typed")).to_have_value("")
    late = asks(keeper, "")
    is_over(browser, server, late)
    reads_and_keeps(keeper)
    nothing = [SAID.encode(), b"Sam Ray", b"gate.png", NOTE.encode(), words.encode(), words.upper().replace(" ", ", ").encode()]
    sent = b"".join(one.all_bytes() for one in server.exchanges)
    held = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    assert [needle for needle in nothing if needle in sent or needle in held] == []


def is_over(browser: Browser, server: Served, words: str) -> None:
    """Words whose time ran out, in Urdu at a desk: the same kind sentence, and the page runs its own way."""
    with closing(sqlite3.connect(server.data / "kept.sqlite3", timeout=10)) as db, db:
        db.execute("UPDATE witness_code SET expires_at = 1 WHERE answered_at IS NULL")
    with elsewhere(browser, **chromium.DESK, is_mobile=False, has_touch=False) as page:
        page.goto(f"{server.public_url}/ur/answer")
        page.locator("#words-typed").fill(words)
        page.locator("#open").click()
        expect(page.get_by_role("alert")).to_contain_text("یہ الفاظ")
        assert page.evaluate("document.documentElement.dir") == "rtl" and faults(page) == []


def reads_and_keeps(keeper: Keeper) -> None:
    """The keeper is told, reads it as somebody else's, keeps it, and its own page says whose it is."""
    keeper.tap("Done")
    keeper.tap("Look again")
    keeper.sees(SAID)
    keeper.sees("It came with the words you gave.")
    keeper.sees("One file came with it.")
    keeper.sees("Their time is over")
    assert faults(keeper.page) == []
    keeper.tap("Keep it as their statement")
    keeper.sees("It is a statement now.")
    keeper.goes("More")
    keeper.tap(re.compile("^What others saw"))
    keeper.page.locator("main .rows button").first.click()
    keeper.sees("Written by someone else, and sent with the words you gave")
    keeper.sees(SAID)
    assert faults(keeper.page) == []

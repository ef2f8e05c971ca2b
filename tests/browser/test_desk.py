"""An advocate at a desk joins, sees what a client shared, asks, and loses access; the computer keeps nothing of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from diary.ledger.sharing.grants import Granted
from diary.pack.verify.verifier import verify
from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.navigators.desk import WORDS, Desk, FarKeeper, found_organisation
from tests.browser.navigators.judge import faults
from tests.browser.navigators.sweeping import found, sweep
from tests.browser.serving import Served
from tests.pack.rezip import members_of

OLD = "He followed me to the tram stop at Alder Road."
NEW = "He stood by the bakery again on Quince Street."
AFTER = "He waited at the library on Mulberry Lane."
QUESTION = "What happened after the bakery, in your own words?"
SPOKEN = "He was at the swings on Thistle Green when I came out."
NAME = "Maya Lindqvist"
ADDRESS = "Flat 9, Hazelnut Court"
DAY = 86_400_000


def test_an_advocate_reads_asks_and_forgets_a_client(new_profile: NewProfile, server: Served) -> None:
    """Old and new entries are seen, a question arrives signed,
    and a client who ended access is announced and forgotten. Nothing is on the disk.
    """
    profile = new_profile(**chromium.DESK, is_mobile=False, has_touch=False)
    page = profile.open().pages[0]
    page_errors = chromium.PageErrors()
    page_errors.listen(page)
    desk = Desk(page, server.app_url)
    nine = desk.joins(found_organisation(server, "Stalking Support North"))
    assert faults(page) == []
    # Given a keeper who gives them access
    keeper = FarKeeper(server)
    keeper.begins()
    keeper.writes(OLD, place_detail=ADDRESS)
    granted = keeper.lets_in(nine, NAME, rights=("view", "comment"))
    # When the list is loaded, the client is in it and can be opened
    desk.tap("Go on")
    desk.tap("Look for news")
    desk.opens(NAME)
    assert faults(page) == []
    record = keeper.writes(NEW, granted)
    desk.tap("Clients")
    desk.opens(NAME)
    page.locator("aside .item", has_text=NEW).click()
    expect(page.locator(".narrative")).to_have_text(NEW)
    desk.has_nothing_of(ADDRESS)
    assert faults(page) == []
    # Then a question reaches the keeper, signed by the advocate
    page.get_by_label("Your question").fill(QUESTION)
    desk.tap("Send the question")
    desk.sees("Sent. They see it the next time they open theirs.")
    (letter,) = keeper.reads_letters(granted)
    assert letter["fields"] == {"about": record, "text": QUESTION}
    assert {look["what"] for look in keeper.looks()} == {"read"}
    write_down(desk, keeper, granted)
    sees_that_access_ended(desk, keeper, granted)
    assert page_errors.messages == []
    storage = page.evaluate(STORED)
    assert storage == {"cookies": "", "databases": [], "caches": [], "workers": 0, "local": 0, "session": 0}
    desk.tap("Lock")
    profile.close()
    holds_nothing(profile.folder, server, desk)


def write_down(desk: Desk, keeper: FarKeeper, granted: Granted) -> None:
    """What a client says in a call is typed, read back and sealed to the client, with each question."""
    page = desk.page
    desk.tap("Clients")
    desk.opens(NAME)
    desk.tap(re.compile("Write down what they say"))
    assert faults(page) == []
    desk.tap("Seal and send it")
    desk.sees("Say how you speak.")
    page.get_by_role("radio", name="A call", exact=True).check(force=True)
    page.get_by_label("They are under 18").check()
    page.get_by_label("What they said").fill(SPOKEN)
    desk.tap("Seal and send it")
    desk.sees("Say what you asked, each time.")
    page.get_by_label("What you asked").select_option("tell_me")
    page.get_by_label("I read it back to them").check()
    desk.tap("Seal and send it")
    desk.sees("Sent. They will be asked whether it is what they said.")
    (letter,) = [sent for sent in keeper.reads_letters(granted) if sent["what"] == "assisted"]
    fields = letter["fields"]
    assert fields["turns"] == [{"asked": "tell_me", "said": SPOKEN, "words": ""}]
    assert (fields["by"], fields["how"], fields["read_back"], fields["under_18"]) == ("PK", "call", True, True)
    assert set(fields["incident"]) <= {"precision", "tz"}


def sees_that_access_ended(desk: Desk, keeper: FarKeeper, granted: Granted) -> None:
    """After a lock and a new sign-in, the keeper ends the access:
    the page says so, and shows nothing that is written later.
    """
    # and signing in again takes name, words and digits
    desk.tap("Lock")
    desk.sees_heading("Sign in")
    desk.has_nothing_of(OLD, NEW, SPOKEN, NAME, QUESTION)
    desk.signs_in()
    desk.opens(NAME)
    # and the desk says that access ended, and shows nothing that is written later
    keeper.ends(granted)
    keeper.writes(AFTER)
    desk.page.locator("aside .item", has_text=OLD).click()
    desk.tap("Clients")
    desk.page.locator("button.desk-client", has_text=NAME).click()
    desk.sees(re.compile(f"You can no longer see what {NAME} shared"))
    expect(desk.page.locator("button.desk-client")).to_have_count(0)
    desk.page.get_by_role("button", name="All right").click()
    desk.has_nothing_of(OLD, NEW, AFTER, NAME)


def holds_nothing(folder: Path, server: Served, desk: Desk) -> None:
    """The closed browser's folder, the server and the traffic contain nothing that was typed or read."""
    secrets = [WORDS, desk.app.spelt, desk.app.spelt.replace(" ", "")]
    assert sweep(folder, [OLD, NEW, AFTER, QUESTION, SPOKEN, NAME, ADDRESS, *secrets]) == []
    texts = [OLD, NEW, AFTER, QUESTION, SPOKEN, ADDRESS, WORDS]
    assert sweep(server.data, [*texts, NAME]) == []
    assert [exchange.path for exchange in server.exchanges if found(exchange.all_bytes(), texts)] == []


HAS_FOCUS = """(wanted) => {
  const at = document.activeElement;
  return at.id === wanted || (at.matches('button') && at.textContent.includes(wanted));
}"""
STORED = """async () => ({
  cookies: document.cookie, databases: await indexedDB.databases(), caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  local: localStorage.length, session: sessionStorage.length,
})"""


@pytest.fixture
def page(browser: Browser) -> Page:
    """A computer without data."""
    context = browser.new_context(**chromium.DESK)
    context.set_default_timeout(chromium.PATIENCE)
    return context.new_page()


def test_a_diary_in_the_same_browser_is_left_alone(new_phone: NewPhone, server: Served) -> None:
    """An advocate's own diary in the same browser still opens after work at the desk."""
    keeper = new_phone(**chromium.DESK, is_mobile=False, has_touch=False)
    keeper.begins(OLD)
    keeper.is_kept_safe(OLD)
    desk = Desk(keeper.page.context.new_page(), server.app_url)
    desk.joins(found_organisation(server, "Two Hats"))
    desk.tap("Lock")
    desk.sees_heading("Sign in")
    desk.page.wait_for_timeout(500)
    desk.page.close()
    assert keeper.page.context.cookies() == []
    keeper.page.reload()
    keeper.sees_lock()
    keeper.unlocks()
    keeper.goes("Entries")
    keeper.sees(OLD)


def test_the_desk_works_by_keyboard_alone(page: Page, server: Served) -> None:
    """From the list to an entry and to the lock, everything works by keyboard.
    Wrong digits do not ask for the words again.
    """
    desk = Desk(page, server.app_url)
    nine = desk.joins(found_organisation(server, "Safer Together"))
    keeper = FarKeeper(server)
    keeper.begins()
    keeper.writes(OLD)
    keeper.lets_in(nine, NAME)
    desk.tap("Go on")
    tab_to(page, "Look for news")
    page.keyboard.press("Enter")
    expect(page.locator("button.desk-client")).to_have_count(1)
    tab_to(page, NAME)
    page.keyboard.press("Enter")
    desk.sees_heading(NAME)
    tab_to(page, OLD[:20])
    page.keyboard.press("Enter")
    expect(page.locator(".narrative")).to_have_text(OLD)
    tab_to(page, "Lock")
    page.keyboard.press("Enter")
    desk.sees_heading("Sign in")
    expect(page.get_by_label("Sign-in name")).to_be_focused()
    page.keyboard.type(desk.login)
    page.keyboard.press("Tab")
    page.keyboard.type(WORDS)
    tab_to(page, "digits")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    desk.sees("Your words were right. Type the six digits that are shown now.")
    expect(page.get_by_label("Your words")).to_have_count(0)
    expect(page.get_by_label("Six digits")).to_be_focused()
    page.keyboard.type(desk.app.digits())
    page.keyboard.press("Enter")
    desk.sees_heading("Clients")


def tab_to(page: Page, target: str) -> None:
    """Press Tab until an element with these words, or this id, has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(HAS_FOCUS, target):
            return
    raise AssertionError(f"the keyboard does not reach {target}")


def test_a_lead_invites_a_member_ends_the_membership_and_saves_the_table(
    page: Page, server: Served, browser: Browser, tmp_path: Path
) -> None:
    """A colleague joins by the lead's invitation, loses membership while working, and is told.
    The table of looks is valid CSV.
    """
    lead = Desk(page, server.app_url)
    lead.joins(found_organisation(server, "Northern Advocates"), "Leigh")
    lead.tap("Team")
    lead.agrees("Invite a member", "Invite a member")
    invite = page.locator(".desk-secret").inner_text()
    assert faults(page) == []
    other = browser.new_context(**chromium.PHONE)
    colleague = Desk(other.new_page(), server.app_url)
    colleague.joins(invite, "Sam")
    colleague.tap("Go on")
    assert faults(colleague.page) == []
    lead.tap("You")
    lead.tap("Team")
    lead.agrees("End membership", "End it now")
    expect(page.locator(".desk-members li")).to_have_count(1)
    colleague.tap("Look for news")
    colleague.sees(re.compile("You have been signed out"))
    lead.tap("Make the table")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the table").click()
    saved.value.save_as(tmp_path / "looks.csv")
    assert (tmp_path / "looks.csv").read_text().startswith('"when_utc","who","client_code","what"')
    other.close()


def test_nothing_moves_when_the_six_words_come(page: Page, server: Served) -> None:
    """The button "Next" does not move when the suggested words arrive, so a click that has begun still hits it."""
    held_routes: list[Route] = []
    page.route("**/words-en.js", lambda route: held_routes.append(route))
    page.goto(f"{server.app_url}/desk")
    page.get_by_role("button", name="I have an invitation").click()
    button, words = page.get_by_role("button", name="Next"), page.locator(".desk-six")
    expect(button).to_be_visible()
    while not held_routes:
        page.wait_for_timeout(20)
    assert words.inner_text().strip() == ""
    before = button.bounding_box()
    held_routes[0].continue_()
    expect(words).to_have_text(re.compile(r"^\w+( \w+){5}$"))
    assert button.bounding_box() == before


LINE = "PREPARED BY SOMEBODY ELSE: Priya K, Stalking Support East."
PLACE = "He came by SW1A 1AA twice and rang the bell."


def test_a_pack_of_what_was_shared_verifies_and_holds_nothing_more(page: Page, server: Served, tmp_path: Path) -> None:
    """A pack of what was shared names its gaps, holds back a place, verifies, and says who made it.
    It contains nothing more.
    """
    page_errors = chromium.PageErrors()
    page_errors.listen(page)
    desk = Desk(page, server.app_url)
    advocate_words = desk.joins(found_organisation(server, "Stalking Support East"))
    keeper = FarKeeper(server)
    keeper.begins()
    keeper.writes(PLACE, place_detail=ADDRESS)
    granted = keeper.lets_in(advocate_words, NAME, rights=("view", "pack"))
    keeper.writes(NEW, granted)
    desk.tap("Go on")
    desk.tap("Look for news")
    desk.opens(NAME)
    desk.tap(re.compile("^Make a pack"))
    desk.sees("2 entries, 0 files")
    desk.sees("2 entries do not say whether there was fear of violence.")
    desk.sees("No report to the police or anybody else is here.")
    expect(page.get_by_role("group", name="SW1A 1AA").get_by_label("Leave out")).to_be_checked()
    assert faults(page) == []
    choose_one_and_make(desk)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the pack").click()
    saved.value.save_as(tmp_path / "pack.zip")
    assert {look["what"] for look in keeper.looks()} == {"read", "pack"}
    # Then `verify` accepts it and says who made it; nothing else is in it
    assert {finding.code for finding in verify(tmp_path / "pack.zip")} == {
        "keys_from_pack",
        "prepared",
        "servable_only",
    }
    members = {name: raw.decode() for name, raw in members_of(tmp_path / "pack.zip").items()}
    assert LINE in members["data/00_READ-FIRST.txt"] and LINE[27:-1] in members["data/servable/01_chronology.html"]
    whole_text = "".join(members.values())
    assert [
        text for text in (NEW, ADDRESS, NAME, "SW1A") if text in whole_text
    ] == [] and "twice and rang the bell" in whole_text
    # When the keeper ends access meanwhile, no pack is made, and the desk says so
    desk.tap("Make another pack")
    keeper.ends(granted)
    desk.tap("Make the pack")
    desk.sees(re.compile(f"You can no longer see what {NAME} shared"))
    desk.has_nothing_of(PLACE, NEW)
    assert page_errors.messages == []


def choose_one_and_make(desk: Desk) -> None:
    """Choose one entry of two; looking at an entry on the way keeps the choice."""
    page = desk.page
    page.get_by_role("radio", name="Chosen ones").check(force=True)
    page.locator(".ticks").get_by_label(re.compile("SW1A")).check()
    desk.sees("1 entry, 0 files")
    page.locator(".desk-gap", has_text="SW1A").first.click()
    expect(page.locator(".narrative")).to_have_text(PLACE)
    page.get_by_role("button", name="Back", exact=True).click()
    desk.sees("1 entry, 0 files")
    page.get_by_label("Your initials").fill("1")
    desk.tap("Make the pack")
    desk.sees("Type one to four letters from A to Z.")
    page.get_by_label("Your initials").fill("pk")
    desk.tap("Make the pack")
    desk.sees_heading("The pack is ready")
    assert faults(page) == []

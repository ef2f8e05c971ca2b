"""An advocate at a desk joins, reads what a client shared, asks, and loses access. The computer keeps nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from diary.ledger.sharing.grants import OpenedGrant
from diary.pack.verify.verifier import verify_pack
from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.live_server import CannedResponse, LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.advocate_page import (
    ADVOCATE_PASSPHRASE,
    AdvocatePage,
    ScreenlessKeeper,
    create_organisation,
)
from tests.browser.navigators.disk_search import search_folder, words_in_content
from tests.pack.pack_members import members_of

OLD_ENTRY = "He followed me to the tram stop at Alder Road."
NEW_ENTRY = "He stood by the bakery again on Quince Street."
ENTRY_AFTER_END = "He waited at the library on Mulberry Lane."
QUESTION = "What happened after the bakery, in your own words?"
SPOKEN_ACCOUNT = "He was at the swings on Thistle Green when I came out."
CLIENT_NAME = "Maya Lindqvist"
ADDRESS = "Flat 9, Hazelnut Court"
DAY_MS = 86_400_000


def test_an_advocate_reads_and_asks_until_access_ends(new_profile: NewProfile, server: LiveServer) -> None:
    """Old and new entries are shown, and a question arrives signed.

    A client who ended access is announced and removed. Nothing is on the disk.
    """
    profile = new_profile(**chromium.DESKTOP_OPTIONS, is_mobile=False, has_touch=False)
    page = profile.open().pages[0]
    page_errors = chromium.PageErrors()
    page_errors.listen(page)
    desk = AdvocatePage(page, server.app_url)
    nine_words = desk.join(create_organisation(server, "Stalking Support North"))
    assert accessibility_faults(page) == []
    # Given a keeper who gives them access
    keeper = ScreenlessKeeper(server)
    keeper.create_diary()
    keeper.write_entry(OLD_ENTRY, place_detail=ADDRESS)
    grant = keeper.grant_access(nine_words, CLIENT_NAME, rights=("view", "comment"))
    # When the list is loaded, the client is in it and can be opened
    desk.tap("Go on")
    desk.tap("Check for changes")
    desk.open_client(CLIENT_NAME)
    assert accessibility_faults(page) == []
    record = keeper.write_entry(NEW_ENTRY, grant)
    desk.tap("Clients")
    desk.open_client(CLIENT_NAME)
    page.locator("aside .item", has_text=NEW_ENTRY).click()
    expect(page.locator(".narrative")).to_have_text(NEW_ENTRY)
    desk.assert_absent(ADDRESS)
    assert accessibility_faults(page) == []
    # Then a question reaches the keeper, signed by the advocate
    page.get_by_label("Your question").fill(QUESTION)
    desk.tap("Send the question")
    desk.wait_for_text("Sent. They see it the next time they open theirs.")
    (letter,) = keeper.read_letters(grant)
    assert letter["fields"] == {"about": record, "text": QUESTION}
    assert {access["what"] for access in keeper.access_log()} == {"read"}
    write_down_call(desk, keeper, grant)
    assert_access_ended(desk, keeper, grant)
    assert page_errors.messages == []
    storage = page.evaluate(STORAGE_STATE_SCRIPT)
    assert storage == {"cookies": "", "databases": [], "caches": [], "workers": 0, "local": 0, "session": 0}
    desk.tap("Lock")
    profile.close()
    assert_nothing_stored(profile.folder, server, desk)


def write_down_call(desk: AdvocatePage, keeper: ScreenlessKeeper, grant: OpenedGrant) -> None:
    """Type what a client says in a call, with each question, read it back and seal it to the client."""
    page = desk.page
    desk.tap("Clients")
    desk.open_client(CLIENT_NAME)
    desk.tap(re.compile("Write down what they say"))
    assert accessibility_faults(page) == []
    desk.tap("Send it to them")
    desk.wait_for_text("Say how you speak.")
    page.get_by_role("radio", name="A call", exact=True).check(force=True)
    page.get_by_label("They are under 18").check()
    page.get_by_label("What they said").fill(SPOKEN_ACCOUNT)
    desk.tap("Send it to them")
    desk.wait_for_text("Say what you asked, each time.")
    page.get_by_label("What you asked").select_option("tell_me")
    page.get_by_label("I read it back to them").check()
    desk.tap("Send it to them")
    desk.wait_for_text("Sent. They will be asked whether it is what they said.")
    (letter,) = [sent for sent in keeper.read_letters(grant) if sent["what"] == "assisted"]
    fields = letter["fields"]
    assert fields["turns"] == [{"asked": "tell_me", "said": SPOKEN_ACCOUNT, "words": ""}]
    assert (fields["by"], fields["how"], fields["read_back"], fields["under_18"]) == ("PK", "call", True, True)
    assert set(fields["incident"]) <= {"precision", "tz"}


def assert_access_ended(desk: AdvocatePage, keeper: ScreenlessKeeper, grant: OpenedGrant) -> None:
    """Assert that after a lock and a new sign-in, access ends: the page shows that, and no later text."""
    # and signing in again takes name, words and digits
    desk.tap("Lock")
    desk.wait_for_heading("Sign in")
    desk.assert_absent(OLD_ENTRY, NEW_ENTRY, SPOKEN_ACCOUNT, CLIENT_NAME, QUESTION)
    desk.sign_in()
    desk.open_client(CLIENT_NAME)
    # and the desk shows that access ended, and nothing that is written later
    keeper.end_access(grant)
    keeper.write_entry(ENTRY_AFTER_END)
    desk.page.locator("aside .item", has_text=OLD_ENTRY).click()
    desk.tap("Clients")
    desk.page.locator("button.desk-client", has_text=CLIENT_NAME).click()
    desk.wait_for_text(re.compile(f"You can no longer see what {CLIENT_NAME} shared"))
    expect(desk.page.locator("button.desk-client")).to_have_count(0)
    desk.page.get_by_role("button", name="All right").click()
    desk.assert_absent(OLD_ENTRY, NEW_ENTRY, ENTRY_AFTER_END, CLIENT_NAME)


def assert_nothing_stored(folder: Path, server: LiveServer, desk: AdvocatePage) -> None:
    """Assert that the closed browser's folder, the server and the traffic contain nothing typed or read."""
    secrets = [ADVOCATE_PASSPHRASE, desk.app.spelt, desk.app.spelt.replace(" ", "")]
    assert (
        search_folder(
            folder, [OLD_ENTRY, NEW_ENTRY, ENTRY_AFTER_END, QUESTION, SPOKEN_ACCOUNT, CLIENT_NAME, ADDRESS, *secrets]
        )
        == []
    )
    texts = [OLD_ENTRY, NEW_ENTRY, ENTRY_AFTER_END, QUESTION, SPOKEN_ACCOUNT, ADDRESS, ADVOCATE_PASSPHRASE]
    assert search_folder(server.data, [*texts, CLIENT_NAME]) == []
    assert [exchange.path for exchange in server.exchanges if words_in_content(exchange.all_bytes(), texts)] == []


HAS_FOCUS_SCRIPT = """(wanted) => {
  const at = document.activeElement;
  return at.id === wanted || (at.matches('button') && at.textContent.includes(wanted));
}"""
STORAGE_STATE_SCRIPT = """async () => ({
  cookies: document.cookie, databases: await indexedDB.databases(), caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  local: localStorage.length, session: sessionStorage.length,
})"""


@pytest.fixture
def page(browser: Browser) -> Page:
    """Return a page on a computer without data."""
    context = browser.new_context(**chromium.DESKTOP_OPTIONS)
    context.set_default_timeout(chromium.TIMEOUT_MS)
    return context.new_page()


def test_a_diary_in_the_same_browser_is_left_alone(new_phone: NewPhone, server: LiveServer) -> None:
    """An advocate's own diary in the same browser still opens after work at the desk."""
    keeper = new_phone(**chromium.DESKTOP_OPTIONS, is_mobile=False, has_touch=False)
    keeper.create_registered_diary(OLD_ENTRY)
    keeper.wait_until_kept_safe(OLD_ENTRY)
    desk = AdvocatePage(keeper.page.context.new_page(), server.app_url)
    desk.join(create_organisation(server, "Two Hats"))
    desk.tap("Lock")
    desk.wait_for_heading("Sign in")
    desk.page.wait_for_timeout(500)
    desk.page.close()
    assert keeper.page.context.cookies() == []
    keeper.page.reload()
    keeper.wait_for_lock()
    keeper.unlock()
    keeper.go_to_tab("Entries")
    keeper.wait_for_text(OLD_ENTRY)


def desk_with_a_client(page: Page, server: LiveServer, organisation: str) -> AdvocatePage:
    """Return a desk at its list of clients. One client with one entry has let the advocate in."""
    desk = AdvocatePage(page, server.app_url)
    nine_words = desk.join(create_organisation(server, organisation))
    keeper = ScreenlessKeeper(server)
    keeper.create_diary()
    keeper.write_entry(OLD_ENTRY)
    keeper.grant_access(nine_words, CLIENT_NAME)
    desk.tap("Go on")
    return desk


def test_a_page_that_is_left_draws_nothing_again(page: Page, server: LiveServer) -> None:
    """Leaving a page with a client open ends the session without an error, by a reload and by closing it."""
    page_errors = chromium.PageErrors()
    page_errors.listen(page)
    desk = desk_with_a_client(page, server, "Left Alone")
    desk.tap("Check for changes")
    desk.open_client(CLIENT_NAME)
    # An error while a page is being replaced reaches no listener of Playwright's.
    page.evaluate("globalThis.addEventListener('error', ({message}) => { document.cookie = `error=${message}`; })")
    page.reload()
    desk.wait_for_heading("Sign in")
    assert page.context.cookies() == []
    desk.sign_in()
    desk.open_client(CLIENT_NAME)
    other_page = page.context.new_page()
    page.close()
    other_page.wait_for_timeout(200)  # a closed page's last errors come after it
    assert page_errors.messages == []


def test_the_desk_works_by_keyboard_alone(page: Page, server: LiveServer) -> None:
    """From the list to an entry and to the lock, everything works by keyboard.

    Wrong digits do not ask for the words again.
    """
    desk = desk_with_a_client(page, server, "Safer Together")
    tab_to(page, "Check for changes")
    page.keyboard.press("Enter")
    expect(page.locator("button.desk-client")).to_have_count(1)
    tab_to(page, CLIENT_NAME)
    page.keyboard.press("Enter")
    desk.wait_for_heading(CLIENT_NAME)
    tab_to(page, OLD_ENTRY[:20])
    page.keyboard.press("Enter")
    expect(page.locator(".narrative")).to_have_text(OLD_ENTRY)
    tab_to(page, "Lock")
    page.keyboard.press("Enter")
    desk.wait_for_heading("Sign in")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type(desk.login)
    page.keyboard.press("Tab")
    page.keyboard.type(ADVOCATE_PASSPHRASE)
    tab_to(page, "digits")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    desk.wait_for_text("Your password was right. Type the six digits that are shown now.")
    expect(page.get_by_label("Your password")).to_have_count(0)
    expect(page.get_by_label("Six digits")).to_be_focused()
    page.keyboard.type(desk.app.next_code())
    page.keyboard.press("Enter")
    desk.wait_for_heading("Clients")


def tab_to(page: Page, target: str) -> None:
    """Press Tab until an element with these words, or this id, has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(HAS_FOCUS_SCRIPT, target):
            return
    raise AssertionError(f"the keyboard does not reach {target}")


def test_a_lead_invites_a_member_ends_the_membership_and_saves_the_table(
    page: Page, server: LiveServer, browser: Browser, tmp_path: Path
) -> None:
    """A colleague joins by the lead's invitation, loses membership while working, and sees why.

    The table of looks is valid CSV.
    """
    lead = AdvocatePage(page, server.app_url)
    lead.join(create_organisation(server, "Northern Advocates"), "Leigh")
    lead.tap("Team")
    lead.confirm_with_words("Invite a member", "Invite a member")
    invite = page.locator(".desk-secret").inner_text()
    assert accessibility_faults(page) == []
    other = browser.new_context(**chromium.PHONE_OPTIONS)
    colleague = AdvocatePage(other.new_page(), server.app_url)
    colleague.join(invite, "Sam")
    colleague.tap("Go on")
    assert accessibility_faults(colleague.page) == []
    lead.tap("You")
    lead.tap("Team")
    lead.confirm_with_words("End membership (Sam)", "End it now")
    expect(page.locator(".desk-members li")).to_have_count(1)
    colleague.tap("Check for changes")
    colleague.wait_for_text(re.compile("You have been signed out"))
    lead.tap("Make the table")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the table").click()
    saved.value.save_as(tmp_path / "looks.csv")
    assert (tmp_path / "looks.csv").read_text().startswith('"when_utc","who","client_code","what"')
    other.close()


def test_nothing_moves_when_the_six_words_come(page: Page, server: LiveServer) -> None:
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


PREPARED_BY_LINE = "PREPARED BY SOMEBODY ELSE: Priya K, Stalking Support East."
NARRATIVE_WITH_POSTCODE = "He came by SW1A 1AA twice and rang the bell."


def test_a_pack_of_shared_entries_verifies_and_contains_nothing_else(
    page: Page, server: LiveServer, tmp_path: Path
) -> None:
    """A pack of what was shared verifies and names its preparer and its gaps.

    It withholds a place and contains nothing more.
    """
    page_errors = chromium.PageErrors()
    page_errors.listen(page)
    desk = AdvocatePage(page, server.app_url)
    advocate_words = desk.join(create_organisation(server, "Stalking Support East"))
    keeper = ScreenlessKeeper(server)
    keeper.create_diary()
    keeper.write_entry(NARRATIVE_WITH_POSTCODE, place_detail=ADDRESS)
    grant = keeper.grant_access(advocate_words, CLIENT_NAME, rights=("view", "pack"))
    keeper.write_entry(NEW_ENTRY, grant)
    desk.tap("Go on")
    desk.tap("Check for changes")
    desk.open_client(CLIENT_NAME)
    desk.tap(re.compile("^Make a pack"))
    desk.wait_for_text("2 entries, 0 files")
    desk.wait_for_text("2 entries do not say whether there was fear of violence.")
    desk.wait_for_text("No report to the police or anybody else is here.")
    expect(page.get_by_role("group", name="SW1A 1AA").get_by_label("Leave out")).to_be_checked()
    assert accessibility_faults(page) == []
    # Where what sets the pages cannot be fetched, they are plain, and the screen says so
    server.inject_fault("GET", "^/static/engine/", response=CannedResponse(503, b"", "text/plain"))
    choose_one_and_make(desk)
    desk.wait_for_text(re.compile("The pages are plain: this computer could not make the others"))
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the pack").click()
    saved.value.save_as(tmp_path / "pack.zip")
    assert {access["what"] for access in keeper.access_log()} == {"read", "pack"}
    # Then `verify` accepts it and names the preparer; nothing else is in it
    assert {finding.code for finding in verify_pack(tmp_path / "pack.zip")} == {
        "keys_from_pack",
        "prepared",
        "servable_only",
    }
    # The spreadsheet is a stored zip: its words are readable in it.
    members = {name: raw.decode("utf-8", "replace") for name, raw in members_of(tmp_path / "pack.zip").items()}
    assert (
        PREPARED_BY_LINE in members["data/00_READ-FIRST.txt"]
        and PREPARED_BY_LINE[27:-1] in members["data/servable/01_chronology.html"]
    )
    whole_text = "".join(members.values())
    assert [
        text for text in (NEW_ENTRY, ADDRESS, CLIENT_NAME, "SW1A") if text in whole_text
    ] == [] and "twice and rang the bell" in whole_text
    # When the keeper ends access meanwhile, no pack is made, and the desk shows why
    desk.tap("Make another pack")
    keeper.end_access(grant)
    desk.tap("Make the pack")
    desk.wait_for_text(re.compile(f"You can no longer see what {CLIENT_NAME} shared"))
    desk.assert_absent(NARRATIVE_WITH_POSTCODE, NEW_ENTRY)
    assert page_errors.messages == []


def choose_one_and_make(desk: AdvocatePage) -> None:
    """Choose one of two entries and make a pack. Opening an entry on the way keeps the choice."""
    page = desk.page
    page.get_by_role("radio", name="Chosen ones").check(force=True)
    page.locator(".ticks").get_by_label(re.compile("SW1A")).check()
    desk.wait_for_text("1 entry, 0 files")
    page.locator(".desk-gap", has_text="SW1A").first.click()
    expect(page.locator(".narrative")).to_have_text(NARRATIVE_WITH_POSTCODE)
    page.get_by_role("button", name="Back", exact=True).click()
    desk.wait_for_text("1 entry, 0 files")
    page.get_by_label("Your initials").fill("1")
    desk.tap("Make the pack")
    desk.wait_for_text("Type one to four letters from A to Z.")
    page.get_by_label("Your initials").fill("pk")
    desk.tap("Make the pack")
    desk.wait_for_heading("The pack is ready")
    assert accessibility_faults(page) == []

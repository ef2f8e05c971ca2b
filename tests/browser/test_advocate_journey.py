"""An advocate's help without custody of the data, from the operator's command line to the end, in real browsers."""

from __future__ import annotations

import io
import re
from pathlib import Path
from zipfile import ZipFile

import pypdf
from playwright.sync_api import Page, expect

from diary.pack.verify.verifier import verify_pack
from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.live_server import LiveServer
from tests.browser.navigators import cards
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.advocate_page import (
    ADVOCATE_PASSPHRASE,
    AdvocatePage,
    ScreenlessAdvocate,
    run_operator_command,
)
from tests.browser.navigators.disk_search import search_folder, walk_files, words_in_content
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper
from tests.browser.navigators.registers import RegisterScreens

TALL_PHONE = {"width": 360, "height": 740}
CASE_NAME = "The man at Brackendale works"
OLD_ENTRY, NEW_ENTRY = (
    "He followed me to the tram stop at Alderquist Road.",
    "He stood by the bakery on Quincemere Street.",
)
UNSHARED_ENTRY, ENTRY_AFTER_END = (
    "A neighbour shouted at Thornbury Yard.",
    "He waited at the library on Mulberrow Lane.",
)
QUESTION, ANSWER = "What did you see at Fennimore Corner?", "A grey coat and a Larkspurred cap."
SPOKEN_ACCOUNT = "He was at the swings on Thistledon Green when I came out."
ADDRESS, PURPOSE, CLIENT_NAME = "Flat 9, Hazelnutte Court", "A report for Ravensgill station", "Maya Lindqvister"
# One unique word of each text: a search finds it however the text around it was cut.
UNIQUE_WORDS = (
    "Brackendale",
    "Alderquist",
    "Quincemere",
    "Thornbury",
    "Mulberrow",
    "Fennimore",
    "Larkspurred",
    "Thistledon",
    "Hazelnutte",
    "Ravensgill",
    "Lindqvister",
)
MAX_RELOADS = 20
PREPARED_BY_LINE = "PREPARED BY SOMEBODY ELSE: Priya K, Stalking Support North."


def test_an_advocate_helps_without_holding_the_data(
    new_profile: NewProfile, new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """Until access ends, the advocate sees one case with its new entries.

    What is written after the end cannot be opened, and nothing can be read on the advocate's disk, on the server or in
    the traffic.
    """
    profile = new_profile(**chromium.DESKTOP_OPTIONS, is_mobile=False, has_touch=False)
    page_errors = chromium.PageErrors()
    page = profile.open().pages[0]
    page_errors.listen(page)
    desk, keeper = AdvocatePage(page, server.app_url), new_phone(viewport=TALL_PHONE)
    # Given an organisation made by the operator, its lead at a desk, and a colleague
    nine_words = desk.join(run_operator_command(server, "organisation", "add", "Stalking Support North"))
    sam = ScreenlessAdvocate(server)
    sam.join("Sam O", invite_colleague(desk))
    # and a keeper with one case and an entry outside it
    keeper.create_registered_diary(UNSHARED_ENTRY)
    keeper.add_entry(OLD_ENTRY)
    keeper.open_entry(OLD_ENTRY)
    cards.type_into(cards.open_card(keeper, "Where"), "Where exactly?", ADDRESS)
    cards.save_card(keeper)
    add_case(keeper)
    add_to_case(keeper, OLD_ENTRY)
    # When both get access to the case in one consent, they see its old entries and no others
    give_access(keeper, nine_words, sam.advocate.fingerprint_words)
    desk.tap("Clients")
    desk.tap("Check for changes")
    desk.open_client(CLIENT_NAME)
    open_entry(desk, OLD_ENTRY)
    mark_as_reviewed(desk, keeper)
    assert sam.narratives() == {OLD_ENTRY}
    # and they see its later entries too
    work_on_the_case(desk, keeper)
    desk.assert_absent("Thornbury", "Hazelnutte")
    assert sam.narratives() >= {OLD_ENTRY, f"{NEW_ENTRY}\n\n{ANSWER}", SPOKEN_ACCOUNT}
    make_pack(desk, tmp_path / "pack.zip")
    # Then the keeper reads when they looked, ends both accesses, and continues to write
    end_access(keeper, "Priya K", "Sam O")
    ended = len(server.exchanges)
    keeper.add_entry(ENTRY_AFTER_END)
    add_to_case(keeper, ENTRY_AFTER_END)
    assert_access_ended(desk)
    assert sam.read_shared() == []
    answers = {exchange.status for exchange in server.exchanges[ended:] if exchange.path.startswith("/v1/clients/")}
    assert answers <= {404}  # nothing was asked where the desk noticed the end before
    assert page_errors.messages == []
    desk.tap("Lock")
    desk.wait_for_heading("Sign in")
    desk.assert_absent(*UNIQUE_WORDS)
    profile.close()
    assert_nothing_stored(profile.folder, server, desk, keeper)


def assert_nothing_stored(folder: Path, server: LiveServer, desk: AdvocatePage, keeper: BrowserKeeper) -> None:
    """Assert that the closed browser's folder, the server's folder and the traffic contain nothing typed or read."""
    assert len(list(walk_files(folder))) > 20
    assert (
        search_folder(folder, [*UNIQUE_WORDS, ADVOCATE_PASSPHRASE, desk.app.spelt, desk.app.spelt.replace(" ", "")])
        == []
    )
    secrets = [*UNIQUE_WORDS, ADVOCATE_PASSPHRASE, keeper.passphrase]
    assert search_folder(server.data, secrets) == []
    assert [exchange.path for exchange in server.exchanges if words_in_content(exchange.all_bytes(), secrets)] == []


def work_on_the_case(desk: AdvocatePage, keeper: BrowserKeeper) -> None:
    """See a new entry; get the answer to a question, and the text from a call, back as the keeper's own words."""
    keeper.add_entry(NEW_ENTRY)
    add_to_case(keeper, NEW_ENTRY)
    wait_for_entry(desk, NEW_ENTRY)
    ask_and_write_down(desk)
    answer_and_confirm(keeper)
    add_to_case(keeper, SPOKEN_ACCOUNT)
    wait_for_entry(desk, SPOKEN_ACCOUNT)
    desk.wait_for_text(re.compile("Written by PK, confirmed by them"))
    wait_for_entry(desk, NEW_ENTRY)
    expect(desk.page.locator(".narrative")).to_have_text(f"{NEW_ENTRY}\n\n{ANSWER}")


def mark_as_reviewed(desk: AdvocatePage, keeper: BrowserKeeper) -> None:
    """Mark the open entry as read. The keeper sees the mark, also offline."""
    desk.tap("I looked through this")
    desk.wait_for_text(re.compile(rf"^You looked through this on .*{CLIENT_NAME} can see that\."))
    assert accessibility_faults(desk.page) == []
    expect(desk.page.locator("aside .item", has_text=OLD_ENTRY)).to_contain_text("Looked through")
    keeper.lock()
    keeper.unlock()
    keeper.go_to_tab("Entries")
    expect(keeper.entry_row(OLD_ENTRY)).to_contain_text("Looked through by Priya K")
    expect(keeper.entry_row(UNSHARED_ENTRY)).not_to_contain_text("Looked through")
    keeper.page.context.set_offline(True)
    keeper.open_entry(OLD_ENTRY)
    keeper.wait_for_text(re.compile(r"^Priya K looked through this on .*You need not look again\.$"))
    assert accessibility_faults(keeper.page) == []
    keeper.page.context.set_offline(False)


def invite_colleague(desk: AdvocatePage) -> str:
    """Make the lead's invitation for a colleague."""
    desk.tap("Team")
    desk.confirm_with_words("Invite a member", "Invite a member")
    return desk.page.locator(".desk-secret").inner_text()


def add_case(keeper: BrowserKeeper) -> None:
    """Add a case."""
    RegisterScreens(keeper).add_record("Cases", "Add a case", {"What do you call it?": CASE_NAME}, title=CASE_NAME)


def add_to_case(keeper: BrowserKeeper, text: str) -> None:
    """Add the entry to the case and wait until the server has it."""
    keeper.open_entry(text)
    body = cards.open_card(keeper, "About this entry")
    body.get_by_label(CASE_NAME).check()
    cards.save_card(keeper)
    keeper.go_to_tab("Entries")
    expect(keeper.entry_state(text)).to_have_text(KEPT_SAFE_PATTERN)


def give_access(keeper: BrowserKeeper, nine_words: str, stand_in: str) -> None:
    """Give an advocate and their stand-in access to one case from Share, with the right to ask."""
    keeper.go_to_tab("Share")
    keeper.tap(re.compile("^Advocates"), exact=False)
    keeper.wait_for_text("Nobody can see your entries.")
    assert accessibility_faults(keeper.page) == []
    keeper.tap("Let someone in")
    check_words(keeper, "xylophone " + nine_words.split(" ", 1)[1])
    keeper.wait_for_text("These are not on the list of words: xylophone. Ask for the words again.")
    check_words(keeper, nine_words.upper())
    keeper.wait_for_text("These words belong to Priya K")
    keeper.tap("Yes, go on")
    keeper.pick_chip("One case, old and new entries")
    keeper.field("Which case?").select_option(label=CASE_NAME)
    keeper.page.get_by_label("Make a pack of what they see").check()
    keeper.field("What is it for?").fill(PURPOSE)
    keeper.field("What should they call you?").fill(CLIENT_NAME)
    keeper.tap("Check a stand-in’s words")
    check_words(keeper, stand_in)
    keeper.tap("Yes, go on")
    expect(keeper.page.get_by_role("radio", name="Sam O", exact=True)).to_be_checked()
    keeper.tap("Next")
    keeper.wait_for_screen("This is what they will see")
    keeper.wait_for_text("New entries of this case are shown to them as you write them.")
    keeper.tap(re.compile(re.escape(OLD_ENTRY)), exact=False)
    keeper.wait_for_text("Your private notes are never shown.")
    assert "Thornbury" not in keeper.page.content()
    keeper.tap("Next")
    keeper.wait_for_text(re.compile("and Sam O, as stand-in"))
    keeper.field("Type your password to agree").fill(keeper.passphrase)
    keeper.tap("Let them see this")
    keeper.wait_for_screen("Priya K can now see this")
    keeper.tap("Done")
    keeper.wait_for_text("Priya K can see this.")
    keeper.wait_for_text("Sam O can see this.")
    keeper.wait_for_text(re.compile("Not looked yet. If you are in danger now, ring 999."))


def check_words(keeper: BrowserKeeper, words: str) -> None:
    """Type nine words and check them."""
    keeper.field("Their nine words").fill(words)
    keeper.tap("Check the words")


def open_entry(desk: AdvocatePage, text: str) -> None:
    """Open one entry beside the list."""
    desk.page.locator("aside .item", has_text=text).click()
    expect(desk.page.locator(".narrative").first).to_contain_text(text)


def wait_for_entry(desk: AdvocatePage, text: str) -> None:
    """Wait until a new entry reaches the desk. The phone sends its keys after the entry was kept safe."""
    for _ in range(MAX_RELOADS):
        desk.tap("Clients")
        desk.open_client(CLIENT_NAME)
        if desk.page.locator("aside .item", has_text=text).count():
            return open_entry(desk, text)
        desk.page.wait_for_timeout(250)
    raise AssertionError(f"the entry does not reach the desk: {text}")


def ask_and_write_down(desk: AdvocatePage) -> None:
    """Ask about the open entry, type what the client says in a call, and read it back."""
    page = desk.page
    page.get_by_label("Your question").fill(QUESTION)
    desk.tap("Send the question")
    desk.wait_for_text("Sent. They see it the next time they open theirs.")
    desk.tap("Clients")
    desk.open_client(CLIENT_NAME)
    desk.tap(re.compile("Write down what they say"))
    page.get_by_role("radio", name="A call", exact=True).check(force=True)
    page.get_by_label("What you asked").select_option("tell_me")
    page.get_by_label("What they said").fill(SPOKEN_ACCOUNT)
    page.get_by_label("I read it back to them").check()
    desk.tap("Send it to them")
    desk.wait_for_text("Sent. They will be asked whether it is what they said.")


def answer_and_confirm(keeper: BrowserKeeper) -> None:
    """Answer the question after the next unlock, in the keeper's words, and confirm what was typed."""
    keeper.lock()
    keeper.unlock()
    page = keeper.page
    expect(page.get_by_text("Priya K")).to_have_count(0)
    keeper.tap("Something to look at")
    expect(keeper.button("Written down for you")).to_be_visible()
    keeper.tap("A question from Priya K")
    keeper.tap("Look at the entry")
    keeper.wait_for_text(re.compile(r"Priya K can see this\. Last looked on \w+ \d\d:\d\d\."))
    keeper.tap("Answer")
    keeper.field("Your answer, in your own words").fill(ANSWER)
    assert accessibility_faults(page) == []
    keeper.tap("Add my answer")
    keeper.wait_for_text(re.compile("You answered on"))
    expect(page.locator(".narrative")).to_have_text(f"{NEW_ENTRY}\n\n{ANSWER}")
    keeper.wait_until_kept_safe(NEW_ENTRY)
    keeper.go_to_tab("Follow-ups")
    keeper.tap("Written down for you")
    keeper.wait_for_text(re.compile("It was read back to you."))
    keeper.wait_for_text(SPOKEN_ACCOUNT)
    assert accessibility_faults(page) == []
    keeper.tap("Yes")
    keeper.open_entry(SPOKEN_ACCOUNT)
    keeper.wait_for_text("Written by PK, confirmed by you")


def end_access(keeper: BrowserKeeper, *names: str) -> None:
    """Read when the advocates looked, then end the access of both."""
    keeper.go_to_tab("Share")
    keeper.tap(re.compile("^Advocates"), exact=False)
    for name in names:
        card = keeper.page.locator("article", has_text=f"{name} can see this.")
        expect(card.get_by_text(re.compile("Last looked on"))).to_be_visible()
        card.get_by_role("button", name="When they looked").click()
        keeper.wait_for_text(re.compile("made a pack" if name == "Priya K" else "read entries"))
        assert accessibility_faults(keeper.page) == []
        keeper.tap("End it now")
        keeper.field("Type your password to go on").fill(keeper.passphrase)
        keeper.tap("Shut them out")
        expect(
            keeper.page.locator("[data-over]", has_text=name).get_by_text(re.compile("^You ended it on"))
        ).to_be_visible()


def make_pack(desk: AdvocatePage, saved: Path) -> None:
    """Make a pack of the case and no more, under the advocate's initials, and save it."""
    desk.tap("Clients")
    desk.open_client(CLIENT_NAME)
    desk.tap(re.compile("^Make a pack"))
    expect(desk.page.get_by_label("Your initials")).to_have_value("PK")
    assert accessibility_faults(desk.page) == []
    desk.tap("Make the pack")
    desk.wait_for_text("Stop making it")
    desk.wait_for_heading("The pack is ready")
    desk.wait_for_text("This computer made the pages by itself. Every file in it has been checked.")
    assert accessibility_faults(desk.page) == []
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="Save the pack").click()
    download.value.save_as(saved)
    download.value.delete()
    with ZipFile(saved) as pack:
        members = {name.partition("/")[2]: pack.read(name) for name in pack.namelist()}
    text = b"".join(members.values())
    assert {finding.code for finding in verify_pack(saved)} == {"keys_from_pack", "prepared", "servable_only"}
    assert PREPARED_BY_LINE in members["data/00_READ-FIRST.txt"].decode()
    pages = {name: pypdf.PdfReader(io.BytesIO(raw)).pages for name, raw in members.items() if name.endswith(".pdf")}
    assert pages.keys() == {"data/servable/01_chronology.pdf", "data/servable/04_exhibits.pdf"}
    printed = " ".join(page.extract_text() for page in pages["data/servable/01_chronology.pdf"])
    assert "prepared by Priya K, Stalking Support North, not by the keeper" in " ".join(printed.split())
    assert "Quincemere" in printed
    assert not {"Thornbury", "Hazelnutte", "Lindqvister"} & set(words_in_content(printed.encode(), UNIQUE_WORDS))
    assert set(UNIQUE_WORDS) - set(words_in_content(text, UNIQUE_WORDS)) == {
        "Fennimore",
        "Hazelnutte",
        "Lindqvister",
        "Mulberrow",
        "Thornbury",
    }


def assert_access_ended(desk: AdvocatePage) -> None:
    """Assert that the desk shows the end of access, and that the page contains nothing of the client."""
    page: Page = desk.page
    page.get_by_role("navigation", name="Main").get_by_role("button", name="Clients", exact=True).click()
    client = page.locator("button.desk-client", has_text=CLIENT_NAME)
    notice = page.get_by_text(re.compile(f"You can no longer see what {CLIENT_NAME} shared")).first
    # The desk checks once a minute while a client is open, so it may show the end already.
    expect(client.or_(notice)).to_be_visible()
    if client.is_visible():
        client.click()
    expect(notice).to_be_visible()
    expect(page.locator("button.desk-client")).to_have_count(0)
    page.get_by_role("button", name="All right").click()
    desk.tap("Check for changes")
    expect(page.locator("button.desk-client")).to_have_count(0)
    desk.assert_absent(*UNIQUE_WORDS)

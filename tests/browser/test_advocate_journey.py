"""Help without custody, from the operator's command line to the end: a keeper's phone and an advocate's desk, real browsers."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import Page, expect

from tests.browser import chromium
from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.navigators import cards
from tests.browser.navigators.desk import WORDS, Desk, FarAdvocate, by_command_line
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.navigators.registers import Registers
from tests.browser.navigators.sweeping import files_of, found, sweep
from tests.browser.serving import Served

TALL = {"width": 360, "height": 740}
CASE = "The man at Brackendale works"
OLD, NEW = "He followed me to the tram stop at Alderquist Road.", "He stood by the bakery on Quincemere Street."
OTHER, LATE = "A neighbour shouted at Thornbury Yard.", "He waited at the library on Mulberrow Lane."
QUESTION, ANSWER = "What did you see at Fennimore Corner?", "A grey coat and a Larkspurred cap."
SPOKEN = "He was at the swings on Thistledon Green when I came out."
APART, PURPOSE, CALLED = "Flat 9, Hazelnutte Court", "A report for Ravensgill station", "Maya Lindqvister"
# One word of each that stands nowhere else: a sweep finds it however the text around it was cut.
TOKENS = (
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
LOOKS_AGAIN = 20


def test_help_without_custody(new_profile: NewProfile, new_phone: NewPhone, server: Served, tmp_path: Path) -> None:
    """From an invitation to the end, one case with what is to come: what was made after the end opens nowhere, and nothing can be
    read on the advocate's disk, on the server or on the wire."""
    profile = new_profile(**chromium.DESK, is_mobile=False, has_touch=False)
    complaints = chromium.Complaints()
    page = profile.open().pages[0]
    complaints.listen(page)
    desk, keeper = Desk(page, server.app_url), new_phone(viewport=TALL)
    # Given an organisation that the operator begins, its lead at a desk, and a colleague
    nine = desk.joins(by_command_line(server, "organisation", "add", "Stalking Support North"))
    sam = FarAdvocate(server)
    sam.joins("Sam O", invited_by(desk))
    # and a keeper with one case and something that is not of it
    keeper.begins(OTHER)
    keeper.adds(OLD)
    keeper.reads(OLD)
    cards.types(cards.opens(keeper, "Where"), "Where exactly?", APART)
    cards.saves(keeper)
    begins_a_case(keeper)
    joins_the_case(keeper, OLD)
    # When one case is given to both in one consent, old entries are seen and others are not
    lets_in(keeper, nine, sam.advocate.words)
    desk.tap("Clients")
    desk.tap("Look for news")
    desk.opens(CALLED)
    reads(desk, OLD)
    looks_through(desk, keeper)
    assert sam.narratives() == {OLD}
    # and what is written later is seen too
    works_with(desk, keeper)
    desk.has_nothing_of("Thornbury", "Hazelnutte")
    assert sam.narratives() >= {OLD, f"{NEW}\n\n{ANSWER}", SPOKEN}
    makes_a_pack(desk, tmp_path / "pack.zip")
    # Then the keeper reads when they looked, shuts both out, and goes on writing
    shuts_out(keeper, "Priya K", "Sam O")
    ended = len(server.exchanges)
    keeper.adds(LATE)
    joins_the_case(keeper, LATE)
    is_shut_out(desk)
    assert sam.reads() == []
    answers = {one.status for one in server.exchanges[ended:] if one.path.startswith("/v1/clients/")}
    assert answers == {404}
    assert complaints.heard == []
    desk.tap("Lock")
    desk.sees_heading("Sign in")
    desk.has_nothing_of(*TOKENS)
    profile.close()
    holds_nothing(profile.folder, server, desk, keeper)


def holds_nothing(folder: Path, server: Served, desk: Desk, keeper: Keeper) -> None:
    """The advocate's closed browser, the server's folder and all that went over the wire: none of what was typed or read."""
    assert len(list(files_of(folder))) > 20
    assert sweep(folder, [*TOKENS, WORDS, desk.app.spelt, desk.app.spelt.replace(" ", "")]) == []
    secrets = [*TOKENS, WORDS, keeper.words]
    assert sweep(server.data, secrets) == []
    assert [one.path for one in server.exchanges if found(one.all_bytes(), secrets)] == []


def works_with(desk: Desk, keeper: Keeper) -> None:
    """A new entry is seen; a question and what was said in a call come back as the keeper's own."""
    keeper.adds(NEW)
    joins_the_case(keeper, NEW)
    comes(desk, NEW)
    asks_and_writes_down(desk)
    answers_and_says_yes(keeper)
    joins_the_case(keeper, SPOKEN)
    comes(desk, SPOKEN)
    desk.sees(re.compile("Written by PK, confirmed by them"))
    comes(desk, NEW)
    expect(desk.page.locator(".narrative")).to_have_text(f"{NEW}\n\n{ANSWER}")


def looks_through(desk: Desk, keeper: Keeper) -> None:
    """The advocate says that they looked through the entry that is open; the keeper reads it, with no signal too."""
    desk.tap("I looked through this")
    desk.sees(re.compile(rf"^You looked through this on .*{CALLED} can see that\."))
    assert faults(desk.page) == []
    expect(desk.page.locator("aside .item", has_text=OLD)).to_contain_text("Looked through")
    keeper.locks()
    keeper.unlocks()
    keeper.goes("Entries")
    expect(keeper.row(OLD)).to_contain_text("Looked through by Priya K")
    expect(keeper.row(OTHER)).not_to_contain_text("Looked through")
    keeper.page.context.set_offline(True)
    keeper.reads(OLD)
    keeper.sees(re.compile(r"^Priya K looked through this on .*You need not look again\.$"))
    assert faults(keeper.page) == []
    keeper.page.context.set_offline(False)


def invited_by(desk: Desk) -> str:
    """The lead's invitation for a colleague."""
    desk.tap("Team")
    desk.agrees("Invite a member", "Invite a member")
    return desk.page.locator(".desk-secret").inner_text()


def begins_a_case(keeper: Keeper) -> None:
    """A case, named."""
    Registers(keeper).adds("Cases", "Add a case", {"What do you call it?": CASE}, title=CASE)


def joins_the_case(keeper: Keeper, text: str) -> None:
    """The entry becomes part of the case, and the server has it."""
    keeper.reads(text)
    body = cards.opens(keeper, "About this entry")
    body.get_by_label(CASE).check()
    cards.saves(keeper)
    keeper.goes("Entries")
    expect(keeper.state_of(text)).to_have_text(KEPT)


def lets_in(keeper: Keeper, nine: str, stand_in: str) -> None:
    """From Share to an advocate and their stand-in, who may see one case and ask."""
    keeper.goes("Share")
    keeper.tap(re.compile("^Advocates"), exact=False)
    keeper.sees("Nobody can see your entries.")
    assert faults(keeper.page) == []
    keeper.tap("Let someone in")
    checks(keeper, "xylophone " + nine.split(" ", 1)[1])
    keeper.sees("These are not on the list of words: xylophone. Ask for the words again.")
    checks(keeper, nine.upper())
    keeper.sees("These words belong to Priya K")
    keeper.tap("Yes, go on")
    keeper.picks("One case, old and new entries")
    keeper.field("Which case?").select_option(label=CASE)
    keeper.page.get_by_label("Make a pack of what they see").check()
    keeper.field("What is it for?").fill(PURPOSE)
    keeper.field("What should they call you?").fill(CALLED)
    keeper.tap("Check a stand-in’s words")
    checks(keeper, stand_in)
    keeper.tap("Yes, go on")
    expect(keeper.page.get_by_role("radio", name="Sam O", exact=True)).to_be_checked()
    keeper.tap("Next")
    keeper.sees_place("This is what they will see")
    keeper.sees("New entries of this case are shown to them as you write them.")
    keeper.tap(re.compile(re.escape(OLD)), exact=False)
    keeper.sees("Your private notes are never shown.")
    assert "Thornbury" not in keeper.page.content()
    keeper.tap("Next")
    keeper.sees(re.compile("and Sam O, as stand-in"))
    keeper.field("Type your words to agree").fill(keeper.words)
    keeper.tap("Let them see this")
    keeper.sees_place("Priya K can now see this")
    keeper.tap("Done")
    keeper.sees("Priya K can see this.")
    keeper.sees("Sam O can see this.")
    keeper.sees(re.compile("Not looked yet. If you are in danger now, ring 999."))


def checks(keeper: Keeper, words: str) -> None:
    """Nine words, typed."""
    keeper.field("Their nine words").fill(words)
    keeper.tap("Check the words")


def reads(desk: Desk, text: str) -> None:
    """One entry beside the list."""
    desk.page.locator("aside .item", has_text=text).click()
    expect(desk.page.locator(".narrative").first).to_contain_text(text)


def comes(desk: Desk, text: str) -> None:
    """What was just written reaches the desk: the keeper's phone gives its keys after it was kept safe."""
    for _ in range(LOOKS_AGAIN):
        desk.tap("Clients")
        desk.opens(CALLED)
        if desk.page.locator("aside .item", has_text=text).count():
            return reads(desk, text)
        desk.page.wait_for_timeout(250)
    raise AssertionError(f"it does not come: {text}")


def asks_and_writes_down(desk: Desk) -> None:
    """A question about the entry that is open; and what the client says in a call, typed and read back."""
    page = desk.page
    page.get_by_label("Your question").fill(QUESTION)
    desk.tap("Send the question")
    desk.sees("Sent. They see it the next time they open theirs.")
    desk.tap("Clients")
    desk.opens(CALLED)
    desk.tap(re.compile("Write down what they say"))
    page.get_by_role("radio", name="A call", exact=True).check(force=True)
    page.get_by_label("What you asked").select_option("tell_me")
    page.get_by_label("What they said").fill(SPOKEN)
    page.get_by_label("I read it back to them").check()
    desk.tap("Seal and send it")
    desk.sees("Sent. They will be asked whether it is what they said.")


def answers_and_says_yes(keeper: Keeper) -> None:
    """At the next unlock: the question is answered in the keeper's words, what was typed is confirmed."""
    keeper.locks()
    keeper.unlocks()
    page = keeper.page
    keeper.sees("Something was written down for you.")
    page.locator(".line", has_text="Priya K asked you something.").get_by_role("button", name="Read it").click()
    keeper.tap("Look at the entry")
    keeper.sees(re.compile(r"Priya K can see this\. Last looked on \w+ \d\d:\d\d\."))
    keeper.tap("Answer")
    keeper.field("Your answer, in your own words").fill(ANSWER)
    assert faults(page) == []
    keeper.tap("Add my answer")
    keeper.sees(re.compile("You answered on"))
    expect(page.locator(".narrative")).to_have_text(f"{NEW}\n\n{ANSWER}")
    keeper.is_kept_safe(NEW)
    page.locator(".line", has_text="Something was written down").get_by_role("button", name="Read it").click()
    keeper.sees(re.compile("It was read back to you."))
    keeper.sees(SPOKEN)
    assert faults(page) == []
    keeper.tap("Yes")
    keeper.reads(SPOKEN)
    keeper.sees("Written by PK, confirmed by you")


def shuts_out(keeper: Keeper, *names: str) -> None:
    """When they looked is read, and both are shut out."""
    keeper.goes("Share")
    keeper.tap(re.compile("^Advocates"), exact=False)
    for name in names:
        card = keeper.page.locator("article", has_text=f"{name} can see this.")
        expect(card.get_by_text(re.compile("Last looked on"))).to_be_visible()
        card.get_by_role("button", name="When they looked").click()
        keeper.sees(re.compile("made a pack" if name == "Priya K" else "read entries"))
        assert faults(keeper.page) == []
        keeper.tap("End it now")
        keeper.field("Type your words to go on").fill(keeper.words)
        keeper.tap("Shut them out")
        expect(keeper.page.locator("[data-over]", has_text=name).get_by_text(re.compile("^You ended it on"))).to_be_visible()


def makes_a_pack(desk: Desk, saved: Path) -> None:
    """Of the case and no more, under the advocate's initials; where it is saved is the advocate's own choice."""
    desk.tap("Clients")
    desk.opens(CALLED)
    desk.tap(re.compile("^Make a pack"))
    expect(desk.page.get_by_label("Your initials")).to_have_value("PK")
    assert faults(desk.page) == []
    desk.tap("Make the pack")
    desk.sees_heading("The pack is ready")
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="Save the pack").click()
    download.value.save_as(saved)
    download.value.delete()
    with ZipFile(saved) as pack:
        text = b"".join(pack.read(name) for name in pack.namelist())
        assert any(name.endswith("prepared.json") for name in pack.namelist())
    assert set(TOKENS) - set(found(text, TOKENS)) == {"Fennimore", "Hazelnutte", "Lindqvister", "Mulberrow", "Thornbury"}


def is_shut_out(desk: Desk) -> None:
    """It is said, and nothing of the client is left in the page."""
    page: Page = desk.page
    page.get_by_role("navigation", name="Main").get_by_role("button", name="Clients", exact=True).click()
    client = page.locator("button.desk-client", has_text=CALLED)
    said = page.get_by_text(re.compile(f"You can no longer see what {CALLED} shared")).first
    # The desk looks once a minute while a client is open, so it may have found out by itself.
    expect(client.or_(said)).to_be_visible()
    if client.is_visible():
        client.click()
    expect(said).to_be_visible()
    expect(page.locator("button.desk-client")).to_have_count(0)
    page.get_by_role("button", name="All right").click()
    desk.tap("Look for news")
    expect(page.locator("button.desk-client")).to_have_count(0)
    desk.has_nothing_of(*TOKENS)

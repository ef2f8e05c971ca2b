"""Exporting on the phone: review first, make a pack offline, note its recipient, continue later; text for a form."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import VerifiedFacts, verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.live_server import Certificate, LiveServer
from tests.browser.navigators import cards
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.seeding import SeedRecord, seed_diary
from tests.browser.navigators.sharing import (
    PACK_ON_SERVER,
    PASSPHRASE_LABEL,
    choose_usual_contents,
    give_consent,
    make_and_save_pack,
    open_picture,
    picture_tiles,
    review_findings,
    save_pack,
    see_end,
)
from tests.browser.pictures import make_png, picker_file
from tests.pack.restricted_scan import readable_forms
from tests.pack.test_servable import ALLOWED_PHRASE, DENIED_WORDS
from tests.vectors.pattern_vectors import incident_fields

FIRST_NARRATIVE = "He waited at 14 Elm Road. Ring me on 07700 900123."
SECOND_NARRATIVE = "A card through the door. <b onclick=alert(1)>look</b>"


def _add_pictures(keeper: BrowserKeeper, count: int, first: int = 0) -> None:
    """Add this many pictures to the open entry."""
    keeper.open_card("Photos & screenshots")
    keeper.pick_files(
        [picker_file(f"screen{first + n}.png", "image/png", make_png(first + n + 1)) for n in range(count)]
    )
    for n in range(count):
        keeper.wait_for_file(f"screen{first + n}.png")


def _make_unregistered_diary(keeper: BrowserKeeper) -> None:
    """Make a diary that is not registered: two entries, three pictures, a restricted place."""
    keeper.open_without_diary()
    keeper.write_first_entry(FIRST_NARRATIVE)
    keeper.postpone_copy()
    keeper.open_entry(FIRST_NARRATIVE)
    _add_pictures(keeper, 3)
    keeper.open_card("Where")
    keeper.field("Where exactly?").fill("14 Elm Road, Leeds")
    keeper.save_card()
    keeper.add_entry(SECOND_NARRATIVE)


def test_a_phone_exports_without_a_signal(new_phone: NewPhone, tmp_path: Path) -> None:
    """A phone offline and without an account gives text for a police form, a printed list and a valid pack."""
    keeper = new_phone()
    _make_unregistered_diary(keeper)
    keeper.wait_until_offline_ready()
    keeper.page.context.set_offline(True)
    _read_out_and_copy(keeper)
    _print_list(keeper)
    _make_pack_on_phone(keeper, tmp_path)


def _make_pack_on_phone(keeper: BrowserKeeper, tmp_path: Path) -> None:
    """Review across a lock, then make and save a pack without restricted text in its servable part."""
    choose_usual_contents(keeper)
    keeper.tap("Next")
    # A lock in the middle loses no decision.
    keeper.wait_for_text("Pictures 1 to 3 of 3")
    open_picture(keeper, 0)
    see_end(keeper)
    keeper.tap("Nothing shows where I am")
    open_picture(keeper, 1)
    keeper.page.keyboard.press("2")
    keeper.wait_for_text("Stays off the pages")
    _continue_after_a_lock(keeper)
    expect(picture_tiles(keeper)).to_have_count(1)
    open_picture(keeper, 0)
    keeper.tap("Cover part of it")
    keeper.tap("Add a box")
    keeper.tap("Save the covered copy")
    keeper.wait_for_text("Partly covered")
    keeper.tap("Next")
    review_findings(keeper, 0, all_arrived=True)
    keeper.wait_for_text("Nobody else can read it while it is made.")
    _assert_passphrase_needed(keeper)
    give_consent(keeper)
    pack = save_pack(keeper, tmp_path)
    codes = {finding.code for finding in verify_pack(pack)}
    assert codes == {"never_received"}, codes
    with zipfile.ZipFile(pack) as archive:
        names = archive.namelist()
        served = [name for name in names if "/servable/" in name or re.search(r"/data/\d\d_", name)]
        servable = b"".join(archive.read(name) for name in served)
        # In the bytes of pictures a word of three letters stands by chance now and then.
        readable = [form for name in served for form in readable_forms(name, archive.read(name))]
        page = archive.read(next(name for name in names if name.endswith("01_chronology.html")))
        record = json.loads(archive.read(next(name for name in names if name.endswith("12_record.json"))))
        assert len([name for name in names if "13_exhibits-as-received" in name]) == 3
    squeezed = re.sub(rb"[^a-z0-9]", b"", servable.lower())
    assert b"elmroad" not in squeezed
    assert b"<b onclick" not in page
    assert b"default-src 'none'" in page
    assert b"07700 900123" in servable  # the keeper chose "Leave it in"
    reviewed = [
        row["fields"] for row in record["versions"] if row["kind"] == "attachment" and "looked_at" in row["fields"]
    ]
    assert sorted(bool(fields.get("shows_where_i_live")) for fields in reviewed if "print_copy" not in fields) == [
        False,
        True,
    ]
    assert [fields["shows_where_i_live"] for fields in reviewed if fields.get("print_copy") == "masked"] == [True]
    for where, text in readable:
        remaining = text.encode().replace(ALLOWED_PHRASE, b"")
        forbidden = DENIED_WORDS.search(remaining)
        assert not forbidden, (where, remaining[max(0, forbidden.start() - 60) : forbidden.end() + 30])


def _continue_after_a_lock(keeper: BrowserKeeper) -> None:
    """Lock, unlock, and return to the unfinished pack, past its contents."""
    keeper.lock()
    keeper.unlock()
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile("^Go on with the pack you began")).click()
    keeper.wait_for_screen("What goes in")
    keeper.tap("Next")


def _assert_passphrase_needed(keeper: BrowserKeeper) -> None:
    """Assert that no words, wrong words or a lock make no pack, and that the choices remain."""
    keeper.tap("Make the pack")
    keeper.wait_for_text("Type your password.")
    keeper.field(PASSPHRASE_LABEL).fill("these are not the words")
    keeper.tap("Make the pack")
    expect(keeper.error_message()).to_contain_text(
        "That is not the password that opens this phone. Nothing was changed. Try again."
    )
    expect(keeper.field(PASSPHRASE_LABEL)).to_have_value("")
    expect(keeper.heading("Your pack is ready")).to_have_count(0)
    keeper.field(PASSPHRASE_LABEL).fill("half of what")
    _continue_after_a_lock(keeper)
    keeper.wait_for_screen("Words that may say where you are")
    keeper.tap("Next")
    expect(keeper.field(PASSPHRASE_LABEL)).to_have_value("")


def test_skipping_the_review_is_recorded(new_phone: NewPhone, server: LiveServer, tmp_path: Path) -> None:
    """Nothing is exported until it is reviewed or skipped on purpose. Pack and list record that.

    A later pack keeps the numbers, names the first pack and its reference, and takes items by number.
    """
    keeper = new_phone()
    keeper.create_registered_diary(FIRST_NARRATIVE)
    keeper.open_entry(FIRST_NARRATIVE)
    _add_pictures(keeper, 2)
    keeper.wait_until_kept_safe(FIRST_NARRATIVE)
    choose_usual_contents(keeper)
    keeper.tap("Next")
    keeper.wait_for_text("Pictures 1 to 2 of 2")
    keeper.tap("Go on without looking at the rest")
    keeper.wait_for_text("2 pictures were not looked at.")
    keeper.tap("Go on")
    keeper.wait_for_screen("Words that may say where you are")
    # A finding opens its entry, and Back returns.
    keeper.page.get_by_role("button", name="Open entry 1").click()
    expect(keeper.page.get_by_role("article").get_by_text(FIRST_NARRATIVE).first).to_be_visible()
    keeper.tap("Back")
    keeper.wait_for_screen("Words that may say where you are")
    keeper.tap("Next")
    keeper.wait_for_text("One is still to be answered.")
    keeper.tap("Go on")
    keeper.wait_for_text("You chose to go on without looking at everything.")
    give_consent(keeper)
    first = save_pack(keeper, tmp_path)
    record = _read_record(first)
    review = record["pack"]["review"]
    assert (review["looked"], review["not_looked"], review["words"]) == (0, 2, 1)
    assert review["override_at"] > 0
    assert _exhibit_names(first) == {"JB-1.png", "JB-2.png"}
    # Note the recipient and their reference.
    keeper.page.get_by_role("button", name=re.compile("^Note who has it")).click()
    keeper.field("Who has it?").fill("PC Hall, Leeds")
    keeper.page.get_by_role("radio", name="On paper, by hand").check()
    keeper.field("Their reference").fill("WY/4471/26")
    keeper.tap("Save")
    keeper.wait_for_text("Their reference: WY/4471/26")
    keeper.wait_for_text("You went on without looking at everything.")
    _make_supplement(keeper, server, tmp_path)


PRESS_WHEN_DRAWN_SCRIPT = """([tab, button]) => new Promise((resolve) => {
  const buttons = () => [...document.querySelectorAll('button')];
  const find = (text) => buttons().find((one) => one.textContent.trim().startsWith(text));
  new MutationObserver((_changes, observer) => {
    if (!find(button)) return;
    observer.disconnect();
    find(button).click();
    resolve();
  }).observe(document, {childList: true, subtree: true});
  find(tab).click();
})"""


def _make_supplement(keeper: BrowserKeeper, server: LiveServer, tmp_path: Path) -> None:
    keeper.add_entry(SECOND_NARRATIVE)
    keeper.open_entry(SECOND_NARRATIVE)
    _add_pictures(keeper, 1, first=5)
    keeper.wait_until_kept_safe(SECOND_NARRATIVE)
    # Pressed as soon as it is drawn after an unlock, when the list of packs has not been read yet.
    keeper.lock()
    keeper.unlock()
    keeper.page.evaluate(PRESS_WHEN_DRAWN_SCRIPT, ["Share", "Make a pack"])
    keeper.wait_for_screen("What goes in")  # the screen about court comes only before the first pack
    keeper.wait_for_text("What is new since the last pack")
    # It may be for somebody else, so their reference goes in only with a yes.
    keeper.field("Print their reference from your last pack: WY/4471/26").check()
    keeper.tap("Change")
    keeper.page.get_by_role("button", name=re.compile("^For the officer")).click()
    expect(keeper.field("Their reference")).to_have_value("WY/4471/26")
    keeper.tap("Done")
    keeper.wait_for_screen("What goes in")
    review_findings(keeper, 1)
    give_consent(keeper)
    second = save_pack(keeper, tmp_path, name="second.zip")
    assert verify_pack(second, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    pack = _read_record(second)["pack"]
    assert (pack["no"], pack["kind"], pack["recipient_ref"]) == (2, "supplement", "WY/4471/26")
    superseded = [(earlier["no"], earlier["receipt_ref"], earlier["delivered_to"]) for earlier in pack["supersedes"]]
    assert superseded == [(1, "WY/4471/26", "PC Hall, Leeds")]
    assert _exhibit_names(second) == {"JB-3.png"}
    # A single item is two taps after its number, with nothing left to review.
    keeper.tap("Make another")
    keeper.page.get_by_role("button", name=re.compile("^Items by number")).click()
    keeper.field("Numbers").fill("3, 8")
    keeper.tap("Next")
    keeper.wait_for_text("No file of an earlier pack has these numbers: 8.")
    keeper.field("Numbers").fill("3")
    keeper.tap("Next")
    give_consent(keeper)
    third = save_pack(keeper, tmp_path, name="third.zip")
    assert (_read_record(third)["pack"]["items"], _exhibit_names(third)) == (["JB/3"], {"JB-3.png"})
    _make_upload_files(keeper)


def test_proof_of_when_is_saved_beside_a_pack(new_phone: NewPhone, server: LiveServer, tmp_path: Path) -> None:
    """The slip from the list of what was shared is about that pack. This server asks no timestamp authority."""
    keeper = new_phone()
    keeper.create_registered_diary("He waited outside.")
    keeper.wait_until_kept_safe("He waited outside.")
    pack = make_and_save_pack(keeper, 0, tmp_path)
    keeper.page.get_by_role("button", name=re.compile("^Note who has it")).click()
    keeper.tap("Save")
    keeper.wait_for_screen("What you have shared")
    with keeper.page.expect_download() as download:
        keeper.tap("Save files that show when it was made")
    expect(keeper.page.get_by_text("Saved. Give these files with the pack")).to_be_attached()
    assert download.value.suggested_filename == "receipt-slip.json"
    slip = tmp_path / "receipt-slip.json"
    download.value.save_as(slip)
    notary, facts = Ed25519Signer(server.settings.load_or_create_notary_seed()).pub, VerifiedFacts()
    assert verify_pack(pack, notary=notary, facts=facts) == []
    assert facts.status == "received"
    slip.write_bytes(slip.read_bytes().replace(b"slip/v1", b"slip/v9"))
    assert [finding.code for finding in verify_pack(pack, notary=notary)] == ["slip"]


def test_a_later_pack_after_one_removal_one_amendment_and_ten_new_entries(
    new_phone: NewPhone, server: LiveServer, certificate: Certificate, tmp_path: Path
) -> None:
    """Numbers stay, READ-FIRST explains the changes, and the file of the first pack keeps its number."""
    day = "2026-11-{:02d}T08:15"
    story: list[SeedRecord] = [
        (f"e{n}", "incident", incident_fields(day.format(n), "minute", narrative=f"Before, {n}."), {})
        for n in range(1, 5)
    ]
    seeded = seed_diary(server, certificate, story)
    keeper = new_phone()
    keeper.sign_in(seeded.login, seeded.passphrase)
    keeper.wait_for_entry_count(4)
    keeper.open_entry("Before, 2.")
    _add_pictures(keeper, 1)
    choose_usual_contents(keeper)
    review_findings(keeper, 1)
    give_consent(keeper)
    first = save_pack(keeper, tmp_path)
    assert _exhibit_names(first) == {"JB-1.png"}
    # After the ten minutes in which the first version can be corrected.
    keeper.page.clock.set_fixed_time(keeper.page.evaluate("Date.now()") / 1000 + 20 * 60)
    keeper.page.wait_for_timeout(50)
    _take_out_amend_and_add(keeper)
    keeper.go_to_tab("Share")
    keeper.tap("Make another")
    keeper.tap("Make a pack")
    keeper.wait_for_screen("What goes in")
    review_findings(keeper, 1)
    give_consent(keeper)
    second = save_pack(keeper, tmp_path, name="second.zip")
    assert verify_pack(second, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    record = _read_record(second)
    assert record["pack"]["since"] == {"changed": [3], "new": list(range(5, 15)), "removed": [1]}
    counts = {
        name: record["counts"][name] for name in ("total", "included", "earlier", "removed", "withheld", "amended")
    }
    assert counts == {"total": 14, "included": 11, "earlier": 2, "removed": 1, "withheld": 0, "amended": 1}
    assert _exhibit_names(second) == {"JB-2.png"}
    with zipfile.ZipFile(second) as archive:
        read_first = archive.read(
            next(name for name in archive.namelist() if name.endswith("00_READ-FIRST.txt"))
        ).decode()
    for words in ("SUPPLEMENT", "New since: entries 5–14.", "Changed since: entry 3.", "Removed since: entry 1."):
        assert words in read_first, words


def _take_out_amend_and_add(keeper: BrowserKeeper) -> None:
    """Take out one entry, amend another with a reason, add ten new ones and a picture."""
    keeper.open_entry("Before, 1.")
    keeper.tap("Put this away")
    keeper.tap("Put it away")
    keeper.wait_for_text(re.compile("This entry was put away on"))
    keeper.open_entry("Before, 3.")
    body = cards.open_card(keeper, "How they did it")
    cards.type_into(body, "How many?", "12")
    cards.save_card(keeper)
    body = cards.open_card(keeper, "How they did it")
    cards.type_into(body, "How many?", "11")
    keeper.tap("Save this card")
    cards.give_reason(keeper, "I counted again.")
    for n in range(10):
        keeper.add_entry(f"After, {n}.")
    keeper.open_entry("After, 9.")
    _add_pictures(keeper, 1, first=3)
    for n in range(10):
        keeper.wait_until_kept_safe(f"After, {n}.")


def _make_upload_files(keeper: BrowserKeeper) -> None:
    """Make the upload files: at most sixteen, each saved by itself. Skipped pictures are asked about again."""
    keeper.tap("Make another")
    keeper.tap("Make a pack")
    # Nothing is new: the choice opens by itself.
    keeper.wait_for_text("Nothing is new since the last pack.")
    keeper.page.get_by_role("radio", name="Everything", exact=True).check()
    keeper.page.get_by_role("radio", name="Files for an upload page (at most 16)").check()
    keeper.tap("Next")
    keeper.wait_for_screen("What goes in")
    review_findings(keeper, 2)
    give_consent(keeper)
    expect(keeper.heading("Your pack is ready")).to_be_visible(timeout=120_000)
    files = keeper.page.get_by_role("button", name=re.compile(r"^[\w-]+(\.[\w-]+)*\.(pdf|csv|txt|json|zip) "))
    names = [text.split("\n")[0] for text in files.all_inner_texts()]
    assert {"00_READ-FIRST.txt", "01_chronology.pdf", "12_record.json", "13_part1.zip", "manifest-sha256.txt"} <= set(
        names
    )
    assert len(names) <= 16
    with keeper.page.expect_download() as saved:
        files.filter(has_text="13_part1.zip").click()
    with zipfile.ZipFile(saved.value.path()) as part:
        assert sum("13_exhibits-as-received/" in name for name in part.namelist()) == 3


def _read_record(pack: Path) -> Any:
    """Return `12_record.json` of a pack."""
    with zipfile.ZipFile(pack) as archive:
        return json.loads(archive.read(next(name for name in archive.namelist() if name.endswith("12_record.json"))))


def _exhibit_names(pack: Path) -> set[str]:
    with zipfile.ZipFile(pack) as archive:
        return {name.rpartition("/")[2] for name in archive.namelist() if "13_exhibits-as-received/" in name}


def _read_out_and_copy(keeper: BrowserKeeper) -> None:
    """Read the text in order, without restricted words unless ticked. Copy it, which is noted as passed on."""
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile("^Quick report")).click()
    keeper.wait_for_screen("Quick report")
    # The policy forbids reading the clipboard, so the test intercepts the copied text.
    keeper.page.evaluate("Clipboard.prototype.writeText = async (text) => { globalThis.handed = text; }")
    keeper.tap("Copy the words")
    keeper.wait_for_text("Copied.")
    copied: str = keeper.page.evaluate("handed")
    assert copied.startswith("WHAT HAPPENED LAST\n")
    assert copied.index("WHAT HAPPENED LAST") < copied.index("HOW LONG, HOW OFTEN") < copied.index("WHAT I HAVE KEPT")
    assert SECOND_NARRATIVE in copied
    assert "Leeds" not in copied
    keeper.tap("Read it out")
    expect(keeper.page.get_by_text("It has happened 2 times.")).to_be_visible()
    keeper.button("Back to choosing").first.click()
    keeper.tap("I have passed this on")
    keeper.wait_for_text("Noted under What you have shared.")
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile("^What you have shared")).click()
    keeper.wait_for_screen("What you have shared")
    expect(keeper.page.get_by_role("heading", name="Quick report")).to_be_visible()


def _print_list(keeper: BrowserKeeper) -> None:
    """Print the list: the entries in order, without restricted words and controls. No other page prints."""
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile("^Print your entries")).click()
    keeper.field(PASSPHRASE_LABEL).fill("these are not the words")
    keeper.tap("Show the list")
    expect(keeper.error_message()).to_contain_text("That is not the password that opens this phone.")
    expect(keeper.button("Print or save as PDF")).to_have_count(0)
    keeper.field(PASSPHRASE_LABEL).fill(keeper.passphrase)
    keeper.tap("Show the list")
    expect(keeper.page.get_by_text("[held back, see 06]")).to_be_visible()
    keeper.page.emulate_media(media="print")
    assert _printed_text(keeper.page).count("He waited at") == 1
    assert "Elm Road" not in _printed_text(keeper.page)
    assert not keeper.button("Print or save as PDF").is_visible()
    assert keeper.page.locator(".thumb").is_hidden()
    assert keeper.page.locator("b[onclick]").count() == 0
    assert len(keeper.page.pdf(format="A4")) > 5_000
    keeper.page.emulate_media(media="null")
    keeper.go_to_tab("Entries")
    keeper.wait_for_screen("Entries")
    assert len(keeper.page.pdf(format="A4")) < 2_000


def _printed_text(page: Page) -> str:
    return page.locator("main").inner_text()


def _offer_packs(server: LiveServer) -> None:
    """Let the server say that it makes packs."""
    server.inject_fault(
        "GET", "/v1/server", change_body=lambda body: body.replace(b'"server_packs":false', b'"server_packs":true')
    )


def test_high_risk_mode_requests_no_pack_from_the_server(
    new_phone: NewPhone, server: LiveServer, certificate: Certificate
) -> None:
    """A server that makes packs is not offered in high-risk mode, and is not asked. The phone makes them."""
    entry = incident_fields("2026-11-20T08:15", "minute", narrative=FIRST_NARRATIVE)
    seeded = seed_diary(
        server, certificate, [("one", "incident", entry, {}), ("own", "settings", {"high_risk": True}, {})]
    )
    _offer_packs(server)
    keeper = new_phone()
    keeper.sign_in(seeded.login, seeded.passphrase)
    keeper.wait_for_entry_count(1)
    requests = len(server.exchanges_with("/v1/packs"))
    keeper.go_to_tab("Share")
    expect(keeper.button("Make a pack")).to_be_visible()
    keeper.wait_for_text("What you have shared")
    expect(keeper.page.get_by_text(PACK_ON_SERVER)).to_have_count(0)
    assert len(server.exchanges_with("/v1/packs")) == requests


def test_the_server_is_offered_only_where_it_makes_packs(new_phone: NewPhone, server: LiveServer) -> None:
    """By default no way names the server. Where it makes packs, the consent says what it reads."""
    keeper = new_phone()
    keeper.create_registered_diary(FIRST_NARRATIVE)
    keeper.go_to_tab("Share")
    keeper.wait_for_text("This phone makes it by itself.")
    expect(keeper.page.get_by_text(PACK_ON_SERVER)).to_have_count(0)
    _offer_packs(server)
    keeper.go_to_tab("Entries")
    keeper.go_to_tab("Share")
    choose_usual_contents(keeper, PACK_ON_SERVER)
    review_findings(keeper, 0)
    keeper.wait_for_text("For up to two minutes this server, and the people who run it, can read what you chose")

"""A sitting: an advocate collects files on a borrowed device; the keeper sees none of them before choosing to."""

import json
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Locator, Playwright, expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser.chromium import PHONE_OPTIONS, private_window
from tests.browser.conftest import NewPhone
from tests.browser.live_server import Certificate, LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.disk_search import search_folder
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import (
    choose_usual_contents,
    give_consent,
    make_and_save_pack,
    review_findings,
    save_pack,
)
from tests.browser.pictures import make_png, picker_file
from tests.browser.test_borrowed_device import sign_in_on_borrowed_device
from tests.browser.test_pages_on_phone import pdf_text, read_documents

ENTRY = "He was outside again."
SECOND_ENTRY = "He rang at night."
UNSEEN = "Collected by PK. Not seen by the keeper."


def open_sitting(device: BrowserKeeper) -> None:
    """Open the screen of sittings from More."""
    device.go_to_tab("More")
    device.tap(re.compile("^Collect with a helper"), exact=False)
    device.wait_for_screen("A sitting")


def answer_and_start(device: BrowserKeeper) -> None:
    """Answer what is asked before a sitting. Under 18 the name of the safeguarding lead is asked for."""
    page = device.page
    young = page.get_by_role("group", name=re.compile("under 18"))
    young.get_by_role("radio", name="Yes", exact=True).check()
    expect(device.field("Which safeguarding lead agreed?")).to_be_visible()
    page.get_by_role("group", name=re.compile("Have the police asked")).get_by_role(
        "radio", name="No", exact=True
    ).check()
    young.get_by_role("radio", name="No", exact=True).check()
    expect(device.field("Which safeguarding lead agreed?")).to_have_count(0)
    for label in (
        "I will not touch a tracker.",
        re.compile("A sexual picture of a child"),
        re.compile("The keeper said yes"),
    ):
        page.get_by_label(label).check()
    device.field("Your initials").fill("PK")
    device.field("Your name").fill("SENTINELname")
    device.tap("Start the sitting")
    device.wait_for_text(re.compile("by PK"))


def note_source(device: BrowserKeeper) -> None:
    """Note a phone that was looked at in part."""
    page = device.page
    page.get_by_role("group", name="What is it?").get_by_role("radio", name="A phone", exact=True).check()
    device.field("Name it").fill("SENTINELsource")
    page.get_by_role("group", name="Was it looked at?").get_by_role(
        "radio", name="Looked at in part", exact=True
    ).check()
    device.field("If not all: why?").fill("no time")
    device.tap("Note a source")
    page.get_by_role("group", name="Where are they from?").get_by_role(
        "radio", name="SENTINELsource", exact=True
    ).check()


def take_in(device: BrowserKeeper, *files: tuple[str, bytes]) -> None:
    """Choose files in the sitting."""
    with device.page.expect_file_chooser() as chooser:
        device.tap("Choose files")
    chooser.value.set_files([picker_file(name, "image/png", content) for name, content in files])


def pictures_on(device: BrowserKeeper) -> Locator:
    """Return the pictures that the page draws or holds, thumbnails and backgrounds included."""
    return device.page.locator("main img, dialog img, canvas, video, [src^='blob:'], [style*='blob:'], [style*='url(']")


def count_of_pictures(device: BrowserKeeper) -> int:
    """Return how many pictures the page draws or holds now."""
    return pictures_on(device).count()


def look_with_the_screen_turned(device: BrowserKeeper) -> None:
    """Look at one picture: drawn only after the advocate turned the screen, and forgotten as its sheet closes."""
    device.button("Look at it").first.click()
    device.wait_for_text(re.compile("Turn the screen so that the keeper cannot see it"))
    assert count_of_pictures(device) == 0
    device.tap("Show it")
    picture = device.page.get_by_role("dialog").locator("img")
    expect(picture).to_have_count(1)
    address = picture.get_attribute("src")
    device.page.keyboard.press("Escape")
    # A closed sheet is hidden at once. What was in it is removed as the page is next drawn.
    expect(pictures_on(device)).to_have_count(0)
    is_readable = "(address) => fetch(address).then(() => true, () => false)"
    assert device.page.evaluate(is_readable, address) is False


def test_a_sitting_from_start_to_the_keepers_choice(
    new_phone: NewPhone, playwright: Playwright, certificate: Certificate, server: LiveServer, tmp_path: Path
) -> None:
    """Two browsers: the advocate collects on a borrowed one, the keeper decides on their own phone."""
    phone = new_phone()
    phone.create_registered_diary(ENTRY)
    make_and_save_pack(phone, 0, tmp_path)
    wire: list[bytes] = []
    with private_window(playwright, certificate.spki, tmp_path / "private", PHONE_OPTIONS) as context:
        context.on("request", lambda request: wire.append(request.url.encode() + (request.post_data_buffer or b"")))
        borrowed = sign_in_on_borrowed_device(context, phone, "This is a private window")
        open_sitting(borrowed)
        borrowed.tap("Start the sitting")
        borrowed.wait_for_text(re.compile("Answer every question first"))
        answer_and_start(borrowed)
        assert accessibility_faults(borrowed.page) == []
        note_source(borrowed)
        take_in(borrowed, ("SENTINELone.png", make_png(41)), ("two.png", make_png(42)))
        borrowed.wait_for_text("2 files collected")
        take_in(borrowed, ("again.png", make_png(41)))
        borrowed.wait_for_text(re.compile("1 was here already"))
        assert count_of_pictures(borrowed) == 0
        look_with_the_screen_turned(borrowed)
        borrowed.tap(re.compile("^Trackers found"), exact=False)
        borrowed.pick_chip("Nothing was found")
        borrowed.tap("Note it")
        expect(borrowed.button("Note it")).to_have_count(0)
        borrowed.tap("Pause")
        borrowed.wait_for_text(re.compile("Paused since"))
        expect(borrowed.button("Choose files")).to_have_count(0)
        borrowed.lock()
        borrowed.unlock()
        open_sitting(borrowed)
        borrowed.tap("Go on")
        borrowed.wait_for_text("2 files collected")
        borrowed.tap("End the sitting")
        borrowed.page.get_by_role("dialog").get_by_role("button", name="End the sitting", exact=True).click()
        borrowed.wait_for_text(re.compile("Ended "))
        borrowed.wait_for_text(UNSEEN)
        cannot_open_for_the_keeper(borrowed)
        assert accessibility_faults(borrowed.page) == []
        borrowed.wait_until(lambda: sum(b"/blobs/" in row for row in wire) >= 6, "files were sent")
        borrowed.page.close(run_before_unload=True)
    assert not any(b"SENTINEL" in row for row in wire)
    assert search_folder(server.data, ["SENTINEL"]) == []
    decide_on_own_phone(phone)
    check_supplement(phone, server, tmp_path)


def cannot_open_for_the_keeper(borrowed: BrowserKeeper) -> None:
    """On the same device nobody opens a file in the keeper's place until the diary was locked and opened again."""
    borrowed.tap(re.compile("^two.png"), exact=False)
    borrowed.wait_for_screen("two.png")
    borrowed.tap("Open it")
    borrowed.wait_for_text(re.compile("Then lock this and open it again"))
    assert count_of_pictures(borrowed) == 0
    open_sitting(borrowed)
    expect(borrowed.page.get_by_text(UNSEEN)).to_have_count(2)


def decide_on_own_phone(phone: BrowserKeeper) -> None:
    """Check that both files are marked and shown as names only; one is opened."""
    phone.page.reload()
    phone.unlock_if_locked()
    open_sitting(phone)
    expect(phone.page.get_by_text(UNSEEN)).to_have_count(2)
    assert count_of_pictures(phone) == 0
    phone.go_to_tab("Entries")
    phone.wait_for_text(ENTRY)
    assert count_of_pictures(phone) == 0
    open_sitting(phone)
    phone.tap(re.compile("^two.png"), exact=False)
    phone.wait_for_screen("two.png")
    phone.wait_for_text("You do not have to look at it. It stays kept.")
    assert count_of_pictures(phone) == 0
    assert accessibility_faults(phone.page) == []
    phone.tap("Open it")
    expect(phone.page.locator("main img")).to_have_count(1)
    open_sitting(phone)
    expect(phone.page.get_by_text(UNSEEN)).to_have_count(1)
    phone.wait_for_text("Opened by the keeper")
    tick = phone.page.get_by_label(re.compile("Put these files and one page"))
    tick.check()
    # What is saved: the sitting is read again.
    phone.go_to_tab("Entries")
    open_sitting(phone)
    expect(tick).to_be_checked()


def check_supplement(phone: BrowserKeeper, server: LiveServer, folder: Path) -> None:
    """Check that it ends in a supplement: its page, its custody sheet, and the mark beside what was not opened.

    Only the picture that the keeper opened is shown to be decided about.
    """
    phone.add_entry(SECOND_ENTRY)
    phone.wait_until_kept_safe(SECOND_ENTRY)
    choose_usual_contents(phone)
    phone.wait_for_text("What is new since the last pack")
    review_findings(phone, 1)
    give_consent(phone)
    pack = save_pack(phone, folder, name="supplement.zip")
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    documents = read_documents(pack)
    page = " ".join(pdf_text(documents["10_RESTRICTED_how-this-record-was-made.pdf"]).split())
    for words in (
        "What was collected, from where, by whom, and what was not looked at",
        "PK, SENTINELname",
        "On a borrowed device",
        "SENTINELsource A phone 2 Looked at in part no time",
        "Trackers found Nothing was found",
        "SENTINELone.png",
        "not seen by the keeper",
        "opened by the keeper",
    ):
        assert words in page, words
    exhibits = " ".join(pdf_text(documents["04_exhibits.pdf"]).split())
    assert exhibits.count("by PK; not seen by the keeper") == 1
    assert exhibits.count("by PK; opened by the keeper since") == 1
    with zipfile.ZipFile(pack) as archive:
        custody = archive.read(next(name for name in archive.namelist() if name.endswith("/11_custody-log.csv")))
        record = archive.read(next(name for name in archive.namelist() if name.endswith("/12_record.json")))
    steps = custody.decode("utf-8-sig").splitlines()
    assert sum("Received by the app" in row for row in steps) == 2, steps
    assert sum("Put in" in row for row in steps) == 2, steps
    assert json.loads(record)["pack"]["kind"] == "supplement"

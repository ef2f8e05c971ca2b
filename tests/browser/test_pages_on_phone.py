"""Packs whose pages the phone lays out by itself: no server reads a word, and nothing left shows that one was made."""

import io
import json
import re
import zipfile
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.live_server import CannedResponse, LiveServer
from tests.browser.navigators.cards import fact_value
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import choose_everything, give_consent, go_to_consent, review_findings, save_pack
from tests.browser.pictures import make_png, picker_file

NARRATIVE = "He waited at the corner and shouted: تم کہاں ہو؟"
ENGINE_ENTRIES = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys())
      if (url.includes('/static/engine/')) found.push(url);
  return found.length;
}"""


def _keeper_with_a_picture(new_phone: NewPhone) -> BrowserKeeper:
    keeper = new_phone()
    keeper.create_registered_diary(NARRATIVE)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("screen.png", "image/png", make_png(1))])
    keeper.wait_for_file("screen.png")
    keeper.wait_until_kept_safe(NARRATIVE)
    return keeper


def _begin_pack(keeper: BrowserKeeper, pictures: int = 1) -> None:
    choose_everything(keeper)
    review_findings(keeper, pictures)
    keeper.field("Your initials").fill("jb")
    keeper.tap("Next")
    give_consent(keeper)


def _documents(pack: Path) -> dict[str, bytes]:
    """Return the files of a pack that people read, by name."""
    with zipfile.ZipFile(pack) as archive:
        return {
            name.rpartition("/")[2]: archive.read(name)
            for name in archive.namelist()
            if name.endswith((".pdf", ".html"))
        }


def _pdf_text(raw: bytes) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(raw)).pages)


def _record_path(pack: Path) -> str:
    with zipfile.ZipFile(pack) as archive:
        return next(name for name in archive.namelist() if name.endswith("/12_record.json"))


def test_the_phone_lays_out_the_pages_that_the_server_would(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """The pack has every PDF and no finding; the server was sent no capsule, and no word of the diary."""
    keeper = _keeper_with_a_picture(new_phone)
    _begin_pack(keeper)
    pack = save_pack(keeper, tmp_path)
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    documents = _documents(pack)
    assert documents.keys() == {
        "01_chronology.pdf",
        "04_exhibits.pdf",
        "06_RESTRICTED_officer-sheet.pdf",
        "10_RESTRICTED_how-this-record-was-made.pdf",
    }
    assert "He waited at the corner and shouted" in _pdf_text(documents["01_chronology.pdf"])
    assert "JB/1" in _pdf_text(documents["04_exhibits.pdf"])
    release = json.loads(zipfile.Path(pack, _record_path(pack)).read_text("utf-8"))["pack"]["release"]
    found = verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub, rerender=release)
    assert {finding.code for finding in found} == {"other_engine"}
    assert len(found) == 4
    assert server.exchanges_with("/v1/packs") == []
    assert [one.path for one in server.exchanges_with("") if b"at the corner" in one.request_body] == []
    assert [one.path for one in server.exchanges_with("corner")] == []
    # Nothing of what laid out the pages is kept, so nothing shows later that a pack was made.
    assert server.exchanges_with("^/static/engine/pages.zip")
    assert keeper.page.evaluate(ENGINE_ENTRIES) == 0


def test_just_now_is_said_to_be_noted_by_the_app(new_phone: NewPhone, tmp_path: Path) -> None:
    """The entry, the page and the table say that the app noted the time, and never that a clock was looked at."""
    keeper = new_phone()
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE, "Just now")
    keeper.postpone_copy()
    keeper.open_entry(NARRATIVE)
    expect(fact_value(keeper, "How do you know the time?")).to_have_text("“Just now”, noted by the app")
    _begin_pack(keeper, pictures=0)
    pack = save_pack(keeper, tmp_path)
    with zipfile.ZipFile(pack) as archive:
        tables = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist() if ".csv" in name}
    assert "Time from: the app, when they chose “Just now”" in tables["02_chronology_short.csv"].decode()
    page = re.sub(r"\s+", " ", _pdf_text(_documents(pack)["01_chronology.pdf"]))
    assert "noted by the app" in page
    assert "looked at a clock" not in page


SCREEN_WAKE_RECORDER = """
  window.screenLocks = 0;
  Object.defineProperty(navigator, 'wakeLock', { value: {
    request: async () => {
      window.screenLocks += 1;
      return { release: async () => { window.screenLocks -= 1; } };
    },
  } });
"""


def test_a_pack_goes_on_after_a_stop_a_lock_and_a_reload(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """Each ends the layout at once, and what was chosen is kept; the screen stays on while a pack is made.

    After a lock or a reload plain pages are offered. The pack has the number that the first try would have had.
    """
    keeper = _keeper_with_a_picture(new_phone)
    keeper.page.context.add_init_script(SCREEN_WAKE_RECORDER)
    keeper.page.evaluate(SCREEN_WAKE_RECORDER)
    go_to_consent(keeper, 1)
    assert not keeper.page.get_by_text("The last try did not finish").is_visible()
    give_consent(keeper)
    expect(keeper.page.get_by_text(re.compile("^Fetching|^Making the pages"))).to_be_visible()
    _wait_for_screen_locks(keeper, 1)
    keeper.tap("Stop making it")
    keeper.wait_for_text("Stopped. Nothing was kept of it.")
    _wait_for_screen_locks(keeper, 0)
    _go_on_to_consent(keeper, "Go on with the pack you began")
    assert not keeper.page.get_by_text("The last try did not finish").is_visible()
    give_consent(keeper)
    expect(keeper.page.get_by_text(re.compile("^Making the pages"))).to_be_visible()
    keeper.lock()
    keeper.unlock()
    _wait_for_screen_locks(keeper, 0)
    _go_on_to_consent(keeper, "Go on with the pack that did not finish")
    keeper.wait_for_text("The last try did not finish")
    give_consent(keeper)
    expect(keeper.page.get_by_text(re.compile("^Making the pages"))).to_be_visible()
    keeper.page.reload()
    keeper.unlock()
    _go_on_to_consent(keeper, "Go on with the pack that did not finish")
    keeper.page.get_by_label("Make plain pages this time.").check()
    give_consent(keeper)
    pack = save_pack(keeper, tmp_path)
    keeper.wait_for_text("The pages are plain, as you chose.")
    expect(keeper.page.get_by_text("Pack 1", exact=False).first).to_be_visible()
    assert _documents(pack).keys() == {"01_chronology.html"}
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    _wait_for_screen_locks(keeper, 0)
    keeper.go_to_tab("Share")
    keeper.tap("Make another")
    keeper.wait_for_screen("Share")
    assert not keeper.page.get_by_role("button", name=re.compile("^Go on with the pack")).is_visible()


def _wait_for_screen_locks(keeper: BrowserKeeper, count: int) -> None:
    """Wait until the page holds the screen on so many times. Its policy forbids a wait within the page."""
    held = keeper.page.evaluate("window.screenLocks")
    while held != count:
        keeper.page.wait_for_timeout(50)
        held = keeper.page.evaluate("window.screenLocks")


def _go_on_to_consent(keeper: BrowserKeeper, row: str) -> None:
    """Go on with a pack from its row on Share, as far as the consent. What was typed is still there."""
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile(f"^{row}")).click()
    keeper.wait_for_screen("What goes in")
    review_findings(keeper, 0)
    expect(keeper.field("Your initials")).to_have_value("jb")
    expect(keeper.field("Name to use")).to_have_value("Jo")
    keeper.tap("Next")
    keeper.wait_for_screen("Before the pack is made")


def test_a_pack_of_words_now_and_the_pictures_later(new_phone: NewPhone, server: LiveServer, tmp_path: Path) -> None:
    """No picture has to be looked at for the words. What follows is one tap away, there and after a lock."""
    keeper = _keeper_with_a_picture(new_phone)
    notary = Ed25519Signer(server.settings.load_or_create_notary_seed()).pub
    choose_everything(keeper)
    keeper.page.get_by_label("Words first: leave out pictures and files for now").check()
    keeper.wait_for_text("1 picture or file follows later. The pack says so.")
    review_findings(keeper, 0)
    keeper.field("Your initials").fill("jb")
    keeper.tap("Next")
    keeper.wait_for_text("1 entry and 0 pictures")
    give_consent(keeper)
    words = save_pack(keeper, tmp_path, name="words.zip")
    assert verify_pack(words, notary=notary) == []
    assert "1 picture or file follows in a later pack" in _pdf_text(_documents(words)["01_chronology.pdf"])
    with zipfile.ZipFile(words) as archive:
        assert not [name for name in archive.namelist() if "13_exhibits" in name or name.endswith(".png")]

    keeper.tap("Make the pack with the pictures and files")
    keeper.wait_for_screen("What should go in?")
    keeper.lock()
    keeper.unlock()
    keeper.go_to_tab("Share")
    keeper.page.get_by_role("button", name=re.compile("^Make the pack with the pictures and files")).click()
    keeper.wait_for_screen("What should go in?")
    keeper.tap("Next")
    keeper.wait_for_screen("What goes in")
    expect(keeper.page.get_by_label("Words first: leave out pictures and files for now")).not_to_be_checked()
    review_findings(keeper, 1)
    keeper.tap("Next")
    give_consent(keeper)
    pictures = save_pack(keeper, tmp_path, name="pictures.zip")
    assert verify_pack(pictures, notary=notary) == []
    assert "JB/1" in _pdf_text(_documents(pictures)["04_exhibits.pdf"])
    assert "Supplement" in _pdf_text(_documents(pictures)["01_chronology.pdf"])
    keeper.tap("Make another")
    keeper.wait_for_screen("Share")
    assert not keeper.page.get_by_role("button", name=re.compile("^Make the pack with the pictures")).is_visible()


@pytest.mark.first_visit
def test_without_what_lays_out_pages_the_pack_has_one_plain_page(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """Where the engine cannot be fetched, the pack is made all the same, and the screen says what it lacks."""
    keeper = _keeper_with_a_picture(new_phone)
    server.inject_fault("GET", "^/static/engine/", response=CannedResponse(503, b"", "text/plain"))
    _begin_pack(keeper)
    pack = save_pack(keeper, tmp_path)
    keeper.wait_for_text("The pages are plain")
    assert _documents(pack).keys() == {"01_chronology.html"}

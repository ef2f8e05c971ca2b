"""Packs that say less or more: of words only, and with the time that the app noted."""

import re
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.cards import fact_value
from tests.browser.navigators.sharing import choose_usual_contents, give_consent, review_findings, save_pack
from tests.browser.test_pages_on_phone import NARRATIVE, begin_pack, keeper_with_a_picture, pdf_text, read_documents


def test_just_now_is_said_to_be_noted_by_the_app(new_phone: NewPhone, tmp_path: Path) -> None:
    """The entry, the page and the table say that the app noted the time, and never that a clock was looked at."""
    keeper = new_phone()
    keeper.open_without_diary()
    keeper.write_first_entry(NARRATIVE, "Just now")
    keeper.postpone_copy()
    keeper.open_entry(NARRATIVE)
    expect(fact_value(keeper, "How do you know the time?")).to_have_text("“Just now”, noted by the app")
    begin_pack(keeper, pictures=0)
    pack = save_pack(keeper, tmp_path)
    with zipfile.ZipFile(pack) as archive:
        tables = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist() if ".csv" in name}
    assert "Time from: the app, when they chose “Just now”" in tables["02_chronology_short.csv"].decode()
    page = re.sub(r"\s+", " ", pdf_text(read_documents(pack)["01_chronology.pdf"]))
    assert "noted by the app" in page
    assert "looked at a clock" not in page


def test_a_pack_of_words_now_and_the_pictures_later(new_phone: NewPhone, server: LiveServer, tmp_path: Path) -> None:
    """No picture has to be looked at for the words. What follows is one tap away, there and after a lock."""
    keeper = keeper_with_a_picture(new_phone)
    notary = Ed25519Signer(server.settings.load_or_create_notary_seed()).pub
    choose_usual_contents(keeper)
    keeper.page.get_by_label("Words first: leave out pictures and files for now").check()
    keeper.wait_for_text("1 picture or file follows later. The pack says so.")
    review_findings(keeper, 0)
    keeper.wait_for_text("1 entry and 0 pictures")
    give_consent(keeper)
    words = save_pack(keeper, tmp_path, name="words.zip")
    assert verify_pack(words, notary=notary) == []
    assert "1 picture or file is to follow in a later pack" in pdf_text(read_documents(words)["01_chronology.pdf"])
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
    give_consent(keeper)
    pictures = save_pack(keeper, tmp_path, name="pictures.zip")
    assert verify_pack(pictures, notary=notary) == []
    assert "JB/1" in pdf_text(read_documents(pictures)["04_exhibits.pdf"])
    assert "Supplement" in pdf_text(read_documents(pictures)["01_chronology.pdf"])
    keeper.tap("Make another")
    keeper.wait_for_screen("Share")
    assert not keeper.page.get_by_role("button", name=re.compile("^Make the pack with the pictures")).is_visible()

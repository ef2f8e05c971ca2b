"""A pack whose pages the server makes, from the diary on the phone to the file that an officer can check."""

import io
import re
import zipfile
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import VerifiedFacts, verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import PACK_ON_SERVER, give_consent, go_to_consent, make_and_save_pack
from tests.browser.pictures import make_heic, make_jpeg_with_gps, make_png, picker_file
from tests.browser.test_pages_on_phone import read_documents
from tests.pack.test_exhibit_pages import make_letter

pytestmark = pytest.mark.server_packs

FIRST_NARRATIVE = "He followed me from the station to Mill Lane."
SECOND_NARRATIVE = "Eleven silent calls in one night. 😟 اردو"
PRIVATE_NOTE = "SENTINELNOTE what I never want anyone to read"


def _notary_public_key(server: LiveServer) -> bytes:
    """Return the public key of the server under test."""
    return Ed25519Signer(server.settings.load_or_create_notary_seed()).pub


def _write_diary(keeper: BrowserKeeper) -> None:
    """Make two entries, three files, a restricted place and a private note, all kept safe."""
    keeper.create_registered_diary(FIRST_NARRATIVE)
    keeper.open_entry(FIRST_NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files(
        [
            picker_file("screen.png", "image/png", make_png()),
            picker_file("photo.jpg", "image/jpeg", make_jpeg_with_gps()),
            picker_file("IMG_1.HEIC", "image/heic", make_heic()),
        ]
    )
    for name in ("screen.png", "photo.jpg", "IMG_1.HEIC"):
        keeper.wait_for_file(name)
    keeper.open_card("Where")
    keeper.field("Where exactly?").fill("14 Quarry Terrace, Leeds")
    keeper.save_card()
    keeper.open_card("Private note")
    keeper.field("Private note").fill(PRIVATE_NOTE)
    keeper.save_card()
    keeper.add_entry(SECOND_NARRATIVE)
    keeper.wait_until_kept_safe(SECOND_NARRATIVE)
    keeper.wait_until_kept_safe(FIRST_NARRATIVE)


def test_a_pack_exported_from_the_browser_verifies(new_phone: NewPhone, server: LiveServer, tmp_path: Path) -> None:
    """`verify` with the server's notary key finds nothing in a pack made in the browser."""
    keeper = new_phone()
    _write_diary(keeper)
    pack = make_and_save_pack(keeper, 3, tmp_path, button=PACK_ON_SERVER)
    facts = VerifiedFacts()
    assert verify_pack(pack, notary=_notary_public_key(server), facts=facts) == []
    # The phone shows the numbers that the checkers print: now, and later under what was shared.
    expect(keeper.page.get_by_text(f"Numbers of this pack: {facts.fingerprint}")).to_be_visible()
    keeper.page.get_by_text("So that the next pack can name this one.").click()
    expect(keeper.page.get_by_text(f"Numbers of this pack: {facts.fingerprint}")).to_be_visible()
    with zipfile.ZipFile(pack) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        received = [name for name in names if "13_exhibits-as-received" in name]
        assert len(received) == 3
        assert archive.read(next(name for name in received if name.endswith(".heic"))) == make_heic()
        content = b"".join(archive.read(name) for name in names)
    assert PRIVATE_NOTE.encode() not in content


def test_the_pages_of_a_letter_are_printed(new_phone: NewPhone, server: LiveServer, tmp_path: Path) -> None:
    """04 has every page of a PDF that the keeper looked through."""
    keeper = new_phone()
    letter = picker_file("council.pdf", "application/pdf", make_letter(3))
    keeper.create_registered_diary_with_files(FIRST_NARRATIVE, [letter])
    pack = make_and_save_pack(keeper, 0, tmp_path, films_and_letters=1, button=PACK_ON_SERVER)
    assert verify_pack(pack, notary=_notary_public_key(server)) == []
    pages = pypdf.PdfReader(io.BytesIO(read_documents(pack)["04_exhibits.pdf"])).pages
    assert [len(page.images) for page in pages][-4:] == [0, 1, 1, 1]


def test_a_front_part_altered_in_transit_is_refused_and_named(new_phone: NewPhone, server: LiveServer) -> None:
    """When the server changes the record, the phone discards the pack and names the file."""
    keeper = new_phone()
    keeper.create_registered_diary(FIRST_NARRATIVE)
    server.inject_fault("GET", r"/front$", change_body=lambda body: body.replace(b"station", b"stadium"))
    go_to_consent(keeper, 0, button=PACK_ON_SERVER)
    give_consent(keeper)
    expect(keeper.error_message()).to_contain_text(re.compile(r"(json|txt|csv|pdf)"), timeout=120_000)
    expect(keeper.heading("Your pack is ready")).to_have_count(0)


def test_making_a_pack_can_be_stopped(new_phone: NewPhone, server: LiveServer) -> None:
    """Stop ends the making, and nothing is kept on the server."""
    keeper = new_phone()
    keeper.create_registered_diary(FIRST_NARRATIVE)
    go_to_consent(keeper, 0, button=PACK_ON_SERVER)
    give_consent(keeper)
    keeper.tap("Stop making it")
    keeper.wait_for_text("Stopped. Nothing was kept on the server.")

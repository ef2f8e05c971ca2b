"""Packs whose pages the phone lays out by itself: no server reads a word, and nothing left shows that one was made."""

import io
import json
import zipfile
from pathlib import Path

import pypdf
import pytest

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.live_server import CannedResponse, LiveServer
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import choose_usual_contents, give_consent, review_findings, save_pack
from tests.browser.pictures import make_png, picker_file

# The engine begins as on a person's phone (python_snapshot.py tells how it does elsewhere).
pytestmark = pytest.mark.usual_locks
NARRATIVE = "He waited at the corner and shouted: تم کہاں ہو؟"
ENGINE_ENTRIES = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys())
      if (url.includes('/static/engine/')) found.push(url);
  return found.length;
}"""


def keeper_with_a_picture(new_phone: NewPhone) -> BrowserKeeper:
    """Return a phone with a registered diary of one entry with a picture."""
    keeper = new_phone()
    keeper.create_registered_diary_with_files(NARRATIVE, [picker_file("screen.png", "image/png", make_png(1))])
    return keeper


def begin_pack(keeper: BrowserKeeper, pictures: int = 1) -> None:
    choose_usual_contents(keeper)
    review_findings(keeper, pictures)
    give_consent(keeper)


def read_documents(pack: Path) -> dict[str, bytes]:
    """Return the files of a pack that people read, by name."""
    with zipfile.ZipFile(pack) as archive:
        return {
            name.rpartition("/")[2]: archive.read(name)
            for name in archive.namelist()
            if name.endswith((".pdf", ".html"))
        }


def pdf_text(raw: bytes) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(raw)).pages)


def _record_path(pack: Path) -> str:
    with zipfile.ZipFile(pack) as archive:
        return next(name for name in archive.namelist() if name.endswith("/12_record.json"))


def test_the_phone_lays_out_the_pages_that_the_server_would(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """The pack has every PDF and no finding; the server was sent no capsule, and no word of the diary."""
    keeper = keeper_with_a_picture(new_phone)
    begin_pack(keeper)
    pack = save_pack(keeper, tmp_path)
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    documents = read_documents(pack)
    assert documents.keys() == {
        "01_chronology.pdf",
        "04_exhibits.pdf",
        "06_RESTRICTED_officer-sheet.pdf",
        "10_RESTRICTED_how-this-record-was-made.pdf",
    }
    assert "He waited at the corner and shouted" in pdf_text(documents["01_chronology.pdf"])
    assert "JB/1" in pdf_text(documents["04_exhibits.pdf"])
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


@pytest.mark.first_visit
def test_without_what_lays_out_pages_the_pack_has_one_plain_page(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """Where the engine cannot be fetched, the pack is made all the same, and the screen says what it lacks."""
    keeper = keeper_with_a_picture(new_phone)
    server.inject_fault("GET", "^/static/engine/", response=CannedResponse(503, b"", "text/plain"))
    begin_pack(keeper)
    pack = save_pack(keeper, tmp_path)
    keeper.wait_for_text("The pages are plain")
    assert read_documents(pack).keys() == {"01_chronology.html"}

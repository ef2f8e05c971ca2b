"""What came in reaches the pages of a pack: a very large picture and a film's still."""

import io
from pathlib import Path
from typing import Any

import pypdf
from PIL import Image
from playwright.sync_api import expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.media import record_webm
from tests.browser.navigators.sharing import make_and_save_pack
from tests.browser.pictures import make_large_jpeg, picker_file
from tests.browser.test_pages_on_phone import read_documents
from tests.pack.test_exhibit_pages import dark_share, make_form, make_letter

NARRATIVE = "A photo and a film came."
TURNED_RIGHT = 6
RED, GREEN = (190, 30, 30), (30, 150, 60)
COLOUR_TOLERANCE = 40


def _exhibit_pages(server: LiveServer, pack: Path) -> pypdf.PdfReader:
    """Return 04 of a pack in which the checker finds nothing."""
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    return pypdf.PdfReader(io.BytesIO(read_documents(pack)["04_exhibits.pdf"]))


def _pictures(page: pypdf.PageObject) -> list[Image.Image]:
    return [image.image for image in page.images if image.image is not None]


def _assert_colour(picture: Image.Image, across: float, down: float, colour: tuple[int, int, int]) -> None:
    """Assert the colour at a point, given as fractions of the picture's width and height."""
    found: Any = picture.convert("RGB").getpixel((int(picture.width * across), int(picture.height * down)))
    assert all(abs(a - b) < COLOUR_TOLERANCE for a, b in zip(found, colour, strict=True)), (found, colour)


def test_a_picture_of_108_megapixels_and_a_still_of_a_film_are_printed(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """The picture is shown and printed upright, as its file says, and the film has one still."""
    keeper = new_phone()
    keeper.open_without_diary()
    large = make_large_jpeg(12_000, 9_000, RED, GREEN, orientation=TURNED_RIGHT)
    keeper.create_registered_diary_with_files(
        NARRATIVE,
        [
            picker_file("large.jpg", "image/jpeg", large),
            picker_file("outside.webm", "video/webm", record_webm(keeper.page)),
        ],
    )
    keeper.open_entry(NARRATIVE)
    keeper.file_tile("large.jpg").first.click()
    keeper.wait_for_screen("large.jpg")
    expect(keeper.page.locator(".look img")).to_be_visible()
    pages = _exhibit_pages(server, make_and_save_pack(keeper, 1, tmp_path, films_and_letters=1)).pages
    large_page = next(page for page in pages if "JB/1" in page.extract_text())
    [picture] = _pictures(large_page)
    assert (picture.width, picture.height) == (900, 1200)
    # The red quarter is at the top left of the file's own pixels: turned to the right, it is at the top right.
    _assert_colour(picture, 0.75, 0.25, RED)
    _assert_colour(picture, 0.25, 0.25, GREEN)
    [film_page] = [page for page in pages if "One still of it is printed here." in page.extract_text()]
    [still] = _pictures(film_page)
    assert (still.width, still.height) == (320, 240)


def test_a_letter_and_the_answers_in_a_form_are_printed(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """The phone draws both by itself, in workers, and fetches what draws them for this pack only."""
    keeper = new_phone()
    keeper.open_without_diary()
    keeper.create_registered_diary_with_files(
        NARRATIVE,
        [
            picker_file("council.pdf", "application/pdf", make_letter(2)),
            picker_file("form.pdf", "application/pdf", make_form("SMITH")),
        ],
    )
    pack = make_and_save_pack(keeper, 0, tmp_path, films_and_letters=2)
    pages = _exhibit_pages(server, pack).pages
    drawn = [picture for page in pages for picture in _pictures(page)]
    assert [picture.size for picture in drawn] == [(1240, 1754)] * 3
    assert min(dark_share(picture) for picture in drawn) > 0.003
    assert sum("Its pages are printed after this one." in page.extract_text() for page in pages) == 2
    assert server.exchanges_with("^/static/engine/pdfium/pdfium.wasm")
    assert server.exchanges_with("/v1/packs") == []

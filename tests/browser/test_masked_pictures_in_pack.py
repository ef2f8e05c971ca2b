"""A picture with a covered part is black there on the pack's pages, and unchanged in the file as received."""

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pypdf
from PIL import Image
from playwright.sync_api import expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.keeper import BrowserKeeper
from tests.browser.navigators.sharing import make_and_save_pack
from tests.browser.pictures import picker_file

NARRATIVE = "He photographed my street sign."
MIN_BRIGHT_LEVEL, MAX_BLACK_LEVEL = 150, 40


def _bright_picture() -> bytes:
    """Return a picture that is bright all over, so that a covered part can be recognised."""
    buffer = io.BytesIO()
    Image.new("RGB", (900, 1200), (235, 225, 205)).save(buffer, "PNG")
    return buffer.getvalue()


def _cover_the_middle(keeper: BrowserKeeper) -> None:
    """Draw one box over the middle of the picture with the mouse."""
    keeper.page.get_by_role("button", name=re.compile("^Cover parts of it")).click()
    area = keeper.page.get_by_role("group", name=re.compile("^The picture, with"))
    area.scroll_into_view_if_needed()
    box = area.locator("svg").bounding_box()
    assert box is not None
    width = box["height"] * 900 / 1200  # the picture is in the middle of its frame
    left = box["x"] + (box["width"] - width) / 2
    keeper.page.mouse.move(left + width * 0.3, box["y"] + box["height"] * 0.4)
    keeper.page.mouse.down()
    keeper.page.mouse.move(left + width * 0.7, box["y"] + box["height"] * 0.6, steps=4)
    keeper.page.mouse.up()
    keeper.tap("Save the covered copy")
    keeper.wait_for_text("Pages of a pack print the covered copy.")


def test_pages_show_the_covered_copy(new_phone: NewPhone, server: LiveServer, tmp_path: Path) -> None:
    """04 prints the covered copy, 13 has the file as received, and 12 states what was covered.

    `verify` finds nothing.
    """
    keeper = new_phone()
    keeper.create_registered_diary(NARRATIVE)
    keeper.open_entry(NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("sign.png", "image/png", _bright_picture())])
    keeper.wait_for_file("sign.png")
    keeper.file_tile("sign.png").first.click()
    keeper.wait_for_screen("sign.png")
    _cover_the_middle(keeper)
    keeper.wait_until_kept_safe(NARRATIVE)
    pack = make_and_save_pack(keeper, 1, tmp_path)
    assert verify_pack(pack, notary=Ed25519Signer(server.settings.load_or_create_notary_seed()).pub) == []
    with zipfile.ZipFile(pack) as archive:
        by_name = {name.rsplit("/", 1)[-1]: name for name in archive.namelist()}
        received = archive.read(next(name for name in archive.namelist() if "13_exhibits-as-received" in name))
        pages = pypdf.PdfReader(io.BytesIO(archive.read(by_name["04_exhibits.pdf"])))
        record = json.loads(archive.read(by_name["12_record.json"]))
    assert hashlib.sha256(received).hexdigest() == hashlib.sha256(_bright_picture()).hexdigest()
    [picture] = [image.image for page in pages.pages for image in page.images if image.image is not None]
    grey = picture.convert("L")
    middle: Any = grey.getpixel((grey.width // 2, grey.height // 2))
    corner: Any = grey.getpixel((grey.width // 10, grey.height // 10))
    assert middle < MAX_BLACK_LEVEL and corner > MIN_BRIGHT_LEVEL, (middle, corner)
    assert '"masks"' in json.dumps(record)
    # The file's own history states it too.
    keeper.open_entry(NARRATIVE)
    keeper.file_tile("sign.png").first.click()
    keeper.page.get_by_role("button", name=re.compile("^What was done with it")).click()
    expect(keeper.page.get_by_text("Put in a pack")).to_be_visible()

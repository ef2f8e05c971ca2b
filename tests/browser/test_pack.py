"""From the diary on the phone to a pack that an officer can check."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from diary.crypto.signing import Notary
from diary.pack.verify.verifier import verify
from tests.browser.conftest import NewPhone
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import agrees, goes_to_consent, makes_a_pack
from tests.browser.pictures import heic, jpeg_with_place, png, upload
from tests.browser.serving import Served

FIRST = "He followed me from the station to Mill Lane."
SECOND = "Eleven silent calls in one night. 😟 اردو"
SECRET = "SENTINELNOTE what I never want anyone to read"


def _notary(server: Served) -> bytes:
    """Return the public key of the server under test."""
    return Notary(server.settings.read_notary_seed()).pub


def _write_diary(keeper: Keeper) -> None:
    """Make two entries, three files, a restricted place and a private note, all kept safe."""
    keeper.begins(FIRST)
    keeper.reads(FIRST)
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files(
        [
            upload("screen.png", "image/png", png()),
            upload("photo.jpg", "image/jpeg", jpeg_with_place()),
            upload("IMG_1.HEIC", "image/heic", heic()),
        ]
    )
    for name in ("screen.png", "photo.jpg", "IMG_1.HEIC"):
        keeper.has_file(name)
    keeper.opens_card("Where")
    keeper.field("Where exactly?").fill("14 Quarry Terrace, Leeds")
    keeper.saves_card()
    keeper.opens_card("Private note")
    keeper.field("Only for you").fill(SECRET)
    keeper.saves_card()
    keeper.adds(SECOND)
    keeper.is_kept_safe(SECOND)
    keeper.is_kept_safe(FIRST)


def test_a_pack_exported_from_the_browser_verifies(new_phone: NewPhone, server: Served, tmp_path: Path) -> None:
    """`verify` with the server's notary key finds nothing in a pack made in the browser."""
    keeper = new_phone()
    _write_diary(keeper)
    pack = makes_a_pack(keeper, 3, tmp_path)
    assert verify(pack, notary=_notary(server)) == []
    with zipfile.ZipFile(pack) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        received = [name for name in names if "13_exhibits-as-received" in name]
        assert len(received) == 3
        assert archive.read(next(name for name in received if name.endswith(".heic"))) == heic()
        content = b"".join(archive.read(name) for name in names)
    assert SECRET.encode() not in content


def test_a_front_part_altered_in_transit_is_refused_and_named(new_phone: NewPhone, server: Served) -> None:
    """When the server changes the record, the phone discards the pack and names the file."""
    keeper = new_phone()
    keeper.begins(FIRST)
    server.meddle("GET", r"/front$", change=lambda body: body.replace(b"station", b"stadium"))
    goes_to_consent(keeper, 0)
    agrees(keeper)
    expect(keeper.problem()).to_contain_text(re.compile(r"(json|txt|csv|pdf)"), timeout=120_000)
    expect(keeper.heading("Your pack is ready")).to_have_count(0)


def test_making_a_pack_can_be_stopped(new_phone: NewPhone, server: Served) -> None:
    """Stop ends the making, and nothing is kept on the server."""
    keeper = new_phone()
    keeper.begins(FIRST)
    goes_to_consent(keeper, 0)
    agrees(keeper)
    keeper.tap("Stop making it")
    keeper.sees("Stopped. Nothing was kept on the server.")


@pytest.fixture(scope="module", autouse=True)
def _server_makes_packs(server: Served) -> None:
    """Check the default that every test above relies on: the server makes packs."""
    assert server.settings.server_packs

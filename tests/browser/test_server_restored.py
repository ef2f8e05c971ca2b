"""A server restored from an older copy, and one that omits something:
the phone notices and says so, and nothing is lost.
"""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.pictures import png, upload
from tests.browser.serving import Served

FIRST = "He stood at the bus stop."
SECOND = "He was in the shop."
THIRD = "A letter under the door."
FINGERPRINT_PATTERN = r"^{} · \d{{1,2}} \w{{3,4}} \d{{4}} · [0-9A-Z]{{3}} [0-9A-Z]{{3}}$"


def _fingerprint_line(keeper: Keeper, entries: str) -> str:
    """Return the phone's fingerprint line of the diary, once it has been computed again:
    until then the earlier line is shown.
    """
    keeper.goes("More")
    keeper.tap(re.compile("^Is everything there"), exact=False)
    keeper.sees_place("Is everything there?")
    line = keeper.page.locator(".letters")
    expect(line).to_have_text(re.compile(FINGERPRINT_PATTERN.format(entries)))
    return line.inner_text()


def _complete_files(server: Served) -> set[bytes]:
    """Return the complete files on the server."""
    with closing(sqlite3.connect(server.data / "kept.sqlite3")) as database:
        return {blob for (blob,) in database.execute("SELECT blob FROM blob WHERE complete")}


def _restore(server: Served, older: Path) -> None:
    """Start the server with an older copy of its data."""
    server.stop()
    shutil.rmtree(server.data)
    shutil.copytree(older, server.data)
    server.start()


def _wait_for_files(server: Served, phone: Keeper, files: set[bytes]) -> None:
    """Wait until the server has these files again.
    A device that signs in before reports them missing, and asks again only later.
    """
    for _ in range(100):
        if _complete_files(server) == files:
            break
        phone.page.wait_for_timeout(200)
    assert _complete_files(server) == files


def test_a_restored_server_is_noticed_and_filled_again(new_phone: NewPhone, server: Served, tmp_path: Path) -> None:
    """The phone says what is missing and sends it again; numbers, pictures and words are as before."""
    # Given a diary with one entry, and a copy of the server made then
    phone = new_phone()
    phone.begins(FIRST)
    server.stop()
    shutil.copytree(server.data, tmp_path / "older")
    server.start()
    # and an entry with a picture kept safe after it
    phone.adds(SECOND)
    phone.is_kept_safe(SECOND)
    phone.reads(SECOND)
    phone.opens_card("Photos & screenshots")
    phone.picks_files([upload("gate.png", "image/png", png())])
    phone.has_file("gate.png")
    phone.is_kept_safe(SECOND)
    before = _fingerprint_line(phone, "2 entries")
    files = _complete_files(server)
    # When the older copy is restored
    _restore(server, tmp_path / "older")
    phone.locks()
    phone.unlocks()
    # Then the phone notices, and says what is missing
    phone.sees(re.compile("The server has fewer entries than it had before"))
    phone.tap("Look at what is missing")
    phone.tap("Compare with the server")
    phone.sees(re.compile(r"no longer has \d+ things that this phone sent"))
    assert faults(phone.page) == []
    # and sends it again, in its old place
    phone.tap("Send them again")
    phone.is_kept_safe(SECOND)
    expect(phone.row(SECOND).get_by_text("No. 2", exact=True)).to_be_visible()
    _fingerprint_line(phone, "2 entries")
    expect(phone.page.locator("main li", has_text=before)).to_have_count(1)
    _wait_for_files(server, phone, files)
    desk = new_phone()
    desk.signs_in(phone.login, phone.words)
    desk.entries(2)
    expect(desk.state_of(SECOND)).to_have_text(KEPT)
    _fingerprint_line(desk, "2 entries")
    # Both lines change while data arrives; they are equal in the end.
    for _ in range(100):
        if (desk_line := desk.page.locator(".letters").inner_text()) == (
            phone_line := phone.page.locator(".letters").inner_text()
        ):
            break
        phone.page.wait_for_timeout(200)
    assert desk_line == phone_line
    desk.reads(SECOND)
    desk.opens_card("Photos & screenshots")
    desk.has_file("gate.png")


@pytest.mark.slow  # the test with one device is in every `make test`
def test_two_devices_show_the_same_log_line_and_earlier_ones(new_phone: NewPhone) -> None:
    """A line written on paper can be found on another device later."""
    phone, desk = new_phone(), new_phone()
    phone.begins(FIRST)
    phone.adds(SECOND)
    phone.is_kept_safe(SECOND)
    paper = _fingerprint_line(phone, "2 entries")
    phone.locks()
    phone.unlocks()
    phone.adds(THIRD)
    phone.is_kept_safe(THIRD)
    desk.signs_in(phone.login, phone.words)
    desk.entries(3)
    assert _fingerprint_line(desk, "3 entries") == _fingerprint_line(phone, "3 entries") != paper
    for device in (phone, desk):
        expect(device.page.locator("main li", has_text=paper)).to_have_count(1)
        device.tap("Compare with the server")
        device.sees("The server has everything this phone has sent.")
        assert faults(device.page) == []

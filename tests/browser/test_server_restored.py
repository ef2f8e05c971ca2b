"""A server restored from an older copy, or one that omits something: the phone reports it, and nothing is lost."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import KEPT_SAFE_PATTERN, BrowserKeeper
from tests.browser.pictures import make_png, picker_file

FIRST_NARRATIVE = "He stood at the bus stop."
SECOND_NARRATIVE = "He was in the shop."
THIRD_NARRATIVE = "A letter under the door."
FINGERPRINT_PATTERN = r"^{} · \d{{1,2}} \w{{3,4}} \d{{4}} · [0-9A-Z]{{3}} [0-9A-Z]{{3}}$"


def _fingerprint_line(keeper: BrowserKeeper, entries: str) -> str:
    """Return the phone's fingerprint line of the diary, once it has been computed again.

    Until then, the earlier line is shown.
    """
    keeper.go_to_tab("More")
    keeper.tap(re.compile("^Is everything there"), exact=False)
    keeper.wait_for_screen("Is everything there?")
    line = keeper.page.locator(".letters")
    expect(line).to_have_text(re.compile(FINGERPRINT_PATTERN.format(entries)))
    return line.inner_text()


def _complete_files(server: LiveServer) -> set[bytes]:
    """Return the complete files on the server."""
    with closing(sqlite3.connect(server.data / "kept.sqlite3")) as database:
        return {blob for (blob,) in database.execute("SELECT blob FROM blob WHERE complete")}


def _restore_server(server: LiveServer, backup: Path) -> None:
    """Start the server with an older copy of its data."""
    server.stop()
    shutil.rmtree(server.data)
    shutil.copytree(backup, server.data)
    server.start()


def _wait_for_files(server: LiveServer, phone: BrowserKeeper, files: set[bytes]) -> None:
    """Wait until the server has these files again.

    A device that signs in before reports them missing, and checks again only later.
    """
    for _ in range(100):
        if _complete_files(server) == files:
            break
        phone.page.wait_for_timeout(200)
    assert _complete_files(server) == files


def test_a_restored_server_is_noticed_and_filled_again(new_phone: NewPhone, server: LiveServer, tmp_path: Path) -> None:
    """What is missing is shown and sent again. Numbers, pictures and words are as before."""
    # Given a diary with one entry, and a copy of the server made then
    phone = new_phone()
    phone.create_registered_diary(FIRST_NARRATIVE)
    server.stop()
    shutil.copytree(server.data, tmp_path / "older")
    server.start()
    # and an entry with a picture kept safe after it
    phone.add_entry(SECOND_NARRATIVE)
    phone.wait_until_kept_safe(SECOND_NARRATIVE)
    phone.open_entry(SECOND_NARRATIVE)
    phone.open_card("Photos & screenshots")
    phone.pick_files([picker_file("gate.png", "image/png", make_png())])
    phone.wait_for_file("gate.png")
    phone.wait_until_kept_safe(SECOND_NARRATIVE)
    before = _fingerprint_line(phone, "2 entries")
    files = _complete_files(server)
    # When the older copy is restored
    _restore_server(server, tmp_path / "older")
    phone.lock()
    phone.unlock()
    # Then the phone shows what is missing
    phone.wait_for_text(re.compile("The server has fewer entries than it had before"))
    phone.tap_notice("Look at what is missing")
    phone.tap("Compare with the server")
    phone.wait_for_text(re.compile(r"no longer has \d+ things that this phone sent"))
    assert accessibility_faults(phone.page) == []
    # and sends it again, in its old place
    phone.tap("Send them again")
    phone.wait_until_kept_safe(SECOND_NARRATIVE)
    expect(phone.entry_row(SECOND_NARRATIVE).get_by_text("No. 2", exact=True)).to_be_visible()
    _fingerprint_line(phone, "2 entries")
    expect(phone.page.locator("main li", has_text=before)).to_have_count(1)
    _wait_for_files(server, phone, files)
    desk = new_phone()
    desk.sign_in(phone.login, phone.passphrase)
    desk.wait_for_entry_count(2)
    expect(desk.entry_state(SECOND_NARRATIVE)).to_have_text(KEPT_SAFE_PATTERN)
    _fingerprint_line(desk, "2 entries")
    # Both lines change while data arrives; they are equal in the end.
    for _ in range(100):
        if (desk_line := desk.page.locator(".letters").inner_text()) == (
            phone_line := phone.page.locator(".letters").inner_text()
        ):
            break
        phone.page.wait_for_timeout(200)
    assert desk_line == phone_line
    desk.open_entry(SECOND_NARRATIVE)
    desk.open_card("Photos & screenshots")
    desk.wait_for_file("gate.png")


@pytest.mark.slow  # the test with one device is in every `make test`
def test_two_devices_show_the_same_log_line_and_earlier_ones(new_phone: NewPhone) -> None:
    """A line written on paper can be found on another device later."""
    phone, desk = new_phone(), new_phone()
    phone.create_registered_diary(FIRST_NARRATIVE)
    phone.add_entry(SECOND_NARRATIVE)
    phone.wait_until_kept_safe(SECOND_NARRATIVE)
    paper = _fingerprint_line(phone, "2 entries")
    phone.lock()
    phone.unlock()
    phone.add_entry(THIRD_NARRATIVE)
    phone.wait_until_kept_safe(THIRD_NARRATIVE)
    desk.sign_in(phone.login, phone.passphrase)
    desk.wait_for_entry_count(3)
    assert _fingerprint_line(desk, "3 entries") == _fingerprint_line(phone, "3 entries") != paper
    for device in (phone, desk):
        expect(device.page.locator("main li", has_text=paper)).to_have_count(1)
        device.tap("Compare with the server")
        device.wait_for_text("The server has everything this phone has sent.")
        assert accessibility_faults(device.page) == []

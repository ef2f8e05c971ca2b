"""A server put back from an older copy, and one that leaves something out: noticed, said, and nothing is lost."""

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
LINE = r"^{} · \d{{1,2}} \w{{3,4}} \d{{4}} · [0-9A-Z]{{3}} [0-9A-Z]{{3}}$"


def _line(keeper: Keeper, entries: str) -> str:
    """What this phone says of the diary, to be compared, once it has read it anew: until then the line of before stands."""
    keeper.goes("More")
    keeper.tap(re.compile("^Is everything there"), exact=False)
    keeper.sees_place("Is everything there?")
    line = keeper.page.locator(".letters")
    expect(line).to_have_text(re.compile(LINE.format(entries)))
    return line.inner_text()


def _files(server: Served) -> set[bytes]:
    """The files that the server has whole."""
    with closing(sqlite3.connect(server.data / "kept.sqlite3")) as database:
        return {blob for (blob,) in database.execute("SELECT blob FROM blob WHERE complete")}


def _put_back(server: Served, older: Path) -> None:
    """Start the server over an older copy of its data."""
    server.stop()
    shutil.rmtree(server.data)
    shutil.copytree(older, server.data)
    server.start()


def _has_files(server: Served, phone: Keeper, files: set[bytes]) -> None:
    """Wait until the server has those again: a device that signs in before says so, and asks again only after a while."""
    for _ in range(100):
        if _files(server) == files:
            break
        phone.page.wait_for_timeout(200)
    assert _files(server) == files


def test_an_older_copy_is_noticed_and_filled_again(new_phone: NewPhone, server: Served, tmp_path: Path) -> None:
    """The phone says so, shows how much is missing, sends it again; numbers, pictures and words are where they were."""
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
    before = _line(phone, "2 entries")
    files = _files(server)
    # When the older copy is put back
    _put_back(server, tmp_path / "older")
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
    _line(phone, "2 entries")
    expect(phone.page.locator("main li", has_text=before)).to_have_count(1)
    _has_files(server, phone, files)
    desk = new_phone()
    desk.signs_in(phone.login, phone.words)
    desk.entries(2)
    expect(desk.state_of(SECOND)).to_have_text(KEPT)
    _line(desk, "2 entries")
    # Both lines follow what comes; they are the same once all has come.
    for _ in range(100):
        if (here := desk.page.locator(".letters").inner_text()) == (there := phone.page.locator(".letters").inner_text()):
            break
        phone.page.wait_for_timeout(200)
    assert here == there
    desk.reads(SECOND)
    desk.opens_card("Photos & screenshots")
    desk.has_file("gate.png")


@pytest.mark.slow  # one device and its server put back are in every `make test`
def test_two_devices_show_the_same_line_and_the_earlier_ones(new_phone: NewPhone) -> None:
    """What is written at a lock can be found again on another device, so that paper can be compared with it."""
    phone, desk = new_phone(), new_phone()
    phone.begins(FIRST)
    phone.adds(SECOND)
    phone.is_kept_safe(SECOND)
    paper = _line(phone, "2 entries")
    phone.locks()
    phone.unlocks()
    phone.adds(THIRD)
    phone.is_kept_safe(THIRD)
    desk.signs_in(phone.login, phone.words)
    desk.entries(3)
    assert _line(desk, "3 entries") == _line(phone, "3 entries") != paper
    for one in (phone, desk):
        expect(one.page.locator("main li", has_text=paper)).to_have_count(1)
        one.tap("Compare with the server")
        one.sees("The server has everything this phone has sent.")
        assert faults(one.page) == []

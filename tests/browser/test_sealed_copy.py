"""A sealed copy in a file: made here, opened on a phone without a diary, accepted by another server."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from diary.crypto.signing import Notary
from diary.pack.verify.verifier import verify
from tests.browser.conftest import NewPhone
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import SEALED_HERE, Keeper
from tests.browser.pictures import png, upload
from tests.browser.serving import Certificate, Served
from tests.running import ROOT

pytestmark = pytest.mark.usual_locks  # the command line opens copies that phones made

FIRST = "He stood at the bus stop."
SECOND = "SENTINELACCOUNT He was in the shop."


def make_copy(keeper: Keeper, folder: Path) -> Path:
    """From More, type the words, wait, and save the file."""
    keeper.goes("More")
    keeper.tap("Save a sealed copy in a file")
    keeper.sees_place("A sealed copy in a file")
    assert faults(keeper.page) == []
    keeper.field("Type your words").fill(keeper.words)
    keeper.tap("Make the copy")
    keeper.sees_place("The copy is ready")
    assert faults(keeper.page) == []
    with keeper.page.expect_download() as saved:
        keeper.tap("Save the file")
    assert re.fullmatch(r"copy-\d{4}-\d\d-\d\d\.kept", saved.value.suggested_filename)
    saved.value.save_as(folder / "copy.kept")
    return folder / "copy.kept"


def _open_copy(keeper: Keeper, copy: Path, words: str) -> None:
    keeper.opens()
    _go_to_open_copy(keeper)
    keeper.sees_place("Open a sealed copy")
    with keeper.page.expect_file_chooser() as chooser:
        keeper.tap("Choose the file")
    chooser.value.set_files(copy)
    keeper.field("Your words").fill(words)
    keeper.tap("Open it here")


def _go_to_open_copy(keeper: Keeper) -> None:
    keeper.tap("I have a sign-in name")
    keeper.tap("I have a sealed copy in a file")


def _write_diary(keeper: Keeper) -> None:
    keeper.begins(FIRST)
    keeper.adds(SECOND)
    keeper.reads(SECOND)
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload("gate.png", "image/png", png())])
    keeper.has_file("gate.png")
    keeper.is_kept_safe(SECOND)


@pytest.fixture
def second_server(tmp_path: Path, certificate: Certificate) -> Iterator[Served]:
    """A second server that knows nobody."""
    served = Served(tmp_path / "another", certificate)
    served.start()
    yield served
    served.stop()


def test_a_sealed_copy_is_restored_without_a_server(new_phone: NewPhone, second_server: Served, tmp_path: Path) -> None:
    """The file has no readable text, and wrong words open nothing. Offline, entries, numbers, pictures and history come
    back; later, another server accepts them all.
    """
    keeper = new_phone()
    _write_diary(keeper)
    copy = make_copy(keeper, tmp_path)
    assert b"SENTINEL" not in copy.read_bytes() and b"gate.png" not in copy.read_bytes()
    other = Keeper(new_phone().page, second_server.app_url)
    other.opens()
    other.has_loaded()
    other.page.wait_for_timeout(1500)  # the parts of the page load one after the other
    other.page.context.set_offline(True)
    _go_to_open_copy(other)
    with other.page.expect_file_chooser() as chooser:
        other.tap("Choose the file")
    chooser.value.set_files(copy)
    assert faults(other.page) == []
    other.field("Your words").fill("not these words at all")
    other.tap("Open it here")
    expect(other.problem().first).to_contain_text("That didn’t open anything")
    other.field("Your words").fill(keeper.words)
    other.tap("Open it here")
    other.sees_place("What happened?")
    other.words = keeper.words
    other.entries(2)
    expect(other.state_of(SECOND)).to_have_text(SEALED_HERE)
    expect(other.row(FIRST).get_by_text("No. 1", exact=True)).to_be_visible()
    expect(other.row(SECOND).get_by_text("No. 2", exact=True)).to_be_visible()
    other.reads(SECOND)
    other.opens_card("Photos & screenshots")
    other.has_file("gate.png")
    # and, with a signal again, another server accepts everything under a new name
    other.page.context.set_offline(False)
    other.is_offline_ready()
    other.locks()
    other.unlocks()
    other.goes("More")
    other.tap(re.compile("^Keep a copy off this phone"), exact=False)
    other.asks_for_a_copy()
    other.sees_place("Your sign-in name")
    other.login = other.page.locator(".sheet-name").inner_text()
    assert other.login != keeper.login
    other.tap("Later")
    other.is_kept_safe(SECOND)
    expect(other.row(SECOND).get_by_text("No. 2", exact=True)).to_be_visible()
    desk = Keeper(new_phone().page, second_server.app_url)
    desk.signs_in(other.login, keeper.words)
    desk.entries(2)
    desk.reads(SECOND)
    desk.opens_card("Photos & screenshots")
    desk.has_file("gate.png")


def test_the_command_line_makes_a_pack_from_a_sealed_copy(new_phone: NewPhone, server: Served, tmp_path: Path) -> None:
    """Without the server, the file and its words become a pack that verifies;
    wrong words and a truncated copy make none.
    """
    keeper = new_phone()
    _write_diary(keeper)
    copy = make_copy(keeper, tmp_path)
    notary = Notary(server.settings.read_notary_seed()).pub
    server.stop()
    result = _run_pack_command(copy, tmp_path / "pack.zip", keeper.words)
    assert result.returncode == 0, result.stderr
    assert verify(tmp_path / "pack.zip", notary=notary) == []
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        [picture] = [name for name in pack.namelist() if "13_exhibits-as-received" in name]
        assert pack.read(picture) == png()
    wrong_words = _run_pack_command(copy, tmp_path / "wrong.zip", "not these words at all")
    assert (wrong_words.returncode, "did not match" in wrong_words.stderr) == (1, True)
    (tmp_path / "cut.kept").write_bytes(copy.read_bytes()[:-400])
    truncated = _run_pack_command(tmp_path / "cut.kept", tmp_path / "wrong.zip", keeper.words)
    assert (truncated.returncode, "not a sealed copy" in truncated.stderr) == (1, True)
    assert not (tmp_path / "wrong.zip").exists()


def test_a_diary_without_a_server_becomes_a_pack_that_says_so(new_phone: NewPhone, tmp_path: Path) -> None:
    """Without a server the pack has its own numbers and no receipts, and 15 says so. `verify` reports only that nothing
    outside dates it."""
    keeper = new_phone()
    keeper.opens()
    keeper.first_entry(FIRST)
    keeper.puts_off_the_copy()
    keeper.adds(SECOND)
    result = _run_pack_command(make_copy(keeper, tmp_path), tmp_path / "pack.zip", keeper.words)
    assert result.returncode == 0, result.stderr
    assert {finding.code for finding in verify(tmp_path / "pack.zip")} == {"never_received"}
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        names = {name.partition("/data/")[2]: name for name in pack.namelist()}
        assert b"NO SERVER HAS RECEIVED THIS DIARY" in pack.read(names["15_VERIFY.txt"])
        assert b"No server has received this diary" in pack.read(names["00_READ-FIRST.txt"])
        proofs = sorted(name.rpartition("/")[2][:4] for name in names if name.startswith("servable/proof/0"))
    assert proofs == ["0001", "0002"]


def _run_pack_command(copy: Path, out: Path, words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "diary", "pack", str(copy), "--profile", "police", "--out", str(out)]
    return subprocess.run(command, input=words + "\n", capture_output=True, text=True, check=False, cwd=ROOT)


def test_a_damaged_copy_and_another_file_are_refused(new_phone: NewPhone, tmp_path: Path) -> None:
    """A changed byte, a truncated file and a picture each get a message, and the phone still has no diary."""
    keeper = new_phone()
    keeper.begins(FIRST)
    whole = make_copy(keeper, tmp_path).read_bytes()
    at = whole.index(b"versions.bin") + 400
    bad_files = {
        "cut.kept": whole[: len(whole) // 2],
        "picture.kept": png(),
        "changed.kept": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
    }
    other = new_phone()
    for name, content in bad_files.items():
        path = tmp_path / name
        path.write_bytes(content)
        _open_copy(other, path, keeper.words)
        expect(other.problem().first).to_contain_text(re.compile("not a sealed copy|didn’t open anything"))
    other.opens()

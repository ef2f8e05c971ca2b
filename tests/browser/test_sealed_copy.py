"""A sealed copy in a file: made here, opened on a phone without a diary, accepted by another server."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from diary.crypto.signing import Ed25519Signer
from diary.pack.verify.verifier import verify_pack
from tests.browser.conftest import NewPhone
from tests.browser.live_server import Certificate, LiveServer
from tests.browser.navigators.accessibility import accessibility_faults
from tests.browser.navigators.keeper import ONLY_ON_PHONE_PATTERN, BrowserKeeper
from tests.browser.pictures import make_png, picker_file
from tests.cli_runner import PROJECT_ROOT

pytestmark = pytest.mark.usual_locks  # the command line opens copies that phones made

FIRST_NARRATIVE = "He stood at the bus stop."
SECOND_NARRATIVE = "SENTINELACCOUNT He was in the shop."


def make_copy(keeper: BrowserKeeper, folder: Path) -> Path:
    """From More, type the words, wait, and save the file."""
    keeper.go_to_tab("More")
    keeper.tap("Save a backup file")
    keeper.wait_for_screen("Save a backup file")
    assert accessibility_faults(keeper.page) == []
    keeper.field("Type your password").fill(keeper.passphrase)
    keeper.tap("Make the backup file")
    keeper.wait_for_screen("The backup file is ready")
    assert accessibility_faults(keeper.page) == []
    with keeper.page.expect_download() as saved:
        keeper.tap("Save the file")
    assert re.fullmatch(r"copy-\d{4}-\d\d-\d\d\.kept", saved.value.suggested_filename)
    saved.value.save_as(folder / "copy.kept")
    return folder / "copy.kept"


def _open_copy(keeper: BrowserKeeper, copy: Path, words: str) -> None:
    keeper.open_without_diary()
    _go_to_open_copy(keeper)
    keeper.wait_for_screen("Open a backup file")
    with keeper.page.expect_file_chooser() as chooser:
        keeper.tap("Choose the file")
    chooser.value.set_files(copy)
    keeper.field("Your password").fill(words)
    keeper.tap("Open it here")


def _go_to_open_copy(keeper: BrowserKeeper) -> None:
    keeper.tap("I have a username or a backup file")
    keeper.tap("I have a backup file")


def _write_diary(keeper: BrowserKeeper) -> None:
    keeper.create_registered_diary(FIRST_NARRATIVE)
    keeper.add_entry(SECOND_NARRATIVE)
    keeper.open_entry(SECOND_NARRATIVE)
    keeper.open_card("Photos & screenshots")
    keeper.pick_files([picker_file("gate.png", "image/png", make_png())])
    keeper.wait_for_file("gate.png")
    keeper.wait_until_kept_safe(SECOND_NARRATIVE)


@pytest.fixture
def second_server(tmp_path: Path, certificate: Certificate) -> Iterator[LiveServer]:
    """Run a second server, which has no accounts."""
    live_server = LiveServer(tmp_path / "another", certificate)
    live_server.start()
    yield live_server
    live_server.stop()


def test_a_sealed_copy_is_restored_without_a_server(
    new_phone: NewPhone, second_server: LiveServer, tmp_path: Path
) -> None:
    """The file has no readable text, and wrong words open nothing.

    Offline, entries, numbers, pictures and history are restored. Later, another server accepts them all.
    """
    keeper = new_phone()
    _write_diary(keeper)
    copy = make_copy(keeper, tmp_path)
    assert b"SENTINEL" not in copy.read_bytes() and b"gate.png" not in copy.read_bytes()
    other = BrowserKeeper(new_phone().page, second_server.app_url)
    other.open_without_diary()
    other.wait_until_loaded()
    other.page.wait_for_timeout(1500)  # the parts of the page load one after the other
    other.page.context.set_offline(True)
    _go_to_open_copy(other)
    with other.page.expect_file_chooser() as chooser:
        other.tap("Choose the file")
    chooser.value.set_files(copy)
    assert accessibility_faults(other.page) == []
    other.field("Your password").fill("not these words at all")
    other.tap("Open it here")
    expect(other.error_message().first).to_contain_text("That didn’t open anything")
    other.field("Your password").fill(keeper.passphrase)
    other.tap("Open it here")
    other.wait_for_screen("What happened?")
    other.passphrase = keeper.passphrase
    other.wait_for_entry_count(2)
    expect(other.entry_state(SECOND_NARRATIVE)).to_have_text(ONLY_ON_PHONE_PATTERN)
    expect(other.entry_row(FIRST_NARRATIVE).get_by_text("No. 1", exact=True)).to_be_visible()
    expect(other.entry_row(SECOND_NARRATIVE).get_by_text("No. 2", exact=True)).to_be_visible()
    other.open_entry(SECOND_NARRATIVE)
    other.open_card("Photos & screenshots")
    other.wait_for_file("gate.png")
    # and, with a signal again, another server accepts everything under a new name
    other.page.context.set_offline(False)
    other.wait_until_offline_ready()
    other.lock()
    other.unlock()
    other.go_to_tab("More")
    other.tap(re.compile("^Set up a backup"), exact=False)
    other.request_copy()
    other.wait_for_screen("Your username")
    other.login = other.page.locator(".sheet-name").inner_text()
    assert other.login != keeper.login
    other.tap("Later")
    other.wait_until_kept_safe(SECOND_NARRATIVE)
    expect(other.entry_row(SECOND_NARRATIVE).get_by_text("No. 2", exact=True)).to_be_visible()
    desk = BrowserKeeper(new_phone().page, second_server.app_url)
    desk.sign_in(other.login, keeper.passphrase)
    desk.wait_for_entry_count(2)
    desk.open_entry(SECOND_NARRATIVE)
    desk.open_card("Photos & screenshots")
    desk.wait_for_file("gate.png")


def test_the_command_line_makes_a_pack_from_a_sealed_copy(
    new_phone: NewPhone, server: LiveServer, tmp_path: Path
) -> None:
    """Without the server, the file and its words become a pack that verifies.

    Wrong words and a truncated copy make none.
    """
    keeper = new_phone()
    _write_diary(keeper)
    copy = make_copy(keeper, tmp_path)
    notary = Ed25519Signer(server.settings.load_or_create_notary_seed()).pub
    server.stop()
    result = _run_pack_command(copy, tmp_path / "pack.zip", keeper.passphrase)
    assert result.returncode == 0, result.stderr
    assert verify_pack(tmp_path / "pack.zip", notary=notary) == []
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        [picture] = [name for name in pack.namelist() if "13_exhibits-as-received" in name]
        assert pack.read(picture) == make_png()
    wrong_words = _run_pack_command(copy, tmp_path / "wrong.zip", "not these words at all")
    assert (wrong_words.returncode, "did not match" in wrong_words.stderr) == (1, True)
    (tmp_path / "cut.kept").write_bytes(copy.read_bytes()[:-400])
    truncated = _run_pack_command(tmp_path / "cut.kept", tmp_path / "wrong.zip", keeper.passphrase)
    assert (truncated.returncode, "not a backup file" in truncated.stderr) == (1, True)
    assert not (tmp_path / "wrong.zip").exists()


def test_a_diary_without_a_server_becomes_a_pack_that_says_so(new_phone: NewPhone, tmp_path: Path) -> None:
    """Without a server, the pack has its own numbers and no receipts, and 15 states that.

    `verify` reports only that nothing outside dates it.
    """
    keeper = new_phone()
    keeper.open_without_diary()
    keeper.write_first_entry(FIRST_NARRATIVE)
    keeper.postpone_copy()
    keeper.add_entry(SECOND_NARRATIVE)
    result = _run_pack_command(make_copy(keeper, tmp_path), tmp_path / "pack.zip", keeper.passphrase)
    assert result.returncode == 0, result.stderr
    assert {finding.code for finding in verify_pack(tmp_path / "pack.zip")} == {"never_received"}
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        names = {name.partition("/data/")[2]: name for name in pack.namelist()}
        assert b"NO SERVER HAS RECEIVED THIS DIARY" in pack.read(names["15_VERIFY.txt"])
        assert b"No server has received this diary" in pack.read(names["00_READ-FIRST.txt"])
        proofs = sorted(name.rpartition("/")[2][:4] for name in names if name.startswith("servable/proof/0"))
    assert proofs == ["0001", "0002"]


def _run_pack_command(copy: Path, pack_path: Path, words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "diary", "pack", str(copy), "--profile", "police", "--out", str(pack_path)]
    return subprocess.run(command, input=words + "\n", capture_output=True, text=True, check=False, cwd=PROJECT_ROOT)


def test_a_damaged_copy_and_another_file_are_refused(new_phone: NewPhone, tmp_path: Path) -> None:
    """A changed byte, a truncated file and a picture each get a message, and the phone still has no diary."""
    keeper = new_phone()
    keeper.create_registered_diary(FIRST_NARRATIVE)
    copy_bytes = make_copy(keeper, tmp_path).read_bytes()
    offset = copy_bytes.index(b"versions.bin") + 400
    bad_files = {
        "cut.kept": copy_bytes[: len(copy_bytes) // 2],
        "picture.kept": make_png(),
        "changed.kept": copy_bytes[:offset] + bytes([copy_bytes[offset] ^ 1]) + copy_bytes[offset + 1 :],
    }
    other = new_phone()
    for name, content in bad_files.items():
        path = tmp_path / name
        path.write_bytes(content)
        _open_copy(other, path, keeper.passphrase)
        expect(other.error_message().first).to_contain_text(re.compile("not a backup file|didn’t open anything"))
    other.open_without_diary()

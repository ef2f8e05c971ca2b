"""The options of `diary pack`, and the command from a sealed copy to a pack."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import bagit
import pytest
from click.testing import CliRunner

from diary.cli.pack import _make_pack_request, pack
from diary.client.backup_file import DiaryBackupFile
from diary.client.journal import Journal
from diary.clock import FixedClock
from diary.encoding import b64
from diary.errors import BadRequest, InvalidCredentials
from diary.pack.capsule.builder import build_capsule
from diary.samples.fictional_diary import load_entries
from diary.samples.journal_writer import JournalWriter
from tests.bench.kept_copy import PASSPHRASE, make_sealed_copy
from tests.local_journal import local_journal

ROOT = Path(__file__).parents[2]
NOON_MS = 1_793_000_000_000


@pytest.fixture(scope="module")
def journal() -> Journal:
    """Return a journal with four entries that was never sent to a server."""
    clock = FixedClock(NOON_MS)
    writer = JournalWriter(local_journal(clock), clock)
    for entry in (load_entries()[1], load_entries()[2], load_entries()[6], load_entries()[11]):
        writer.write_entry(entry)
    return writer.journal


def test_command_options_become_a_wish(journal: Journal) -> None:
    """Number, profile and reference are taken over. Without an earlier pack, a supplement contains every entry."""
    plain = _make_pack_request(
        journal, "https://x.example", number=None, profile="school", supplement=False, items=None, their_ref="REF 9"
    )
    assert (plain.no, plain.profile, plain.recipient_ref, plain.kind, plain.items) == (
        1,
        "school",
        "REF 9",
        "pack",
        None,
    )
    assert len(plain.chosen) == 4
    later = _make_pack_request(
        journal, "https://x.example", number=4, profile="police", supplement=True, items=None, their_ref=""
    )
    assert (later.no, later.kind, len(later.chosen)) == (4, "supplement", 4)


def test_items_of_no_earlier_pack_are_refused(journal: Journal) -> None:
    """Items that no earlier pack numbered are refused."""
    wish = _make_pack_request(
        journal, "https://x.example", number=2, profile="police", supplement=False, items="JB/1, JB/9", their_ref=""
    )
    assert wish.items == ("JB/1", "JB/9") and wish.chosen == ()
    with pytest.raises(BadRequest):
        build_capsule(journal.versions(), wish, journal.identity.public_keys())


def _run_diary_command(
    folder: Path, *arguments: object, passphrase: str = PASSPHRASE
) -> subprocess.CompletedProcess[str]:
    """Run the command line with its own folder for temporary files."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "diary", *map(str, arguments)]
    environment = {"PATH": "/usr/bin:/bin", "TMPDIR": str(work), "HOME": str(work)}
    return subprocess.run(
        command, input=f"{passphrase}\n", capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )


@pytest.mark.whole
def test_a_sealed_copy_becomes_a_pack_without_a_server(tmp_path: Path) -> None:
    """A sealed copy and its passphrase give a pack that `verify` and bagit accept, with every file complete."""
    copy, pack_path = tmp_path / "diary.kept", tmp_path / "pack.zip"
    notary = make_sealed_copy(copy, entries=12, files=3, file_bytes=70_000)
    (tmp_path / "notary.txt").write_text(b64(notary.pub))
    wrong = _run_diary_command(
        tmp_path, "pack", copy, "--profile", "police", "--out", pack_path, passphrase="other words than these"
    )
    assert wrong.returncode == 1 and not pack_path.exists()
    assert "type them in small letters, with one space between two" in wrong.stderr
    completed = _run_diary_command(tmp_path, "pack", copy, "--profile", "police", "--out", pack_path)
    assert completed.returncode == 0, completed.stderr
    checked = _run_diary_command(tmp_path, "verify", pack_path, "--notary", tmp_path / "notary.txt")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with zipfile.ZipFile(pack_path) as pack:
        pack.extractall(tmp_path / "unpacked")
    (folder,) = (tmp_path / "unpacked").iterdir()
    assert bagit.Bag(str(folder)).is_valid()
    record = json.loads((folder / "data/restricted/12_record.json").read_text())
    assert (record["pack"]["profile"], record["counts"]["included"]) == ("police", 12)
    received = sorted((folder / "data/restricted/13_exhibits-as-received").iterdir())
    assert [path.stat().st_size for path in received] == [70_000] * 3
    assert {path.name for path in tmp_path.iterdir()} == {"diary.kept", "notary.txt", "pack.zip", "unpacked", "work"}
    assert list((tmp_path / "work").iterdir()) == []
    assert PASSPHRASE not in completed.stdout + completed.stderr
    for options, is_whole in (([], False), (["--with-restricted"], True)):
        pack_path.unlink()
        made = _run_diary_command(tmp_path, "pack", copy, "--profile", "housing", "--out", pack_path, *options)
        assert made.returncode == 0, made.stderr
        with zipfile.ZipFile(pack_path) as pack:
            assert any("/data/restricted/" in name for name in pack.namelist()) is is_whole
            [read_first] = [name for name in pack.namelist() if name.endswith("/00_READ-FIRST.txt")]
            assert (b"it was not given to you" in pack.read(read_first)) is not is_whole


def test_six_suggested_words_open_a_backup_file_however_they_are_typed(tmp_path: Path) -> None:
    """Capitals and spaces do not matter. Words of one's own that look like six of the list open as they were chosen."""
    suggestion, own_words = "cage candy arch gather drum buyer", "Cage Candy Arch Gather Drum Buyer"
    openings = {
        suggestion: (suggestion, own_words, "CageCandyArchGatherDrumBuyer", "cagecandyarchgatherdrumbuyer"),
        own_words: (own_words,),
    }
    for number, (passphrase, typed_texts) in enumerate(openings.items()):
        path = tmp_path / f"{number}.kept"
        make_sealed_copy(path, entries=1, files=0, file_bytes=1, passphrase=passphrase)
        with DiaryBackupFile(path) as backup_file:
            for typed in typed_texts:
                assert backup_file.open_with_words(typed).diary == backup_file.manifest["keys"]["diary"], typed
            for wrong in ("OrbitVelvetCanyonMapleDriftSpoon", "words of my own choice", f"{suggestion} cage"):
                with pytest.raises(InvalidCredentials, match="small letters, with one space between two"):
                    backup_file.open_with_words(wrong)
    with DiaryBackupFile(tmp_path / "1.kept") as backup_file, pytest.raises(InvalidCredentials):
        backup_file.open_with_words(suggestion)


def test_the_command_names_what_could_not_be_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the pack is made, a line names the entries and files whose words are not on the pages."""

    async def build(*arguments: Any, **_: Any) -> tuple[str, ...]:
        arguments[3].write_bytes(b"a pack")
        return unprinted

    monkeypatch.setattr("diary.client.offline_pack.build_pack_offline", build)
    monkeypatch.setattr("diary.isolation.require_isolation", lambda: "")
    kept = tmp_path / "copy.kept"
    make_sealed_copy(kept, entries=1, files=0, file_bytes=1)
    for unprinted, expected in ((("7", "JB/3"), "12_record.json. See: 7, JB/3"), ((), "")):
        command = [str(kept), "--out", str(tmp_path / "pack.zip")]
        result = CliRunner().invoke(pack, command, input=f"{PASSPHRASE}\n", catch_exceptions=False)
        assert result.exit_code == 0, result.output
        lines = [line for line in result.output.splitlines() if "could not be printed" in line]
        assert "".join(lines).endswith(expected) and len(lines) == bool(unprinted)

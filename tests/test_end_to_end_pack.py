"""Make a pack on the command line against a real server, and check it with independent tools."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bagit
import pytest

from diary.encoding import b64
from diary.pack.bag.pack_statement import pack_fingerprint
from diary.samples.demo import running_server
from tests.cli_runner import run_cli, run_cli_in_process

# The demo takes about twenty seconds: `make quick` leaves this file out.
pytestmark = pytest.mark.whole


@dataclass
class DemoOutput:
    """Output of one run of the demo."""

    pack: Path
    notary: Path
    folder: Path
    stdout: str

    def unpack(self, target: Path) -> Path:
        """Unzip the pack, and return its folder."""
        with zipfile.ZipFile(self.pack) as archive:
            archive.extractall(target)
        (folder,) = target.iterdir()
        return folder


@pytest.fixture(scope="module")
def demo_output(tmp_path_factory: pytest.TempPathFactory) -> DemoOutput:
    """Run the demo once."""
    folder = tmp_path_factory.mktemp("demo")
    result = run_cli("demo", "--out", folder / "p.zip", "--keep", folder / "kept")
    assert result.returncode == 0, result.stdout + result.stderr
    return DemoOutput(folder / "p.zip", folder / "p.notary.txt", folder / "kept", result.stdout)


def test_the_demo_prints_where_its_files_are(demo_output: DemoOutput) -> None:
    """Pack, notary key, server files, files as received and credentials are printed and exist."""
    for path in (
        demo_output.pack,
        demo_output.notary,
        demo_output.folder / "server",
        demo_output.folder / "files-as-received",
    ):
        assert str(path) in demo_output.stdout
        assert path.exists()
    assert len(list((demo_output.folder / "files-as-received").iterdir())) == 32
    assert "harbor violin ladder cactus pepper noodle" in demo_output.stdout


def test_the_server_holds_no_plaintext_of_the_diary(demo_output: DemoOutput) -> None:
    """The server's files, that is database, sealed files and log, have no plaintext of the diary."""
    needles = [
        "Please stop messaging me",
        "Larch Court",
        "تم کہاں",
        "IMG_2041",
        "Redfern",
        "harbor violin",
        "07700 900512",
    ]
    for path in (demo_output.folder / "server").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for needle in needles:
                assert needle.encode() not in content, (path.name, needle)
            assert b"\x89PNG" not in content


def test_verify_finds_nothing_with_the_servers_key(demo_output: DemoOutput) -> None:
    """With the server's notary key the pack verifies, with status 0."""
    result = run_cli("verify", demo_output.pack, "--notary", demo_output.notary)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(
        "Unchanged since a device of this diary made it. The server received the record of it on "
    )
    assert "\nNo finding. " in result.stdout
    with zipfile.ZipFile(demo_output.pack) as pack:
        manifest = next(pack.read(name) for name in pack.namelist() if re.fullmatch("[^/]+/manifest-sha256.txt", name))
    assert f"gave it to you: {pack_fingerprint(manifest)}\n" in result.stdout


def test_without_the_servers_key_it_says_where_the_keys_come_from(demo_output: DemoOutput) -> None:
    """Without a trusted key a pack is never reported as simply valid: it may be forged with its own keys."""
    result = run_cli("verify", demo_output.pack)
    assert result.returncode == 1
    assert "\nkeys_from_pack: " in result.stdout and "was not compared" in result.stdout.splitlines()[0]


def test_another_servers_key_is_named(demo_output: DemoOutput, tmp_path: Path) -> None:
    """Receipts of one server are not accepted for another's."""
    other_path = tmp_path / "other.txt"
    other_path.write_text(b64(bytes([9]) * 32))
    result = run_cli("verify", demo_output.pack, "--notary", other_path)
    assert result.returncode == 1
    assert "wrong_notary" in result.stdout


def test_the_library_of_congress_tool_accepts_the_bag(demo_output: DemoOutput, tmp_path: Path) -> None:
    """The Library of Congress tool bagit validates completeness and digests."""
    bag = bagit.Bag(str(demo_output.unpack(tmp_path)))
    bag.validate()


def test_sha256sum_accepts_every_list(demo_output: DemoOutput, tmp_path: Path) -> None:
    """The bag's list is valid from its folder, the servable list from its own."""
    folder = demo_output.unpack(tmp_path)
    for where in (folder, folder / "data" / "servable"):
        result = subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", "manifest-sha256.txt"],
            cwd=where,
            check=False,
            capture_output=True,
        )
        assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def test_qpdf_accepts_every_document(demo_output: DemoOutput, tmp_path: Path) -> None:
    """Each PDF has valid syntax and stream encoding."""
    documents = sorted(demo_output.unpack(tmp_path).rglob("*.pdf"))
    assert [path.name for path in documents] == [
        "06_RESTRICTED_officer-sheet.pdf",
        "10_RESTRICTED_how-this-record-was-made.pdf",
        "01_chronology.pdf",
        "04_exhibits.pdf",
        "08_impact.pdf",
    ]
    for path in documents:
        result = subprocess.run(["qpdf", "--check", path], check=False, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr


def test_files_are_as_received(demo_output: DemoOutput, tmp_path: Path) -> None:
    """The files in the pack are exactly the added ones, byte for byte."""
    folder = demo_output.unpack(tmp_path) / "data" / "restricted"
    packed = {p.read_bytes() for name in ("13_exhibits-as-received", "13_mail") for p in (folder / name).iterdir()}
    assert packed == {path.read_bytes() for path in (demo_output.folder / "files-as-received").iterdir()}


def rewrite_pack(source: Path, target: Path, change: Callable[[str, bytes], list[tuple[str, bytes]]]) -> None:
    """Copy a pack with changed members."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for row in old.infolist():
            for name, content in change(row.filename, old.read(row)):
                new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)


def verify_failure(pack: Path, notary: Path) -> str:
    """Return the output of `verify` for a pack that must fail."""
    result = run_cli_in_process("verify", pack, "--notary", notary)
    assert result.returncode == 1, result.stdout + result.stderr
    return result.stdout


def with_flipped_bit(content: bytes) -> bytes:
    """Return the content with one bit of the middle byte flipped."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_a_changed_byte_in_any_member_is_named(demo_output: DemoOutput, tmp_path: Path) -> None:
    """With one byte changed in every payload file, each of them is named."""
    rewrite_pack(
        demo_output.pack, tmp_path / "bad.zip", lambda n, c: [(n, with_flipped_bit(c) if "/data/" in n else c)]
    )
    output = verify_failure(tmp_path / "bad.zip", demo_output.notary)
    with zipfile.ZipFile(demo_output.pack) as archive:
        members = [name.partition("/")[2] for name in archive.namelist() if "/data/" in name]
    assert len(members) > 150
    assert [member for member in members if member not in output] == []


TAG_FILES = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt", "tagmanifest-sha256.txt")


@pytest.mark.parametrize("name", TAG_FILES)
def test_a_changed_byte_in_a_tag_file_is_named(demo_output: DemoOutput, tmp_path: Path, name: str) -> None:
    """The manifests themselves are covered."""
    with zipfile.ZipFile(demo_output.pack) as archive:
        (member,) = [one for one in archive.namelist() if one.endswith(f"/{name}") and "/data/" not in one]
    rewrite_pack(demo_output.pack, tmp_path / "bad.zip", lambda n, c: [(n, with_flipped_bit(c) if n == member else c)])
    output = verify_failure(tmp_path / "bad.zip", demo_output.notary)
    assert name in output or "bag" in output


@pytest.mark.parametrize(
    "member", ["restricted/12_record.json", "servable/01_chronology.pdf", "restricted/13_mail/JB-14.eml"]
)
def test_missing_added_and_renamed_members_are_named(demo_output: DemoOutput, tmp_path: Path, member: str) -> None:
    """Missing, added and renamed members are found by name."""
    bad = tmp_path / "bad.zip"
    rewrite_pack(demo_output.pack, bad, lambda n, c: [] if n.endswith(member) else [(n, c)])
    assert f"missing: data/{member}" in verify_failure(bad, demo_output.notary)
    rewrite_pack(demo_output.pack, bad, lambda n, c: [(n, c), (n + ".txt", c)] if n.endswith(member) else [(n, c)])
    assert f"added: data/{member}.txt" in verify_failure(bad, demo_output.notary)
    rewrite_pack(demo_output.pack, bad, lambda n, c: [(n + ".txt", c)] if n.endswith(member) else [(n, c)])
    output = verify_failure(bad, demo_output.notary)
    assert f"missing: data/{member}" in output
    assert f"added: data/{member}.txt" in output


def test_the_tools_these_tests_judge_with_are_here() -> None:
    """`make setup-test` installs the tools; no test is skipped without them."""
    assert shutil.which("qpdf")
    assert shutil.which("sha256sum")


@pytest.mark.slow  # makes two whole diaries; tests/samples/test_fictional_diary.py reads one in every `make test`
def test_the_sample_diary_is_made_once_and_opens_again(tmp_path: Path) -> None:
    """`make run` twice gives the same credentials; on another server, where they fail, new ones."""
    note = tmp_path / "sample.txt"
    with running_server(tmp_path / "one") as origin:
        outputs = [run_cli("sample", "--on", origin, "--note", note).stdout for _ in range(2)]
        assert outputs[0] == outputs[1]
        assert "Username:" in outputs[0]
    with running_server(tmp_path / "two") as origin:
        assert sign_in_name(run_cli("sample", "--on", origin, "--note", note).stdout) != sign_in_name(outputs[0])


def sign_in_name(output: str) -> str:
    """Return the login name in the output of `sample`."""
    return next(line for line in output.splitlines() if "Username:" in line)

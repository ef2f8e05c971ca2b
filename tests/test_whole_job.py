"""The whole job by the command line, against a real server, judged by tools that are not ours."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bagit
import pytest

from diary.encoding import b64
from diary.samples.demo import running_server
from tests.running import here, kept

# The demo takes some twenty seconds: `make quick` leaves this file out.
pytestmark = pytest.mark.whole


@dataclass
class Demo:
    """What one run of the demo left."""

    pack: Path
    notary: Path
    folder: Path
    told: str

    def unpacked(self, into: Path) -> Path:
        """The pack's folder, unzipped."""
        with zipfile.ZipFile(self.pack) as archive:
            archive.extractall(into)
        (folder,) = into.iterdir()
        return folder


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One run."""
    folder = tmp_path_factory.mktemp("demo")
    done = kept("demo", "--out", folder / "p.zip", "--keep", folder / "kept")
    assert done.returncode == 0, done.stdout + done.stderr
    return Demo(folder / "p.zip", folder / "p.notary.txt", folder / "kept", done.stdout)


def test_the_demo_says_where_everything_is(demo: Demo) -> None:
    """Pack, notary key, server files, files as received, the sign-in: each printed, each there."""
    for path in (demo.pack, demo.notary, demo.folder / "server", demo.folder / "files-as-received"):
        assert str(path) in demo.told
        assert path.exists()
    assert len(list((demo.folder / "files-as-received").iterdir())) == 30
    assert "harbor violin ladder cactus pepper noodle" in demo.told


def test_the_server_holds_no_word_of_it(demo: Demo) -> None:
    """Nothing of the diary can be found in the server's files: database, sealed files, log."""
    needles = [
        "Please stop messaging me",
        "Larch Court",
        "تم کہاں",
        "IMG_2041",
        "Redfern",
        "harbor violin",
        "07700 900512",
    ]
    for path in (demo.folder / "server").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for needle in needles:
                assert needle.encode() not in content, (path.name, needle)
            assert b"\x89PNG" not in content


def test_verify_finds_nothing_with_the_servers_key(demo: Demo) -> None:
    """With the instance's key the pack is whole, and the status says so."""
    done = kept("verify", demo.pack, "--notary", demo.notary)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No finding.")


def test_without_the_servers_key_it_says_where_the_keys_come_from(demo: Demo) -> None:
    """A pack forged with its own keys is never simply whole."""
    done = kept("verify", demo.pack)
    assert done.returncode == 1
    assert done.stdout.startswith("keys_from_pack: ")


def test_another_servers_key_is_named(demo: Demo, tmp_path: Path) -> None:
    """Receipts of one server do not pass for another's."""
    other = tmp_path / "other.txt"
    other.write_text(b64(bytes([9]) * 32))
    done = kept("verify", demo.pack, "--notary", other)
    assert done.returncode == 1
    assert "wrong_notary" in done.stdout


def test_the_library_of_congress_tool_accepts_the_bag(demo: Demo, tmp_path: Path) -> None:
    """bagit validates it, completeness and digests."""
    bag = bagit.Bag(str(demo.unpacked(tmp_path)))
    bag.validate()


def test_sha256sum_accepts_every_list(demo: Demo, tmp_path: Path) -> None:
    """The bag's list from its folder, and the servable list from its own."""
    folder = demo.unpacked(tmp_path)
    for where in (folder, folder / "data" / "servable"):
        done = subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", "manifest-sha256.txt"],
            cwd=where,
            check=False,
            capture_output=True,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_qpdf_accepts_every_document(demo: Demo, tmp_path: Path) -> None:
    """Each PDF is sound in syntax and stream encoding."""
    documents = sorted(demo.unpacked(tmp_path).rglob("*.pdf"))
    assert [path.name for path in documents] == [
        "06_RESTRICTED_officer-sheet.pdf",
        "10_RESTRICTED_how-this-record-was-made.pdf",
        "01_chronology.pdf",
        "04_exhibits.pdf",
        "08_impact.pdf",
    ]
    for path in documents:
        done = subprocess.run(["qpdf", "--check", path], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_files_are_as_received(demo: Demo, tmp_path: Path) -> None:
    """Every file in the pack is byte for byte one that was added, and every one that was added is there."""
    folder = demo.unpacked(tmp_path) / "data" / "restricted"
    packed = {p.read_bytes() for name in ("13_exhibits-as-received", "13_mail") for p in (folder / name).iterdir()}
    assert packed == {path.read_bytes() for path in (demo.folder / "files-as-received").iterdir()}


def rewrite(source: Path, target: Path, change: Callable[[str, bytes], list[tuple[str, bytes]]]) -> None:
    """A copy of a pack with its members changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for row in old.infolist():
            for name, content in change(row.filename, old.read(row)):
                new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)


def named(pack: Path, notary: Path) -> str:
    """What `verify` prints of a pack that must not pass."""
    done = here("verify", pack, "--notary", notary)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def flipped(content: bytes) -> bytes:
    """One bit of the middle byte changed."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_a_changed_byte_in_any_member_is_named(demo: Demo, tmp_path: Path) -> None:
    """With one byte changed in every payload file, every one of them is named."""
    rewrite(demo.pack, tmp_path / "bad.zip", lambda n, c: [(n, flipped(c) if "/data/" in n else c)])
    told = named(tmp_path / "bad.zip", demo.notary)
    with zipfile.ZipFile(demo.pack) as archive:
        members = [name.partition("/")[2] for name in archive.namelist() if "/data/" in name]
    assert len(members) > 150
    assert [member for member in members if member not in told] == []


TAG_FILES = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt", "tagmanifest-sha256.txt")


@pytest.mark.parametrize("name", TAG_FILES)
def test_a_changed_byte_in_a_tag_file_is_named(demo: Demo, tmp_path: Path, name: str) -> None:
    """The lists themselves are covered."""
    with zipfile.ZipFile(demo.pack) as archive:
        (member,) = [one for one in archive.namelist() if one.endswith(f"/{name}") and "/data/" not in one]
    rewrite(demo.pack, tmp_path / "bad.zip", lambda n, c: [(n, flipped(c) if n == member else c)])
    told = named(tmp_path / "bad.zip", demo.notary)
    assert name in told or "bag" in told


@pytest.mark.parametrize(
    "member", ["restricted/12_record.json", "servable/01_chronology.pdf", "restricted/13_mail/JB-14.eml"]
)
def test_missing_added_and_renamed_members_are_named(demo: Demo, tmp_path: Path, member: str) -> None:
    """Each is found, by its name."""
    bad = tmp_path / "bad.zip"
    rewrite(demo.pack, bad, lambda n, c: [] if n.endswith(member) else [(n, c)])
    assert f"missing: data/{member}" in named(bad, demo.notary)
    rewrite(demo.pack, bad, lambda n, c: [(n, c), (n + ".txt", c)] if n.endswith(member) else [(n, c)])
    assert f"added: data/{member}.txt" in named(bad, demo.notary)
    rewrite(demo.pack, bad, lambda n, c: [(n + ".txt", c)] if n.endswith(member) else [(n, c)])
    told = named(bad, demo.notary)
    assert f"missing: data/{member}" in told
    assert f"added: data/{member}.txt" in told


def test_the_tools_these_tests_judge_with_are_here() -> None:
    """`make setup` installs them; no test stands aside without them."""
    assert shutil.which("qpdf")
    assert shutil.which("sha256sum")


@pytest.mark.slow  # it makes two whole diaries; tests/samples/test_fictional_diary.py reads one in every `make test`
def test_the_sample_diary_is_made_once_and_opens_again(tmp_path: Path) -> None:
    """`make run` twice gives the same sign-in; on another server, where it opens nothing, a new one."""
    note = tmp_path / "sample.txt"
    with running_server(tmp_path / "one") as origin:
        told = [kept("sample", "--on", origin, "--note", note).stdout for _ in range(2)]
        assert told[0] == told[1]
        assert "Sign-in name:" in told[0]
    with running_server(tmp_path / "two") as origin:
        assert sign_in_name(kept("sample", "--on", origin, "--note", note).stdout) != sign_in_name(told[0])


def sign_in_name(told: str) -> str:
    """The name in what `sample` printed."""
    return next(line for line in told.splitlines() if "Sign-in name:" in line)

"""15_VERIFY.txt works as it is printed: each system's lines, typed in order in one shell.

The block for Linux runs here as it stands. So does the one for macOS: `shasum` is the same Perl program there, and find,
grep, cut and sed are used with options that BSD's have too. There is no PowerShell for this machine in any registry that
answers (the npm package `pwsh` downloads it when it is installed), so its block is parsed with a grammar of PowerShell,
and every command in it must be one of those that Windows 10 has.
"""

import hashlib
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from diary.ledger import timestamps
from diary.samples.timestamp_authority import make_authority
from tests.pack.conftest import BuiltPack
from tests.pack.test_log_part import authority, logged_pack  # noqa: F401 - fixtures

SYSTEMS: Final = ("Windows PowerShell", "macOS", "Linux")
PHONE_WORDS_SCRIPT: Final = """
import { wordsFor } from '#app/pack/chronology/chronology_words.js';
process.stdout.write(JSON.stringify(wordsFor('verify', { folder: process.argv[1] })));
"""
# Each comes with PowerShell 5.1; `cat`, `cd` and `ls` are its own names for three of its commands.
POWERSHELL_COMMANDS: Final = {
    "cat", "cd", "ls", "Get-ChildItem", "Get-Content", "Get-FileHash", "Resolve-Path", "Select-String", "Test-Path",
    "Where-Object",
}  # fmt: skip
CHRONOLOGY_PATH: Final = "data/servable/01_chronology.pdf"


def lines_of(text: str, system: str) -> list[str]:
    """Return what a person types on a system: the lines under its name, in order."""
    typed, applies = [], False
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.startswith("     "):
            applies = line.endswith(":") and system in line.strip(" :").split(", ")
        elif applies:
            typed.append(line[5:])
    return typed


def steps_of(text: str) -> list[str]:
    """Return the numbered steps of the text."""
    return re.split(r"\n(?=[0-9]\. )", text.replace("\r\n", "\n"))[1:]


@pytest.fixture
def unpacked(logged_pack: BuiltPack, tmp_path: Path) -> Path:  # noqa: F811
    """Return the folder of an unpacked pack with a log, timestamps and files as received."""
    with zipfile.ZipFile(logged_pack.path) as archive:
        archive.extractall(tmp_path / "given")
    (folder,) = (tmp_path / "given").iterdir()
    return folder


def type_lines(lines: list[str], folder: Path) -> tuple[list[str], str]:
    """Type lines into one bash that stands in a folder. Return the lines that it prints, and its errors."""
    for program in ("bash", "openssl", "sha256sum", "shasum"):
        assert shutil.which(program), program
    script = "\n".join(lines) + "\n"
    done = subprocess.run(["bash"], input=script, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout.splitlines(), done.stderr


def change_page(folder: Path) -> None:
    (folder / CHRONOLOGY_PATH).write_bytes((folder / CHRONOLOGY_PATH).read_bytes() + b" ")


def remove_page(folder: Path) -> None:
    (folder / CHRONOLOGY_PATH).unlink()


def add_file(folder: Path) -> None:
    (folder / "data/servable/16_added.txt").write_text("x")


def change_received_file(folder: Path) -> None:
    received = next((folder / "data/restricted/13_exhibits-as-received").iterdir())
    received.write_bytes(received.read_bytes() + b" ")


def remove_list(folder: Path) -> None:
    (folder / "manifest-sha256.txt").unlink()


@pytest.mark.parametrize("system", ["Linux", "macOS"])
def test_an_untouched_pack_is_as_listed(unpacked: Path, system: str) -> None:
    """The whole block prints twice that all is as listed, the statement, the keys and that the timestamp is right."""
    lines = lines_of((unpacked / "data/15_VERIFY.txt").read_text("utf-8"), system)
    printed, errors = type_lines(lines, unpacked.parent)
    assert printed[:2] == ["ALL AS LISTED", "ALL AS LISTED"]
    assert json.loads(printed[2].partition("}")[0] + "}")["t"] == "pack/v1"
    assert "Verification: OK" in "\n".join(printed) + errors
    assert not any(word in "\n".join(printed) for word in ("FAILED", "ADDED", "NOT IN 03"))
    assert "No such file" not in errors and "command not found" not in errors


@pytest.mark.parametrize("system", ["Linux", "macOS"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (change_page, [f"{CHRONOLOGY_PATH}: FAILED"]),
        (remove_page, [f"{CHRONOLOGY_PATH}: FAILED open or read"]),
        (add_file, ["ADDED data/servable/16_added.txt", "ALL AS LISTED"]),
        (change_received_file, [": FAILED", "NOT IN 03: data/restricted/13_exhibits-as-received/"]),
        (remove_list, ["ADDED data/15_VERIFY.txt"]),
    ],
)
def test_a_changed_pack_is_named(
    unpacked: Path, system: str, change: Callable[[Path], None], expected: list[str]
) -> None:
    """What was changed, added or lost has a line of its own; no line is printed for a file that is as listed."""
    lines = lines_of((unpacked / "data/15_VERIFY.txt").read_text("utf-8"), system)
    change(unpacked)
    printed, _ = type_lines(lines, unpacked.parent)
    text = "\n".join(printed)
    for words in expected:
        assert words in text, words
    assert printed[0] != "ALL AS LISTED" or change is add_file
    assert ": OK" not in text.replace("Verification: OK", "")


def test_each_step_has_its_command(unpacked: Path) -> None:
    """Eight numbered steps, each with something to type on every system."""
    steps = steps_of((unpacked / "data/15_VERIFY.txt").read_text("utf-8"))
    assert [step[:2] for step in steps] == [f"{number}." for number in range(1, 9)]
    for step in steps:
        assert re.search(r"^     \S", step, re.MULTILINE), step


def test_the_line_for_a_timestamp_beside_the_pack_works(unpacked: Path, tmp_path: Path) -> None:
    """It is typed where the pack's folder lies. Over a list that was changed since, openssl refuses it."""
    stamper, beside = make_authority(tmp_path / "beside"), unpacked.parent
    manifest = unpacked / "manifest-sha256.txt"
    request = timestamps.build_digest_request(hashlib.sha256(manifest.read_bytes()).digest())
    (beside / "pack.tsr").write_bytes(stamper.answer_query(request.der))
    (beside / "root.pem").write_bytes(stamper.root_pem)
    [line] = re.findall(
        r"openssl ts -verify -data \S+ -in pack\.tsr [^\r\n]+", (unpacked / "data/15_VERIFY.txt").read_text()
    )
    assert "Verification: OK" in str(type_lines([line], beside))
    manifest.write_bytes(manifest.read_bytes() + b"x")
    assert "Verification: FAILED" in str(type_lines([line], beside))


def test_the_lines_for_powershell_are_powershell(unpacked: Path) -> None:
    """They parse without an error, use only commands of Windows, and print nothing for a file that is as listed."""
    text = (unpacked / "data/15_VERIFY.txt").read_text("utf-8")
    lines = lines_of(text, "Windows PowerShell")
    parser = Parser(Language(tree_sitter_powershell.language()))
    source = "\n".join(lines) + "\n"
    assert not parser.parse(source.encode()).root_node.has_error, source
    # The parser finds faults: a brace that is not closed, a quote that is not.
    for broken in (source.replace("} }", "}", 1), source.replace('"MISSING', "MISSING", 1)):
        assert parser.parse(broken.encode()).root_node.has_error
    commands = set(_named_commands(parser.parse(source.encode()).root_node))
    assert commands == POWERSHELL_COMMANDS
    assert "Format-" not in source and "| Get-FileHash" not in source


def _named_commands(node: Node) -> list[str]:
    """Return the names of the commands in a tree."""
    own = [node.text.decode()] if node.type == "command_name" and node.text else []
    return [*own, *(name for child in node.children for name in _named_commands(child))]


def test_the_phone_prints_the_same_lines(unpacked: Path) -> None:
    """What is typed on each system is the same in a pack made on the phone, but for the log that it has not."""
    node = shutil.which("node")
    assert node, "Node 20 or newer is not on the path; `make test` puts it there"
    completed = subprocess.run(
        [node, "--input-type=module", "-e", PHONE_WORDS_SCRIPT, unpacked.name],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    phone_text = json.loads(completed.stdout)
    text = (unpacked / "data/15_VERIFY.txt").read_text("utf-8")
    for words in ("WHERE pack.tsr CAME BESIDE", "-in pack.tsr -CAfile root.pem"):
        assert words in phone_text and words in text
    for system in SYSTEMS:
        phone_lines = lines_of(phone_text, system)
        assert len(phone_lines) > 10 and lines_of(text, system)[: len(phone_lines)] == phone_lines, system
    printed, _ = type_lines(lines_of(phone_text, "Linux"), unpacked.parent)
    assert printed[:2] == ["ALL AS LISTED", "ALL AS LISTED"]

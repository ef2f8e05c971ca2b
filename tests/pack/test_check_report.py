"""The report of a check: one dated page that says what was checked, with what, and what was found."""

from __future__ import annotations

from pathlib import Path

import pypdf

from diary.pack.bag.pack_statement import pack_fingerprint
from diary.pack.verify.findings import SENTENCES
from diary.pack.verify.pack_status import LIMITS_TEXT, STATUS_SENTENCES, format_utc
from tests.cli_runner import run_cli
from tests.pack.conftest import BuiltPack
from tests.pack.pack_members import change_members, members_of


def report_text(path: Path) -> str:
    """Return the text of a report, which has one page."""
    (page,) = pypdf.PdfReader(path).pages
    return " ".join(page.extract_text().split())


def test_a_report_says_what_was_checked_and_found(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Of a sound pack and of a forged one, also where the forger chose the names of many files."""
    notary = tmp_path / "notary.key"
    notary.write_bytes(small_pack.diary.notary.pub)
    sound = run_cli("verify", small_pack.path, "--notary", notary, "--report", tmp_path / "sound.pdf")
    assert (sound.returncode, sound.stdout.splitlines()[0]) == (0, STATUS_SENTENCES["no_record"])
    text = report_text(tmp_path / "sound.pdf")
    numbers = pack_fingerprint(members_of(small_pack.path)["manifest-sha256.txt"])
    for expected in (
        STATUS_SENTENCES["no_record"],
        numbers,
        "pack.zip",
        "Entries: 3",
        "4 May 2026",
        LIMITS_TEXT,
        "None.",
    ):
        assert expected in text, expected
    names = [f"data/{'x' * 60}{n}.txt" for n in range(60)] + ["data/\u202e#image(1).txt"]
    forged = change_members(
        small_pack.path, tmp_path / "forged.zip", lambda members: members | dict.fromkeys(names, b"x")
    )
    result = run_cli("verify", forged, "--report", tmp_path / "forged.pdf")
    assert result.returncode == 1 and STATUS_SENTENCES["changed"] in result.stdout
    text = report_text(tmp_path / "forged.pdf")
    for expected in (STATUS_SENTENCES["changed"], SENTENCES["unknown"], "and 57 more", "#image(1)"):
        assert expected in text, expected


def test_a_time_beyond_the_calendar_breaks_nothing() -> None:
    """A forger can write any number for the time at which a pack was made."""
    assert format_utc(2**53 - 1) == "9007199254740991 ms" and format_utc(-(2**53)) == "-9007199254740992 ms"
    assert format_utc(0) == "1 January 1970, 00:00 UTC"


def test_a_report_of_no_pack_and_of_no_place_to_write(tmp_path: Path) -> None:
    """What is no pack has a report too. A report that cannot be written is one sentence."""
    (tmp_path / "no.zip").write_bytes(b"PK")
    result = run_cli("verify", tmp_path / "no.zip", "--report", tmp_path / "no.pdf")
    assert result.returncode == 1
    assert "could not be read as a pack" in report_text(tmp_path / "no.pdf")
    result = run_cli("verify", tmp_path / "no.zip", "--report", tmp_path / "missing" / "no.pdf")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr and "missing" in result.stderr

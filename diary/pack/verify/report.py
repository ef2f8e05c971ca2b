"""The report of a check as one dated PDF page, for an officer to file."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.pack.documents.typesetting import typeset_page
from diary.pack.printable_text import escape_unprintable
from diary.pack.verify.findings import Finding
from diary.pack.verify.pack_status import LIMITS_TEXT, format_status, format_utc
from diary.pack.verify.verifier import VerifiedFacts

_ROWS_LIMIT: Final = 12
_FILES_LIMIT: Final = 3
_NAME_LIMIT: Final = 60


@dataclass(frozen=True, slots=True)
class CheckDetails:
    """What was checked, with what and when. `anchors`: what each key or certificate is, and what was given for it."""

    pack: Path
    checked_at: int
    release: str
    anchors: Mapping[str, str]
    is_rerendered: bool


def write_report(path: Path, details: CheckDetails, facts: VerifiedFacts, findings: Sequence[Finding]) -> None:
    """Write the report to `path`. Raise OSError if it cannot be written."""
    path.write_bytes(typeset_page("report", _report_data(details, facts, findings), details.checked_at))


def _report_data(details: CheckDetails, facts: VerifiedFacts, findings: Sequence[Finding]) -> dict[str, object]:
    files_by_code: dict[str, list[str]] = {}
    for finding in findings:
        files_by_code.setdefault(finding.code, []).extend([finding.member] if finding.member else [])
    sentences = {finding.code: finding.sentence for finding in findings}
    rows = [[code, sentences[code], _format_files(files)] for code, files in files_by_code.items()]
    omitted_count = len(rows) - _ROWS_LIMIT
    return {
        "title": "Report of a check",
        "statement": "Check of a pack",
        "lang": "en",
        "training": "training" in files_by_code,
        "pack": escape_unprintable(details.pack.name),
        "their_ref": "",
        "status": format_status(facts.status, facts.received_at) or "This file could not be read as a pack.",
        "facts": [[label, escape_unprintable(words)] for label, words in _facts(details, facts) if words],
        "limits": LIMITS_TEXT,
        "anchors": [
            *([label, escape_unprintable(words)] for label, words in details.anchors.items()),
            ["Pages set again and compared", "yes" if details.is_rerendered else "no"],
            ["Program", f"release {details.release}"],
        ],
        "findings": rows[:_ROWS_LIMIT],
        "omitted": f"And {omitted_count} more kinds of findings: the program lists them all."
        if omitted_count > 0
        else "",
    }


def _facts(details: CheckDetails, facts: VerifiedFacts) -> list[tuple[str, str]]:
    pack = details.pack
    digest = ""
    if pack.is_file():
        with pack.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return [
        ("Checked", format_utc(details.checked_at)),
        ("File", pack.name),
        ("SHA-256 of the file", digest),
        ("Numbers of the pack", facts.fingerprint),
        ("Made, by the clock of the device", format_utc(facts.made_at) if facts.made_at is not None else ""),
        ("Entries", str(facts.entry_count) if facts.status else ""),
        (
            "First entry received by the server",
            format_utc(facts.first_received_at) if facts.first_received_at is not None else "",
        ),
        (
            "List of files stamped by an outside authority",
            format_utc(facts.stamped_at) if facts.stamped_at is not None else "",
        ),
        ("Outside timestamps", ("yes" if facts.has_timestamps else "none") if facts.status else ""),
    ]


def _shorten(name: str) -> str:
    """Return a name that fits its column: a forger chooses how long the names of files are."""
    if len(name) > _NAME_LIMIT:
        name = f"{name[: _NAME_LIMIT - 30]}…{name[-29:]}"
    return name


def _format_files(files: Sequence[str]) -> str:
    shown = ", ".join(_shorten(escape_unprintable(file)) for file in files[:_FILES_LIMIT])
    return f"{shown} and {len(files) - _FILES_LIMIT} more" if len(files) > _FILES_LIMIT else shown

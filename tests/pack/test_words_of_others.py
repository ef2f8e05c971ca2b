"""What others wrote is marked as theirs on the pages, in the tables and in 12_record.json."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdf
import pytest

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.pack.contents import build_contents
from diary.pack.documents.officer import officer_data
from diary.pack.documents.witnesses import statements_csv
from diary.pack.proofs.record_json import encode_record
from diary.pack.tables.csv_tables import chronology_csv, custody_csv, exhibits_csv
from diary.pack.tables.message_schedules import schedules_csv
from diary.record import assisted
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, incident_fields
from tests.pack.test_phone_tables import TABLE_PATHS, check_tables_on_phone

HELD_AT_MS = 1_793_749_500_000
CALL_MARK = "Written by PK from a call on 3 Nov 2026, read back, "
UNCONFIRMED_MARK = CALL_MARK + "not yet confirmed by the keeper"
CHANGED_MARK = CALL_MARK + "changed by the keeper on 5 Nov 2026"
TYPED_NARRATIVE = "He stood by my car.\n\nTwice."
# Typesets one document in its own process, as the supervisor does.
TYPESET_SCRIPT = """
import sys
from pathlib import Path
from diary.pack.capsule.reader import read_capsule
from diary.pack.documents.chronology import chronology_data
from diary.pack.contents import build_contents
from diary.pack.documents.document_set import PdfDocument, write_template_files
from diary.pack.documents.typesetting import compile_document
contents = build_contents(read_capsule(Path(sys.argv[1]).read_bytes()))
place = Path(sys.argv[2])
write_template_files(
    PdfDocument("chronology", "servable/01_chronology.pdf", chronology_data, place), contents
)
compile_document(place.parent, "chronology", place.name, contents.capsule.metadata.made_at)
"""


CHECKED_MARK = "Not the keeper’s words: written by somebody else and sent with the spoken words, checked"
UNCHECKED_MARK = "Not the keeper’s words: sent to the keeper, NOT written by somebody who had the spoken words"
NOT_CHECKED_MARK = (
    "Not the keeper’s words: sent to the keeper; NOT checked whether whoever wrote it had the spoken words"
)
ENTERED_BY_KEEPER_MARK = "Not the keeper’s words: what somebody else said or wrote, put in by the keeper"
CHANGED_STATEMENT_MARK = CHECKED_MARK + "; CHANGED by the keeper since it came"


def assisted_letter(**extra_fields: object) -> dict[str, object]:
    """Return what PK typed in a call."""
    turns = [
        {"asked": "tell_me", "said": "He stood by my car.", "words": ""},
        {"asked": "own", "said": "Twice.", "words": "How often?"},
    ]
    fields = {
        "by": "PK", "held_at": HELD_AT_MS, "how": "call", "incident": {}, "read_back": True, "turns": turns,
        "tz": "Europe/London",
        "under_18": False,
    }  # fmt: skip
    return {"fields": fields | extra_fields, "what": "assisted"}


def diary_by_others() -> FictionalDiary:
    """Return a diary with an own entry, an unconfirmed, a changed and an under-18 one, and statements."""
    diary = FictionalDiary()
    diary.add("incident", incident_fields(START_MS, "My own words."), at_ms=START_MS)
    waiting = assisted.build_entry_fields(assisted_letter(), "key", None, None)
    diary.add(
        "incident",
        incident_fields(START_MS + DAY_MS, TYPED_NARRATIVE) | waiting,
        {"helped_by": "Priya Kaur"},
        at_ms=START_MS + 2 * DAY_MS,
    )
    changed = assisted.build_entry_fields(assisted_letter(), "key", "changed", HELD_AT_MS + 2 * DAY_MS) | {
        "narrative": "Three times."
    }
    diary.add("incident", incident_fields(START_MS + 3 * DAY_MS, "") | changed, at_ms=START_MS + 4 * DAY_MS)
    child_turns = [
        assisted.build_entry_fields(assisted_letter(under_18=True), "key", answer, at)
        for answer, at in ((None, None), ("yes", HELD_AT_MS + 2 * DAY_MS))
    ]
    row = diary.add(
        "incident", incident_fields(START_MS + 5 * DAY_MS, "") | child_turns[0], at_ms=START_MS + 6 * DAY_MS
    )
    diary.amend(row, {"assisted": child_turns[1]["assisted"]}, at_ms=START_MS + 7 * DAY_MS)
    add_statements(diary, str(row["record"]))
    return diary


def add_statements(diary: FictionalDiary, entry: str) -> None:
    """Add statements of others: checked, not checked, changed by the keeper, and entered by the keeper."""
    words = "He stood by the gate."
    for verified, current_words in ((True, words), (False, words), (True, "He stood inside the gate.")):
        arrival = {
            "at": HELD_AT_MS + 60_000,
            "sent_at": HELD_AT_MS,
            "verified": verified,
            "when": "on Tuesday",
            "witness": "w",
            "words": words,
        }
        fields = {
            "narrative": current_words,
            "received_how": "spoken_code",
            "saw_how": "saw",
            "incident_ids": [entry],
            "arrived": arrival,
        }
        diary.add("statement", fields, {"by_name": "Sam Ray"}, at_ms=START_MS + 8 * DAY_MS)
    diary.add(
        "statement", {"narrative": "I heard shouting.", "received_how": "i_wrote_it_down"}, at_ms=START_MS + 9 * DAY_MS
    )
    arrival = {"at": HELD_AT_MS, "sent_at": HELD_AT_MS, "verified": None, "when": "", "witness": "w", "words": words}
    diary.add("statement", {"narrative": words, "arrived": arrival}, at_ms=START_MS + 10 * DAY_MS)


@pytest.fixture(scope="module")
def raw() -> bytes:
    """Return the bytes of the diary's capsule."""
    diary = diary_by_others()
    return build_capsule(diary.versions, diary.wish(), diary.public_keys)


@pytest.fixture(scope="module")
def capsule(raw: bytes) -> Capsule:
    """Return the parsed capsule."""
    return read_capsule(raw)


def rows_by_first_column(content: bytes) -> dict[str, dict[str, str]]:
    """Return a table's rows by their first column."""
    return {row["no"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))}


def test_the_chronology_says_who_typed_an_entry_and_whether_it_is_confirmed(capsule: Capsule) -> None:
    """Only entries by others are marked. A confirmation does not count as an amendment."""
    rows = rows_by_first_column(chronology_csv(build_contents(capsule)))
    assert [rows[no]["written_by_somebody_else"] for no in "1234"] == [
        "",
        UNCONFIRMED_MARK,
        CHANGED_MARK,
        CALL_MARK + "confirmed by the keeper on 5 Nov 2026",
    ]
    assert (rows["2"]["asked"], rows["2"]["as_typed"]) == ("Tell me / How often?", "")
    assert (rows["3"]["what_happened"], rows["3"]["as_typed"]) == ("Three times.", TYPED_NARRATIVE)
    assert rows["4"]["later"] == ""


def test_the_record_contains_the_complete_letter(capsule: Capsule) -> None:
    """The JSON record has the typed words, the questions and whether the keeper confirmed them."""
    fields = [row["fields"] for row in json.loads(encode_record(capsule))["versions"]]
    marks = [version_fields["assisted"]["answer"] for version_fields in fields if "assisted" in version_fields]
    assert marks == [None, "changed", None, "yes"]
    assert fields[1]["assisted"]["letter"]["fields"]["turns"][1]["words"] == "How often?"


def test_the_pages_mark_the_author_above_the_narrative(raw: bytes, capsule: Capsule, tmp_path: Path) -> None:
    """01 prints the mark, the prompts and the words as typed, but never the helper's name."""
    (tmp_path / "capsule").write_bytes(raw)
    subprocess.run(
        [sys.executable, "-c", TYPESET_SCRIPT, str(tmp_path / "capsule"), str(tmp_path / "page")],
        check=True,
        timeout=120,
    )
    text = " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "page.pdf").pages).split())
    for words in (
        UNCONFIRMED_MARK,
        CHANGED_MARK,
        "Open prompts only, as for a person under 18.",
        "Asked: “Tell me” · “How often?”",
        "As it was typed: He stood by my car.",
    ):
        assert words in text, words
    assert text.count("Written by PK") == 3
    assert [
        text.count(mark)
        for mark in (CHECKED_MARK, CHANGED_STATEMENT_MARK, UNCHECKED_MARK, ENTERED_BY_KEEPER_MARK, NOT_CHECKED_MARK)
    ] == [2, 1, 1, 1, 1]
    for expected in ("When, in their words: on Tuesday", "He stood inside the gate. As it came: He stood by the gate."):
        assert expected in text, expected
    # Each mark precedes the words that it is about.
    assert text.index(f"ST4. {ENTERED_BY_KEEPER_MARK}") < text.index("I heard shouting.")
    assert "Priya" not in text and "Sam" not in text


def test_the_statements_table_names_the_authors(capsule: Capsule) -> None:
    """Each statement has a row with its mark. No name is in it, and no statement is among the entries."""
    raw = statements_csv(build_contents(capsule))
    assert raw is not None and b"Sam" not in raw
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [row["statement"] for row in rows] == ["ST1", "ST2", "ST3", "ST4", "ST5"]
    assert [row["not_the_keepers_words"] for row in rows] == [
        CHECKED_MARK,
        UNCHECKED_MARK,
        CHANGED_STATEMENT_MARK,
        ENTERED_BY_KEEPER_MARK,
        NOT_CHECKED_MARK,
    ]
    assert [row["as_it_came"] for row in rows] == ["", "", "He stood by the gate.", "", ""]
    assert [rows[at]["entries"] for at in (0, 3)] == ["entry 4", "not linked"]
    assert rows[0]["how_it_came"] == "With a code I gave them" and rows[0]["sent"] < rows[0]["arrived"]
    assert b"stood by the gate" not in chronology_csv(build_contents(capsule))
    # Only the officer's sheet names the author.
    sheet: Any = officer_data(build_contents(capsule))
    assert ["ST1 Sam Ray", "4"] in sheet["witnesses"]


def test_the_record_says_whether_a_statement_was_checked(capsule: Capsule) -> None:
    """12_record.json has statements as their own kind, with how they arrived."""
    versions = [row for row in json.loads(encode_record(capsule))["versions"] if row["kind"] == "statement"]
    arrived = [row["fields"].get("arrived") for row in versions]
    assert [arrival and arrival["verified"] for arrival in arrived] == [True, False, True, None, None]
    assert arrived[3] is None
    assert arrived[2]["words"] == "He stood by the gate." != versions[2]["fields"]["narrative"]


def test_restricted_words_are_withheld_in_statements_too() -> None:
    """The table has no restricted address. A change of withheld words only still counts as a change."""
    diary = diary_by_others()
    diary.add(
        "incident",
        incident_fields(START_MS, "At home."),
        {"place_detail": "4 Acacia Road"},
        at_ms=START_MS + 10 * DAY_MS,
    )
    arrival = {
        "at": HELD_AT_MS,
        "sent_at": HELD_AT_MS,
        "verified": True,
        "when": "",
        "witness": "w",
        "words": "By 4 Acacia Road.",
    }
    diary.add("statement", {"narrative": "By 4, Acacia Road.", "arrived": arrival}, at_ms=START_MS + 10 * DAY_MS)
    capsule = read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    raw = statements_csv(build_contents(capsule))
    assert raw is not None
    last = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))[-1]
    assert last["not_the_keepers_words"] == CHANGED_STATEMENT_MARK
    assert "Acacia" not in raw.decode() and last["what_they_say"] and last["as_it_came"]


def test_the_phone_refuses_a_table_without_the_mark(raw: bytes, capsule: Capsule, tmp_path: Path) -> None:
    """The phone computes the marks itself, so a server that omits or falsifies one is noticed."""
    contents = build_contents(capsule)
    table_bytes = (
        chronology_csv(contents),
        exhibits_csv(contents),
        schedules_csv(contents),
        statements_csv(contents),
        custody_csv(contents),
    )
    tables = {name: table for name, table in zip(TABLE_PATHS, table_bytes, strict=True) if table is not None}
    changed_tables = tables | {TABLE_PATHS[0]: tables[TABLE_PATHS[0]].replace(b"not yet confirmed", b"confirmed")}
    statements = {TABLE_PATHS[3]: tables[TABLE_PATHS[3]].replace(b"NOT written by somebody", b"written by somebody")}
    trusted = {TABLE_PATHS[3]: tables[TABLE_PATHS[3]].replace(b"; CHANGED by the keeper since it came", b"")}
    cases = [(raw, tables), (raw, changed_tables), (raw, tables | statements), (raw, tables | trusted)]
    answers = check_tables_on_phone(cases, tmp_path)
    assert [result["differs"] for result in answers] == [None, TABLE_PATHS[0], TABLE_PATHS[3], TABLE_PATHS[3]]

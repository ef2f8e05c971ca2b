"""What somebody else wrote is unmistakable in the pages, in the tables and in 12_record.json."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest

from diary.pack.bursts import schedules_csv
from diary.pack.capsule import Capsule, read_capsule
from diary.pack.chronology import chronology_page
from diary.pack.contents import contents_of
from diary.pack.gather import make_capsule
from diary.pack.recordjson import record_file
from diary.pack.tables import chronology_csv, custody_csv, exhibits_csv
from diary.record import assisted
from tests.pack.fiction import DAY, START, FictionalDiary, incident_fields
from tests.pack.test_phone_tables import TABLES, said_by_the_phone

HELD = 1_793_749_500_000
CALL = "Written by PK from a call on 3 Nov 2026, read back, "
WAITING = CALL + "not yet confirmed by the keeper"
CHANGED = CALL + "changed by the keeper on 5 Nov 2026"
TYPED = "He stood by my car.\n\nTwice."
# One document in a process with one thread, as the worker makes it.
LAY_OUT = """
import sys
from pathlib import Path
from diary.pack.capsule import read_capsule
from diary.pack.chronology import chronology_page
from diary.pack.contents import contents_of
from diary.pack.typeset import Document, Press
told = contents_of(read_capsule(Path(sys.argv[1]).read_bytes()))
press = Press(told.capsule.head.made_at)
press.add([Document("chronology", "servable/01_chronology.pdf", lambda: chronology_page(told), Path(sys.argv[2]))])
list(press.finished())
"""


def letter(**more: object) -> dict[str, object]:
    """What PK typed in a call."""
    turns = [
        {"asked": "tell_me", "said": "He stood by my car.", "words": ""},
        {"asked": "own", "said": "Twice.", "words": "How often?"},
    ]
    fields = {
        "by": "PK", "held_at": HELD, "how": "call", "incident": {}, "read_back": True, "turns": turns, "tz": "Europe/London",
        "under_18": False,
    }  # fmt: skip
    return {"fields": fields | more, "what": "assisted"}


def told_by_others() -> FictionalDiary:
    """An entry of the keeper's own; one typed and not confirmed; one changed; one with open prompts alone."""
    diary = FictionalDiary()
    diary.add("incident", incident_fields(START, "My own words."), at=START)
    waiting = assisted.entry_of(letter(), "key", None, None)
    diary.add("incident", incident_fields(START + DAY, TYPED) | waiting, {"helped_by": "Priya Kaur"}, at=START + 2 * DAY)
    changed = assisted.entry_of(letter(), "key", "changed", HELD + 2 * DAY) | {"narrative": "Three times."}
    diary.add("incident", incident_fields(START + 3 * DAY, "") | changed, at=START + 4 * DAY)
    child = [
        assisted.entry_of(letter(under_18=True), "key", answer, at) for answer, at in ((None, None), ("yes", HELD + 2 * DAY))
    ]
    row = diary.add("incident", incident_fields(START + 5 * DAY, "") | child[0], at=START + 6 * DAY)
    diary.amend(row, {"assisted": child[1]["assisted"]}, at=START + 7 * DAY)
    return diary


@pytest.fixture(scope="module")
def raw() -> bytes:
    """The capsule of it."""
    diary = told_by_others()
    return make_capsule(diary.versions, diary.wish(), diary.keys)


@pytest.fixture(scope="module")
def capsule(raw: bytes) -> Capsule:
    """As it is read."""
    return read_capsule(raw)


def lines(content: bytes) -> dict[str, dict[str, str]]:
    """A table by its first column."""
    return {row["no"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))}


def test_the_table_says_who_typed_what_was_asked_and_whether_it_is_confirmed(capsule: Capsule) -> None:
    """A mark on what is not the keeper's own, none on what is; confirming it is no amendment of the words."""
    rows = lines(chronology_csv(contents_of(capsule)))
    assert [rows[no]["written_by_somebody_else"] for no in "1234"] == [
        "",
        WAITING,
        CHANGED,
        CALL + "confirmed by the keeper on 5 Nov 2026",
    ]
    assert (rows["2"]["asked"], rows["2"]["as_typed"]) == ("Tell me / How often?", "")
    assert (rows["3"]["what_happened"], rows["3"]["as_typed"]) == ("Three times.", TYPED)
    assert rows["4"]["later"] == ""


def test_the_record_holds_the_letter_whole(capsule: Capsule) -> None:
    """Who typed, which words, and that nobody has confirmed them, for whoever reads the JSON."""
    fields = [row["fields"] for row in json.loads(record_file(capsule))["versions"]]
    marks = [one["assisted"]["answer"] for one in fields if "assisted" in one]
    assert marks == [None, "changed", None, "yes"]
    assert fields[1]["assisted"]["letter"]["fields"]["turns"][1]["words"] == "How often?"


def test_the_pages_say_it_in_a_box_above_the_words(raw: bytes, capsule: Capsule, tmp_path: Path) -> None:
    """01 as it is laid out: the mark, the prompts, the words as typed where the keeper changed them; never the helper's name."""
    (tmp_path / "capsule").write_bytes(raw)
    subprocess.run([sys.executable, "-c", LAY_OUT, str(tmp_path / "capsule"), str(tmp_path / "page")], check=True, timeout=120)
    text = " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "page.pdf").pages).split())
    for words in (
        WAITING,
        CHANGED,
        "Open prompts only, as for a person under 18.",
        "Asked: “Tell me” · “How often?”",
        "As it was typed: He stood by my car.",
    ):
        assert words in text, words
    assert text.count("Written by PK") == 3
    assert "Priya" not in text


def test_a_statement_that_came_by_a_code_is_somebody_elses() -> None:
    """Under its own reference, with how it came and whether that was checked; the name is in the restricted part alone."""
    diary = told_by_others()
    for verified in (True, False):
        fields = {"narrative": "He stood by the gate.", "received_how": "spoken_code", "saw_how": "saw"}
        came = {"at": HELD, "sent_at": HELD, "verified": verified, "when": "on Tuesday"}
        diary.add("statement", fields | {"arrived": came}, {"by_name": "Sam Ray"}, at=START + 8 * DAY)
    told = read_capsule(make_capsule(diary.versions, diary.wish(), diary.keys))
    rows = chronology_page(contents_of(told))["witnesses"]
    checked = "written by somebody else and sent with spoken words, checked. When, in their words: on Tuesday"
    assert checked in rows[0][2] and "NOT written by somebody who had the words" in rows[1][2]  # type: ignore[index]
    assert [row[0] for row in rows] == ["ST1", "ST2"] and "Sam" not in str(rows)  # type: ignore[attr-defined]
    arrived = [row["fields"].get("arrived") for row in json.loads(record_file(told))["versions"] if row["kind"] == "statement"]
    assert [one["verified"] for one in arrived] == [True, False]


def test_the_phone_refuses_a_table_without_the_mark(raw: bytes, capsule: Capsule, tmp_path: Path) -> None:
    """The phone works the mark out for itself: a server that leaves it out, or confirms in the keeper's name, is noticed."""
    told = contents_of(capsule)
    made = (chronology_csv(told), exhibits_csv(told), schedules_csv(told), custody_csv(told))
    whole = {name: table for name, table in zip(TABLES, made, strict=True) if table is not None}
    bent = whole | {TABLES[0]: whole[TABLES[0]].replace(b"not yet confirmed", b"confirmed")}
    answers = said_by_the_phone([(raw, whole), (raw, bent)], tmp_path)
    assert [one["differs"] for one in answers] == [None, TABLES[0]]

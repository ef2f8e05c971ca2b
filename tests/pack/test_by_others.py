"""What somebody else wrote is unmistakable in the pages, in the tables and in 12_record.json."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest

from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.pack.contents import contents_of
from diary.pack.documents.officer import officer_page
from diary.pack.documents.witnesses import statements_csv
from diary.pack.proofs.record_json import record_file
from diary.pack.tables.csv_tables import chronology_csv, custody_csv, exhibits_csv
from diary.pack.tables.message_schedules import schedules_csv
from diary.record import assisted
from tests.pack.fiction import DAY, START, FictionalDiary, incident_fields
from tests.pack.test_phone_tables import TABLES, said_by_the_phone

HELD = 1_793_749_500_000
CALL = "Written by PK from a call on 3 Nov 2026, read back, "
WAITING = CALL + "not yet confirmed by the keeper"
CHANGED = CALL + "changed by the keeper on 5 Nov 2026"
TYPED = "He stood by my car.\n\nTwice."
# One document in a process of its own, as the supervisor has it made.
LAY_OUT = """
import sys
from pathlib import Path
from diary.pack.capsule.reader import read_capsule
from diary.pack.documents.chronology import chronology_page
from diary.pack.contents import contents_of
from diary.pack.documents.typesetting import Document, compile_in, lay_out
told = contents_of(read_capsule(Path(sys.argv[1]).read_bytes()))
place = Path(sys.argv[2])
lay_out(Document("chronology", "servable/01_chronology.pdf", lambda: chronology_page(told), place))
compile_in(place.parent, "chronology", place.name, told.capsule.head.made_at)
"""


CHECKED = "Not the keeper’s words: written by somebody else and sent with the spoken words, checked"
UNCHECKED = "Not the keeper’s words: sent to the keeper, NOT written by somebody who had the spoken words"
UNKNOWN = "Not the keeper’s words: sent to the keeper; NOT checked whether whoever wrote it had the spoken words"
PUT_IN = "Not the keeper’s words: what somebody else said or wrote, put in by the keeper"
CHANGED_SINCE = CHECKED + "; CHANGED by the keeper since it came"


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
    diary.add(
        "incident", incident_fields(START + DAY, TYPED) | waiting, {"helped_by": "Priya Kaur"}, at=START + 2 * DAY
    )
    changed = assisted.entry_of(letter(), "key", "changed", HELD + 2 * DAY) | {"narrative": "Three times."}
    diary.add("incident", incident_fields(START + 3 * DAY, "") | changed, at=START + 4 * DAY)
    child = [
        assisted.entry_of(letter(under_18=True), "key", answer, at)
        for answer, at in ((None, None), ("yes", HELD + 2 * DAY))
    ]
    row = diary.add("incident", incident_fields(START + 5 * DAY, "") | child[0], at=START + 6 * DAY)
    diary.amend(row, {"assisted": child[1]["assisted"]}, at=START + 7 * DAY)
    stated(diary, str(row["record"]))
    return diary


def stated(diary: FictionalDiary, entry: str) -> None:
    """Statements of others: checked, not checked, changed by the keeper, and put in by the keeper's own hand."""
    words = "He stood by the gate."
    for verified, now in ((True, words), (False, words), (True, "He stood inside the gate.")):
        came = {
            "at": HELD + 60_000,
            "sent_at": HELD,
            "verified": verified,
            "when": "on Tuesday",
            "witness": "w",
            "words": words,
        }
        fields = {
            "narrative": now,
            "received_how": "spoken_code",
            "saw_how": "saw",
            "incident_ids": [entry],
            "arrived": came,
        }
        diary.add("statement", fields, {"by_name": "Sam Ray"}, at=START + 8 * DAY)
    diary.add("statement", {"narrative": "I heard shouting.", "received_how": "i_wrote_it_down"}, at=START + 9 * DAY)
    came = {"at": HELD, "sent_at": HELD, "verified": None, "when": "", "witness": "w", "words": words}
    diary.add("statement", {"narrative": words, "arrived": came}, at=START + 10 * DAY)


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
    subprocess.run(
        [sys.executable, "-c", LAY_OUT, str(tmp_path / "capsule"), str(tmp_path / "page")], check=True, timeout=120
    )
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
    assert [text.count(mark) for mark in (CHECKED, CHANGED_SINCE, UNCHECKED, PUT_IN, UNKNOWN)] == [2, 1, 1, 1, 1]
    for said in ("When, in their words: on Tuesday", "He stood inside the gate. As it came: He stood by the gate."):
        assert said in text, said
    # Each mark stands before the words it is about.
    assert text.index(f"ST4. {PUT_IN}") < text.index("I heard shouting.")
    assert "Priya" not in text and "Sam" not in text


def test_the_table_of_statements_says_whose_they_are(capsule: Capsule) -> None:
    """One line a statement, its mark before its words; no name is in it, and none of it stands among the keeper's entries."""
    raw = statements_csv(contents_of(capsule))
    assert raw is not None and b"Sam" not in raw
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [row["statement"] for row in rows] == ["ST1", "ST2", "ST3", "ST4", "ST5"]
    assert [row["not_the_keepers_words"] for row in rows] == [CHECKED, UNCHECKED, CHANGED_SINCE, PUT_IN, UNKNOWN]
    assert [row["as_it_came"] for row in rows] == ["", "", "He stood by the gate.", "", ""]
    assert [rows[at]["entries"] for at in (0, 3)] == ["entry 4", "not linked"]
    assert rows[0]["how_it_came"] == "With a code I gave them" and rows[0]["sent"] < rows[0]["arrived"]
    assert b"stood by the gate" not in chronology_csv(contents_of(capsule))
    # Who wrote it is for the officer alone.
    assert ["ST1 Sam Ray", "4"] in officer_page(contents_of(capsule))["witnesses"]  # type: ignore[operator]


def test_the_record_says_whether_a_statement_was_checked(capsule: Capsule) -> None:
    """In 12_record.json they are of a kind of their own, with how they came."""
    versions = [row for row in json.loads(record_file(capsule))["versions"] if row["kind"] == "statement"]
    arrived = [row["fields"].get("arrived") for row in versions]
    assert [one and one["verified"] for one in arrived] == [True, False, True, None, None] and arrived[3] is None
    assert arrived[2]["words"] == "He stood by the gate." != versions[2]["fields"]["narrative"]


def test_words_are_held_back_in_a_statement_too() -> None:
    """An address that a witness names is nowhere in the table; a change of held back words alone is still a change."""
    diary = told_by_others()
    diary.add("incident", incident_fields(START, "At home."), {"place_detail": "4 Acacia Road"}, at=START + 10 * DAY)
    came = {"at": HELD, "sent_at": HELD, "verified": True, "when": "", "witness": "w", "words": "By 4 Acacia Road."}
    diary.add("statement", {"narrative": "By 4, Acacia Road.", "arrived": came}, at=START + 10 * DAY)
    capsule = read_capsule(make_capsule(diary.versions, diary.wish(), diary.keys))
    raw = statements_csv(contents_of(capsule))
    assert raw is not None
    last = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))[-1]
    assert last["not_the_keepers_words"] == CHANGED_SINCE
    assert "Acacia" not in raw.decode() and last["what_they_say"] and last["as_it_came"]


def test_the_phone_refuses_a_table_without_the_mark(raw: bytes, capsule: Capsule, tmp_path: Path) -> None:
    """The phone works the mark out for itself: a server that leaves it out, or confirms in the keeper's name, is noticed."""
    told = contents_of(capsule)
    made = (chronology_csv(told), exhibits_csv(told), schedules_csv(told), statements_csv(told), custody_csv(told))
    whole = {name: table for name, table in zip(TABLES, made, strict=True) if table is not None}
    bent = whole | {TABLES[0]: whole[TABLES[0]].replace(b"not yet confirmed", b"confirmed")}
    statements = {TABLES[3]: whole[TABLES[3]].replace(b"NOT written by somebody", b"written by somebody")}
    trusted = {TABLES[3]: whole[TABLES[3]].replace(b"; CHANGED by the keeper since it came", b"")}
    cases = [(raw, whole), (raw, bent), (raw, whole | statements), (raw, whole | trusted)]
    answers = said_by_the_phone(cases, tmp_path)
    assert [one["differs"] for one in answers] == [None, TABLES[0], TABLES[3], TABLES[3]]

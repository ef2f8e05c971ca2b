"""People, orders, reports and message schedules in the tables and in 12_record.json."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diary.encoding import unb64
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.pack.contents import PackContents, build_contents
from diary.pack.documents.chronology import chronology_data
from diary.pack.documents.chronology_sections import record_sections
from diary.pack.documents.exhibits import exhibits_data
from diary.pack.documents.method import missing_entries_text
from diary.pack.documents.officer import officer_data
from diary.pack.exhibit_parsing import REGISTER_KINDS
from diary.pack.proofs.proof_files import proof_files
from diary.pack.proofs.record_json import encode_record
from diary.pack.registers import reference_lines, suspects_of
from diary.pack.tables.csv_tables import chronology_csv, exhibits_csv
from diary.pack.tables.message_schedules import schedules_csv
from diary.pack.verify.derived_fields import are_derived_rows_consistent
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import assemble_pack, build_front_part
from tests.pack.fictional_diary import DAY_MS, HOUR_MS, START_MS, FictionalDiary, incident_fields
from tests.pack.odd_values import add_odd_records
from tests.vectors.load_vectors import load_vectors

PHONE_NUMBER = "07700 900222"
ALWAYS_FILLED_COLUMNS = {
    "no",
    "occurred",
    "recorded",
    "delay",
    "where",
    "what_happened",
    "behaviours",
    "channel",
    "person_code",
    "how_known",
}


def diary_with_order() -> FictionalDiary:
    """Return a diary with an order, entries before, during and after it, a witness, a burst and an unlinked person."""
    diary = FictionalDiary()
    terms = [{"no": 1, "text": "Not to contact me"}, {"no": 2, "text": "Not to come to Elm Road"}]
    order = diary.add("order", {"expires_on": "2026-06-06", "kind": "spo", "served_on": "2026-05-06", "terms": terms})
    suspect = diary.add(
        "person", {"name": "Dan Kerr", "role": "suspect", "role_code": "S1"}, {"contact": "07700 900111"}
    )
    witness = diary.add("person", {"name": "Wanda Seesall", "role": "witness", "role_code": "W1"})
    stranger = diary.add("person", {"name": "Someone Else", "role": "other", "role_code": "P2"})
    report = diary.add("report", {"at": "2026-05-07", "crime_ref": "=HYPERLINK(1)", "force": "Met", "to": "police"})
    rows = [
        {
            "direction": "in",
            "from": "@dk",
            "msg_no": 1,
            "sent_at": START_MS,
            "text": "+hello",
            "to": PHONE_NUMBER,
            "type": "text",
            "sent_note": "hour_second",
        },
        {
            "direction": "out",
            "from": PHONE_NUMBER,
            "msg_no": 2,
            "text": "my number is 07700900222",
            "to": "@dk",
            "type": "text",
        },
        {"direction": "in", "from": "@dk", "msg_no": 3, "to": "me", "type": "missed_call"},
    ]
    burst = {"channel": "sms", "complete": "complete", "count": 2, "rows": rows, "tz": "Europe/London"}
    schedule = diary.add("schedule", burst, {"own_accounts": [PHONE_NUMBER]})
    for days, term in ((0, 1), (2, 2), (5, 1), (40, 1), (5, 9)):
        extra_fields: dict[str, object] = {
            "actor_ids": [suspect["record"]],
            "witness_ids": [witness["record"], "AAAAAAAAAAAAAAAAAAAAAA"],
        }
        extra_fields["alleged_breaches"] = [{"order_id": order["record"], "term_no": term}]
        if days == 2:
            extra_fields |= {"report_ids": [report["record"]], "schedule_id": schedule["record"], "who": "Dan"}
        diary.add(
            "incident",
            incident_fields(START_MS + days * DAY_MS, "Wanda saw him.", **extra_fields),
            at_ms=START_MS + days * DAY_MS + HOUR_MS,
        )
    assert stranger["record"]
    return diary


@pytest.fixture(scope="module")
def capsule() -> Capsule:
    """Return the capsule of the whole diary."""
    diary = diary_with_order()
    return read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))


@pytest.fixture(scope="module")
def contents(capsule: Capsule) -> PackContents:
    """Return the capsule's contents as the pages use them."""
    return build_contents(capsule)


def read_csv(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_a_breach_counts_only_after_service_and_for_an_existing_term(contents: PackContents) -> None:
    """Only an entry after service is a breach. An order that had ended or lacks the term is flagged."""
    alleged_breaches = [row["term_said_to_be_broken"] for row in read_csv(chronology_csv(contents))]
    assert [
        ("not a breach" in words, "had ended" in words, "does not have" in words) for words in alleged_breaches
    ] == [
        (True, False, False),
        (False, False, False),
        (False, False, False),
        (False, False, True),
        (False, True, False),
    ]
    assert alleged_breaches[1] == "O1 Stalking protection order (SPO), term 2, served 6 May 2026"


def test_every_page_counts_the_same_breaches(contents: PackContents) -> None:
    """Page one, terms and breaches leave out the same entries: before service, and after the order ended."""
    sections: Any = record_sections(contents)
    # 4 came after the order ended, and 5 names a term that does not exist.
    standing = {
        row[0]: (row[4].partition(":")[0], "does not have" in row[2]) for row in sections["orders"][0]["breaches"]
    }
    counted, not_counted = ("alleged", False), ("not counted", False)
    assert standing == {"1": not_counted, "2": counted, "3": counted, "4": not_counted, "5": ("alleged", True)}
    assert [row[2] for row in sections["orders"][0]["terms"]] == ["3", "2"]


def test_every_column_of_an_entry_is_filled_in(contents: PackContents) -> None:
    """People appear by code, reports by reference. No witness's name and no formula is in the table."""
    rows = read_csv(chronology_csv(contents))
    assert set(rows[0]) > ALWAYS_FILLED_COLUMNS
    assert {row["person_code"] for row in rows} == {"S1"} and {row["saw_or_heard"] for row in rows} == {"W1"}
    assert rows[1]["reported"].startswith("R1 Police, Met, crime =HYPERLINK")
    assert "Wanda" not in chronology_csv(contents).decode()
    assert [person.description for person in suspects_of(contents.registers, contents.entries)] == ["Dan Kerr"]


def test_a_message_schedule_has_one_row_per_message(contents: PackContents) -> None:
    """Both directions are listed, formulas are escaped, and the keeper's own number appears nowhere."""
    raw = schedules_csv(contents)
    assert raw is not None and b"900222" not in raw
    rows = read_csv(raw)
    assert [(row["direction"], row["from"], row["to"]) for row in rows] == [
        ("From them to me", "'@dk", "me (1)"),
        ("From me to them", "me (1)", "'@dk"),
        ("From them to me", "'@dk", "me (1)"),
    ]
    assert rows[0]["text"] == "'+hello"
    # The code as an import writes it; the list of codes once lacked it.
    assert rows[0]["time_note"] == "The clocks went back: the second of two"
    assert {row["entries"] for row in rows} == {"entry 2"} and rows[2]["type"] == "Missed call"


def test_page_one_lists_the_order_its_breaches_and_the_references(contents: PackContents, capsule: Capsule) -> None:
    """Entries before service and after the end are not listed. Without an order, the page says so."""
    lines = reference_lines(contents.registers, contents.entries)
    assert lines == [
        "O1 Stalking protection order (SPO), served 6 May 2026, until 6 Jun 2026, said to be broken in entries 2, 3, 5",
        "R1 Police, Met, crime =HYPERLINK(1), on 7 May 2026",
    ]
    assert reference_lines({}, contents.entries)[0].startswith("This diary holds no order")
    assert missing_entries_text(capsule) == "0 not chosen for this pack, 0 removed by the keeper"


def contents_of(diary: FictionalDiary) -> PackContents:
    """Return the contents of a pack of a whole diary."""
    return build_contents(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys)))


def chronology_of(contents: PackContents) -> Any:
    """Return the data of 01."""
    return chronology_data(contents)


def officer_sheet_of(contents: PackContents) -> Any:
    """Return the data of 06."""
    return officer_data(contents)


def test_every_reference_stands_in_every_list_the_newest_first() -> None:
    """Times of any form are compared. References of matters and of apps stand in 01 and on 06."""
    diary = FictionalDiary()
    case = diary.add("case", {"title": "The side door", "references": "council 88/4"})
    entries = [
        diary.add(
            "incident",
            incident_fields(
                START_MS + days * DAY_MS, "Again.", case_ids=[case["record"]], platform_report={"ref": ref}
            ),
        )
        for days, ref in ((0, "R-1"), (3, "R-2"))
    ]
    times: list[tuple[object, str]] = [
        ("2026-05-07", "A/1"),
        ({"start": START_MS + 9 * DAY_MS, "precision": "minute", "tz": "Europe/London"}, "C/3"),
        (START_MS + 5 * DAY_MS, "B/2"),
    ]
    for at, crime_ref in times:
        diary.add("report", {"to": "police", "at": at, "crime_ref": crime_ref, "incident_ids": [entries[0]["record"]]})
    contents = contents_of(diary)
    for lines in (
        chronology_of(contents)["references"],
        [words for words, _ in officer_sheet_of(contents)["reports"]],
    ):
        found = [ref for line in lines for ref in ("A/1", "B/2", "C/3", "88/4", "R-1", "R-2") if ref in line]
        assert found == ["C/3", "B/2", "A/1", "88/4", "R-2", "R-1"], lines
    contacts = [row[1] for row in chronology_of(contents)["contacts"]]
    assert [ref for row in contacts for ref in ("A/1", "B/2", "C/3") if ref in row] == ["A/1", "B/2", "C/3"]


def test_what_followed_a_notice_is_counted_by_its_date_and_no_zero_is_invented() -> None:
    """A notice is enough for the count. Without one, and without a mark, there is no row and no zero."""
    diary = FictionalDiary()
    for days in range(3):
        diary.add("incident", incident_fields(START_MS + days * 10 * DAY_MS, "Again."))
    before = {str(label): str(count) for label, count, _ in chronology_of(contents_of(diary))["four"]}
    assert set(before) == {"Most entries in one day", "Most days in a row with an entry", "Different days"}
    assert "0" not in before.values()
    diary.add("notice", {"at": "2026-05-10"})
    after = {str(label): str(count) for label, count, _ in chronology_of(contents_of(diary))["four"]}
    assert after["After being told to stop on 10 May 2026"] == "2"


def test_messages_of_every_schedule_of_an_entry_are_counted_on_each_page() -> None:
    """An import in two parts, of which the entry names the first: page one, the counts and 05 agree."""
    diary = FictionalDiary()
    rows = [{"direction": "in", "msg_no": number, "text": "hi"} for number in range(1, 101)]
    first = diary.add("schedule", {"rows": rows, "complete": "complete", "part_no": 1})
    entry = diary.add("incident", incident_fields(START_MS, "A hundred and more.", schedule_id=first["record"]))
    diary.add("schedule", {"rows": rows, "complete": "complete", "part_no": 2, "incident_ids": [entry["record"]]})
    contents = contents_of(diary)
    data, table = chronology_of(contents), schedules_csv(contents)
    assert ["Inside the entries", ["200 messages or calls counted"], ""] in data["front"]["rows"]
    assert ["Messages and calls counted inside entries", "200", "1"] in data["four"]
    assert table is not None and len(read_csv(table)) == 200


def test_somebody_entered_twice_is_one_person_on_06() -> None:
    """One row has both names, codes, contacts and answers. A place in another spelling is one place."""
    diary = FictionalDiary()
    first = diary.add(
        "person", {"name": "Dan Kerr", "role": "suspect"}, {"safe_to_approach": "yes", "contact": "07700 900111"}
    )
    twin = diary.add(
        "person",
        {"name": "Danny", "role": "suspect", "merged_into": first["record"], "description": "Tall"},
        {"safe_to_approach": "no", "contact": "07700 900222"},
    )
    for person, place in ((first, "14 Elm Road, LS6"), (twin, "14 elm road LS6")):
        fields = incident_fields(START_MS, "Again.", actor_ids=[person["record"]])
        diary.add("incident", fields, {"place_detail": place})
    sheet = officer_sheet_of(contents_of(diary))
    assert sheet["contacts"] == [
        [
            "S1 Dan Kerr, also entered as S2 Danny, 07700 900111, 07700 900222, safe to approach: yes and no",
            "1, 2",
        ]
    ]
    [[description, _]] = sheet["descriptions"]
    assert description == (
        "S1 Dan Kerr. The keeper gave two different answers on whether it is safe for police to speak to this person: "
        "see above. Also entered as S2 Danny. Tall."
    )
    assert sheet["places"] == [["14 Elm Road, LS6", "1, 2"]]


def test_an_account_named_by_link_and_in_words_is_one_row() -> None:
    """Another spelling of its number is the account; two spellings of an unknown number are one row with both."""
    diary = FictionalDiary()
    account = diary.add("account", {"number": "07700 900142", "platform": "sms"})
    texts: list[dict[str, object]] = [
        {"account_ids": [account["record"]]},
        {"channel_account": "+44 7700 900142"},
        {"channel_account": "07700 900199"},
        {"channel_account": "+447700900199"},
    ]
    for number, named in enumerate(texts):
        diary.add("incident", incident_fields(START_MS + number * DAY_MS, "Again.", **named))
    data = chronology_of(contents_of(diary))
    assert [row[-1] for row in data["accounts"]] == ["1, 2"]
    words = [row[:4] for row in data["people"] if row[0] == "account"]
    assert words == [["account", "07700 900199, +447700900199", "2", "3, 4"]]
    assert ["Different accounts and numbers used", "2", ""] in data["four"]


def test_the_name_that_a_file_came_with_stands_on_06_and_in_12_alone() -> None:
    """It may say where somebody lives. 03, 04 and 01 name the file by its number."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "A letter."))
    diary.attach(entry, b"%PDF-", "application/pdf", "A letter", filename="14 Elm Road.pdf")
    contents = contents_of(diary)
    assert officer_sheet_of(contents)["names"] == [["AA/1", "14 Elm Road.pdf", "", ""]]
    assert b"14 Elm Road.pdf" in encode_record(contents.capsule)
    pages = (chronology_of(contents), exhibits_data(contents, contents.exhibits, {}, ""), exhibits_csv(contents))
    assert not [page for page in pages if "Elm Road" in str(page)]


def test_names_of_people_are_in_no_servable_proof(capsule: Capsule) -> None:
    """People, orders and schedules are proved in the restricted part. Their names are in no servable proof."""
    files = dict(proof_files(capsule))
    servable = b"".join(content for path, content in files.items() if path.startswith("servable/"))
    for word in (b"Wanda", b"Dan Kerr", b"900111", b"900222", b"HYPERLINK"):
        assert word not in servable, word
    kinds = {path.rpartition("/")[2].partition("-")[0] for path in files if path.startswith("restricted/")}
    assert {"order", "person", "report", "schedule"} <= kinds
    assert not any("person" in path for path in files if path.startswith("servable/"))


def test_a_person_linked_to_nothing_is_left_out(capsule: Capsule) -> None:
    """A person that no included entry is linked with is not in the pack."""
    assert b"Someone Else" not in encode_record(capsule)
    assert {ref.ref for ref in capsule.references.values()} == {"O1", "S1", "W1", "R1", "MS1"}


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["records"][0].update(ref="S9", delay_ms=1),
        lambda record: record["records"].pop(),
        lambda record: record["counts"].update(withheld=1),
        lambda record: record["gaps"].append({"at": None, "seq_no": 9, "why": "withheld"}),
    ],
)
def test_changed_derived_values_are_found(capsule: Capsule, change: Callable[[Any], object]) -> None:
    """A changed derived row, count or gap is found. The unchanged record is consistent."""
    record = json.loads(encode_record(capsule))
    assert are_derived_rows_consistent(record)
    change(record)
    assert not are_derived_rows_consistent(record)


def diary_with_odd_values() -> FictionalDiary:
    """Return the diary with an order and every odd record."""
    diary = diary_with_order()
    add_odd_records(diary, START_MS + 50 * DAY_MS)
    return diary


def test_odd_values_are_shown_and_listed(tmp_path: Path) -> None:
    """The worker makes a complete pack. Verification lists each odd version and finds nothing else."""
    diary = diary_with_odd_values()
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    capsule = read_capsule(raw)
    front = asyncio.run(build_front_part(diary, raw, tmp_path / "front.zip"))
    pack = assemble_pack(diary, front, capsule, tmp_path / "pack.zip")
    findings = verify_pack(pack, notary=unb64(diary.public_keys["notary"]))
    assert {finding.code for finding in findings} <= {"odd", "no_stamps", "no_timestamps", "roots_from_pack"}, findings
    odd = [finding.member or "" for finding in findings if finding.code == "odd"]
    assert len(odd) >= 10 and all(member.startswith("data/restricted/proof/") for member in odd)


def test_five_hundred_people_with_circular_merges_are_handled() -> None:
    """Nobody is lost, and a circle of merged people is represented by its lowest id."""
    diary = FictionalDiary()
    people = [diary.add("person", {"name": f"Nr {i}", "role": "suspect"}) for i in range(500)]
    for source, other in ((0, 1), (1, 2), (2, 0)):
        diary.amend(people[source], {"merged_into": people[other]["record"]}, at_ms=START_MS + HOUR_MS)
    for i in range(50):
        ids = [people[(i * 10 + j) % 500]["record"] for j in range(10)]
        diary.add("incident", incident_fields(START_MS + i * DAY_MS, "x", actor_ids=ids), at_ms=START_MS + i * DAY_MS)
    contents = build_contents(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys)))
    assert len(contents.capsule.references) == 500 and len(contents.people) == 498
    lowest = min(people[i]["record"] for i in range(3))
    assert contents.capsule.references[lowest].ref in {person.code for person in contents.people}


def test_every_field_of_every_kind_is_in_the_record_exactly() -> None:
    """Each field is in the record exactly as sealed. Not even the existence of a private note is."""
    cases = {case["name"]: case["draft"] for case in load_vectors("kinds.json")["cases"]}
    diary, sealed = FictionalDiary(), {}
    for kind in (*REGISTER_KINDS, "attachment"):
        draft = cases[kind]
        digests = {"sha256": "0" * 64, "sha512": "0" * 128, "sensitivity": "normal"} if kind == "attachment" else {}
        # A sitting goes into a pack only if the keeper chose it.
        fields = {**draft["open"], **digests, "taken_out": None, "include_in_pack": True if kind == "sitting" else None}
        sealed[kind] = diary.add(kind, fields, draft["restricted"])
    entry = cases["incident"]
    kind_by_link = {"account_ids": "account", "case_ids": "case", "actor_ids": "person", "vehicle_ids": "vehicle"}
    links: dict[str, object] = {name: [sealed[kind]["record"]] for name, kind in kind_by_link.items()}
    links |= {"attachment_ids": [sealed["attachment"]["record"]], "schedule_id": sealed["schedule"]["record"]}
    sealed["incident"] = diary.add("incident", {**entry["open"], **links, "taken_out": None}, entry["restricted"])
    note = diary.add("note", {"of_id": sealed["incident"]["record"], "text": "NOBODY-ELSE"})
    raw = encode_record(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys)))
    rows = {row["kind"]: row for row in json.loads(raw)["versions"]}
    assert set(rows) == {"incident", "attachment", *REGISTER_KINDS}
    for kind, row in sealed.items():
        restricted = row["restricted"]["fields"] if row["restricted"] else {}
        assert rows[kind]["fields"] == {**row["open"]["fields"], **restricted}, kind
    for note_traces in ("NOBODY-ELSE", note["record"], note["version"], '"kind":"note"'):
        assert note_traces.encode() not in raw

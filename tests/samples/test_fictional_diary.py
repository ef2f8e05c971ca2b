"""The fictional diary has what the demo promises: 26 incidents, 30 realistic files, six scripts, no real people."""

import json
import re
from io import BytesIO
from typing import Any

import pillow_heif
import pytest
from PIL import Image

from diary.client.journal import Journal, VersionContent
from diary.clock import FixedClock
from diary.crypto.words import normalise, word_list
from diary.encoding import canonical_json
from diary.errors import BadRequest
from diary.record import times
from diary.record.referenced_ids import ids_in
from diary.record.rules import FIELD_RULES as RULES
from diary.record.rules import find_issues
from diary.record.schemas import RECORD_KINDS, find_schema
from diary.record.vocabulary import CHOICE_LISTS
from diary.samples import fictional_diary, register_records
from diary.samples.fictional_diary import SampleFile, load_entries
from diary.samples.journal_writer import JournalWriter, require_valid_record, write_diary
from tests.local_journal import local_journal
from tests.vectors.load_vectors import load_vectors

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def sample_files() -> list[SampleFile]:
    """Return every file of the diary, drawn once."""
    return [file for entry in load_entries() for file in entry.draw_files()]


def test_there_are_26_incidents_and_30_files(sample_files: list[SampleFile]) -> None:
    """The numbers match; one entry is withdrawn the day after it was written."""
    assert len(load_entries()) == 26
    assert [change.is_removal for entry in load_entries() for change in entry.later_changes].count(True) == 1
    assert len(sample_files) == 30
    assert len({file.name for file in sample_files}) == 30


def test_every_field_and_code_is_the_records_own(sample_files: list[SampleFile]) -> None:
    """Only names and codes of the schemas and vocabularies are sealed."""
    incident, attachment = find_schema("incident", 1), find_schema("attachment", 1)
    for entry in load_entries():
        assert set(entry.fields) <= set(incident.open)
        assert set(entry.restricted) <= set(incident.restricted)
        lists = (("behaviours", "behaviours"), ("channel", "channels"), ("place_category", "places"))
        for name, choice in (*lists, ("feelings_then", "feelings"), ("feared_violence", "fear")):
            value: Any = entry.fields.get(name) or []
            for code in [value] if isinstance(value, str) else value:
                assert CHOICE_LISTS[choice].find_term(code), (name, code)
        for change in entry.later_changes:
            assert set(change.fields) <= set(incident.open)
            assert change.changed_at_ms > entry.written_at_ms + 600_000
    for file in sample_files:
        assert set(file.fields) <= set(attachment.open)
        assert set(file.restricted) <= set(attachment.restricted)


def test_each_incident_is_written_after_it_happened() -> None:
    """No entry is written before its event, and the diary is in chronological order."""
    diary_entries = load_entries()
    assert [entry.written_at_ms for entry in diary_entries] == sorted(entry.written_at_ms for entry in diary_entries)
    for entry in diary_entries:
        start = times.occurred_time(entry.fields).start_ms
        assert start is None or start < entry.written_at_ms


def test_six_scripts_and_emoji_are_in_it() -> None:
    """Urdu, Punjabi, Bengali, Hindi, Polish, Chinese and emoji are in narratives."""
    text = " ".join(str(entry.fields["narrative"]) for entry in load_entries())
    blocks = ("\u0600-\u06ff", "\u0a00-\u0a7f", "\u0980-\u09ff", "\u0900-\u097f", "ąćęłńóśźż", "\u4e00-\u9fff")
    for script in (f"[{block}]" for block in blocks):
        assert re.search(script, text), script
    assert "😡" in text


def test_the_repeated_hour_is_the_second_one(sample_files: list[SampleFile]) -> None:
    """On the night of the clock change the entry is an hour after the first half past one."""
    (night,) = [entry for entry in load_entries() if entry.fields["occurred_local"] == "2026-10-25T01:30"]
    when = times.occurred_time(night.fields)
    assert when.offset_minutes == 0
    assert times.format_iso(when.start_ms) == "2026-10-25T01:30:00Z"


def test_screenshots_are_a_phones(sample_files: list[SampleFile]) -> None:
    """Twenty-one screenshots are PNG files of 1170 × 2532."""
    shots = [file for file in sample_files if file.media_type == "image/png"]
    assert len(shots) >= 20
    for file in shots:
        with Image.open(BytesIO(file.content)) as picture:
            assert picture.size == (1170, 2532)


def test_photos_hold_what_phones_put_in_them(sample_files: list[SampleFile]) -> None:
    """JPEGs have position and orientation; there are one HEIC, one e-mail, and one picture with a misleading name."""
    kinds = [file.media_type for file in sample_files]
    assert kinds.count("image/heic") == 1
    assert kinds.count("message/rfc822") == 1
    orientations, located_photos = set(), 0
    for file in sample_files:
        if file.media_type == "image/jpeg":
            with Image.open(BytesIO(file.content)) as picture:
                exif = picture.getexif()
                orientations.add(exif[0x0112])
                located_photos += bool(exif.get_ifd(0x8825))
                assert file.restricted["gps_present"] == bool(exif.get_ifd(0x8825))
    assert orientations == {1, 6, 8}
    assert located_photos >= 5
    (mislabelled_file,) = [file for file in sample_files if file.fields["flags"] == ["type_mismatch"]]
    assert mislabelled_file.name.endswith(".PNG")
    assert mislabelled_file.media_type == "image/jpeg"
    (heic,) = [file for file in sample_files if file.media_type == "image/heic"]
    assert pillow_heif.open_heif(heic.content).size == (1512, 2016)


def test_the_same_entry_gives_the_same_bytes(sample_files: list[SampleFile]) -> None:
    """Drawing is deterministic, so that two demos can be compared."""
    redrawn_files = [file for entry in load_entries()[:4] for file in entry.draw_files()]
    assert [file.content for file in redrawn_files] == [file.content for file in sample_files[: len(redrawn_files)]]


def test_nobody_in_it_is_real() -> None:
    """Telephone numbers are those reserved for drama, hosts those reserved for examples."""
    text = json.dumps([[dict(e.fields), dict(e.restricted), [dict(f) for f in e.files]] for e in load_entries()])
    text += json.dumps(dict(fictional_diary.OFFICER_SHEET))
    text += json.dumps(
        [[dict(version.fields), dict(version.restricted)] for version in register_records.load_versions()]
    )
    numbers = re.findall(r"(?:\+44 ?|0)7[\d ]{8,11}\d", text)
    assert len(numbers) > 5
    assert all(re.fullmatch(r"(?:\+44 |0)7700 900\d{3}", number) for number in numbers)
    hosts = re.findall(r"(?:https?://|[\w.]+\w@)([a-z.]+[a-z])", text)
    assert len(hosts) > 3
    assert all(re.search(r"(?:^|\.)example(?:$|\.)", host) for host in hosts)


def test_the_words_are_from_the_list() -> None:
    """The words of the fictional diary are from the list."""
    assert set(fictional_diary.SAMPLE_WORDS.split()) <= set(word_list())
    assert normalise(fictional_diary.SAMPLE_WORDS) == fictional_diary.SAMPLE_WORDS


@pytest.fixture(scope="module")
def written_journal() -> Journal:
    """Return the whole diary with every record, on a device without a server."""
    clock = FixedClock(0)
    writer = JournalWriter(local_journal(clock, fictional_diary.TZ), clock)
    write_diary(writer, load_entries(), lambda *_: None, register_records.load_versions())
    return writer.journal


def test_the_diary_has_every_kind_a_keeper_writes(written_journal: Journal) -> None:
    """People, accounts after a block, a vehicle, an order, reports, effects, schedules and a withdrawal exist."""
    kinds = {row["kind"] for row in written_journal.versions()}
    assert kinds == set(RECORD_KINDS) - {"manifest", "summary"}
    rows = [row for row in written_journal.versions() if row["kind"] == "account"]
    assert sum(row["open"]["fields"].get("new_after_block") is True for row in rows) == 3
    withdrawn_rows = [row for row in written_journal.versions() if "taken_out" in row["open"]["fields"]]
    assert sorted(row["kind"] for row in withdrawn_rows) == ["incident", "vehicle"]


def test_every_link_resolves_and_no_record_has_faults(written_journal: Journal) -> None:
    """Every linked record exists, and every field is valid."""
    known = {row["record"] for row in written_journal.versions()}
    for row in written_journal.versions():
        fields, restricted = row["open"]["fields"], row["restricted"]["fields"] if row["restricted"] else {}
        assert set(ids_in({**fields, **restricted})) <= known, row["kind"]
        assert find_issues(row["kind"], fields, restricted) == []
    codes = re.compile(r"(codes?) (\w+)")
    for version in register_records.load_versions():
        for name, rule in RULES[version.kind].items():
            if (of := codes.fullmatch(rule)) and (value := version.fields.get(name)):
                values = value if isinstance(value, list) else [value]
                assert all(CHOICE_LISTS[of[2]].find_term(str(code)) for code in values), (version.key, name)


def test_43_calls_are_43_lines_and_one_entry(written_journal: Journal) -> None:
    """The calls are one entry with a count, and the schedule has each of them."""
    schedules: list[Any] = [row["open"]["fields"] for row in written_journal.versions() if row["kind"] == "schedule"]
    calls = next(fields for fields in schedules if fields["channel"] == "phone_call")
    assert len(calls["rows"]) == calls["count"] == 43
    assert [calls["rows"][i]["sent_local"] for i in (0, 42)] == ["2026-05-16T21:10", "2026-05-16T23:55"]


def test_a_breach_before_the_order_was_served_is_refused() -> None:
    """A breach before the order was served on 25 September is refused, and so is one of a term that does not exist."""
    order = next(dict(version.fields) for version in register_records.load_versions() if version.key == "order")
    for index, term, refused in ((18, 1, "before_service"), (19, 1, ""), (19, 4, "no_such_term")):
        fields = dict(load_entries()[index].fields) | {
            "alleged_breaches": [{"order_id": "x" * 21 + "A", "term_no": term}]
        }
        if refused:
            with pytest.raises(BadRequest, match=refused):
                require_valid_record("incident", fields, {}, {"x" * 21 + "A": order})
        else:
            require_valid_record("incident", fields, {}, {"x" * 21 + "A": order})


def test_the_client_refuses_what_no_screen_could_show() -> None:
    """Invalid shapes and ends before starts are refused by name, without the value."""
    with pytest.raises(BadRequest, match="narrative") as caught:
        require_valid_record(
            "incident", {"narrative": 5, "occurred_start": 2, "occurred_end": 1}, {"place_detail": ["Elm Road"]}, {}
        )
    assert "Elm" not in str(caught.value) and "end_before_start" in str(caught.value)


def test_the_client_seals_and_opens_every_kind(written_journal: Journal) -> None:
    """Every field of every kind is restored: the drafts of tests/vectors/kinds.json."""
    for case in load_vectors("kinds.json")["cases"]:
        draft = case["draft"]
        local_version = written_journal.append(VersionContent(draft["kind"], draft["open"], draft["restricted"]))
        assert canonical_json(local_version.opened_version.fields) == canonical_json(draft["open"])
        assert canonical_json(local_version.opened_version.restricted or {}) == canonical_json(draft["restricted"])

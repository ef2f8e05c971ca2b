"""Page one of 06 says what has to be done by a day: an officer may open the pack days before a recording is wiped."""

from __future__ import annotations

from typing import Any

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import build_contents
from diary.pack.documents.officer import officer_data
from tests.pack.fictional_diary import DAY_MS, HOUR_MS, START_MS, FictionalDiary, incident_fields

# The pack is made on Fri 20 November 2026.
MADE_AT = START_MS + 200 * DAY_MS


def time_sensitive(diary: FictionalDiary, made_at: int = MADE_AT) -> list[list[str]]:
    """Return the rows of the panel."""
    capsule = build_capsule(diary.versions, diary.wish(made_at=made_at), diary.public_keys)
    sheet: Any = officer_data(build_contents(read_capsule(capsule)))
    rows: list[list[str]] = sheet["time_sensitive"]
    return rows


def add_entry(diary: FictionalDiary, days: int, **fields: object) -> str:
    """Add an entry some days after the start; return its record."""
    at_ms = START_MS + days * DAY_MS
    return diary.add("incident", incident_fields(at_ms, "One.", **fields), at_ms=at_ms + HOUR_MS)["record"]


def recording(**fields: object) -> dict[str, object]:
    """Return something that may be recorded."""
    return {"kind": "cctv_shop", "holder": "Moon Stores", **fields}


def test_recordings_updates_and_orders_stand_by_their_day() -> None:
    """The earliest day comes first; a day that had passed is marked and stays."""
    diary = FictionalDiary()
    first = add_entry(diary, 190, independent_evidence=[recording(overwrite_due="2026-11-24")])
    second = add_entry(
        diary,
        199,
        independent_evidence=[
            recording(overwrite_due="2026-11-10", requested_at="2026-11-09"),
            recording(overwrite_due="2026-11-23", outcome="got_it"),
            recording(overwrite_due="soon"),
            recording(),
        ],
    )
    diary.add(
        "report",
        {
            "to": "police",
            "crime_ref": "CR/1",
            "officer_name": "DC Amin",
            "at": "2026-11-01",
            "next_update_due": "2026-11-15",
        },
    )
    order = {"kind": "stalking_protection", "served_on": "2026-11-18", "expires_on": "2027-05-01"}
    diary.add("order", order, at_ms=START_MS + 198 * DAY_MS)
    diary.add("order", {"kind": "non_molestation", "expires_on": "2026-01-01"}, at_ms=START_MS + 198 * DAY_MS)
    assert first != second
    rows = time_sensitive(diary)
    assert [label for label, _, _ in rows] == [
        "May be wiped about 10 Nov 2026 (estimate)",
        "Update expected 15 Nov 2026",
        "May be wiped about 24 Nov 2026 (estimate)",
        "Last day of an order 1 May 2027",
        "Since O1 was served, 18 Nov 2026",
    ]
    words = [" ".join(row[1:]).strip() for row in rows]
    assert words[0].endswith("held by Moon Stores, asked for on 9 Nov 2026, entry 2. This day had passed.")
    assert words[1].endswith("OVERDUE: no later report is listed.") and "CR/1, DC Amin" in words[1]
    assert words[2].endswith("no note that anybody asked for it, entry 1.")
    assert words[4] == "1 in this pack: entry 2."


def test_a_recording_that_was_asked_for_is_not_called_unasked() -> None:
    """The day may be missing. The page must not say that nobody asked where another page says that they did."""
    diary = FictionalDiary()
    recording = {"kind": "cctv", "holder": "Bus company", "overwrite_due": "2026-12-24"}
    add_entry(diary, 190, independent_evidence=[recording | {"outcome": "asked"}])
    add_entry(diary, 191, independent_evidence=[recording | {"outcome": "not_asked"}])
    first, second = [words for _, words, _ in time_sensitive(diary)]
    assert "asked for, on a day that is not noted" in first and "no note that anybody asked for it" in second


def test_an_update_that_came_is_not_called_overdue() -> None:
    """A later report may be the update: it is named, and nothing is claimed about it."""
    diary = FictionalDiary()
    add_entry(diary, 190)
    diary.add("report", {"to": "police", "at": "2026-11-01", "next_update_due": "2026-11-15"})
    diary.add("report", {"to": "police", "at": "2026-11-16"})
    ((_, *words),) = time_sensitive(diary)
    assert words[1] == "Later contact: R2."
    ((_, *words),) = time_sensitive(diary, START_MS + 194 * DAY_MS)
    assert words[1] == ""


def test_an_overdue_update_names_the_entries_since_that_say_something_of_reporting() -> None:
    """It stays overdue: the words may be of anybody ("my manager"), and a new report is not the update."""
    diary = FictionalDiary()
    diary.add("report", {"to": "police", "at": "2026-11-01", "next_update_due": "2026-11-15"})
    for days in (190, 196):
        start = START_MS + days * DAY_MS
        diary.add("incident", incident_fields(start, "He came."), {"reported_text": "101, CAD 1182"}, at_ms=start)
    rows = time_sensitive(diary)
    assert [mark for label, _, mark in rows if label.startswith("Update expected")] == [
        "OVERDUE: no later report is listed. Reporting is mentioned in entry 2."
    ]


def test_a_day_counts_in_full_and_nothing_is_printed_for_no_day() -> None:
    """On the day itself it is not over. A diary without such a day has no row."""
    diary = FictionalDiary()
    add_entry(diary, 190, independent_evidence=[recording(overwrite_due="2026-11-20")])
    ((_, *words),) = time_sensitive(diary)
    assert words[1] == ""
    ((_, *words),) = time_sensitive(diary, MADE_AT + DAY_MS)
    assert words[1] == "This day had passed."
    empty = FictionalDiary()
    add_entry(empty, 190)
    assert time_sensitive(empty) == []

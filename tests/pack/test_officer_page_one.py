"""Page one of 06 has what an officer asks first: how many, since when, which accounts, which order, what to read."""

from __future__ import annotations

from typing import Any

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import build_contents
from diary.pack.documents.officer import officer_data
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, incident_fields


def sheet_of(diary: FictionalDiary) -> Any:
    """Return the data of 06."""
    return officer_data(build_contents(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))))


def diary_with_order() -> tuple[FictionalDiary, str]:
    """Return a diary of three entries, two after an order was served, of which one is said to break it."""
    diary = FictionalDiary()
    suspect = diary.add("person", {"name": "Dan Kerr", "role": "suspect"})["record"]
    order = diary.add(
        "order",
        {"kind": "interim_spo", "court": "Northtown Magistrates’ Court", "case_no": "NM/417", "served_on": "2026-05-10",
         "terms": [{"no": 1, "text": "No contact."}]},
    )["record"]  # fmt: skip
    for days, extra in (
        (0, {"start_with_this": True}),
        (10, {"alleged_breaches": [{"order_id": order, "term_no": 1}]}),
        (20, {}),
    ):
        fields = incident_fields(START_MS + days * DAY_MS, f"He came on day {days}.", actor_ids=[suspect], **extra)
        diary.add("incident", fields, at_ms=START_MS + days * DAY_MS)
    return diary, suspect


def test_page_one_says_how_many_since_when_and_what_to_read_first() -> None:
    """The span counts all entries; the marked ones stand with their first words."""
    diary, _ = diary_with_order()
    sheet = sheet_of(diary)
    assert sheet["span"] == "3 entries, from Mon 4 May 2026 to Sun 24 May 2026"
    assert [(number, words) for number, _, words in sheet["marked"]] == [("1", "He came on day 0.")]
    assert sheet["recent"][0] == "3" and sheet["marked_more"] == ""
    for days in range(30, 34):
        diary.add("incident", incident_fields(START_MS + days * DAY_MS, "Again.", start_with_this=True))
    sheet = sheet_of(diary)
    # Page one has room for four: the latest.
    assert [row[0] for row in sheet["marked"]] == ["4", "5", "6", "7"]
    assert sheet["marked_more"] == "Also marked: entry 1."
    undated = FictionalDiary()
    undated.add("incident", {"narrative": "Once.", "precision": "unknown", "tz": "Europe/London"})
    assert sheet_of(undated)["span"] == "1 entry"


def test_an_order_has_its_court_and_how_many_entries_are_said_to_break_it() -> None:
    """Entries since service and alleged breaches are two counts."""
    diary, _ = diary_with_order()
    sheet = sheet_of(diary)
    [[words, term]] = sheet["orders"]
    assert words.startswith("O1 ") and ", Northtown Magistrates’ Court, NM/417: served 10 May 2026" in words
    assert term == "1. No contact."
    assert sheet["time_sensitive"] == [
        ["Since O1 was served, 10 May 2026", "2 in this pack: entries 2, 3; 1 said to break it.", ""]
    ]


def test_accounts_of_suspects_and_of_nobody_known_are_listed() -> None:
    """A guess and a new account say so. A witness's number and a merged account are not among them; eight are shown."""
    diary, suspect = diary_with_order()
    witness = diary.add("person", {"name": "Wanda", "role": "witness"})["record"]
    first = diary.add(
        "account", {"number": "07700 900301", "platform": "whatsapp", "person_id": suspect, "blocked_on": "2026-05-12"}
    )["record"]
    guessed = diary.add("account", {"handle": "@dk_2", "attribution_basis": ["guess"], "new_after_block": True})[
        "record"
    ]
    diary.add("incident", incident_fields(START_MS + 30 * DAY_MS, "A message.", account_ids=[guessed]))
    diary.add("account", {"number": "07700 900999", "person_id": witness})
    diary.add("account", {"number": "+44 7700 900301", "merged_into": first})
    rows = sheet_of(diary)["accounts"]
    assert rows == [
        ["07700 900301", "WhatsApp; S1; how known is not recorded; blocked 12 May 2026"],
        ["@dk_2", "not linked with anybody; a guess; new after a block"],
    ]
    for number in range(8):
        diary.add("account", {"number": f"07700 90040{number}", "person_id": suspect})
    rows = sheet_of(diary)["accounts"]
    assert len(rows) == 9 and rows[-1] == ["and 2 more, in 01", ""]


def test_the_keeper_is_not_named_by_initials_that_read_as_a_rank() -> None:
    """An update is expected by the keeper: `PS` would read as a police sergeant."""
    diary, _ = diary_with_order()
    diary.add("settings", {"initials": "PS"})
    diary.add("report", {"to": "police", "at": "2026-05-12", "next_update_due": "2026-05-20"})
    words = {label: words for label, words, _ in sheet_of(diary)["time_sensitive"]}
    assert words["Update expected 20 May 2026"] == "R1."

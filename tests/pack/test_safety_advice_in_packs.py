"""06 says both of two answers about safety, with their days, and never only one."""

from typing import Any

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import build_contents
from diary.pack.documents.officer import officer_data
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, incident_fields


def sheet_of(diary: FictionalDiary) -> Any:
    """Return the data of 06."""
    return officer_data(build_contents(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))))


def diary_of_people(*people: tuple[dict[str, object], dict[str, object]], **sheet: str) -> FictionalDiary:
    """Return an entry that names these people, each entered a day after the one before."""
    diary = FictionalDiary()
    diary.add("settings", {"initials": "JB"}, {**sheet})
    ids = [
        diary.add(
            "person", {"role": "witness", "role_code": f"W{n}", **fields}, restricted, at_ms=START_MS + n * DAY_MS
        )["record"]
        for n, (fields, restricted) in enumerate(people, 1)
    ]
    diary.add("incident", incident_fields(START_MS, "She saw it.", witness_ids=ids), at_ms=START_MS + 40 * DAY_MS)
    return diary


def test_two_records_of_one_person_that_differ_are_both_printed_with_their_days() -> None:
    """Records of one full name are one person. A change of the answer has its own day."""
    diary = diary_of_people(
        ({"name": "Mrs Osei"}, {"safe_to_approach": "yes"}),
        ({"name": "mrs  osei"}, {"safe_to_approach": "yes", "contact": "07700 900500, please do not contact her"}),
        ({"name": "Sam"}, {"safe_to_approach": "no"}),
        ({"name": "Sam"}, {"safe_to_approach": "yes"}),
    )
    second = next(row for row in diary.versions if row["open"]["fields"].get("name") == "mrs  osei")
    diary.amend(second, {"reason": "not any more"}, restricted={"safe_to_approach": "no"}, at_ms=START_MS + 20 * DAY_MS)
    assert sheet_of(diary)["advice"] == [
        [
            "Mrs Osei: speaking to police",
            "Safe (W1, written Tue 5 May 2026)",
            "NOT safe (W2, written Sun 24 May 2026)",
            "“please do not contact her” (W2, written Wed 6 May 2026)",
        ]
    ]


def test_merged_suspects_that_differ_are_not_called_safe_or_unsafe() -> None:
    """The description does not choose between the two answers, and page one has both."""
    diary = diary_of_people(
        ({"name": "Dan", "role": "suspect", "role_code": "S1"}, {"safe_to_approach": True}),
        ({"name": "Danny K", "role": "suspect", "role_code": "S2"}, {"safe_to_approach": "no"}),
    )
    first, second = (row for row in diary.versions if row["kind"] == "person")
    diary.amend(second, {"merged_into": first["record"], "reason": "the same"}, at_ms=START_MS + 20 * DAY_MS)
    sheet = sheet_of(diary)
    [[about, safe, unsafe]] = sheet["advice"]
    assert about == "Dan: speaking to police" and safe.startswith("Safe (S1") and unsafe.startswith("NOT safe (S2")
    assert "two different answers" in sheet["descriptions"][0][0] and "NOT safe" not in sheet["descriptions"][0][0]


def test_the_sheet_and_a_record_that_differ_about_a_number_are_both_printed() -> None:
    """What the keeper typed on the sheet has the day of the pack. Advice that agrees is in no list."""
    diary = diary_of_people(
        ({"name": "Ali Khan"}, {"contact": "Do not ring 07700 900123, he answers it"}),
        safe_contact="Ring 07700 900123 after six. Leave a message",
        needs="No voicemail please",
    )
    assert sheet_of(diary)["advice"] == [
        [
            "07700900123: ringing",
            "“Ring 07700 900123 after six” (under safe way and time to contact, as this pack was made)",
            "“Do not ring 07700 900123” (W1, written Tue 5 May 2026)",
        ],
        [
            "The keeper: leaving a message",
            "“Leave a message” (under safe way and time to contact, as this pack was made)",
            "“No voicemail please” (under needs, as this pack was made)",
        ],
    ]
    assert sheet_of(diary_of_people(({"name": "Ali Khan"}, {"safe_to_approach": "no"})))["advice"] == []

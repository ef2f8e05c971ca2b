"""Packs for different recipients: the order of presentation changes, the facts do not."""

import json
from typing import Any

import pytest

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import PackContents, Picture, build_contents
from diary.pack.documents.chronology import chronology_data
from diary.pack.documents.incident_rows import recorded_account_section
from diary.pack.documents.instructions import encode_read_first
from diary.pack.metadata import PROFILES
from diary.pack.tables.csv_tables import chronology_csv
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, incident_fields

FILM_BYTES = b"\0\0\0\x18ftypmp42 a film"


def diary_with_places() -> FictionalDiary:
    """Return a diary with an entry at each kind of place, an order with a breach, a film and a recording."""
    diary = FictionalDiary()
    order = diary.add("order", {"kind": "spo", "served_on": "2026-05-01", "terms": [{"no": 1, "text": "No contact"}]})
    for n, place_category in enumerate(("school_or_nursery", "work", "home", "outside_home", "street")):
        breach = (
            {"alleged_breaches": [{"order_id": order["record"], "term_no": 1}]} if place_category == "street" else {}
        )
        diary.add(
            "incident",
            incident_fields(START_MS + n * DAY_MS, f"At {n}.", place_category=place_category, **breach),
            at_ms=START_MS + n * DAY_MS,
        )
    return diary


def contents_for(diary: FictionalDiary, profile: str = "police") -> PackContents:
    return build_contents(read_capsule(build_capsule(diary.versions, diary.wish(profile=profile), diary.public_keys)))


@pytest.mark.parametrize(
    ("profile", "expected_names"),
    [
        ("police", []),
        ("solicitor", ["Said to break an order", "1: entry 5"]),
        ("school", ["At school, college or university", "1: entry 1"]),
        ("employer", ["At work", "1: entry 2"]),
        ("housing", ["At home or outside it", "2: entries 3, 4"]),
    ],
)
def test_each_profile_names_its_starting_point(profile: str, expected_names: list[str]) -> None:
    """Page one names what happened at the recipient's place. READ-FIRST adapts its order and explains missing parts."""
    pack_contents = contents_for(diary_with_places(), profile)
    data: Any = chronology_data(pack_contents)
    assert data["front"]["setting"] == expected_names
    text = encode_read_first(pack_contents).decode()
    order = text.split("ORDER TO READ")[1].split("TWO FOLDERS")[0]
    assert ("restricted/" in order) is (profile in ("police", "solicitor"))
    assert ("it was not given to you" in text) is (profile not in ("police", "solicitor"))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_pack_with_the_restricted_part_does_not_say_that_it_was_not_given(profile: str) -> None:
    """A school, employer or landlord that gets the part because the keeper asked for it reads that it is here."""
    diary = diary_with_places()
    raw = build_capsule(diary.versions, diary.wish(profile=profile, restricted_asked=True), diary.public_keys)
    assert "it was not given to you" not in encode_read_first(build_contents(read_capsule(raw))).decode()
    is_said = json.loads(raw)["pack"].get("restricted_asked", False)
    assert is_said is (profile not in ("police", "solicitor"))


def test_profiles_differ_in_nothing_else() -> None:
    """All profiles have the same rows, counts and numbers."""
    diary = diary_with_places()
    pages = []
    for profile in PROFILES:
        page: dict[str, Any] = dict(chronology_data(contents_for(diary, profile)))
        page["front"] = {name: value for name, value in page["front"].items() if name != "setting"}
        pages.append((json.dumps(page, default=str), chronology_csv(contents_for(diary, profile))))
    assert len(set(pages)) == 1


@pytest.mark.parametrize(
    ("media", "language", "words"),
    [
        ("video/mp4", "bfi", {"signed", "British Sign Language", "Interpreter needed"}),
        ("video/mp4", None, {"signed (BSL) or spoken, filmed", "not recorded", "Interpreter needed"}),
        ("audio/mp4", "pl", {"spoken", "Polish", "Interpreter needed"}),
        ("audio/mp4", "en-GB", {"spoken", "English"}),
    ],
)
def test_a_recorded_account_is_described(media: str, language: str | None, words: set[str]) -> None:
    """The page states how an account was given, its length, its language and whether an interpreter is needed."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "", language=language))
    film = diary.attach(
        entry,
        FILM_BYTES,
        media,
        "My account",
        extra_fields={"duration_ms": 154_000, "kind": "video"},
        filename="VID_1.MP4",
    )
    diary.amend(entry, {"narrative_media": film["record"]}, at_ms=START_MS + 60_000)
    pack_contents = contents_for(diary)
    stills = {"AA/1": Picture("AA-1.svg", 480, 270)}
    account: Any = recorded_account_section(pack_contents, pack_contents.entries[0], stills)
    assert account is not None and account["still"] == "AA-1.svg" and account["item"] == "AA/1"
    facts = {value for _, value in account["facts"]}
    assert facts == words | {"2 min 34 s"}
    account_without_stills = recorded_account_section(pack_contents, pack_contents.entries[0], {})
    assert account_without_stills is not None and account_without_stills["still"] is None

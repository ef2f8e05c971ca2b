"""For whom a pack is laid out: what is named first changes, and nothing that is true does."""

import json

import pytest

from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import Contents, Picture, contents_of
from diary.pack.documents.chronology import chronology_page
from diary.pack.documents.incident_rows import account_of
from diary.pack.documents.instructions import read_first
from diary.pack.metadata import PROFILES
from diary.pack.tables.csv_tables import chronology_csv
from tests.pack.fiction import DAY, START, FictionalDiary, incident_fields

FILM = b"\0\0\0\x18ftypmp42 a film"


def placed_diary() -> FictionalDiary:
    """Something at each kind of place, an order and what breaks it; one account is a film, one is a recording."""
    diary = FictionalDiary()
    order = diary.add("order", {"kind": "spo", "served_on": "2026-05-01", "terms": [{"no": 1, "text": "No contact"}]})
    for n, place in enumerate(("school_or_nursery", "work", "home", "outside_home", "street")):
        breach = {"alleged_breaches": [{"order_id": order["record"], "term_no": 1}]} if place == "street" else {}
        diary.add(
            "incident", incident_fields(START + n * DAY, f"At {n}.", place_category=place, **breach), at=START + n * DAY
        )
    return diary


def contents(diary: FictionalDiary, profile: str = "police") -> Contents:
    return contents_of(read_capsule(make_capsule(diary.versions, diary.wish(profile=profile), diary.keys)))


@pytest.mark.parametrize(
    ("profile", "named"),
    [
        ("police", []),
        ("solicitor", ["Said to break an order", "1: entry 5"]),
        ("school", ["At school, college or university", "1: entry 1"]),
        ("employer", ["At work", "1: entry 2"]),
        ("housing", ["At home or outside it", "2: entries 3, 4"]),
    ],
)
def test_each_recipient_is_told_where_to_begin(profile: str, named: list[str]) -> None:
    """Page one names what is at their place; READ-FIRST has an order of its own and says what it means if a part is not there."""
    told = contents(placed_diary(), profile)
    assert chronology_page(told)["front"]["setting"] == named  # type: ignore[index,call-overload]
    text = read_first(told).decode()
    order = text.split("ORDER TO READ")[1].split("TWO FOLDERS")[0]
    assert ("restricted/" in order) is (profile in ("police", "solicitor"))
    assert ("it was not given to you" in text) is (profile not in ("police", "solicitor"))


def test_no_recipient_is_told_anything_else() -> None:
    """The same rows, counts and numbers for all of them."""
    diary = placed_diary()
    pages = []
    for profile in PROFILES:
        page = dict(chronology_page(contents(diary, profile)))
        page["front"] = {name: value for name, value in page["front"].items() if name != "setting"}  # type: ignore[union-attr,attr-defined]
        pages.append((json.dumps(page, default=str), chronology_csv(contents(diary, profile))))
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
def test_an_account_that_is_no_text_says_what_it_is(media: str, language: str | None, words: set[str]) -> None:
    """Signed, filmed or spoken; its length; its language; whether somebody must interpret. A held back film shows no still."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START, "", language=language))
    film = diary.attach(
        entry, FILM, media, "My account", extra={"duration_ms": 154_000, "kind": "video"}, filename="VID_1.MP4"
    )
    diary.amend(entry, {"narrative_media": film["record"]}, at=START + 60_000)
    told = contents(diary)
    stills = {"AA/1": Picture("AA-1.svg", 480, 270)}
    account = account_of(told, told.entries[0], stills)
    assert account is not None and account["still"] == "AA-1.svg" and account["item"] == "AA/1"
    said = {value for _, value in account["facts"]}  # type: ignore[attr-defined]
    assert said == words | {"2 min 34 s"}
    bare = account_of(told, told.entries[0], {})
    assert bare is not None and bare["still"] is None

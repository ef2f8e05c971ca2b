"""What an expert for the other side would look for in a pack: wrong order, wrong numbers, claims the evidence does not carry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from diary.ids import id_text, new_id
from diary.ledger import receipts
from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import contents_of
from diary.pack.documents.method import method_page
from diary.pack.tables import csv_tables
from tests.pack.fiction import DAY, HOUR, START, FictionalDiary, incident_fields
from tests.pack.judging import Cases, compare
from tests.pack.test_phone_tables import said_by_the_phone
from tests.pack.test_verify_kinds import pack_of, parts_of


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type,misc]


def by_two_devices() -> FictionalDiary:
    """One entry, its words and its picture changed on a second phone whose clock is three days slow."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START, "First words."), at=START + HOUR)
    picture = diary.attach(entry, b"\x89PNG", "image/png", "A screen", at=START + 2 * HOUR)
    first, diary.device = diary.device, id_text(new_id())
    for row, changes in (
        (entry, {"narrative": "Other words.", "reason": "I was wrong."}),
        (picture, {"description": "Two"}),
    ):
        later = diary.amend(row, changes, at=START - 3 * DAY)
        # The server's clock is right, whatever the phone's is.
        later["receipt"] = receipts.make(diary.notary, c=later["c"], env=str(later["env"]), ts=START + DAY)
    diary.device = first
    diary.amend(entry, {"narrative": "Words again.", "reason": "And again."}, at=START + 2 * DAY)
    return diary


async def test_first_words_are_those_that_came_first_whatever_a_clock_says(tmp_path: Path) -> None:
    """A second phone with a slow clock, or a clock put back: nothing is found in a sound pack, whole or in part."""
    diary = by_two_devices()
    pack = await pack_of(diary, tmp_path)
    cases = Cases(tmp_path, diary.notary.pub)
    cases.add("whole", pack)
    for name, path in parts_of(pack, tmp_path).items():
        cases.add(name, path)
    found = compare(cases)
    assert found.pop("whole") == set()
    assert all(one == {("servable_only", None)} for one in found.values())


def test_the_phone_and_the_typesetter_end_a_range_alike(tmp_path: Path) -> None:
    """Over both changes of clocks, in a zone nobody knows and with an offset that is not the zone's."""
    diary = FictionalDiary()
    for start, end, more in (
        (ms(2026, 9, 30, 23), ms(2026, 11, 1), {}),
        (ms(2026, 3, 28), ms(2026, 3, 29, 23), {}),
        (ms(2026, 10, 24, 23, 30), ms(2026, 10, 25, 1, 30), {}),
        (ms(2026, 10, 1), ms(2026, 11, 1), {"tz": "Mars/Olympus"}),
        (ms(2026, 10, 1), ms(2026, 11, 1), {"utc_offset_min": 330}),
        (ms(2026, 10, 1), ms(2026, 11, 1), {"tz": "America/New_York", "utc_offset_min": -240}),
    ):
        diary.add(
            "incident", {**incident_fields(start, "A while."), "occurred_end": end, "precision": "date_range", **more}
        )
    raw = make_capsule(diary.versions, diary.wish(), diary.keys)
    name = "data/servable/02_chronology.csv"
    (told,) = said_by_the_phone([(raw, {name: csv_tables.chronology_csv(contents_of(read_capsule(raw)))})], tmp_path)
    assert told["differs"] is None


async def test_an_omitted_version_is_noticed(tmp_path: Path) -> None:
    """The change in the middle is gone from everywhere: what was written on from it says so."""
    diary = by_two_devices()
    middle = next(row for row in diary.versions if row["open"]["fields"].get("narrative") == "Other words.")
    diary.versions.remove(middle)
    cases = Cases(tmp_path, diary.notary.pub)
    cases.add("left out", await pack_of(diary, tmp_path))
    assert {code for code, _ in compare(cases)["left out"]} == {"left_out"}


def test_how_a_pack_was_made_is_said_as_it_was() -> None:
    """By a server, from a sealed copy, and of a diary that no server ever had: 10 says of none what is true of another."""
    diary = by_two_devices()
    keys = {**diary.keys, "log": "", "notary": ""}
    local = [{**row, "seq": None, "receipt": None} for row in diary.versions]
    cases = (
        (
            diary.versions,
            diary.keys,
            False,
            ("which also runs the server", "the keeper sent the server the words"),
            True,
        ),
        (diary.versions, diary.keys, True, ("which also runs the server", "nothing was sent to a server"), True),
        (local, keys, True, ("never sent to a server", "nothing was sent to a server"), False),
    )
    for versions, given, alone, words, published in cases:
        wish = replace(diary.wish(alone=alone), feed=None)
        page = method_page(contents_of(read_capsule(make_capsule(versions, wish, given))))  # type: ignore[arg-type]
        assert all(word in str(page["software"]) for word in words) and page["published"] is published
        assert ("keeps it in its own note" in str(page["worked_out"])) is not alone
        assert ("sent the server the words" in str(page["software"])) is not alone

"""Inconsistencies that an opposing expert would look for: wrong order, wrong numbers, unsupported claims."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from diary.encoding import canonical_json
from diary.ids import id_text, new_id
from diary.ledger import receipts
from diary.pack.capsule.builder import DiaryVersion, build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import build_contents
from diary.pack.documents.method import method_data
from diary.pack.tables import csv_tables
from tests.pack.fictional_diary import DAY_MS, HOUR_MS, START_MS, FictionalDiary, incident_fields
from tests.pack.test_phone_tables import check_tables_on_phone
from tests.pack.test_verify_kinds import make_pack, servable_variants
from tests.pack.verifier_comparison import PackCases, compare_verifiers


def now_ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


def diary_of_two_devices() -> FictionalDiary:
    """Return a diary whose entry and picture were changed on a second phone with a clock three days slow."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "First words."), at_ms=START_MS + HOUR_MS)
    picture = diary.attach(entry, b"\x89PNG", "image/png", "A screen", at_ms=START_MS + 2 * HOUR_MS)
    first, diary.device_id = diary.device_id, id_text(new_id())
    for row, changes in (
        (entry, {"narrative": "Other words.", "reason": "I was wrong."}),
        (picture, {"description": "Two"}),
    ):
        second_version = diary.amend(row, changes, at_ms=START_MS - 3 * DAY_MS)
        # The server's clock is right in any case.
        second_version["receipt"] = receipts.sign_receipt(
            diary.notary,
            commitment=second_version["c"],
            envelopes_digest=str(second_version["env"]),
            timestamp_ms=START_MS + DAY_MS,
        )
    diary.device_id = first
    diary.amend(entry, {"narrative": "Words again.", "reason": "And again."}, at_ms=START_MS + 2 * DAY_MS)
    return diary


async def test_the_first_version_is_chosen_by_the_feed_not_the_clock(tmp_path: Path) -> None:
    """A valid pack has no findings, complete or in part, even if a second phone's clock was slow."""
    diary = diary_of_two_devices()
    pack = await make_pack(diary, tmp_path)
    cases = PackCases(tmp_path, diary.notary.pub)
    cases.add("whole", pack)
    for name, path in servable_variants(pack, tmp_path).items():
        cases.add(name, path)
    findings = compare_verifiers(cases)
    assert findings.pop("whole") == set()
    codes = {code for case_findings in findings.values() for code, _ in case_findings}
    assert codes == {"servable_only", "not_covered", "part_only"}


def test_phone_and_typesetter_end_a_time_range_alike(tmp_path: Path) -> None:
    """Both agree over clock changes, in an unknown zone and with an offset that does not fit the zone."""
    diary = FictionalDiary()
    for start, end, extra_fields in (
        (now_ms(2026, 9, 30, 23), now_ms(2026, 11, 1), {}),
        (now_ms(2026, 3, 28), now_ms(2026, 3, 29, 23), {}),
        (now_ms(2026, 10, 24, 23, 30), now_ms(2026, 10, 25, 1, 30), {}),
        (now_ms(2026, 10, 1), now_ms(2026, 11, 1), {"tz": "Mars/Olympus"}),
        (now_ms(2026, 10, 1), now_ms(2026, 11, 1), {"utc_offset_min": 330}),
        (now_ms(2026, 10, 1), now_ms(2026, 11, 1), {"tz": "America/New_York", "utc_offset_min": -240}),
    ):
        diary.add(
            "incident",
            {**incident_fields(start, "A while."), "occurred_end": end, "precision": "date_range", **extra_fields},
        )
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    name = "data/servable/02_chronology.csv"
    (result,) = check_tables_on_phone(
        [(raw, {name: csv_tables.chronology_csv(build_contents(read_capsule(raw)))})], tmp_path
    )
    assert result["differs"] is None


async def test_an_omitted_version_is_found(tmp_path: Path) -> None:
    """A version omitted everywhere is found, because the next version names its predecessor."""
    diary = diary_of_two_devices()
    middle = next(row for row in diary.versions if row["open"]["fields"].get("narrative") == "Other words.")
    diary.versions.remove(middle)
    cases = PackCases(tmp_path, diary.notary.pub)
    cases.add("left out", await make_pack(diary, tmp_path))
    assert {code for code, _ in compare_verifiers(cases)["left out"]} == {"left_out"}


def test_the_method_page_says_how_the_pack_was_made() -> None:
    """Document 10 describes packs made by a phone, a server, from a sealed copy and without a server, each correctly."""
    diary = diary_of_two_devices()
    keys = {**diary.public_keys, "log": "", "notary": ""}
    local: list[DiaryVersion] = [{**row, "seq": None, "receipt": None} for row in diary.versions]
    cases = (
        (
            diary.versions,
            diary.public_keys,
            False,
            ("which also runs the server", "the keeper sent the server the words"),
            True,
        ),
        (diary.versions, diary.public_keys, True, ("which also runs the server", "nothing was sent to a server"), True),
        (local, keys, True, ("never sent to a server", "nothing was sent to a server"), False),
    )
    raw = json.loads(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    raw["pack"]["engine"] = "browser"
    page = method_data(build_contents(read_capsule(canonical_json(raw))))
    assert "no words and no keys were sent to a server" in str(page["software"])
    assert "sent the server the words" not in str(page["software"])
    for versions, keys_given, alone, words, published in cases:
        wish = replace(diary.wish(alone=alone), feed=None)
        page = method_data(build_contents(read_capsule(build_capsule(versions, wish, keys_given))))
        assert all(word in str(page["software"]) for word in words) and page["published"] is published
        assert ("keeps it in its own note" in str(page["worked_out"])) is not alone
        assert ("sent the server the words" in str(page["software"])) is not alone

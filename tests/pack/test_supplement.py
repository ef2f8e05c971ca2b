"""A later pack after one removal, one amendment and ten new entries: numbers stay, and READ-FIRST explains."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diary.encoding import canonical_json
from diary.errors import BadRequest
from diary.ledger import receipts
from diary.pack.capsule.builder import build_capsule, opened_versions, version_times
from diary.pack.capsule.reader import CAPSULE_LIMIT_BYTES, Capsule, read_capsule
from diary.pack.contents import build_contents
from diary.pack.documents.chronology import chronology_data
from diary.pack.previous_packs import list_previous_packs, new_or_changed_entries
from diary.pack.redaction import REDACTION_MARK, build_redactor
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import assemble_pack, build_front_part
from tests.pack.fictional_diary import (
    DAY_MS,
    FictionalDiary,
    draw_screenshot,
    fictional_diary,
    incident_fields,
    make_print_copy,
)
from tests.pack.pack_members import Members, members_of
from tests.pack.test_servable import drawn_text


def _pdf_text(raw: bytes) -> str:
    return " ".join(drawn_text(raw).decode("utf-8", "replace").split())


def _front_page_rows(capsule: Capsule) -> list[list[Any]]:
    """Return the rows of page one: label, lines and note."""
    front: Any = chronology_data(build_contents(capsule))["front"]
    rows: list[list[Any]] = front["rows"]
    return rows


def _change_diary(diary: FictionalDiary, first: Capsule) -> tuple[str, ...]:
    """Take out one entry, amend one, add files and ten entries. Return what a supplement would contain."""
    at_ms = first.metadata.made_at + DAY_MS
    rows = [row for row in diary.versions if row["kind"] == "incident"][:12]
    items_given = [{"item": exhibit.item, "record": exhibit.record} for exhibit in first.exhibits]
    export_fields = {
        "kind": "pack",
        "pack_no": 1,
        "made_at": first.metadata.made_at,
        "record_ids": [row["record"] for row in rows],
    }
    diary.add(
        "export",
        {**export_fields, "items_included": items_given, "receipt_ref": "CR/77/26", "delivered_to": "PC Lee 4410"},
        at_ms=at_ms,
    )
    diary.take_out(rows[3], at_ms=at_ms, reason="not mine to tell")
    diary.amend(rows[5], {"narrative": "It was a Tuesday.", "reason": "I looked it up."}, at_ms=at_ms)
    new = [diary.add("incident", incident_fields(at_ms + n, f"New {n}."), at_ms=at_ms + n * 60_000) for n in range(10)]
    raw = draw_screenshot(9, (60, 120))
    for row in (rows[0], new[0]):
        diary.attach(row, raw, "image/png", "Later", print_image=make_print_copy(raw, 30), at_ms=at_ms + DAY_MS)
    opened_records = opened_versions(diary.versions)
    chosen = new_or_changed_entries(
        opened_records, list_previous_packs(opened_records, 2), version_times(diary.versions)
    )
    # The first entry got a file since: it is not new, but no other supplement would contain the picture.
    assert set(chosen) == {rows[0]["record"], rows[5]["record"], *(row["record"] for row in new)}
    return chosen


async def test_a_supplement_lists_what_is_new_changed_and_removed(tmp_path: Path) -> None:
    """New, changed and removed entries are listed with the recipient's reference, and all earlier numbers stay."""
    diary = fictional_diary(count=12, exhibits=4)
    first = read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    chosen = _change_diary(diary, first)
    made_at = first.metadata.made_at + 3 * DAY_MS
    wish = replace(diary.wish(chosen, made_at, kind="supplement", recipient_ref="CR/77/26"), no=2)
    capsule_bytes = build_capsule(diary.versions, wish, diary.public_keys)
    capsule = read_capsule(capsule_bytes)
    path = assemble_pack(
        diary, await build_front_part(diary, capsule_bytes, tmp_path / "front.zip"), capsule, tmp_path / "pack.zip"
    )
    assert verify_pack(path, notary=diary.notary.pub) == []

    counted = {
        name: capsule.counts[name] for name in ("total", "included", "earlier", "removed", "withheld", "amended")
    }
    assert counted == {"total": 22, "included": 12, "earlier": 9, "removed": 1, "withheld": 0, "amended": 1}
    first_records, highest = (
        {exhibit.record for exhibit in first.exhibits},
        max(exhibit.number for exhibit in first.exhibits),
    )
    assert [exhibit.number for exhibit in capsule.exhibits if exhibit.record not in first_records] == [
        highest + 1,
        highest + 2,
    ]
    full_capsule = read_capsule(
        build_capsule(diary.versions, replace(diary.wish(made_at=made_at + DAY_MS), no=3), diary.public_keys)
    )
    numbers = {exhibit.record: exhibit.number for exhibit in full_capsule.exhibits}
    assert all(numbers[exhibit.record] == exhibit.number for exhibit in first.exhibits if exhibit.record in numbers)
    _assert_explained(members_of(path))


def _assert_explained(members: Members) -> None:
    """Assert that READ-FIRST and page one list the changes and the reference, and only 06 the first recipient."""
    read_first = members["data/00_READ-FIRST.txt"].decode()
    since = ("New since: entries 13–22.", "Changed since: entries 1, 6.", "Removed since: entry 4.")
    for words in ("SUPPLEMENT", "It continues pack JB 1", "CR/77/26", *since):
        assert words in read_first, words
    page = _pdf_text(members["data/servable/01_chronology.pdf"])
    removal_text = "1 removed by the keeper (4)"
    changes = (
        "New entries 10 entries 13–22",
        "Entries added to or amended 2 entries 1, 6",
        "Entries removed by the keeper 1 entry 4",
        "New exhibits 2 JB/6 to JB/7",
    )
    for words in (
        "Supplement.",
        "your reference CR/77/26",
        "NEW",
        "CHANGED",
        "9 in an earlier pack",
        removal_text,
        *changes,
    ):
        assert words in page, words
    assert "PC Lee" not in page and "PC Lee" not in read_first
    assert "PC Lee 4410" in _pdf_text(members["data/restricted/06_RESTRICTED_officer-sheet.pdf"])


def test_a_later_whole_pack_says_what_is_new_since() -> None:
    """The later of two whole packs lists the same changes on page one and marks its rows; the first has no such list."""
    diary = fictional_diary(count=12, exhibits=4)
    first = read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    assert chronology_data(build_contents(first))["new_since"] is None
    _change_diary(diary, first)
    wish = replace(diary.wish(made_at=first.metadata.made_at + 3 * DAY_MS), no=2)
    data: Any = chronology_data(build_contents(read_capsule(build_capsule(diary.versions, wish, diary.public_keys))))
    assert data["new_since"]["earlier"].startswith("pack JB 1 of ")
    assert not data["new_since"]["is_supplement"]
    assert data["new_since"]["rows"] == [
        ["New entries", "10", "entries 13–22"],
        ["Entries added to or amended", "2", "entries 1, 6"],
        ["Entries removed by the keeper", "1", "entry 4"],
        ["New exhibits", "2", "JB/6 to JB/7"],
    ]
    marks = {row["no"]: row["mark"] for row in data["rows"]}
    assert {no for no, mark in marks.items() if mark == "NEW"} == {str(no) for no in range(13, 23)}
    assert {no for no, mark in marks.items() if mark == "CHANGED"} == {"1", "6"}


def test_a_change_is_later_by_either_clock() -> None:
    """A change on a slow phone that the server received after the pack is in the next supplement, as changed."""
    diary = fictional_diary(count=2, exhibits=0)
    first = read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    rows = [row for row in diary.versions if row["kind"] == "incident"]
    ids, made_at = list(dict.fromkeys(row["record"] for row in rows)), first.metadata.made_at
    items_given = [{"item": exhibit.item, "record": exhibit.record} for exhibit in first.exhibits]
    export_fields = {"kind": "pack", "pack_no": 1, "made_at": made_at, "record_ids": ids, "items_included": items_given}
    diary.add("export", export_fields, at_ms=made_at)
    slow = diary.amend(rows[0], {"who": "Somebody", "reason": "now I know"}, at_ms=made_at - 2 * DAY_MS)
    slow["receipt"] = receipts.sign_receipt(
        diary.notary, commitment=slow["c"], envelopes_digest=str(slow["env"]), timestamp_ms=made_at + DAY_MS
    )
    opened_records = opened_versions(diary.versions)
    assert new_or_changed_entries(
        opened_records, list_previous_packs(opened_records, 2), version_times(diary.versions)
    ) == (rows[0]["record"],)
    wish = replace(diary.wish((rows[0]["record"],), made_at + 2 * DAY_MS, kind="supplement"), no=2)
    assert read_capsule(build_capsule(diary.versions, wish, diary.public_keys)).metadata.changes.changed_entries == (1,)


def test_words_chosen_by_the_keeper_are_withheld_as_whole_words() -> None:
    """A short name and a phrase are withheld as whole words in any case, but not inside other words."""
    diary = fictional_diary(count=1, exhibits=0)
    capsule = read_capsule(
        build_capsule(diary.versions, diary.wish(hold_words=("Al", "the red gate")), diary.public_keys)
    )
    withheld = build_redactor(capsule)
    assert (
        withheld.redact("I met AL by The Red  Gate. Also Alice.")
        == f"I met {REDACTION_MARK} by {REDACTION_MARK}. Also Alice."
    )


async def test_a_pack_of_words_says_how_many_files_follow(tmp_path: Path) -> None:
    """It has no exhibit, page one and READ-FIRST say so, and the later pack has the files as changes."""
    diary = fictional_diary(count=6, exhibits=4)
    with_files = read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    raw = build_capsule(diary.versions, diary.wish(files_later=True), diary.public_keys)
    capsule = read_capsule(raw)
    assert (capsule.metadata.later_files_count, capsule.exhibits, capsule.custody) == (5, (), ())
    assert len(with_files.exhibits) == 5
    path = assemble_pack(diary, await build_front_part(diary, raw, tmp_path / "front.zip"), capsule, tmp_path / "1.zip")
    assert verify_pack(path, notary=diary.notary.pub) == []
    members = members_of(path)
    assert not [name for name in members if "13_exhibits" in name]
    nothing_here = "There are no exhibits in this pack. 5 pictures and files are to follow in a later pack."
    assert nothing_here in _pdf_text(members["data/servable/04_exhibits.pdf"])
    read_first = members["data/00_READ-FIRST.txt"].decode("utf-8")
    assert "FILES NOT HERE: 5 pictures and files are to follow in a later pack." in read_first
    expected = ["Files not here", ["5 pictures and files are to follow in a later pack"], ""]
    assert expected in _front_page_rows(capsule)

    at_ms = capsule.metadata.made_at + DAY_MS
    entries = [version.opened.record for version in capsule.versions if version.opened.kind == "incident"]
    exported = {"kind": "evidence", "pack_no": 1, "made_at": capsule.metadata.made_at, "record_ids": entries}
    diary.add("export", {**exported, "items_included": []}, at_ms=at_ms)
    opened_records = opened_versions(diary.versions)
    chosen = new_or_changed_entries(
        opened_records, list_previous_packs(opened_records, 2), version_times(diary.versions)
    )
    wish = replace(diary.wish(chosen, at_ms + DAY_MS, kind="supplement"), no=2)
    later = read_capsule(build_capsule(diary.versions, wish, diary.public_keys))
    assert (later.metadata.later_files_count, len(later.exhibits)) == (0, 5)
    assert len(later.metadata.changes.changed_entries) == len(chosen) and not later.metadata.changes.new_entries
    assert "Files not here" not in [label for label, *_ in _front_page_rows(later)]


def test_a_pack_without_files_has_nothing_to_follow() -> None:
    """Words only of a diary without files are a usual pack."""
    diary = fictional_diary(count=2, exhibits=0)
    versions = [row for row in diary.versions if row["kind"] != "attachment"]
    raw = build_capsule(versions, diary.wish(files_later=True), diary.public_keys)
    assert "files_later" not in read_capsule(raw).metadata.raw
    assert read_capsule(raw).metadata.later_files_count == 0


@pytest.mark.parametrize("count", [0, -1, True, "4", None, 1.5])
def test_an_impossible_number_of_files_that_follow_is_refused(count: object) -> None:
    """Nothing but a positive number is accepted."""
    diary = fictional_diary(count=2, exhibits=1)
    capsule = json.loads(build_capsule(diary.versions, diary.wish(files_later=True), diary.public_keys))
    capsule["pack"]["files_later"] = count
    with pytest.raises(BadRequest):
        read_capsule(json.dumps(capsule, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def test_a_pack_with_exhibits_cannot_say_that_its_files_follow() -> None:
    """Page one would deny what 04 shows."""
    diary = fictional_diary(count=2, exhibits=1)
    capsule = json.loads(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    capsule["pack"]["files_later"] = 1
    with pytest.raises(BadRequest, match="no exhibits"):
        read_capsule(canonical_json(capsule, limit_bytes=CAPSULE_LIMIT_BYTES))

"""A later pack after one removal, one amendment and ten new entries: numbers hold, and READ-FIRST explains."""

from dataclasses import replace
from pathlib import Path

from diary.ledger import receipts
from diary.pack.capsule.builder import make_capsule, opened_versions, received_at
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.pack.previous_packs import earlier_packs, new_or_changed
from diary.pack.redaction import MARK, held_back
from diary.pack.verify.verifier import verify
from tests.pack.conftest import build, finish
from tests.pack.fiction import DAY, FictionalDiary, fictional_diary, incident_fields, picture, print_copy
from tests.pack.rezip import Members, members_of
from tests.pack.test_servable import drawn


def _words(raw: bytes) -> str:
    return " ".join(drawn(raw).decode("utf-8", "replace").split())


def _second(diary: FictionalDiary, first: Capsule) -> tuple[str, ...]:
    """One entry out, one amended, one with a new file, ten new ones, one with a file; what a supplement would hold."""
    at = first.head.made_at + DAY
    rows = [row for row in diary.versions if row["kind"] == "incident"][:12]
    given = [{"item": one.item, "record": one.record} for one in first.exhibits]
    sent = {"kind": "pack", "pack_no": 1, "made_at": first.head.made_at, "record_ids": [row["record"] for row in rows]}
    diary.add(
        "export", {**sent, "items_included": given, "receipt_ref": "CR/77/26", "delivered_to": "PC Lee 4410"}, at=at
    )
    diary.take_out(rows[3], at=at, reason="not mine to tell")
    diary.amend(rows[5], {"narrative": "It was a Tuesday.", "reason": "I looked it up."}, at=at)
    new = [diary.add("incident", incident_fields(at + n, f"New {n}."), at=at + n * 60_000) for n in range(10)]
    raw = picture(9, (60, 120))
    for row in (rows[0], new[0]):
        diary.attach(row, raw, "image/png", "Later", printed=print_copy(raw, 30), at=at + DAY)
    opened = opened_versions(diary.versions)
    chosen = new_or_changed(opened, earlier_packs(opened, 2), received_at(diary.versions))
    # The first was given a file since: it is not new, and its picture would be in no supplement ever.
    assert set(chosen) == {rows[0]["record"], rows[5]["record"], *(row["record"] for row in new)}
    return chosen


async def test_a_supplement_after_one_removal_one_amendment_and_ten_new_entries(tmp_path: Path) -> None:
    """What is new, changed and gone is named with the recipient's reference; entries and exhibits keep their numbers."""
    diary = fictional_diary(count=12, exhibits=4)
    first = read_capsule(make_capsule(diary.versions, diary.wish(), diary.keys))
    chosen = _second(diary, first)
    made_at = first.head.made_at + 3 * DAY
    wish = replace(diary.wish(chosen, made_at, kind="supplement", recipient_ref="CR/77/26"), no=2)
    made = make_capsule(diary.versions, wish, diary.keys)
    told = read_capsule(made)
    path = finish(diary, await build(diary, made, tmp_path / "front.zip"), told, tmp_path / "pack.zip")
    assert verify(path, notary=diary.notary.pub) == []

    counted = {name: told.counts[name] for name in ("total", "included", "earlier", "removed", "withheld", "amended")}
    assert counted == {"total": 22, "included": 12, "earlier": 9, "removed": 1, "withheld": 0, "amended": 1}
    known, highest = {one.record for one in first.exhibits}, max(one.number for one in first.exhibits)
    assert [one.number for one in told.exhibits if one.record not in known] == [highest + 1, highest + 2]
    again = read_capsule(make_capsule(diary.versions, replace(diary.wish(made_at=made_at + DAY), no=3), diary.keys))
    numbers = {one.record: one.number for one in again.exhibits}
    assert all(numbers[one.record] == one.number for one in first.exhibits if one.record in numbers)
    _explains(members_of(path))


def _explains(members: Members) -> None:
    """READ-FIRST and page one say what changed and under which reference; who got the first pack stands in 06 alone."""
    read = members["data/00_READ-FIRST.txt"].decode()
    since = ("New since: entries 13–22.", "Changed since: entries 1, 6.", "Removed since: entry 4.")
    for words in ("SUPPLEMENT", "It continues pack JB 1", "CR/77/26", *since):
        assert words in read, words
    page = _words(members["data/servable/01_chronology.pdf"])
    gone = "1 removed by the keeper (4)"
    for words in ("Supplement.", "your reference CR/77/26", "NEW", "CHANGED", "9 in an earlier pack", gone):
        assert words in page, words
    assert "PC Lee" not in page and "PC Lee" not in read
    assert "PC Lee 4410" in _words(members["data/restricted/06_RESTRICTED_officer-sheet.pdf"])


def test_a_change_is_later_by_either_clock() -> None:
    """A phone that is three days slow, and a server that had it after the pack: it is in the next supplement, as changed."""
    diary = fictional_diary(count=2, exhibits=0)
    first = read_capsule(make_capsule(diary.versions, diary.wish(), diary.keys))
    rows = [row for row in diary.versions if row["kind"] == "incident"]
    ids, made_at = list(dict.fromkeys(row["record"] for row in rows)), first.head.made_at
    given = [{"item": one.item, "record": one.record} for one in first.exhibits]
    sent = {"kind": "pack", "pack_no": 1, "made_at": made_at, "record_ids": ids, "items_included": given}
    diary.add("export", sent, at=made_at)
    slow = diary.amend(rows[0], {"who": "Somebody", "reason": "now I know"}, at=made_at - 2 * DAY)
    args = {"c": slow["c"], "env": str(slow["env"]), "ts": made_at + DAY}
    slow["receipt"] = receipts.make(diary.notary, **args)
    opened = opened_versions(diary.versions)
    assert new_or_changed(opened, earlier_packs(opened, 2), received_at(diary.versions)) == (rows[0]["record"],)
    wish = replace(diary.wish((rows[0]["record"],), made_at + 2 * DAY, kind="supplement"), no=2)
    assert read_capsule(make_capsule(diary.versions, wish, diary.keys)).head.since.changed == (1,)


def test_words_the_keeper_holds_back_are_held_back_whole() -> None:
    """A short name and a phrase, as whole words, whatever their case; not inside other words."""
    diary = fictional_diary(count=1, exhibits=0)
    told = read_capsule(make_capsule(diary.versions, diary.wish(hold_words=("Al", "the red gate")), diary.keys))
    held = held_back(told)
    assert held.mask("I met AL by The Red  Gate. Also Alice.") == f"I met {MARK} by {MARK}. Also Alice."

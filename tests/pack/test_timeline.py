"""The timeline of document 01: a mark for each entry, whatever their number, dates and kinds."""

import io
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdf
import pytest

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import PackContents, build_contents
from diary.pack.documents.chronology import chronology_data
from diary.pack.documents.document_set import PdfDocument, write_template_files
from diary.pack.documents.patterns import key_date_letter
from diary.pack.documents.timeline import WIDTH, timeline_data, timeline_rows
from diary.pack.documents.typesetting import compile_document
from diary.record import vocabulary
from tests.pack.fictional_diary import DAY_MS, HOUR_MS, START_MS, FictionalDiary, incident_fields

SCREEN_SCRIPT = Path(__file__).parents[1] / "js" / "pack_timeline.mjs"
# The frame of a page, in hundredths of a millimetre (diary/pack/documents/timeline.py).
PACK_FRAME = {
    "left": 5_700, "end": 16_200, "undated": 1_000, "undatedGap": 150, "undatedPadding": 50, "markGap": 20,
    "tickDistance": 900, "flag_size": 260,
}  # fmt: skip
ALL_BEHAVIOURS = [term.code for term in vocabulary.CHOICE_LISTS["behaviours"].terms]
# The text area of a page, less heading, words and signs, in hundredths of a millimetre.
PICTURE_HEIGHT_LIMIT = 20_000


def contents_of(entries: Sequence[Mapping[str, object]], diary: FictionalDiary | None = None) -> PackContents:
    """Return the contents of a pack of these entries."""
    return build_contents(read_capsule(capsule_of(entries, diary)))


def capsule_of(entries: Sequence[Mapping[str, object]], diary: FictionalDiary | None = None) -> bytes:
    """Return the capsule of a pack of these entries."""
    diary = diary or FictionalDiary()
    for number, fields in enumerate(entries):
        diary.add("incident", fields, at_ms=START_MS + number)
    wish = diary.wish(made_at=START_MS + 4_000 * DAY_MS)
    return build_capsule(diary.versions, wish, diary.public_keys)


def entry(days: float, **fields: object) -> dict[str, object]:
    return incident_fields(START_MS + int(days * DAY_MS), "Again.", **fields)


def timeline_of(contents: PackContents) -> dict[str, Any]:
    data: Any = timeline_data(contents)
    assert data is not None
    return dict(data)


DIARIES: dict[str, list[dict[str, object]]] = {
    "one entry": [entry(0, behaviours=["follow"])],
    "undated entries only": [{"precision": "unknown", "behaviours": ["follow"]} for _ in range(200)],
    "one day": [
        entry(n / 200, behaviours=["follow"], precision=("minute", "day")[n % 2], occurred_end=None) for n in range(90)
    ],
    "ten years": [entry(n * 36.5, behaviours=["follow", "calls"][: 1 + n % 2]) for n in range(100)],
    "a thousand entries": [entry(n % 397, behaviours=ALL_BEHAVIOURS[n % 7 : n % 7 + 3]) for n in range(1_000)],
    "a thousand entries of one day": [entry(0, behaviours=["follow"], precision="day") for _ in range(1_000)],
    "all kinds": [entry(n, behaviours=[code]) for n, code in enumerate(ALL_BEHAVIOURS)],
    "no kinds": [entry(0), entry(1)],
}


# Entries, the days on which new accounts were first seen, and how many of these have a flag.
FAR_FLAGS: dict[str, tuple[list[dict[str, object]], list[str], int]] = {
    "one near, one far": ([entry(0), entry(40)], ["2026-05-12", "2031-01-01"], 1),
    "all far": ([entry(0), entry(40)], ["2030-01-01", "2031-01-01"], 0),
    "one entry": ([entry(0)], ["2026-05-12"], 0),
    "undated entries only": ([], ["2026-05-12"], 0),
}


def diary_with_new_accounts(days: Sequence[str]) -> FictionalDiary:
    """Return a diary with a blocked account and accounts first seen on these later days, each in an undated entry."""
    diary = FictionalDiary()
    accounts = [{"number": f"07700 90020{number}", "first_seen": day} for number, day in enumerate(days)]
    for fields in ({"number": "07700 900100", "platform": "sms", "blocked_on": "2026-05-05"}, *accounts):
        account = diary.add("account", fields)["record"]
        diary.add("incident", {"precision": "unknown", "account_ids": [account]})
    return diary


@pytest.mark.parametrize("name", DIARIES)
def test_each_entry_has_a_mark_in_each_of_its_lanes(name: str) -> None:
    """Marks are counted beside their lane, stand in it, and are those of the table."""
    contents = contents_of(DIARIES[name])
    data = timeline_of(contents)
    lanes = {lane[2]: lane for panel in data["panels"] for lane in panel["lanes"]}
    rows = timeline_rows(contents)
    assert [(row[0], row[1]) for row in rows] == [(lane[2], lane[3]) for lane in lanes.values()]
    expected = {
        code: sum(code in fields.get("behaviours", ()) for fields in DIARIES[name])  # type: ignore[operator]
        for code in ALL_BEHAVIOURS
    }
    shown = sum(int(row[1]) for row in rows if "not recorded" not in row[0])
    assert shown == sum(expected.values())
    for panel in data["panels"]:
        assert 0 < panel["height"] <= PICTURE_HEIGHT_LIMIT
        assert len(panel["marks"]) == sum(int(lane[3]) for lane in panel["lanes"])
        for top, height, label, count, _, _ in panel["lanes"]:
            inside = [mark for mark in panel["marks"] if top <= mark[1] < top + height]
            assert len(inside) == int(count), label
        assert all(data["axis_left"] <= x <= WIDTH for x, *_ in panel["marks"])
        assert all(f"{lane[2]}: {lane[3]}" in panel["alt"] for lane in panel["lanes"])
    # All of it is whole numbers and words: the same bytes on every machine.
    assert not [value for value in _leaves(data) if isinstance(value, float)]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for member in value.values() for leaf in _leaves(member)]
    return [leaf for member in value for leaf in _leaves(member)] if isinstance(value, list | tuple) else [value]


def test_the_screen_draws_the_lanes_and_marks_of_the_pack(tmp_path: Path) -> None:
    """The Patterns screen has the same lanes, in the same order, with each mark, line and tick at the same place."""
    diary = FictionalDiary()
    diary.add("order", {"kind": "spo", "served_on": "2026-06-03"})
    diary.add("notice", {"at": START_MS + 20 * DAY_MS + HOUR_MS})
    blocked = diary.add("account", {"number": "07700 900100", "platform": "sms", "blocked_on": "2026-05-05"})
    diary.add("incident", entry(0, account_ids=[blocked["record"]]))
    for number, basis in enumerate((["content_only_they_would_know"], ["guess"], None, ["guess"])):
        fields = {"number": f"07700 90020{number}", "first_seen": f"2026-05-1{number}", "attribution_basis": basis}
        account = diary.add("account", {name: value for name, value in fields.items() if value})["record"]
        diary.add("incident", entry(7 + number, account_ids=[account]))
    month_end = START_MS + 30 * DAY_MS
    mixed: list[dict[str, object]] = [
        entry(0, behaviours=["follow"], response=["replied"]),
        entry(1, behaviours=["follow"], i_contacted_them=["yes_first"], attribution_basis=["guess"]),
        entry(2, lawful_contact_context="Handing over the children"),
        entry(20, behaviours=["calls", "follow"], precision="date_range", occurred_end=month_end),
    ]
    mixed += [{"precision": "unknown", "behaviours": ["follow"]} for _ in range(9)]
    capsules = [capsule_of(entries) for entries in DIARIES.values()] + [capsule_of(mixed, diary)]
    capsules += [capsule_of(entries, diary_with_new_accounts(days)) for entries, days, _ in FAR_FLAGS.values()]
    timelines = [timeline_of(build_contents(read_capsule(capsule))) for capsule in capsules]
    paths = [tmp_path / f"{number}.json" for number in range(len(capsules))]
    for path, capsule in zip(paths, capsules, strict=True):
        path.write_bytes(capsule)
    frames = [{**PACK_FRAME, "mark_size": data["size"]} for data in timelines]
    node = subprocess.run(
        ["node", SCREEN_SCRIPT, json.dumps(frames), *paths], capture_output=True, text=True, check=True
    )
    kinds = set()
    for data, screen in zip(timelines, json.loads(node.stdout), strict=True):
        lanes = [lane for panel in data["panels"] for lane in _lanes_of(panel)]
        assert [sorted(lane["marks"]) for lane in screen["lanes"]] == [sorted(marks) for marks, _ in lanes]
        assert [sorted(lane["spans"]) for lane in screen["lanes"]] == [sorted(spans) for _, spans in lanes]
        assert screen["ticks"] == [tick[0] for tick in data["ticks"]]
        assert screen["lines"] == [[x, kind] for x, _, _, kind in data["lines"]]
        assert screen["undated_left"] == data["undated_left"]
        kinds |= {lane["kind"] for lane in screen["lanes"]}
    assert kinds == {"accounts", "behaviours", "no_behaviour", "own_contact", "reason"}


def _lanes_of(panel: Mapping[str, Any]) -> list[tuple[list[list[object]], list[list[object]]]]:
    """Return the marks and lines of each lane of a page, with their place in the stack instead of their height."""
    lanes = []
    for top, height, *_ in panel["lanes"]:
        marks = [[x, y, sure] for x, y, sure, _ in panel["marks"] if top <= y < top + height]
        heights = sorted({y for _, y, _ in marks}, reverse=True)
        spans = [[start, end, heights.index(y)] for start, end, y in panel["spans"] if top <= y < top + height]
        lanes.append(([[x, heights.index(y), sure] for x, y, sure in marks], spans))
    return lanes


def test_a_pack_without_entries_has_no_picture() -> None:
    """Items by number can come without entries."""
    contents = replace(contents_of([entry(0)]), entries=(), unredacted_entries=())
    assert timeline_data(contents) is None and timeline_rows(contents) == []


def test_marks_are_hollow_where_day_or_person_is_not_sure() -> None:
    """A guess, an unknown person, a range of days and no date are hollow; a range has a line; a rest is filled."""
    range_end = START_MS + 30 * DAY_MS
    entries: list[dict[str, object]] = [
        entry(0, behaviours=["follow"]),
        entry(10, behaviours=["follow"], attribution_basis=["guess"]),
        entry(20, behaviours=["follow"], attribution_basis=["unknown"]),
        entry(25, behaviours=["follow"], precision="date_range", occurred_end=range_end),
        {"precision": "unknown", "behaviours": ["follow"]},
        entry(40, behaviours=["follow"], attribution_basis=["saw_them"], precision="day"),
    ]
    contents = contents_of(entries)
    data = timeline_of(contents)
    [panel] = data["panels"]
    marks = sorted(panel["marks"])
    assert [is_sure for _, _, is_sure, _ in marks] == [True, False, False, False, True, False]
    [(start, end, _)] = panel["spans"]
    assert start < marks[3][0] < end and marks[-1][0] > data["undated_left"]
    assert timeline_rows(contents)[0][4] == "4"


def test_marks_stand_in_order_of_time_on_either_side_of_a_key_date() -> None:
    """Whatever is before an order was served stands before its line."""
    diary = FictionalDiary()
    diary.add("order", {"kind": "spo", "served_on": "2026-06-03"})
    data = timeline_of(contents_of([entry(29, behaviours=["follow"]), entry(31, behaviours=["follow"])], diary))
    [(x, _, letter, kind)] = data["lines"]
    before, after = sorted(mark[0] for mark in data["panels"][0]["marks"])
    assert before < x < after and (letter, kind) == ("A", "served")
    assert data["key"] == [["A", "3 Jun 2026", "Order served (O1)", ""]]


def test_near_key_dates_have_letters_side_by_side() -> None:
    """Letters never cover each other; a date far from all entries is only named; too many stand in the table alone."""
    diary = FictionalDiary()
    days = [f"2026-05-{day:02d}" for day in (5, 5, 6, 6, 7)] + ["2019-01-01"]
    diary.add("background", {"key_dates": [{"kind": "other", "about": f"Day {day}", "on": day} for day in days]})
    data = timeline_of(contents_of([entry(0), entry(300)], diary))
    letters = [x for _, x, letter, _ in data["lines"] if letter]
    assert len(letters) == 5 and min(b - a for a, b in pairwise(letters)) >= 330
    assert [row[3] for row in data["key"]] == ["before the picture begins", "", "", "", "", ""]
    diary.add("background", {"key_dates": [{"kind": "other", "on": "2026-08-01"} for _ in range(40)]})
    data = timeline_of(contents_of([entry(301)], diary))
    assert data["key"] == [] and data["has_key_in_table"] and len(data["lines"]) == 45
    assert [key_date_letter(index) for index in (0, 25, 26, 52)] == ["A", "Z", "AA", "BA"]


def test_the_keepers_own_contact_has_lanes_of_its_own() -> None:
    """Replies and contact with a reason, such as children, have other marks below the kinds of behaviour."""
    entries = [
        entry(0, behaviours=["follow"], response=["replied"]),
        entry(1, behaviours=["follow"], i_contacted_them=["yes_first"]),
        entry(2, lawful_contact_context="Handing over the children", behaviours=["follow"]),
        entry(3, behaviours=["follow"], i_contacted_them=["no"]),
    ]
    rows = timeline_rows(contents_of(entries))
    assert [row[:2] + row[5:] for row in rows[1:]] == [
        ["AA replied or made contact", "2", "1, 2"],
        ["AA had a reason to be in touch, such as children", "1", "3"],
    ]


def test_new_accounts_are_flags_and_say_how_sure_the_keeper_is() -> None:
    """A flag is hollow where whose the account is, is a guess. Page one counts both in words."""
    diary = FictionalDiary()
    blocked = diary.add("account", {"number": "07700 900100", "platform": "sms", "blocked_on": "2026-05-05"})
    diary.add("incident", entry(0, account_ids=[blocked["record"]]))
    bases = (["content_only_they_would_know"], ["guess"], ["guess", "pattern"], ["guess"], None)
    for number, basis in enumerate(bases):
        fields = {"number": f"07700 90020{number}", "first_seen": f"2026-05-1{number}", "attribution_basis": basis}
        account = diary.add("account", {name: value for name, value in fields.items() if value})["record"]
        diary.add("incident", entry(7 + number, account_ids=[account]))
    contents = contents_of([entry(40)], diary)
    flags = [mark for mark in timeline_of(contents)["panels"][0]["marks"] if mark[3] == "flag"]
    assert [is_sure for _, _, is_sure, _ in sorted(flags)] == [True, False, True, False, False]
    data: Any = chronology_data(contents)
    rows = {label: lines for label, lines, _ in data["front"]["rows"]}
    words = "2 the keeper is sure of, 2 a guess, 1 where it is not said"
    assert rows["New after a block"] == [f"5 accounts or numbers: {words}"]
    assert [row[1] for row in data["four"] if row[0] == f"New accounts or numbers after a block: {words}"] == ["5"]


@pytest.mark.parametrize("name", FAR_FLAGS)
def test_a_new_account_of_a_day_off_the_axis_has_no_flag(name: str) -> None:
    """No flag stands outside the picture, and the lane counts those that are drawn. Page one counts all accounts."""
    entries, days, flag_count = FAR_FLAGS[name]
    contents = contents_of(entries, diary_with_new_accounts(days))
    data = timeline_of(contents)
    [panel] = data["panels"]
    assert all(data["axis_left"] <= x <= WIDTH for x, *_ in panel["marks"])
    assert len([mark for mark in panel["marks"] if mark[3] == "flag"]) == flag_count
    label = "New accounts and numbers after a block"
    counts = [int(count) for _, _, lane_label, count, *_ in panel["lanes"] if lane_label == label]
    assert counts == ([flag_count] if flag_count else [])
    assert (f"{label}: {flag_count}" in panel["alt"], label in panel["alt"]) == (bool(flag_count), bool(flag_count))
    assert ("flag" in data["shapes"], data["has_unsure_flag"]) == (bool(flag_count), bool(flag_count))
    front: Any = chronology_data(contents)["front"]
    rows = {row_label: lines for row_label, lines, _ in front["rows"]}
    [account_words] = rows["New after a block"]
    assert account_words.startswith(f"{len(days)} account")


def test_one_of_each_unit_is_singular() -> None:
    """A page says `1 day`, `1 entry` and `1 message or call`."""
    diary = FictionalDiary()
    diary.add("notice", {"at": "2026-05-01"})
    entries: list[dict[str, object]] = [entry(0, who="A man", count=1), entry(1), {"precision": "unknown"}]
    wish_contents = contents_of(entries, diary)
    made_at = START_MS + 2 * DAY_MS
    metadata = replace(wish_contents.capsule.metadata, made_at=made_at)
    contents = replace(wish_contents, capsule=replace(wish_contents.capsule, metadata=metadata))
    data: Any = chronology_data(contents)
    words = "; ".join(line for _, lines, _ in data["front"]["rows"] for line in lines) + data["front"]["since"]
    for expected in ("“A man”, 1 entry", "typically 1 day apart", "Longest gap 1 day,", "1 message or call counted",
                     "1 entry, placed last", "1 day before this pack"):  # fmt: skip
        assert expected in words, (expected, words)
    assert not [part for part in words.split("; ") if part.startswith("1 ") and part.split()[1] in ("days", "entries")]


@pytest.mark.parametrize("name", ["one entry", "undated entries only", "one day", "all kinds", "no kinds"])
def test_the_timeline_is_a_figure_with_words(name: str, tmp_path: Path) -> None:
    """It is typeset as PDF/UA, one figure a page, each with its alternative text."""
    contents = contents_of(DIARIES[name])
    write_template_files(PdfDocument("chronology", "servable/01.pdf", chronology_data, tmp_path / "01"), contents)
    compile_document(tmp_path, "chronology", "01", START_MS)
    raw = (tmp_path / "01.pdf").read_bytes()
    reader = pypdf.PdfReader(io.BytesIO(raw))
    assert b"<pdfuaid:part>1</pdfuaid:part>" in raw
    root: Any = reader.root_object
    alts = [alt for alt in _alternative_texts(root["/StructTreeRoot"]) if alt.startswith("Timeline of")]
    panels = timeline_of(contents)["panels"]
    assert alts == [panel["alt"] for panel in panels] and len(panels) == (2 if name == "all kinds" else 1)
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert "No marks does not mean that nothing happened." in pages[1]
    assert "page 1 of" in pages[0] and "Digest of the exhibits list" in pages[0]


def _alternative_texts(node: Any) -> list[str]:
    """Return the alternative texts of a structure tree, in order."""
    node = node.get_object()
    if isinstance(node, list):
        return [alt for child in node for alt in _alternative_texts(child)]
    if not isinstance(node, dict):
        return []
    own = [str(node["/Alt"])] if "/Alt" in node else []
    return own + (_alternative_texts(node["/K"]) if "/K" in node else [])


def test_hours_of_one_day_and_years_of_ten_have_ticks() -> None:
    """The axis is labelled in hours, days, weeks, months, quarters or years, never more than fit."""
    for days, first in ((0, "00:00"), (6, "4 May"), (40, "4 May"), (200, "May"), (800, "Jul"), (3_650, "2027")):
        ticks = timeline_of(contents_of([entry(0), entry(days + HOUR_MS / DAY_MS)]))["ticks"]
        assert ticks[0][1] == first and 3 <= len(ticks) <= 14
        assert min(b[0] - a[0] for a, b in pairwise(ticks)) >= 690

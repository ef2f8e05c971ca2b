"""Making and reading capsules: the vector that both languages share, and what is refused."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from diary.encoding import canonical_json, unb64
from diary.errors import BadRequest
from diary.pack.capsule.builder import DiaryVersion, OpenedPart, PackOptions, build_capsule, erased_entries
from diary.pack.capsule.reader import read_capsule
from diary.pack.proofs.record_json import encode_record
from tests.pack.fictional_diary import (
    DAY_MS,
    START_MS,
    FictionalDiary,
    draw_screenshot,
    fictional_diary,
    incident_fields,
    make_print_copy,
    rendition_fields,
)
from tests.pack.write_capsule_vector import local_capsule, without_absent

VECTOR = json.loads((Path(__file__).parents[1] / "vectors" / "capsule.json").read_text(encoding="utf-8"))


def opened_part(raw: Any) -> OpenedPart | None:
    if raw is None:
        return None
    keys = [(blob, unb64(key)) for blob, key in raw["keys"]]
    return {"fields": raw["fields"], "keys": keys, "seed": unb64(raw["seed"])}


def parse_version(row: dict[str, Any]) -> DiaryVersion:
    """Return a version of the vector, with keys and seeds as bytes."""
    parts: Any = {part: opened_part(row[part]) for part in ("open", "restricted")}
    return cast("DiaryVersion", row | parts)


VERSIONS = [parse_version(row) for row in VECTOR["versions"]]


def parse_wish(expected: dict[str, Any]) -> PackOptions:
    options: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in expected["wish"].items()
    }
    return PackOptions(**options)


def test_the_vector_gives_the_same_capsule_bytes() -> None:
    """A capsule has the bytes of tests/vectors/capsule.json, as on the phone."""
    for expected in (VECTOR, *VECTOR["later"].values()):
        wish = parse_wish(expected)
        raw = build_capsule(without_absent(VERSIONS, wish), wish, VECTOR["keys"])
        assert raw == expected["capsule"].encode()
        assert encode_record(read_capsule(raw)) == expected["record"].encode()


def test_a_supplement_keeps_numbers_and_counts_what_it_leaves_out() -> None:
    """Earlier numbers stay and new files follow. The counts add up, and changed entries are named."""
    capsule = read_capsule(VECTOR["later"]["supplement"]["capsule"].encode())
    assert (capsule.exhibits[0].item, capsule.exhibits[0].filename) == ("KB/5", "KB-5.bin")
    assert [exhibit.number for exhibit in capsule.exhibits] == list(range(5, 5 + len(capsule.exhibits)))
    counts = capsule.counts
    assert counts["total"] == counts["included"] + counts["earlier"] + counts["withheld"] + counts["removed"]
    assert (counts["earlier"], counts["withheld"]) == (1, 1)
    assert [(pack.number, pack.receipt_ref) for pack in capsule.metadata.superseded_packs] == [(1, "CR/1/26")]
    assert (
        capsule.metadata.changes.changed_entries == (2,)
        and 1 not in capsule.metadata.changes.new_entries
        and len(capsule.metadata.changes.new_entries) > 1
    )
    assert (
        capsule.metadata.is_training
        and capsule.metadata.profile == "school"
        and capsule.withheld_words == ("Elm Road",)
    )
    assert capsule.metadata.review and capsule.metadata.review.override_at


def test_an_erased_entry_keeps_its_number_and_is_counted() -> None:
    """No later entry takes an erased entry's number, and the pack says that the entry was removed."""
    capsule, before = (read_capsule(vector["capsule"].encode()) for vector in (VECTOR["later"]["gone"], VECTOR))
    numbers = {version.entry_number for version in capsule.versions if version.opened.kind == "incident"} - {None}
    missing_numbers = {gap["seq_no"] for gap in capsule.gaps} - {None}
    # Entries 1 and 2 were erased and 4 does not open. No other entry has these numbers, and each is listed as missing.
    assert (
        {1, 2, 4} <= missing_numbers
        and not missing_numbers & numbers
        and missing_numbers | numbers == set(range(1, 1 + len(missing_numbers | numbers)))
    )
    assert capsule.metadata.changes.removed_entries == (1, 2)
    counts = capsule.counts
    assert counts["total"] == counts["included"] + counts["earlier"] + counts["withheld"] + counts["removed"]
    assert (counts["removed"], counts["total"]) == (before.counts["removed"] + 2, before.counts["total"] + 1)


def test_what_was_left_out_is_listed_only_where_the_keeper_agreed() -> None:
    """Kind, number and time of each record that stands and is not packed. No private note, and nothing taken out."""
    expected = VECTOR["later"]["identity"]
    rows = json.loads(expected["capsule"])["left_out"]
    kinds = {row["kind"] for row in rows}
    assert kinds > {"incident", "attachment", "person"} and not kinds & {"note", "question", "settings", "export"}
    gaps = [gap["seq_no"] for gap in json.loads(expected["capsule"])["gaps"] if gap["why"] == "withheld"]
    assert sorted(map(str, gaps)) == sorted(str(row["no"]) for row in rows if row["kind"] == "incident")
    assert all(set(row) == {"at", "kind", "no"} for row in rows)
    wish = parse_wish(expected)
    assert b"left_out" not in build_capsule(VERSIONS, replace(wish, list_left_out=False), VECTOR["keys"])
    items = parse_wish(VECTOR["later"]["items"])
    assert b"left_out" not in build_capsule(VERSIONS, replace(items, list_left_out=True), VECTOR["keys"])
    capsule = json.loads(expected["capsule"])
    for row in ({**rows[0], "text": "He came."}, {**rows[0], "kind": "note"}, {**rows[0], "no": "4"}):
        with pytest.raises(BadRequest):
            read_capsule(canonical_json(capsule | {"left_out": [row]}, limit_bytes=1 << 24))


def test_manifests_show_what_was_erased() -> None:
    """A reader that never had the entry, such as a sealed copy, learns of it from manifests."""
    diary = fictional_diary(count=2, exhibits=0)
    standing = next(row["record"] for row in diary.versions if row["kind"] == "incident")
    diary.add("manifest", {"numbers": [[standing, 1], ["gone", 2], ["odd"], ["gone too", "3"], 7]})
    diary.add("manifest", {"numbers": 5})
    absent = erased_entries(diary.versions)
    assert absent == ({"at": None, "no": 2, "record": "gone", "why": "removed"},)
    capsule = read_capsule(build_capsule(diary.versions, diary.wish(absent=absent), diary.public_keys))
    assert {version.entry_number for version in capsule.versions if version.opened.kind == "incident"} == {1, 3}


def test_items_chosen_by_number_include_nothing_else() -> None:
    """Only the chosen files are in the capsule. An item number that was never given is refused."""
    capsule = read_capsule(VECTOR["later"]["items"]["capsule"].encode())
    assert [exhibit.item for exhibit in capsule.exhibits] == ["KB/4", "KB/5"]
    assert {version.opened.kind for version in capsule.versions} == {"attachment"}
    with pytest.raises(BadRequest):
        build_capsule(VERSIONS, replace(parse_wish(VECTOR["later"]["items"]), items=("KB/77",)), VECTOR["keys"])


def test_a_diary_without_a_server_is_numbered_in_its_own_order() -> None:
    """Entries are numbered in the phone's order, in both languages. A receipt without a server's key is refused."""
    raw = local_capsule(VERSIONS, parse_wish(VECTOR), VECTOR["keys"])
    assert hashlib.sha256(raw).hexdigest() == VECTOR["local_sha256"]
    capsule = read_capsule(raw)
    numbers = [v.entry_number for v in capsule.versions if v.opened.kind == "incident"]
    assert not capsule.is_received and None not in numbers and numbers[:2] == [1, 2]
    forged = json.loads(VECTOR["capsule"])
    forged["keys"] |= {"log": "", "notary": ""}
    with pytest.raises(BadRequest):
        read_capsule(canonical_json(forged))
    forged["keys"]["log"] = VECTOR["keys"]["log"]
    with pytest.raises(BadRequest):
        read_capsule(canonical_json(forged))


def test_of_many_marked_entries_the_latest_are_read_first() -> None:
    """What happened last matters most to an officer, and old marks are forgotten (share.test.mjs)."""
    diary = fictional_diary(count=1, exhibits=0)
    for day in range(1, 13):
        fields = incident_fields(START_MS, f"Day {day}.", start_with_this=True)
        diary.add("incident", fields, at_ms=START_MS + day * DAY_MS)
    capsule = read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    assert capsule.start_with == tuple(range(4, 14))


def test_a_capsule_contains_only_keys_of_printed_pictures_and_no_private_note() -> None:
    """Keys of received files stay on the phone unless the worker must decode the file."""
    diary = fictional_diary(count=3, exhibits=1)
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys).decode()
    assert "PRIVATE-NOTE-SENTINEL" not in raw
    capsule_json = json.loads(raw)
    assert [bool(exhibit["received"]) for exhibit in capsule_json["exhibits"]] == [False, True]
    assert capsule_json["exhibits"][1]["file"].endswith(".eml"), "an e-mail is printed, so it must be read"
    assert {row["kind"] for row in capsule_json["versions"]} == {"incident", "attachment"}


@pytest.mark.parametrize(
    ("media_type", "member"), [("image/png", "print"), ("image/heic", "received"), ("video/mp4", "poster")]
)
def test_a_capsule_has_no_key_of_a_picture_that_is_held_back(media_type: str, member: str) -> None:
    """The worker does not print it, so the server gets no key of it: neither of a copy nor of the file."""
    raw = draw_screenshot(3, (60, 120))
    for is_held_back in (False, True):
        diary = fictional_diary(count=1, exhibits=0)
        incident = next(row for row in diary.versions if row["kind"] == "incident")
        copy = None if member == "received" else make_print_copy(raw, 30)
        still = [{**rendition_fields(copy), "purpose": "preview"}] if copy and member == "poster" else None
        diary.attach(
            incident, raw, media_type, "The front door", print_image=copy, filename="door",
            extra_fields={"renditions": still} if still else {},
            restricted={"shows_where_i_live": True} if is_held_back else None,
        )  # fmt: skip
        exhibit = json.loads(build_capsule(diary.versions, diary.wish(), diary.public_keys))["exhibits"][-1]
        with_key = [name for name in ("print", "received", "poster") if exhibit.get(name)]
        assert (exhibit["hold_picture"], with_key) == (is_held_back, [] if is_held_back else [member])


def test_an_empty_selection_is_refused() -> None:
    """A pack of no entries is refused."""
    diary = fictional_diary(count=1, exhibits=0)
    with pytest.raises(BadRequest):
        build_capsule(diary.versions, diary.wish(chosen=()), diary.public_keys)


@pytest.mark.parametrize(
    ("json_path", "value"),
    [
        (("t",), "capsule/v2"),
        (("pack", "folder"), "../PACK_JB_1_20261124"),
        (("pack", "folder"), "PACK_JB_2_20261124"),
        (("pack", "initials"), "J/"),
        (("pack", "release"), "<script>"),
        (("pack", "made_at"), -1),
        (("pack", "profile"), "everybody"),
        (("pack", "kind"), "forgery"),
        (("pack", "items"), ["../1"]),
        (("pack", "recipient_ref"), "x" * 201),
        (("pack", "supersedes"), [{"made_at": 1 << 60, "no": 1}]),
        (("pack", "review"), {"override_at": 1 << 60}),
        (("pack", "feed"), {"head": "AAAA", "seq": 3}),
        (("pack", "feed"), {"head": "A" * 43, "seq": 0}),
        (("pack", "feed"), None),
        (("counts", "earlier"), -1),
        (("exhibits", 0, "poster"), {"blob": "x", "key": "y", "parts": 1}),
        (("pack", "made_at"), "now"),
        (("counts", "total"), None),
        (("keys", "notary"), {}),
        (("exhibits", 0, "file"), "JB-1/../../x.png"),
        (("exhibits", 0, "file"), "JB-2.png"),
        (("exhibits", 0, "item"), "JB-1"),
        (("exhibits", 0, "sha256"), "x"),
        (("exhibits", 0, "record"), "AAAAAAAAAAAAAAAAAAAAAA"),
        (("exhibits", 0, "print", "key"), "AAAA"),
        (("exhibits", 0, "print", "parts"), 10_000),
        (("versions", 0, "kind"), "note"),
        (("versions", 0, "kind"), "unheard_of"),
        (("versions", 0, "schema"), 99),
        (("versions", 0, "open"), None),
        (("versions", 0, "open", "fields", "unheard_of"), 1),
        (("versions", 0, "version"), "../../../etc/passwd"),
        (("versions", 0, "open", "fields", "_ids"), {"diary": "another"}),
    ],
)
def test_a_malformed_capsule_is_refused(json_path: tuple[str | int, ...], value: object) -> None:
    """Path-like names, unknown kinds and fields, private notes and other diaries' versions are refused."""
    diary = fictional_diary(count=2, exhibits=1)
    capsule_json = json.loads(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    target = capsule_json
    for step in json_path[:-1]:
        target = target[step]
    target[json_path[-1]] = value
    with pytest.raises(BadRequest):
        read_capsule(canonical_json(capsule_json, limit_bytes=1 << 24))


def test_fields_of_the_wrong_shape_are_read_as_empty() -> None:
    """A pack can be made of a diary that a faulty app wrote."""
    diary = FictionalDiary()
    odd = {
        "behaviours": 7,
        "narrative": ["x"],
        "count": "many",
        "tz": 5,
        "who": {},
        "exact_words": [1],
        "precision": "?",
    }
    diary.add("incident", {**incident_fields(START_MS, "x"), **odd})
    read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))

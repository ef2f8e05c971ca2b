"""A pack says what was collected in a sitting, from where, by whom, and what was not looked at."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from diary.encoding import canonical_json
from diary.ids import id_text, new_id
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import CAPSULE_LIMIT_BYTES, read_capsule
from diary.pack.contents import ExhibitView, PackContents, build_contents
from diary.pack.documents.method import method_data
from diary.pack.documents.sittings import NOT_SEEN_TEXT, collected_text, sitting_sections
from diary.pack.verify.custody_check import is_custody_right
from diary.pack.verify.verifier import verify_pack
from diary.record.record_history import RecordVersion
from tests.pack.conftest import assemble_pack, build_front_part
from tests.pack.fictional_diary import START_MS, FictionalDiary, fictional_diary, incident_fields
from tests.pack.pack_members import members_of, members_of_front, rebuild_digest_lists

MINUTE_MS = 60_000
RELEASE = "0123456789ab"
RECORD_PATH, EXHIBITS_PATH = "data/restricted/12_record.json", "data/servable/04_exhibits.pdf"
SITTING = id_text(new_id())
SITTING_FIELDS: Mapping[str, object] = {
    "advocate": "PK",
    "agreed_at": START_MS,
    "checks": [{"at": START_MS, "found": "not_looked", "kind": "tracker"}],
    "how": "beside_phone",
    "pauses": [{"at": START_MS}],
    "police_asked": "no",
    "sources": [
        {"at": START_MS, "kind": "phone", "looked": "part", "name": "Her phone", "why": "no time"},
        {"at": START_MS, "kind": "account", "looked": "none", "name": "Her mail", "why": "she did not want it"},
    ],
    "started_at": START_MS,
    "under_18": False,
}


def add_sitting(diary: FictionalDiary, fields: Mapping[str, object], restricted: Mapping[str, object]) -> None:
    """Add a sitting that the keeper chose for packs."""
    diary.add("sitting", {**SITTING_FIELDS, "include_in_pack": True, **fields}, dict(restricted), record=SITTING)


def sitting_diary(*, include: bool | None = True, **file_fields: object) -> FictionalDiary:
    """Return a diary with one sitting that collected one file and was never ended."""
    diary = fictional_diary(count=2, exhibits=0)
    incident = next(row for row in diary.versions if row["kind"] == "incident")
    file = diary.attach(
        incident,
        b"collected",
        "image/png",
        "",
        filename="IMG_7.png",
        extra_fields={
            "collected": {"at": START_MS, "by": "PK", "sitting_id": SITTING, "source": "Her phone"},
            "incident_ids": [],
            **file_fields,
        },
    )
    diary.add(
        "sitting",
        {
            **SITTING_FIELDS,
            "attachment_ids": [file["record"]],
            **({} if include is None else {"include_in_pack": include}),
        },
        {"advocate_name": "Priya K", "organisation": "Stalking Support North"},
        record=SITTING,
    )
    return diary


def pack_of(diary: FictionalDiary) -> PackContents:
    """Return the contents of a pack of every entry."""
    return build_contents(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys)))


def collected_views(contents: PackContents) -> list[ExhibitView]:
    """Return the exhibits that were collected in a sitting."""
    return [view for view in contents.exhibits if view.attachment.fields.get("collected")]


@pytest.mark.parametrize("include", [None, False])
def test_a_sitting_is_in_no_pack_unless_the_keeper_chose_it(include: bool | None) -> None:
    """Neither the sitting nor a file that the keeper may not have seen goes along with an entry."""
    contents = pack_of(sitting_diary(include=include))
    assert method_data(contents)["sittings"] == []
    assert collected_views(contents) == []


def test_the_page_says_what_was_not_looked_at_and_that_the_sitting_did_not_end() -> None:
    """Sources with the reason, checks, files, pauses and consent are there."""
    contents = pack_of(sitting_diary())
    [section] = cast("list[dict[str, Any]]", sitting_sections(contents))
    facts = dict(section["facts"])
    assert section["ref"] == "SI1"
    assert facts["Collected by"] == "PK, Priya K, Stalking Support North"
    assert facts["Ended"] == "not ended when this pack was made"
    assert facts["Pauses"].endswith(", not ended")
    assert section["sources"] == [
        ["Her phone", "A phone", "1", "Looked at in part", "no time"],
        ["Her mail", "An account", "0", "Not looked at", "she did not want it"],
    ]
    assert section["checks"][0][:2] == ["Trackers found", "Not looked at"]
    [view] = collected_views(contents)
    assert [(row[0], row[1], row[2], row[4]) for row in section["files"]] == [
        (view.exhibit.item, "IMG_7.png", "Her phone", NOT_SEEN_TEXT)
    ]


def collected_fact(contents: PackContents) -> str:
    """Return what 04 says about who collected the only file."""
    (view,) = collected_views(contents)
    return collected_text(view)


def test_an_exhibit_is_marked_until_the_keeper_opened_it() -> None:
    """The mark goes only with the keeper's own opening; a look for a pack or an odd value does not remove it."""
    assert collected_fact(pack_of(sitting_diary())) == "by PK; not seen by the keeper"
    assert collected_fact(pack_of(sitting_diary(looked_at=START_MS))) == "by PK; not seen by the keeper"
    opened = pack_of(sitting_diary(opened_by_keeper_at=START_MS + MINUTE_MS))
    assert collected_fact(opened) == "by PK; opened by the keeper since"


def test_the_picture_of_an_unseen_file_is_not_printed() -> None:
    """Nobody reviewed it, so nothing of it is printed."""
    [view] = collected_views(pack_of(sitting_diary()))
    assert view.exhibit.is_picture_withheld
    [seen_elsewhere] = collected_views(pack_of(sitting_diary(looked_at=START_MS)))
    assert seen_elsewhere.exhibit.is_picture_withheld


def custody_record(action: str, actor: str, *, collected: bool) -> tuple[dict[str, object], list[RecordVersion]]:
    """Return the parts of 12 that the custody check reads, with one step by `actor`, and the file's version."""
    record, sha256 = id_text(new_id()), "0" * 64
    fields: dict[str, object] = {"added_at": START_MS, "sha256": sha256}
    if collected:
        fields["collected"] = {"at": START_MS, "by": "PK", "sitting_id": SITTING}
    version = RecordVersion(
        record=record,
        version=id_text(new_id()),
        kind="attachment",
        schema=1,
        fields={**fields, "_parents": []},
        restricted={},
    )
    made_at = START_MS + MINUTE_MS
    steps = [
        {"action": action, "actor": actor, "at": START_MS, "detail": "PK", "item": "JB/1"},
        {"action": "exported", "actor": "keeper", "at": made_at, "detail": "", "item": "JB/1"},
    ]
    exhibits = [{"item": "JB/1", "record": record, "sha256": sha256}]
    return {"custody": steps, "exhibits": exhibits, "pack": {"made_at": made_at}}, [version]


@pytest.mark.parametrize(
    ("action", "actor", "collected", "is_right"),
    [
        ("viewed", "keeper", True, True),
        ("viewed", "advocate", True, True),
        ("viewed", "advocate", False, False),
        ("deleted", "advocate", True, False),
        ("viewed", "officer", True, False),
    ],
)
def test_an_advocate_is_named_in_custody_only_for_looking_at_what_was_collected(
    action: str, actor: str, collected: bool, is_right: bool
) -> None:
    """Any other step of an advocate is a finding."""
    record, versions = custody_record(action, actor, collected=collected)
    assert is_custody_right(record, versions) is is_right


def test_a_sitting_with_nothing_collected_has_its_page() -> None:
    """What was looked at and what was not is said, also when no file came of it."""
    diary = fictional_diary(count=1, exhibits=0)
    add_sitting(diary, {"ended_at": START_MS + MINUTE_MS, "pauses": []}, {})
    contents = pack_of(diary)
    [section] = cast("list[dict[str, Any]]", sitting_sections(contents))
    assert (section["files"], section["absent"], len(section["sources"])) == ([], "", 2)
    assert "Pauses" not in dict(section["facts"])


@pytest.mark.parametrize(
    ("fields", "restricted", "text"),
    [
        ({"under_18": False}, {}, "no"),
        (
            {"under_18": True, "lead_agreed": True},
            {"lead_name": "Sam L"},
            "yes; the safeguarding lead, Sam L, agreed",
        ),
        (
            {"under_18": True},
            {},
            "yes; the safeguarding lead, not named, is not recorded to have agreed",
        ),
        ({"under_18": None}, {}, "not recorded"),
    ],
)
def test_under_18_the_page_names_the_safeguarding_lead(
    fields: Mapping[str, object], restricted: Mapping[str, object], text: str
) -> None:
    """A sitting that another program wrote without a lead is not said to have had one."""
    diary = fictional_diary(count=1, exhibits=0)
    add_sitting(diary, fields, restricted)
    [section] = cast("list[dict[str, Any]]", sitting_sections(pack_of(diary)))
    assert dict(section["facts"])["Under 18"] == text


def test_the_names_of_helpers_are_held_back_from_the_part_that_may_be_served() -> None:
    """A name that stands in an entry is restricted, and so is held back there."""
    diary = FictionalDiary()
    diary.add("incident", incident_fields(START_MS, "I told Priya Kaur and Samira Lowe."))
    add_sitting(diary, {}, {"advocate_name": "Priya Kaur", "lead_name": "Samira Lowe"})
    [incident] = pack_of(diary).entries
    assert incident.fields["narrative"] == "I told [held back, see 06] and [held back, see 06]."


async def test_nobody_takes_the_mark_out_of_a_pack_unnoticed(tmp_path: Path) -> None:
    """The record is bound by its proofs, and a page without the mark is found by typesetting it again.

    The forger here has the keeper's key and rebuilds every digest list.
    """
    diary = sitting_diary()
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front = await build_front_part(diary, raw, tmp_path / "front.zip")
    pack = assemble_pack(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    assert verify_pack(pack, notary=diary.notary.pub, rerender=RELEASE) == []

    record = json.loads(members_of(pack)[RECORD_PATH])
    version = next(row for row in record["versions"] if row["kind"] == "attachment")
    version["fields"]["opened_by_keeper_at"] = START_MS
    forged_members = members_of(pack) | {RECORD_PATH: json.dumps(record).encode()}
    forged = rebuild_digest_lists(pack, forged_members, tmp_path / "record.zip", diary.author)
    assert verify_pack(forged, notary=diary.notary.pub) != []

    capsule = json.loads(raw)
    for row in capsule["versions"]:
        row["open"]["fields"].pop("collected", None)
    without_mark = canonical_json(capsule, limit_bytes=CAPSULE_LIMIT_BYTES)
    other_front = await build_front_part(diary, without_mark, tmp_path / "other.zip")
    forged_members = members_of(pack) | {EXHIBITS_PATH: members_of_front(other_front)[EXHIBITS_PATH]}
    forged = rebuild_digest_lists(pack, forged_members, tmp_path / "page.zip", diary.author)
    found = verify_pack(forged, notary=diary.notary.pub, rerender=RELEASE)
    assert [finding.code for finding in found] == ["rerendered"]
    assert str(found[0].member).startswith(EXHIBITS_PATH)

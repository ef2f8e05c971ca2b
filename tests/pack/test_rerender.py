"""Documents typeset again from the pack's own record: equal byte for byte, and a changed word is located."""

import csv
import io
import json
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from diary.client.packs import check_front
from diary.encoding import canonical_json
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import CAPSULE_LIMIT_BYTES, read_capsule
from diary.pack.tables.short_chronology import chronology_copies
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part, build_in_thread
from tests.pack.fictional_diary import (
    DAY_MS,
    START_MS,
    FictionalDiary,
    draw_screenshot,
    incident_fields,
    make_print_copy,
    rendition_fields,
)
from tests.pack.pack_members import members_of, members_of_front, rebuild_digest_lists
from tests.pack.phone_packs import PhonePacks
from tests.pack.random_diaries import random_diary
from tests.pack.test_phone_tables import check_tables_on_phone, read_tables

RELEASE = "0123456789ab"
CHRONOLOGY_PATH = "data/servable/01_chronology.pdf"


def rerender_findings(path: Path, diary: BuiltPack, release: str = RELEASE) -> list[tuple[str, str | None]]:
    findings = verify_pack(path, notary=diary.diary.notary.pub, rerender=release)
    return [(finding.code, finding.member) for finding in findings]


def test_every_document_is_reproduced_byte_for_byte(full_pack: BuiltPack) -> None:
    """Scripts, withheld words and pictures, long screenshots and additions are all reproduced."""
    assert rerender_findings(full_pack.path, full_pack) == []


async def _rerender_random_diaries(folder: Path, seeds: range) -> None:
    """Build the pack of each seed, and typeset it again from its own record."""
    found: set[tuple[int, str, str | None]] = set()
    for seed in seeds:
        diary = random_diary(seed)
        wish = diary.wish(made_at=START_MS + 200 * DAY_MS, list_left_out=True)
        raw = build_capsule(diary.versions, wish, diary.public_keys)
        front = await build_front_part(diary, raw, folder / f"{seed}.front")
        pack = assemble_pack(diary, front, read_capsule(raw), folder / f"{seed}.zip")
        findings = verify_pack(pack, notary=diary.notary.pub, rerender=RELEASE)
        # Random diaries have dates in other forms than a phone writes, which any check reports.
        found |= {(seed, finding.code, finding.member) for finding in findings if finding.code != "odd"}
    assert found == set()


async def test_random_diaries_are_reproduced_byte_for_byte(tmp_path: Path) -> None:
    """Rerendering says nothing of packs of random diaries."""
    await _rerender_random_diaries(tmp_path, range(2))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(2, 50, 24))
async def test_fifty_random_diaries_are_reproduced_byte_for_byte(tmp_path: Path, first: int) -> None:
    """The same with other seeds."""
    await _rerender_random_diaries(tmp_path, range(first, first + 24))


async def test_03_says_what_04_printed_and_rerendering_agrees(tmp_path: Path) -> None:
    """A HEIC photo that messages name, a picture that cannot be read, a film's still, a sound and one held back."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "With files."))
    heic = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (320, 240), "blue")).save(heic)
    still = make_print_copy(draw_screenshot(1, (60, 120)), 30)
    preview = {**rendition_fields(still), "purpose": "preview"}
    photo = diary.attach(entry, heic.getvalue(), "image/heic", "Read by the worker", filename="IMG_0001.HEIC")
    diary.attach(entry, b"no picture", "image/heic", "Cannot be read", filename="IMG_0002.HEIC")
    diary.attach(
        entry,
        b"film",
        "video/mp4",
        "A film",
        print_image=still,
        filename="film.mp4",
        extra_fields={"renditions": [preview]},
    )
    unseen = {"looked_at": None}
    diary.attach(entry, b"sound", "audio/mp4", "Nobody was asked", filename="call.m4a", extra_fields=unseen)
    diary.attach(entry, heic.getvalue(), "image/heic", "Not looked at", filename="IMG_0003.HEIC", extra_fields=unseen)
    rows = [{"msg_no": 1, "direction": "in", "text": "hi", "attachment_id": photo["record"]}]
    diary.add("schedule", {"rows": rows, "incident_ids": [entry["record"]], "tz": "Europe/London"})
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front = await build_front_part(diary, raw, tmp_path / "front.zip")
    index = members_of_front(front)["data/servable/03_exhibits-index.csv"]
    flags = [row["picture_in_04"] for row in csv.DictReader(io.StringIO(index.decode("utf-8-sig"), newline=""))]
    assert flags == ["yes", "no picture", "a still", "no picture", "held back, see 06"]
    capsule = read_capsule(raw)
    check_front(front, capsule)
    pack = assemble_pack(diary, front, capsule, tmp_path / "pack.zip")
    assert verify_pack(pack, notary=diary.notary.pub, rerender=RELEASE) == []
    [result] = check_tables_on_phone([(raw, read_tables(front))], tmp_path)
    assert result["differs"] is None


async def test_a_changed_word_is_found_on_its_page(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A changed document with rebuilt digest lists is found by rerendering, and by no other check."""
    capsule_json = json.loads(small_pack.capsule_bytes)
    for version in capsule_json["versions"]:
        if version["kind"] == "incident" and version["seq_no"] == 2:
            version["open"]["fields"]["who"] = "Somebody else altogether"
    front = await build_front_part(
        small_pack.diary, canonical_json(capsule_json, limit_bytes=CAPSULE_LIMIT_BYTES), tmp_path / "front.zip"
    )
    forged_members = members_of(small_pack.path) | {CHRONOLOGY_PATH: members_of_front(front)[CHRONOLOGY_PATH]}
    forged_path = tmp_path / "forged.zip"
    rebuild_digest_lists(small_pack.path, forged_members, forged_path, small_pack.diary.author)
    assert verify_pack(forged_path, notary=small_pack.diary.notary.pub) == []
    [(code, member)] = rerender_findings(forged_path, small_pack)
    assert code == "rerendered" and member is not None and member.startswith(f"{CHRONOLOGY_PATH}#page=")
    assert rerender_findings(forged_path, small_pack, release="ba9876543210") == [("other_release", member)]


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7 x", None])
def test_an_invalid_exhibits_volume_is_reported(small_pack: BuiltPack, tmp_path: Path, junk: bytes | None) -> None:
    """Rerendering takes the pictures from the volume. An invalid volume is reported and causes no crash."""
    volume = "data/servable/04_exhibits.pdf"
    members = members_of(small_pack.path)
    raw = members[volume][:5_000] if junk is None else junk
    forged_path = rebuild_digest_lists(
        small_pack.path, members | {volume: raw}, tmp_path / "junk.zip", small_pack.diary.author
    )
    assert ("rerendered", volume) in rerender_findings(forged_path, small_pack)


@pytest.mark.parametrize("removed", ["data/restricted/12_record.json", "data/restricted/proof/keys.json"])
def test_rerender_without_the_record_reports_every_document(
    small_pack: BuiltPack, tmp_path: Path, removed: str
) -> None:
    """If the record is missing, each document gets a finding."""
    remaining = {name: content for name, content in members_of(small_pack.path).items() if name != removed}
    changed_path = tmp_path / "without.zip"
    rebuild_digest_lists(small_pack.path, remaining, changed_path, small_pack.diary.author)
    codes = [code for code, _ in rerender_findings(changed_path, small_pack)]
    # Four documents, two tables, two copies of one, the custody log, two texts, and a sidecar for each of two files.
    assert codes.count("not_rerendered") == 4 + 2 + 2 + 1 + 2 + 2


def test_a_changed_table_or_text_file_is_found(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Changed tables with their copies, texts and sidecars with rebuilt digest lists are found by no other check."""
    members, forged_path = members_of(small_pack.path), tmp_path / "forged.zip"
    table, index = "data/servable/02_chronology.csv", "data/servable/03_exhibits-index.csv"
    custody = "data/restricted/11_custody-log.csv"
    read_first, verify_text, sidecar = (
        "data/00_READ-FIRST.txt",
        "data/15_VERIFY.txt",
        "data/restricted/14_sidecars/JB-1.json",
    )
    changed = {
        table: b"\r\n".join(members[table].split(b"\r\n")[:-2]) + b"\r\n",
        index: members[index].replace(b"Screen of", b"No screen of"),
        custody: members[custody][:-40],
        read_first: members[read_first].replace(b"101", b"0900"),
        verify_text: b"Not needed.\r\n",
        sidecar: members[sidecar].replace(b"2026-12", b"2026-11"),
    }
    changed |= {f"data/{path}": raw for path, raw in (chronology_copies(changed[table]) or {}).items()}
    assert all(raw != members[name] for name, raw in changed.items()) and len(changed) == 8
    rebuild_digest_lists(small_pack.path, members | changed, forged_path, small_pack.diary.author)
    assert verify_pack(forged_path, notary=small_pack.diary.notary.pub) == []
    assert rerender_findings(forged_path, small_pack) == [("rerendered", name) for name in sorted(changed)]


def test_nothing_is_missing_from_other_forms_of_a_pack(tmp_path: Path) -> None:
    """A portal set lacks nothing. Of a plain pack, only what the phone alone makes cannot be compared."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "He wrote to me."))
    diary.attach(entry, draw_screenshot(1), "image/png", "His message", print_image=make_print_copy(draw_screenshot(1)))
    ids = {"incident_ids": [entry["record"]]}
    diary.add("statement", {**ids, "narrative": "I saw him."})
    diary.add("impact", {**ids, "domain": "sleep", "before": "fine", "after": "up at 4"})
    diary.add("schedule", {**ids, "rows": [{"msg_no": 1, "direction": "in", "text": "hi"}], "tz": "Europe/London"})
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front = build_in_thread(diary, raw, tmp_path / "front.zip")
    packs = PhonePacks(tmp_path)
    plain = packs.add(diary, raw, "plain")
    portal_set = packs.add(diary, raw, "set", front=front, is_portal_set=True)
    packs.make()
    assert verify_pack(portal_set, notary=diary.notary.pub, rerender=RELEASE) == []
    names = {
        *("00_READ-FIRST.txt", "15_VERIFY.txt", "servable/01_chronology.html", "servable/02_chronology.csv"),
        *("servable/02_chronology.xlsx", "servable/02_chronology_short.csv", "servable/03_exhibits-index.csv"),
        *("servable/05_message-schedules.csv", "servable/07_statements.csv"),
    }
    findings = verify_pack(plain, notary=diary.notary.pub, rerender=RELEASE)
    assert {(finding.code, finding.member) for finding in findings} == {
        ("not_rerendered", f"data/{name}") for name in names
    }

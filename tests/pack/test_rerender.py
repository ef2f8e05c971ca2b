"""Documents typeset again from the pack's own record: equal byte for byte, and a changed word is located."""

import json
from pathlib import Path

import pytest

from diary.encoding import canonical_json
from diary.pack.capsule.reader import CAPSULE_LIMIT_BYTES
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import BuiltPack, build_front_part
from tests.pack.pack_members import members_of, members_of_front, rebuild_digest_lists

RELEASE = "0123456789ab"
CHRONOLOGY_PATH = "data/servable/01_chronology.pdf"


def rerender_findings(path: Path, diary: BuiltPack, release: str = RELEASE) -> list[tuple[str, str | None]]:
    findings = verify_pack(path, notary=diary.diary.notary.pub, rerender=release)
    return [(finding.code, finding.member) for finding in findings]


def test_every_document_is_reproduced_byte_for_byte(full_pack: BuiltPack) -> None:
    """Scripts, withheld words and pictures, long screenshots and additions are all reproduced."""
    assert rerender_findings(full_pack.path, full_pack) == []


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
    # Four documents, two tables, the custody log, two texts, and a sidecar for each of two files.
    assert codes.count("not_rerendered") == 4 + 2 + 1 + 2 + 2


def test_a_changed_table_or_text_file_is_found(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Changed tables, texts and sidecars with rebuilt digest lists are found by no other check."""
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
    assert all(raw != members[name] for name, raw in changed.items())
    rebuild_digest_lists(small_pack.path, members | changed, forged_path, small_pack.diary.author)
    assert verify_pack(forged_path, notary=small_pack.diary.notary.pub) == []
    assert rerender_findings(forged_path, small_pack) == [("rerendered", name) for name in sorted(changed)]

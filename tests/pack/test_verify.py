"""Verification covers a whole pack, names everything wrong, and trusts no key from the pack itself."""

import asyncio
import io
import json
import os
import stat
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bagit import Bag

from diary.crypto.signing import Ed25519Signer
from diary.encoding import canonical_json
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.verify.findings import SENTENCES, Finding
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part
from tests.pack.fictional_diary import FictionalDiary, fictional_diary
from tests.pack.pack_members import (
    change_members,
    flip_each_member,
    members_of,
    members_of_front,
    pack_folder_name,
    with_members,
)


def finding_codes(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def finding_members(findings: list[Finding]) -> set[str | None]:
    return {finding.member for finding in findings}


def test_a_valid_pack_has_no_finding(full_pack: BuiltPack) -> None:
    """With the notary's key from outside, nothing is found."""
    assert verify_pack(full_pack.path, notary=full_pack.diary.notary.pub) == []


def test_without_a_key_the_pack_is_never_verified(full_pack: BuiltPack) -> None:
    """A consistent pack is not a verified one, because the keys come from the pack itself."""
    assert finding_codes(verify_pack(full_pack.path)) == {"keys_from_pack"}


def test_a_pack_without_a_server_cannot_reuse_a_receipt(tmp_path: Path) -> None:
    """Its parts agree but are undated. A receipt or another pack's key in it is found."""
    diary = fictional_diary(count=3, exhibits=1)
    real = diary.versions[:]
    diary.versions[:] = [{**row, "seq": None, "receipt": None} for row in real]
    raw = build_capsule(diary.versions, diary.wish(), {**diary.public_keys, "log": "", "notary": ""})
    front = asyncio.run(build_front_part(diary, raw, tmp_path / "front.zip"))
    pack = assemble_pack(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    assert finding_codes(verify_pack(pack)) == {"never_received"}
    assert finding_codes(verify_pack(pack, notary=diary.notary.pub)) == {"never_received", "wrong_notary"}
    members = members_of(pack)
    name, proof = next((name, body) for name, body in members.items() if "restricted/proof/0001" in name)
    borrowed = {**json.loads(proof), "receipt": next(row["receipt"] for row in real if row["kind"] == "incident")}
    change_members(pack, tmp_path / "bent.zip", lambda whole: {**whole, name: canonical_json(borrowed)})
    assert {"other_key", "changed"} <= finding_codes(verify_pack(tmp_path / "bent.zip"))


def test_a_timestamp_root_finds_that_there_is_no_timestamp(full_pack: BuiltPack) -> None:
    """A root that was given but could not be used is reported."""
    assert finding_codes(verify_pack(full_pack.path, notary=full_pack.diary.notary.pub, tsa_roots=[b"pem"])) == {
        "no_timestamps"
    }


def test_a_changed_byte_in_any_member_is_named(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A changed byte is named in lists, proofs, documents and files."""
    for name, path in flip_each_member(small_pack.path, tmp_path / "bent.zip"):
        findings = verify_pack(path, notary=small_pack.diary.notary.pub)
        assert name in finding_members(findings), name


def test_a_byte_changed_in_the_zip_itself_is_named(full_pack: BuiltPack, tmp_path: Path) -> None:
    """A byte changed on disk, so that the zip's own checksum fails, is named."""
    raw = bytearray(full_pack.path.read_bytes())
    with zipfile.ZipFile(full_pack.path) as archive:
        row = archive.getinfo(f"{pack_folder_name(full_pack.path)}/data/servable/02_chronology.csv")
    raw[row.header_offset + 30 + len(row.filename) + 100] ^= 1
    (tmp_path / "bent.zip").write_bytes(raw)
    findings = verify_pack(tmp_path / "bent.zip", notary=full_pack.diary.notary.pub)
    assert "data/servable/02_chronology.csv" in finding_members(findings)


def test_added_missing_and_renamed_members_are_named(full_pack: BuiltPack, tmp_path: Path) -> None:
    """Every listed member is present, and every present member is listed."""
    changed_path, victim = tmp_path / "bent.zip", "data/restricted/13_exhibits-as-received/JB-1.png"
    change_members(
        full_pack.path, changed_path, lambda members: {**members, "data/extra.txt": b"x", "beside.txt": b"y"}
    )
    assert {("added", "data/extra.txt"), ("added", "beside.txt")} <= code_member_pairs(changed_path, full_pack)
    change_members(
        full_pack.path, changed_path, lambda members: {name: held for name, held in members.items() if name != victim}
    )
    assert ("missing", victim) in code_member_pairs(changed_path, full_pack)
    other = victim.replace("JB-1", "JB-99")
    change_members(
        full_pack.path,
        changed_path,
        lambda members: {(other if name == victim else name): held for name, held in members.items()},
    )
    assert {("missing", victim), ("added", other)} <= code_member_pairs(changed_path, full_pack)


def code_member_pairs(path: Path, built: BuiltPack) -> set[tuple[str, str | None]]:
    return {(found.code, found.member) for found in verify_pack(path, notary=built.diary.notary.pub)}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda proof: proof["fields"]["narrative"].update(v="It was all fine."), "commitment"),
        (lambda proof: proof["fields"].pop("who"), "names"),
        (lambda proof: proof.update(sig=proof["sig"][:-4] + "AAAA"), "author"),
        (lambda proof: proof["receipt"].update(ts=proof["receipt"]["ts"] - 1), "receipt"),
        (lambda proof: proof.update(seq_no=99), "twin"),
        (lambda proof: proof.update(record=proof["version"]), "misplaced"),
    ],
)
def test_a_changed_proof_gets_the_right_code(
    full_pack: BuiltPack, tmp_path: Path, change: Callable[[Any], object], code: str
) -> None:
    """Each change of a proof gets its own code."""
    name = next(name for name in members_of(full_pack.path) if name.startswith("data/servable/proof/0001-"))

    def change_proof(members: dict[str, bytes]) -> dict[str, bytes]:
        proof = json.loads(members[name])
        change(proof)
        return {**members, name: canonical_json(proof)}

    findings = verify_pack(
        change_members(full_pack.path, tmp_path / "bent.zip", change_proof), notary=full_pack.diary.notary.pub
    )
    assert (code, name) in {(finding.code, finding.member) for finding in findings}


def test_a_record_that_differs_from_the_proofs_is_found(full_pack: BuiltPack, tmp_path: Path) -> None:
    """12_record.json is compared with the proofs field by field."""
    name = "data/restricted/12_record.json"

    def change_record(members: dict[str, bytes]) -> dict[str, bytes]:
        record = json.loads(members[name])
        record["versions"][0]["fields"]["narrative"] = "Something else."
        del record["versions"][-1]
        return {**members, name: canonical_json(record, limit_bytes=1 << 26) + b"\n"}

    findings = verify_pack(
        change_members(full_pack.path, tmp_path / "bent.zip", change_record), notary=full_pack.diary.notary.pub
    )
    proofs = {finding.member for finding in findings if finding.code == "record"}
    assert name in proofs and any(member and "/proof/0001-" in member for member in proofs)


async def test_a_pack_forged_with_its_own_keys_is_never_verified(full_pack: BuiltPack, tmp_path: Path) -> None:
    """The pack is consistent; only a key from outside reveals the forgery."""
    forged_diary = fictional_diary(count=3, exhibits=1)
    raw = build_capsule(forged_diary.versions, forged_diary.wish(), forged_diary.public_keys)
    front = await build_front_part(forged_diary, raw, tmp_path / "front.zip")
    path = assemble_pack(forged_diary, front, read_capsule(raw), tmp_path / "forged.zip")
    assert finding_codes(verify_pack(path)) == {"keys_from_pack"}
    assert finding_codes(verify_pack(path, notary=full_pack.diary.notary.pub)) == {"wrong_notary"}


async def test_an_altered_narrative_embedded_in_01_is_found(full_pack: BuiltPack, tmp_path: Path) -> None:
    """The narratives inside the PDF are compared byte for byte."""
    other = fictional_diary(count=25, exhibits=0)
    opened = other.versions[1]["open"]
    opened["fields"] = {**opened["fields"], "narrative": "Quite another account."}
    raw = build_capsule(other.versions, other.wish(), other.public_keys)
    front = await build_front_part(other, raw, tmp_path / "front.zip")
    document = members_of_front(front)["data/servable/01_chronology.pdf"]
    path = change_members(
        full_pack.path, tmp_path / "bent.zip", lambda members: {**members, "data/servable/01_chronology.pdf": document}
    )
    named_members = {
        finding.member
        for finding in verify_pack(path, notary=full_pack.diary.notary.pub)
        if finding.code == "narrative"
    }
    assert named_members == {"data/servable/01_chronology.pdf#entry-0001.txt"}


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/etc/passwd", "a\\..\\b.txt", "C:/x.txt", "data/../../x", "da\x00ta"]
)
def test_path_traversal_names_are_found(full_pack: BuiltPack, tmp_path: Path, name: str) -> None:
    """Every spelling of a path outside the folder is found."""
    changed_path = tmp_path / "slip.zip"
    changed_path.write_bytes(full_pack.path.read_bytes())
    with zipfile.ZipFile(changed_path, "a") as archive:
        row = zipfile.ZipInfo("x")
        row.filename = name if name[0] in "/C" else f"{pack_folder_name(full_pack.path)}/{name}"
        archive.writestr(row, b"x")
    assert {"bad_name", "no_folder"} & finding_codes(verify_pack(changed_path, notary=full_pack.diary.notary.pub))


def test_symlinks_duplicates_and_encrypted_members_are_found(full_pack: BuiltPack, tmp_path: Path) -> None:
    """Anything but ordinary files, each present once, is found."""
    changed_path = tmp_path / "odd.zip"
    changed_path.write_bytes(full_pack.path.read_bytes())
    with zipfile.ZipFile(changed_path, "a") as archive:
        row = zipfile.ZipInfo(f"{pack_folder_name(full_pack.path)}/data/link")
        row.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(row, b"/etc/passwd")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(f"{pack_folder_name(full_pack.path)}/bagit.txt", b"x")
    assert {("not_a_file", "data/link"), ("twice", "bagit.txt")} <= code_member_pairs(changed_path, full_pack)


def test_zip_bombs_are_refused_before_unpacking(tmp_path: Path) -> None:
    """A member with an excessive ratio and one with a false size are refused."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PACK_JB_1_20261124/data/x", bytes(50 << 20))
    assert finding_codes(verify_pack(bomb)) == {"too_large"}
    raw = bomb.read_bytes()
    lying = raw.replace(struct.pack("<L", 50 << 20), struct.pack("<L", 1000))
    (tmp_path / "lying.zip").write_bytes(lying)
    assert "damaged" in finding_codes(verify_pack(tmp_path / "lying.zip"))


def test_truncated_and_random_zips_get_findings(full_pack: BuiltPack, tmp_path: Path) -> None:
    """No input makes verification crash; each gets findings."""
    raw, changed_path = full_pack.path.read_bytes(), tmp_path / "cut.zip"
    for length in (0, 1, 100, len(raw) // 2, len(raw) - 10):
        changed_path.write_bytes(raw[:length])
        assert finding_codes(verify_pack(changed_path)) == {"not_a_pack"}
    generator = __import__("random").Random(7)
    tail = len(raw) - 20_000
    for _ in range(30):
        damaged = bytearray(raw)
        for _ in range(20):
            damaged[generator.randrange(tail, len(raw))] = generator.randrange(256)
        changed_path.write_bytes(damaged)
        assert verify_pack(changed_path, notary=full_pack.diary.notary.pub)


def test_junk_in_any_file_gets_a_finding(full_pack: BuiltPack, tmp_path: Path) -> None:
    """Invalid JSON, tables and PDFs, deep nesting included, get findings."""
    junk = [b"", b"\xff\xfe", b"[" * 100_000, b'{"t":"proof/v1"}', os.urandom(500)]
    names = [
        name
        for name in members_of(full_pack.path)
        if "0001-" in name or name.endswith((".csv", ".pdf", "keys.json", "record.json"))
    ]
    for content in junk:
        path = change_members(full_pack.path, tmp_path / "junk.zip", with_members(dict.fromkeys(names, content)))
        assert set(names) <= finding_members(verify_pack(path, notary=full_pack.diary.notary.pub))


# On Python 3.13, bagit's call of re.sub raises this warning.
@pytest.mark.filterwarnings("ignore:'count' is passed as positional:DeprecationWarning")
def test_bagit_sha256sum_and_qpdf_accept_the_pack(full_pack: BuiltPack, tmp_path: Path) -> None:
    """The Library of Congress's bagit, sha256sum in both folders and qpdf on every PDF accept the pack."""
    with zipfile.ZipFile(full_pack.path) as archive:
        archive.extractall(tmp_path)
    bag = tmp_path / pack_folder_name(full_pack.path)
    Bag(str(bag)).validate()
    for folder in (bag, bag / "data" / "servable"):
        subprocess.run(
            ["sha256sum", "-c", "--quiet", "manifest-sha256.txt"], cwd=folder, check=True, capture_output=True
        )
    documents = sorted(bag.rglob("*.pdf"))
    assert len(documents) == 4
    for document in documents:
        subprocess.run(["qpdf", "--check", str(document)], check=True, capture_output=True)


def test_another_servers_notary_key_is_reported(full_pack: BuiltPack) -> None:
    """A key that signed nothing in the pack is reported."""
    assert "wrong_notary" in finding_codes(verify_pack(full_pack.path, notary=Ed25519Signer(os.urandom(32)).pub))


def test_every_finding_has_a_plain_sentence() -> None:
    """Each code has a sentence, and none claims that something "proves" a fact."""
    assert all(sentence.endswith(".") and "proves" not in sentence for sentence in SENTENCES.values())


def test_the_fictional_diary_has_valid_signatures_in_feed_order() -> None:
    """The fixture numbers its versions in feed order and keeps the received bytes."""
    diary: FictionalDiary = fictional_diary(count=2, exhibits=1)
    assert [row["seq"] for row in diary.versions] == list(range(1, len(diary.versions) + 1))
    assert io.BytesIO(next(iter(diary.received_files.values()))).read(4) == b"\x89PNG"

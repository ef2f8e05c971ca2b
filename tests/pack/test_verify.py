"""A pack is checked whole, everything wrong is named, and nothing a forger brings is taken for his word."""

import asyncio
import io
import json
import os
import stat
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest
from bagit import Bag

from diary.crypto.signing import Notary
from diary.encoding import canon
from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.verify.findings import SENTENCES, Finding
from diary.pack.verify.verifier import verify
from tests.pack.conftest import BuiltPack, build, finish
from tests.pack.fiction import FictionalDiary, fictional_diary
from tests.pack.rezip import each_flipped, folder_of, members_of, rezip


def codes(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def named(findings: list[Finding]) -> set[str | None]:
    return {finding.member for finding in findings}


def test_a_sound_pack_has_no_finding(built: BuiltPack) -> None:
    """With the notary's key from outside, nothing is found."""
    assert verify(built.path, notary=built.diary.notary.pub) == []


def test_without_a_key_the_pack_is_never_verified(built: BuiltPack) -> None:
    """Consistent is not verified: the keys come from the pack itself."""
    assert codes(verify(built.path)) == {"keys_from_pack"}


def test_a_pack_without_a_server_says_so_and_cannot_borrow_a_receipt(tmp_path: Path) -> None:
    """Its parts agree and nothing says since when; a receipt, or another pack's key, is found in it."""
    diary = fictional_diary(count=3, exhibits=1)
    real = diary.versions[:]
    diary.versions[:] = [{**row, "seq": None, "receipt": None} for row in real]
    raw = make_capsule(diary.versions, diary.wish(), {**diary.keys, "log": "", "notary": ""})
    front = asyncio.run(build(diary, raw, tmp_path / "front.zip"))
    pack = finish(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    assert codes(verify(pack)) == {"never_received"}
    assert codes(verify(pack, notary=diary.notary.pub)) == {"never_received", "wrong_notary"}
    members = members_of(pack)
    name, proof = next((name, body) for name, body in members.items() if "restricted/proof/0001" in name)
    borrowed = {**json.loads(proof), "receipt": next(row["receipt"] for row in real if row["kind"] == "incident")}
    rezip(pack, tmp_path / "bent.zip", lambda whole: {**whole, name: canon(borrowed)})
    assert {"other_key", "changed"} <= codes(verify(tmp_path / "bent.zip"))


def test_a_timestamp_root_finds_that_there_is_no_timestamp(built: BuiltPack) -> None:
    """A root that was given and could not be used is said."""
    assert codes(verify(built.path, notary=built.diary.notary.pub, tsa_roots=[b"pem"])) == {"no_timestamps"}


def test_a_changed_byte_in_any_member_is_named(small: BuiltPack, tmp_path: Path) -> None:
    """Lists, proofs, documents and files alike."""
    for name, path in each_flipped(small.path, tmp_path / "bent.zip"):
        found = verify(path, notary=small.diary.notary.pub)
        assert name in named(found), name


def test_a_byte_changed_in_the_zip_itself_is_named(built: BuiltPack, tmp_path: Path) -> None:
    """A flipped byte on the disk, where the zip's own checksum no longer fits."""
    raw = bytearray(built.path.read_bytes())
    with zipfile.ZipFile(built.path) as archive:
        row = archive.getinfo(f"{folder_of(built.path)}/data/servable/02_chronology.csv")
    raw[row.header_offset + 30 + len(row.filename) + 100] ^= 1
    (tmp_path / "bent.zip").write_bytes(raw)
    found = verify(tmp_path / "bent.zip", notary=built.diary.notary.pub)
    assert "data/servable/02_chronology.csv" in named(found)


def test_added_missing_and_renamed_members_are_named(built: BuiltPack, tmp_path: Path) -> None:
    """What is listed is here, what is here is listed."""
    out, victim = tmp_path / "bent.zip", "data/restricted/13_exhibits-as-received/JB-1.png"
    rezip(built.path, out, lambda members: {**members, "data/extra.txt": b"x", "beside.txt": b"y"})
    assert {("added", "data/extra.txt"), ("added", "beside.txt")} <= pairs(out, built)
    rezip(built.path, out, lambda members: {name: held for name, held in members.items() if name != victim})
    assert ("missing", victim) in pairs(out, built)
    other = victim.replace("JB-1", "JB-99")
    rezip(
        built.path, out, lambda members: {(other if name == victim else name): held for name, held in members.items()}
    )
    assert {("missing", victim), ("added", other)} <= pairs(out, built)


def pairs(path: Path, built: BuiltPack) -> set[tuple[str, str | None]]:
    return {(found.code, found.member) for found in verify(path, notary=built.diary.notary.pub)}


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
def test_a_changed_proof_is_found_by_what_it_breaks(
    built: BuiltPack, tmp_path: Path, change: object, code: str
) -> None:
    """Even when every list is made again around it."""
    name = next(one for one in members_of(built.path) if one.startswith("data/servable/proof/0001-"))

    def bend(members: dict[str, bytes]) -> dict[str, bytes]:
        proof = json.loads(members[name])
        change(proof)  # type: ignore[operator]
        return {**members, name: canon(proof)}

    found = verify(rezip(built.path, tmp_path / "bent.zip", bend), notary=built.diary.notary.pub)
    assert (code, name) in {(one.code, one.member) for one in found}


def test_a_record_that_differs_from_the_proofs_is_found(built: BuiltPack, tmp_path: Path) -> None:
    """12_record.json is compared field by field."""
    name = "data/restricted/12_record.json"

    def bend(members: dict[str, bytes]) -> dict[str, bytes]:
        record = json.loads(members[name])
        record["versions"][0]["fields"]["narrative"] = "Something else."
        del record["versions"][-1]
        return {**members, name: canon(record, limit=1 << 26) + b"\n"}

    found = verify(rezip(built.path, tmp_path / "bent.zip", bend), notary=built.diary.notary.pub)
    proofs = {one.member for one in found if one.code == "record"}
    assert name in proofs and any(one and "/proof/0001-" in one for one in proofs)


async def test_a_pack_forged_with_its_own_keys_is_never_verified(built: BuiltPack, tmp_path: Path) -> None:
    """Everything in it fits together; only a key from outside can tell, and it does."""
    forged = fictional_diary(count=3, exhibits=1)
    raw = make_capsule(forged.versions, forged.wish(), forged.keys)
    front = await build(forged, raw, tmp_path / "front.zip")
    path = finish(forged, front, read_capsule(raw), tmp_path / "forged.zip")
    assert codes(verify(path)) == {"keys_from_pack"}
    assert {"wrong_notary", "other_key"} <= codes(verify(path, notary=built.diary.notary.pub))


async def test_an_altered_account_embedded_in_01_is_found(built: BuiltPack, tmp_path: Path) -> None:
    """The narratives inside the PDF are compared byte for byte."""
    other = fictional_diary(count=25, exhibits=0)
    other.versions[1]["open"]["fields"]["narrative"] = "Quite another account."  # type: ignore[index]
    raw = make_capsule(other.versions, other.wish(), other.keys)
    front = await build(other, raw, tmp_path / "front.zip")
    document = members_of_front(front)["data/servable/01_chronology.pdf"]
    path = rezip(
        built.path, tmp_path / "bent.zip", lambda members: {**members, "data/servable/01_chronology.pdf": document}
    )
    found = {one.member for one in verify(path, notary=built.diary.notary.pub) if one.code == "narrative"}
    assert found == {"data/servable/01_chronology.pdf#entry-0001.txt"}


def members_of_front(front: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(front) as archive:
        return {row.filename: archive.read(row) for row in archive.infolist()}


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/etc/passwd", "a\\..\\b.txt", "C:/x.txt", "data/../../x", "da\x00ta"]
)
def test_names_that_lead_outside_are_found(built: BuiltPack, tmp_path: Path, name: str) -> None:
    """Zip slip in every spelling."""
    out = tmp_path / "slip.zip"
    out.write_bytes(built.path.read_bytes())
    with zipfile.ZipFile(out, "a") as archive:
        row = zipfile.ZipInfo("x")
        row.filename = name if name[0] in "/C" else f"{folder_of(built.path)}/{name}"
        archive.writestr(row, b"x")
    assert {"bad_name", "no_folder"} & codes(verify(out, notary=built.diary.notary.pub))


def test_links_twins_and_encrypted_members_are_found(built: BuiltPack, tmp_path: Path) -> None:
    """Nothing but ordinary files, each once."""
    out = tmp_path / "odd.zip"
    out.write_bytes(built.path.read_bytes())
    with zipfile.ZipFile(out, "a") as archive:
        row = zipfile.ZipInfo(f"{folder_of(built.path)}/data/link")
        row.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(row, b"/etc/passwd")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(f"{folder_of(built.path)}/bagit.txt", b"x")
    assert {("not_a_file", "data/link"), ("twice", "bagit.txt")} <= pairs(out, built)


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    """A member that claims to grow two hundredfold, and one that lies about its size."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PACK_JB_1_20261124/data/x", bytes(50 << 20))
    assert codes(verify(bomb)) == {"too_large"}
    raw = bomb.read_bytes()
    lying = raw.replace(struct.pack("<L", 50 << 20), struct.pack("<L", 1000))
    (tmp_path / "lying.zip").write_bytes(lying)
    assert "damaged" in codes(verify(tmp_path / "lying.zip"))


def test_cut_off_and_random_zips_end_in_findings(built: BuiltPack, tmp_path: Path) -> None:
    """No input makes verification fail; it finds."""
    raw, out = built.path.read_bytes(), tmp_path / "cut.zip"
    for length in (0, 1, 100, len(raw) // 2, len(raw) - 10):
        out.write_bytes(raw[:length])
        assert codes(verify(out)) == {"not_a_pack"}
    generator = __import__("random").Random(7)
    tail = len(raw) - 20_000
    for _ in range(30):
        bent = bytearray(raw)
        for _ in range(20):
            bent[generator.randrange(tail, len(raw))] = generator.randrange(256)
        out.write_bytes(bent)
        assert verify(out, notary=built.diary.notary.pub)


def test_junk_in_every_kind_of_file_is_only_found(built: BuiltPack, tmp_path: Path) -> None:
    """Bytes that are no JSON, no table, no PDF, deep nesting included."""
    junk = [b"", b"\xff\xfe", b"[" * 100_000, b'{"t":"proof/v1"}', os.urandom(500)]
    names = [
        one
        for one in members_of(built.path)
        if "0001-" in one or one.endswith((".csv", ".pdf", "keys.json", "record.json"))
    ]
    for content in junk:
        path = rezip(
            built.path, tmp_path / "junk.zip", lambda members, c=content: {**members, **dict.fromkeys(names, c)}
        )  # type: ignore[misc]
        assert set(names) <= named(verify(path, notary=built.diary.notary.pub))


# bagit calls re.sub in a way that Python 3.13 warns of.
@pytest.mark.filterwarnings("ignore:'count' is passed as positional:DeprecationWarning")
def test_independent_tools_agree(built: BuiltPack, tmp_path: Path) -> None:
    """The Library of Congress's bagit, sha256sum in both folders, qpdf on every PDF."""
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(tmp_path)
    bag = tmp_path / folder_of(built.path)
    Bag(str(bag)).validate()
    for folder in (bag, bag / "data" / "servable"):
        subprocess.run(
            ["sha256sum", "-c", "--quiet", "manifest-sha256.txt"], cwd=folder, check=True, capture_output=True
        )
    documents = sorted(bag.rglob("*.pdf"))
    assert len(documents) == 4
    for document in documents:
        subprocess.run(["qpdf", "--check", str(document)], check=True, capture_output=True)


def test_the_notary_of_another_server_is_noticed(built: BuiltPack) -> None:
    """A key that did not sign here."""
    assert "wrong_notary" in codes(verify(built.path, notary=Notary(os.urandom(32)).pub))


def test_every_finding_has_a_plain_sentence() -> None:
    """No code without words, and no word nobody says."""
    assert all(sentence.endswith(".") and "proves" not in sentence for sentence in SENTENCES.values())


def test_a_diary_of_another_shape_is_fiction_too() -> None:
    """The fixture makes what it says: real signatures in feed order."""
    diary: FictionalDiary = fictional_diary(count=2, exhibits=1)
    assert [row["seq"] for row in diary.versions] == list(range(1, len(diary.versions) + 1))
    assert io.BytesIO(next(iter(diary.files.values()))).read(4) == b"\x89PNG"

"""Portal sets, judged by the program and by the page: sound ones of every maker, and forged or incomplete ones."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from diary.crypto.signing import AuthorSigner, generate_scalar
from diary.errors import PackBuildFailed
from diary.pack.bag.manifest import EXPORT_PROOF_PATH, MANIFEST_FILENAME
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH, PackSigner
from diary.pack.portal import write_portal_set
from diary.pack.proofs.proof_files import export_proof
from tests.pack.conftest import BuiltPack
from tests.pack.hostile_zips import apple_double
from tests.pack.pack_members import Members, members_of, sign_again
from tests.pack.phone_packs import PhonePacks
from tests.pack.portal_members import change_set_zip, files_of, list_set_again, write_set
from tests.pack.test_export_proof import export_version, make_recorded_pack
from tests.pack.verifier_comparison import FindingSet, PackCases, compare_verifiers, judge_packs

SIGNATURE_CODES = {"not_signed", "pack_signature", "pack_signer", "pack_changed"}
FIRST_ZIP, RECORD, TABLE = "13_part1.zip", "12_record.json", "02_chronology.csv"


@pytest.fixture(scope="module")
def portal_set(small_pack: BuiltPack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a sound set."""
    folder = tmp_path_factory.mktemp("portal") / "set"
    write_portal_set(small_pack.path, folder, PackSigner(small_pack.diary.diary_id, small_pack.diary.author))
    return folder


def test_sets_of_every_maker_are_sound(small_pack: BuiltPack, portal_set: Path, tmp_path: Path) -> None:
    """The program and the phone make sets without a finding, as a folder or as files one by one, in any order."""
    phone = PhonePacks(tmp_path / "phone")
    of_front = phone.add(
        small_pack.diary, small_pack.capsule_bytes, "front", front=small_pack.front_path, is_portal_set=True
    )
    of_own_pages = phone.add(small_pack.diary, small_pack.capsule_bytes, "own", is_portal_set=True)
    phone.make()
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name, folder in {"program": portal_set, "phone": of_front, "phone alone": of_own_pages}.items():
        cases.add(name, folder)
        cases.add(f"{name}, files", *sorted(folder.iterdir(), reverse=True))
    cases.add("no key", portal_set, notary=None)
    looked_at = shutil.copytree(portal_set, tmp_path / "looked at")
    (looked_at / "empty").mkdir()
    (looked_at / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (looked_at / "._receipt-slip.json").write_bytes(apple_double())
    (looked_at / "._12_record.json").write_bytes(apple_double())
    (looked_at / f".~lock.{TABLE}#").write_bytes(b",ann,desk;")
    cases.add("looked at", looked_at)
    judged = judge_packs(cases, min_cases=8)
    assert {name: findings for name, (findings, _) in judged.items() if findings} == {
        "no key": {("keys_from_pack", None)},
        "looked at": {
            *(("system_file", name) for name in (".DS_Store", "._12_record.json", f".~lock.{TABLE}#")),
            ("bad_name", "._receipt-slip.json"),  # no slip is here
        },
    }
    del judged["looked at"]
    assert {facts["status"] for _, facts in judged.values()} == {"no_record"}
    assert judged["program"][1] == judged["program, files"][1] and judged["program"][1]["fingerprint"]
    names = {path.name for path in portal_set.iterdir()}
    assert names == {path.name for path in of_front.iterdir()}
    for name in names - {PACK_STATEMENT_PATH, MANIFEST_FILENAME, FIRST_ZIP}:
        assert (portal_set / name).read_bytes() == (of_front / name).read_bytes(), name


def test_the_record_of_a_set_says_when_a_server_had_it(tmp_path: Path) -> None:
    """pack-export.json of a set is about the list of the set, and not about that of its pack."""
    pack = make_recorded_pack(tmp_path)
    diary = pack.diary
    folder = tmp_path / "set"
    write_portal_set(pack.path, folder, PackSigner(diary.diary_id, diary.author))
    version = export_version(diary, pack.capsule, (folder / MANIFEST_FILENAME).read_bytes(), kind="portal")
    recorded = shutil.copytree(folder, tmp_path / "recorded")
    (recorded / EXPORT_PROOF_PATH).write_bytes(export_proof(version))
    of_pack = shutil.copytree(folder, tmp_path / "of-pack")
    (of_pack / EXPORT_PROOF_PATH).write_bytes(members_of(pack.path)[EXPORT_PROOF_PATH])
    cases = PackCases(tmp_path, diary.notary.pub)
    cases.add("of the set", recorded)
    cases.add("of the pack", of_pack)
    judged = judge_packs(cases, min_cases=2)
    findings, facts = judged["of the set"]
    assert (findings, facts["status"]) == (set(), "received")
    assert judged["of the pack"][0] == {("export", EXPORT_PROOF_PATH)}


def test_each_changed_file_of_a_set_is_named(portal_set: Path, small_pack: BuiltPack, tmp_path: Path) -> None:
    """A byte changed in any file is found, with the old list and with one that fits."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    files = files_of(portal_set)
    for name, raw in files.items():
        flipped = raw[: len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 1]) + raw[len(raw) // 2 + 1 :]
        cases.add(name, write_set(tmp_path / "flipped" / name, files | {name: flipped}))
        if name not in (MANIFEST_FILENAME, PACK_STATEMENT_PATH):
            relisted = list_set_again(files | {name: flipped})
            cases.add(f"{name}, listed", write_set(tmp_path / "listed" / name, relisted))
    judged = judge_packs(cases, min_cases=2 * len(files) - 2)
    for name, (findings, facts) in judged.items():
        assert findings and facts["status"] != "no_record", name
        if name.endswith(", listed") and facts["status"] != "incomplete":
            assert ("pack_changed", MANIFEST_FILENAME) in findings, name
        elif name not in (MANIFEST_FILENAME, PACK_STATEMENT_PATH) and not name.endswith(", listed"):
            assert ("changed", name) in findings, name


def test_missing_added_and_foreign_files_of_a_set_are_named(
    portal_set: Path, small_pack: BuiltPack, tmp_path: Path
) -> None:
    """A file too few, one too many, one under another name, and one in a zip that is also a single file."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    files, keeper = files_of(portal_set), small_pack.diary.author
    for name in files:
        cases.add(
            f"without {name}",
            write_set(tmp_path / "without" / name, {key: raw for key, raw in files.items() if key != name}),
        )
    other_zip = change_set_zip(files[FIRST_ZIP], lambda held: {**held, f"servable/{TABLE}": b"other"})
    escaping_zip = change_set_zip(files[FIRST_ZIP], lambda held: {**held, "../../outside.txt": b"other"})
    folders_zip = change_set_zip(
        files[FIRST_ZIP], lambda held: {f"PACK_JB_1_20261124/data/{name}": held[name] for name in held}
    )
    changed = {
        "one more": files | {"14_note.txt": b"I made this all up."},
        "one more, listed": list_set_again(files | {"14_note.txt": b"I made this all up."}),
        "one more, signed": list_set_again(files | {"14_note.txt": b"x"}, keeper),
        "a zip more": files | {"13_part9.zip": files[FIRST_ZIP]},
        "a name of no file": files | {"no such.txt": b"x"},
        "a second table, signed": list_set_again(files | {FIRST_ZIP: other_zip}, keeper),
        "a name that leads outside, signed": list_set_again(files | {FIRST_ZIP: escaping_zip}, keeper),
        "names with the folder, signed": list_set_again(files | {FIRST_ZIP: folders_zip}, keeper),
        "no zip": files | {FIRST_ZIP: b"PK, but no zip"},
        "hidden bytes, signed": list_set_again(files | {FIRST_ZIP: b"before" + files[FIRST_ZIP]}, keeper),
        "a list in another order, signed": _with_list(files, keeper, sorted(files, reverse=True)),
    }
    for name, changed_files in changed.items():
        cases.add(name, write_set(tmp_path / "changed" / name.replace(" ", "-"), changed_files))
    findings = compare_verifiers(cases, min_cases=len(files) + len(changed))
    listed_files = files.keys() - {MANIFEST_FILENAME, PACK_STATEMENT_PATH} - {name for name in files if "13_" in name}
    for name in listed_files:
        assert ("missing", name) in findings[f"without {name}"], name
    assert findings[f"without {FIRST_ZIP}"] == {("part_missing", FIRST_ZIP)}
    assert findings[f"without {MANIFEST_FILENAME}"] == {("missing", MANIFEST_FILENAME)}
    assert findings[f"without {PACK_STATEMENT_PATH}"] == {("not_signed", None)}
    path = f"data/servable/{TABLE}"
    with_folder = findings.pop("names with the folder, signed")
    assert ("unknown", "data/PACK_JB_1_20261124/data/15_VERIFY.txt") in with_folder
    assert ("lacking", "data/15_VERIFY.txt") in with_folder
    assert {name: found for name, found in findings.items() if name in changed} == {
        "one more": {("added", "14_note.txt")},
        "one more, listed": {("unknown", "14_note.txt"), ("pack_changed", MANIFEST_FILENAME)},
        "one more, signed": {("unknown", "14_note.txt")},
        "a zip more": {("added", "13_part9.zip"), *_twice(files[FIRST_ZIP], tmp_path)},
        "a name of no file": {("bad_name", "no such.txt")},
        "a second table, signed": {("twice", path)},
        "a name that leads outside, signed": {("bad_name", "data/../../outside.txt")},
        "no zip": {("damaged", FIRST_ZIP), ("part_missing", FIRST_ZIP), ("changed", FIRST_ZIP)},
        "hidden bytes, signed": {("hidden", FIRST_ZIP)},
        "a list in another order, signed": {("list_changed", MANIFEST_FILENAME)},
    }


def _with_list(files: Members, signer: AuthorSigner, names: list[str]) -> Members:
    """Return a signed set whose list has the files in this order."""
    listed = [name for name in names if name not in (MANIFEST_FILENAME, PACK_STATEMENT_PATH)]
    lines = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in listed).encode()
    statement = sign_again(files[PACK_STATEMENT_PATH], signer, manifest=hashlib.sha256(lines).hexdigest())
    return files | {MANIFEST_FILENAME: lines, PACK_STATEMENT_PATH: statement}


def _twice(raw: bytes, folder: Path) -> FindingSet:
    """Return the findings that each member of a zip stands twice."""
    (folder / "twice.zip").write_bytes(raw)
    with zipfile.ZipFile(folder / "twice.zip") as archive:
        return {("twice", f"data/{name}") for name in archive.namelist()}


def test_a_set_is_signed_by_its_own_statement(portal_set: Path, small_pack: BuiltPack, tmp_path: Path) -> None:
    """No other key, no statement of the pack, and no statement of another set signs it."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    files, keeper = files_of(portal_set), small_pack.diary.author
    statement = json.loads(files[PACK_STATEMENT_PATH])
    stranger = AuthorSigner(generate_scalar())
    changed = {
        "by a stranger": list_set_again(files, stranger),
        "of the pack": files | {PACK_STATEMENT_PATH: members_of(small_pack.path)[PACK_STATEMENT_PATH]},
        "of another set": files
        | {PACK_STATEMENT_PATH: sign_again(files[PACK_STATEMENT_PATH], keeper, manifest="0" * 64)},
        "another number": files | {PACK_STATEMENT_PATH: sign_again(files[PACK_STATEMENT_PATH], keeper, no=7)},
        "another name": files
        | {PACK_STATEMENT_PATH: sign_again(files[PACK_STATEMENT_PATH], keeper, folder="PACK_JB_2_20260101")},
        "no signature": files | {PACK_STATEMENT_PATH: json.dumps(statement | {"sig": ""}).encode()},
    }
    for name, changed_files in changed.items():
        cases.add(name, write_set(tmp_path / "changed" / name.replace(" ", "-"), changed_files))
    assert compare_verifiers(cases, min_cases=len(changed)) == {
        "by a stranger": {("pack_signer", PACK_STATEMENT_PATH)},
        "of the pack": {("pack_signature", PACK_STATEMENT_PATH)},
        "of another set": {("pack_changed", MANIFEST_FILENAME)},
        "another number": {("other_pack", PACK_STATEMENT_PATH)},
        "another name": {("other_pack", PACK_STATEMENT_PATH)},
        "no signature": {("pack_signature", PACK_STATEMENT_PATH)},
    }


def test_a_set_that_lacks_a_zip_is_not_called_forged(portal_set: Path, small_pack: BuiltPack, tmp_path: Path) -> None:
    """An officer who forgot a file is told which. What was changed or stripped is said all the same."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    files = {name: raw for name, raw in files_of(portal_set).items() if name != FIRST_ZIP}
    cases.add("forgotten", write_set(tmp_path / "forgotten", files))
    cases.add("changed", write_set(tmp_path / "changed", files | {TABLE: b"no"}))
    bare = {name: raw for name, raw in files.items() if name != PACK_STATEMENT_PATH}
    cases.add("stripped", write_set(tmp_path / "stripped", bare))
    judged = judge_packs(cases, min_cases=3)
    assert {name: (findings, facts["status"]) for name, (findings, facts) in judged.items()} == {
        "forgotten": ({("part_missing", FIRST_ZIP)}, "incomplete"),
        "changed": ({("part_missing", FIRST_ZIP), ("changed", TABLE)}, "incomplete"),
        "stripped": ({("part_missing", FIRST_ZIP), ("not_signed", None)}, "not_signed"),
    }


def test_what_does_not_fit_one_upload_is_refused(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A set is one upload: a second one would have to be checked together with the first."""
    signer = PackSigner(small_pack.diary.diary_id, small_pack.diary.author)
    with pytest.raises(PackBuildFailed, match="too large for one upload"):
        write_portal_set(small_pack.path, tmp_path / "set", signer, zip_limit_bytes=20_000)
    assert not (tmp_path / "set").exists()

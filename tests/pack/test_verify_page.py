"""The page and the program that check packs find the same in the same packs.

Each case is a valid or an altered pack. The page's modules judge all of them in one run of Node.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import struct
import zipfile
from pathlib import Path

from diary.crypto.signing import Ed25519Signer, ed25519_key_id
from diary.encoding import b64, canonical_json
from diary.pack.bag.pack_statement import PackSigner
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.portal import write_portal_set
from diary.pack.preparer import PREPARED_LINE_PREFIX
from diary.pack.verify.findings import SENTENCES, make_finding
from diary.pack.verify.verifier import verify_pack
from diary.paths import STATIC
from diary.samples.timestamp_authority import make_authority
from diary.web.scripted_pages import finding_sentences
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part
from tests.pack.fictional_diary import fictional_diary
from tests.pack.hostile_zips import (
    EXPECTED_CODES,
    hostile_zips,
    renamed_zips,
    repacked_zips,
    zip_with_bytes_after_deflate,
    zips_that_readers_read_differently,
    zips_that_say_another_system,
    zips_that_unpack_to_more,
    zips_with_bytes_of_no_member,
    zips_with_empty_folders,
    zips_with_false_files_of_a_computer,
    zips_with_files_of_a_computer,
    zips_with_files_outside_the_folder,
)
from tests.pack.pack_members import (
    flip_each_member,
    members_of,
    pack_folder_name,
    with_member,
    with_members,
    without_member,
)
from tests.pack.test_embedded_files import pdf_with_a_file_of_many_names, pdf_with_a_long_object
from tests.pack.test_log_part import FOREIGN_LEAF_COUNT, InMemoryLog, make_pack_with_log
from tests.pack.verifier_comparison import (
    VERIFY_SCRIPT,
    PackCases,
    PageVerifier,
    change_json_member,
    compare_verifiers,
    judge_packs,
)

FIRST_PROOF_PREFIX = "data/servable/proof/0001-"


def test_valid_packs_get_the_same_findings_with_any_keys(
    full_pack: BuiltPack, small_pack: BuiltPack, tmp_path: Path
) -> None:
    """Both agree with the right key, with none and with another server's."""
    cases = PackCases(tmp_path, full_pack.diary.notary.pub)
    cases.add("sound", full_pack.path)
    cases.add("no key", full_pack.path, notary=None)
    cases.add("another's key", full_pack.path, notary=Ed25519Signer(os.urandom(32)).pub)
    cases.add("a root and no stamps", full_pack.path, tsa_roots=[b"pem"])
    cases.add("small", small_pack.path, notary=small_pack.diary.notary.pub)
    assert compare_verifiers(cases)["sound"] == set()


def test_a_changed_byte_is_named_by_page_and_program(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Both name each changed member and agree on all other findings."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name, path in flip_each_member(small_pack.path, tmp_path / "flipped.zip"):
        cases.add(name, path)
    compare_verifiers(cases, min_cases=20)


async def test_changed_packs_get_the_same_findings(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Both agree on added, missing, renamed and changed members and on forged packs."""
    cases, victim = PackCases(tmp_path, small_pack.diary.notary.pub), "data/restricted/13_exhibits-as-received/JB-1.png"
    record = "data/restricted/12_record.json"
    cases.add_changed("added", small_pack.path, lambda held: {**held, "data/extra.txt": b"x", "beside.txt": b"y"})
    cases.add_changed(
        "missing", small_pack.path, lambda held: {name: raw for name, raw in held.items() if name != victim}
    )
    renamed = victim.replace("-1", "-99")
    cases.add_changed(
        "renamed",
        small_pack.path,
        lambda held: {(renamed if name == victim else name): raw for name, raw in held.items()},
    )
    for name in (
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha256.txt",
        "manifest-sha512.txt",
        "tagmanifest-sha256.txt",
        record,
    ):
        cases.add_changed(
            f"without {name}",
            small_pack.path,
            without_member(name),
        )
    for case_name, change in {
        "narrative": lambda proof: proof["fields"]["narrative"].update(v="It was all fine."),
        "a field gone": lambda proof: proof["fields"].pop("who"),
        "a field of every object": lambda proof: proof["fields"].update(__proto__={"s": "A" * 43, "v": "x"}),
        "a field of every object withheld": lambda proof: proof["withheld"].update(__proto__="A" * 43),
        "signature": lambda proof: proof.update(sig=proof["sig"][:-4] + "AAAA"),
        "receipt": lambda proof: proof["receipt"].update(ts=proof["receipt"]["ts"] - 1),
        "number": lambda proof: proof.update(seq_no=99),
        "record": lambda proof: proof.update(record=proof["version"]),
        "salt": lambda proof: proof["fields"]["who"].update(s="A"),
        "a salt that is a list": lambda proof: proof["fields"]["who"].update(s=[]),
        "a salt that is none": lambda proof: proof["fields"]["who"].update(s=None),
        "kind": lambda proof: proof["fields"]["_kind"].update(v="constructor"),
        "withheld twice": lambda proof: proof["withheld"].update(narrative="A" * 43),
    }.items():
        cases.add_changed(f"proof: {case_name}", small_pack.path, change_json_member(FIRST_PROOF_PREFIX, change))
    for case_name, change in {
        "another narrative": lambda record: record["versions"][0]["fields"].update(narrative="Something else."),
        "a version gone": lambda record: record["versions"].pop(),
        "counts": lambda record: record["counts"].update(total=99),
        "a row": lambda record: record["records"][0].update(delay_ms=1),
        "true for a number": lambda record: record["versions"][0].update(seq_no=True),
        "true for a count": lambda record: record["counts"].update(removed=False),
        "true for a number to begin with": lambda record: record.update(start_with=[True]),
        "a row that is none": lambda record: record["records"].append(1),
    }.items():
        cases.add_changed(f"record: {case_name}", small_pack.path, change_json_member(record, change))
    index = "data/servable/03_exhibits-index.csv"
    cases.add_changed("a cell of 200 kB", small_pack.path, lambda held: {**held, index: held[index] + b"x" * 200_000})
    cases.add_changed(
        "a last cell that is empty", small_pack.path, lambda held: {**held, index: held[index][:-5] + b","}
    )
    cases.add_changed(
        "a list that names a zip of a set",
        small_pack.path,
        lambda held: {**held, "manifest-sha256.txt": held["manifest-sha256.txt"] + b"0" * 64 + b"  13_part1.zip\n"},
    )
    keys_path = "data/{}/proof/keys.json"
    short_key = os.urandom(31)
    short_keys = {
        keys_path.format(part): canonical_json(
            json.loads(members_of(small_pack.path)[keys_path.format(part)])
            | {"notary": b64(short_key), "log": b64(ed25519_key_id(short_key))}
        )
        for part in ("servable", "restricted")
    }
    cases.add_changed("a server key of 31 bytes", small_pack.path, with_members(short_keys))
    cases.add_changed("index", small_pack.path, lambda held: {**held, index: held[index].replace(b"JB-1", b"JB-7")})
    cases.add_changed(
        "sidecar",
        small_pack.path,
        change_json_member("data/restricted/14_sidecars/JB-1", lambda sidecar: sidecar.update(size_bytes=1)),
    )
    forged_diary = fictional_diary(count=3, exhibits=1)
    raw = build_capsule(forged_diary.versions, forged_diary.wish(), forged_diary.public_keys)
    path = assemble_pack(
        forged_diary,
        await build_front_part(forged_diary, raw, tmp_path / "front"),
        read_capsule(raw),
        tmp_path / "forged",
    )
    cases.add("forged with its own keys", path)
    cases.add("forged, nobody's key", path, notary=None)
    other = fictional_diary(count=3, exhibits=0)
    opened = other.versions[1]["open"]
    opened["fields"] = {**opened["fields"], "narrative": "Quite another account."}
    raw = build_capsule(other.versions, other.wish(), other.public_keys)
    with zipfile.ZipFile(await build_front_part(other, raw, tmp_path / "front")) as archive:
        page = archive.read("data/servable/01_chronology.pdf")
    cases.add_changed("another 01", small_pack.path, lambda held: {**held, "data/servable/01_chronology.pdf": page})
    findings = compare_verifiers(cases, min_cases=25)
    for name in (name for name in cases.packs if name.startswith("record: true")):
        assert "record" in {code for code, _ in findings[name]}, name


def test_junk_in_any_file_gets_the_same_findings(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Both agree on invalid JSON, tables and PDFs, deep nesting included."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    ends = (".csv", ".pdf", "keys.json", "record.json")
    names = [
        name
        for name in members_of(small_pack.path)
        if "0001-" in name or "14_sidecars/JB-1" in name or name.endswith(ends)
    ]
    junk = {"empty": b"", "no text": b"\xff\xfe", "deep": b"[" * 100_000, "half": b'{"t":"proof/v1"}'}
    junk["random"] = random.Random(3).randbytes(500)
    for case_name, content in junk.items():
        cases.add_changed(case_name, small_pack.path, with_members(dict.fromkeys(names, content)))
        for name in (
            "manifest-sha256.txt",
            "tagmanifest-sha256.txt",
            "data/servable/manifest-sha256.txt",
            "bag-info.txt",
        ):
            cases.add_changed(f"{case_name} {name}", small_pack.path, with_member(name, content))
    held = members_of(small_pack.path)
    long_sum = held["bag-info.txt"].replace(b"Payload-Oxum: ", b"Payload-Oxum: " + b"0" * 5_000)
    cases.add_changed("a sum of 5,000 digits", small_pack.path, with_member("bag-info.txt", long_sum))
    for case_name, old, new in (
        ("a sum with a nought before", b"Oxum: ", b"Oxum: 0"),
        ("another date than the folder's", b"Bagging-Date: 2", b"Bagging-Date: 3"),
    ):
        info = held["bag-info.txt"].replace(old, new)
        cases.add_changed(case_name, small_pack.path, with_member("bag-info.txt", info))
    line = f"\ufeff{PREPARED_LINE_PREFIX}Ann, Help.\r\n".encode()
    read_first = "data/00_READ-FIRST.txt"
    cases.add_changed("a mark before the line", small_pack.path, with_member(read_first, line + held[read_first]))
    findings = compare_verifiers(cases, min_cases=20)
    for name in ("a sum of 5,000 digits", "a sum with a nought before", "another date than the folder's"):
        assert ("bag", "bag-info.txt") in findings[name], name
    assert ("preparer", read_first) in findings["a mark before the line"]


def test_hostile_zips_get_the_same_findings(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Neither crashes, both agree, and the stored cases have their expected codes."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name, raw in hostile_zips(small_pack, tmp_path):
        cases.add_bytes(name, raw)
    findings = compare_verifiers(cases, min_cases=55)
    for name, codes in EXPECTED_CODES.items():
        assert set(codes) <= {code for code, _ in findings[name]}, name
    for name, _ in zips_that_readers_read_differently(small_pack, tmp_path / "again.zip"):
        assert {"not_a_pack", "damaged", "not_a_file"} & {code for code, _ in findings[name]}, name
    for name, _ in zips_with_bytes_of_no_member(small_pack):
        assert {"hidden", "damaged", "not_a_pack", "bad_name"} & {code for code, _ in findings[name]}, name
    (tmp_path / "after.zip").write_bytes(zip_with_bytes_after_deflate(small_pack))
    [finding] = verify_pack(tmp_path / "after.zip", notary=small_pack.diary.notary.pub)
    assert finding.code == "damaged"


def test_a_pack_that_was_packed_again_is_sound(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Evidence systems and computers pack a folder again, with times, owners, descriptors and rows for its folders."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name, raw in repacked_zips(small_pack):
        cases.add_bytes(name, raw)
    for name, raw in zips_with_files_of_a_computer(small_pack):
        cases.add_bytes(name, raw)
    for outer, inner in (("Downloads", ""), (pack_folder_name(small_pack.path), ""), ("", " (1)")):
        cases.add(
            f"unpacked {outer}{inner}", unpack_pack(small_pack.path, tmp_path / f"out{outer}{inner}", outer, inner)
        )
    for name, raw in zips_with_empty_folders(small_pack):
        cases.add_bytes(f"empty {name}", raw)
    shutil.unpack_archive(small_pack.path, tmp_path / "here")
    shutil.copyfile(small_pack.path, tmp_path / "here" / f"{pack_folder_name(small_pack.path)} (1).zip")
    cases.add("zip beside", tmp_path / "here")
    for name, raw in renamed_zips(small_pack):
        cases.add_bytes(name, raw)
    cases.add(
        "renamed folder", unpack_pack(small_pack.path, tmp_path / "renamed", "", " of Jane").rename(tmp_path / "J")
    )
    judgements = judge_packs(cases, min_cases=40)
    for name, (found, facts) in judgements.items():
        is_named_as_file = re.search(r"/|_data|~|__MACOSX|DS_Store", name) and "renamed" not in name
        codes = {"system_file"} if is_named_as_file else {"renamed"} if "renamed" in name else set()
        codes = {"empty_folder"} if "empty" in name else {"zip_beside"} if name == "zip beside" else codes
        assert {code for code, _ in found} == codes, name
        assert facts["status"] == "no_record", name


def unpack_pack(pack: Path, folder: Path, outer: str, suffix: str) -> Path:
    """Unpack a pack into a folder of its own. `outer`: a folder around it. `suffix`: at the end of its name."""
    shutil.unpack_archive(pack, folder / outer)
    unpacked = folder / outer / pack_folder_name(pack)
    if outer:
        return folder / outer
    return unpacked.rename(unpacked.with_name(unpacked.name + suffix))


def test_a_file_outside_the_folder_is_never_called_unchanged(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A program that takes such a zip out may write the file over the one that was checked."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name, raw in zips_with_files_outside_the_folder(small_pack):
        cases.add_bytes(name, raw)
    for name, (found, facts) in judge_packs(cases, min_cases=17).items():
        assert {"no_folder", "bad_name"} & {code for code, _ in found}, name
        assert facts["status"] == "changed", name


def test_a_false_file_of_a_computer_is_a_change(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Anybody can name a file `.DS_Store`. One that no computer wrote there, or that unpacks as another, is named."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name, raw in zips_with_false_files_of_a_computer(small_pack, tmp_path / "false.zip"):
        cases.add_bytes(name, raw)
    for name, (found, facts) in judge_packs(cases, min_cases=16).items():
        assert {"bad_name", "added", "not_a_file", "no_folder"} & {code for code, _ in found}, name
        assert facts["status"] == "changed", name


def test_a_member_that_unpacks_to_more_than_it_says_is_damaged(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Programs write all of it, with words that nobody signed. None of it is unpacked beyond its size."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name, raw in (*zips_that_unpack_to_more(small_pack), *zips_that_say_another_system(small_pack)):
        cases.add_bytes(name, raw)
    for name, (found, facts) in judge_packs(cases, min_cases=7).items():
        assert {"damaged", "not_a_file", "bad_name", "no_folder"} & {code for code, _ in found}, name
        assert facts["status"] in ("changed", "bad_signature"), name


def test_what_is_not_a_pack_yet_gets_no_status(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A zip in a zip, or a portal set in one, is to be unpacked: nothing is said of what nobody looked at."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    set_folder = tmp_path / "set"
    write_portal_set(small_pack.path, set_folder, PackSigner(small_pack.diary.diary_id, small_pack.diary.author))
    for name, files in {
        "a zip in a zip": {"pack.zip": small_pack.path.read_bytes(), "receipt-slip.json": b"{}"},
        "a set in a zip": {path.name: path.read_bytes() for path in set_folder.iterdir()},
        "a set in a folder in a zip": {f"Set/{path.name}": path.read_bytes() for path in set_folder.iterdir()},
        "a zip in a folder named data": {"data/pack.zip": small_pack.path.read_bytes()},
    }.items():
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
            for member, content in files.items():
                archive.writestr(member, content)
        cases.add_bytes(name, (tmp_path / "other.zip").read_bytes())
    for name, (found, facts) in judge_packs(cases, min_cases=4).items():
        assert {code for code, _ in found} == {"unpack_first"}, name
        assert not facts["status"], name


def unpack_into(pack: Path, folder: Path) -> Path:
    """Unpack a pack into a folder that may exist already, and return the pack's own folder."""
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder)
        return folder / archive.namelist()[0].partition("/")[0]


def test_of_a_folder_with_a_pack_and_other_files_only_the_pack_is_to_be_chosen(
    small_pack: BuiltPack, tmp_path: Path
) -> None:
    """Downloads, or a whole stick: nothing is said of the pack, good or bad, until it is chosen by itself."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for case, other in (("Downloads", "photo.jpg"), ("stick", "System Volume Information/WPSettings.dat")):
        unpack_into(small_pack.path, tmp_path / case)
        (tmp_path / case / other).parent.mkdir(exist_ok=True)
        (tmp_path / case / other).write_bytes(b"x")
    renamed = unpack_into(small_pack.path, tmp_path / "evidence")
    renamed.rename(renamed.with_name("Jane"))
    (tmp_path / "evidence" / "notes.docx").write_bytes(b"x")
    first = unpack_into(small_pack.path, tmp_path / "two")
    shutil.copytree(first, first.with_name("PACK_ZZ_9_20260101"))
    (tmp_path / "zips").mkdir()
    shutil.copy(small_pack.path, tmp_path / "zips" / f"{first.name}.zip")
    (tmp_path / "zips" / "photo.jpg").write_bytes(b"x")
    # 40 letters, each of two UTF-16 units.
    shutil.copytree(tmp_path / "zips", tmp_path / "emoji")
    (tmp_path / "emoji" / f"{first.name}.zip").rename(tmp_path / "emoji" / f"{first.name} {'😀' * 40}.zip")
    for case in ("Downloads", "stick", "evidence", "two", "zips", "emoji"):
        cases.add(case, tmp_path / case)
    cases.add("two zips", small_pack.path, shutil.copyfile(small_pack.path, tmp_path / "other.zip"))
    cases.add("a zip and a picture", small_pack.path, tmp_path / "Downloads" / "photo.jpg")
    notes = tmp_path / "01_notes.docx"
    notes.write_bytes(b"x")
    cases.add("a zip and notes named as a file of a set", small_pack.path, notes)
    for case, (found, facts) in judge_packs(cases, min_cases=8).items():
        assert {code for code, _ in found} == {"choose_pack"}, case
        assert not facts["status"], case


def test_a_folder_that_somebody_put_into_a_pack_is_a_change(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Named as a pack, it would send an officer from the real one to a forged one. So it is judged as any other file."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name in ("PACK_AA_1_20260101", "PACK_ZZ_9_20260101"):
        folder = unpack_into(small_pack.path, tmp_path / name)
        shutil.copytree(folder, tmp_path / "copy" / name)
        shutil.copytree(tmp_path / "copy" / name, folder / name)
        cases.add(name, folder)
    for name, (found, facts) in judge_packs(cases, min_cases=2).items():
        assert {"added", "no_folder"} & {code for code, _ in found}, name
        assert facts["status"] in ("changed", "bad_signature"), name


def test_a_pack_or_a_set_in_a_folder_is_found(small_pack: BuiltPack, tmp_path: Path) -> None:
    """The zip on a stick with what macOS adds, or a set in a folder: as if it had been given by itself."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name in ("stick", "outer/Set", "Evidence/data", "Evidence/servable"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(small_pack.path, tmp_path / "stick" / "Jane.ZIP")
    (tmp_path / "stick" / "._Jane.ZIP").write_bytes(b"anything")
    (tmp_path / "stick" / "empty").mkdir()
    cases.add("a zip in a folder", tmp_path / "stick")
    signer = PackSigner(small_pack.diary.diary_id, small_pack.diary.author)
    for name in ("outer/Set", "Evidence/data", "Evidence/servable"):
        shutil.rmtree(tmp_path / name)
        write_portal_set(small_pack.path, tmp_path / name, signer)
    (tmp_path / "outer" / "Set" / "sub").mkdir()
    (tmp_path / "outer" / "Set" / "sub" / ".DS_Store").write_bytes(b"anything")
    cases.add("a set in a folder", tmp_path / "outer")
    cases.add("a set in a folder named data", tmp_path / "Evidence" / "data")
    cases.add("a set in a folder named servable", tmp_path / "Evidence" / "servable")
    for name, (found, facts) in judge_packs(cases, min_cases=4).items():
        assert found == set(), name
        assert facts["status"] == "no_record", name


def test_a_long_cell_and_an_object_that_is_read_often_get_the_same_findings(
    small_pack: BuiltPack, tmp_path: Path
) -> None:
    """Neither runs out of memory or time."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    index, page = "data/servable/03_exhibits-index.csv", "data/servable/01_chronology.pdf"
    record, log = "data/restricted/12_record.json", "data/restricted/proof/log.json"
    long_cell = members_of(small_pack.path)[index] + b'"' + b'a""' * (4 << 20) + b'"\r\n'
    cases.add_changed("a long cell", small_pack.path, with_member(index, long_cell))
    cases.add_changed("many rows", small_pack.path, with_member(index, b"file\n" + b"a\n" * 70_000))
    cases.add_changed("a line of commas", small_pack.path, with_member(index, b"file" + b"," * (60 << 20) + b"\n"))
    for name in ("manifest-sha256.txt", "data/servable/manifest-sha256.txt", "data/00_READ-FIRST.txt"):
        cases.add_changed(f"lines of {name}", small_pack.path, with_member(name, b"\n" * (30 << 20)))
    empty_lists = change_json_member(record, lambda value: value.update(a=[[]] * 4_000_000))
    cases.add_changed(f"empty lists in {record}", small_pack.path, empty_lists)
    empty_lists_of_log = b'{"a":[' + b"[]," * 4_000_000 + b'[]],"t":"log/v1"}'
    cases.add_changed(f"empty lists in {log}", small_pack.path, with_member(log, empty_lists_of_log))
    cases.add_changed("a long object", small_pack.path, with_member(page, pdf_with_a_long_object(2_000)))
    cases.add_changed("a file of many names", small_pack.path, with_member(page, pdf_with_a_file_of_many_names(20)))
    judged = judge_packs(cases, min_cases=7)
    assert all(("unreadable", name) in judged[f"empty lists in {name}"][0] for name in (record, log))
    assert ("unreadable", index) in judged["many rows"][0]
    assert ("unreadable", index) in judged["a line of commas"][0]
    assert ("list_damaged", "manifest-sha256.txt") in judged["lines of manifest-sha256.txt"][0]
    assert ("unreadable", index) in judged["a long cell"][0]
    assert ("unreadable", page) in judged["a long object"][0]
    assert ("unreadable", page) in judged["a file of many names"][0]


def test_words_of_a_forger_reach_no_terminal() -> None:
    """A code that clears a screen, in the name of a file or a text of the pack, is shown as question marks."""
    member = make_finding("log", "data/proof/checkpoint-1.\x1b[2J\x1b[H\u202eUnchanged.tsr").member
    assert member == "data/proof/checkpoint-1.?[2J?[H?Unchanged.tsr"


def convert_to_zip64(raw: bytes, **overrides: int) -> bytes:
    """Return the zip with its numbers in a ZIP64 record; `overrides` are false values there or in the end record."""
    _, _, _, _, count, length, offset, _ = struct.unpack("<4s4H2IH", raw[-22:])
    zip64_fields = {
        "here": count,
        "total": count,
        "length": length,
        "offset": offset,
        "disk": 0,
        "end": 0xFFFFFFFF,
    } | overrides
    disk, numbers = (
        zip64_fields["disk"],
        (zip64_fields["here"], zip64_fields["total"], zip64_fields["length"], zip64_fields["offset"]),
    )
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, disk, disk, *numbers)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(raw) - 22, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, zip64_fields["end"], offset, 0)
    return raw[:-22] + record + locator + end


def test_zip64_records_are_read_or_refused(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A valid record is read. A zip that two readers could read differently is not a pack."""
    cases, raw = PackCases(tmp_path, small_pack.diary.notary.pub), small_pack.path.read_bytes()
    length = struct.unpack("<I", raw[-10:-6])[0]
    cases.add_bytes("sound", convert_to_zip64(raw))
    # The end record has the true numbers, as Python writes them between 2 and 4 GiB.
    cases.add_bytes("sound, true numbers twice", convert_to_zip64(raw, end=length))
    for name, lie in {"here": 1, "total": 1, "length": 1, "offset": 1 << 40, "disk": 1, "end": length - 46}.items():
        cases.add_bytes(name, convert_to_zip64(raw, **{name: lie}))
    cases.add_bytes("only said to be large", raw[:-12] + b"\xff\xff" + raw[-10:])
    findings = compare_verifiers(cases)
    assert findings.pop("sound") == findings.pop("sound, true numbers twice") == set()
    assert all(codes == {("not_a_pack", None)} for codes in findings.values()), findings


def test_random_bytes_in_the_central_directory_get_findings(small_pack: BuiltPack, tmp_path: Path) -> None:
    """The page always gives findings. They may differ from the program's, which uses another zip library."""
    cases, raw, generator = (
        PackCases(tmp_path, small_pack.diary.notary.pub),
        small_pack.path.read_bytes(),
        random.Random(7),
    )
    for i in range(20):
        damaged = bytearray(raw)
        for _ in range(20):
            damaged[generator.randrange(len(raw) - 4_000, len(raw))] = generator.randrange(256)
        cases.add_bytes(str(i), bytes(damaged))
    assert all(PageVerifier(cases).findings())


def test_changes_of_the_log_part_get_the_same_findings(tmp_path: Path) -> None:
    """Both agree on changed checkpoints, proofs and timestamps, with any roots."""
    authority, other = make_authority(tmp_path / "tsa"), make_authority(tmp_path / "other")
    diary = fictional_diary(count=4, exhibits=1)
    logged = make_pack_with_log(diary, InMemoryLog(diary).log_part(FOREIGN_LEAF_COUNT + 4, authority), tmp_path)
    cases, folder = PackCases(tmp_path, diary.notary.pub), "data/restricted/proof/"
    cases.add("sound", logged.path, tsa_roots=[authority.root_pem])
    cases.add("no root", logged.path)
    cases.add("another root", logged.path, tsa_roots=[other.root_pem])
    cases.add("both roots", logged.path, tsa_roots=[other.root_pem, authority.root_pem])
    for name, path in flip_each_member(logged.path, tmp_path / "flipped.zip"):
        if "/proof/" in name:
            cases.add(name, path, tsa_roots=[authority.root_pem])
    for end in (".txt", ".tsr", ".pem", "log.json"):
        name = next(name for name in members_of(logged.path) if name.startswith(folder) and name.endswith(end))
        cases.add_changed(
            f"without {end}",
            logged.path,
            without_member(name),
        )
    for case_name, change in {
        "policy": lambda log: log["checkpoints"][0]["stamps"][0].update(policy="1.2.3"),
        "nonce": lambda log: log["checkpoints"][0]["stamps"][0].update(nonce="AAAA"),
        "place": lambda log: log["proofs"][0].update(i=0),
        "path": lambda log: log["proofs"][0].update(path=[]),
        "growth": lambda log: log["checkpoints"][1].update(path=[]),
        "size": lambda log: log["checkpoints"][1].update(size=3),
        "true for a place": lambda log: log["proofs"][0].update(i=True),
        "a checkpoint too many": lambda log: log["checkpoints"].append(log["checkpoints"][1]),
        "one timestamp ten thousand times": lambda log: log["checkpoints"][0].update(
            stamps=log["checkpoints"][0]["stamps"] * 10_000
        ),
        "one cosignature ten thousand times": lambda log: log["checkpoints"][0].update(cosignatures=["x"] * 10_000),
        "a nonce of a megabyte": lambda log: log["checkpoints"][0]["stamps"][0].update(nonce="A" * 1_400_000),
    }.items():
        cases.add_changed(
            case_name, logged.path, change_json_member(f"{folder}log.json", change), tsa_roots=[authority.root_pem]
        )
    compare_verifiers(cases, min_cases=20)


def test_page_and_program_have_the_same_sentences() -> None:
    """Both languages have the same table of codes and sentences."""
    text = (VERIFY_SCRIPT.parents[2] / "static/js/verify/findings.js").read_text()
    table = text.split("export const SENTENCES")[1].split("\n})")[0]
    joined_table = re.sub(r"' \+\n +'", "", table)
    rows = dict(re.findall(r"^ +(\w+):\s+'(.*)',$", joined_table, re.MULTILINE))
    assert rows.items() <= finding_sentences(STATIC).items(), "what the pages say, each in its language"
    assert rows == {code: sentence.replace("'", "’") for code, sentence in SENTENCES.items()}

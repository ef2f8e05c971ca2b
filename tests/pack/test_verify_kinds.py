"""Packs of every kind, judged by both verifiers: training, replaced keys, later packs, no server, servable part."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diary.crypto.signing import AuthorSigner, generate_scalar
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.documents.instructions import TRAINING_LINE
from diary.pack.verify.findings import make_finding
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part
from tests.pack.fictional_diary import DAY_MS, HOUR_MS, START_MS, FictionalDiary, fictional_diary, incident_fields
from tests.pack.odd_values import add_odd_records
from tests.pack.pack_members import (
    MembersChange,
    change_members,
    members_of,
    pack_folder_name,
    with_member,
    without_member,
)
from tests.pack.resent_version import resend_version
from tests.pack.test_log_part import FOREIGN_LEAF_COUNT, InMemoryLog, make_pack_with_log
from tests.pack.verifier_comparison import (
    FindingSet,
    PackCases,
    change_json_member,
    compare_verifiers,
    judge_packs,
    program_findings,
)

SERVABLE_FOLDER, RESTRICTED_FOLDER = "data/servable/", "data/restricted/"
KEYS_PATH = f"{SERVABLE_FOLDER}proof/keys.json"
SERVABLE_ONLY_FINDING = ("servable_only", None)
NOT_COVERED_FINDINGS: FindingSet = {("not_covered", "data/00_READ-FIRST.txt"), ("not_covered", "data/15_VERIFY.txt")}


async def make_pack(diary: FictionalDiary, folder: Path, **options: Any) -> Path:
    """Make a pack of a whole diary, built by the real worker."""
    no = int(str(options.pop("no", 1)))
    raw = build_capsule(diary.versions, replace(diary.wish(**options), no=no), diary.public_keys)
    name = f"{len(list(folder.iterdir()))}"
    return assemble_pack(
        diary, await build_front_part(diary, raw, folder / f"{name}.front"), read_capsule(raw), folder / f"{name}.pack"
    )


async def test_a_training_pack_is_recognised_by_any_remaining_mark(tmp_path: Path) -> None:
    """READ-FIRST or the record alone suffices, and nothing else is found."""
    diary = fictional_diary(count=2, exhibits=1)
    pack = await make_pack(diary, tmp_path, training=True)
    cases = PackCases(tmp_path, diary.notary.pub)
    cases.add("whole", pack)
    cases.add_changed("without the line", pack, lambda held: {**held, "data/00_READ-FIRST.txt": b"READ FIRST."})
    cases.add_changed(
        "without the record", pack, lambda held: {name: raw for name, raw in held.items() if "12_record" not in name}
    )
    findings = compare_verifiers(cases)
    assert findings["whole"] == {("training", None)}
    assert all(("training", None) in case_findings for case_findings in findings.values())


async def test_versions_by_a_replaced_key_verify_up_to_its_end(tmp_path: Path) -> None:
    """Both keys' versions are valid. Later ones by the old key are not, nor are altered statements."""
    diary = fictional_diary(count=2, exhibits=1)
    old = diary.replace_signing_key(at_ms=START_MS + 400 * DAY_MS)
    diary.add("incident", incident_fields(START_MS + 401 * DAY_MS, "After the change."), at_ms=START_MS + 401 * DAY_MS)
    cases = PackCases(tmp_path, diary.notary.pub)
    pack = await make_pack(diary, tmp_path, made_at=START_MS + 500 * DAY_MS)
    cases.add("replaced", pack)
    for case_name, change in {
        "no statement": lambda keys: keys.pop("earlier"),
        "another time": lambda keys: keys["earlier"][0].update(ts=START_MS),
        "another key": lambda keys: keys["earlier"][0].update(ecdsa_pub=keys["earlier"][0]["old"]),
        "twice": lambda keys: keys["earlier"].append(keys["earlier"][0]),
        "none": lambda keys: keys.update(earlier=[]),
        "no list": lambda keys: keys.update(earlier=7),
        "not a statement": lambda keys: keys.update(earlier=[{"t": "rekey/v1"}]),
    }.items():
        change_both = _change_both_key_files(change)
        cases.add_changed(case_name, pack, change_both)
    new, diary.author = diary.author, old
    diary.add(
        "incident",
        incident_fields(START_MS + 402 * DAY_MS, "By whoever has the old key."),
        at_ms=START_MS + 402 * DAY_MS,
    )
    diary.author = new
    cases.add("the old key afterwards", await make_pack(diary, tmp_path, made_at=START_MS + 500 * DAY_MS))
    diary.versions.pop()
    resent, newest = next(row for row in diary.versions if row["kind"] == "incident"), diary.versions[-1]
    resend_version(diary, resent, new, at_ms=START_MS + 403 * DAY_MS)
    cases.add("lost, and sent again by the new key", await make_pack(diary, tmp_path, made_at=START_MS + 500 * DAY_MS))
    resend_version(diary, newest, old, at_ms=START_MS + 399 * DAY_MS)
    cases.add("named the new key, signed by the old", await make_pack(diary, tmp_path, made_at=START_MS + 500 * DAY_MS))
    resend_version(diary, newest, new, at_ms=START_MS + 401 * DAY_MS)
    resend_version(diary, resent, AuthorSigner(generate_scalar()), at_ms=START_MS + 403 * DAY_MS)
    cases.add("sent again by a stranger", await make_pack(diary, tmp_path, made_at=START_MS + 500 * DAY_MS))
    findings = compare_verifiers(cases)
    assert findings["replaced"] == set()
    assert findings["lost, and sent again by the new key"] == set()
    for name in ("the old key afterwards", "named the new key, signed by the old", "sent again by a stranger"):
        assert {code for code, _ in findings[name]} == {"author"}, name
    assert all("author" in {code for code, _ in findings[name]} for name in ("no statement", "another time", "none"))


def _change_both_key_files(change: Callable[[dict[str, object]], object]) -> MembersChange:
    """Return a change of both folders' keys.json, so that only the chain itself can reveal it."""
    first, second = (
        change_json_member(KEYS_PATH, change),
        change_json_member(KEYS_PATH.replace(SERVABLE_FOLDER, RESTRICTED_FOLDER), change),
    )
    return lambda held: second(first(held))


def with_count(name: str, count: int) -> Callable[[Any], None]:
    """Return a change of the record that sets one of its counts."""
    return lambda record: record["counts"].update({name: count})


async def test_supplements_item_packs_and_packs_without_a_server_verify(tmp_path: Path) -> None:
    """These packs verify, and a supplement with wrong counts is found. Odd values are listed."""
    diary = fictional_diary(count=4, exhibits=2)
    first = read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys))
    ids = [row["record"] for row in diary.versions if row["kind"] == "incident"][:3]
    items_given = [{"item": exhibit.item, "record": exhibit.record} for exhibit in first.exhibits]
    export_fields = {
        "kind": "pack",
        "pack_no": 1,
        "made_at": first.metadata.made_at,
        "record_ids": ids,
        "items_included": items_given,
    }
    diary.add("export", {**export_fields, "receipt_ref": "CR/1"}, at_ms=first.metadata.made_at + HOUR_MS)
    options = {"made_at": first.metadata.made_at + DAY_MS, "no": 2}
    cases = PackCases(tmp_path, diary.notary.pub)
    newest = tuple(row["record"] for row in diary.versions if row["kind"] == "incident" and row["record"] not in ids)
    later = await make_pack(diary, tmp_path, chosen=newest, kind="supplement", **options)
    cases.add("supplement", later)
    record = "data/restricted/12_record.json"
    for name in ("earlier", "withheld", "total"):
        cases.add_changed(
            f"other {name}",
            later,
            change_json_member(record, with_count(name, 9)),
        )
    cases.add_changed("no earlier", later, change_json_member(record, lambda record: record["counts"].pop("earlier")))
    cases.add(
        "items", await make_pack(diary, tmp_path, chosen=(), kind="items", items=(items_given[0]["item"],), **options)
    )
    local = fictional_diary(count=2, exhibits=1)
    local.versions[:] = [{**row, "seq": None, "receipt": None} for row in local.versions]
    raw = build_capsule(local.versions, local.wish(), {**local.public_keys, "log": "", "notary": ""})
    pack = assemble_pack(
        local, await build_front_part(local, raw, tmp_path / "local.front"), read_capsule(raw), tmp_path / "local.pack"
    )
    cases.add("no server", pack, notary=None)
    cases.add("no server, and a key", pack)
    odd = fictional_diary(count=2, exhibits=0)
    add_odd_records(odd, START_MS + 300 * DAY_MS)
    cases.add("odd", await make_pack(odd, tmp_path, made_at=START_MS + 301 * DAY_MS), notary=odd.notary.pub)
    findings = compare_verifiers(cases)
    assert findings["supplement"] == findings["items"] == set()
    assert all(
        ("record", record) in findings[name]
        for name in ("other earlier", "other withheld", "other total", "no earlier")
    )
    assert {code for code, _ in findings["odd"]} == {"odd"}


@pytest.fixture(scope="module")
def logged_pack(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """Return a pack of four entries in the log, one with withheld words."""
    diary = fictional_diary(count=4, exhibits=2)
    return make_pack_with_log(
        diary, InMemoryLog(diary).log_part(FOREIGN_LEAF_COUNT + 4, None), tmp_path_factory.mktemp("logged")
    )


def make_zip(path: Path, root: str, members: dict[str, bytes]) -> Path:
    """Write a zip of these members below a folder."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{root}/{name}", content)
    return path


def servable_variants(pack: Path, folder: Path) -> dict[str, Path]:
    """Return the forms in which somebody may have only the servable part."""
    members = {name: raw for name, raw in members_of(pack).items() if not name.startswith(RESTRICTED_FOLDER)}
    root = pack_folder_name(pack)
    servable_members = {
        name.removeprefix(SERVABLE_FOLDER): raw for name, raw in members.items() if name.startswith(SERVABLE_FOLDER)
    }
    data = {name: raw for name, raw in members.items() if name.startswith("data/")}
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder / "out")
    shutil.rmtree(folder / "out" / root / "data" / "restricted")
    return {
        "the folder in a zip": make_zip(folder / "inside.zip", "servable", servable_members),
        "data in a zip": make_zip(
            folder / "data.zip", "data", {name.removeprefix("data/"): raw for name, raw in data.items()}
        ),
        "the pack without the rest": make_zip(folder / "rest.zip", root, members),
        "and without its lists": make_zip(folder / "lists.zip", root, data),
        "the folder": folder / "out" / root / "data" / "servable",
        "its folder above": folder / "out" / root,
    }


def test_the_servable_part_alone_is_recognised_and_checked(logged_pack: BuiltPack, tmp_path: Path) -> None:
    """Each of the six forms gets a finding that says what it is, and nothing is reported as missing.

    Where the bag is not here, the two texts beside the folder are in no list, and each is named.
    """
    cases = PackCases(tmp_path, logged_pack.diary.notary.pub)
    for name, path in servable_variants(logged_pack.path, tmp_path).items():
        cases.add(name, path)
        cases.add(f"{name}, no key", path, notary=None)
    findings = compare_verifiers(cases)
    for name, case_findings in findings.items():
        expected: FindingSet = {SERVABLE_ONLY_FINDING} | ({("keys_from_pack", None)} if "no key" in name else set())
        is_bag_here = name.startswith(("the pack without the rest", "its folder above"))
        has_texts_alone = name.startswith(("data in a zip", "and without its lists"))
        expected |= NOT_COVERED_FINDINGS if has_texts_alone else set()
        # A statement says which parts the pack had.
        expected |= {("part_only", PACK_STATEMENT_PATH)} if is_bag_here else set()
        assert case_findings == expected, name


def test_texts_that_no_list_covers_are_not_called_unchanged(logged_pack: BuiltPack, tmp_path: Path) -> None:
    """Somebody takes the bag and the restricted part out, and writes another READ-FIRST."""
    copy = servable_variants(logged_pack.path, tmp_path)["and without its lists"]
    cases = PackCases(tmp_path, logged_pack.diary.notary.pub)
    for line in ("Nothing in this pack happened.", TRAINING_LINE):
        forged = with_member("data/00_READ-FIRST.txt", f"{line}\r\n".encode())
        cases.add(line, change_members(copy, tmp_path / "forged.zip", forged))
    for name, (found, facts) in judge_packs(cases).items():
        assert found == {SERVABLE_ONLY_FINDING} | NOT_COVERED_FINDINGS, name
        assert facts["status"] == "not_covered", name


def test_a_copy_with_the_restricted_part_and_without_the_bag_is_not_signed(
    logged_pack: BuiltPack, tmp_path: Path
) -> None:
    """The statement of the servable folder is still there. It covers nothing of the restricted part."""
    [root] = zipfile.Path(logged_pack.path).iterdir()
    shutil.unpack_archive(logged_pack.path, tmp_path / "out")
    cases = PackCases(tmp_path, logged_pack.diary.notary.pub)
    cases.add("data", tmp_path / "out" / root.name / "data")
    [(found, facts)] = judge_packs(cases).values()
    assert ("not_signed", None) in found
    assert facts["status"] == "not_signed"


def test_what_holds_no_restricted_file_is_a_copy_of_the_servable_part(logged_pack: BuiltPack, tmp_path: Path) -> None:
    """Somebody deletes the restricted files on a computer, and an empty folder or a file of the computer is left."""
    folder = servable_variants(logged_pack.path, tmp_path)["its folder above"]
    (folder / "data" / "restricted").mkdir()
    (folder / "data" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    cases = PackCases(tmp_path, logged_pack.diary.notary.pub)
    cases.add("left", folder)
    lost = (folder / "bag-info.txt").read_bytes()
    (tmp_path / "fewer").mkdir()
    fewer = shutil.copytree(folder, tmp_path / "fewer" / folder.name)
    (fewer / "bag-info.txt").write_bytes(re.sub(rb"\.([0-9]+)\n", lambda match: b".%d\n" % (int(match[1]) - 1), lost))
    cases.add("a lower count", fewer)
    judged = judge_packs(cases)
    assert judged["left"][0] == {
        SERVABLE_ONLY_FINDING,
        ("part_only", PACK_STATEMENT_PATH),
        ("system_file", f"{folder.name}/data/.DS_Store"),
    }
    assert judged["left"][1]["status"] == "part_only"
    assert ("bag", "bag-info.txt") in judged["a lower count"][0]


def test_changes_in_the_servable_part_alone_are_found(logged_pack: BuiltPack, tmp_path: Path) -> None:
    """Files are checked by their list, entries by their fields, exhibits and the log as far as they are present."""
    parts = servable_variants(logged_pack.path, tmp_path)
    folder_zip, with_data_folder = parts["the folder in a zip"], parts["the pack without the rest"]
    cases = PackCases(tmp_path, logged_pack.diary.notary.pub)

    def add_changed_case(name: str, source: Path, change: MembersChange) -> None:
        cases.add(name, change_members(source, tmp_path / "bent.zip", change))

    for source, prefix in ((folder_zip, ""), (with_data_folder, SERVABLE_FOLDER)):
        chronology, first = f"{prefix}01_chronology.pdf", f"{prefix}proof/0001-"
        index, attached = f"{prefix}03_exhibits-index.csv", f"{prefix}proof/JB-1-"
        held = members_of(source)
        with_other_byte = held[chronology][:-9] + b"x" + held[chronology][-8:]
        add_changed_case(f"{prefix}a byte", source, with_member(chronology, with_other_byte))
        add_changed_case(f"{prefix}gone", source, without_member(chronology))
        add_changed_case(f"{prefix}more", source, with_member(f"{prefix}99_more.txt", b"x"))
        add_changed_case(
            f"{prefix}words",
            source,
            change_json_member(first, lambda proof: proof["fields"]["narrative"].update(v="All was well.")),
        )
        add_changed_case(
            f"{prefix}signature",
            source,
            change_json_member(first, lambda proof: proof.update(sig=proof["sig"][:-4] + "AAAA")),
        )
        add_changed_case(
            f"{prefix}receipt", source, change_json_member(first, lambda proof: proof["receipt"].update(ts=1))
        )
        add_changed_case(
            f"{prefix}opened", source, change_json_member(first, lambda proof: proof["withheld"].pop("place_detail"))
        )
        add_changed_case(
            f"{prefix}exhibit",
            source,
            change_json_member(attached, lambda proof: proof["fields"]["sha256"].update(v="0" * 64)),
        )
        add_changed_case(f"{prefix}index", source, with_member(index, held[index].replace(b"JB-1.", b"JB-9.")))
        add_changed_case(
            f"{prefix}place",
            source,
            change_json_member(f"{prefix}proof/log.json", lambda log: log["proofs"][0].update(i=0)),
        )
        add_changed_case(
            f"{prefix}keys",
            source,
            change_json_member(f"{prefix}proof/keys.json", lambda keys: keys.update(notary="A" * 43)),
        )
        add_changed_case(f"{prefix}list", source, with_member(f"{prefix}manifest-sha256.txt", b"x"))
        add_changed_case(f"{prefix}no list", source, without_member(f"{prefix}manifest-sha256.txt"))
    findings = compare_verifiers(cases, min_cases=26)
    codes = {name: {code for code, _ in case_findings} for name, case_findings in findings.items()}
    for prefix in ("", SERVABLE_FOLDER):
        assert ("changed", f"{SERVABLE_FOLDER}01_chronology.pdf") in findings[f"{prefix}a byte"]
        assert ("missing", f"{SERVABLE_FOLDER}01_chronology.pdf") in findings[f"{prefix}gone"]
        assert ("added", f"{SERVABLE_FOLDER}99_more.txt") in findings[f"{prefix}more"]
        for name, code in {
            "words": "commitment", "signature": "author", "receipt": "receipt", "opened": "names", "exhibit": "exhibit",
            "index": "exhibit", "place": "inclusion", "keys": "keys", "list": "list_damaged", "no list": "missing",
        }.items():  # fmt: skip
            assert code in codes[f"{prefix}{name}"], (prefix, name, codes[f"{prefix}{name}"])
        assert all("servable_only" in case_codes for case_codes in codes.values())


def test_a_link_alone_in_a_folder_is_not_followed(logged_pack: BuiltPack, tmp_path: Path) -> None:
    """It leads to a zip, a folder or a pipe that did not come with the folder."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "out").mkdir()
    for number, target in enumerate((logged_pack.path, tmp_path / "out", tmp_path / "pipe")):
        folder = tmp_path / "given" / str(number)
        folder.mkdir(parents=True)
        (folder / "PACK.zip").symlink_to(target)
        assert verify_pack(folder) == [make_finding("not_a_file", "PACK.zip")]


def test_a_folder_counts_as_a_pack_but_symlinks_are_not_followed(logged_pack: BuiltPack, tmp_path: Path) -> None:
    """An unpacked pack can be verified as a folder. A symlink is named and not followed."""
    with zipfile.ZipFile(logged_pack.path) as archive:
        archive.extractall(tmp_path / "out")
    [folder] = (tmp_path / "out").iterdir()
    cases = PackCases(tmp_path, logged_pack.diary.notary.pub)
    cases.add("as it lies there", folder)
    assert compare_verifiers(cases)["as it lies there"] == set()
    (folder / "data" / "link.txt").symlink_to("/etc/passwd")
    assert ("not_a_file", "data/link.txt") in program_findings(cases)[0]

"""What somebody changes who makes every list of digests anew, which takes no key: all that follows from what is proved is found.

The program and the page judge the same packs. Words of pages and tables are for `--rerender` (test_rerender.py); what the keeper
said once for the whole pack is held by the digest that their diary notes of each pack.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from diary.encoding import canonical_json
from diary.pack.bag.manifest import tag_manifest
from tests.pack.conftest import BuiltPack
from tests.pack.pack_members import Members, members_of, rebuild_digest_lists
from tests.pack.verifier_comparison import PackCases, change_json_member, compare_verifiers

SERVABLE_FOLDER, RESTRICTED_FOLDER = "data/servable/", "data/restricted/"
RECORD_PATH, EXHIBITS_INDEX_PATH = f"{RESTRICTED_FOLDER}12_record.json", f"{SERVABLE_FOLDER}03_exhibits-index.csv"
SIDECAR_PATH = f"{RESTRICTED_FOLDER}14_sidecars/JB-1.json"
TAG_FILE_NAMES = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt")
MembersChange = Callable[[Members], Members]


def change_json(name: str, change: Callable[[Any], object]) -> MembersChange:
    """A change of one member that is JSON."""
    return change_json_member(name, change)


def added_file_changes() -> Iterator[tuple[str, str, MembersChange]]:
    """Files that no pack has, and two files where there is one."""
    for name in (
        f"{SERVABLE_FOLDER}16_confession.pdf",
        "data/setup.exe",
        f"{SERVABLE_FOLDER}01_chronology.pdf.",
        f"{RESTRICTED_FOLDER}99.html",
    ):
        yield f"with {name}", "unknown", lambda held, name=name: {**held, name: b"x"}  # type: ignore[misc]
    yield "a second chronology", "unknown", lambda held: {**held, f"{SERVABLE_FOLDER}01_chronology.html": b"x"}
    yield (
        "a second mail",
        "exhibit",
        lambda held: {**held, f"{RESTRICTED_FOLDER}13_exhibits-as-received/JB-2.eml": b"x"},
    )
    yield (
        "a second picture",
        "exhibit",
        lambda held: {**held, f"{RESTRICTED_FOLDER}09_RESTRICTED_orders/JB-1.png": b"x"},
    )
    yield (
        "a second sidecar",
        "exhibit",
        lambda held: {**held, f"{RESTRICTED_FOLDER}14_sidecars/JB-1b.json": held[SIDECAR_PATH]},
    )


def removed_file_changes(original: Members) -> Iterator[tuple[str, str, MembersChange]]:
    """Each file that every pack has."""
    required_parts = ("/proof/", "13_", "14_", "manifest")
    for name in (
        one for one in original if one.startswith("data/") and not any(part in one for part in required_parts)
    ):
        yield (
            f"without {name}",
            "lacking",
            lambda members, name=name: {  # type: ignore[misc]
                one: raw for one, raw in members.items() if one != name
            },
        )


def duplicate_index_row(members: Members) -> Members:
    """The index with another row before an exhibit's own."""
    head, first, *rest = members[EXHIBITS_INDEX_PATH].split(b"\r\n")
    return {
        **members,
        EXHIBITS_INDEX_PATH: b"\r\n".join([head, first.replace(b"Screen of", b"No screen of"), first, *rest]),
    }


def truncate_index(members: Members) -> Members:
    """The index with its last row broken off before the file's name."""
    return {**members, EXHIBITS_INDEX_PATH: members[EXHIBITS_INDEX_PATH] + b"9,JB/9\r\n"}


def swap_index_items(members: Members) -> Members:
    """Two exhibits' names in the index."""
    index = members[EXHIBITS_INDEX_PATH].replace(b"JB/1", b"JB/x").replace(b"JB/2", b"JB/1").replace(b"JB/x", b"JB/2")
    return {**members, EXHIBITS_INDEX_PATH: index}


def content_changes(members: Members) -> Iterator[tuple[str, str, MembersChange]]:
    """The index, a sidecar, and what 12 says beside its versions."""
    yield "a row twice", "unreadable", duplicate_index_row
    yield "a row cut short", "unreadable", truncate_index
    yield "items swapped", "exhibit", swap_index_items
    for name, value in {"item": "JB/2", "record": "A" * 22, "note": "x"}.items():
        yield f"sidecar {name}", "exhibit", change_json(SIDECAR_PATH, lambda one, n=name, v=value: one.update({n: v}))
    changes: dict[str, Callable[[Any], object]] = {
        "a digest": lambda one: one["exhibits"][0].update(sha256="0" * 64),
        "an item": lambda one: one["exhibits"][0].update(item="JB/9"),
        "an exhibit less": lambda one: one["exhibits"].pop(),
        "amended": lambda one: one["counts"].update(amended=0, added_to=0),
        "late": lambda one: one["counts"].update(late=9),
        "custody": lambda one: one["custody"].clear(),
        "more": lambda one: one.update(conclusion="guilty"),
        "more of a version": lambda one: one["versions"][1].update(weather="fine"),
        "somebody": lambda one: one["refs"].append({"kind": "person", "no": 1, "record": "A" * 22, "ref": "S9"}),
        "feed": lambda one: [row.update(seq=99 - n) for n, row in enumerate(one["versions"])],
        "parents": lambda one: one["versions"][0].update(parents=["A" * 22]),
        "schema": lambda one: one["versions"][0].update(schema=2),
        "start with": lambda one: one.update(start_with=[9]),
        "asked": lambda one: one["asked"].reverse(),
        "number": lambda one: one["pack"].update(no=9),
        "initials": lambda one: one["pack"].update(initials="XX"),
        "folder": lambda one: one["pack"].update(folder="PACK_JB_1_20200101"),
        "a gap of none": lambda one: _add_false_gap(one, 77),
        "a gap for another": lambda one: _add_false_gap(one, 1),
        "called": lambda one: one["records"][0].update(ref="8"),
    }
    for name, change in changes.items():
        yield f"record: {name}", "record", change_json(RECORD_PATH, change)
    yield "an entry less", "record", _remove_entry(members)


def _add_false_gap(record: Any, number: int) -> None:
    """An entry that never was, counted as withheld."""
    record["gaps"].append({"at": None, "seq_no": number, "why": "withheld"})
    record["counts"].update(total=record["counts"]["total"] + 1, withheld=record["counts"]["withheld"] + 1)


def _remove_entry(original: Members) -> MembersChange:
    """An entry taken out of proofs, record and counts; nothing says that there was a second."""
    record = json.loads(original[RECORD_PATH])
    removed_record = next(
        row["record"] for row in record["versions"] if row["kind"] == "incident" and row["seq_no"] == 2
    )
    for name in ("versions", "records", "asked"):
        record[name] = [row for row in record[name] if row["record"] != removed_record]
    entries = [one for one in record["records"] if one["kind"] == "incident"]
    record["counts"].update(total=len(entries), included=len(entries))
    raw = canonical_json(record, limit_bytes=1 << 26) + b"\n"
    return lambda members: (
        {name: one for name, one in members.items() if "/proof/0002-" not in name} | {RECORD_PATH: raw}
    )


def add_bag_info_cases(pack: BuiltPack, cases: PackCases) -> None:
    """Another folder's name, and lines of bag-info that nothing lists."""
    members = members_of(pack.path)
    with zipfile.ZipFile(cases.folder / "named.zip", "w") as archive:
        for name, raw in members.items():
            archive.writestr(f"PACK_JB_9_20270101/{name}", raw)
    cases.add("another folder", cases.folder / "named.zip")
    for case_name, change in {
        "more in bag-info": lambda raw: raw + b"Contact-Name: x\n",
        "another pack's bag-info": lambda raw: raw.replace(b"PACK_JB_1", b"PACK_JB_7"),
    }.items():
        info = change(members["bag-info.txt"])
        tags = {name: info if name == "bag-info.txt" else members[name] for name in TAG_FILE_NAMES}
        cases.add_changed(
            case_name, pack.path, lambda one, t=tags: {**one, **t, "tagmanifest-sha256.txt": tag_manifest(t)}
        )


def test_changes_are_found_even_with_rebuilt_digest_lists(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Some fifty changes of a sound pack, each under its code, by both."""
    cases, members, expected = PackCases(tmp_path, small_pack.diary.notary.pub), members_of(small_pack.path), {}
    cases.add("lists made anew and nothing else", rebuild_digest_lists(small_pack.path, members, tmp_path / "anew.zip"))
    for name, code, change in (*added_file_changes(), *removed_file_changes(members), *content_changes(members)):
        expected[name] = code
        cases.add(name, rebuild_digest_lists(small_pack.path, change(dict(members)), tmp_path / "anew.zip"))
    add_bag_info_cases(small_pack, cases)
    expected |= dict.fromkeys(("another folder", "more in bag-info", "another pack's bag-info"), "bag")
    findings = compare_verifiers(cases, min_cases=45)
    assert findings.pop("lists made anew and nothing else") == set()
    missed = {name: findings[name] for name, code in expected.items() if code not in {one for one, _ in findings[name]}}
    assert missed == {}

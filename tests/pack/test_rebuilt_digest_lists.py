"""Changes by somebody who has the keeper's key are found because they contradict the proofs.

Every digest list is rebuilt, and the pack is signed again. The program and the page judge the same packs. Words of
pages and tables need `--rerender` (test_rerender.py). Forgers without the key: test_forged_packs.py.
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
from tests.pack.pack_members import (
    Members,
    MembersChange,
    members_of,
    rebuild_digest_lists,
    with_member,
    with_members,
    without_member,
)
from tests.pack.verifier_comparison import PackCases, change_json_member, compare_verifiers, with_value

SERVABLE_FOLDER, RESTRICTED_FOLDER = "data/servable/", "data/restricted/"
RECORD_PATH, EXHIBITS_INDEX_PATH = f"{RESTRICTED_FOLDER}12_record.json", f"{SERVABLE_FOLDER}03_exhibits-index.csv"
SIDECAR_PATH = f"{RESTRICTED_FOLDER}14_sidecars/JB-1.json"
TAG_FILE_NAMES = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt", "pack-statement.json")


def change_json(name: str, change: Callable[[Any], object]) -> MembersChange:
    """Return a change of one JSON member."""
    return change_json_member(name, change)


def added_file_changes() -> Iterator[tuple[str, str, MembersChange]]:
    """Yield changes that add a file of no known kind, or a second file of a kind that is unique."""
    for name in (
        f"{SERVABLE_FOLDER}16_confession.pdf",
        "data/setup.exe",
        f"{SERVABLE_FOLDER}01_chronology.pdf.",
        f"{RESTRICTED_FOLDER}99.html",
    ):
        yield f"with {name}", "unknown", with_member(name, b"x")
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
    """Yield changes that remove each file that every pack has."""
    optional_parts = ("/proof/", "13_", "14_", "manifest", "statement")
    for name in (
        path for path in original if path.startswith("data/") and not any(part in path for part in optional_parts)
    ):
        yield f"without {name}", "lacking", without_member(name)


def duplicate_index_row(members: Members) -> Members:
    """Insert another index row before an exhibit's own."""
    head, first, *rest = members[EXHIBITS_INDEX_PATH].split(b"\r\n")
    return {
        **members,
        EXHIBITS_INDEX_PATH: b"\r\n".join([head, first.replace(b"Screen of", b"No screen of"), first, *rest]),
    }


def truncate_index(members: Members) -> Members:
    """Append an index row that breaks off before the file's name."""
    return {**members, EXHIBITS_INDEX_PATH: members[EXHIBITS_INDEX_PATH] + b"9,JB/9\r\n"}


def swap_index_items(members: Members) -> Members:
    """Swap two exhibits' item numbers in the index."""
    index = members[EXHIBITS_INDEX_PATH].replace(b"JB/1", b"JB/x").replace(b"JB/2", b"JB/1").replace(b"JB/x", b"JB/2")
    return {**members, EXHIBITS_INDEX_PATH: index}


def content_changes(members: Members) -> Iterator[tuple[str, str, MembersChange]]:
    """Yield changes of the index, of a sidecar, and of what 12 states beside its versions."""
    yield "a row twice", "unreadable", duplicate_index_row
    yield "a row cut short", "unreadable", truncate_index
    yield "items swapped", "exhibit", swap_index_items
    for name, value in {"item": "JB/2", "record": "A" * 22, "note": "x"}.items():
        yield (
            f"sidecar {name}",
            "exhibit",
            change_json(SIDECAR_PATH, with_value(name, value)),
        )
    changes: dict[str, Callable[[Any], object]] = {
        "a digest": lambda record: record["exhibits"][0].update(sha256="0" * 64),
        "an item": lambda record: record["exhibits"][0].update(item="JB/9"),
        "an exhibit less": lambda record: record["exhibits"].pop(),
        "amended": lambda record: record["counts"].update(amended=0, added_to=0),
        "late": lambda record: record["counts"].update(late=9),
        "custody": lambda record: record["custody"].clear(),
        "more": lambda record: record.update(conclusion="guilty"),
        "more of a version": lambda record: record["versions"][1].update(weather="fine"),
        "somebody": lambda record: record["refs"].append({"kind": "person", "no": 1, "record": "A" * 22, "ref": "S9"}),
        "feed": lambda record: [row.update(seq=99 - n) for n, row in enumerate(record["versions"])],
        "parents": lambda record: record["versions"][0].update(parents=["A" * 22]),
        "schema": lambda record: record["versions"][0].update(schema=2),
        "start with": lambda record: record.update(start_with=[9]),
        "asked": lambda record: record["asked"].reverse(),
        "number": lambda record: record["pack"].update(no=9),
        "initials": lambda record: record["pack"].update(initials="XX"),
        "folder": lambda record: record["pack"].update(folder="PACK_JB_1_20200101"),
        "a gap of none": lambda record: _add_false_gap(record, 77),
        "a gap for another": lambda record: _add_false_gap(record, 1),
        "called": lambda record: record["records"][0].update(ref="8"),
    }
    for name, change in changes.items():
        yield f"record: {name}", "record", change_json(RECORD_PATH, change)
    yield "an entry less", "record", _remove_entry(members)


def _add_false_gap(record: Any, number: int) -> None:
    """Add an entry that never existed, counted as withheld."""
    record["gaps"].append({"at": None, "seq_no": number, "why": "withheld"})
    record["counts"].update(total=record["counts"]["total"] + 1, withheld=record["counts"]["withheld"] + 1)


def _remove_entry(original: Members) -> MembersChange:
    """Remove an entry from proofs, record and counts, without a trace."""
    record = json.loads(original[RECORD_PATH])
    removed_record = next(
        row["record"] for row in record["versions"] if row["kind"] == "incident" and row["seq_no"] == 2
    )
    for name in ("versions", "records", "asked"):
        record[name] = [row for row in record[name] if row["record"] != removed_record]
    entries = [row for row in record["records"] if row["kind"] == "incident"]
    record["counts"].update(total=len(entries), included=len(entries))
    raw = canonical_json(record, limit_bytes=1 << 26) + b"\n"
    return lambda members: (
        {name: content for name, content in members.items() if "/proof/0002-" not in name} | {RECORD_PATH: raw}
    )


def add_bag_info_cases(pack: BuiltPack, cases: PackCases) -> None:
    """Add cases with another folder name, and with bag-info lines that no list covers."""
    members = members_of(pack.path)
    with zipfile.ZipFile(cases.folder / "named.zip", "w") as archive:
        for name, raw in members.items():
            archive.writestr(f"PACK_JB_9_20270101/{name}", raw)
    cases.add("another folder", cases.folder / "named.zip")
    bag_info = members["bag-info.txt"]
    for case_name, info in {
        "more in bag-info": bag_info + b"Contact-Name: x\n",
        "another pack's bag-info": bag_info.replace(b"PACK_JB_1", b"PACK_JB_7"),
    }.items():
        tags = {name: info if name == "bag-info.txt" else members[name] for name in TAG_FILE_NAMES}
        cases.add_changed(case_name, pack.path, with_members({**tags, "tagmanifest-sha256.txt": tag_manifest(tags)}))


def test_changes_are_found_even_with_rebuilt_digest_lists(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Some fifty changes of a valid pack are each found by both verifiers under the right code."""
    cases, members, expected = PackCases(tmp_path, small_pack.diary.notary.pub), members_of(small_pack.path), {}
    cases.add(
        "rebuilt lists and nothing else",
        rebuild_digest_lists(small_pack.path, members, tmp_path / "rebuilt.zip", small_pack.diary.author),
    )
    for name, code, change in (*added_file_changes(), *removed_file_changes(members), *content_changes(members)):
        expected[name] = code
        cases.add(
            name,
            rebuild_digest_lists(
                small_pack.path, change(dict(members)), tmp_path / "rebuilt.zip", small_pack.diary.author
            ),
        )
    add_bag_info_cases(small_pack, cases)
    expected |= dict.fromkeys(("another folder", "more in bag-info", "another pack's bag-info"), "bag")
    findings = compare_verifiers(cases, min_cases=45)
    assert findings.pop("rebuilt lists and nothing else") == set()
    missed = {
        name: findings[name]
        for name, code in expected.items()
        if code not in {found_code for found_code, _ in findings[name]}
    }
    assert missed == {}

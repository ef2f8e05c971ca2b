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

from diary.encoding import canon
from diary.pack.bag.manifest import tag_list
from tests.pack.conftest import BuiltPack
from tests.pack.judging import Cases, changed, compare
from tests.pack.rezip import Members, members_of, sealed_again

SERVABLE, APART = "data/servable/", "data/restricted/"
RECORD, INDEX = f"{APART}12_record.json", f"{SERVABLE}03_exhibits-index.csv"
SIDECAR = f"{APART}14_sidecars/JB-1.json"
TAGS = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt")
Change = Callable[[Members], Members]


def told(name: str, change: Callable[[Any], object]) -> Change:
    """A change of one member that is JSON."""
    return changed(name, change)


def added() -> Iterator[tuple[str, str, Change]]:
    """Files that no pack has, and two files where there is one."""
    for name in (f"{SERVABLE}16_confession.pdf", "data/setup.exe", f"{SERVABLE}01_chronology.pdf.", f"{APART}99.html"):
        yield f"with {name}", "unknown", lambda held, name=name: {**held, name: b"x"}  # type: ignore[misc]
    yield "a second chronology", "unknown", lambda held: {**held, f"{SERVABLE}01_chronology.html": b"x"}
    yield "a second mail", "exhibit", lambda held: {**held, f"{APART}13_exhibits-as-received/JB-2.eml": b"x"}
    yield "a second picture", "exhibit", lambda held: {**held, f"{APART}09_RESTRICTED_orders/JB-1.png": b"x"}
    yield "a second sidecar", "exhibit", lambda held: {**held, f"{APART}14_sidecars/JB-1b.json": held[SIDECAR]}


def taken(held: Members) -> Iterator[tuple[str, str, Change]]:
    """Each file that every pack has."""
    kept = ("/proof/", "13_", "14_", "manifest")
    for name in (one for one in held if one.startswith("data/") and not any(part in one for part in kept)):
        yield (
            f"without {name}",
            "lacking",
            lambda members, name=name: {  # type: ignore[misc]
                one: raw for one, raw in members.items() if one != name
            },
        )


def doubled(held: Members) -> Members:
    """The index with another row before an exhibit's own."""
    head, first, *rest = held[INDEX].split(b"\r\n")
    return {**held, INDEX: b"\r\n".join([head, first.replace(b"Screen of", b"No screen of"), first, *rest])}


def cut_short(held: Members) -> Members:
    """The index with its last row broken off before the file's name."""
    return {**held, INDEX: held[INDEX] + b"9,JB/9\r\n"}


def swapped(held: Members) -> Members:
    """Two exhibits' names in the index."""
    index = held[INDEX].replace(b"JB/1", b"JB/x").replace(b"JB/2", b"JB/1").replace(b"JB/x", b"JB/2")
    return {**held, INDEX: index}


def said(held: Members) -> Iterator[tuple[str, str, Change]]:
    """The index, a sidecar, and what 12 says beside its versions."""
    yield "a row twice", "unreadable", doubled
    yield "a row cut short", "unreadable", cut_short
    yield "items swapped", "exhibit", swapped
    for name, value in {"item": "JB/2", "record": "A" * 22, "note": "x"}.items():
        yield f"sidecar {name}", "exhibit", told(SIDECAR, lambda one, n=name, v=value: one.update({n: v}))
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
        "a gap of none": lambda one: _gap(one, 77),
        "a gap for another": lambda one: _gap(one, 1),
        "called": lambda one: one["records"][0].update(ref="8"),
    }
    for name, change in changes.items():
        yield f"record: {name}", "record", told(RECORD, change)
    yield "an entry less", "record", _without_entry(held)


def _gap(record: Any, number: int) -> None:
    """An entry that never was, counted as withheld."""
    record["gaps"].append({"at": None, "seq_no": number, "why": "withheld"})
    record["counts"].update(total=record["counts"]["total"] + 1, withheld=record["counts"]["withheld"] + 1)


def _without_entry(held: Members) -> Change:
    """An entry taken out of proofs, record and counts; nothing says that there was a second."""
    record = json.loads(held[RECORD])
    gone = next(row["record"] for row in record["versions"] if row["kind"] == "incident" and row["seq_no"] == 2)
    for name in ("versions", "records", "asked"):
        record[name] = [row for row in record[name] if row["record"] != gone]
    entries = [one for one in record["records"] if one["kind"] == "incident"]
    record["counts"].update(total=len(entries), included=len(entries))
    raw = canon(record, limit=1 << 26) + b"\n"
    return lambda members: {name: one for name, one in members.items() if "/proof/0002-" not in name} | {RECORD: raw}


def beside(pack: BuiltPack, cases: Cases) -> None:
    """Another folder's name, and lines of bag-info that nothing lists."""
    held = members_of(pack.path)
    with zipfile.ZipFile(cases.folder / "named.zip", "w") as archive:
        for name, raw in held.items():
            archive.writestr(f"PACK_JB_9_20270101/{name}", raw)
    cases.add("another folder", cases.folder / "named.zip")
    for what, change in {
        "more in bag-info": lambda raw: raw + b"Contact-Name: x\n",
        "another pack's bag-info": lambda raw: raw.replace(b"PACK_JB_1", b"PACK_JB_7"),
    }.items():
        info = change(held["bag-info.txt"])
        tags = {name: info if name == "bag-info.txt" else held[name] for name in TAGS}
        cases.bent(what, pack.path, lambda one, t=tags: {**one, **t, "tagmanifest-sha256.txt": tag_list(t)})


def test_the_proofs_expose_changes_even_with_new_lists(small: BuiltPack, tmp_path: Path) -> None:
    """Some fifty changes of a sound pack, each under its code, by both."""
    cases, held, expected = Cases(tmp_path, small.diary.notary.pub), members_of(small.path), {}
    cases.add("lists made anew and nothing else", sealed_again(small.path, held, tmp_path / "anew.zip"))
    for name, code, change in (*added(), *taken(held), *said(held)):
        expected[name] = code
        cases.add(name, sealed_again(small.path, change(dict(held)), tmp_path / "anew.zip"))
    beside(small, cases)
    expected |= dict.fromkeys(("another folder", "more in bag-info", "another pack's bag-info"), "bag")
    found = compare(cases, least=45)
    assert found.pop("lists made anew and nothing else") == set()
    missed = {name: found[name] for name, code in expected.items() if code not in {one for one, _ in found[name]}}
    assert missed == {}

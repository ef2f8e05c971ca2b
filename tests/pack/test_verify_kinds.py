"""Packs of every kind, judged by both: training, replaced keys, later packs, no server, the servable part alone."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from diary.crypto.signing import Author, new_scalar
from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import read_capsule
from tests.pack.conftest import BuiltPack, build, finish
from tests.pack.fiction import DAY, HOUR, START, FictionalDiary, fictional_diary, incident_fields
from tests.pack.judging import Cases, by_program, changed, compare
from tests.pack.odd import add_odd
from tests.pack.rezip import folder_of, members_of, rezip
from tests.pack.sent_again import send_again
from tests.pack.test_log_part import OTHERS, Logged, packed

SERVABLE, APART = "data/servable/", "data/restricted/"
KEYS = f"{SERVABLE}proof/keys.json"
ALONE = ("servable_only", None)


async def pack_of(diary: FictionalDiary, folder: Path, **more: object) -> Path:
    """A pack of all of a diary."""
    no = int(str(more.pop("no", 1)))
    raw = make_capsule(diary.versions, replace(diary.wish(**more), no=no), diary.keys)  # type: ignore[arg-type]
    name = f"{len(list(folder.iterdir()))}"
    return finish(diary, await build(diary, raw, folder / f"{name}.front"), read_capsule(raw), folder / f"{name}.pack")


async def test_a_training_pack_is_called_one_whatever_is_left_of_the_mark(tmp_path: Path) -> None:
    """By READ-FIRST or by the record; and nothing else is found in it."""
    diary = fictional_diary(count=2, exhibits=1)
    pack = await pack_of(diary, tmp_path, training=True)
    cases = Cases(tmp_path, diary.notary.pub)
    cases.add("whole", pack)
    cases.bent("without the line", pack, lambda held: {**held, "data/00_READ-FIRST.txt": b"READ FIRST."})
    cases.bent(
        "without the record", pack, lambda held: {name: raw for name, raw in held.items() if "12_record" not in name}
    )
    found = compare(cases)
    assert found["whole"] == {("training", None)}
    assert all(("training", None) in one for one in found.values())


async def test_versions_by_a_replaced_key_verify_up_to_its_end(tmp_path: Path) -> None:
    """Both keys' versions hold; what the old one signed afterwards or for the new one does not, nor do other statements."""
    diary = fictional_diary(count=2, exhibits=1)
    old = diary.change_keys(at=START + 400 * DAY)
    diary.add("incident", incident_fields(START + 401 * DAY, "After the change."), at=START + 401 * DAY)
    cases = Cases(tmp_path, diary.notary.pub)
    pack = await pack_of(diary, tmp_path, made_at=START + 500 * DAY)
    cases.add("replaced", pack)
    for what, change in {
        "no statement": lambda keys: keys.pop("earlier"),
        "another time": lambda keys: keys["earlier"][0].update(ts=START),
        "another key": lambda keys: keys["earlier"][0].update(ecdsa_pub=keys["earlier"][0]["old"]),
        "twice": lambda keys: keys["earlier"].append(keys["earlier"][0]),
        "none": lambda keys: keys.update(earlier=[]),
        "no list": lambda keys: keys.update(earlier=7),
        "not a statement": lambda keys: keys.update(earlier=[{"t": "rekey/v1"}]),
    }.items():
        both = _twice(change)
        cases.bent(what, pack, both)
    new, diary.author = diary.author, old
    diary.add("incident", incident_fields(START + 402 * DAY, "By whoever has the old key."), at=START + 402 * DAY)
    diary.author = new
    cases.add("the old key afterwards", await pack_of(diary, tmp_path, made_at=START + 500 * DAY))
    diary.versions.pop()
    lost, newest = next(row for row in diary.versions if row["kind"] == "incident"), diary.versions[-1]
    send_again(diary, lost, new, at=START + 403 * DAY)
    cases.add("lost, and sent again by the new key", await pack_of(diary, tmp_path, made_at=START + 500 * DAY))
    send_again(diary, newest, old, at=START + 399 * DAY)
    cases.add("named the new key, signed by the old", await pack_of(diary, tmp_path, made_at=START + 500 * DAY))
    send_again(diary, newest, new, at=START + 401 * DAY)
    send_again(diary, lost, Author(new_scalar()), at=START + 403 * DAY)
    cases.add("sent again by a stranger", await pack_of(diary, tmp_path, made_at=START + 500 * DAY))
    found = compare(cases)
    assert found["replaced"] == set()
    assert found["lost, and sent again by the new key"] == set()
    for name in ("the old key afterwards", "named the new key, signed by the old", "sent again by a stranger"):
        assert {code for code, _ in found[name]} == {"author"}, name
    assert all("author" in {code for code, _ in found[name]} for name in ("no statement", "another time", "none"))


def _twice(change: Callable[[dict[str, object]], object]) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    """The same change in both folders' keys.json: only then does the chain itself have to tell."""
    first, second = changed(KEYS, change), changed(KEYS.replace(SERVABLE, APART), change)
    return lambda held: second(first(held))


async def test_later_packs_and_packs_of_no_server(tmp_path: Path) -> None:
    """A supplement's counts have the entries of the pack before; a wrong one is found. Items alone; odd values; no server."""
    diary = fictional_diary(count=4, exhibits=2)
    first = read_capsule(make_capsule(diary.versions, diary.wish(), diary.keys))
    ids = [row["record"] for row in diary.versions if row["kind"] == "incident"][:3]
    given = [{"item": one.item, "record": one.record} for one in first.exhibits]
    sent = {"kind": "pack", "pack_no": 1, "made_at": first.head.made_at, "record_ids": ids, "items_included": given}
    diary.add("export", {**sent, "receipt_ref": "CR/1"}, at=first.head.made_at + HOUR)
    more = {"made_at": first.head.made_at + DAY, "no": 2}
    cases = Cases(tmp_path, diary.notary.pub)
    newest = tuple(row["record"] for row in diary.versions if row["kind"] == "incident" and row["record"] not in ids)
    later = await pack_of(diary, tmp_path, chosen=newest, kind="supplement", **more)
    cases.add("supplement", later)
    record = "data/restricted/12_record.json"
    for name in ("earlier", "withheld", "total"):
        cases.bent(f"other {name}", later, changed(record, lambda told, name=name: told["counts"].update({name: 9})))
    cases.bent("no earlier", later, changed(record, lambda told: told["counts"].pop("earlier")))
    cases.add("items", await pack_of(diary, tmp_path, chosen=(), kind="items", items=(given[0]["item"],), **more))
    local = fictional_diary(count=2, exhibits=1)
    local.versions[:] = [{**row, "seq": None, "receipt": None} for row in local.versions]
    raw = make_capsule(local.versions, local.wish(), {**local.keys, "log": "", "notary": ""})
    pack = finish(local, await build(local, raw, tmp_path / "local.front"), read_capsule(raw), tmp_path / "local.pack")
    cases.add("no server", pack, notary=None)
    cases.add("no server, and a key", pack)
    odd = fictional_diary(count=2, exhibits=0)
    add_odd(odd, START + 300 * DAY)
    cases.add("odd", await pack_of(odd, tmp_path), notary=odd.notary.pub)
    found = compare(cases)
    assert found["supplement"] == found["items"] == set()
    assert all(
        ("record", record) in found[name] for name in ("other earlier", "other withheld", "other total", "no earlier")
    )
    assert {code for code, _ in found["odd"]} == {"odd"}


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """Four entries in the log, one of which has words held back."""
    diary = fictional_diary(count=4, exhibits=2)
    return packed(diary, Logged(diary).log(OTHERS + 4, None), tmp_path_factory.mktemp("logged"))


def zipped(path: Path, root: str, members: dict[str, bytes]) -> Path:
    """A zip of some files under a folder's name."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{root}/{name}", content)
    return path


def parts_of(pack: Path, folder: Path) -> dict[str, Path]:
    """The ways in which somebody has the servable part and nothing else."""
    held = {name: raw for name, raw in members_of(pack).items() if not name.startswith(APART)}
    root = folder_of(pack)
    inside = {name.removeprefix(SERVABLE): raw for name, raw in held.items() if name.startswith(SERVABLE)}
    data = {name: raw for name, raw in held.items() if name.startswith("data/")}
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder / "out")
    shutil.rmtree(folder / "out" / root / "data" / "restricted")
    return {
        "the folder in a zip": zipped(folder / "inside.zip", "servable", inside),
        "data in a zip": zipped(
            folder / "data.zip", "data", {name.removeprefix("data/"): raw for name, raw in data.items()}
        ),
        "the pack without the rest": zipped(folder / "rest.zip", root, held),
        "and without its lists": zipped(folder / "lists.zip", root, data),
        "the folder": folder / "out" / root / "data" / "servable",
        "its folder above": folder / "out" / root,
    }


def test_the_servable_part_alone_is_what_it_is_and_is_checked(logged: BuiltPack, tmp_path: Path) -> None:
    """Six ways to have it: one finding, which says what it is; never that anything is missing."""
    cases = Cases(tmp_path, logged.diary.notary.pub)
    for name, path in parts_of(logged.path, tmp_path).items():
        cases.add(name, path)
        cases.add(f"{name}, no key", path, notary=None)
    found = compare(cases)
    for name, one in found.items():
        assert one == ({ALONE, ("keys_from_pack", None)} if "no key" in name else {ALONE}), name


def test_what_was_changed_in_the_servable_part_alone_is_found(logged: BuiltPack, tmp_path: Path) -> None:
    """Each file by its own list; entries from their fields up; words, exhibits and the log as far as they are there."""
    parts = parts_of(logged.path, tmp_path)
    alone, whole = parts["the folder in a zip"], parts["the pack without the rest"]
    cases = Cases(tmp_path, logged.diary.notary.pub)

    def bent(name: str, source: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> None:
        cases.add(name, rezip(source, tmp_path / "bent.zip", change))

    for source, at in ((alone, ""), (whole, SERVABLE)):
        chronology, first = f"{at}01_chronology.pdf", f"{at}proof/0001-"
        index, attached = f"{at}03_exhibits-index.csv", f"{at}proof/JB-1-"
        bent(f"{at}a byte", source, lambda held, n=chronology: {**held, n: held[n][:-9] + b"x" + held[n][-8:]})
        bent(f"{at}gone", source, lambda held, n=chronology: {name: raw for name, raw in held.items() if name != n})
        bent(f"{at}more", source, lambda held, at=at: {**held, f"{at}99_more.txt": b"x"})
        bent(f"{at}words", source, changed(first, lambda proof: proof["fields"]["narrative"].update(v="All was well.")))
        bent(f"{at}signature", source, changed(first, lambda proof: proof.update(sig=proof["sig"][:-4] + "AAAA")))
        bent(f"{at}receipt", source, changed(first, lambda proof: proof["receipt"].update(ts=1)))
        bent(f"{at}opened", source, changed(first, lambda proof: proof["withheld"].pop("place_detail")))
        bent(f"{at}exhibit", source, changed(attached, lambda proof: proof["fields"]["sha256"].update(v="0" * 64)))
        bent(f"{at}index", source, lambda held, n=index: {**held, n: held[n].replace(b"JB-1.", b"JB-9.")})
        bent(f"{at}place", source, changed(f"{at}proof/log.json", lambda log: log["proofs"][0].update(i=0)))
        bent(f"{at}keys", source, changed(f"{at}proof/keys.json", lambda keys: keys.update(notary="A" * 43)))
        bent(f"{at}list", source, lambda held, at=at: {**held, f"{at}manifest-sha256.txt": b"x"})
        bent(
            f"{at}no list",
            source,
            lambda held, at=at: {n: raw for n, raw in held.items() if n != f"{at}manifest-sha256.txt"},
        )
    found = compare(cases, least=26)
    codes = {name: {code for code, _ in one} for name, one in found.items()}
    for at in ("", SERVABLE):
        assert ("changed", f"{SERVABLE}01_chronology.pdf") in found[f"{at}a byte"]
        assert ("missing", f"{SERVABLE}01_chronology.pdf") in found[f"{at}gone"]
        assert ("added", f"{SERVABLE}99_more.txt") in found[f"{at}more"]
        for name, code in {
            "words": "commitment", "signature": "author", "receipt": "receipt", "opened": "names", "exhibit": "exhibit",
            "index": "exhibit", "place": "inclusion", "keys": "keys", "list": "list_damaged", "no list": "missing",
        }.items():  # fmt: skip
            assert code in codes[f"{at}{name}"], (at, name, codes[f"{at}{name}"])
        assert all("servable_only" in one for one in codes.values())


def test_a_folder_is_a_pack_and_a_link_in_it_is_none(logged: BuiltPack, tmp_path: Path) -> None:
    """Unpacked and given as it lies there; what is no file is named and not followed."""
    with zipfile.ZipFile(logged.path) as archive:
        archive.extractall(tmp_path / "out")
    [folder] = (tmp_path / "out").iterdir()
    cases = Cases(tmp_path, logged.diary.notary.pub)
    cases.add("as it lies there", folder)
    assert compare(cases)["as it lies there"] == set()
    (folder / "data" / "link.txt").symlink_to("/etc/passwd")
    assert ("not_a_file", "data/link.txt") in by_program(cases)[0]

"""The page that checks packs and the program that checks packs find the same, over the same packs.

Each case is a pack somebody might hand over, sound or bent; the page's modules judge all of them in one run of Node.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import stat
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from diary.crypto.signing import Notary
from diary.encoding import b64, canon
from diary.pack.capsule import read_capsule
from diary.pack.findings import SENTENCES
from diary.pack.gather import make_capsule
from diary.pack.verify import verify
from tests.ledger.test_timestamps import make_authority
from tests.pack.conftest import BuiltPack, build, finish
from tests.pack.fiction import fictional_diary
from tests.pack.rezip import each_flipped, folder_of, members_of, rezip
from tests.pack.test_log_part import OTHERS, Logged, packed

SCRIPT = Path(__file__).parents[1] / "js" / "verify_packs.mjs"
PROOF = "data/servable/proof/0001-"


@dataclass
class Cases:
    """Packs to be judged twice, by name."""

    folder: Path
    notary: bytes
    held: dict[str, tuple[Path, dict[str, Any]]] = field(default_factory=dict)

    def add(self, name: str, path: Path, **anchors: Any) -> None:
        """One more pack; its notary is the right one unless another, or None, is given."""
        kept = self.folder / f"{len(self.held)}.zip"
        if path != kept:
            shutil.copyfile(path, kept)
        self.held[name] = (kept, {"notary": self.notary} | anchors)

    def bent(self, name: str, source: Path, change: Callable[[dict[str, bytes]], Any], **anchors: Any) -> None:
        """A copy of a pack with its members changed."""
        self.add(name, rezip(source, self.folder / "bent.zip", change), **anchors)

    def raw(self, name: str, content: bytes) -> None:
        """Bytes that claim to be a zip."""
        path = self.folder / "raw.zip"
        path.write_bytes(content)
        self.add(name, path)


def judged_by_program(path: Path, anchors: dict[str, Any]) -> set[tuple[str, str | None]]:
    """What the program finds."""
    return {(one.code, one.member) for one in verify(path, **anchors)}


def judged_by_page(cases: Cases) -> list[set[tuple[str, str | None]]]:
    """What the page's modules find, each case in turn."""
    rows = []
    for path, anchors in cases.held.values():
        keys = {name: b64(value) for name in ("notary", "instance") if (value := anchors.get(name)) is not None}
        rows.append({"zip": str(path), "roots": [pem.decode() for pem in anchors.get("tsa_roots", [])], **keys})
    (cases.folder / "cases.json").write_text(json.dumps(rows))
    node = shutil.which("node") or "node"
    done = subprocess.run([node, str(SCRIPT), str(cases.folder / "cases.json")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [{(code, member) for code, member in one} for one in json.loads(done.stdout)]


def compare(cases: Cases, *, least: int = 1) -> None:
    """Fail with every case about which the two differ."""
    assert len(cases.held) >= least
    differing = []
    for (name, (path, anchors)), page in zip(cases.held.items(), judged_by_page(cases), strict=True):
        program = judged_by_program(path, anchors)
        if page != program:
            apart = sorted(page - program, key=str)[:5], sorted(program - page, key=str)[:5]
            differing.append(f"{name}: only the page {apart[0]}, only the program {apart[1]}")
    assert differing == []


def changed(name: str, change: Callable[[Any], object]) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    """A change of one member that is JSON, whose name begins so."""

    def bend(members: dict[str, bytes]) -> dict[str, bytes]:
        member = next(one for one in members if one.startswith(name))
        value = json.loads(members[member])
        change(value)
        end = b"\n" if members[member].endswith(b"\n") else b""
        return {**members, member: canon(value, limit=1 << 26) + end}

    return bend


def test_sound_packs_and_anchors(built: BuiltPack, small: BuiltPack, tmp_path: Path) -> None:
    """With the right key, with none, with another's."""
    cases = Cases(tmp_path, built.diary.notary.pub)
    cases.add("sound", built.path)
    cases.add("no key", built.path, notary=None)
    cases.add("another's key", built.path, notary=Notary(os.urandom(32)).pub)
    cases.add("a root and no stamps", built.path, tsa_roots=[b"pem"])
    cases.add("small", small.path, notary=small.diary.notary.pub)
    compare(cases)
    assert judged_by_page(cases)[0] == set()


def test_a_changed_byte_in_any_member(small: BuiltPack, tmp_path: Path) -> None:
    """One after the other; both name it, and find the same besides."""
    cases = Cases(tmp_path, small.diary.notary.pub)
    for name, path in each_flipped(small.path, tmp_path / "flipped.zip"):
        cases.add(name, path)
    compare(cases, least=20)


async def test_packs_that_somebody_bent(built: BuiltPack, tmp_path: Path) -> None:
    """Added, missing, renamed, moved; proofs and the record that say something else; forged whole."""
    cases, victim = Cases(tmp_path, built.diary.notary.pub), "data/restricted/13_exhibits-as-received/JB-1.png"
    record = "data/restricted/12_record.json"
    cases.bent("added", built.path, lambda held: {**held, "data/extra.txt": b"x", "beside.txt": b"y"})
    cases.bent("missing", built.path, lambda held: {name: raw for name, raw in held.items() if name != victim})
    renamed = victim.replace("-1", "-99")
    cases.bent("renamed", built.path, lambda held: {(renamed if name == victim else name): raw for name, raw in held.items()})
    for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "manifest-sha512.txt", "tagmanifest-sha256.txt", record):
        cases.bent(f"without {name}", built.path, lambda held, name=name: {one: raw for one, raw in held.items() if one != name})
    for what, change in {
        "narrative": lambda proof: proof["fields"]["narrative"].update(v="It was all fine."),
        "a field gone": lambda proof: proof["fields"].pop("who"),
        "signature": lambda proof: proof.update(sig=proof["sig"][:-4] + "AAAA"),
        "receipt": lambda proof: proof["receipt"].update(ts=proof["receipt"]["ts"] - 1),
        "number": lambda proof: proof.update(seq_no=99),
        "record": lambda proof: proof.update(record=proof["version"]),
        "salt": lambda proof: proof["fields"]["who"].update(s="A"),
        "kind": lambda proof: proof["fields"]["_kind"].update(v="constructor"),
        "withheld twice": lambda proof: proof["withheld"].update(narrative="A" * 43),
    }.items():
        cases.bent(f"proof: {what}", built.path, changed(PROOF, change))
    for what, change in {
        "another narrative": lambda told: told["versions"][0]["fields"].update(narrative="Something else."),
        "a version gone": lambda told: told["versions"].pop(),
        "counts": lambda told: told["counts"].update(total=99),
        "a row": lambda told: told["records"][0].update(delay_ms=1),
    }.items():
        cases.bent(f"record: {what}", built.path, changed(record, change))
    index = "data/servable/03_exhibits-index.csv"
    cases.bent("index", built.path, lambda held: {**held, index: held[index].replace(b"JB-1", b"JB-7")})
    cases.bent("sidecar", built.path, changed("data/restricted/14_sidecars/JB-1", lambda told: told.update(size_bytes=1)))
    forged = fictional_diary(count=3, exhibits=1)
    raw = make_capsule(forged.versions, forged.wish(), forged.keys)
    path = finish(forged, await build(forged, raw, tmp_path / "front"), read_capsule(raw), tmp_path / "forged")
    cases.add("forged with its own keys", path)
    cases.add("forged, nobody's key", path, notary=None)
    other = fictional_diary(count=25, exhibits=0)
    other.versions[1]["open"]["fields"]["narrative"] = "Quite another account."  # type: ignore[index]
    raw = make_capsule(other.versions, other.wish(), other.keys)
    with zipfile.ZipFile(await build(other, raw, tmp_path / "front")) as archive:
        page = archive.read("data/servable/01_chronology.pdf")
    cases.bent("another 01", built.path, lambda held: {**held, "data/servable/01_chronology.pdf": page})
    compare(cases, least=25)


def test_junk_in_every_kind_of_file(built: BuiltPack, tmp_path: Path) -> None:
    """Bytes that are no JSON, no table, no PDF, deep nesting included."""
    cases = Cases(tmp_path, built.diary.notary.pub)
    ends = (".csv", ".pdf", "keys.json", "record.json")
    names = [one for one in members_of(built.path) if "0001-" in one or "14_sidecars/JB-1" in one or one.endswith(ends)]
    junk = {"empty": b"", "no text": b"\xff\xfe", "deep": b"[" * 100_000, "half": b'{"t":"proof/v1"}'}
    junk["random"] = random.Random(3).randbytes(500)
    for what, content in junk.items():
        cases.bent(what, built.path, lambda held, content=content: {**held, **dict.fromkeys(names, content)})
        for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt", "data/servable/manifest-sha256.txt", "bag-info.txt"):
            cases.bent(f"{what} {name}", built.path, lambda held, content=content, name=name: {**held, name: content})
    compare(cases, least=20)


def hostile(built: BuiltPack, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Zips that mean harm: names that lead outside, links, twins, bombs, lists that lie, odd encodings, bytes between members."""
    sound, out, inside = built.path.read_bytes(), folder / "hostile.zip", folder_of(built.path)

    def with_row(name: str, content: bytes = b"x", **row: Any) -> bytes:
        out.write_bytes(sound)
        with zipfile.ZipFile(out, "a") as archive:
            info = zipfile.ZipInfo("x")
            info.filename = name
            for key, value in row.items():
                setattr(info, key, value)
            archive.writestr(info, content)
        return out.read_bytes()

    away = ("../outside.txt", "/etc/passwd", "C:/x.txt", "other/x")
    for name in (*away, *(f"{inside}/{one}" for one in ("a\\..\\b.txt", "data/../../x", "da\0ta"))):
        yield f"name {name!r}", with_row(name)
    for one in ("data/ünï.txt", "data/\u202egpj.exe", "a/" * 40 + "b", "n" * 300):
        yield f"name {one[:30]!r}", with_row(f"{inside}/{one}")
    yield from hostile_lists(built, out, with_row)


def hostile_lists(built: BuiltPack, out: Path, with_row: Callable[..., bytes]) -> Iterator[tuple[str, bytes]]:
    """What is wrong with the zip itself."""
    sound, inside = built.path.read_bytes(), folder_of(built.path)
    yield "link", with_row(f"{inside}/data/link", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16)
    yield "folder", with_row(f"{inside}/data/more/", b"")
    with pytest.warns(UserWarning, match="Duplicate"):
        yield "twice", with_row(f"{inside}/bagit.txt")
    yield "twice but for case", with_row(f"{inside}/BagIt.txt")
    yield "before", b"MZ" + sound
    yield "after", sound + b"more"
    yield from bombs(built, out)


def bombs(built: BuiltPack, out: Path) -> Iterator[tuple[str, bytes]]:
    """Too much, cut short, or packed another way."""
    sound, inside = built.path.read_bytes(), folder_of(built.path)
    yield "comment", sound[:-2] + struct.pack("<H", 4) + b"note"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{inside}/data/x", bytes(50 << 20))
    bomb = out.read_bytes()
    yield "bomb", bomb
    yield "bomb that lies", bomb.replace(struct.pack("<L", 50 << 20), struct.pack("<L", 1000))
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(f"{inside}/manifest-sha256.txt", b"0" * (20 << 20))
    yield "a list of twenty megabytes", out.read_bytes()
    with zipfile.ZipFile(out, "w") as archive:
        for i in range(60_001):
            archive.writestr(f"{inside}/{i}", b"")
    yield "sixty thousand members", out.read_bytes()
    for length in (0, 1, 100, len(sound) // 2, len(sound) - 10):
        yield f"cut to {length}", sound[:length]
    with zipfile.ZipFile(built.path) as archive:
        row = archive.getinfo(f"{inside}/data/servable/02_chronology.csv")
    at = row.header_offset
    for what, place in (("content", at + 30 + len(row.filename) + 100), ("its own name", at + 32), ("its own mark", at)):
        bent = bytearray(sound)
        bent[place] ^= 1
        yield f"a byte of {what}", bytes(bent)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members_of(built.path).items():
            archive.writestr(f"{inside}/{name}", content)
    yield "packed again, sound", out.read_bytes()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr(f"{inside}/bagit.txt", b"x" * 100)
    yield "packed in a way we do not read", out.read_bytes()


def test_hostile_zips(built: BuiltPack, tmp_path: Path) -> None:
    """None stops either of them, and both find the same."""
    cases = Cases(tmp_path, built.diary.notary.pub)
    for name, raw in hostile(built, tmp_path):
        cases.raw(name, raw)
    compare(cases, least=30)


def test_random_bytes_in_the_list_of_members_end_in_findings(built: BuiltPack, tmp_path: Path) -> None:
    """The page never throws; it finds. What it calls them may differ from the program, which reads zips with another library."""
    cases, raw, generator = Cases(tmp_path, built.diary.notary.pub), built.path.read_bytes(), random.Random(7)
    for i in range(20):
        bent = bytearray(raw)
        for _ in range(20):
            bent[generator.randrange(len(raw) - 20_000, len(raw))] = generator.randrange(256)
        cases.raw(str(i), bytes(bent))
    assert all(judged_by_page(cases))


def test_the_logs_part(tmp_path: Path) -> None:
    """Checkpoints, places, timestamps under roots given and not given, and every lie about them."""
    authority, other = make_authority(tmp_path / "tsa"), make_authority(tmp_path / "other")
    diary = fictional_diary(count=4, exhibits=1)
    logged = packed(diary, Logged(diary).log(OTHERS + 4, authority), tmp_path)
    cases, folder = Cases(tmp_path, diary.notary.pub), "data/restricted/proof/"
    cases.add("sound", logged.path, tsa_roots=[authority.root])
    cases.add("no root", logged.path)
    cases.add("another root", logged.path, tsa_roots=[other.root])
    cases.add("both roots", logged.path, tsa_roots=[other.root, authority.root])
    for name, path in each_flipped(logged.path, tmp_path / "flipped.zip"):
        if "/proof/" in name:
            cases.add(name, path, tsa_roots=[authority.root])
    for end in (".txt", ".tsr", ".pem", "log.json"):
        name = next(one for one in members_of(logged.path) if one.startswith(folder) and one.endswith(end))
        cases.bent(f"without {end}", logged.path, lambda held, name=name: {one: raw for one, raw in held.items() if one != name})
    for what, change in {
        "policy": lambda log: log["checkpoints"][0]["stamps"][0].update(policy="1.2.3"),
        "nonce": lambda log: log["checkpoints"][0]["stamps"][0].update(nonce="AAAA"),
        "place": lambda log: log["proofs"][0].update(i=0),
        "path": lambda log: log["proofs"][0].update(path=[]),
        "growth": lambda log: log["checkpoints"][1].update(path=[]),
        "size": lambda log: log["checkpoints"][1].update(size=3),
    }.items():
        cases.bent(what, logged.path, changed(f"{folder}log.json", change), tsa_roots=[authority.root])
    compare(cases, least=20)


def test_the_page_says_what_the_program_says() -> None:
    """One table of codes and sentences in two languages."""
    text = (SCRIPT.parents[2] / "static/js/verify/findings.js").read_text()
    table = text.split("export const SENTENCES")[1].split("}));")[0]
    rows = dict(re.findall(r"^  (\w+): '(.*)',$", table, re.MULTILINE))
    assert rows == {code: sentence.replace("'", "’") for code, sentence in SENTENCES.items()}

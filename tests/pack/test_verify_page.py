"""The page that checks packs and the program that checks packs find the same, over the same packs.

Each case is a pack somebody might hand over, sound or bent; the page's modules judge all of them in one run of Node.
"""

from __future__ import annotations

import os
import random
import re
import struct
import zipfile
from pathlib import Path

from diary.crypto.signing import Notary
from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.verify.findings import SENTENCES
from diary.paths import STATIC
from diary.web.scripted_pages import findings_of
from tests.ledger.test_timestamps import make_authority
from tests.pack.conftest import BuiltPack, build, finish
from tests.pack.fiction import fictional_diary
from tests.pack.hostile import EXPECTED, corpus
from tests.pack.judging import SCRIPT, Cases, Page, changed, compare
from tests.pack.rezip import each_flipped, members_of
from tests.pack.test_log_part import OTHERS, Logged, packed

PROOF = "data/servable/proof/0001-"


def test_sound_packs_and_anchors(built: BuiltPack, small: BuiltPack, tmp_path: Path) -> None:
    """With the right key, with none, with another's."""
    cases = Cases(tmp_path, built.diary.notary.pub)
    cases.add("sound", built.path)
    cases.add("no key", built.path, notary=None)
    cases.add("another's key", built.path, notary=Notary(os.urandom(32)).pub)
    cases.add("a root and no stamps", built.path, tsa_roots=[b"pem"])
    cases.add("small", small.path, notary=small.diary.notary.pub)
    assert compare(cases)["sound"] == set()


def test_a_changed_byte_in_any_member(small: BuiltPack, tmp_path: Path) -> None:
    """One after the other; both name it, and find the same besides."""
    cases = Cases(tmp_path, small.diary.notary.pub)
    for name, path in each_flipped(small.path, tmp_path / "flipped.zip"):
        cases.add(name, path)
    compare(cases, least=20)


async def test_packs_that_somebody_bent(small: BuiltPack, tmp_path: Path) -> None:
    """Added, missing, renamed, moved; proofs and the record that say something else; forged whole."""
    cases, victim = Cases(tmp_path, small.diary.notary.pub), "data/restricted/13_exhibits-as-received/JB-1.png"
    record = "data/restricted/12_record.json"
    cases.bent("added", small.path, lambda held: {**held, "data/extra.txt": b"x", "beside.txt": b"y"})
    cases.bent("missing", small.path, lambda held: {name: raw for name, raw in held.items() if name != victim})
    renamed = victim.replace("-1", "-99")
    cases.bent(
        "renamed", small.path, lambda held: {(renamed if name == victim else name): raw for name, raw in held.items()}
    )
    for name in (
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha256.txt",
        "manifest-sha512.txt",
        "tagmanifest-sha256.txt",
        record,
    ):
        cases.bent(
            f"without {name}",
            small.path,
            lambda held, name=name: {one: raw for one, raw in held.items() if one != name},
        )
    for what, change in {
        "narrative": lambda proof: proof["fields"]["narrative"].update(v="It was all fine."),
        "a field gone": lambda proof: proof["fields"].pop("who"),
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
        cases.bent(f"proof: {what}", small.path, changed(PROOF, change))
    for what, change in {
        "another narrative": lambda told: told["versions"][0]["fields"].update(narrative="Something else."),
        "a version gone": lambda told: told["versions"].pop(),
        "counts": lambda told: told["counts"].update(total=99),
        "a row": lambda told: told["records"][0].update(delay_ms=1),
    }.items():
        cases.bent(f"record: {what}", small.path, changed(record, change))
    index = "data/servable/03_exhibits-index.csv"
    cases.bent("index", small.path, lambda held: {**held, index: held[index].replace(b"JB-1", b"JB-7")})
    cases.bent(
        "sidecar", small.path, changed("data/restricted/14_sidecars/JB-1", lambda told: told.update(size_bytes=1))
    )
    forged = fictional_diary(count=3, exhibits=1)
    raw = make_capsule(forged.versions, forged.wish(), forged.keys)
    path = finish(forged, await build(forged, raw, tmp_path / "front"), read_capsule(raw), tmp_path / "forged")
    cases.add("forged with its own keys", path)
    cases.add("forged, nobody's key", path, notary=None)
    other = fictional_diary(count=3, exhibits=0)
    other.versions[1]["open"]["fields"]["narrative"] = "Quite another account."  # type: ignore[index]
    raw = make_capsule(other.versions, other.wish(), other.keys)
    with zipfile.ZipFile(await build(other, raw, tmp_path / "front")) as archive:
        page = archive.read("data/servable/01_chronology.pdf")
    cases.bent("another 01", small.path, lambda held: {**held, "data/servable/01_chronology.pdf": page})
    compare(cases, least=25)


def test_junk_in_every_kind_of_file(small: BuiltPack, tmp_path: Path) -> None:
    """Bytes that are no JSON, no table, no PDF, deep nesting included."""
    cases = Cases(tmp_path, small.diary.notary.pub)
    ends = (".csv", ".pdf", "keys.json", "record.json")
    names = [one for one in members_of(small.path) if "0001-" in one or "14_sidecars/JB-1" in one or one.endswith(ends)]
    junk = {"empty": b"", "no text": b"\xff\xfe", "deep": b"[" * 100_000, "half": b'{"t":"proof/v1"}'}
    junk["random"] = random.Random(3).randbytes(500)
    for what, content in junk.items():
        cases.bent(what, small.path, lambda held, content=content: {**held, **dict.fromkeys(names, content)})
        for name in (
            "manifest-sha256.txt",
            "tagmanifest-sha256.txt",
            "data/servable/manifest-sha256.txt",
            "bag-info.txt",
        ):
            cases.bent(f"{what} {name}", small.path, lambda held, content=content, name=name: {**held, name: content})
    compare(cases, least=20)


def test_hostile_zips(small: BuiltPack, tmp_path: Path) -> None:
    """None stops either of them, both find the same, and of the corpus what has to be found."""
    cases = Cases(tmp_path, small.diary.notary.pub)
    for name, raw in corpus(small, tmp_path):
        cases.raw(name, raw)
    found = compare(cases, least=55)
    for name, codes in EXPECTED.items():
        assert set(codes) <= {code for code, _ in found[name]}, name


def as_large(raw: bytes, **lies: int) -> bytes:
    """The same zip with its numbers in the record of a large zip; `lies`: other numbers there, or in the end record."""
    _, _, _, _, count, length, offset, _ = struct.unpack("<4s4H2IH", raw[-22:])
    told = {"here": count, "total": count, "length": length, "offset": offset, "disk": 0, "end": 0xFFFFFFFF} | lies
    disk, numbers = told["disk"], (told["here"], told["total"], told["length"], told["offset"])
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, disk, disk, *numbers)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(raw) - 22, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, told["end"], offset, 0)
    return raw[:-22] + record + locator + end


def test_the_record_of_a_large_zip(small: BuiltPack, tmp_path: Path) -> None:
    """Read where the end record points to it. Whatever one reader would take from it and another not is no pack."""
    cases, raw = Cases(tmp_path, small.diary.notary.pub), small.path.read_bytes()
    length = struct.unpack("<I", raw[-10:-6])[0]
    cases.raw("sound", as_large(raw))
    for name, lie in {"here": 1, "total": 1, "length": 1, "offset": 1 << 40, "disk": 1, "end": length}.items():
        cases.raw(name, as_large(raw, **{name: lie}))
    cases.raw("only said to be large", raw[:-12] + b"\xff\xff" + raw[-10:])
    found = compare(cases)
    assert found.pop("sound") == set()
    assert all(codes == {("not_a_pack", None)} for codes in found.values()), found


def test_random_bytes_in_the_list_of_members_end_in_findings(small: BuiltPack, tmp_path: Path) -> None:
    """The page never throws; it finds. What it calls them may differ from the program, which reads zips with another library."""
    cases, raw, generator = Cases(tmp_path, small.diary.notary.pub), small.path.read_bytes(), random.Random(7)
    for i in range(20):
        bent = bytearray(raw)
        for _ in range(20):
            bent[generator.randrange(len(raw) - 4_000, len(raw))] = generator.randrange(256)
        cases.raw(str(i), bytes(bent))
    assert all(Page(cases).findings())


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
        cases.bent(
            f"without {end}",
            logged.path,
            lambda held, name=name: {one: raw for one, raw in held.items() if one != name},
        )
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
    table = text.split("export const SENTENCES")[1].split("\n})")[0]
    whole = re.sub(r"' \+\n +'", "", table)
    rows = dict(re.findall(r"^ +(\w+):\s+'(.*)',$", whole, re.MULTILINE))
    assert rows.items() <= findings_of(STATIC).items(), "what the pages say, each in its language"
    assert rows == {code: sentence.replace("'", "’") for code, sentence in SENTENCES.items()}

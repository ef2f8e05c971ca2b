"""The log in a pack: from an entry's fields to a checkpoint that an authority stamped, and every way to break that."""

from __future__ import annotations

import asyncio
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from diary.crypto.signing import Notary
from diary.encoding import b64, canon, unb64
from diary.ledger import checkpoints, key_statements, leaves, timestamps, tree
from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.verify.findings import Finding
from diary.pack.verify.verifier import verify
from diary.samples.timestamp_authority import LocalAuthority, make_authority
from tests.pack.conftest import BuiltPack, build, finish
from tests.pack.fiction import FictionalDiary, fictional_diary
from tests.pack.rezip import each_flipped, members_of, rezip

INSTANCE = Notary(bytes(31) + b"\7")
FOLDERS = ("data/servable/proof/", "data/restricted/proof/")
OTHERS = 5  # leaves of other diaries before ours


class Logged:
    """A log in memory with a diary's receipts in it, and what a phone would be told of them."""

    def __init__(self, diary: FictionalDiary) -> None:
        self.diary = diary
        self.versions = [row for row in diary.versions if row["receipt"]]
        told = [leaves.leaf(c=r["c"], n=r["n"], ts=r["ts"]) for r in (row["receipt"] for row in self.versions)]  # type: ignore[index, arg-type]
        self.leaves = [bytes([n]) * 32 for n in range(OTHERS)] + told
        self.nodes = tree.grow(0, self.leaves, lambda level, i: self.nodes[level, i])
        self.nodes |= {(0, i): leaf for i, leaf in enumerate(self.leaves)}

    def node(self, level: int, i: int) -> bytes:
        return self.nodes[level, i]

    def checkpoint(self, size: int, *, after: int = 0, authority: LocalAuthority | None = None) -> dict[str, Any]:
        note = checkpoints.make(self.diary.notary, size, tree.root(size, self.node))
        stamps = []
        if authority:
            asked = timestamps.request(note)
            kept = {"authority": "local", "chain": authority.chain.decode(), "nonce": b64(asked.nonce)}
            stamps.append({**kept, "policy": authority.policy, "tsr": b64(authority.answer(asked.der))})
        path = [b64(step) for step in tree.consistency(after, size, self.node)] if after else []
        return {"note": note.decode(), "path": path, "size": size, "stamps": stamps}

    def log(self, first: int, authority: LocalAuthority | None, told: list[Any] | None = None) -> dict[str, Any]:
        """Versions below `first` are proved under the stamped checkpoint, the others under the newest."""
        size = len(self.leaves)
        proofs = []
        for at, row in enumerate(self.versions, OTHERS):
            under = first if at < first else size
            path = [b64(step) for step in tree.inclusion(at, under, self.node)]
            proofs.append({"i": at, "path": path, "size": under, "version": row["version"]})
        anchors = [self.checkpoint(first, authority=authority), self.checkpoint(size, after=first)]
        return {
            "authorities": ["local"] if authority else [],
            "checkpoints": anchors,
            "proofs": proofs,
            "statements": told or [],
        }


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return make_authority(tmp_path_factory.mktemp("tsa"))


def packed(diary: FictionalDiary, log: dict[str, Any], folder: Path) -> BuiltPack:
    """A pack of a diary with this log, made by the real worker."""
    raw = make_capsule(diary.versions, replace(diary.wish(), log=log), diary.keys)
    front = asyncio.run(build(diary, raw, folder / "front.zip"))
    told = read_capsule(raw)
    return BuiltPack(finish(diary, front, told, folder / "pack.zip"), front, diary, raw, told)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory, authority: LocalAuthority) -> BuiltPack:
    """Four entries and a picture; two checkpoints, the first of them stamped."""
    diary = fictional_diary(count=4, exhibits=1)
    log = Logged(diary)
    return packed(diary, log.log(OTHERS + 4, authority), tmp_path_factory.mktemp("logged"))


def found(path: Path, pack: BuiltPack, **more: Any) -> list[Finding]:
    return verify(path, notary=pack.diary.notary.pub, **more)


def codes(findings: list[Finding]) -> set[str]:
    return {one.code for one in findings}


def test_a_sound_pack_holds_under_the_authoritys_own_root(logged: BuiltPack, authority: LocalAuthority) -> None:
    """Nothing is found; without the root it is said that the certificates come from the pack."""
    assert found(logged.path, logged, tsa_roots=[authority.root]) == []
    assert codes(found(logged.path, logged)) == {"roots_from_pack"}
    log = json.loads(members_of(logged.path)[f"{FOLDERS[0]}log.json"])
    assert len(log["proofs"]) > 4 and [len(row["stamps"]) for row in log["checkpoints"]] == [1, 0]


def test_another_authoritys_root_is_not_enough(logged: BuiltPack, tmp_path: Path) -> None:
    """The stamp must lead to the root that was given."""
    other = make_authority(tmp_path)
    assert codes(found(logged.path, logged, tsa_roots=[other.root])) == {"timestamp"}


def test_a_changed_byte_in_any_member_is_named(logged: BuiltPack, authority: LocalAuthority, tmp_path: Path) -> None:
    """The log's files among them."""
    for name, path in each_flipped(logged.path, tmp_path / "bent.zip"):
        if "/proof/" in name:
            assert name in {one.member for one in found(path, logged, tsa_roots=[authority.root])}, name


def bent(pack: BuiltPack, out: Path, change: Callable[[dict[str, Any], dict[str, bytes]], object]) -> Path:
    """A copy in which both log.json and files beside them are changed alike."""

    def both(members: dict[str, bytes]) -> dict[str, bytes]:
        made = dict(members)
        for folder in FOLDERS:
            log = json.loads(made[f"{folder}log.json"])
            beside = {path.removeprefix(folder): raw for path, raw in made.items() if path.startswith(folder)}
            change(log, beside)
            made |= {f"{folder}{path}": raw for path, raw in beside.items()}
            made[f"{folder}log.json"] = canon(log)
        return made

    return rezip(pack.path, out, both)


def other_root(log: dict[str, Any], beside: dict[str, bytes]) -> None:
    size = log["checkpoints"][0]["size"]
    beside[f"checkpoint-{size}.txt"] = checkpoints.make(Notary(bytes(31) + b"\5"), size, bytes(32))


def swap_places(log: dict[str, Any], _: dict[str, bytes]) -> None:
    one, two = log["proofs"][0], log["proofs"][1]
    one["version"], two["version"] = two["version"], one["version"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda log, _: log["proofs"][0]["path"].pop(), "inclusion"),
        (lambda log, _: log["proofs"][0].update(i=log["proofs"][0]["i"] + 1), "inclusion"),
        (lambda log, _: log["proofs"][0].update(size=7777), "inclusion"),
        (lambda log, _: log["proofs"][0].update(version="A" * 22), "inclusion"),
        (swap_places, "inclusion"),
        (other_root, "checkpoint"),
        (lambda log, _: log["checkpoints"][1].update(path=[]), "checkpoint"),
        (lambda log, _: log["checkpoints"].reverse(), "checkpoint"),
        (lambda log, _: log["checkpoints"][0]["stamps"][0].update(nonce=b64(bytes(16))), "timestamp"),
        (lambda log, _: log["checkpoints"][0]["stamps"][0].update(policy="1.2.3.9"), "timestamp"),
        (lambda log, _: log["checkpoints"][0].update(stamps=[]), "log"),
        (lambda log, _: log["checkpoints"].pop(), "log"),
    ],
)
def test_every_lie_about_the_log_is_found(
    logged: BuiltPack, authority: LocalAuthority, tmp_path: Path, change: Any, code: str
) -> None:
    """Both folders changed alike: only the signatures, the digests and the authority can tell."""
    path = bent(logged, tmp_path / "bent.zip", change)
    assert code in codes(found(path, logged, tsa_roots=[authority.root]))


def test_a_swapped_stamp_and_a_swapped_receipt_are_found(
    logged: BuiltPack, authority: LocalAuthority, tmp_path: Path
) -> None:
    """A real stamp of something else; a real receipt of another version."""
    asked = timestamps.request(b"something else")
    name = next(path for path in members_of(logged.path) if path.endswith(".tsr")).rpartition("/")[2]
    path = bent(logged, tmp_path / "a.zip", lambda _, beside: beside.update({name: authority.answer(asked.der)}))
    assert "timestamp" in codes(found(path, logged, tsa_roots=[authority.root]))

    def exchange(members: dict[str, bytes]) -> dict[str, bytes]:
        made = dict(members)
        for folder in FOLDERS:
            first, second, *_ = (
                path for path in sorted(made) if path.startswith(folder) and re.search(r"/000[1-4]-", path)
            )
            one, two = json.loads(made[first]), json.loads(made[second])
            one["receipt"], two["receipt"] = two["receipt"], one["receipt"]
            made |= {first: canon(one), second: canon(two)}
        return made

    assert {"receipt", "inclusion"} <= codes(found(rezip(logged.path, tmp_path / "b.zip", exchange), logged))


def test_a_missing_or_added_file_of_the_log_is_named(logged: BuiltPack, tmp_path: Path) -> None:
    """In one folder or both."""
    for name in (path for path in members_of(logged.path) if "/proof/checkpoint-" in path):
        path = rezip(logged.path, tmp_path / "bent.zip", lambda members, name=name: without(members, name))  # type: ignore[misc]
        assert ("log", name) in {(one.code, one.member) for one in found(path, logged)}
    extra = f"{FOLDERS[1]}checkpoint-3.txt"
    path = rezip(logged.path, tmp_path / "bent.zip", lambda members: {**members, extra: b"x"})
    assert ("log", extra) in {(one.code, one.member) for one in found(path, logged)}


def without(members: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {path: raw for path, raw in members.items() if path != name}


def test_the_steps_in_15_hold_word_for_word(logged: BuiltPack, tmp_path: Path) -> None:
    """Every Linux and openssl command of 15_VERIFY.txt is run as it is printed, on the unpacked zip; then on a bent one."""
    with zipfile.ZipFile(logged.path) as archive:
        archive.extractall(tmp_path)
    text = next(tmp_path.glob("*/data/15_VERIFY.txt")).read_bytes().decode().replace("\r\n", "\n")
    lines = [line.strip() for line in text.splitlines()]
    sums = [line for line in lines if line.endswith("sha256sum -c manifest-sha256.txt")]
    assert len(sums) == 2
    for line in sums:
        assert shell(line, tmp_path).returncode == 0, line
    (start,) = [line for line in lines if line.startswith("cd ") and line.endswith("/proof")]
    checks = [line for line in lines if line.startswith("openssl ts -")]
    assert len(checks) == 2
    for line in checks:
        done = shell(f"{start} && {line}", tmp_path)
        assert done.returncode == 0, done.stderr
    assert b"Verification: OK" in shell(f"{start} && {checks[0]} 2>&1", tmp_path).stdout
    note = next(tmp_path.glob("*/data/servable/proof/checkpoint-9.txt"))
    note.write_bytes(note.read_bytes().replace(b"\n9\n", b"\n8\n"))
    assert shell(f"{start} && {checks[0]}", tmp_path).returncode != 0
    assert shell(sums[0], tmp_path).returncode != 0


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """One printed line, run as an officer would."""
    assert shutil.which("openssl") and shutil.which("sha256sum")
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, check=False)


def test_a_pack_without_a_log_or_stamps_says_so(built: BuiltPack, logged: BuiltPack, tmp_path: Path) -> None:
    """01, 10 and 15 in each case: never asked, waiting for an authority, stamped."""

    def steps(pack: BuiltPack) -> str:
        return members_of(pack.path)["data/15_VERIFY.txt"].decode()

    def pages(pack: BuiltPack) -> str:
        method = "data/restricted/10_RESTRICTED_how-this-record-was-made.pdf"
        texts = (
            PdfReader(io.BytesIO(members_of(pack.path)[name])) for name in ("data/servable/01_chronology.pdf", method)
        )
        return " ".join(" ".join(page.extract_text() for text in texts for page in text.pages).split())

    assert "No outside authority has stamped the time" in pages(built) and "outside authorities: none" in pages(built)
    assert "shows no place in it" in steps(built) and "There are none: the receipts stand alone" in steps(built)
    diary = fictional_diary(count=2, exhibits=1)
    log = Logged(diary).log(OTHERS + 1, None)
    log["authorities"] = ["away"]
    waiting = packed(diary, log, tmp_path)
    assert "had not answered when this pack was made" in steps(waiting)
    assert "one is asked." in pages(waiting) and "one is asked and had not answered" in pages(waiting)
    assert "stamped the time of the list that holds" in pages(logged) and "local (checkpoint of 9)" in pages(logged)
    assert found(waiting.path, waiting) == []


def test_receipts_of_an_earlier_key_hold_with_the_statements(tmp_path: Path) -> None:
    """After a rotation: with the instance key nothing is found; without it the older receipts are another key's; a
    chain under a key of the forger's own joins nothing; an exposed key holds only below its bound."""
    diary = fictional_diary(count=2, exhibits=1)
    new = Notary(bytes(31) + b"\x22")
    first = key_statements.make(INSTANCE, key_statements.wish(diary.notary.pub, [], "first", 1, None))
    told = Logged(diary).log(OTHERS + 1, None)
    for why, size in (("rotated", 90), ("exposed", len(Logged(diary).leaves)), ("exposed", OTHERS + 1)):
        last = {"root": b64(bytes(32)), "size": size}
        second = key_statements.make(INSTANCE, key_statements.wish(new.pub, [first], why, 2, last))  # type: ignore[arg-type]
        pack = packed(diary, {**told, "statements": [first, second]}, tmp_path)
        bound = set() if size > OTHERS + 1 else {"old_key", "checkpoint", "inclusion"}
        assert codes(verify(pack.path, instance=INSTANCE.pub)) == bound
        assert {"other_key", "wrong_notary"} <= codes(verify(pack.path, notary=new.pub))
        assert "statements" in codes(verify(pack.path, instance=Notary(bytes(31) + b"\x55").pub))
    forger = Notary(bytes(31) + b"\x66")
    mine = key_statements.make(forger, key_statements.wish(new.pub, [], "first", 1, None))
    joined = key_statements.make(forger, key_statements.wish(diary.notary.pub, [mine], "rotated", 2, None))
    pack = packed(diary, {**told, "statements": [mine, joined]}, tmp_path)
    assert {"other_key", "wrong_notary"} <= codes(verify(pack.path, notary=new.pub))
    assert unb64(str(mine["pub"])) == new.pub


def test_bytes_that_belong_to_no_member_are_found(logged: BuiltPack, authority: LocalAuthority, tmp_path: Path) -> None:
    """Before the first member, between two, after the end, in a comment: another reader could see another pack."""
    raw = logged.path.read_bytes()
    with zipfile.ZipFile(logged.path) as archive:
        second, start = archive.infolist()[1].header_offset, archive.start_dir
    for name, bent in {
        "before": b"MZ" + bytes(50) + raw,
        "between": raw[:second] + bytes(30) + raw[second:],
        "after": raw + b"more",
        "a comment": raw[:-2] + b"\x04\x00more",
        "before the list": raw[:start] + bytes(10) + raw[start:],
    }.items():
        (tmp_path / "bent.zip").write_bytes(bent)
        assert codes(found(tmp_path / "bent.zip", logged, tsa_roots=[authority.root])) & {"hidden", "not_a_pack"}, name
    again = tmp_path / "again.zip"
    with zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as made, zipfile.ZipFile(logged.path) as archive:
        for row in archive.infolist():
            made.writestr(row.filename, archive.read(row))
    assert found(again, logged, tsa_roots=[authority.root]) == []

"""What can come beside a pack, judged by the program and by the page: a late receipt with its place, a timestamp."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from diary.constants import BESIDE_PACK_LIMIT
from diary.crypto.signing import AuthorSigner, Ed25519Signer, generate_scalar
from diary.encoding import b64, canonical_json
from diary.ledger import timestamps
from diary.pack.bag.manifest import EXPORT_PROOF_PATH
from diary.pack.bag.pack_statement import PackSigner
from diary.pack.capsule.builder import DiaryVersion, build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.portal import write_portal_set
from diary.pack.proofs.proof_files import export_proof
from diary.pack.verify.portal_reader import SLIP_NAME, STAMP_NAME
from diary.samples.timestamp_authority import LocalTimestampAuthority, make_authority
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part
from tests.pack.fictional_diary import FictionalDiary, fictional_diary
from tests.pack.pack_members import members_of
from tests.pack.test_export_proof import MADE_AT, export_version
from tests.pack.test_log_part import InMemoryLog
from tests.pack.verifier_comparison import PackCases, compare_verifiers, judge_packs

LIST = "manifest-sha256.txt"
SLIP, STAMP, NO_STAMPS = ("slip", SLIP_NAME), ("stamp", STAMP_NAME), ("no_timestamps", None)


@dataclass(frozen=True)
class LatePack:
    """A pack made before the server confirmed its record, and the version that it confirmed later."""

    path: Path
    diary: FictionalDiary
    record: DiaryVersion

    def slip(self, *, with_log: bool = False, **changed: Any) -> bytes:
        """Return the slip of this pack. `changed`: other members of it."""
        slip = {
            "log": self.place() if with_log else None,
            "proof": json.loads(export_proof(self.record)),
            "t": "slip/v1",
        }
        return canonical_json(slip | changed)

    def place(self) -> dict[str, Any]:
        """Return the receipt's place in the log."""
        log = InMemoryLog(self.diary)
        part = log.log_part(len(log.leaves), None)
        [row] = [row for row in part["proofs"] if row["version"] == self.record["version"]]
        return {"i": row["i"], "note": part["checkpoints"][0]["note"], "path": row["path"], "size": row["size"]}


@pytest.fixture(scope="module")
def late_pack(tmp_path_factory: pytest.TempPathFactory) -> LatePack:
    """Return a pack whose record came to the server after it was made."""
    return make_late_pack(tmp_path_factory.mktemp("late"))


def make_late_pack(folder: Path, notary: Ed25519Signer | None = None, *, made_at: int = MADE_AT) -> LatePack:
    """Make a pack whose record came to the server after it was made."""
    diary = fictional_diary(count=2, exhibits=1, notary=notary)
    raw = build_capsule(diary.versions, diary.wish(made_at=made_at), diary.public_keys)
    capsule, records = read_capsule(raw), list[DiaryVersion]()
    front = asyncio.run(build_front_part(diary, raw, folder / "front.zip"))

    def record_export(manifest: bytes) -> bytes:
        records.append(export_version(diary, capsule, manifest))
        return export_proof({**records[0], "receipt": None})

    path = assemble_pack(diary, front, capsule, folder / "made.zip", record_export)
    return LatePack(path, diary, records[0])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalTimestampAuthority:
    """Return a timestamp authority."""
    return make_authority(tmp_path_factory.mktemp("tsa"))


def stamp_of(authority: LocalTimestampAuthority, content: bytes) -> bytes:
    """Return a timestamp over the SHA-256 of a pack's list, as the server asks for it."""
    return authority.answer_query(timestamps.build_digest_request(hashlib.sha256(content).digest()).der)


def both_orders(authority: LocalTimestampAuthority, stamp: bytes) -> tuple[bytes, bytes]:
    """Return a timestamp with its two certificates in the order of DER, and in the other. openssl sends either."""
    certificates = sorted(
        x509.load_pem_x509_certificate((authority.folder / name).read_bytes()).public_bytes(Encoding.DER)
        for name in ("tsa.pem", "ca.pem")
    )
    right, wrong = b"".join(certificates), b"".join(reversed(certificates))
    assert (right in stamp) != (wrong in stamp)
    return stamp.replace(wrong, right), stamp.replace(right, wrong)


def with_beside(cases: PackCases, pack: Path, name: str, beside: dict[str, bytes], **anchors: Any) -> None:
    """Add a pack with these files beside it."""
    folder = cases.folder / name.replace(" ", "-")
    folder.mkdir()
    for file, content in beside.items():
        (folder / file).write_bytes(content)
    cases.add(name, shutil.copyfile(pack, folder / "PACK.zip"), *(folder / file for file in beside), **anchors)


def test_only_so_many_files_beside_a_pack_are_judged(
    late_pack: LatePack, authority: LocalTimestampAuthority, tmp_path: Path
) -> None:
    """Thousands would stop a checker. Of more, the first ones by their names are judged; the others are findings."""
    stamp, slip = stamp_of(authority, members_of(late_pack.path)[LIST]), late_pack.slip()
    cases = PackCases(tmp_path, late_pack.diary.notary.pub)
    for name, count in {"few": BESIDE_PACK_LIMIT, "more": BESIDE_PACK_LIMIT + 2}.items():
        beside = {f"{number}.tsr": stamp for number in reversed(range(count))}
        beside |= {f"receipt-slip-{number}.json": slip for number in reversed(range(count))}
        with_beside(cases, late_pack.path, name, beside, tsa_roots=[authority.root_pem])
    found = {name: findings - {NO_STAMPS} for name, (findings, _) in judge_packs(cases, min_cases=2).items()}
    further = {finding for i in (8, 9) for finding in (("stamp", f"{i}.tsr"), ("slip", f"receipt-slip-{i}.json"))}
    assert found == {"few": set(), "more": further}


def test_a_slip_says_when_the_server_had_the_pack(late_pack: LatePack, tmp_path: Path) -> None:
    """Without it the pack is not confirmed yet; with it, by the given key, it is, with its place in the log or not."""
    cases = PackCases(tmp_path, late_pack.diary.notary.pub)
    with_beside(cases, late_pack.path, "alone", {})
    with_beside(cases, late_pack.path, "with a slip", {SLIP_NAME: late_pack.slip()})
    with_beside(cases, late_pack.path, "with its place", {SLIP_NAME: late_pack.slip(with_log=True)})
    with_beside(cases, late_pack.path, "saved twice", {"receipt-slip (1).json": late_pack.slip()})
    with_beside(cases, late_pack.path, "no key", {SLIP_NAME: late_pack.slip()}, notary=None)
    judged = judge_packs(cases, min_cases=5)
    assert {name: (findings, facts["status"], facts["received_at"]) for name, (findings, facts) in judged.items()} == {
        "alone": (set(), "not_received", None),
        "with a slip": (set(), "received", MADE_AT + 64_000),
        "with its place": (set(), "received", MADE_AT + 64_000),
        "saved twice": (set(), "received", MADE_AT + 64_000),
        "no key": ({("keys_from_pack", None)}, "received_own_key", MADE_AT + 64_000),
    }


def test_a_slip_in_a_folder_around_the_pack_counts(late_pack: LatePack, tmp_path: Path) -> None:
    """People put the folder of the pack and its slip into a folder, or into a zip, or the zip and its slip on a stick."""
    cases = PackCases(tmp_path, late_pack.diary.notary.pub)
    evidence, stick = tmp_path / "Evidence", tmp_path / "stick"
    shutil.unpack_archive(late_pack.path, evidence)
    stick.mkdir()
    shutil.copyfile(late_pack.path, stick / "PACK.zip")
    for folder, name in ((evidence, "Receipt-Slip (1).JSON"), (stick, "Copy of receipt-slip.json")):
        (folder / name).write_bytes(late_pack.slip())
    cases.add("a folder", evidence)
    cases.add("a zip", Path(shutil.make_archive(str(tmp_path / "Evidence"), "zip", tmp_path, "Evidence")))
    cases.add("a stick", stick)
    (tmp_path / "false").mkdir()
    shutil.unpack_archive(late_pack.path, tmp_path / "false")
    (tmp_path / "false" / SLIP_NAME).write_bytes(b"{}")
    cases.add("a false one", tmp_path / "false")
    both = tmp_path / "both"
    shutil.copytree(evidence, both / "Evidence")
    (both / SLIP_NAME).write_bytes(b"{}")
    cases.add("a false one around", both)
    for name, method in (("bzip2", zipfile.ZIP_BZIP2), ("damaged", zipfile.ZIP_STORED)):
        shutil.copyfile(late_pack.path, tmp_path / "slip.zip")
        with zipfile.ZipFile(tmp_path / "slip.zip", "a") as archive:
            archive.writestr(SLIP_NAME, late_pack.slip(), compress_type=method)
        raw = bytearray((tmp_path / "slip.zip").read_bytes())
        if name == "damaged":
            raw[raw.index(b'{"log"')] ^= 1
        cases.add_bytes(name, bytes(raw))
    judged = judge_packs(cases, min_cases=7)
    assert judged.pop("a false one")[0] == {("slip", f"false/{SLIP_NAME}")}
    found, facts = judged.pop("a false one around")
    assert (found, facts["status"]) == ({("slip", f"both/{SLIP_NAME}")}, "received")
    # Browsers read no bzip2.
    assert (judged.pop("bzip2")[1]["status"], judged.pop("damaged")[1]["status"]) == ("changed", "not_received")
    for name, (findings, facts) in judged.items():
        assert (findings, facts["status"], facts["received_at"]) == (set(), "received", MADE_AT + 64_000), name


def test_a_false_slip_is_found(late_pack: LatePack, tmp_path: Path) -> None:
    """One of another pack, cut off, without a receipt, by another key, or with a place that does not hold."""
    cases = PackCases(tmp_path, late_pack.diary.notary.pub)
    other = make_late_pack(tmp_path, late_pack.diary.notary)
    raw, place = late_pack.slip(with_log=True), late_pack.place()
    proof = json.loads(raw)["proof"]
    slips = {
        "of another pack": other.slip(),
        "cut off": raw[:-20],
        "empty": b"",
        "too large": b" " * (1 << 21),
        "another kind": late_pack.slip(t="slip/v2"),
        "one member more": late_pack.slip(also=1),
        "no receipt": late_pack.slip(proof=proof | {"receipt": None}),
        "no proof": late_pack.slip(proof=None),
        "another digest": late_pack.slip(proof=_with_field(proof, "manifest_sha256", "0" * 64)),
        "a place further on": late_pack.slip(log=place | {"i": place["i"] + 1}),
        "no path": late_pack.slip(log=place | {"path": []}),
        "another note": late_pack.slip(log=place | {"note": place["note"].replace("\n1", "\n2")}),
        "a note without a signature": late_pack.slip(log=place | {"note": place["note"].partition("\n\n")[0] + "\n"}),
        "a text for a place": late_pack.slip(log="1"),
    }
    for name, content in slips.items():
        with_beside(cases, late_pack.path, name, {SLIP_NAME: content})
    early = proof["receipt"] | {"ts": proof["receipt"]["ts"] - 1}
    with_beside(cases, late_pack.path, "an earlier time", {SLIP_NAME: late_pack.slip(proof=proof | {"receipt": early})})
    judged = judge_packs(cases, min_cases=len(slips))
    for name in slips:
        findings, facts = judged[name]
        assert (findings, facts["status"], facts["received_at"]) == ({SLIP}, "not_received", None), name
    assert judged["an earlier time"][0] == {("receipt", SLIP_NAME)}
    assert judged["an earlier time"][1]["received_at"] is None


def _with_field(proof: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    """Return a proof with the value of one field changed."""
    return proof | {"fields": proof["fields"] | {name: proof["fields"][name] | {"v": value}}}


def test_a_timestamp_is_judged_under_the_root_that_was_given(
    late_pack: LatePack, authority: LocalTimestampAuthority, tmp_path: Path
) -> None:
    """With the right root it says when; with none it says so; over another list, cut off or by another it is found."""
    cases = PackCases(tmp_path, late_pack.diary.notary.pub)
    manifest, roots = members_of(late_pack.path)[LIST], [authority.root_pem]
    stranger = make_authority(tmp_path / "other-tsa")
    with_root = make_authority(tmp_path / "tsa-with-root", sends_root=True)
    stamp = stamp_of(authority, manifest)
    in_order, out_of_order = both_orders(with_root, stamp_of(with_root, manifest))
    for name, content, given in (
        ("valid", stamp, roots),
        ("valid, two roots", stamp, [stranger.root_pem, authority.root_pem]),
        ("with its root in it", in_order, [with_root.root_pem]),
        ("in another order", out_of_order, [with_root.root_pem]),
        ("no root", stamp, []),
        ("no root, another list", stamp_of(authority, manifest + b"x"), []),
        ("another list", stamp_of(authority, manifest + b"x"), roots),
        ("another authority", stamp_of(stranger, manifest), roots),
        ("cut off", stamp[:-30], roots),
        ("cut off, no root", stamp[:40], []),
        ("changed", stamp[:-10] + bytes([stamp[-10] ^ 1]) + stamp[-9:], roots),
        ("empty", b"", roots),
        ("too large", stamp + bytes(1 << 17), roots),
    ):
        with_beside(cases, late_pack.path, name, {STAMP_NAME: content}, tsa_roots=given)
    judged = judge_packs(cases, min_cases=13)
    no_log_stamps = ("no_timestamps", None)
    for name, (findings, facts) in judged.items():
        is_valid = name in ("valid", "valid, two roots", "with its root in it")
        expected = set() if is_valid else {("stamp_root", STAMP_NAME)} if name == "no root" else {STAMP}
        assert findings - {no_log_stamps} == expected, name
        assert (facts["stamped_at"] is not None) == is_valid, name
    (tmp_path / LIST).write_bytes(manifest)
    (tmp_path / "root.pem").write_bytes(authority.root_pem)
    (tmp_path / STAMP_NAME).write_bytes(stamp)
    command = f"openssl ts -verify -data {LIST} -in {STAMP_NAME} -CAfile root.pem".split()
    completed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in completed.stdout + completed.stderr


def test_a_timestamp_from_before_the_pack_was_made_is_found(authority: LocalTimestampAuthority, tmp_path: Path) -> None:
    """Nobody can stamp a list before there is one: the pack gives a false time, or the timestamp does."""
    now = time.time_ns() // 1_000_000
    cases = PackCases(tmp_path, None)
    for name, made_at in (("now", now), ("made in two days", now + 2 * 86_400_000)):
        (tmp_path / f"{name} made").mkdir()
        late = make_late_pack(tmp_path / f"{name} made", made_at=made_at)
        stamp = stamp_of(authority, members_of(late.path)[LIST])
        with_beside(
            cases,
            late.path,
            name,
            {STAMP_NAME: stamp},
            notary=late.diary.notary.pub,
            tsa_roots=[authority.root_pem],
        )
    judged = judge_packs(cases, min_cases=2)
    assert ("pack_time", STAMP_NAME) not in judged["now"][0]
    assert ("pack_time", STAMP_NAME) in judged["made in two days"][0]


def test_a_portal_set_has_a_slip_and_a_timestamp_of_its_own(
    late_pack: LatePack, authority: LocalTimestampAuthority, tmp_path: Path
) -> None:
    """In its folder or among its files they are no files of the set. Those of its pack are about another list."""
    diary, folder = late_pack.diary, tmp_path / "set"
    write_portal_set(late_pack.path, folder, PackSigner(diary.diary_id, diary.author))
    manifest = (folder / LIST).read_bytes()
    capsule_fields = {name: late_pack.record["open"]["fields"][name] for name in ("made_at", "pack_id", "pack_no")}
    record = diary.add(
        "export",
        {"kind": "portal", "manifest_sha256": hashlib.sha256(manifest).hexdigest(), **capsule_fields},
        at_ms=MADE_AT + 60_000,
    )
    for name, content in {
        SLIP_NAME: LatePack(folder, diary, record).slip(),
        STAMP_NAME: stamp_of(authority, manifest),
    }.items():
        (folder / name).write_bytes(content)
    of_pack = shutil.copytree(folder, tmp_path / "of-pack")
    (of_pack / SLIP_NAME).write_bytes(late_pack.slip())
    cases = PackCases(tmp_path, diary.notary.pub)
    for name, given in {"folder": [folder], "files": sorted(folder.iterdir()), "of its pack": [of_pack]}.items():
        cases.add(name, *given, tsa_roots=[authority.root_pem])
    judged = judge_packs(cases, min_cases=3)
    for name in ("folder", "files"):
        findings, facts = judged[name]
        assert (findings - {("no_timestamps", None)}, facts["status"]) == (set(), "received"), name
        assert facts["stamped_at"] is not None
    assert SLIP in judged["of its pack"][0]


def test_what_lies_beside_a_pack_is_found(
    late_pack: LatePack, authority: LocalTimestampAuthority, tmp_path: Path
) -> None:
    """The program takes both from the pack's own folder, for a zip and for a folder taken out of it."""
    from diary.pack.verify.verifier import VerifiedFacts, verify_pack

    pack = shutil.copyfile(late_pack.path, tmp_path / "PACK.zip")
    shutil.unpack_archive(pack, tmp_path)
    [folder] = [path for path in tmp_path.iterdir() if path.is_dir()]
    (tmp_path / SLIP_NAME).write_bytes(late_pack.slip())
    (tmp_path / STAMP_NAME).write_bytes(stamp_of(authority, members_of(pack)[LIST]))
    for path in (pack, folder):
        facts = VerifiedFacts()
        verify_pack(path, notary=late_pack.diary.notary.pub, tsa_roots=[authority.root_pem], facts=facts)
        assert (facts.status, facts.received_at) == ("received", MADE_AT + 64_000)
        assert facts.stamped_at is not None


def test_a_slip_does_not_make_a_forged_pack_sound(late_pack: LatePack, tmp_path: Path) -> None:
    """A slip and a record signed by a stranger prove nothing of the keeper's pack."""
    cases = PackCases(tmp_path, late_pack.diary.notary.pub)
    proof = json.loads(late_pack.slip())["proof"]
    signature = AuthorSigner(generate_scalar()).sign(b"anything")
    with_beside(cases, late_pack.path, "stranger", {SLIP_NAME: late_pack.slip(proof=proof | {"sig": b64(signature)})})
    [(findings, facts)] = judge_packs(cases).values()
    assert (findings, facts["received_at"]) == ({SLIP}, None)
    assert EXPORT_PROOF_PATH in members_of(late_pack.path)


def test_a_timestamp_with_a_line_end_in_its_name_lies_beside_the_pack(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Patterns treat the line ends of Unicode differently in the two languages."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    for name in ("a\u2028b.tsr", "a\nb.tsr", "receipt-slip\u2029.json"):
        (tmp_path / name).write_bytes(b"no timestamp")
        cases.add(name, small_pack.path, tmp_path / name)
    findings = compare_verifiers(cases)
    assert findings["a\u2028b.tsr"] == findings["a\nb.tsr"] == {("stamp", "a?b.tsr")}
    assert findings["receipt-slip\u2029.json"] == {("slip", "receipt-slip?.json")}

"""The log in a pack: from an entry's fields to a checkpoint with a timestamp, and every way to tamper with it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, canonical_json, unb64
from diary.ledger import checkpoints, cosignatures, key_statements, leaves, timestamps, tree
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.verify.findings import Finding
from diary.pack.verify.verifier import verify_pack
from diary.samples.timestamp_authority import LocalTimestampAuthority, make_authority
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part
from tests.pack.fictional_diary import FictionalDiary, fictional_diary
from tests.pack.pack_members import change_members, flip_each_member, members_of, without_member
from tests.pack.pack_text import page_texts
from tests.pack.verifier_comparison import PackCases, change_json_member, compare_verifiers, judge_packs

INSTANCE_KEY = Ed25519Signer(bytes(31) + b"\7")
PROOF_FOLDERS = ("data/servable/proof/", "data/restricted/proof/")
FOREIGN_LEAF_COUNT = 5  # leaves of other diaries, before those of the test's diary


class InMemoryLog:
    """A log in memory with a diary's receipts, and what a phone would receive about them."""

    def __init__(self, diary: FictionalDiary) -> None:
        self.diary = diary
        self.versions = [row for row in diary.versions if row["receipt"]]
        receipts: list[Any] = [row["receipt"] for row in self.versions]
        diary_leaves = [leaves.receipt_leaf(commitment=r["c"], number=r["n"], timestamp_ms=r["ts"]) for r in receipts]
        self.leaves = [bytes([n]) * 32 for n in range(FOREIGN_LEAF_COUNT)] + diary_leaves
        self.nodes = tree.compute_new_nodes(0, self.leaves, lambda level, i: self.nodes[level, i])
        self.nodes |= {(0, i): leaf for i, leaf in enumerate(self.leaves)}

    def node(self, level: int, i: int) -> bytes:
        return self.nodes[level, i]

    def checkpoint(
        self, size: int, *, after: int = 0, authority: LocalTimestampAuthority | None = None
    ) -> dict[str, Any]:
        note = checkpoints.sign_checkpoint(self.diary.notary, size, tree.root_hash(size, self.node))
        stamps = []
        if authority:
            request = timestamps.build_request(note)
            stamp_fields = {"authority": "local", "chain": authority.chain_pem.decode(), "nonce": b64(request.nonce)}
            stamps.append({**stamp_fields, "policy": authority.policy, "tsr": b64(authority.answer_query(request.der))})
        path = [b64(step) for step in tree.consistency_proof(after, size, self.node)] if after else []
        return {"note": note.decode(), "path": path, "size": size, "stamps": stamps}

    def log_part(
        self, stamped_size: int, authority: LocalTimestampAuthority | None, statements: list[Any] | None = None
    ) -> dict[str, Any]:
        """Return the log part of two checkpoints. Versions before `stamped_size` are proved under the first."""
        size = len(self.leaves)
        proofs = []
        for leaf_index, row in enumerate(self.versions, FOREIGN_LEAF_COUNT):
            tree_size = stamped_size if leaf_index < stamped_size else size
            path = [b64(step) for step in tree.inclusion_proof(leaf_index, tree_size, self.node)]
            proofs.append({"i": leaf_index, "path": path, "size": tree_size, "version": row["version"]})
        anchors = [self.checkpoint(stamped_size, authority=authority), self.checkpoint(size, after=stamped_size)]
        return {
            "authorities": ["local"] if authority else [],
            "checkpoints": anchors,
            "proofs": proofs,
            "statements": statements or [],
        }


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalTimestampAuthority:
    return make_authority(tmp_path_factory.mktemp("tsa"))


def make_pack_with_log(diary: FictionalDiary, log: dict[str, Any], folder: Path) -> BuiltPack:
    """Write a pack of a diary with this log, built by the real worker."""
    capsule_bytes = build_capsule(diary.versions, replace(diary.wish(), log=log), diary.public_keys)
    front_path = asyncio.run(build_front_part(diary, capsule_bytes, folder / "front.zip"))
    capsule = read_capsule(capsule_bytes)
    return BuiltPack(
        assemble_pack(diary, front_path, capsule, folder / "pack.zip"), front_path, diary, capsule_bytes, capsule
    )


@pytest.fixture(scope="module")
def logged_pack(tmp_path_factory: pytest.TempPathFactory, authority: LocalTimestampAuthority) -> BuiltPack:
    """Return a pack of four entries and a picture, with two checkpoints, of which the first is stamped."""
    diary = fictional_diary(count=4, exhibits=1)
    log = InMemoryLog(diary)
    return make_pack_with_log(diary, log.log_part(FOREIGN_LEAF_COUNT + 4, authority), tmp_path_factory.mktemp("logged"))


def pack_findings(path: Path, pack: BuiltPack, **options: Any) -> list[Finding]:
    return verify_pack(path, notary=pack.diary.notary.pub, **options)


def codes(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def test_a_valid_pack_verifies_with_the_authoritys_root(
    logged_pack: BuiltPack, authority: LocalTimestampAuthority
) -> None:
    """With the root nothing is found. Without it, a finding says that the certificates come from the pack."""
    assert pack_findings(logged_pack.path, logged_pack, tsa_roots=[authority.root_pem]) == []
    assert codes(pack_findings(logged_pack.path, logged_pack)) == {"roots_from_pack"}
    log = json.loads(members_of(logged_pack.path)[f"{PROOF_FOLDERS[0]}log.json"])
    assert len(log["proofs"]) > 4 and [len(row["stamps"]) for row in log["checkpoints"]] == [1, 0]


def test_another_authoritys_root_is_refused(logged_pack: BuiltPack, tmp_path: Path) -> None:
    """The stamp must chain to the root that was given."""
    other = make_authority(tmp_path)
    assert codes(pack_findings(logged_pack.path, logged_pack, tsa_roots=[other.root_pem])) == {"timestamp"}


def test_a_changed_byte_in_any_member_is_named(
    logged_pack: BuiltPack, authority: LocalTimestampAuthority, tmp_path: Path
) -> None:
    """A changed byte is named in every member, the log's files included."""
    for name, path in flip_each_member(logged_pack.path, tmp_path / "bent.zip"):
        if "/proof/" in name:
            assert name in {
                finding.member for finding in pack_findings(path, logged_pack, tsa_roots=[authority.root_pem])
            }, name


def change_log_copy(
    pack: BuiltPack, target: Path, change: Callable[[dict[str, Any], dict[str, bytes]], object]
) -> Path:
    """Return a copy in which log.json and its files are changed in the same way in both folders."""

    def change_both_folders(members: dict[str, bytes]) -> dict[str, bytes]:
        changed_members = dict(members)
        for folder in PROOF_FOLDERS:
            log = json.loads(changed_members[f"{folder}log.json"])
            folder_files = {
                path.removeprefix(folder): raw for path, raw in changed_members.items() if path.startswith(folder)
            }
            change(log, folder_files)
            changed_members |= {f"{folder}{path}": raw for path, raw in folder_files.items()}
            changed_members[f"{folder}log.json"] = canonical_json(log)
        return changed_members

    return change_members(pack.path, target, change_both_folders)


def replace_checkpoint(log: dict[str, Any], folder_files: dict[str, bytes]) -> None:
    size = log["checkpoints"][0]["size"]
    folder_files[f"checkpoint-{size}.txt"] = checkpoints.sign_checkpoint(
        Ed25519Signer(bytes(31) + b"\5"), size, bytes(32)
    )


def swap_proof_versions(log: dict[str, Any], _: dict[str, bytes]) -> None:
    first, second = log["proofs"][0], log["proofs"][1]
    first["version"], second["version"] = second["version"], first["version"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda log, _: log["proofs"][0]["path"].pop(), "inclusion"),
        (lambda log, _: log["proofs"][0].update(i=log["proofs"][0]["i"] + 1), "inclusion"),
        (lambda log, _: log["proofs"][0].update(size=7777), "inclusion"),
        (lambda log, _: log["proofs"][0].update(version="A" * 22), "inclusion"),
        (swap_proof_versions, "inclusion"),
        (replace_checkpoint, "checkpoint"),
        (lambda log, _: log["checkpoints"][1].update(path=[]), "checkpoint"),
        (lambda log, _: log["checkpoints"].reverse(), "checkpoint"),
        (lambda log, _: log["checkpoints"][0]["stamps"][0].update(nonce=b64(bytes(16))), "timestamp"),
        (lambda log, _: log["checkpoints"][0]["stamps"][0].update(policy="1.2.3.9"), "timestamp"),
        (lambda log, _: log["checkpoints"][0].update(stamps=[]), "log"),
        (lambda log, _: log["checkpoints"].pop(), "log"),
        (lambda log, _: log["checkpoints"].append(log["checkpoints"][1]), "unreadable"),
        (lambda log, _: log["checkpoints"][0].update(stamps=log["checkpoints"][0]["stamps"] * 9), "unreadable"),
        (lambda log, _: log["checkpoints"][0].update(cosignatures=["x"] * 16), "unreadable"),
    ],
)
def test_every_change_of_the_log_is_found(
    logged_pack: BuiltPack, authority: LocalTimestampAuthority, tmp_path: Path, change: Any, code: str
) -> None:
    """With both folders changed alike, signatures, digests and the timestamp still reveal each change."""
    path = change_log_copy(logged_pack, tmp_path / "bent.zip", change)
    assert code in codes(pack_findings(path, logged_pack, tsa_roots=[authority.root_pem]))


def test_a_swapped_stamp_and_a_swapped_receipt_are_found(
    logged_pack: BuiltPack, authority: LocalTimestampAuthority, tmp_path: Path
) -> None:
    """A valid stamp of other data and a valid receipt of another version are found."""
    request = timestamps.build_request(b"something else")
    name = next(path for path in members_of(logged_pack.path) if path.endswith(".tsr")).rpartition("/")[2]
    path = change_log_copy(
        logged_pack, tmp_path / "a.zip", lambda _, beside: beside.update({name: authority.answer_query(request.der)})
    )
    assert "timestamp" in codes(pack_findings(path, logged_pack, tsa_roots=[authority.root_pem]))

    def swap_receipts(members: dict[str, bytes]) -> dict[str, bytes]:
        changed_members = dict(members)
        for folder in PROOF_FOLDERS:
            first, second, *_ = (
                path for path in sorted(changed_members) if path.startswith(folder) and re.search(r"/000[1-4]-", path)
            )
            first_proof, second_proof = json.loads(changed_members[first]), json.loads(changed_members[second])
            first_proof["receipt"], second_proof["receipt"] = second_proof["receipt"], first_proof["receipt"]
            changed_members |= {first: canonical_json(first_proof), second: canonical_json(second_proof)}
        return changed_members

    assert {"receipt", "inclusion"} <= codes(
        pack_findings(change_members(logged_pack.path, tmp_path / "b.zip", swap_receipts), logged_pack)
    )


def test_a_missing_or_added_file_of_the_log_is_named(logged_pack: BuiltPack, tmp_path: Path) -> None:
    """A missing or added file is named, in one folder or in both."""
    for name in (path for path in members_of(logged_pack.path) if "/proof/checkpoint-" in path):
        path = change_members(logged_pack.path, tmp_path / "bent.zip", without_member(name))
        assert ("log", name) in {(finding.code, finding.member) for finding in pack_findings(path, logged_pack)}
    extra = f"{PROOF_FOLDERS[1]}checkpoint-3.txt"
    path = change_members(logged_pack.path, tmp_path / "bent.zip", lambda members: {**members, extra: b"x"})
    assert ("log", extra) in {(finding.code, finding.member) for finding in pack_findings(path, logged_pack)}


def test_the_printed_commands_of_15_work_as_printed(logged_pack: BuiltPack, tmp_path: Path) -> None:
    """The printed openssl commands succeed on the unpacked zip, and fail once a checkpoint is changed."""
    with zipfile.ZipFile(logged_pack.path) as archive:
        archive.extractall(tmp_path)
    text = next(tmp_path.glob("*/data/15_VERIFY.txt")).read_bytes().decode().replace("\r\n", "\n")
    lines = [line.strip() for line in text.splitlines()]
    folder = next(tmp_path.glob("PACK_*"))
    (start,) = [line for line in lines if line.startswith("cd ") and line.endswith("/proof")]
    checks = [line for line in lines if line.startswith("openssl ts -") and "pack.tsr" not in line]
    assert len(checks) == 2
    for line in checks:
        result = run_shell_line(f"{start} && {line}", folder)
        assert result.returncode == 0, result.stderr
    assert b"Verification: OK" in run_shell_line(f"{start} && {checks[0]} 2>&1", folder).stdout
    note = next(tmp_path.glob("*/data/servable/proof/checkpoint-9.txt"))
    note.write_bytes(note.read_bytes().replace(b"\n9\n", b"\n8\n"))
    assert run_shell_line(f"{start} && {checks[0]}", folder).returncode != 0


def run_shell_line(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run one printed line in a shell, as an officer would."""
    assert shutil.which("openssl")
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, check=False)


def test_a_pack_without_a_log_or_stamps_says_so(full_pack: BuiltPack, logged_pack: BuiltPack, tmp_path: Path) -> None:
    """01, 10 and 15 describe each case: no log, waiting for an authority, stamped."""

    def verify_steps(pack: BuiltPack) -> str:
        return members_of(pack.path)["data/15_VERIFY.txt"].decode()

    def pages(pack: BuiltPack) -> str:
        method = "data/restricted/10_RESTRICTED_how-this-record-was-made.pdf"
        members = members_of(pack.path)
        texts = (*page_texts(members["data/servable/01_chronology.pdf"]), *page_texts(members[method]))
        return " ".join(" ".join(texts).split())

    without_log = pages(full_pack)
    assert "No outside authority has stamped the time" in without_log and "outside authorities: none" in without_log
    assert "shows no place in it" in verify_steps(
        full_pack
    ) and "There are none: the receipts stand alone" in verify_steps(full_pack)
    diary = fictional_diary(count=2, exhibits=1)
    log = InMemoryLog(diary).log_part(FOREIGN_LEAF_COUNT + 1, None)
    log["authorities"] = ["away"]
    waiting = make_pack_with_log(diary, log, tmp_path)
    assert "had not answered when this pack was made" in verify_steps(waiting)
    unanswered, stamped = pages(waiting), pages(logged_pack)
    assert "one is asked." in unanswered and "one is asked and had not answered" in unanswered
    assert "stamped the time of the list that holds" in stamped and "local (checkpoint of 9)" in stamped
    assert pack_findings(waiting.path, waiting) == []


def test_receipts_of_a_rotated_key_verify_with_its_statements(tmp_path: Path) -> None:
    """Receipts of a rotated notary key verify if the instance key is given.

    Without it, the older receipts belong to an unknown key. A chain under a forger's key does not connect, and an
    exposed key is valid only below its bound.
    """
    diary = fictional_diary(count=2, exhibits=1)
    new = Ed25519Signer(bytes(31) + b"\x22")
    first = key_statements.sign_statement(
        INSTANCE_KEY, key_statements.draft_statement(diary.notary.pub, [], "first", 1, None)
    )
    log_part = InMemoryLog(diary).log_part(FOREIGN_LEAF_COUNT + 1, None)
    replacements: tuple[tuple[key_statements.ReplacementReason, int], ...] = (
        ("rotated", 90),
        ("exposed", len(InMemoryLog(diary).leaves)),
        ("exposed", FOREIGN_LEAF_COUNT + 1),
    )
    for reason, size in replacements:
        last = {"root": b64(bytes(32)), "size": size}
        second = key_statements.sign_statement(
            INSTANCE_KEY, key_statements.draft_statement(new.pub, [first], reason, 2, last)
        )
        pack = make_pack_with_log(diary, {**log_part, "statements": [first, second]}, tmp_path)
        bound = set() if size > FOREIGN_LEAF_COUNT + 1 else {"old_key", "checkpoint", "inclusion"}
        assert codes(verify_pack(pack.path, instance=INSTANCE_KEY.pub)) == bound
        assert "wrong_notary" in codes(verify_pack(pack.path, notary=new.pub))
        assert "statements" in codes(verify_pack(pack.path, instance=Ed25519Signer(bytes(31) + b"\x55").pub))
    forger = Ed25519Signer(bytes(31) + b"\x66")
    forged_statement = key_statements.sign_statement(
        forger, key_statements.draft_statement(new.pub, [], "first", 1, None)
    )
    forged_rotation = key_statements.sign_statement(
        forger, key_statements.draft_statement(diary.notary.pub, [forged_statement], "rotated", 2, None)
    )
    pack = make_pack_with_log(diary, {**log_part, "statements": [forged_statement, forged_rotation]}, tmp_path)
    assert "wrong_notary" in codes(verify_pack(pack.path, notary=new.pub))
    assert unb64(str(forged_statement["pub"])) == new.pub


def test_statements_that_do_not_hold_give_no_confirmation(logged_pack: BuiltPack, tmp_path: Path) -> None:
    """A forger puts statements into a pack of their own: its keys then still come from the pack alone."""
    cases = PackCases(tmp_path, None)
    change = change_json_member("data/restricted/proof/log.json", lambda log: log.update(statements=[{"x": 1}]))
    cases.add_changed("forged", logged_pack.path, change, instance=Ed25519Signer(os.urandom(32)).pub)
    [found] = compare_verifiers(cases).values()
    assert {"statements", "keys_from_pack"} <= {code for code, _ in found}


def test_bytes_that_belong_to_no_member_are_found(
    logged_pack: BuiltPack, authority: LocalTimestampAuthority, tmp_path: Path
) -> None:
    """Bytes before, between or after members, or in a comment, are found: another reader could see another pack."""
    raw = logged_pack.path.read_bytes()
    with zipfile.ZipFile(logged_pack.path) as archive:
        second, start = archive.infolist()[1].header_offset, archive.start_dir
    for name, changed_bytes in {
        "before": b"MZ" + bytes(50) + raw,
        "between": raw[:second] + bytes(30) + raw[second:],
        "after": raw + b"more",
        "a comment": raw[:-2] + b"\x04\x00more",
        "before the list": raw[:start] + bytes(10) + raw[start:],
    }.items():
        (tmp_path / "bent.zip").write_bytes(changed_bytes)
        assert codes(pack_findings(tmp_path / "bent.zip", logged_pack, tsa_roots=[authority.root_pem])) & {
            "hidden",
            "not_a_pack",
        }, name
    rewritten_path = tmp_path / "again.zip"
    with (
        zipfile.ZipFile(rewritten_path, "w", zipfile.ZIP_DEFLATED) as rewritten,
        zipfile.ZipFile(logged_pack.path) as archive,
    ):
        for row in archive.infolist():
            rewritten.writestr(row.filename, archive.read(row))
    assert pack_findings(rewritten_path, logged_pack, tsa_roots=[authority.root_pem]) == []


def test_cosignatures_in_any_form_are_judged_alike(tmp_path: Path) -> None:
    """A valid line of a witness counts; a line of another checkpoint, or what is no line, is found by both."""
    diary, signer = fictional_diary(count=2, exhibits=1), Ed25519Signer(bytes(31) + b"\x09")
    witness = cosignatures.LogWitness("witness.example/w1", signer.pub)
    part = InMemoryLog(diary).log_part(FOREIGN_LEAF_COUNT + 2, None)

    def line_over(note: str) -> str:
        text = note.partition("\n\n")[0] + "\n"
        return checkpoints.format_signature_line(cosignatures.cosign(signer, witness.name, text, 1_700_000_000))[:-1]

    first, newest = (row["note"] for row in (part["checkpoints"][0], part["checkpoints"][-1]))
    line = line_over(newest)
    pack = make_pack_with_log(diary, part, tmp_path)
    cases = PackCases(tmp_path, diary.notary.pub)
    forms: dict[str, list[Any]] = {
        "honest": [line],
        "none": [],
        "of another checkpoint": [line_over(first)],
        "a list": [[line]],
    }
    for name, lines in (forms | {"a number": [5], "nothing": [None], "an object": [{}], "empty": [""]}).items():

        def set_lines(log: dict[str, Any], _: dict[str, bytes], lines: list[Any] = lines) -> None:
            log["checkpoints"][-1]["cosignatures"] = lines

        cases.add(name, change_log_copy(pack, tmp_path / "bent.zip", set_lines), witnesses=(witness,))
    judged = judge_packs(cases, min_cases=8)
    found = {name: {code for code, _ in findings} & {"cosignature"} for name, (findings, _) in judged.items()}
    assert {name for name, codes_found in found.items() if not codes_found} == {"honest", "none"}

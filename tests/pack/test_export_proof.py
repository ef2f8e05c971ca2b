"""The diary's own record of a pack: it says by when a server had what was signed, and nothing else passes for it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from diary.crypto.signing import AuthorSigner, generate_scalar
from diary.encoding import canonical_json
from diary.ledger import receipts
from diary.pack.bag.manifest import EXPORT_PROOF_PATH, tag_manifest
from diary.pack.capsule.builder import DiaryVersion, build_capsule
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.pack.proofs.proof_files import export_proof
from diary.pack.verify.bag_check import TAG_MANIFEST
from diary.pack.verify.verifier import VerifiedFacts, verify_pack
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part
from tests.pack.fictional_diary import DAY_MS, HOUR_MS, START_MS, FictionalDiary, KeeperSigner, fictional_diary
from tests.pack.pack_members import (
    change_members,
    members_of,
    rebuild_digest_lists,
    with_member,
    without_member,
    without_statements,
)
from tests.pack.verifier_comparison import PackCases, compare_verifiers, judge_packs

# In the past of every clock: authorities of the tests stamp what is made at this time.
MADE_AT = START_MS + 118 * DAY_MS


def export_version(
    diary: FictionalDiary,
    capsule: Capsule,
    manifest: bytes,
    *,
    at_ms: int = MADE_AT + 60_000,
    received: bool = True,
    **changed: object,
) -> DiaryVersion:
    """Add the record of a pack to the diary."""
    fields = {
        "kind": "pack",
        "made_at": capsule.metadata.made_at,
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        "pack_id": capsule.metadata.raw["id"],
        "pack_no": capsule.metadata.number,
        "delivered_to": "PC Lee 4410",
        "record_ids": [version.opened.record for version in capsule.versions],
    }
    return diary.add("export", fields | changed, {"notes": "Private."}, at_ms=at_ms, received=received)


@pytest.fixture(scope="module")
def recorded_pack(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """Return a small pack that its diary recorded and a server received the record of."""
    return make_recorded_pack(tmp_path_factory.mktemp("recorded"))


def make_recorded_pack(
    folder: Path, *, made_at: int = MADE_AT, diary: FictionalDiary | None = None, **changed: Any
) -> BuiltPack:
    """Return a small pack that its diary recorded. `changed`: as for `export_version`."""
    diary = diary or fictional_diary(count=2, exhibits=1)
    raw = build_capsule(diary.versions, diary.wish(made_at=made_at), diary.public_keys)
    capsule = read_capsule(raw)
    front = asyncio.run(build_front_part(diary, raw, folder / "front.zip"))
    pack = assemble_pack(
        diary,
        front,
        capsule,
        folder / "pack.zip",
        lambda manifest: export_proof(export_version(diary, capsule, manifest, **changed)),
    )
    return BuiltPack(pack, front, diary, raw, capsule)


def test_only_its_numbers_tell_a_pack_by_an_old_key_apart(recorded_pack: BuiltPack, tmp_path: Path) -> None:
    """Nothing in a pack says which key is in use now. The numbers that the keeper reads out are of one pack only."""
    diary = fictional_diary(count=2, exhibits=1)
    first = next(row for row in diary.versions if row["kind"] == "incident")
    forger = diary.replace_signing_key(at_ms=START_MS + 20 * DAY_MS)
    diary.author, diary.key_replacements = forger, []
    diary.amend(first, {"narrative": "FORGED. It was my brother.", "reason": "x"}, at_ms=START_MS + 30 * DAY_MS)
    forged = make_recorded_pack(tmp_path, diary=diary)
    cases = PackCases(tmp_path, None)
    for name, pack in (("honest", recorded_pack), ("forged", forged)):
        cases.add(name, pack.path, notary=pack.diary.notary.pub)
    judged = judge_packs(cases, min_cases=2)
    assert judged["forged"][0] == set() and judged["forged"][1]["status"] == "received"
    assert judged["forged"][1]["fingerprint"] != judged["honest"][1]["fingerprint"]


def test_the_first_sentence_says_when_a_server_had_the_pack(recorded_pack: BuiltPack, tmp_path: Path) -> None:
    """Each state of a sound pack has its own sentence, and both checkers agree on it and on the times."""
    diary = recorded_pack.diary
    cases = PackCases(tmp_path, diary.notary.pub)
    cases.add("received", recorded_pack.path)
    cases.add("received, no key given", recorded_pack.path, notary=None)
    cases.add("of another server", recorded_pack.path, notary=AuthorSigner(generate_scalar()).pub[1:33])
    not_sent = make_recorded_pack(tmp_path, received=False)
    cases.add("not received yet", not_sent.path, notary=not_sent.diary.notary.pub)
    members = members_of(recorded_pack.path)
    bare = {name: raw for name, raw in members.items() if name != EXPORT_PROOF_PATH}
    cases.add("no record", rebuild_digest_lists(recorded_pack.path, bare, tmp_path / "bare.zip"))
    cases.add("not signed", without_statements(recorded_pack.path, bare, tmp_path / "unsigned.zip"))
    changed = with_member("data/servable/02_chronology.csv", b"no\r\n")
    cases.add("changed", change_members(recorded_pack.path, tmp_path / "changed.zip", changed))
    judged = judge_packs(cases, min_cases=7)
    assert {name: facts["status"] for name, (_, facts) in judged.items()} == {
        "received": "received",
        "received, no key given": "received_own_key",
        "of another server": "other_server",
        "not received yet": "not_received",
        "no record": "no_record",
        "not signed": "not_signed",
        "changed": "changed",
    }
    findings, facts = judged["received"]
    assert findings == set()
    assert facts["received_at"] == MADE_AT + 64_000
    assert facts["first_received_at"] == min(version.received_at or 0 for version in recorded_pack.capsule.versions)
    findings, facts = judged["of another server"]
    assert findings == {("wrong_notary", None)}, "one sentence, not one for each receipt"
    assert (facts["received_at"], facts["first_received_at"]) == (None, None)


def test_no_record_of_another_pack_passes(recorded_pack: BuiltPack, tmp_path: Path) -> None:
    """The record is about this list of files, in this diary, signed by its key, and received as it says."""
    diary, path = recorded_pack.diary, recorded_pack.path
    members = members_of(path)
    manifest = members["manifest-sha256.txt"]
    export = (("export", EXPORT_PROOF_PATH),)
    cases = PackCases(tmp_path, diary.notary.pub)

    def add(name: str, proof: bytes) -> None:
        replaced = members | {EXPORT_PROOF_PATH: proof}
        cases.add(name, rebuild_digest_lists(path, replaced, tmp_path / "forged.zip"))

    def record(**changed: Any) -> DiaryVersion:
        return export_version(diary, recorded_pack.capsule, manifest, **changed)

    add("as it was", members[EXPORT_PROOF_PATH])
    for field, value in {
        "manifest_sha256": "0" * 64,
        "pack_id": diary.diary_id,
        "pack_no": 2,
        "made_at": MADE_AT + 1,
    }.items():
        add(f"another {field}", export_proof(record(**{field: value})))
    add("another kind of record", members[next(name for name in members if "/restricted/proof/0001" in name)])
    stranger = fictional_diary(count=1, exhibits=0)
    add("of another diary", export_proof(export_version(stranger, recorded_pack.capsule, manifest)))
    author, diary.author = diary.author, KeeperSigner(generate_scalar())
    add("by another key", export_proof(record()))
    diary.author = author
    proof = json.loads(members[EXPORT_PROOF_PATH])
    proof["fields"]["pack_no"]["v"] = 2
    add("with a changed field", json.dumps(proof, separators=(",", ":"), sort_keys=True).encode())
    add("no JSON", b"\xff")
    add("nothing", b"")
    own = record()
    own_receipt = receipts.sign_receipt(
        stranger.notary, commitment=own["c"], envelopes_digest=str(own["env"]), timestamp_ms=MADE_AT
    )
    add("with a receipt of another server", export_proof({**own, "receipt": own_receipt}))
    late = dict(json.loads(members[EXPORT_PROOF_PATH])["receipt"]) | {"ts": MADE_AT - DAY_MS}
    add("with a changed receipt", export_proof({**own, "receipt": late}))
    cases.add("taken away", change_members(path, tmp_path / "away.zip", without_member(EXPORT_PROOF_PATH)))
    judged = judge_packs(cases, min_cases=13)
    found = {name: findings for name, (findings, _) in judged.items()}
    # Nothing signs this file: anyone could write a text there.
    for name, (findings, facts) in judged.items():
        assert ("export" in {code for code, _ in findings}) <= (facts["status"] == "changed"), name
    assert found.pop("as it was") == set()
    assert found.pop("with a receipt of another server") == {("other_key", EXPORT_PROOF_PATH)}
    assert found.pop("with a changed receipt") == {("receipt", EXPORT_PROOF_PATH)}
    assert ("missing", EXPORT_PROOF_PATH) in found.pop("taken away")
    assert found.pop("of another diary") == {*export, ("other_key", EXPORT_PROOF_PATH)}
    assert found == {name: set(export) for name in found}


def test_a_pack_cannot_be_dated_back(tmp_path: Path) -> None:
    """A pack says that it was made before something in it was received, or after its own record was."""
    (tmp_path / "back").mkdir()
    (tmp_path / "forward").mkdir()
    back = make_recorded_pack(tmp_path / "back", made_at=START_MS - DAY_MS, at_ms=MADE_AT)
    forward = make_recorded_pack(tmp_path / "forward", at_ms=MADE_AT - HOUR_MS)
    cases = PackCases(tmp_path, None)
    cases.add("dated back", back.path, notary=back.diary.notary.pub)
    cases.add("dated forward", forward.path, notary=forward.diary.notary.pub)
    found = compare_verifiers(cases, min_cases=2)
    assert {code for code, _ in found["dated back"]} == {"pack_time"}
    assert found["dated forward"] == {("pack_time", EXPORT_PROOF_PATH)}


def test_the_proof_discloses_only_which_pack_it_is(recorded_pack: BuiltPack) -> None:
    """The record also says who has the pack and which entries are in it."""
    raw = members_of(recorded_pack.path)[EXPORT_PROOF_PATH]
    disclosed = {name for name in json.loads(raw)["fields"] if not name.startswith("_")}
    assert disclosed == {"kind", "made_at", "manifest_sha256", "pack_id", "pack_no"}
    assert not re.search(rb"\b4410\b|Private", raw)


def test_facts_without_a_readable_pack_are_empty(tmp_path: Path) -> None:
    """A file that is no pack has no status."""
    (tmp_path / "no.zip").write_bytes(b"PK")
    facts = VerifiedFacts()
    assert [finding.code for finding in verify_pack(tmp_path / "no.zip", facts=facts)] == ["not_a_pack"]
    assert (facts.status, facts.received_at) == ("", None)


def test_a_proof_says_nothing_that_is_not_signed(recorded_pack: BuiltPack, tmp_path: Path) -> None:
    """A member that no proof has, or a number where the record has none, could carry words of anybody."""
    proof = json.loads(members_of(recorded_pack.path)[EXPORT_PROOF_PATH])
    field_pair = dict(proof["fields"]["pack_no"], note="Ask Dan.")
    cases = PackCases(tmp_path, recorded_pack.diary.notary.pub)
    for name, changed in {
        "a further member": {"note": "Ask Dan."},
        "a number": {"seq_no": 7},
        "a further member of a field": {"fields": {**proof["fields"], "pack_no": field_pair}},
    }.items():
        members = members_of(recorded_pack.path) | {EXPORT_PROOF_PATH: canonical_json(proof | changed)}
        cases.add(name, rebuild_tag_manifest(recorded_pack.path, members, tmp_path / "forged.zip"))
    for name, found in compare_verifiers(cases, min_cases=3).items():
        assert found == {("export", EXPORT_PROOF_PATH)}, name


def rebuild_tag_manifest(pack: Path, members: dict[str, bytes], out: Path) -> Path:
    """Write the members with the list of the tag files made anew, which nobody signs."""
    tags = {name: raw for name, raw in members.items() if "/" not in name and name != TAG_MANIFEST}
    return change_members(pack, out, lambda _: members | {TAG_MANIFEST: tag_manifest(tags)})


def test_a_receipt_of_an_impossible_time_does_not_count(tmp_path: Path) -> None:
    """A server can sign any number. One beyond the calendar broke the program off."""
    pack = make_recorded_pack(tmp_path)
    proof = json.loads(members_of(pack.path)[EXPORT_PROOF_PATH])
    receipt = receipts.sign_receipt(
        pack.diary.notary,
        commitment=proof["c"],
        envelopes_digest=proof["receipt"]["env"],
        timestamp_ms=2**53 - 1,
    )
    members = members_of(pack.path) | {EXPORT_PROOF_PATH: canonical_json(proof | {"receipt": receipt})}
    cases = PackCases(tmp_path, pack.diary.notary.pub)
    cases.add("late", rebuild_tag_manifest(pack.path, members, tmp_path / "late.zip"))
    [(found, facts)] = judge_packs(cases).values()
    assert found == {("receipt", EXPORT_PROOF_PATH)} and facts["received_at"] is None

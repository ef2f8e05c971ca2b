"""What 12_record.json says beside its versions follows from them, or is the keeper's alone to say.

Whoever signs a pack can write anything there and lay the pages out from it. The program and the page judge the same
packs. Counts, numbers and files: test_rebuilt_digest_lists.py.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from diary.encoding import b64, canonical_json
from diary.pack.bag.manifest import SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.proofs.record_json import derived_rows
from diary.pack.verify.derived_fields import opened_version
from diary.pack.verify.proof_check import PREPARED_PATH
from diary.pack.verify.record_check import RECORD_PATH
from diary.record.roles import RoleClaim, are_codes_possible, assign_role_codes
from tests.pack.conftest import BuiltPack, assemble_pack, build_in_thread
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, fictional_diary, incident_fields
from tests.pack.pack_members import members_of, rebuild_digest_lists
from tests.pack.prepared_packs import make_prepared_pack, resign
from tests.pack.test_preparer_statement import PREPARED_FINDING, PackPreparer
from tests.pack.verifier_comparison import PackCases, change_json_member, compare_verifiers

RecordChange = Callable[[dict[str, Any]], object]
FALSE_WORDS = "I made it up. He never hit me."


def make_diary(*, is_logged: bool) -> FictionalDiary:
    """Return a diary with people, an order, a marked entry, an entry that no server received, and three files.

    `is_logged`: whether there are custody steps of the second and the third file.
    """
    diary = FictionalDiary()
    diary.add("settings", {"initials": "JB", "own_words": "He will not accept it."}, {"name_to_use": "Jo"})
    people = [
        diary.add("person", {"name": "Dan Kerr", "role": "suspect", "role_code": "S1"}),
        diary.add("person", {"name": "Paul Smith", "role": "suspect"}),
        diary.add("person", {"name": "Ann Reed", "role": "witness", "role_code": "W1"}),
        # Claimed by two devices at once: the later one gets another code.
        diary.add("person", {"name": "Tom Hale", "role": "suspect", "role_code": "S1"}),
        diary.add("person", {"name": "Kit Ward"}),
    ]
    diary.add("order", {"kind": "non_molestation"})
    cards = [{"at": START_MS + 1_000, "card": "fear"}]
    first = diary.add(
        "incident",
        incident_fields(
            START_MS,
            "He hit me.",
            actor_ids=[person["record"] for person in people],
            cards_opened=cards,
            start_with_this=True,
        ),
        at_ms=START_MS,
    )
    diary.add("incident", incident_fields(START_MS + DAY_MS, "He rang."), at_ms=START_MS + DAY_MS)
    for day, text in enumerate(("Never logged", "Logged from the start", "Only looked at"), 3):
        extra = {"looked_at": None}
        diary.attach(first, text.encode(), "text/plain", text, at_ms=START_MS + day * DAY_MS, extra_fields=extra)
    if is_logged:
        add_custody(diary)
    unsent_at = START_MS + 12 * DAY_MS
    diary.add("incident", incident_fields(unsent_at, "Not sent."), at_ms=unsent_at, received=False)
    return diary


def add_custody(diary: FictionalDiary) -> None:
    """Log steps of the second and the third file."""
    _, logged, viewed = [row for row in diary.versions if row["kind"] == "attachment"]
    fields = logged["open"]["fields"]
    arrival = {"actor": "app", "at": fields["added_at"], "attachment": logged["record"]}
    steps = [
        {**arrival, "action": "received", "detail": "photo_picker"},
        {**arrival, "action": "hashed", "detail": fields["sha256"]},
        _keepers_step(logged["record"], "verified", 8, str(fields["sha256"])),
        _keepers_step(logged["record"], "exported", 9, "PACK_JB_1_20260601"),
        _keepers_step(viewed["record"], "viewed", 10, ""),
    ]
    diary.add("custody", {"lines": steps, "on": "2026-05-14"}, at_ms=START_MS + 11 * DAY_MS)


def _keepers_step(record: str, action: str, day: int, detail: str) -> dict[str, object]:
    return {
        "action": action,
        "actor": "keeper",
        "at": START_MS + day * DAY_MS,
        "attachment": record,
        "detail": detail,
    }


def add_gap(record: dict[str, Any], *, why: str | None, **counts: int) -> None:
    """Add one more entry that is not here, counted in the total and in `counts` alone."""
    number = 1 + max(row["seq_no"] or 0 for row in record["records"])
    record["gaps"].append({"at": None, "seq_no": number, "why": why})
    record["counts"]["total"] += 1
    record["counts"].update(counts)


def lines_of(record: Mapping[str, Any], *actions: str) -> list[dict[str, Any]]:
    """Return the custody lines with these actions, or all."""
    return [line for line in record["custody"] if not actions or line["action"] in actions]


def rename(record: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Call records by other names, wherever they are called."""
    for row in (*record["refs"], *record["records"]):
        row["ref"] = names.get(row["ref"], row["ref"])


def move(lines: list[dict[str, Any]], days: int) -> None:
    """Move steps by some days."""
    for line in lines:
        line["at"] += days * DAY_MS


def set_all(rows: list[dict[str, Any]], **values: object) -> None:
    """Set members of every row."""
    for row in rows:
        row.update(values)


# Changes that contradict the proofs. Both checkers must find them, whichever key signs the pack.
COMMON_CHANGES: dict[str, RecordChange] = {
    "custody: steps later": lambda record: move(lines_of(record, "received", "hashed"), 300),
    "gaps: no reason": lambda record: add_gap(record, why=None),
    "gaps: a reason of no count": lambda record: add_gap(record, why="lost"),
    "gaps: in an earlier pack": lambda record: add_gap(record, why="earlier", earlier=1),
    "custody: one step later": lambda record: move(lines_of(record, "hashed")[:1], 1),
    "custody: only exported": lambda record: record.update(custody=lines_of(record, "exported")),
    "custody: false digest": lambda record: set_all(lines_of(record, "hashed"), detail="0" * 64),
    "custody: exported by police": lambda record: set_all(lines_of(record, "exported"), actor="police"),
    "custody: exported at another time": lambda record: move(lines_of(record, "exported"), 1),
    "custody: exported twice": lambda record: record["custody"].append(record["custody"][-1]),
    "custody: hashed by police": lambda record: set_all(lines_of(record, "hashed"), actor="police"),
    "custody: another member": lambda record: set_all(lines_of(record, "hashed"), note="x"),
    "custody: out of order": lambda record: record["custody"].reverse(),
    "custody: unknown step": lambda record: record["custody"].insert(0, {**record["custody"][0], "action": "forged"}),
    "asked: at another time": lambda record: record["asked"][0].update(at=START_MS + 77 * DAY_MS),
    "asked: other cards": lambda record: record["asked"][1].update(cards=[{"at": START_MS, "card": "fear"}]),
    "asked: another number": lambda record: record["asked"][0].update(entry=2),
    "start with: twice": lambda record: record.update(start_with=[1, 1]),
    "start with: backwards": lambda record: record.update(start_with=[2, 1]),
    "refs: exchanged": lambda record: rename(record, {"S1": "S2", "S2": "S1"}),
    "refs: words": lambda record: rename(record, {"S1": "KNOWN RAPIST"}),
    "refs: another role": lambda record: rename(record, {"W1": "S9"}),
    "refs: the keeper": lambda record: rename(record, {"P2": "P1"}),
    "refs: no such claim": lambda record: rename(record, {"S1": "S9", "S2": "S8"}),
    "refs: an order": lambda record: rename(record, {"O1": "O2"}),
    "refs: an order in words": lambda record: rename(record, {"O1": "BROKEN"}),
    "refs: other order": lambda record: record["refs"].reverse(),
    "refs: ranks": lambda record: [row.update(no=9 - row["no"]) for row in record["refs"] if row["kind"] == "person"],
    "refs: an entry without number": lambda record: rename(record, {"U1": "U7"}),
}
KEEPERS_CHANGES: dict[str, RecordChange] = {
    "custody: no first steps": lambda record: record.update(
        custody=[line for line in record["custody"] if line["action"] in ("exported", "viewed")]
    ),
    "custody: checked with a false digest": lambda record: set_all(lines_of(record, "verified"), detail="0" * 64),
    "custody: looked at by police": lambda record: set_all(lines_of(record, "viewed"), actor="police"),
    "custody: exported by an advocate": lambda record: set_all(lines_of(record, "exported"), actor="advocate"),
}
# What only the keeper can say for a pack, or what an advocate is never given.
ADVOCATES_CHANGES: dict[str, RecordChange] = {
    "own words": lambda record: record.update(own_words=FALSE_WORDS),
    "own words of no text": lambda record: record.update(own_words=0),
    "a line of the sheet": lambda record: record["sheet"].update(needs=FALSE_WORDS),
    "another line of the sheet": lambda record: record["sheet"].update(legal_name="Jane Bloggs"),
    "what was left out": lambda record: record.update(left_out=[]),
    "start with: not marked": lambda record: record.update(start_with=[2]),
    "start with: none": lambda record: record.update(start_with=[]),
    "custody: exported by the keeper": lambda record: set_all(lines_of(record, "exported"), actor="keeper"),
    "custody: a step that nobody logged": lambda record: record["custody"].insert(
        0, {**record["custody"][0], "action": "viewed", "actor": "keeper"}
    ),
}


def build_keepers_pack(diary: FictionalDiary, folder: Path) -> BuiltPack:
    """Return the keeper's pack of a diary."""
    raw, folder = build_capsule(diary.versions, diary.wish(), diary.public_keys), folder / "keeper"
    folder.mkdir(exist_ok=True)
    front, capsule = build_in_thread(diary, raw, folder / "front.zip"), read_capsule(raw)
    return BuiltPack(assemble_pack(diary, front, capsule, folder / "pack.zip"), front, diary, raw, capsule)


def test_a_keepers_false_facts_are_found(tmp_path: Path) -> None:
    """Each change of a fact that follows from the proofs is `record`; the pack itself has no finding."""
    diary = make_diary(is_logged=True)
    path = build_keepers_pack(diary, tmp_path).path
    cases, members = PackCases(tmp_path, diary.notary.pub), members_of(path)
    cases.add("sound", path)
    # The keeper may choose other entries for one pack than those marked.
    allowed: dict[str, RecordChange] = {"start with: chosen": lambda record: record.update(start_with=[1, 2])}
    for name, change in {**allowed, **COMMON_CHANGES, **KEEPERS_CHANGES}.items():
        changed = change_json_member(RECORD_PATH, change)(dict(members))
        assert changed != members, name
        cases.add(name, rebuild_digest_lists(path, changed, tmp_path / "changed.zip", diary.author))
    findings = compare_verifiers(cases)
    assert [findings.pop(name) for name in ("sound", *allowed)] == [set(), set()]
    assert {name for name, found in findings.items() if found != {("record", RECORD_PATH)}} == set()


def test_a_file_of_many_versions_and_many_steps_is_judged_at_once(tmp_path: Path) -> None:
    """Comparing each step with each version would take many minutes."""
    path = build_keepers_pack(make_diary(is_logged=False), tmp_path).path
    members = members_of(path)
    record = json.loads(members[RECORD_PATH])
    file = next(row for row in record["versions"] if row["kind"] == "attachment")
    # A forger's versions: no proof is needed for a row.
    record["versions"] += [{**file, "version": b64(i.to_bytes(16)), "seq": None} for i in range(4_000)]
    first = next(i for i, line in enumerate(record["custody"]) if line["action"] == "hashed")
    record["custody"][first:first] = [record["custody"][first]] * 40_000
    rows = record["versions"]
    facts = {row["version"]: (row["c"], row["receipt_at"], row["seq_no"]) for row in rows}
    labels = {row["record"]: row["ref"] for row in record["records"]}
    record["records"] = derived_rows([opened_version(row) for row in rows], facts, labels)
    members[RECORD_PATH] = canonical_json(record, limit_bytes=1 << 26) + b"\n"
    cases = PackCases(tmp_path, None)
    cases.add("many", rebuild_digest_lists(path, members, tmp_path / "many.zip"))
    before = time.process_time()
    [found] = compare_verifiers(cases).values()
    assert ("record", RECORD_PATH) in found, "these versions have no proofs"
    assert time.process_time() - before < 30


def test_an_advocates_false_facts_are_found(tmp_path: Path) -> None:
    """An advocate's pack has nothing that only the keeper can say, and every step as it follows from the files."""
    diary = make_diary(is_logged=False)
    path, preparer = make_prepared_pack(diary, tmp_path / "prepared")
    cases, members = PackCases(tmp_path, diary.notary.pub), members_of(path)
    cases.add("sound", path)
    grant = json.loads(members[PREPARED_PATH])["grant"]
    lists = (PREPARED_PATH, SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH)
    data = {name: raw for name, raw in members.items() if name.startswith("data/") and name not in lists}
    for name, change in {**COMMON_CHANGES, **ADVOCATES_CHANGES}.items():
        changed = change_json_member(RECORD_PATH, change)(dict(data))
        assert changed != data, name
        cases.add(name, resign(preparer, preparer.stated_members(changed, grant), tmp_path / "changed.zip"))
    findings = compare_verifiers(cases)
    assert findings.pop("sound") == {PREPARED_FINDING}
    expected = {PREPARED_FINDING, ("record", RECORD_PATH)}
    assert {name for name, found in findings.items() if found != expected} == set()


def test_records_that_are_given_to_nobody_are_found_in_an_advocates_pack(tmp_path: Path) -> None:
    """An advocate's pack of the same entries is sound without what the keeper agreed to, and not with it."""
    cases, expected = PackCases(tmp_path, None), {}
    for name, kinds in {"none": (), "consent": ("consent",), "export": ("export",)}.items():
        diary = fictional_diary(count=1, exhibits=1)
        for kind in kinds:
            diary.add(kind, {"purpose": "Help with a report"})
        preparer = PackPreparer(build_keepers_pack(diary, tmp_path))
        members = preparer.prepared_members(preparer.make_grant())
        cases.add(name, resign(preparer, members, tmp_path / "changed.zip"), notary=diary.notary.pub)
        expected[name] = {PREPARED_FINDING} | ({("record", RECORD_PATH)} if kinds else set())
    assert compare_verifiers(cases) == expected


@pytest.mark.parametrize("seed", range(40))
def test_every_choice_of_people_has_possible_codes(seed: int) -> None:
    """Whoever is left out, the codes of the others can be told from false ones without knowing them."""
    roles, digest = ("keeper", "suspect", "witness", "other"), hashlib.sha512(f"{seed}".encode()).digest()
    claims = [
        RoleClaim(str(byte % 6), roles[byte // 6 % 4], ("", f"{'PSWP'[byte // 6 % 4]}{byte // 24 % 3 + 1}")[byte % 2])
        for byte in digest[:14]
    ]
    codes = assign_role_codes(claims)
    for kept in range(1, 64):
        chosen = {record for record in codes if kept >> int(record) & 1}
        chosen_claims = [claim for claim in claims if claim.record in chosen]
        assert are_codes_possible(chosen_claims, {record: codes[record] for record in chosen})


def test_a_claimed_code_is_not_given_to_another() -> None:
    """Two people with the codes of each other are found, whether or not they claimed them."""
    for code in ("", "S1"):
        claims = [RoleClaim("a", "suspect", code), RoleClaim("b", "suspect", "S2" if code else "")]
        assert are_codes_possible(claims, {"a": "S1", "b": "S2"})
        assert not are_codes_possible(claims, {"a": "S2", "b": "S1"})
        assert not are_codes_possible(claims, {"a": "S1", "b": "S1"})
        assert not are_codes_possible(claims, {"a": "S1"})

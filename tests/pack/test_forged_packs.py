"""No forged pack passes either checker as sound, and no honest pack is called forged."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest

from diary.constants import GRANT_EARLIER_KEYS_LIMIT
from diary.crypto.signing import AuthorSigner, generate_scalar
from diary.encoding import b64, canonical_json
from diary.ids import id_text, new_id
from diary.ledger import rekeying
from diary.pack.bag.manifest import SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH
from diary.pack.bag.pack_statement import PACK_STATEMENT_PATH, PackSigner, pack_fingerprint
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.portal import write_portal_set
from diary.pack.verify.findings import SENTENCES
from diary.pack.verify.pack_reader import OpenedPack
from diary.pack.verify.pack_status import STATUS_SENTENCES
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, fictional_diary
from tests.pack.forgeries import ForgersTools, forge, forge_set
from tests.pack.pack_members import (
    change_members,
    members_of,
    pack_folder_name,
    rebuild_digest_lists,
    sign_again,
    with_member,
    without_member,
    without_statements,
)
from tests.pack.verifier_comparison import PackCases, compare_verifiers, judge_packs

SIGNATURE_CODES = {"not_signed", "pack_signature", "pack_signer", "pack_changed"}
# One of these stands in every forgery: the signature does not hold, is by a key given up, or is not by whoever wrote
# the entries; or a file is not the listed one.
FORGERY_CODES = SIGNATURE_CODES | {"replaced_key", "author", "changed", "missing"}
FORGERY_STATUSES = {"not_signed", "bad_signature", "other_signer", "changed", "replaced_key"}
WHOLE, SERVABLE = PACK_STATEMENT_PATH, SERVABLE_STATEMENT_PATH
PACK_FINGERPRINT_OF_ABC = "73807 03137 88322 66979 05876 85760"


@dataclass(frozen=True)
class ForgedFrom:
    """A pack whose keeper renewed the keys, a portal set of it, and what forgers have."""

    tools: ForgersTools
    portal_set: Path
    notary: bytes


@pytest.fixture(scope="module")
def forged_from(tmp_path_factory: pytest.TempPathFactory) -> ForgedFrom:
    """Return the sound packs that forgeries are made of."""
    folder = tmp_path_factory.mktemp("sources")
    diary = fictional_diary(count=3, exhibits=1)
    earlier = make_pack(diary, folder / "earlier.zip", START_MS + 300 * DAY_MS, no=1)
    old_author = diary.replace_signing_key(at_ms=START_MS + 400 * DAY_MS)
    source = make_pack(diary, folder / "source.zip", START_MS + 500 * DAY_MS, no=2)
    own = fictional_diary(count=1, exhibits=0, notary=diary.notary)
    own_pack = make_pack(own, folder / "own.zip", START_MS + 500 * DAY_MS, no=2)
    write_portal_set(source, folder / "set", PackSigner(diary.diary_id, diary.author))
    tools = ForgersTools(source, earlier, old_author, own_pack, own.author)
    return ForgedFrom(tools, folder / "set", diary.notary.pub)


def make_pack(diary: FictionalDiary, path: Path, made_at: int, *, no: int) -> Path:
    """Make a pack of a whole diary, built by the real worker."""
    raw = build_capsule(diary.versions, replace(diary.wish(made_at=made_at), no=no), diary.public_keys)
    front = asyncio.run(build_front_part(diary, raw, path.with_suffix(".front")))
    return assemble_pack(diary, front, read_capsule(raw), path)


def check_forgeries(source: ForgedFrom, folder: Path, seeds: range) -> None:
    """Raise AssertionError unless both checkers say first of each forgery that the keeper did not sign it."""
    cases = PackCases(folder, source.notary)
    cases.add("sound", source.tools.source)
    cases.add("sound set", source.portal_set)
    for seed in seeds:
        if seed % 4:
            cases.add(*forge(source.tools, folder / "forged.zip", seed))
        else:
            cases.add(*forge_set(source.tools, source.portal_set, folder / f"forged-{seed}", seed // 4))
    judged = judge_packs(cases, min_cases=2 + len(seeds))
    assert judged.pop("sound")[0] == set() == judged.pop("sound set")[0]
    passed = {
        name: (sorted(findings, key=str), facts["status"])
        for name, (findings, facts) in judged.items()
        if not is_refused({code for code, _ in findings}, facts["status"])
    }
    assert passed == {}


def is_refused(codes: set[str], status: str) -> bool:
    """Return whether a checker names a forgery, or cannot read the part of a set that has what it checks with."""
    is_unreadable = {"damaged", "part_missing"} <= codes and status == "incomplete"
    return is_unreadable or bool(FORGERY_CODES & codes and status in FORGERY_STATUSES)


def test_no_forgery_passes(forged_from: ForgedFrom, tmp_path: Path) -> None:
    """A hundred forgeries of packs and sets, of every member, by every forger without the keeper's key."""
    check_forgeries(forged_from, tmp_path, range(100))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 2000, 100))
def test_none_of_two_thousand_forgeries_passes(forged_from: ForgedFrom, tmp_path: Path, first: int) -> None:
    """The same with other seeds."""
    check_forgeries(forged_from, tmp_path, range(first, first + 100))


def test_each_fault_of_a_signature_has_its_code(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Both checkers say what is wrong with a signature, and nothing about one that holds."""
    keeper, path = small_pack.diary.author, small_pack.path
    members = members_of(path)
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    expected = {}

    def add(name: str, pack: Path, *found: tuple[str, str | None]) -> None:
        cases.add(name, pack)
        expected[name] = set(found)

    def with_statement(name: str, **changed: object) -> Path:
        """Return the pack with one statement signed by the keeper's key over other facts."""
        raw = sign_again(members[name], keeper, **changed)
        return rebuild_digest_lists(path, members | {name: raw}, tmp_path / "changed.zip")

    add("signed by the keeper", path)
    add("signed again by the keeper", rebuild_digest_lists(path, members, tmp_path / "again.zip", keeper))
    add("not signed", without_statements(path, members, tmp_path / "bare.zip"), ("not_signed", None))
    stranger = AuthorSigner(generate_scalar())
    by_stranger = rebuild_digest_lists(path, members, tmp_path / "stranger.zip", stranger)
    add("by a stranger", by_stranger, ("pack_signer", WHOLE), ("pack_signer", SERVABLE))
    for name, value in {
        "diary": id_text(new_id()),
        "folder": "PACK_JB_2_20260101",
        "made_at": json.loads(members[WHOLE])["made_at"] + 1,
        "no": 7,
        "pack": id_text(new_id()),
        "parts": ["servable"],
    }.items():
        add(f"another {name}", with_statement(WHOLE, **{name: value}), ("other_pack", WHOLE))
    add(
        "another list",
        with_statement(WHOLE, manifest="0" * 64, manifest512="0" * 128),
        ("pack_changed", "manifest-sha256.txt"),
        ("pack_changed", "manifest-sha512.txt"),
    )
    malformed: dict[str, dict[str, object]] = {
        "the servable part's kind": {"t": "servable/v1"},
        "text for a number": {"no": "1"},
        "a truth value for a number": {"no": True},
        "unknown parts": {"parts": ["secret"]},
        "one thing more": {"also": 1},
    }
    for name, changed in malformed.items():
        add(name, with_statement(WHOLE, **changed), ("pack_signature", WHOLE))
    add(
        "no JSON",
        rebuild_digest_lists(path, members | {WHOLE: b"\xff"}, tmp_path / "no.zip"),
        ("pack_signature", WHOLE),
    )
    findings = compare_verifiers(cases, min_cases=15)
    found_by_case = {
        name: {one for one in found if one[0] in SIGNATURE_CODES | {"other_pack"}} for name, found in findings.items()
    }
    assert {name: found for name, found in found_by_case.items() if found != expected[name]} == {}
    assert findings["signed by the keeper"] == set() == findings["signed again by the keeper"]


def test_the_servable_folder_alone_is_signed(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A copy of the folder, under its own name, is judged by its own statement."""
    shutil.unpack_archive(small_pack.path, tmp_path / "out")
    folder = tmp_path / "out" / pack_folder_name(small_pack.path) / "data" / "servable"
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    copies, table_path = {}, "data/servable/02_chronology.csv"
    for name in ("as it was", "without its statement", "with a changed table", "with a list that fits the table"):
        copies[name] = shutil.copytree(folder, tmp_path / name.replace(" ", "-") / "servable")
        cases.add(name, copies[name])
    (copies["without its statement"] / "servable-statement.json").unlink()
    for name in ("with a changed table", "with a list that fits the table"):
        table = copies[name] / "02_chronology.csv"
        table.write_bytes(table.read_bytes() + b"one row more\r\n")
    forged = rebuild_digest_lists(
        small_pack.path,
        members_of(small_pack.path) | {table_path: table.read_bytes()},
        tmp_path / "forged.zip",
    )
    list_path = copies["with a list that fits the table"] / "manifest-sha256.txt"
    list_path.write_bytes(members_of(forged)[SERVABLE_MANIFEST_PATH])
    findings = compare_verifiers(cases)
    assert findings == {
        "as it was": {("servable_only", None)},
        "without its statement": {("servable_only", None), ("not_signed", None)},
        "with a changed table": {("servable_only", None), ("unreadable", table_path), ("changed", table_path)},
        "with a list that fits the table": {
            ("servable_only", None),
            ("unreadable", table_path),
            ("pack_changed", SERVABLE_MANIFEST_PATH),
        },
    }


def test_a_removed_or_moved_statement_is_found(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A statement that is missing in one place is not replaced by the other."""
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    members = members_of(small_pack.path)
    for name in (WHOLE, SERVABLE):
        cases.add(f"without {name}", change_members(small_pack.path, tmp_path / "without.zip", without_member(name)))
    for name, other in ((WHOLE, SERVABLE), (SERVABLE, WHOLE)):
        moved = change_members(small_pack.path, tmp_path / "moved.zip", with_member(name, members[other]))
        cases.add(f"{other} as {name}", moved)
    findings = compare_verifiers(cases, min_cases=4)
    assert ("not_signed", None) in findings[f"without {WHOLE}"]
    assert ("missing", SERVABLE) in findings[f"without {SERVABLE}"]
    assert ("pack_signature", WHOLE) in findings[f"{SERVABLE} as {WHOLE}"]
    assert ("pack_signature", SERVABLE) in findings[f"{WHOLE} as {SERVABLE}"]


@pytest.mark.parametrize("path", [WHOLE, SERVABLE])
def test_a_statement_that_is_too_large_to_read_is_no_signature(
    small_pack: BuiltPack, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A forger can make a statement larger than a checker reads. It is not taken as absent (signature.test.mjs)."""
    read_member = OpenedPack.read
    monkeypatch.setattr(OpenedPack, "read", lambda pack, name: None if name == path else read_member(pack, name))
    codes = {
        (finding.code, finding.member) for finding in verify_pack(small_pack.path, notary=small_pack.diary.notary.pub)
    }
    assert ("pack_signature", path) in codes


def test_a_replaced_key_signs_no_later_pack(tmp_path: Path) -> None:
    """A pack made after the keys were renewed is signed by the new key. A signature by the old key is reported."""
    diary = fictional_diary(count=3, exhibits=1)
    old_author = diary.replace_signing_key(at_ms=START_MS + 400 * DAY_MS)
    raw = build_capsule(diary.versions, diary.wish(made_at=START_MS + 500 * DAY_MS), diary.public_keys)
    front = asyncio.run(build_front_part(diary, raw, tmp_path / "front.zip"))
    pack = assemble_pack(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    cases = PackCases(tmp_path, diary.notary.pub)
    cases.add("by the new key", pack)
    cases.add("by the old key", rebuild_digest_lists(pack, members_of(pack), tmp_path / "old.zip", old_author))
    assert compare_verifiers(cases) == {
        "by the new key": set(),
        "by the old key": {("replaced_key", WHOLE), ("replaced_key", SERVABLE)},
    }


def test_a_key_that_was_never_the_keepers_cannot_be_called_an_earlier_one(
    small_pack: BuiltPack, tmp_path: Path
) -> None:
    """Anyone can sign a statement that their own key was replaced by the keeper's. The pack is then called not signed."""
    diary, forger = small_pack.diary, fictional_diary(count=1, exhibits=0)
    swapped = with_keys(members_of(small_pack.path), earlier=key_chain(diary, forger.author, diary.author))
    swapped["data/00_READ-FIRST.txt"] += b"One line more.\r\n"
    cases = PackCases(tmp_path, diary.notary.pub)
    cases.add("claimed", rebuild_digest_lists(small_pack.path, swapped, tmp_path / "claimed.zip", forger.author))
    [(found, facts)] = judge_packs(cases).values()
    assert found == {("replaced_key", WHOLE), ("replaced_key", SERVABLE)}
    assert facts["status"] == "replaced_key"
    said = STATUS_SENTENCES["replaced_key"] + SENTENCES["replaced_key"]
    assert "Not signed with the key in use" in said and "anyone can write that" in said


def key_chain(keeper: FictionalDiary, *signers: AuthorSigner, **changes: object) -> list[Mapping[str, object]]:
    """Return the statements by which each key names the next, with some members changed."""
    return [
        rekeying.sign_statement(
            old,
            {
                "account": keeper.account_id,
                "beacon": None,
                "diary": keeper.diary_id,
                "ecdsa_pub": b64(new.pub),
                "epoch": 2 + index,
                "head": b64(bytes(32)),
                "hpke_pub": b64(new.pub),
                "seq": 0,
                "ts": START_MS,
                **changes,
            },
        )
        for index, (old, new) in enumerate(pairwise(signers))
    ]


def with_keys(members: Mapping[str, bytes], **changes: object) -> dict[str, bytes]:
    """Return the members with some values of both keys.json changed."""
    keys = json.loads(members["data/restricted/proof/keys.json"])
    raw = canonical_json(keys | changes, limit_bytes=1 << 26)
    return {**members, **{f"data/{folder}/proof/keys.json": raw for folder in ("servable", "restricted")}}


def test_a_chain_of_keys_is_short_without_a_circle_and_of_the_packs_own_diary(
    small_pack: BuiltPack, tmp_path: Path
) -> None:
    """Every other chain is reported as `keys`, by whichever of its keys the pack is signed."""
    diary, own = small_pack.diary, small_pack.diary.author
    before, *many = (AuthorSigner(generate_scalar()) for _ in range(GRANT_EARLIER_KEYS_LIMIT + 1))
    chains: dict[str, Sequence[Mapping[str, object]]] = {
        "one key": key_chain(diary, before, own),
        "as many as allowed": key_chain(diary, *many, own),
        "one too many": key_chain(diary, before, *many, own),
        "a circle": key_chain(diary, own, before, own, ts=START_MS + 400 * DAY_MS),
        "a circle of others": key_chain(diary, before, many[0], before, own),
        "of another account": key_chain(diary, before, own, account=id_text(new_id())),
        "of another diary": key_chain(diary, before, own, diary=id_text(new_id())),
        "the second of another diary": [
            *key_chain(diary, before, many[0]),
            *key_chain(diary, many[0], own, diary=id_text(new_id()), epoch=3),
        ],
    }
    cases, members = PackCases(tmp_path, diary.notary.pub), members_of(small_pack.path)
    for name, earlier in chains.items():
        swapped = with_keys(members, earlier=earlier)
        for signer in (own, before):
            path = rebuild_digest_lists(small_pack.path, swapped, tmp_path / "chain.zip", signer)
            cases.add(f"{name}, by {'the own' if signer is own else 'another'}", path)
    for name, account in {"no account": None, "another account": id_text(new_id())}.items():
        swapped = with_keys(members, earlier=chains["one key"], account=account)
        cases.add(name, rebuild_digest_lists(small_pack.path, swapped, tmp_path / "chain.zip", own))
    judged, allowed = judge_packs(cases), ("one key", "as many as allowed")
    for name, (found, facts) in judged.items():
        is_refused = ("keys", "data/restricted/proof/keys.json") in found
        assert is_refused == (not name.startswith(allowed)), name
        assert not is_refused or facts["status"] == "bad_signature", name
    assert all(judged[f"{name}, by the own"][0] == set() for name in allowed)


def test_long_lists_in_two_versions_are_judged_at_once(small_pack: BuiltPack, tmp_path: Path) -> None:
    """Two lists with the same items in another order. Comparing each with each would take many minutes."""
    members, items = members_of(small_pack.path), list(range(100_000))
    paths = sorted(name for name in members if "/proof/0001-" in name)
    assert len(paths) == 4, "two versions in two folders"
    for path in paths:
        proof = json.loads(members[path])
        is_first = not proof["fields"]["_parents"]["v"]
        proof["fields"]["feelings_then"]["v"] = items if is_first else items[::-1]
        members[path] = canonical_json(proof, limit_bytes=1 << 26)
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    cases.add("long lists", rebuild_digest_lists(small_pack.path, members, tmp_path / "long.zip"))
    [(found, facts)] = judge_packs(cases).values()
    assert {("commitment", path) for path in paths} <= found and facts["status"] in FORGERY_STATUSES


def test_an_account_of_ones_own_signs_no_pack_of_another(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A forger with real keys of an own account cannot put them into the keeper's pack."""
    forger = fictional_diary(count=1, exhibits=0)
    members = members_of(small_pack.path)
    keys = json.loads(members["data/restricted/proof/keys.json"])
    own_keys = canonical_json(keys | {"account": forger.account_id, "ecdsa_pub": b64(forger.author.pub)})
    swapped = members | {f"data/{folder}/proof/keys.json": own_keys for folder in ("servable", "restricted")}
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    cases.add("keys swapped", rebuild_digest_lists(small_pack.path, swapped, tmp_path / "swapped.zip", forger.author))
    [(found, facts)] = judge_packs(cases).values()
    codes = {code for code, _ in found}
    assert "author" in codes and not codes & SIGNATURE_CODES
    assert facts["status"] == "other_signer", "the first sentence must not call it unchanged"


def test_the_fingerprint_is_six_groups_of_digits() -> None:
    """It follows from the manifest alone; the same bytes give the same digits in both languages (pack.test.mjs)."""
    assert pack_fingerprint(b"abc") == PACK_FINGERPRINT_OF_ABC
    assert pack_fingerprint(b"abd") != PACK_FINGERPRINT_OF_ABC

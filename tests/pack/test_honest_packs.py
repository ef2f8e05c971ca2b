"""No honest pack is called forged: packs of random diaries, in every way that one is made by a program."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from diary.pack.bag.pack_statement import PackSigner
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.portal import write_portal_set
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, fictional_diary, incident_fields
from tests.pack.pack_members import members_of, rebuild_digest_lists
from tests.pack.phone_packs import PhonePacks
from tests.pack.prepared_packs import make_prepared_pack
from tests.pack.test_preparer_statement import PREPARED_FINDING, PackPreparer
from tests.pack.verifier_comparison import FindingSet, PackCases, judge_packs

KINDS = (
    "received",
    "never received",
    "renewed keys",
    "training",
    "servable",
    "portal set",
    "advocate",
    "advocate, set pages",
    "advocate, set pages without what is kept apart",
    "phone",
    "phone, portal set",
    "words only",
    "phone, words only",
    "checked by the phone",
)
SOUND_STATUSES = {"no_record", "no_server", "prepared"}
# Findings that are no fault: each says what a pack is, or what it cannot show.
SERVABLE_ONLY: FindingSet = {("servable_only", None)}
NEVER_RECEIVED: FindingSet = {("never_received", None)}
TRAINING: FindingSet = {("training", None)}


def make_honest_pack(cases: PackCases, phone: PhonePacks, seed: int) -> tuple[Path, FindingSet, dict[str, bytes]]:
    """Make the pack of a seed. Return its path, the findings that it must have, and the keys to check it with."""
    draw = random.Random(seed)
    diary = fictional_diary(count=draw.randrange(1, 5), exhibits=draw.randrange(3))
    made_at, expected = START_MS + draw.randrange(200, 400) * DAY_MS, set[tuple[str, str | None]]()
    keys, number = diary.public_keys, draw.randrange(1, 40)
    kind = KINDS[seed % len(KINDS)]
    if kind == "never received":
        diary.versions[:] = [{**row, "seq": None, "receipt": None} for row in diary.versions]
        keys, expected = {**keys, "log": "", "notary": ""}, NEVER_RECEIVED
    elif kind == "renewed keys":
        _replace_key(diary)
        keys, made_at = diary.public_keys, START_MS + 500 * DAY_MS
    elif kind == "training":
        expected = TRAINING
    is_words_only = kind.endswith("words only")
    wish = replace(diary.wish(made_at=made_at, training=kind == "training", files_later=is_words_only), no=number)
    if kind.startswith("advocate, set pages"):
        is_given = not kind.endswith("apart")
        pack, _ = make_prepared_pack(
            diary, cases.folder / f"{seed}.made", is_restricted_given=is_given, has_restricted_part=is_given
        )
        return pack, {PREPARED_FINDING} | (set() if is_given else SERVABLE_ONLY), {"notary": diary.notary.pub}
    raw = build_capsule(diary.versions, wish, keys)
    anchors = {} if kind == "never received" else {"notary": diary.notary.pub}
    if kind.startswith("phone"):
        return phone.add(diary, raw, str(seed), is_portal_set=kind == "phone, portal set"), expected, anchors
    front = asyncio.run(build_front_part(diary, raw, cases.folder / f"{seed}.front"))
    if kind == "checked by the phone":
        return phone.add(diary, raw, str(seed), front=front), expected, anchors
    pack = assemble_pack(diary, front, read_capsule(raw), cases.folder / f"made-{seed}.zip")
    if kind == "servable":
        servable = {name: content for name, content in members_of(pack).items() if "data/restricted/" not in name}
        pack = rebuild_digest_lists(pack, servable, cases.folder / f"{seed}.part", diary.author)
        expected = SERVABLE_ONLY
    elif kind == "portal set":
        write_portal_set(pack, cases.folder / f"{seed}.set", PackSigner(diary.diary_id, diary.author))
        pack = cases.folder / f"{seed}.set"
    elif kind == "advocate":
        preparer = PackPreparer(BuiltPack(pack, front, diary, raw, read_capsule(raw)))
        prepared = preparer.prepared_members(preparer.make_grant()) | {"bag-info.txt": members_of(pack)["bag-info.txt"]}
        pack = rebuild_digest_lists(pack, prepared, cases.folder / f"{seed}.prepared", preparer.author)
        expected = {PREPARED_FINDING}
    return pack, expected, anchors


def _replace_key(diary: FictionalDiary) -> None:
    """Renew the keys, and add an entry under the new one."""
    diary.replace_signing_key(at_ms=START_MS + 400 * DAY_MS)
    at_ms = START_MS + 401 * DAY_MS
    diary.add("incident", incident_fields(at_ms, "After the change."), at_ms=at_ms)


def check_honest_packs(folder: Path, seeds: range) -> None:
    """Raise AssertionError if either checker finds a fault in an honest pack, or if they differ."""
    cases, phone = PackCases(folder, None), PhonePacks(folder / "phone")
    packs = {str(seed): make_honest_pack(cases, phone, seed) for seed in seeds}
    phone.make()
    for name, (pack, _, anchors) in packs.items():
        cases.add(name, pack, **anchors)
    judged = judge_packs(cases, min_cases=len(seeds))
    assert {name: findings for name, (findings, _) in judged.items()} == {
        name: expected for name, (_, expected, _) in packs.items()
    }
    assert {facts["status"] for _, facts in judged.values()} <= SOUND_STATUSES


def test_honest_packs_have_no_fault(tmp_path: Path) -> None:
    """One of each kind."""
    check_honest_packs(tmp_path, range(len(KINDS)))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(len(KINDS), 300, 58))
def test_three_hundred_honest_packs_have_no_fault(tmp_path: Path, first: int) -> None:
    """The same with other seeds."""
    check_honest_packs(tmp_path, range(first, first + 58))

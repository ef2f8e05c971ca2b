"""No honest pack is called forged: packs of random diaries, in every way that one is made by a program."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from tests.pack.conftest import assemble_pack, build_front_part
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, fictional_diary, incident_fields
from tests.pack.pack_members import members_of, rebuild_digest_lists
from tests.pack.verifier_comparison import FindingSet, PackCases, compare_verifiers

# Findings that are no fault: each says what a pack is, or what it cannot show.
SERVABLE_ONLY: FindingSet = {("servable_only", None)}
NEVER_RECEIVED: FindingSet = {("never_received", None)}
TRAINING: FindingSet = {("training", None)}


def add_honest_pack(cases: PackCases, seed: int) -> FindingSet:
    """Add the pack of a seed. Return the findings that it must have."""
    draw = random.Random(seed)
    diary = fictional_diary(count=draw.randrange(1, 5), exhibits=draw.randrange(3))
    made_at, expected = START_MS + draw.randrange(200, 400) * DAY_MS, set[tuple[str, str | None]]()
    keys, number = diary.public_keys, draw.randrange(1, 40)
    kind = seed % 5
    if kind == 1:
        diary.versions[:] = [{**row, "seq": None, "receipt": None} for row in diary.versions]
        keys, expected = {**keys, "log": "", "notary": ""}, NEVER_RECEIVED
    elif kind == 2:
        _replace_key(diary)
        keys, made_at = diary.public_keys, START_MS + 500 * DAY_MS
    elif kind == 3:
        expected = TRAINING
    wish = replace(diary.wish(made_at=made_at, training=kind == 3), no=number)
    raw = build_capsule(diary.versions, wish, keys)
    front = asyncio.run(build_front_part(diary, raw, cases.folder / "front.zip"))
    pack = assemble_pack(diary, front, read_capsule(raw), cases.folder / "made.zip")
    if kind == 4:
        servable = {name: content for name, content in members_of(pack).items() if "data/restricted/" not in name}
        pack = rebuild_digest_lists(pack, servable, cases.folder / "part.zip", diary.author)
        expected = SERVABLE_ONLY
    anchors = {} if kind == 1 else {"notary": diary.notary.pub}
    cases.add(str(seed), pack, **anchors)
    return expected


def _replace_key(diary: FictionalDiary) -> None:
    """Renew the keys, and add an entry under the new one."""
    diary.replace_signing_key(at_ms=START_MS + 400 * DAY_MS)
    at_ms = START_MS + 401 * DAY_MS
    diary.add("incident", incident_fields(at_ms, "After the change."), at_ms=at_ms)


def check_honest_packs(folder: Path, seeds: range) -> None:
    """Raise AssertionError if either checker finds a fault in an honest pack, or if they differ."""
    cases = PackCases(folder, None)
    expected = {str(seed): add_honest_pack(cases, seed) for seed in seeds}
    assert compare_verifiers(cases, min_cases=len(seeds)) == expected


def test_honest_packs_have_no_fault(tmp_path: Path) -> None:
    """One of each kind: received, never received, with renewed keys, for training, and without the restricted part."""
    check_honest_packs(tmp_path, range(5))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(5, 300, 59))
def test_three_hundred_honest_packs_have_no_fault(tmp_path: Path, first: int) -> None:
    """The same with other seeds."""
    check_honest_packs(tmp_path, range(first, first + 59))

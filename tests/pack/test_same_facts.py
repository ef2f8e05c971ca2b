"""The same facts stand in pages, tables, the record and the phone's screens of random diaries.

test_sample_pack.py compares those of the sample pack.
"""

from __future__ import annotations

import asyncio
import json
import zipfile
from pathlib import Path

import pytest

from diary.pack.capsule.builder import build_capsule
from tests.pack.conftest import build_front_part
from tests.pack.fictional_diary import DAY_MS, START_MS
from tests.pack.pack_facts import check_same_facts, phone_facts, sources_of
from tests.pack.random_diaries import random_diary


def check_random_diaries(folder: Path, seeds: range) -> None:
    """Build the pack of each seed and compare all of its facts."""
    diaries = {seed: random_diary(seed) for seed in seeds}
    for seed, diary in diaries.items():
        raw = build_capsule(
            diary.versions, diary.wish(made_at=START_MS + 200 * DAY_MS, list_left_out=True), diary.public_keys
        )
        (folder / f"{seed}.json").write_bytes(raw)
    phones = phone_facts(folder / f"{seed}.json" for seed in seeds)
    for (seed, diary), phone in zip(diaries.items(), phones, strict=True):
        raw = (folder / f"{seed}.json").read_bytes()
        front = asyncio.run(build_front_part(diary, raw, folder / f"{seed}.zip"))
        with zipfile.ZipFile(front) as archive:
            names = [name.removeprefix("data/") for name in archive.namelist()]
            sources = sources_of(lambda name, archive=archive: archive.read(f"data/{name}"), names, phone)  # type: ignore[misc]
            record = json.loads(archive.read("data/restricted/12_record.json"))
        assert json.loads(phone["front"]["data/restricted/12_record.json"]) == record
        try:
            check_same_facts(record, sources)
        except AssertionError as difference:
            difference.add_note(f"of the diary with seed {seed}")
            raise


def test_ten_random_diaries_state_each_fact_alike(tmp_path: Path) -> None:
    """Links from either side, times of every precision, merged people, orders that ended and reports in any order."""
    check_random_diaries(tmp_path, range(10))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(10, 210, 50))
def test_two_hundred_random_diaries_state_each_fact_alike(tmp_path: Path, first: int) -> None:
    """The same with other seeds."""
    check_random_diaries(tmp_path, range(first, first + 50))

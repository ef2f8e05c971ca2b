"""Valid packs to mutate: plain, training, with replaced keys, and with a timestamped log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.samples.timestamp_authority import make_authority
from tests.pack.conftest import assemble_pack, build_front_part
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, fictional_diary, incident_fields
from tests.pack.resent_version import resend_version
from tests.pack.test_log_part import FOREIGN_LEAF_COUNT, InMemoryLog, make_pack_with_log


@dataclass(frozen=True)
class SoundPack:
    """A valid pack, and the keys it is verified with."""

    name: str
    path: Path
    anchors: dict[str, Any]


def _build_pack(diary: FictionalDiary, folder: Path, name: str, **wish: Any) -> Path:
    """Build a pack of a whole diary."""
    raw = build_capsule(diary.versions, diary.wish(**wish), diary.public_keys)
    front = asyncio.run(build_front_part(diary, raw, folder / f"{name}.front"))
    return assemble_pack(diary, front, read_capsule(raw), folder / f"{name}.zip")


def build_sound_packs(folder: Path) -> list[SoundPack]:
    """Build the packs in a folder."""
    plain_diary, training_diary, rekeyed_diary, logged_diary = (fictional_diary(count=3, exhibits=1) for _ in range(4))
    rekeyed_diary.replace_signing_key(at_ms=START_MS + 400 * DAY_MS)
    rekeyed_diary.add(
        "incident", incident_fields(START_MS + 401 * DAY_MS, "After the change."), at_ms=START_MS + 401 * DAY_MS
    )
    missing_row = next(row for row in rekeyed_diary.versions if row["kind"] == "incident")
    resend_version(rekeyed_diary, missing_row, rekeyed_diary.author, at_ms=START_MS + 402 * DAY_MS)
    authority = make_authority(folder / "tsa")
    (folder / "logged").mkdir()
    stamped = make_pack_with_log(
        logged_diary, InMemoryLog(logged_diary).log_part(FOREIGN_LEAF_COUNT + 4, authority), folder / "logged"
    )
    return [
        SoundPack("plain", _build_pack(plain_diary, folder, "plain"), {"notary": plain_diary.notary.pub}),
        SoundPack("training", _build_pack(training_diary, folder, "training", training=True), {"notary": None}),
        SoundPack(
            "replaced keys",
            _build_pack(rekeyed_diary, folder, "rekeyed", made_at=START_MS + 500 * DAY_MS),
            {"notary": rekeyed_diary.notary.pub},
        ),
        SoundPack("stamped", stamped.path, {"notary": logged_diary.notary.pub, "tsa_roots": [authority.root_pem]}),
    ]

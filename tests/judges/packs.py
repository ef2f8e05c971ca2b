"""The sound packs that are mutated: plain, training, by keys that were replaced, and one with a stamped log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import read_capsule
from diary.samples.timestamp_authority import make_authority
from tests.pack.conftest import build, finish
from tests.pack.fiction import DAY, START, FictionalDiary, fictional_diary, incident_fields
from tests.pack.sent_again import send_again
from tests.pack.test_log_part import OTHERS, Logged, packed


@dataclass(frozen=True)
class Base:
    """A sound pack, and what is known of its keys from outside it."""

    name: str
    path: Path
    anchors: dict[str, Any]


def _pack(diary: FictionalDiary, folder: Path, name: str, **wish: Any) -> Path:
    """A pack of all of a diary."""
    raw = make_capsule(diary.versions, diary.wish(**wish), diary.keys)
    front = asyncio.run(build(diary, raw, folder / f"{name}.front"))
    return finish(diary, front, read_capsule(raw), folder / f"{name}.zip")


def bases(folder: Path) -> list[Base]:
    """Make them, in a folder."""
    plain, training, rekeyed, logged = (fictional_diary(count=3, exhibits=1) for _ in range(4))
    rekeyed.change_keys(at=START + 400 * DAY)
    rekeyed.add("incident", incident_fields(START + 401 * DAY, "After the change."), at=START + 401 * DAY)
    lost = next(row for row in rekeyed.versions if row["kind"] == "incident")
    send_again(rekeyed, lost, rekeyed.author, at=START + 402 * DAY)
    authority = make_authority(folder / "tsa")
    (folder / "logged").mkdir()
    stamped = packed(logged, Logged(logged).log(OTHERS + 4, authority), folder / "logged")
    return [
        Base("plain", _pack(plain, folder, "plain"), {"notary": plain.notary.pub}),
        Base("training", _pack(training, folder, "training", training=True), {"notary": None}),
        Base(
            "replaced keys",
            _pack(rekeyed, folder, "rekeyed", made_at=START + 500 * DAY),
            {"notary": rekeyed.notary.pub},
        ),
        Base("stamped", stamped.path, {"notary": logged.notary.pub, "tsa_roots": [authority.root]}),
    ]

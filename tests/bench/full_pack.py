"""The whole pack by the command line: a thousand entries, five hundred screenshots, 2 GB, from a sealed copy and its words.

Ours is `python -m diary pack`, all of it: Argon2id, every version opened and checked, the worker, every file opened, hashed
twice and written. The floor is the front part's (typst of the same documents, hash and zip of the same members).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from diary.cli.pack import _wish
from diary.client.backup_file import KeptFile
from diary.client.journal import Journal
from diary.clock import SystemClock
from diary.crypto.signing import Notary
from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.verify.verifier import verify
from tests.bench.front_part import floor_of, prepare, row
from tests.bench.kept_copy import ORIGIN, WORDS, make_copy
from tests.bench.memory import watched

ENTRIES, FILES, FILE_BYTES = 1_000, 500, 4_000_000
BAR_MB = 500.0
A_VOLUME = 100


def rows() -> Iterator[dict[str, object]]:
    """One row for memory, which has the bar: of the largest process, as the system counts a command's; of all of them
    together and time, which have none; one for the volumes."""
    with tempfile.TemporaryDirectory(prefix="kept-bench-") as name:
        folder = Path(name)
        notary = make_copy(folder / "diary.kept", entries=ENTRIES, files=FILES, file_bytes=FILE_BYTES)
        seconds, together, largest = _ours(folder / "diary.kept", folder / "pack.zip")
        volumes = _is_whole(folder / "pack.zip", notary)
        least, least_peak = _floor(folder)
    name = f"full pack by the command line, {ENTRIES:,} incidents, {FILES} exhibits, 2 GB"
    yield row(f"{name}, peak memory of its largest process (MB)", largest, least_peak, BAR_MB, largest <= BAR_MB)
    yield row(f"{name}, peak memory of all its processes together (MB)", together, least_peak, "none", True)
    yield row(f"{name}, volumes of exhibits", volumes, FILES / A_VOLUME, FILES / A_VOLUME, volumes == FILES / A_VOLUME)
    yield row(f"{name} (s)", seconds, least, "none", True)


def _ours(copy: Path, out: Path) -> tuple[float, float, float]:
    """Seconds, and peak MB of the command and all it starts: together, and of the largest."""
    command = [sys.executable, "-m", "diary", "pack", str(copy), "--profile", "police", "--out", str(out)]
    begun = time.perf_counter()
    made = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    with watched(made.pid) as peak:
        made.communicate(f"{WORDS}\n".encode())
    assert made.returncode == 0
    return time.perf_counter() - begun, peak.mb, peak.largest


def _is_whole(pack: Path, notary: Notary) -> int:
    """Nothing is wrong with it, nothing is left beside it; how many volumes of exhibits it has."""
    assert [finding for finding in verify(pack, notary=notary.pub) if finding.code != "no_timestamps"] == []
    assert sorted(path.name for path in pack.parent.iterdir()) == ["diary.kept", pack.name]
    with zipfile.ZipFile(pack) as held:
        names = held.namelist()
    assert sum("13_exhibits-as-received/" in name for name in names) == FILES
    return sum("/servable/04_exhibits" in name for name in names)


def _floor(folder: Path) -> tuple[float, float]:
    """Seconds and peak MB of the least that any builder must do."""
    with KeptFile(folder / "diary.kept") as copy:
        identity = copy.open_with_words(WORDS)
        journal: Journal = copy.journal(identity, SystemClock())
        wish = _wish(journal, ORIGIN, number=None, profile="police", supplement=False, items=None, their_ref="")
        told = read_capsule(make_capsule(journal.versions(), wish, identity.public_keys()))
        prepared = prepare(told, copy.part, folder / "pack.zip", folder / "floor")
    return floor_of(prepared, watch=True)


if __name__ == "__main__":
    print(json.dumps(list(rows()), indent=1))

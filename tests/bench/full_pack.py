"""Whole pack on the command line, from a sealed copy and its words: a thousand entries, five hundred screenshots, 2 GB.

Measured is `python -m diary pack` as a whole: Argon2id, every version opened and verified, the worker, every file
opened, hashed twice and written. The floor is that of the front part (typst of the same documents, hashes and zip of
the same members).
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

from diary.cli.pack import _make_pack_request
from diary.client.backup_file import DiaryBackupFile
from diary.client.journal import Journal
from diary.clock import SystemClock
from diary.crypto.signing import Ed25519Signer
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.verify.verifier import verify_pack
from tests.bench.front_part import measure_floor, prepare_floor_input, row
from tests.bench.kept_copy import ORIGIN, PASSPHRASE, make_sealed_copy
from tests.bench.memory import watch_memory

ENTRY_COUNT, FILE_COUNT, FILE_BYTES = 1_000, 500, 4_000_000
BAR_MB = 500.0
VOLUME_MB = 100


def measure_rows() -> Iterator[dict[str, object]]:
    """Yield the rows: peak memory of the largest process (with a bar), of all processes, volumes, time."""
    with tempfile.TemporaryDirectory(prefix="kept-bench-") as name:
        folder = Path(name)
        notary = make_sealed_copy(folder / "diary.kept", entries=ENTRY_COUNT, files=FILE_COUNT, file_bytes=FILE_BYTES)
        seconds, total_peak_mb, largest_process_mb = _measure_command(folder / "diary.kept", folder / "pack.zip")
        volumes = _count_volumes(folder / "pack.zip", notary)
        floor_seconds, least_peak = _measure_floor(folder)
    name = f"full pack by the command line, {ENTRY_COUNT:,} incidents, {FILE_COUNT} exhibits, 2 GB"
    yield row(
        f"{name}, peak memory of its largest process (MB)",
        largest_process_mb,
        least_peak,
        BAR_MB,
        largest_process_mb <= BAR_MB,
    )
    yield row(f"{name}, peak memory of all its processes together (MB)", total_peak_mb, least_peak, "none", True)
    yield row(
        f"{name}, volumes of exhibits",
        volumes,
        FILE_COUNT / VOLUME_MB,
        FILE_COUNT / VOLUME_MB,
        volumes == FILE_COUNT / VOLUME_MB,
    )
    yield row(f"{name} (s)", seconds, floor_seconds, "none", True)


def _measure_command(copy: Path, out: Path) -> tuple[float, float, float]:
    """Run the command. Return seconds, peak MB of all its processes, and peak MB of the largest."""
    command = [sys.executable, "-m", "diary", "pack", str(copy), "--profile", "police", "--out", str(out)]
    started_at = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    with watch_memory(process.pid) as peak:
        process.communicate(f"{PASSPHRASE}\n".encode())
    assert process.returncode == 0
    return time.perf_counter() - started_at, peak.total_mb, peak.largest_process_mb


def _count_volumes(pack: Path, notary: Ed25519Signer) -> int:
    """Verify the pack, check that no other file remains, and return the number of exhibit volumes."""
    assert [finding for finding in verify_pack(pack, notary=notary.pub) if finding.code != "no_timestamps"] == []
    assert sorted(path.name for path in pack.parent.iterdir()) == ["diary.kept", pack.name]
    with zipfile.ZipFile(pack) as archive:
        names = archive.namelist()
    assert sum("13_exhibits-as-received/" in name for name in names) == FILE_COUNT
    return sum("/servable/04_exhibits" in name for name in names)


def _measure_floor(folder: Path) -> tuple[float, float]:
    """Return seconds and peak MB of the minimum work of any builder."""
    with DiaryBackupFile(folder / "diary.kept") as copy:
        identity = copy.open_with_words(PASSPHRASE)
        journal: Journal = copy.read_journal(identity, SystemClock())
        wish = _make_pack_request(
            journal, ORIGIN, number=None, profile="police", supplement=False, items=None, their_ref=""
        )
        capsule = read_capsule(build_capsule(journal.versions(), wish, identity.public_keys()))
        prepared = prepare_floor_input(capsule, copy.sealed_part, folder / "pack.zip", folder / "floor")
    return measure_floor(prepared, measure_memory=True)


if __name__ == "__main__":
    print(json.dumps(list(measure_rows()), indent=1))

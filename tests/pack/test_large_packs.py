"""Packs of more than 2 GiB: the command line writes ZIP64 records for them, and both verifiers read them."""

import hashlib
import json
import os
import resource
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from diary.encoding import b64
from diary.pack.bag import archive
from diary.pack.bag.pack_statement import PackSigner
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import BuiltPack, assemble_pack, build_front_part
from tests.pack.fictional_diary import START_MS, FictionalDiary, incident_fields
from tests.pack.verifier_comparison import VERIFY_SCRIPT, PackCases, compare_verifiers

LARGE_FILE_BYTES: Final = 200 << 20
LARGE_FILES_COUNT: Final = 11
ZIP64_RECORD: Final = b"PK\x06\x06"
# Measures the verify page's modules on one pack: the codes found, and the peak of the process in bytes.
MEASURE_SCRIPT: Final = """
await import(process.argv[1]);
process.stderr.write(String(process.resourceUsage().maxRSS * 1024));
"""


@pytest.mark.parametrize("limit", [300_000, 1_000])
def test_a_pack_beyond_the_limit_of_plain_zips_is_judged(
    full_pack: BuiltPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """With zipfile's limit of 2 GiB lowered, a pack has every form of ZIP64: offsets, sizes and the end record."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", limit)
    path = assemble_pack(full_pack.diary, full_pack.front_path, full_pack.capsule, tmp_path / "pack.zip")
    monkeypatch.undo()
    raw = path.read_bytes()
    assert ZIP64_RECORD in raw[-98:]
    # The end record has the true offset of the list, not the mark that it does not fit.
    (offset,) = struct.unpack("<I", raw[-6:-2])
    with zipfile.ZipFile(path) as archive:
        assert offset == archive.start_dir and raw.startswith(b"PK\x01\x02", offset)
    cases = PackCases(tmp_path, full_pack.diary.notary.pub)
    cases.add("sound", path)
    cases.add_bytes("false offset", raw[:-6] + struct.pack("<I", 46) + raw[-2:])
    findings = compare_verifiers(cases)
    assert findings == {"sound": set(), "false offset": {("not_a_pack", None)}}


@pytest.mark.slow
async def test_a_pack_of_more_than_two_gigabytes_is_judged(tmp_path: Path) -> None:
    """Both verifiers judge it sound. The page's modules need less than 300 MB, and a minute of processor for 1 GB."""
    path, notary = await make_large_pack(tmp_path)
    assert path.stat().st_size > (1 << 31) + (64 << 20)
    try:
        assert verify_pack(path, notary=notary) == []
        codes, peak_bytes, processor_seconds = judge_on_page(path, notary, tmp_path)
    finally:
        path.unlink()
    assert codes == []
    assert peak_bytes < 300_000_000, peak_bytes
    assert processor_seconds < 60 * (LARGE_FILES_COUNT * LARGE_FILE_BYTES / 1e9), processor_seconds


async def make_large_pack(folder: Path, files_count: int = LARGE_FILES_COUNT) -> tuple[Path, bytes]:
    """Return a pack whose received files are zeros, and the server's key. The files are never in memory."""
    digests = {name: hashlib.new(name) for name in ("sha256", "sha512")}
    for chunk in zeros():
        for digest in digests.values():
            digest.update(chunk)
    claimed: dict[str, Any] = {name: digest.hexdigest() for name, digest in digests.items()}
    diary = FictionalDiary()
    row = diary.add("incident", incident_fields(START_MS, "Films."), at_ms=START_MS)
    for number in range(files_count):
        fields = {**claimed, "size_bytes": LARGE_FILE_BYTES}
        diary.attach(row, b"small", "video/mp4", f"Film {number}", extra_fields=fields)
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front, capsule = await build_front_part(diary, raw, folder / "front.zip"), read_capsule(raw)
    received = [(name, zeros()) for name in archive.received_file_sizes(capsule)]
    path = folder / "large.zip"
    archive.assemble_pack(front, received, path, capsule, PackSigner(diary.diary_id, diary.author))
    return path, diary.notary.pub


def zeros() -> Iterator[bytes]:
    """Yield the bytes of a large file."""
    for _ in range(LARGE_FILE_BYTES >> 20):
        yield bytes(1 << 20)


def judge_on_page(path: Path, notary: bytes, folder: Path) -> tuple[list[str], int, float]:
    """Return the codes that the page's modules find in a pack, their peak memory in bytes and processor seconds."""
    (folder / "cases.json").write_text(json.dumps([{"files": [str(path)], "roots": [], "notary": b64(notary)}]))
    node = shutil.which("node")
    assert node, "Node 20 or newer is not on the path; `make test` puts it there"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    completed = subprocess.run(
        [node, "--input-type=module", "-e", MEASURE_SCRIPT, str(VERIFY_SCRIPT), str(folder / "cases.json")],
        capture_output=True, text=True, check=True, cwd=VERIFY_SCRIPT.parents[1], env=os.environ,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return [code for code, _ in json.loads(completed.stdout)[0]["findings"]], int(completed.stderr), seconds

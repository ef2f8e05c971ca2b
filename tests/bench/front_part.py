"""The front part of a pack, 300 incidents and 100 screenshots, beside the least that any builder must do.

The floor is a fresh process that hashes the same bytes, lays out the same documents with the same typst (each
in a fork, two at a time, as ours) and writes the same members into a stored zip. Ours is the real worker:
start, jail, capsule, opening of a hundred sealed pictures, pages, proofs, tables, lists. `rows()` gives what
`make bench` prints; run by itself it prints them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from diary.pack.build import _pictures, documents, picture_volumes
from diary.pack.capsule import Capsule, read_capsule
from diary.pack.contents import contents_of
from diary.pack.gather import make_capsule
from tests.pack.fiction import FictionalDiary, fictional_diary, picture, print_copy

ROUNDS = 3
BAR_TIME = 1.5
BAR_MB = 250.0

FLOOR = """
import hashlib, json, os, sys, zipfile
from pathlib import Path
import typst
folder, fonts = Path(sys.argv[1]), sys.argv[2]
running = []
def wait():
    assert os.waitpid(running.pop(0), 0)[1] == 0
for place in sorted(folder.glob("*/")):
    template = next(place.glob("*.main")).stem
    child = os.fork()
    if not child:
        held = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
        out = typst.Compiler(str(place / f"{template}.typ"), root=str(place), font_paths=held)
        out.compile(output=str(folder / f"{place.name}.pdf"), format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=0)
        os._exit(0)
    running.append(child)
    if len(running) == 2:
        wait()
while running:
    wait()
with zipfile.ZipFile(folder / "plain.zip") as plain, zipfile.ZipFile(folder / "out.zip", "w") as out:
    for name in plain.namelist():
        raw = plain.read(name) if not name.endswith(".pdf") else b""
        hashlib.sha256(raw).hexdigest()
        out.writestr(name, raw)
    for document in sorted(folder.glob("*.pdf")):
        raw = document.read_bytes()
        hashlib.sha256(raw).hexdigest()
        out.writestr(document.name, raw)
"""


def rows() -> Iterator[dict[str, object]]:
    """One row for time, one for memory: name, value, floor, ratio, bar."""
    diary = _diary()
    raw = make_capsule(diary.versions, diary.wish(), diary.keys)
    with _folder() as work:
        _worker(diary, raw, work / "ours")
        prepared = _prepare(diary, read_capsule(raw), work)
        ours, floor = [], []
        # Turn and turn about, so that whatever else the machine does falls on both.
        for _ in range(ROUNDS):
            floor.append(_floor(prepared))
            ours.append(_worker(diary, raw, work / "ours"))
    seconds, least = median(one[0] for one in ours), median(one[0] for one in floor)
    peak, least_peak = max(one[1] for one in ours), max(one[1] for one in floor)
    name = "front part of a pack, 300 incidents, 100 screenshots"
    yield _row(f"{name} (s)", seconds, least, BAR_TIME, seconds <= BAR_TIME * least)
    yield _row(f"{name}, peak memory (MB)", peak, least_peak, BAR_MB, peak <= BAR_MB)


def _row(name: str, value: float, floor: float, bar: float, holds: bool) -> dict[str, object]:
    return {
        "name": name,
        "value": round(value, 3),
        "floor": round(floor, 3),
        "ratio": round(value / floor, 2),
        "bar": bar,
        "holds": holds,
    }


def _diary() -> FictionalDiary:
    """300 incidents, 100 screenshots of a phone's size with their print copies; the drawing is not measured."""
    diary = fictional_diary(count=300, exhibits=0)
    incidents = list({row["record"]: row for row in diary.versions if row["kind"] == "incident"}.values())
    for index in range(10):
        raw = picture(index)
        printed = print_copy(raw)
        for copy in range(10):
            diary.attach(incidents[index * 10 + copy], raw, "image/png", f"Screen {index * 10 + copy}", printed=printed)
    return diary


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder in memory, as the server has."""
    path = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def _worker(diary: FictionalDiary, raw: bytes, folder: Path) -> tuple[float, float]:
    """Seconds and peak MB of one run of the real worker, its children included."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    begun = time.perf_counter()
    command = [sys.executable, "-I", "-m", "diary.pack.worker", str(folder)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}, cwd="/")
    assert worker.stdin and worker.stdout
    _frame(worker, raw)
    for line in worker.stdout:
        told = json.loads(line)
        if "want" in told:
            _frame(worker, diary.parts[told["want"][0], told["want"][1]])
        assert "failed" not in told, told
    _, status, usage = os.wait4(worker.pid, 0)
    worker.returncode = status
    worker.stdin.close()
    worker.stdout.close()
    assert status == 0
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def _frame(worker: subprocess.Popen[bytes], raw: bytes) -> None:
    assert worker.stdin
    worker.stdin.write(len(raw).to_bytes(4, "big") + raw)
    worker.stdin.flush()


def _prepare(diary: FictionalDiary, told: Capsule, work: Path) -> Path:
    """The documents' folders as typst reads them, and the other members, for the floor."""
    folder = work / "floor"
    folder.mkdir()
    contents = contents_of(told)
    pictures = _pictures(contents, lambda blob, i: diary.parts[blob, i], folder, lambda done: None)
    templates = Path(sys.modules["diary.pack.build"].__file__ or "").parent
    for document in [*documents(contents, folder), *picture_volumes(contents, pictures, folder)]:
        document.folder.mkdir(exist_ok=True)
        (document.folder / "page.json").write_text(json.dumps(document.page(), ensure_ascii=False), encoding="utf-8")
        (document.folder / f"{document.template}.main").touch()
        for name in ("look.typ", f"{document.template}.typ"):
            shutil.copyfile(templates / name, document.folder / name)
    shutil.copyfile(work / "ours" / "front.zip", folder / "plain.zip")
    with zipfile.ZipFile(folder / "plain.zip") as members:
        assert members.testzip() is None
    return folder


def _floor(folder: Path) -> tuple[float, float]:
    """Seconds and peak MB of the floor."""
    fonts = Path(sys.modules["diary.pack.build"].__file__ or "").parent / "fonts"
    begun = time.perf_counter()
    floor = subprocess.Popen([sys.executable, "-I", "-c", FLOOR, str(folder), str(fonts)], env={}, cwd="/")
    _, status, usage = os.wait4(floor.pid, 0)
    floor.returncode = status
    assert status == 0
    for made in folder.glob("*.pdf"):
        made.unlink()
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(list(rows()), indent=1))

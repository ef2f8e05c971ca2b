"""The front part of a pack, 300 incidents and 100 screenshots, beside the least that any builder must do.

The floor is a fresh process that hashes the same bytes, lays out the same documents with the same typst (each
in a fork, two at a time, as ours) and writes the same members into a stored zip. Ours is the real worker:
start, jail, capsule, opening of a hundred sealed pictures, pages, proofs, tables, lists. Memory is that of the
worker and its children together, measured in a run of its own. `rows()` gives what `make bench` prints.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median

from diary.pack.build import _pictures, account_stills, documents, picture_volumes
from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.pack.contents import contents_of
from tests.bench.memory import Peak, watched
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
        if not name.endswith(".pdf"):
            digest = hashlib.sha256()
            with plain.open(name) as given, out.open(name, "w") as written:
                while piece := given.read(1 << 20):
                    digest.update(piece)
                    written.write(piece)
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
        fetch = lambda blob, i: diary.parts[blob, i]  # noqa: E731 - as short as what it does
        prepared = prepare(read_capsule(raw), fetch, work / "ours" / "front.zip", work / "floor")
        ours, floor = [], []
        # Turn and turn about, so that whatever else the machine does falls on both.
        for _ in range(ROUNDS):
            floor.append(floor_of(prepared)[0])
            ours.append(_worker(diary, raw, work / "ours")[0])
        least_peak = floor_of(prepared, watch=True)[1]
        peak = _worker(diary, raw, work / "ours", watch=True)[1]
    seconds, least = median(ours), median(floor)
    name = "front part of a pack, 300 incidents, 100 screenshots"
    yield row(f"{name} (s)", seconds, least, BAR_TIME, seconds <= BAR_TIME * least)
    yield row(f"{name}, peak memory (MB)", peak, least_peak, BAR_MB, peak <= BAR_MB)


def row(name: str, value: float, floor: float, bar: float | str, holds: bool) -> dict[str, object]:
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


def _worker(diary: FictionalDiary, raw: bytes, folder: Path, *, watch: bool = False) -> tuple[float, float]:
    """Seconds and, where it is watched, peak MB of one run of the real worker, its children included."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    begun = time.perf_counter()
    command = [sys.executable, "-I", "-m", "diary.pack.worker", str(folder)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}, cwd="/")
    with watched(worker.pid) if watch else nullcontext(Peak()) as peak:
        _talk(worker, diary, raw)
    return time.perf_counter() - begun, peak.mb


def _talk(worker: subprocess.Popen[bytes], diary: FictionalDiary, raw: bytes) -> None:
    """Give the worker what it asks for until it ends."""
    assert worker.stdin and worker.stdout
    _frame(worker, raw)
    for line in worker.stdout:
        told = json.loads(line)
        if "want" in told:
            _frame(worker, diary.parts[told["want"][0], told["want"][1]])
        assert "failed" not in told, told
    worker.stdin.close()
    worker.stdout.close()
    assert worker.wait() == 0


def _frame(worker: subprocess.Popen[bytes], raw: bytes) -> None:
    assert worker.stdin
    worker.stdin.write(len(raw).to_bytes(4, "big") + raw)
    worker.stdin.flush()


def prepare(told: Capsule, fetch: Callable[[str, int], bytes], plain: Path, folder: Path) -> Path:
    """The documents' folders as typst reads them, and the other members, for the floor. `plain`: a zip that has those."""
    folder.mkdir()
    contents = contents_of(told)
    pictures = _pictures(contents, fetch, folder, lambda done: None)
    templates = Path(sys.modules["diary.pack.build"].__file__ or "").parent / "documents"
    stills = account_stills(contents, fetch, folder)
    for document in [*documents(contents, folder, stills), *picture_volumes(contents, pictures, folder)]:
        document.folder.mkdir(exist_ok=True)
        (document.folder / "page.json").write_text(json.dumps(document.page(), ensure_ascii=False), encoding="utf-8")
        (document.folder / f"{document.template}.main").touch()
        for name in ("look.typ", f"{document.template}.typ"):
            shutil.copyfile(templates / name, document.folder / name)
    shutil.copyfile(plain, folder / "plain.zip")
    with zipfile.ZipFile(folder / "plain.zip") as members:
        assert members.testzip() is None
    return folder


def floor_of(folder: Path, *, watch: bool = False) -> tuple[float, float]:
    """Seconds and, where it is watched, peak MB of the floor."""
    fonts = Path(sys.modules["diary.pack.build"].__file__ or "").parent / "fonts"
    begun = time.perf_counter()
    floor = subprocess.Popen([sys.executable, "-I", "-c", FLOOR, str(folder), str(fonts)], env={}, cwd="/")
    with watched(floor.pid) if watch else nullcontext(Peak()) as peak:
        assert floor.wait() == 0
    took = time.perf_counter() - begun
    for made in folder.glob("*.pdf"):
        made.unlink()
    return took, peak.mb


if __name__ == "__main__":
    print(json.dumps(list(rows()), indent=1))

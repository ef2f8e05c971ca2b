"""Front part of a pack with 300 incidents and 100 screenshots, compared with the minimum work of any builder.

The floor is a new process that hashes the same bytes, lays out the same documents with the same typst (each in a fork,
two at a time, as in the product) and writes the same members into a stored zip. The measured side is the real worker:
start, sandbox, capsule, opening a hundred sealed pictures, pages, proofs, tables, lists. Memory is that of the worker
and its children together, measured in a separate run. `measure_rows()` returns what `make bench` prints.
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

from diary.pack.build import _place_pictures, place_account_stills
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.pack.contents import build_contents
from diary.pack.documents.document_set import exhibit_documents, main_documents, write_template_files
from tests.bench.memory import PeakMemory, watch_memory
from tests.pack.fictional_diary import FictionalDiary, draw_screenshot, fictional_diary, make_print_copy

ROUNDS = 3
BAR_TIME_RATIO = 1.5
BAR_MB = 250.0

FLOOR_SCRIPT = """
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


def measure_rows() -> Iterator[dict[str, object]]:
    """Yield one row for time and one for memory: name, value, floor, ratio, bar."""
    diary = _make_diary()
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    with _memory_folder() as work:
        _run_worker(diary, raw, work / "ours")
        fetch = lambda blob, i: diary.sealed_parts[blob, i]  # noqa: E731 - as short as what it does
        prepared = prepare_floor_input(read_capsule(raw), fetch, work / "ours" / "front.zip", work / "floor")
        worker_seconds, floor_seconds = [], []
        # Alternate, so that other load on the machine affects both.
        for _ in range(ROUNDS):
            floor_seconds.append(measure_floor(prepared)[0])
            worker_seconds.append(_run_worker(diary, raw, work / "ours")[0])
        least_peak = measure_floor(prepared, measure_memory=True)[1]
        peak = _run_worker(diary, raw, work / "ours", measure_memory=True)[1]
    seconds, least = median(worker_seconds), median(floor_seconds)
    name = "front part of a pack, 300 incidents, 100 screenshots"
    yield row(f"{name} (s)", seconds, least, BAR_TIME_RATIO, seconds <= BAR_TIME_RATIO * least)
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


def _make_diary() -> FictionalDiary:
    """Return a diary of 300 incidents and 100 phone screenshots with print renditions. Drawing is not measured."""
    diary = fictional_diary(count=300, exhibits=0)
    incidents = list({row["record"]: row for row in diary.versions if row["kind"] == "incident"}.values())
    for index in range(10):
        raw = draw_screenshot(index)
        printed = make_print_copy(raw)
        for copy in range(10):
            diary.attach(
                incidents[index * 10 + copy], raw, "image/png", f"Screen {index * 10 + copy}", print_image=printed
            )
    return diary


@contextmanager
def _memory_folder() -> Iterator[Path]:
    """Yield a folder in memory, as on the server."""
    path = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def _run_worker(
    diary: FictionalDiary, raw: bytes, folder: Path, *, measure_memory: bool = False
) -> tuple[float, float]:
    """Run the real worker once. Return seconds and, if measured, peak MB including its children."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    started_at = time.perf_counter()
    command = [sys.executable, "-I", "-m", "diary.pack.worker", str(folder)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}, cwd="/")
    with watch_memory(worker.pid) if measure_memory else nullcontext(PeakMemory()) as peak:
        _answer_worker(worker, diary, raw)
    return time.perf_counter() - started_at, peak.total_mb


def _answer_worker(worker: subprocess.Popen[bytes], diary: FictionalDiary, raw: bytes) -> None:
    """Send the worker the parts it requests until it exits."""
    assert worker.stdin and worker.stdout
    _send_frame(worker, raw)
    for line in worker.stdout:
        message = json.loads(line)
        if "want" in message:
            _send_frame(worker, diary.sealed_parts[message["want"][0], message["want"][1]])
        assert "failed" not in message, message
    worker.stdin.close()
    worker.stdout.close()
    assert worker.wait() == 0


def _send_frame(worker: subprocess.Popen[bytes], raw: bytes) -> None:
    assert worker.stdin
    worker.stdin.write(len(raw).to_bytes(4, "big") + raw)
    worker.stdin.flush()


def prepare_floor_input(capsule: Capsule, fetch: Callable[[str, int], bytes], zip_path: Path, folder: Path) -> Path:
    """Write the floor's input: the documents' folders as typst reads them, and a zip with the other members."""
    folder.mkdir()
    contents = build_contents(capsule)
    pictures = _place_pictures(contents, fetch, folder, lambda done: None)
    still_images = place_account_stills(contents, fetch, folder)
    for document in [
        *main_documents(contents, folder, still_images),
        *exhibit_documents(contents, pictures, {}, folder),
    ]:
        write_template_files(document, contents)
        (document.folder / f"{document.template}.main").touch()
    shutil.copyfile(zip_path, folder / "plain.zip")
    with zipfile.ZipFile(folder / "plain.zip") as members:
        assert members.testzip() is None
    return folder


def measure_floor(folder: Path, *, measure_memory: bool = False) -> tuple[float, float]:
    """Run the floor once. Return seconds and, if measured, peak MB."""
    fonts = Path(sys.modules["diary.pack.build"].__file__ or "").parent / "fonts"
    started_at = time.perf_counter()
    floor = subprocess.Popen([sys.executable, "-I", "-c", FLOOR_SCRIPT, str(folder), str(fonts)], env={}, cwd="/")
    with watch_memory(floor.pid) if measure_memory else nullcontext(PeakMemory()) as peak:
        assert floor.wait() == 0
    elapsed = time.perf_counter() - started_at
    for pdf in folder.glob("*.pdf"):
        pdf.unlink()
    return elapsed, peak.total_mb


if __name__ == "__main__":
    print(json.dumps(list(measure_rows()), indent=1))

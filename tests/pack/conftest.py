"""One pack of the fictional diary, built by the real worker, for every test that reads one."""

import asyncio
import csv
import io
import json
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pypdf
import pytest

from diary.clock import SystemClock
from diary.errors import NotFound
from diary.ids import new_id
from diary.pack.bag import archive
from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.samples.sample_pack import TrainingDiary, make_training_pack, training_diary
from diary.services.packs.queue import PackJobs
from tests.pack.fiction import FictionalDiary, fictional_diary
from tests.pack.scanning import forms, servable_files


@dataclass(frozen=True)
class BuiltPack:
    """A finished pack and what it was made from."""

    path: Path
    front: Path
    diary: FictionalDiary
    raw: bytes
    told: Capsule


async def build(diary: FictionalDiary, raw: bytes, out: Path) -> Path:
    """The front part of a capsule, made as the server makes it."""

    async def fetch(account: bytes, of: bytes, blob: str, i: int) -> bytes:
        if (blob, i) not in diary.parts:
            raise NotFound
        return diary.parts[blob, i]

    jobs = PackJobs(fetch, SystemClock())
    account, pack = new_id(), new_id()
    job = await jobs.place(account, new_id(), pack)
    await jobs.start(account, pack, raw)
    assert job.task is not None
    await job.task
    assert job.state == "done", job.failure
    front, sent = jobs.take_front(account, pack)
    await asyncio.to_thread(shutil.copyfile, front, out)
    sent()
    await jobs.close()
    return out


def finish(diary: FictionalDiary, front: Path, told: Capsule, out: Path) -> Path:
    """The whole pack: the front part and the files as received."""
    files = {exhibit.file: diary.files[exhibit.record] for exhibit in told.exhibits}
    received = [(path, [files[path.rpartition("/")[2]]]) for path in archive.received_paths(told)]
    archive.assemble(front, received, out, told)
    return out


def _built(diary: FictionalDiary, raw: bytes, front: Path) -> Path:
    """`build` in a thread of its own: where a browser is driven, this one's event loop is the driver's."""
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(lambda: asyncio.run(build(diary, raw, front))).result()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """The fictional diary's pack."""
    folder = tmp_path_factory.mktemp("pack")
    diary = fictional_diary()
    raw = make_capsule(diary.versions, diary.wish(), diary.keys)
    front = _built(diary, raw, folder / "front.zip")
    told = read_capsule(raw)
    return BuiltPack(finish(diary, front, told, folder / "pack.zip"), front, diary, raw, told)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> BuiltPack:
    """A pack of three entries and one picture, for tests that change every byte of it."""
    folder = tmp_path_factory.mktemp("small")
    diary = fictional_diary(count=3, exhibits=1)
    raw = make_capsule(diary.versions, diary.wish(), diary.keys)
    front = _built(diary, raw, folder / "front.zip")
    told = read_capsule(raw)
    return BuiltPack(finish(diary, front, told, folder / "pack.zip"), front, diary, raw, told)


@dataclass(frozen=True)
class SamplePack:
    """The training diary's first pack, unpacked, and what to check it with."""

    diary: TrainingDiary
    path: Path
    folder: Path

    def read(self, name: str) -> bytes:
        """A member under `data/`."""
        return (self.folder / "data" / name).read_bytes()

    def rows(self, name: str) -> list[dict[str, str]]:
        """A table under `data/`."""
        return list(csv.DictReader(io.StringIO(self.read(name).decode("utf-8-sig"), newline="")))

    @cached_property
    def pages(self) -> list[str]:
        """The drawn words of each page of 01."""
        reader = pypdf.PdfReader(io.BytesIO(self.read("servable/01_chronology.pdf")))
        return [" ".join(page.extract_text().split()) for page in reader.pages]

    @cached_property
    def servable(self) -> list[tuple[str, str]]:
        """Every byte that may be served, 00 and 15, in every form in which it can be read, with where that is."""
        files = servable_files(self.folder)
        return [found for name, raw in files.items() for found in forms(name, raw)]

    @cached_property
    def record(self) -> dict[str, Any]:
        """12_record.json."""
        return dict(json.loads(self.read("restricted/12_record.json")))


@pytest.fixture(scope="session")
def sample_pack(tmp_path_factory: pytest.TempPathFactory) -> SamplePack:
    """Built once for every test that reads it: some twenty seconds of one core."""
    folder = tmp_path_factory.mktemp("sample")
    diary = training_diary()
    path = folder / "sample.zip"
    make_training_pack(diary, diary.wish("0123456789ab"), path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / "unpacked")
    (inside,) = (folder / "unpacked").iterdir()
    return SamplePack(diary, path, inside)
